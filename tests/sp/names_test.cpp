// A session is found under every name that its IdP and we have; and a near miss is never Success.
#include <boost/test/unit_test.hpp>

#include "entity_names.hpp"
#include "service_under_test.hpp"
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

    Names() { make({old_idp_id}, {old_sp_id}); }
    /// A restart with other names, over the same store.
    void make(std::vector<saml::EntityID> aliases, std::vector<saml::EntityID> former) {
        idp_adapter::InteropProfile profile;
        profile.issuer_aliases = std::move(aliases);
        parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
        made = std::make_unique<LogoutService>(LogoutServiceParts{
            parts.entity_id, parts.destinations, parts.idps, parts.signer, parts.decryption_keys, parts.audit_digest,
            parts.policy, memory, parts.applications, parts.audit, parts.clock, &link, std::move(former)});
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
        const SoapReply reply = made->handle({.body = signed_body(request), .media_type = "text/xml"});
        if (contains(reply.body, "status:Success\"")) return "Success";
        if (contains(reply.body, "status:UnknownPrincipal\"")) return "UnknownPrincipal";
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
    BOOST_TEST((refused.error().code == Errc::session_idp_unknown));
    BOOST_TEST(contains(refused.error().detail, idp_id.str()));
    refused = made->admit(session("S1", parsed<saml::EntityID>("urn:nothing:like:it")));
    BOOST_TEST((refused.error().code == Errc::session_idp_unknown));
    BOOST_TEST(refused.error().detail == "");
    refused = made->admit(session("S1", idp_id, parsed<saml::EntityID>("https://another.example.com/sp")));
    BOOST_TEST((refused.error().code == Errc::session_sp_unknown));
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(an_authn_instant_ahead_of_any_clock_is_refused) {
    Session wanted = session("S1");
    wanted.authn_instant = clock.now() + parts.policy.clock_skew;
    BOOST_TEST((taken(made->admit(wanted)) == Admission::admitted));
    wanted = session("S2");
    wanted.authn_instant = clock.now() + parts.policy.clock_skew + 1ms;
    BOOST_TEST((made->admit(wanted).error().code == Errc::authn_instant_in_future));
    wanted.authn_instant = at("9999-12-31T23:59:59Z");
    BOOST_TEST((made->admit(wanted).error().code == Errc::authn_instant_in_future));
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
    const auto preview = taken(made->preview(PostedRequest{.body = body, .media_type = "text/xml"}));
    BOOST_TEST(preview.would_end.empty());
    BOOST_TEST_REQUIRE(preview.near_misses.size() == 1U);
    BOOST_TEST(preview.near_misses.front().session.id.str() == "S1");
    BOOST_TEST(name(preview.near_misses.front().kind) == "near_miss.format");
}

BOOST_AUTO_TEST_CASE(an_order_that_names_nobody_at_all_is_a_success) {
    BOOST_TEST(order() == "Success");
    BOOST_TEST(audit.last().rule == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
