// Rows 23 to 32: what a genuine request does, and what we say when something of ours fails.
#include <boost/test/unit_test.hpp>

#include <string>
#include <type_traits>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "slo/saml/message_signer.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;

BOOST_AUTO_TEST_SUITE(conformance_section_1)

BOOST_AUTO_TEST_CASE(row_23_ends_exactly_the_listed_session, *spec("SAML Core 3.7.3.2 l.2592-2594")) {
    Baseline provider;
    expect_ok(provider.post(soap({})));
    expect_sessions(provider, "S2 S3 S4", "S1");
    const auto entry = provider.audit.last();
    BOOST_TEST(entry.event == "logout");
    BOOST_TEST(entry.status == "Success");
    BOOST_TEST(entry.ended == 1U);
    BOOST_TEST(entry.idp == idp1_entity_id);
}

BOOST_AUTO_TEST_CASE(row_23_tells_every_application, *spec("SAML Core 3.7.3.2 l.2592-2594")) {
    ServiceProviderOptions options;
    options.applications = 3;
    Baseline provider(options);
    expect_ok(provider.post(soap({.session_indexes = {"i2"}})));
    for (const auto& application : provider.applications) BOOST_TEST(application->told() == "S2");
}

BOOST_AUTO_TEST_CASE(row_23_counts_a_session_that_the_application_has_lost_as_ended,
                     *spec("SAML Core 3.7.3.2 l.2592-2594")) {
    Baseline provider;
    provider.applications[0]->answer_all(sp::Ended::already_gone);
    expect_ok(provider.post(soap({})));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(row_24_ends_every_session_of_the_principal_where_no_index_is_given,
                     *spec("SAML Core 3.7.3.2 l.2594-2596")) {
    Baseline provider;
    expect_ok(provider.post(soap({.session_indexes = {}})));
    expect_sessions(provider, "S3 S4", "S1 S2");
}

BOOST_AUTO_TEST_CASE(row_25_answers_success_to_an_unknown_index_and_remembers_it,
                     *spec("SAML Core 3.7.3.1 l.2598-2609")) {
    Baseline provider;
    expect_ok(provider.post(soap({.session_indexes = {"zz"}})));
    expect_unchanged(provider);
    const auto late = session("late", idp1_entity_id, transient("N1"), {"zz"});
    BOOST_TEST((provider.admit(late) == sp::Admission::refused_by_logout));
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(row_26_answers_success_to_an_unknown_principal_and_remembers_it,
                     *spec("SAML Core 3.7.3.1 l.2598-2609")) {
    Baseline provider;
    expect_ok(provider.post(soap({.identifier = transient_name_id("nobody")})));
    expect_unchanged(provider);
    const auto late = session("late", idp1_entity_id, transient("nobody"), {"i1"});
    BOOST_TEST((provider.admit(late) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(row_26_answers_success_where_the_sessions_are_another_idps,
                     *spec("SAML Core 3.7.3.1 l.2591-2594")) {
    Baseline provider;
    const LogoutRequestText of_idp2{.issuer = issuer_of(idp2_entity_id), .identifier = transient_name_id("N2")};
    expect_ok(provider.post(soap(of_idp2, "keys/idp2.key.pem")));
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(row_26_answers_unknown_principal_where_the_policy_says_so, *spec("SAML Core 3.2.2.2 l.1693")) {
    ServiceProviderOptions options;
    options.policy.unknown_principal = sp::UnknownPrincipal::unknown_principal;
    Baseline provider(options);
    expect_status(provider.post(soap({.identifier = transient_name_id("nobody")})), "Requester", {"UnknownPrincipal"});
    expect_unchanged(provider);
    expect_ok(provider.post(soap({.id = "_r2"})), "_r2");
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(row_27_answers_responder_where_one_of_two_sessions_was_not_ended,
                     *spec("SAML Profiles 4.4.4.2 l.1258")) {
    Baseline provider;
    provider.applications[0]->answer("S2", sp::Ended::failed);
    expect_status(provider.post(soap({.session_indexes = {"i1", "i2"}})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(provider.alive() == "S3 S4");
    const auto entry = provider.audit.last();
    BOOST_TEST(entry.ended == 1U);
    BOOST_TEST(entry.failed == 1U);
    const auto unfinished = provider.store.unfinished_logouts();
    BOOST_REQUIRE(unfinished.has_value());
    BOOST_REQUIRE(unfinished->size() == 1U);
    BOOST_REQUIRE(unfinished->front().ending.size() == 1U);
    BOOST_TEST(unfinished->front().ending.front().id.str() == "S2");
}

BOOST_AUTO_TEST_CASE(row_27_ends_failed_sessions_later_and_says_success_to_a_new_request,
                     *spec("SAML Profiles 4.4.4.2 l.1258")) {
    Baseline provider;
    provider.applications[0]->answer_all(sp::Ended::failed);
    expect_status(provider.post(soap({})), "Responder", {"", "RequestDenied"});
    provider.applications[0]->answer_all(sp::Ended::ended);
    expect_ok(provider.post(soap({.id = "_r2"})), "_r2");
    expect_sessions(provider, "S2 S3 S4", "S1 S1");
}

BOOST_AUTO_TEST_CASE(row_27_counts_silence_and_exceptions_as_failed, *spec("SAML Profiles 4.4.4.2 l.1258")) {
    Baseline silent;
    silent.applications[0]->hold_back();
    expect_status(silent.post_without_waiting(soap({})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(silent.alive() == "S2 S3 S4");
    Baseline throwing;
    throwing.applications[0]->throw_from_now_on();
    expect_status(throwing.post(soap({})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(throwing.alive() == "S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(row_27_says_no_success_while_one_of_two_applications_failed,
                     *spec("SAML Profiles 4.4.4.2 l.1258")) {
    ServiceProviderOptions options;
    options.applications = 2;
    Baseline provider(options);
    provider.applications[1]->answer_all(sp::Ended::failed);
    expect_status(provider.post(soap({})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(provider.audit.last().failed_applications == std::vector<std::string>{"application-2"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(row_28_answers_responder_where_the_application_ends_none, *spec("SAML Core 3.2.2.2 l.1672-1675")) {
    Baseline provider;
    provider.applications[0]->answer_all(sp::Ended::failed);
    expect_status(provider.post(soap({.session_indexes = {}})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(provider.audit.last().failed == 2U);
}

BOOST_AUTO_TEST_CASE(row_29_answers_responder_where_the_store_is_down, *spec("Erratum E19")) {
    Baseline at_begin;
    at_begin.store.inject(FailingStore::Fault::begin_fails);
    expect_status(at_begin.post(soap({})), "Responder", {"", "RequestDenied"});
    expect_rule(at_begin, "store.failed");
    expect_unchanged(at_begin);
    Baseline at_end;
    at_end.store.inject(FailingStore::Fault::complete_fails);
    expect_status(at_end.post(soap({})), "Responder", {"", "RequestDenied"});
    BOOST_TEST(at_end.alive() == "S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(row_30_answers_a_server_fault_or_responder_to_an_internal_exception,
                     *spec("SAML Bindings l.374-377")) {
    Baseline provider;
    provider.store.inject(FailingStore::Fault::begin_throws);
    const auto reply = provider.post(soap({}));
    expect_sound(reply);
    BOOST_TEST((reply.summary() == "500 Fault Server" || reply.summary() == "200 LogoutResponse Responder"),
               "answered " << reply.summary());
    BOOST_TEST(reply.body.find("thrown by") == std::string::npos);
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(row_31_cannot_happen_because_no_service_exists_without_a_signer,
                     *spec("SAML Profiles 4.4.4.2 l.1309")) {
    BOOST_TEST(!std::is_default_constructible_v<saml::SigningKey>);
    BOOST_TEST(!std::is_default_constructible_v<saml::MessageSigner>);
    BOOST_TEST(!std::is_default_constructible_v<sp::LogoutService>);
    BOOST_TEST((!std::is_constructible_v<saml::SignedMessage, std::string>));
}

BOOST_AUTO_TEST_CASE(row_32_serves_one_idp_while_another_floods_it, *spec("SAML Core 3.2.1 l.1515-1516")) {
    ServiceProviderOptions options;
    options.store.max_logout_records_per_idp = 3;
    Baseline provider(options);
    for (const auto* id : {"_f1", "_f2", "_f3"}) {
        expect_ok(provider.post(soap({.id = id, .identifier = transient_name_id("nobody")})), id);
    }
    expect_status(provider.post(soap({})), "Responder", {"", "RequestDenied"});
    expect_rule(provider, "store.full");
    expect_unchanged(provider);
    expect_ok(provider.post(soap({.issuer = issuer_of(idp2_entity_id)}, "keys/idp2.key.pem")));
    expect_sessions(provider, "S1 S2 S3", "S4");
}

BOOST_AUTO_TEST_SUITE_END()
