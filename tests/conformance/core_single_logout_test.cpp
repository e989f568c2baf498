// SAML Core 3.7: the Single Logout protocol (section 4 of the requirements).
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

void expect_refused(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_requester(provider.post(soap(request)), "_r1", from);
    expect_unchanged(provider, from);
}

void expect_accepted(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(soap(request)), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

/// A login whose assertion was on its way while the logout came.
sp::Session late_login(std::string_view index) {
    return session("late", idp1_entity_id, transient("N1"), {std::string(index)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_core_single_logout)

BOOST_AUTO_TEST_CASE(core_slo_03_demands_exactly_one_identifier, *spec("SAML Core 3.7.1 l.2541-2545")) {
    const auto n1 = transient_name_id("N1");
    expect_refused({.identifier = ""});
    expect_refused({.identifier = n1 + n1});
    expect_refused({.identifier = n1 + EncryptedText{}.xml()});
    expect_refused({.identifier = "<samlp:SessionIndex>i1</samlp:SessionIndex>" + n1, .session_indexes = {}});
}

BOOST_AUTO_TEST_CASE(core_slo_04_takes_requests_without_not_on_or_after_and_discards_expired_ones,
                     *spec("SAML Core 3.7.1 l.2536-2538")) {
    expect_accepted({.not_on_or_after = std::nullopt});
    expect_refused({.not_on_or_after = "2030-01-15T09:50:00Z"});
}

BOOST_AUTO_TEST_CASE(core_slo_05_takes_a_reason_that_is_no_uri, *spec("SAML Core 3.7.1 l.2539-2540; erratum E10")) {
    expect_accepted({.reason = "logged out"});
    expect_accepted({.reason = ""});
}

BOOST_AUTO_TEST_CASE(core_slo_06_lets_the_reason_decide_nothing, *spec("SAML Core 3.7.3 l.2577-2585")) {
    expect_accepted({.reason = "urn:oasis:names:tc:SAML:2.0:logout:user"});
    expect_accepted({.reason = "urn:oasis:names:tc:SAML:2.0:logout:admin"});
    expect_accepted({.reason = "urn:oasis:names:tc:SAML:2.0:logout:global-timeout"});
    expect_accepted({.reason = "urn:private:reason"});
}

BOOST_AUTO_TEST_CASE(core_slo_08_answers_every_logout_request, *spec("SAML Core 3.7.3 l.2570; Profiles l.1257-1259")) {
    for (const auto& body : {soap({}), unsigned_soap({}), soap({.identifier = ""}), soap({}, "keys/idp2.key.pem")}) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_REQUIRE(reply.saml.has_value());
        BOOST_TEST(reply.saml->element == "LogoutResponse");
    }
}

BOOST_AUTO_TEST_CASE(core_slo_09_signs_its_answer, *spec("SAML Core 3.7.2 l.2572-2573; Profiles l.1309")) {
    Baseline rsa;
    const auto reply = rsa.post(soap({}));
    expect_ok(reply);
    BOOST_TEST(reply.body.find("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256") != std::string::npos);
    ServiceProviderOptions options;
    options.private_key = "keys/sp-p256.key.pem";
    options.certificate = "keys/sp-p256.crt.pem";
    Baseline ecdsa(options);
    const auto other = ecdsa.post(soap({}));
    expect_ok(other);
    BOOST_TEST(other.body.find("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(core_slo_10_ends_nothing_for_the_unauthenticated, *spec("SAML Core 3.7.3.1 l.2590-2591")) {
    Baseline provider;
    expect_status(provider.post(unsigned_soap({})), "Requester", {"RequestDenied"});
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_slo_11_lets_an_idp_end_its_own_sessions_only, *spec("SAML Core 3.7.3.1 l.2591-2594")) {
    Baseline provider;
    expect_ok(provider.post(soap({.issuer = issuer_of(idp2_entity_id)}, "keys/idp2.key.pem")));
    expect_sessions(provider, "S1 S2 S3", "S4");
}

BOOST_AUTO_TEST_CASE(core_slo_12_ends_the_sessions_that_are_named, *spec("SAML Core 3.7.3.2 l.2592-2594")) {
    expect_accepted({});
    Baseline provider;
    expect_ok(provider.post(soap({.identifier = transient_name_id("N2")})));
    expect_sessions(provider, "S1 S2 S4", "S3");
}

BOOST_AUTO_TEST_CASE(core_slo_13_ends_all_sessions_of_the_principal_without_index,
                     *spec("SAML Core 3.7.3.2 l.2594-2596")) {
    Baseline provider;
    expect_ok(provider.post(soap({.session_indexes = {}})));
    BOOST_TEST(provider.alive() == "S3 S4");
}

BOOST_AUTO_TEST_CASE(core_slo_14_never_widens_an_unknown_index_to_all, *spec("SAML Core 3.7.3.2 l.2592")) {
    Baseline provider;
    expect_ok(provider.post(soap({.session_indexes = {"zz"}})));
    expect_unchanged(provider);
    Baseline mixed;
    expect_ok(mixed.post(soap({.session_indexes = {"i1", "zz"}})));
    expect_sessions(mixed, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(core_slo_15_refuses_an_assertion_that_comes_after_its_logout,
                     *spec("SAML Core 3.7.3.1 l.2598-2609")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.session_indexes = {"i7"}})));
    BOOST_TEST((provider.admit(late_login("i8")) == sp::Admission::admitted));
    auto named = late_login("i7");
    named.id = local_id("named");
    BOOST_TEST((provider.admit(named) == sp::Admission::refused_by_logout));
    expect_sessions(provider, "late", "");
}

BOOST_AUTO_TEST_CASE(core_slo_15_refuses_any_late_assertion_of_the_principal_where_no_index_was_given,
                     *spec("SAML Core 3.7.3.1 l.2598-2609")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.session_indexes = {}})));
    BOOST_TEST((provider.admit(late_login("i8")) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(core_slo_16_remembers_a_logout_until_not_on_or_after_and_skew,
                     *spec("SAML Core 3.7.3.1 l.2608-2616")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.not_on_or_after = "2030-01-15T14:00:00Z", .session_indexes = {"i7"}})));
    provider.clock.set(at("2030-01-15T14:00:00Z") + 180s - 1ms);
    BOOST_TEST((provider.admit(late_login("i7")) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(core_slo_16_remembers_a_logout_for_an_hour_at_least, *spec("SAML Core 3.7.3.1 l.2608-2616")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.not_on_or_after = std::nullopt, .session_indexes = {"i7"}})));
    provider.clock.advance(1h - 1ms);
    BOOST_TEST((provider.admit(late_login("i7")) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(core_slo_18_admits_a_login_that_is_newer_than_the_logout,
                     *spec("SAML Core 3.7.3.1 l.2598-2609, policy")) {
    auto fresh = late_login("i7");
    fresh.authn_instant = at(baseline_now) + 10min;
    ServiceProvider by_instant;
    expect_ok(by_instant.post(soap({.session_indexes = {}})));
    by_instant.clock.advance(10min);
    BOOST_TEST((by_instant.admit(fresh) == sp::Admission::admitted));
    ServiceProviderOptions options;
    options.store.relogin = sp::ReloginRule::strict;
    ServiceProvider strict(options);
    expect_ok(strict.post(soap({.session_indexes = {}})));
    strict.clock.advance(10min);
    BOOST_TEST((strict.admit(fresh) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(core_slo_20_says_no_success_before_the_store_has_it, *spec("SAML Core 3.7.3.2 l.2592")) {
    Baseline provider;
    provider.store.inject(FailingStore::Fault::complete_fails);
    expect_status(provider.post(soap({})), "Responder", {"", "RequestDenied"});
}

BOOST_AUTO_TEST_CASE(core_slo_21_answers_success_where_the_session_has_ended_already,
                     *spec("SAML Core 3.2.2.2 l.1693")) {
    Baseline provider;
    expect_ok(provider.post(soap({})));
    expect_ok(provider.post(soap({.id = "_r2"})), "_r2");
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(core_slo_22_lets_another_principal_log_in_meanwhile, *spec("SAML Core 3.7.3.1 l.2605-2607")) {
    ServiceProvider provider;
    expect_ok(provider.post(soap({.session_indexes = {}})));
    BOOST_TEST((provider.admit(session("other", idp1_entity_id, transient("N2"), {"i7"})) == sp::Admission::admitted));
    BOOST_TEST(
        (provider.admit(session("other-idp", idp2_entity_id, transient("N1"), {"i7"})) == sp::Admission::admitted));
    expect_sessions(provider, "other other-idp", "");
}

BOOST_AUTO_TEST_SUITE_END()
