// The requests beside the captured answers, and the answers beside the captured requests.
#include <boost/test/unit_test.hpp>

#include <string>

#include "captured.hpp"
#include "expectations.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"

using namespace slo;
using namespace slo::test;

namespace {

constexpr std::string_view lasso_idp = "http://127.0.0.1:9101/metadata";
constexpr std::string_view lasso_sp = "http://127.0.0.1:9102/metadata";
constexpr std::string_view shibboleth_sp = "http://127.0.0.1:9301/shibboleth";
constexpr std::string_view lemonldap = "http://127.0.0.1:9401/saml/metadata";

/// Ourselves in the place of the Shibboleth SP that received it.
ServiceProviderOptions in_place_of_shibboleth() {
    ServiceProviderOptions options;
    options.entity_id = shibboleth_sp;
    options.destinations = {"http://127.0.0.1:9301/Shibboleth.sso/SLO/SOAP"};
    options.endpoint.soap_path = "/Shibboleth.sso/SLO/SOAP";
    options.now = at("2026-11-22T14:52:45Z");
    options.idps = {idp_from(fixture("wire-keys/lasso-idp-9101.xml"))};
    return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_captures)

BOOST_AUTO_TEST_CASE(answers_the_request_that_was_sent_to_shibboleth) {
    const struct {
        const char* name;
        const char* answer;
        const char* rule;
    } cases[] = {{"valid", "200 LogoutResponse Success", ""},
                 {"unknown-index", "200 LogoutResponse Success", ""},
                 {"replay", "200 LogoutResponse Success", ""},
                 {"old-instant", "200 LogoutResponse Requester", "check.issue_instant"},
                 {"unsigned", "200 LogoutResponse Requester/RequestDenied", "sig.missing"},
                 {"badsig-value", "200 LogoutResponse Requester", "sig.invalid"},
                 {"malformed", "500 Fault Client", "xml.malformed"},
                 {"bare", "500 Fault Client", "soap.structure"},
                 {"ctype-soap12", "415", "http.content_type"}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            ServiceProvider provider(in_place_of_shibboleth());
            const auto capture = captured_http("shibboleth/response-to-" + std::string(one.name) + ".request.http");
            const auto reply = provider.send(capture.request());
            expect_sound(reply);
            BOOST_TEST(reply.summary().starts_with(one.answer), reply.summary());
            if (std::string(one.answer) != "415") BOOST_TEST(provider.audit.last().rule == one.rule);
        }
    }
}

BOOST_AUTO_TEST_CASE(repeats_its_answer_to_the_replay) {
    ServiceProvider provider(in_place_of_shibboleth());
    const auto capture = captured_http("shibboleth/response-to-replay.request.http");
    const auto first = provider.send(capture.request());
    const auto second = provider.send(capture.request());
    expect_sound(second);
    BOOST_TEST(first.summary() == second.summary());
    BOOST_TEST(provider.audit.last().event == "repeat");
}

BOOST_AUTO_TEST_CASE(judges_the_requests_that_were_sent_to_lemonldap) {
    const struct {
        const char* name;
        const char* rule;
    } cases[] = {{"valid", ""},
                 {"unknown-index", ""},
                 {"wrong-destination", "check.destination"},
                 {"badsig", "sig.invalid"},
                 {"malformed", "xml.malformed"}};
    const auto key = first_key_of_metadata("lemonldap/sp-lasso-metadata.xml");
    const auto expected =
        expectations(lasso_sp, "http://127.0.0.1:9401/saml/singleLogoutSOAP", at("2026-11-22T15:17:25Z"), {});
    for (const auto& one : cases) {
        const auto capture = captured_http("lemonldap/idp-answer-to-" + std::string(one.name) + ".request.http");
        BOOST_TEST(judge_request(capture.body, key, expected).rule == one.rule, one.name);
    }
}

BOOST_AUTO_TEST_CASE(judges_the_answers_that_lemonldap_received) {
    const auto now = at("2026-11-22T15:08:56Z");
    const auto lasso = judge_response(captured_http("lemonldap/request-to-lassosp.answer.http").body,
                                      first_key_of_metadata("lemonldap/sp-lasso-metadata.xml"),
                                      "_CDB4675F8B94CFDF79200D651DC929FE", expectations(lasso_sp, "", now, {}));
    BOOST_TEST(lasso.rule == "");
    const auto body = captured_http("lemonldap/request-to-shib.answer.http").body;
    const auto key = first_key_of_metadata("lemonldap/sp-shib-metadata.xml");
    const auto* id = "_A8823D307A02C2815F238B664E88C297";
    BOOST_TEST(judge_response(body, key, id, expectations(shibboleth_sp, "", now, {})).rule == "sig.algorithm");
    const saml::AlgorithmPolicy with_sha1{.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted};
    BOOST_TEST(judge_response(body, key, id, expectations(shibboleth_sp, "", now, with_sha1)).rule == "");
}

BOOST_AUTO_TEST_CASE(judges_the_request_behind_lassos_answers) {
    const auto key = key_of_certificate("lasso/idp.crt.pem");
    const auto expected =
        expectations("https://idp-lasso.example.org/metadata", our_soap_url, at("2026-11-22T16:01:28Z"), {});
    const auto verdict = judge_request(fixture("lasso/request-for-responses.soap.xml"), key, expected);
    BOOST_TEST(verdict.rule == "");
    BOOST_REQUIRE(verdict.message.has_value());
    BOOST_TEST(verdict.message->id.str() == "_3D047C1A4A91D8ECC5643A54F9B98F15");
}

BOOST_AUTO_TEST_SUITE_END()
