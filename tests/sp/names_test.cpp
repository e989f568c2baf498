// A session is found under every name that its IdP and we have; and a near miss is never Success.
#include <boost/test/unit_test.hpp>

#include "entity_names.hpp"
#include "service_under_test.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using namespace std::chrono_literals;

namespace {

const auto old_idp_id = parsed<saml::EntityID>("https://old.example.org/idp");
const auto old_sp_id = parsed<saml::EntityID>("https://old-sp.example.com/saml");

struct Names : ServiceUnderTest {
    MemorySessionStore memory{clock, digest, {}};
    ScriptedLink link;
    std::unique_ptr<LogoutService> made;

    Names() {
        parts.idp_link = &link;
        make({old_idp_id}, {old_sp_id});
    }
    /// A restart with other names, over the same store.
    void make(std::vector<saml::EntityID> aliases, std::vector<saml::EntityID> former,
              saml::NameIDMatching matching = saml::NameIDMatching::default_qualifiers) {
        idp_adapter::InteropProfile profile;
        profile.issuer_aliases = std::move(aliases);
        profile.name_id_matching = matching;
        parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
        parts.former_entity_ids = std::move(former);
        made = std::make_unique<LogoutService>(parts_over(memory), Housekeeping::by_host);
    }
    Session session(std::string_view id, const saml::EntityID& idp = idp_id, const saml::EntityID& sp = our_id) {
        Session wanted = session_named(id);
        wanted.idp = idp;
        wanted.sp = sp;
        wanted.authn_instant = clock.now() - 10min;
        wanted.expires = clock.now() + 8h;
        return wanted;
    }
    bool lives(std::string_view id) { return taken(memory.find(parsed<LocalSessionID>(id))).has_value(); }
    std::string order(saml::LogoutRequest request = baseline_request()) {
        const SoapReply reply = BackChannel(*made).handle({.body = signed_body(request), .content_type = "text/xml"});
        if (contains(reply.body, "status:Success\"")) return "Success";
        if (contains(reply.body, "status:UnknownPrincipal\"")) return "UnknownPrincipal";
        if (contains(reply.body, "status:Requester\"")) return "Requester";
        return contains(reply.body, "status:Responder\"") ? "Responder" : std::to_string(reply.http_status);
    }
    static bool contains(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(names, Names)

BOOST_AUTO_TEST_CASE(a_login_under_an_alias_is_ended_by_the_idps_logout) {
    Session wanted = session("S1", old_idp_id, old_sp_id);
    wanted.name_id.name_qualifier = old_idp_id.str();
    wanted.name_id.sp_name_qualifier = old_sp_id.str();
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    const auto found = taken(memory.find(wanted.id));
    BOOST_TEST((found->idp == idp_id));
    BOOST_TEST((found->sp == our_id));
    BOOST_TEST(*found->name_id.name_qualifier == idp_id.str());
    BOOST_TEST(*found->name_id.sp_name_qualifier == our_id.str());
    BOOST_TEST(order() == "Success");
    BOOST_TEST(!lives("S1"));
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_session_from_before_a_name_changed_is_found_under_the_new_one) {
    for (const auto& [idp, sp] : {std::pair{old_idp_id, our_id}, {idp_id, old_sp_id}, {old_idp_id, old_sp_id}}) {
        Session before = session("S1", idp, sp);
        before.name_id.name_qualifier = idp.str();
        before.authn_instant = clock.now() + 1s;  // newer than the logouts before it
        BOOST_REQUIRE((taken(memory.admit(before)) == Admission::admitted));
        auto request = baseline_request();
        request.id = parsed<saml::MessageID>("_r" + std::to_string(idp.str().size()) + std::to_string(sp.str().size()));
        BOOST_TEST(order(request) == "Success");
        BOOST_TEST(!lives("S1"));
        BOOST_TEST(order(request) == "Success");
        BOOST_TEST(audit.last().event == "repeat");
        BOOST_TEST(audit.last().ended == 1U);
        clock.advance(1s);
    }
}

BOOST_AUTO_TEST_CASE(a_tombstone_from_before_a_name_changed_forbids_the_late_login) {
    BOOST_TEST(order() == "Success");
    parts.entity_id = parsed<saml::EntityID>("https://new-sp.example.com/saml");
    make({}, {our_id});
    BOOST_TEST((taken(made->admit(session("S1", idp_id, parts.entity_id))) == Admission::refused_by_logout));
    make({}, {});
    BOOST_TEST((taken(made->admit(session("S1", idp_id, parts.entity_id))) == Admission::admitted));
}

BOOST_AUTO_TEST_CASE(a_user_logs_out_of_a_session_from_before_a_name_changed) {
    BOOST_REQUIRE((taken(memory.admit(session("S1", old_idp_id))) == Admission::admitted));
    const auto result = taken(made->start_logout(SessionsByID{{parsed<LocalSessionID>("S1")}}, LogoutReason::user));
    BOOST_TEST((result.extent == Extent::everywhere));
    BOOST_TEST(!lives("S1"));
    BOOST_TEST_REQUIRE(link.asked.size() == 1U);
    BOOST_TEST((link.asked.front().idp == idp_id));
    BOOST_TEST((taken(made->admit(session("S1-late"))) == Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(an_administrator_finds_the_sessions_of_every_name) {
    BOOST_REQUIRE((taken(memory.admit(session("S1", old_idp_id))) == Admission::admitted));
    BOOST_REQUIRE((taken(memory.admit(session("S2"))) == Admission::admitted));
    BOOST_TEST(taken(made->preview(SessionsOfIdp{idp_id})).size() == 2U);
    BOOST_TEST(taken(made->preview(SessionsOfPrincipal{{}, session("S1").name_id})).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_login_that_no_logout_would_find_is_refused_and_the_nearest_name_told) {
    Session wanted = session("S1", parsed<saml::EntityID>(idp_id.str() + "/"));
    auto refused = made->admit(wanted);
    BOOST_TEST((refused.error().code == AdmissionErrc::session_idp_unknown));
    BOOST_TEST(contains(refused.error().detail, idp_id.str()));
    refused = made->admit(session("S1", parsed<saml::EntityID>("urn:nothing:like:it")));
    BOOST_TEST((refused.error().code == AdmissionErrc::session_idp_unknown));
    BOOST_TEST(refused.error().detail == "");
    refused = made->admit(session("S1", idp_id, parsed<saml::EntityID>("https://another.example.com/sp")));
    BOOST_TEST((refused.error().code == AdmissionErrc::session_sp_unknown));
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(an_authn_instant_ahead_of_any_clock_is_refused) {
    Session wanted = session("S1");
    wanted.authn_instant = clock.now() + parts.policy.clock_skew;
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    wanted = session("S2");
    wanted.authn_instant = clock.now() + parts.policy.clock_skew + 1ms;
    BOOST_TEST((made->admit(wanted).error().code == AdmissionErrc::authn_instant_in_future));
    wanted.authn_instant = at("9999-12-31T23:59:59Z");
    BOOST_TEST((made->admit(wanted).error().code == AdmissionErrc::authn_instant_in_future));
}

BOOST_AUTO_TEST_CASE(another_name_of_ours_takes_no_longer_id_than_ids_may_have) {
    auto request = baseline_request();
    request.id = parsed<saml::MessageID>("_" + std::string(127, 'x'));
    BOOST_TEST(order(request) == "Success");
    BOOST_TEST(order(request) == "Success");
}

BOOST_AUTO_TEST_CASE(a_name_in_another_format_is_no_success) {
    Session wanted = session("S1");
    wanted.name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(order() == "UnknownPrincipal");
        BOOST_TEST(audit.last().status == "Responder/UnknownPrincipal");
        BOOST_TEST(audit.last().rule == "near_miss.format");
        BOOST_TEST(contains(audit.last().detail, "value_only"));
        BOOST_TEST(audit.last().failed == 1U);
        BOOST_TEST(lives("S1"));
        BOOST_TEST(taken(made->recover()) == 0U);  // a crash before the answer makes no Success of it
    }
    Session late = wanted;
    late.id = parsed<LocalSessionID>("S1-late");
    BOOST_TEST((taken(made->admit(late)) == Admission::refused_by_logout));
    BOOST_TEST(application.told() == "");

    BOOST_REQUIRE(made->start_logout(SessionsByID{{wanted.id}}, LogoutReason::user).has_value());
    BOOST_TEST(order() == "Success");
}

BOOST_AUTO_TEST_CASE(a_crash_between_the_order_and_the_answer_makes_no_success_of_a_near_miss) {
    Session wanted = session("S1");
    wanted.name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    const auto request = baseline_request();
    const LogoutOrder begun{.key = {idp_id, request.id},
                            .sp = our_id,
                            .name_id = std::get<saml::NameID>(request.identifier),
                            .session_indexes = request.session_indexes,
                            .as_of = request.issue_instant,
                            .keep_until = clock.now() + 1h};
    BOOST_REQUIRE(memory.begin_logout(begun, {{1, 1}, clock.now()}).has_value());
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(order() == "UnknownPrincipal");
    BOOST_TEST(lives("S1"));
}

BOOST_AUTO_TEST_CASE(the_preview_tells_near_misses_too) {
    Session wanted = session("S1");
    wanted.name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    const std::string body = signed_body(baseline_request());
    const auto preview = taken(BackChannel(*made).preview({.body = body, .content_type = "text/xml"}));
    BOOST_TEST(preview.would_end.empty());
    BOOST_TEST_REQUIRE(preview.near_misses.size() == 1U);
    BOOST_TEST(preview.near_misses.front().session.id.str() == "S1");
    BOOST_TEST(name(preview.near_misses.front().kind) == "near_miss.format");
}

// As Keycloak does if a client has transient NameIDs: each login has a NameID of its own, only the last of them
// comes back, and the SessionIndex is the same.
struct ByIndex : Names {
    ByIndex() { make_by_index(); }
    void make_by_index() { make_with(saml::NameIDMatching::session_index); }
    void make_with(saml::NameIDMatching matching) { make({old_idp_id}, {old_sp_id}, matching); }
    static saml::NameID transient_name(const std::string& value) {
        return {value, "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", {}, {}, {}};
    }
    Session transient(std::string_view id, const std::string& name_value, const char* index = long_index) {
        Session wanted = session(id);
        wanted.name_id = transient_name(name_value);
        wanted.session_indexes = {parsed<saml::SessionIndex>(index)};
        return wanted;
    }
    static saml::LogoutRequest request(const std::vector<const char*>& indexes, const std::string& name_value = "T9") {
        saml::LogoutRequest wanted = baseline_request();
        wanted.identifier = transient_name(name_value);
        wanted.session_indexes.clear();
        for (const char* index : indexes) wanted.session_indexes.push_back(parsed<saml::SessionIndex>(index));
        return wanted;
    }
    void admit(const Session& wanted) { BOOST_REQUIRE((taken(made->admit(wanted)) == Admission::admitted)); }

    static constexpr const char* long_index = "5d3c1f0a-77b2-4f6e-8a2b-0c9d8e7f6a5b::1a2b";
    static constexpr const char* other_index = "99999999-77b2-4f6e-8a2b-0c9d8e7f6a5b::1a2b";
};

BOOST_FIXTURE_TEST_CASE(an_index_ends_the_sessions_whose_name_ids_are_made_anew, ByIndex) {
    admit(transient("S1", "T1"));
    admit(transient("S2", "T2"));
    admit(transient("S3", "T3", other_index));
    const std::string body = signed_body(request({long_index}));
    BOOST_TEST(taken(BackChannel(*made).preview({.body = body, .content_type = "text/xml"})).would_end.size() == 2U);
    BOOST_TEST(order(request({long_index})) == "Success");
    BOOST_TEST(audit.last().ended == 2U);
    BOOST_TEST((!lives("S1") && !lives("S2") && lives("S3")));
    BOOST_TEST((taken(made->admit(transient("S4", "T4"))) == Admission::refused_by_logout));
    BOOST_TEST(order(request({long_index})) == "Success");
    BOOST_TEST(audit.last().event == "repeat");
    BOOST_TEST(audit.last().ended == 2U);
    BOOST_TEST(order(request({long_index, other_index})) == "Requester");
    BOOST_TEST(lives("S3"));
}

BOOST_FIXTURE_TEST_CASE(several_indexes_end_the_sessions_of_each, ByIndex) {
    admit(transient("S1", "T1"));
    admit(transient("S2", "T2", other_index));
    BOOST_TEST(order(request({long_index, other_index})) == "Success");
    BOOST_TEST(audit.last().ended == 2U);
    BOOST_TEST((!lives("S1") && !lives("S2")));
}

BOOST_FIXTURE_TEST_CASE(a_failing_application_keeps_an_index_from_success_until_recovery, ByIndex) {
    admit(transient("S1", "T1"));
    application.answer_all(Ended::failed);
    BOOST_TEST(order(request({long_index})) == "Responder");
    BOOST_TEST(order(request({long_index})) == "Responder");
    application.answer_all(Ended::ended);
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(order(request({long_index})) == "Success");
}

BOOST_FIXTURE_TEST_CASE(without_an_index_a_request_for_such_a_session_is_no_success, ByIndex) {
    admit(transient("S1", "T1"));
    BOOST_TEST(order(request({}, "T1")) == "UnknownPrincipal");
    BOOST_TEST(audit.last().rule == "near_miss.no_index");
    BOOST_TEST(lives("S1"));
}

BOOST_FIXTURE_TEST_CASE(a_session_that_an_index_can_not_name_is_refused, ByIndex) {
    Session short_one = transient("S1", "T1", "1234");
    BOOST_TEST((made->admit(short_one).error().code == AdmissionErrc::session_index_unfit));
    short_one.session_indexes.clear();
    BOOST_TEST((made->admit(short_one).error().code == AdmissionErrc::session_index_unfit));
    Session two = transient("S1", "T1");
    two.session_indexes.push_back(parsed<saml::SessionIndex>(other_index));
    BOOST_TEST((made->admit(two).error().code == AdmissionErrc::session_index_unfit));
}

BOOST_FIXTURE_TEST_CASE(sessions_and_logouts_from_before_the_rule_changed_still_count, ByIndex) {
    make_with(saml::NameIDMatching::default_qualifiers);
    admit(transient("S1", "T1"));
    BOOST_TEST(order(request({other_index}, "T2")) == "Success");
    make_by_index();
    BOOST_TEST((taken(made->admit(transient("S2", "T2", other_index))) == Admission::refused_by_logout));
    saml::LogoutRequest wanted = request({long_index});
    wanted.id = parsed<saml::MessageID>("_another");
    BOOST_TEST(order(wanted) == "UnknownPrincipal");  // another NameID, and it was registered by that
    BOOST_TEST(audit.last().rule == "near_miss.session_index");
    BOOST_TEST(lives("S1"));
    wanted = request({long_index}, "T1");
    wanted.id = parsed<saml::MessageID>("_third");
    BOOST_TEST(order(wanted) == "Success");
    BOOST_TEST(!lives("S1"));
}

BOOST_FIXTURE_TEST_CASE(a_user_logs_out_of_all_that_the_index_names_and_the_idp_is_asked_once, ByIndex) {
    admit(transient("S1", "T1"));
    admit(transient("S2", "T2"));
    admit(transient("S3", "T3", other_index));
    const auto result = taken(made->start_logout(SessionsByID{{parsed<LocalSessionID>("S1")}}, LogoutReason::user));
    BOOST_TEST((result.extent == Extent::everywhere));
    BOOST_TEST((!lives("S1") && !lives("S2") && lives("S3")));
    BOOST_TEST_REQUIRE(link.asked.size() == 1U);
    BOOST_TEST(link.asked.front().ask.name_id.value == "T1");
    BOOST_TEST(link.asked.front().ask.session_indexes.size() == 1U);
    BOOST_TEST((taken(made->admit(transient("S4", "T4"))) == Admission::refused_by_logout));
}

BOOST_FIXTURE_TEST_CASE(an_administrator_finds_a_session_that_its_index_names_by_its_name_id, ByIndex) {
    admit(transient("S1", "T1"));
    admit(transient("S2", "T2"));
    BOOST_TEST(taken(made->preview(SessionsOfPrincipal{{}, transient("any", "T1").name_id})).size() == 1U);
    BOOST_TEST(taken(made->preview(SessionsOfPrincipal{idp_id, transient("any", "T2").name_id})).size() == 1U);
    BOOST_TEST(taken(made->preview(SessionsOfPrincipal{{}, transient("any", "T3").name_id})).empty());
}

BOOST_AUTO_TEST_CASE(an_administrator_finds_the_sessions_of_an_idp_that_has_left_the_metadata) {
    BOOST_REQUIRE((taken(made->admit(session("S1"))) == Admission::admitted));
    parts.idps = directory_of({idp_that_can_be_asked(parsed<saml::EntityID>("https://another.example.org/idp"), {})});
    made->replace_idps(parts.idps);
    const SessionsOfPrincipal selection{{}, session("any").name_id};
    BOOST_TEST(taken(made->preview(selection)).size() == 1U);
    const auto result = taken(made->start_logout(selection, LogoutReason::admin));
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(an_order_that_names_no_known_principal_is_a_success) {
    BOOST_TEST(order() == "Success");
    BOOST_TEST(audit.last().rule == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
