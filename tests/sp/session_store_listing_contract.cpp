// Lists of sessions: those that an order would end, and an IdP's, page by page. Both change nothing.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "session_store_contract.hpp"
#include "session_store_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using saml::NameIDMatching;

std::string named_by(Trial& trial, const sp::LogoutOrder& order) {
    return ids_of(taken(trial.store->named_by(order.naming())));
}

// Logins of N1 in every form that a rule may tell apart, and similar ones of other principals.
std::vector<sp::Session> many_kinds_of_session() {
    std::vector<sp::Session> sessions;
    const auto add = [&sessions](std::string_view id) -> sp::Session& {
        return sessions.emplace_back(session_with(id, {"i1"}));
    };
    add("bare");
    add("two-indexes").session_indexes = indexes({"i2", "i1"});
    add("other-index").session_indexes = indexes({"i2"});
    add("no-index").session_indexes.clear();
    add("with-idp").name_id.name_qualifier = idp_id.str();
    add("with-sp").name_id.sp_name_qualifier = our_id.str();
    add("other-qualifier").name_id.name_qualifier = "https://other.example.net/";
    add("unspecified").name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    add("other-format").name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    add("provided").name_id.sp_provided_id = "p";
    add("other-value").name_id.value = "n1";
    add("other-idp").idp = other_idp_id;
    add("other-sp").sp = our_other_id;
    add("later").authn_instant = noon + 1h;
    return sessions;
}

void an_order_names_the_sessions_that_it_then_ends(MakeStore make_store) {
    std::map<NameIDMatching, std::size_t> lengths;
    for (const auto matching :
         {NameIDMatching::exact, NameIDMatching::default_qualifiers, NameIDMatching::value_only}) {
        for (const std::vector<std::string>& ordered :
             {std::vector<std::string>{}, std::vector<std::string>{"i1"}, std::vector<std::string>{"zz", "i2"}}) {
            Trial trial(make_store);
            trial.login(many_kinds_of_session());
            sp::LogoutOrder order = order_for("r", ordered);
            order.matching = matching;
            const std::string named = named_by(trial, order);
            lengths[matching] += named.size();
            BOOST_TEST(named == trial.begin(order));
            BOOST_TEST(named_by(trial, order) == "");
        }
    }
    BOOST_TEST(lengths[NameIDMatching::exact] > 0u);  // and each rule names others
    BOOST_TEST(lengths[NameIDMatching::exact] < lengths[NameIDMatching::default_qualifiers]);
    BOOST_TEST(lengths[NameIDMatching::default_qualifiers] < lengths[NameIDMatching::value_only]);
}

void naming_changes_nothing(MakeStore make_store) {
    Trial trial(make_store);
    const std::vector<sp::Session> sessions{session_of("a"), session_with("b", {"i2"})};
    trial.login(sessions);
    for (int i = 0; i < 3; ++i) {
        auto named = taken(trial.store->named_by(order_for_all("r").naming()));
        std::ranges::sort(named, {}, [](const sp::Session& session) { return session.id.str(); });
        BOOST_TEST((named == sessions));
    }
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(trial.admits(session_of("c")));
    BOOST_TEST(trial.begin(order_for_all("r")) == "a b c");
}

void neither_ending_nor_expired_sessions_are_named(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session short_lived = session_with("short", {"i2"});
    short_lived.expires = noon + 1min;
    trial.login({session_with("ending", {"i1"}), session_with("alive", {"i2"}), short_lived});
    trial.begin(order_for("r1", {"i1"}));
    BOOST_TEST(named_by(trial, order_for_all("r2")) == "alive short");
    trial.clock.set(short_lived.expires - 1ms);
    BOOST_TEST(named_by(trial, order_for_all("r2")) == "alive short");
    trial.clock.set(short_lived.expires);
    BOOST_TEST(named_by(trial, order_for_all("r2")) == "alive");
    BOOST_TEST(named_by(trial, order_for("r2", {"i1"})) == "");
}

/// Walks over an IdP's sessions, and calls `meanwhile` after each page.
template <class Meanwhile>
std::map<std::string, sp::Session> walk(Trial& trial, const saml::EntityID& idp, std::size_t count,
                                        Meanwhile meanwhile) {
    std::map<std::string, sp::Session> seen;
    std::string after;
    for (int pages = 0; pages < 10'000; ++pages) {
        const sp::SessionPage page = taken(trial.store->sessions_of(idp, after, count));
        for (const sp::Session& session : page.sessions) seen.emplace(session.id.str(), session);
        if (page.next.empty()) return seen;
        BOOST_TEST_REQUIRE(page.next != after);
        after = page.next;
        meanwhile();
    }
    BOOST_FAIL("the walk has no end");
    return seen;
}

sp::Session numbered(std::string_view id, int number) {
    sp::Session session = session_of(std::string(id) + std::to_string(number));
    session.name_id.value = "N" + std::to_string(number / 2);  // two of each principal's
    return session;
}

void every_live_session_of_an_idp_is_listed_and_no_others(MakeStore make_store) {
    constexpr int count = 300;
    Trial trial(make_store);
    for (int i = 0; i < count; ++i) {
        sp::Session of_another = numbered("other", i);
        of_another.idp = other_idp_id;
        sp::Session at_another_entity = numbered("at", i);
        at_another_entity.sp = our_other_id;
        sp::Session short_lived = numbered("short", i);
        short_lived.expires = noon + 1min;
        sp::Session ending = numbered("ending", i);
        ending.session_indexes = indexes({"ending"});
        trial.login({numbered("s", i), of_another, at_another_entity, short_lived, ending});
    }
    for (int i = 0; i < count; i += 2) {
        sp::LogoutOrder order = order_for("r" + std::to_string(i), {"ending"});
        order.name_id = numbered("ending", i).name_id;
        trial.begin(order);
    }
    trial.clock.set(noon + 1min);
    for (const std::size_t at_a_time : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        const auto seen = walk(trial, idp_id, at_a_time, [] {});
        BOOST_TEST(seen.size() == std::size_t{2 * count});
        int intact = 0;
        for (int i = 0; i < count; ++i) {
            const auto it = seen.find("s" + std::to_string(i));
            intact += it != seen.end() && it->second == numbered("s", i) ? 1 : 0;
            intact += seen.contains("at" + std::to_string(i)) ? 1 : 0;
        }
        BOOST_TEST(intact == 2 * count);
    }
    BOOST_TEST(walk(trial, other_idp_id, 50, [] {}).size() == std::size_t{count});
    BOOST_TEST(walk(trial, our_id, 50, [] {}).empty());
}

void a_session_that_stays_is_listed_while_others_come_and_go(MakeStore make_store) {
    constexpr int count = 400;
    Trial trial(make_store);
    for (int i = 0; i < count; ++i) {
        trial.login({numbered("stays", i)});
        sp::Session goes = numbered("goes", i);
        goes.session_indexes = indexes({"gone"});
        trial.login({goes});
    }
    int step = 0;
    const auto come_and_go = [&] {
        for (int i = 0; i < 20; ++i, ++step) {
            trial.login({numbered("comes", count + step)});
            if (step >= count / 2) continue;
            sp::LogoutOrder order = order_for("r" + std::to_string(step), {"gone"});
            order.name_id = numbered("goes", 2 * step).name_id;
            trial.log_out(order);
        }
    };
    const auto seen = walk(trial, idp_id, 20, come_and_go);
    BOOST_TEST(step > 200);  // it did take many pages
    int missed = 0;
    for (int i = 0; i < count; ++i) missed += seen.contains("stays" + std::to_string(i)) ? 0 : 1;
    BOOST_TEST(missed == 0);
}

void a_page_is_about_as_long_as_was_asked_for(MakeStore make_store) {
    Trial trial(make_store);
    for (int i = 0; i < 500; ++i) trial.login({numbered("s", i)});
    const sp::SessionPage page = taken(trial.store->sessions_of(idp_id, "", 50));
    BOOST_TEST(page.sessions.size() >= 50u);
    BOOST_TEST(page.sessions.size() < 250u);
    BOOST_TEST(!page.next.empty());
    const sp::SessionPage all = taken(trial.store->sessions_of(idp_id, "", 501));
    BOOST_TEST(all.sessions.size() == 500u);
    BOOST_TEST(all.next.empty());
}

void every_idp_that_has_sessions_is_listed(MakeStore make_store) {
    Trial trial(make_store);
    BOOST_TEST(taken(trial.store->idps_of_sessions()).empty());
    sp::Session elsewhere = session_of("b");
    elsewhere.idp = other_idp_id;
    trial.login({session_of("a"), elsewhere, session_of("c")});
    std::set<std::string> idps;
    const auto listed = taken(trial.store->idps_of_sessions());
    for (const saml::EntityID& idp : listed) idps.insert(idp.str());
    BOOST_TEST((idps == std::set<std::string>{idp_id.str(), other_idp_id.str()}));
    BOOST_TEST(listed.size() == 2U);
}

}  // namespace

std::vector<ContractCase> listing_contract() {
    return {
        {"an_order_names_the_sessions_that_it_then_ends", an_order_names_the_sessions_that_it_then_ends},
        {"naming_changes_nothing", naming_changes_nothing},
        {"neither_ending_nor_expired_sessions_are_named", neither_ending_nor_expired_sessions_are_named},
        {"every_live_session_of_an_idp_is_listed_and_no_others", every_live_session_of_an_idp_is_listed_and_no_others},
        {"a_session_that_stays_is_listed_while_others_come_and_go",
         a_session_that_stays_is_listed_while_others_come_and_go},
        {"a_page_is_about_as_long_as_was_asked_for", a_page_is_about_as_long_as_was_asked_for},
        {"every_idp_that_has_sessions_is_listed", every_idp_that_has_sessions_is_listed},
    };
}

}  // namespace slo::test
