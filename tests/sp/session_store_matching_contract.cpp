// The sessions that an order names: (IdP, our entity, NameID, SessionIndex), and no others (Core 3.7.3.1 l.2591-2596).
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "session_store_contract.hpp"
#include "session_store_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using saml::NameIDMatching;

void an_index_names_every_session_that_has_it(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i1"}), session_with("c", {"i2", "i1"}),
                 session_with("d", {"i2"})});
    BOOST_TEST(trial.begin(order_for("r", {"i1"})) == "a b c");
    BOOST_TEST(trial.is_alive("d"));
}

void no_index_names_every_session_of_the_principal(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"}), session_with("c", {})});
    BOOST_TEST(trial.begin(order_for_all("r")) == "a b c");
}

void an_index_names_no_session_without_index(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {})});
    BOOST_TEST(trial.begin(order_for("r", {"i1"})) == "");
    BOOST_TEST(trial.is_alive("a"));
}

void unknown_and_repeated_indexes_widen_nothing(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"}), session_with("c", {"i3"})});
    BOOST_TEST(trial.begin(order_for("r1", {"zz"})) == "");
    BOOST_TEST(trial.begin(order_for("r2", {"i1", "zz", "i2", "i1"})) == "a b");
    BOOST_TEST(trial.is_alive("c"));
}

void indexes_are_compared_byte_by_byte(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"01"}), session_with("b", {"1"}), session_with("c", {"x"})});
    BOOST_TEST(trial.begin(order_for("r1", {"01"})) == "a");
    BOOST_TEST(trial.begin(order_for("r2", {"X"})) == "");
}

// SQLite joins indexes by line feeds, and writes AuthnInstants behind one.
void an_index_may_hold_any_character_of_xml(MakeStore make_store) {
    Trial trial(make_store);
    const std::string with_line_feed = "first-of-sixteen\nsecond-of-sixteen";
    trial.login({session_with("a", {with_line_feed}), session_with("b", {"first-of-sixteen", "second-of-sixteen"}),
                 session_with("c", {"i\r1"}), session_with("d", {"i"}), session_with("e", {"i\xC2\x85", "j\n1"}),
                 session_with("f", {"t\t\xC2\x80"})});
    BOOST_TEST(trial.begin(order_for("r1", {with_line_feed})) == "a");
    BOOST_TEST(trial.begin(order_for("r2", {"second-of-sixteen"})) == "b");
    BOOST_TEST(trial.begin(order_for("r3", {"i\r1"})) == "c");
    BOOST_TEST(trial.begin(order_for("r4", {"j\n1", "t\t\xC2\x80"})) == "e f");
    BOOST_TEST(trial.is_alive("d"));
}

void the_same_identifiers_of_others_are_untouched(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session at_another_idp = session_of("b");
    at_another_idp.idp = other_idp_id;
    sp::Session at_another_entity_of_ours = session_of("c");
    at_another_entity_of_ours.sp = our_other_id;
    sp::Session of_another_principal = session_of("d");
    of_another_principal.name_id.value = "N2";
    trial.login({session_of("a"), at_another_idp, at_another_entity_of_ours, of_another_principal});
    BOOST_TEST(trial.begin(order_for("r", {"i1"})) == "a");
    for (const char* id : {"b", "c", "d"}) BOOST_TEST(trial.is_alive(id), id);
}

// Success has to be true whatever the IdP's clocks: an order leaves out no session for its AuthnInstant.
void an_order_names_sessions_whatever_their_authn_instant(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session session = session_of("a");
    session.authn_instant = noon + 1s;
    trial.login({session});
    BOOST_TEST(trial.begin(order_for_all("r")) == "a");
}

// Logs in with one NameID, orders with the other; tells whether the session was named.
bool is_named(MakeStore make_store, const saml::NameID& at_login, const saml::NameID& ordered,
              NameIDMatching matching) {
    Trial trial(make_store);
    sp::Session session = session_of("a");
    session.name_id = at_login;
    trial.login({session});
    sp::LogoutOrder order = order_for_all("r");
    order.name_id = ordered;
    order.matching = matching;
    return trial.begin(order) == "a";
}

void a_missing_qualifier_stands_for_its_default_unless_exact(MakeStore make_store) {
    const saml::NameID bare = session_of("any").name_id;
    saml::NameID with_idp = bare;
    with_idp.name_qualifier = idp_id.str();
    saml::NameID with_both = with_idp;
    with_both.sp_name_qualifier = our_id.str();
    for (const saml::NameID& full : {with_idp, with_both}) {
        BOOST_TEST(is_named(make_store, bare, full, NameIDMatching::default_qualifiers));
        BOOST_TEST(is_named(make_store, full, bare, NameIDMatching::default_qualifiers));
        BOOST_TEST(!is_named(make_store, bare, full, NameIDMatching::exact));
        BOOST_TEST(!is_named(make_store, full, bare, NameIDMatching::exact));
        BOOST_TEST(is_named(make_store, full, full, NameIDMatching::exact));
    }
}

void every_attribute_counts_unless_only_the_value_does(MakeStore make_store) {
    const saml::NameID bare = session_of("any").name_id;
    for (auto attribute : {&saml::NameID::format, &saml::NameID::name_qualifier, &saml::NameID::sp_name_qualifier,
                           &saml::NameID::sp_provided_id}) {
        saml::NameID other = bare;
        other.*attribute = "https://other.example.net/";
        BOOST_TEST(!is_named(make_store, other, bare, NameIDMatching::default_qualifiers));
        BOOST_TEST(!is_named(make_store, bare, other, NameIDMatching::exact));
        BOOST_TEST(is_named(make_store, bare, other, NameIDMatching::value_only));
    }
    saml::NameID other_value = bare;
    other_value.value = "n1";
    BOOST_TEST(!is_named(make_store, other_value, bare, NameIDMatching::value_only));
}

void a_missing_format_means_unspecified(MakeStore make_store) {
    const saml::NameID bare = session_of("any").name_id;
    saml::NameID unspecified = bare;
    unspecified.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    BOOST_TEST(is_named(make_store, bare, unspecified, NameIDMatching::exact));
    BOOST_TEST(is_named(make_store, unspecified, bare, NameIDMatching::default_qualifiers));
}

// Indexes as products really write them, and what would be syntax in a store's keys.
void identifiers_are_opaque(MakeStore make_store) {
    const std::vector<std::string> odd{"id1524392933593.694282512",
                                       "a/b/../c",
                                       "{tag}:{1}",
                                       "a:b",
                                       "a b*?[x]",
                                       "' OR 1=1 --",
                                       std::string(300, 'x'),
                                       "\xF0\x9F\x94\x91\xF0\x9D\x94\x98"};
    Trial trial(make_store);
    for (std::size_t i = 0; i < odd.size(); ++i) {
        sp::Session session = session_with("by index " + std::to_string(i), {odd[i]});
        trial.login({session});
        session = session_of("by name " + std::to_string(i));
        session.name_id.value = odd[i];
        trial.login({session});
        trial.login({session_with(odd[i].substr(0, 200) + " as id", {"own"})});
    }
    for (std::size_t i = 0; i < odd.size(); ++i) {
        const std::string number = std::to_string(i);
        BOOST_TEST(trial.begin(order_for("index" + number, {odd[i]})) == "by index " + number);
        sp::LogoutOrder order = order_for_all("name" + number);
        order.name_id.value = odd[i];
        BOOST_TEST(trial.begin(order) == "by name " + number);
        BOOST_TEST(trial.is_alive(odd[i].substr(0, 200) + " as id"));
    }
}

// A join of the parts would be the same text for both.
void the_parts_of_a_key_never_run_together(MakeStore make_store) {
    const std::pair<const char*, const char*> ambiguous[] = {{"N", "1:i"}, {"N:1", "i"}, {"N1", "i"}, {"N", "1i"}};
    Trial trial(make_store);
    for (const auto& [name, index] : ambiguous) {
        sp::Session session = session_with(std::string(name) + "|" + index, {index});
        session.name_id.value = name;
        trial.login({session});
    }
    int number = 0;
    for (const auto& [name, index] : ambiguous) {
        sp::LogoutOrder order = order_for("r" + std::to_string(++number), {index});
        order.name_id.value = name;
        BOOST_TEST(trial.begin(order) == std::string(name) + "|" + index);
    }
}

void thousands_of_sessions_end_and_no_other(MakeStore make_store) {
    constexpr int count = 4096;
    Trial trial(make_store);
    sp::Session neighbour = session_of("neighbour");
    neighbour.name_id.value = "N2";
    for (int i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        trial.login({session_with("mine " + number, {"i" + number})});
        neighbour.id = parsed<sp::LocalSessionID>("neighbour " + number);
        neighbour.session_indexes = indexes({"i" + number, "j" + number});
        trial.login({neighbour});
    }
    const auto ending = trial.begin(order_for_all("r"));
    BOOST_TEST(std::count(ending.begin(), ending.end(), 'm') == count);
    BOOST_TEST(ending.find("neighbour") == std::string::npos);
    for (int i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        const auto found = trial.store->find(parsed<sp::LocalSessionID>("neighbour " + number));
        BOOST_TEST_REQUIRE((found && *found));
        BOOST_TEST_REQUIRE(((*found)->session_indexes == indexes({"i" + number, "j" + number})));
        BOOST_TEST_REQUIRE((*found)->name_id.value == "N2");
        BOOST_TEST_REQUIRE(!trial.is_alive("mine " + number));
    }
}

constexpr const char* long_index = "4c0d2a3e-8f1b-4a57-9e36-1b2c3d4e5f60::7a8b";

// One login of three: the IdP makes a NameID for each, and gives all of them the index of its session.
sp::Session indexed(std::string_view id, const std::string& name_value, const std::string& index = long_index) {
    sp::Session session = session_with(id, {index});
    session.name_id.value = name_value;
    session.named_by = sp::NamedBy::session_index;
    return session;
}

sp::LogoutOrder order_by_index(std::string_view request_id, const std::string& name_value = "T3") {
    sp::LogoutOrder order = order_for(request_id, {long_index});
    order.name_id.value = name_value;
    order.matching = NameIDMatching::session_index;
    return order;
}

void an_index_alone_names_the_sessions_that_are_named_by_it(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session at_another_idp = indexed("other-idp", "T3");
    at_another_idp.idp = other_idp_id;
    sp::Session at_another_entity_of_ours = indexed("other-sp", "T3");
    at_another_entity_of_ours.sp = our_other_id;
    sp::Session by_name = indexed("by-name", "T3");
    by_name.named_by = sp::NamedBy::name_id;
    trial.login({indexed("a", "T1"), indexed("b", "T2"), indexed("c", "T3", std::string(long_index) + "x"),
                 at_another_idp, at_another_entity_of_ours, by_name});
    const sp::LogoutOrder order = order_by_index("r");
    BOOST_TEST(ids_of(taken(trial.store->named_by(order.naming()))) == "a b");
    BOOST_TEST(trial.begin(order) == "a b");
    for (const char* id : {"c", "other-idp", "other-sp", "by-name"}) BOOST_TEST(trial.is_alive(id), id);
    BOOST_TEST((taken(trial.store->find(indexed("c", "T3").id)) == indexed("c", "T3", std::string(long_index) + "x")));
    BOOST_TEST(trial.unfinished() == "r: a b");
    BOOST_TEST(ids_of(trial.repeat(order).ending) == "a b");
    BOOST_TEST(trial.complete(order, {"a", "b"}).complete());
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(trial.repeat(order).recorded->ended == 2U);
}

void a_name_id_does_not_name_a_session_that_is_named_by_its_index(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({indexed("a", "T1"), indexed("b", long_index)});
    sp::LogoutOrder order = order_for("r1", {long_index});
    order.name_id.value = "T1";
    BOOST_TEST(trial.begin(order) == "");
    order = order_for_all("r2");
    order.name_id.value = long_index;  // nor one that is written like an index
    order.matching = NameIDMatching::value_only;
    BOOST_TEST(trial.begin(order) == "");
}

void a_logout_by_index_forbids_late_logins_with_it_under_any_name_id(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_by_index("r"));
    BOOST_TEST(!trial.admits(indexed("a", "T1")));
    BOOST_TEST((taken(trial.store->would_admit(indexed("a", "T1"))) == sp::Admission::refused_by_logout));
    BOOST_TEST(trial.admits(indexed("b", "T1", std::string(long_index) + "x")));
    sp::Session newer = indexed("c", "T1");
    newer.authn_instant = noon + 1ms;
    BOOST_TEST(trial.admits(newer));
}

void logouts_of_one_index_make_older_ones_redundant_whatever_their_name_id(MakeStore make_store) {
    Trial trial(make_store);
    for (int i = 0; i < 200; ++i) {
        const std::string n = std::to_string(i);
        trial.log_out(order_by_index("r" + n, "T" + n));
    }
    BOOST_TEST(!trial.admits(indexed("a", "T1")));
}

void a_session_without_its_one_index_has_no_name(MakeStore make_store) {
    Trial trial(make_store);
    for (const auto& several : {std::vector<std::string>{}, {"i1", "i2"}}) {
        sp::Session session = session_with("a", several);
        session.named_by = sp::NamedBy::session_index;
        BOOST_TEST((trial.store->admit(session).error().code == sp::StoreErrc::session_malformed));
    }
}

sp::LogoutOrder order_with_instant(std::string_view request_id, Instant authn_instant) {
    sp::LogoutOrder order = order_for(request_id, {"i1"});
    order.authn_instants = {at("2026-01-01T00:00:00Z"), authn_instant};
    return order;
}

void an_authn_instant_names_sessions_beside_the_indexes(MakeStore make_store) {
    Trial trial(make_store);
    const Instant at_eleven = session_of("any").authn_instant;
    sp::Session at_another_time = session_with("d", {"i2"});
    at_another_time.authn_instant += 1ms;
    sp::Session of_another = session_with("e", {"i2"});
    of_another.name_id.value = "N2";
    sp::Session by_index_then = session_with("f", {"i1"});
    by_index_then.authn_instant += 1s;
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"}), session_with("c", {}), at_another_time,
                 of_another, by_index_then});
    const sp::LogoutOrder order = order_with_instant("r", at_eleven);
    BOOST_TEST(ids_of(taken(trial.store->named_by(order.naming()))) == "a b c f");
    BOOST_TEST(trial.begin(order) == "a b c f");
    BOOST_TEST(ids_of(trial.repeat(order).ending) == "a b c f");
    BOOST_TEST(trial.complete(order, {"a", "b", "c", "f"}).complete());
    BOOST_TEST((trial.is_alive("d") && trial.is_alive("e")));
}

void an_authn_instant_forbids_late_logins_that_have_it(MakeStore make_store) {
    Trial trial(make_store);
    const Instant at_eleven = session_of("any").authn_instant;
    trial.log_out(order_with_instant("r", at_eleven));
    BOOST_TEST(!trial.admits(session_with("a", {"i7"})));
    BOOST_TEST(!trial.admits(session_with("b", {})));
    sp::Session at_another_time = session_with("c", {"i7"});
    at_another_time.authn_instant += 1ms;
    BOOST_TEST(trial.admits(at_another_time));
    sp::Session of_another = session_with("d", {"i7"});
    of_another.name_id.value = "N2";
    BOOST_TEST(trial.admits(of_another));
    trial.clock.set(noon + 1h);  // as long as the record is kept
    BOOST_TEST(trial.admits(session_with("e", {"i7"})));
}

void another_authn_instant_makes_another_order(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_with_instant("r", noon));
    BOOST_TEST(trial.repeat(order_with_instant("r", noon)).recorded.has_value());
    const auto other = trial.store->begin_logout(order_for("r", {"i1"}), {{1, 1}, noon});
    BOOST_TEST_REQUIRE(!other);
    BOOST_TEST((other.error().code == sp::StoreErrc::request_id_reused));
}

}  // namespace

std::vector<ContractCase> matching_contract() {
    return {
        {"an_index_names_every_session_that_has_it", an_index_names_every_session_that_has_it},
        {"no_index_names_every_session_of_the_principal", no_index_names_every_session_of_the_principal},
        {"an_index_names_no_session_without_index", an_index_names_no_session_without_index},
        {"unknown_and_repeated_indexes_widen_nothing", unknown_and_repeated_indexes_widen_nothing},
        {"indexes_are_compared_byte_by_byte", indexes_are_compared_byte_by_byte},
        {"an_index_may_hold_any_character_of_xml", an_index_may_hold_any_character_of_xml},
        {"the_same_identifiers_of_others_are_untouched", the_same_identifiers_of_others_are_untouched},
        {"an_order_names_sessions_whatever_their_authn_instant", an_order_names_sessions_whatever_their_authn_instant},
        {"a_missing_qualifier_stands_for_its_default_unless_exact",
         a_missing_qualifier_stands_for_its_default_unless_exact},
        {"every_attribute_counts_unless_only_the_value_does", every_attribute_counts_unless_only_the_value_does},
        {"a_missing_format_means_unspecified", a_missing_format_means_unspecified},
        {"identifiers_are_opaque", identifiers_are_opaque},
        {"the_parts_of_a_key_never_run_together", the_parts_of_a_key_never_run_together},
        {"thousands_of_sessions_end_and_no_other", thousands_of_sessions_end_and_no_other},
        {"an_index_alone_names_the_sessions_that_are_named_by_it",
         an_index_alone_names_the_sessions_that_are_named_by_it},
        {"a_name_id_does_not_name_a_session_that_is_named_by_its_index",
         a_name_id_does_not_name_a_session_that_is_named_by_its_index},
        {"a_logout_by_index_forbids_late_logins_with_it_under_any_name_id",
         a_logout_by_index_forbids_late_logins_with_it_under_any_name_id},
        {"logouts_of_one_index_make_older_ones_redundant_whatever_their_name_id",
         logouts_of_one_index_make_older_ones_redundant_whatever_their_name_id},
        {"a_session_without_its_one_index_has_no_name", a_session_without_its_one_index_has_no_name},
        {"an_authn_instant_names_sessions_beside_the_indexes", an_authn_instant_names_sessions_beside_the_indexes},
        {"an_authn_instant_forbids_late_logins_that_have_it", an_authn_instant_forbids_late_logins_that_have_it},
        {"another_authn_instant_makes_another_order", another_authn_instant_makes_another_order},
    };
}

}  // namespace slo::test
