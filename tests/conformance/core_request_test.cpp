// SAML Core 3.2 and 4.1: request and response abstract types, status, versions (section 3 of the requirements).
#include <boost/test/unit_test.hpp>

#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"
#include "xml_reading.hpp"

using namespace slo;
using namespace slo::test;

namespace {

void expect_refused(const LogoutRequestText& request, std::optional<std::string> in_response_to = "_r1",
                    std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_requester(provider.post(soap(request)), std::move(in_response_to), from);
    expect_unchanged(provider, from);
}

void expect_accepted(const LogoutRequestText& request, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(soap(request)), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

std::string extensions(std::string_view content) {
    return "<samlp:Extensions>" + std::string(content) + "</samlp:Extensions>";
}

/// One request for each way to be refused after the SOAP layer.
std::vector<std::string> refused_requests() {
    return {soap({.version = "1.1"}),
            soap({.version = "two"}),
            soap({.identifier = ""}),
            soap({.issuer = "<saml:Issuer/>"}),
            unsigned_soap({}),
            soap({}, "keys/stranger.key.pem"),
            soap({.destination = "https://other.example.com/"}),
            soap({.issue_instant = "2031-01-15T10:00:00Z"}),
            soap({.not_on_or_after = "2029-01-15T10:00:00Z"}),
            soap({.identifier = EncryptedText{.certificate = "keys/stranger.crt.pem"}.xml()})};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_core_request)

BOOST_AUTO_TEST_CASE(core_req_01_demands_id_version_and_issue_instant, *spec("SAML Core 3.2.1 l.1467-1476")) {
    expect_refused({.version = std::nullopt});
    expect_refused({.issue_instant = std::nullopt});
    Baseline provider;
    expect_requester(provider.post(unsigned_soap({.id = std::nullopt})), std::nullopt);
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_req_02_discards_a_request_destined_elsewhere, *spec("SAML Core 3.2.1 l.1477-1482")) {
    expect_refused({.destination = "https://sp.example.com/saml/slo/redirect"});
    expect_refused({.destination = "https://other.example.com/saml/slo/soap"});
}

BOOST_AUTO_TEST_CASE(core_req_03_takes_a_request_without_destination_where_the_profile_says_so,
                     *spec("SAML Core 3.2.1 l.1477")) {
    ServiceProviderOptions options;
    idp_adapter::InteropProfile lenient;
    lenient.destination = saml::DestinationRule::optional;
    options.idps = {idp1(lenient), idp2()};
    for (const auto& absent : {std::optional<std::string>(), std::optional<std::string>("")}) {
        Baseline provider(options);
        expect_ok(provider.post(soap({.destination = absent})));
        expect_sessions(provider, "S2 S3 S4", "S1");
    }
    Baseline provider(options);
    expect_requester(provider.post(soap({.destination = "https://other.example.com/saml/slo/soap"})));
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_req_04_compares_destination_with_the_configured_url_and_no_header,
                     *spec("SAML Core 3.2.1 l.1480-1482")) {
    Baseline behind_a_proxy;
    expect_ok(behind_a_proxy.post(soap({}), {{"Host", "10.0.0.7:8080"}, {"Content-Type", "text/xml"}}));
    Baseline forged;
    expect_requester(forged.post(soap({.destination = "https://evil.example.net/saml/slo/soap"}),
                                 {{"Host", "evil.example.net"},
                                  {"X-Forwarded-Host", "evil.example.net"},
                                  {"Forwarded", "host=evil.example.net;proto=https"},
                                  {"Content-Type", "text/xml"}}));
    expect_unchanged(forged);
}

BOOST_AUTO_TEST_CASE(core_req_05_lets_consent_decide_nothing, *spec("SAML Core 3.2.1 l.1483-1488")) {
    expect_accepted({.consent = "urn:oasis:names:tc:SAML:2.0:consent:obtained"});
    expect_accepted({.consent = "urn:oasis:names:tc:SAML:2.0:consent:unavailable"});
    expect_accepted({.consent = "urn:private:consent"});
    expect_refused({.consent = " "});
}

BOOST_AUTO_TEST_CASE(core_req_06_ignores_unknown_extensions, *spec("SAML Core 3.2.1 l.1495-1500; Kantara IIP-EXT01")) {
    expect_accepted({.extensions = extensions(R"(<x:y xmlns:x="urn:x" z="1">text<x:y>more</x:y></x:y>)")});
    expect_accepted({.extensions = extensions("<x:y xmlns:x=\"urn:x\">" + std::string(40 * 1024, 'x') + "</x:y>")});
    expect_accepted({.extensions = extensions(
                         R"(<aslo:Asynchronous xmlns:aslo="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"/>)")});
}

BOOST_AUTO_TEST_CASE(core_req_07_refuses_saml_elements_as_extensions, *spec("SAML Core 3.2.1 l.1499-1500")) {
    expect_refused({.extensions = extensions("<samlp:SessionIndex>i2</samlp:SessionIndex>")});
    expect_refused({.extensions = extensions("<y/>")});
    expect_refused({.extensions = extensions("<saml:Assertion/>")});
}

BOOST_AUTO_TEST_CASE(core_req_08_relies_on_nothing_under_a_broken_signature, *spec("SAML Core 3.2.1 l.1505-1508")) {
    const auto b0 = soap({});
    Baseline provider;
    expect_requester(provider.post(replaced(b0, ">N1<", ">N2<")));
    expect_rule(provider, "sig.invalid");
    expect_requester(provider.post(replaced(b0, ">i1<", ">i2<")));
    expect_rule(provider, "sig.invalid");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_req_09_demands_a_signing_key_of_the_issuer, *spec("SAML Core 3.2.1 l.1508-1510")) {
    for (const auto* key : {"keys/idp2.key.pem", "keys/idp1-encryption.key.pem"}) {
        Baseline provider;
        expect_requester(provider.post(soap({}, key)));
        expect_rule(provider, "sig.invalid");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(core_req_10_answers_requester_to_invalid_requests, *spec("SAML Core 3.2.1 l.1513-1515")) {
    expect_refused({.identifier = transient_name_id("N1") + "<saml:NameID>N2</saml:NameID>"});
    expect_refused({.element = "samlp:LogoutRequest", .identifier = "<saml:NameId>N1</saml:NameId>"});
    expect_refused({.tail = "<saml:SessionIndex>i2</saml:SessionIndex>"});
}

BOOST_AUTO_TEST_CASE(core_res_01_answers_to_the_requests_id, *spec("SAML Core 3.2.2 l.1542-1547")) {
    for (const auto& id : {std::string("_r1"), std::string("ID_6f0e-1.2"), std::string(1024, 'z')}) {
        Baseline provider;
        expect_ok(provider.post(soap({.id = id})), id);
    }
    Baseline provider;
    expect_requester(provider.post(unsigned_soap({.id = "1abc"})), std::nullopt);
}

BOOST_AUTO_TEST_CASE(core_res_02_gives_each_response_its_own_id_version_and_time,
                     *spec("SAML Core 3.2.2 l.1539-1553")) {
    Baseline provider;
    const auto first = provider.post(soap({}));
    const auto second = provider.post(soap({.id = "_r2"}));
    expect_ok(first);
    expect_ok(second, "_r2");
    BOOST_TEST(first.saml->id != second.saml->id);
    BOOST_TEST(first.saml->version == "2.0");
    BOOST_TEST(first.saml->issue_instant == baseline_now);
}

BOOST_AUTO_TEST_CASE(core_res_06_answers_with_exactly_a_logout_response, *spec("SAML Core 3.7.2 l.2570-2571")) {
    Baseline provider;
    const auto reply = provider.post(soap({}));
    expect_ok(reply);
    const auto message = read_xml(reply.body).only(soap_ns, "Body").children.at(0);
    for (const auto& [name, value] : message.attributes) {
        const bool known = name == "ID" || name == "Version" || name == "IssueInstant" || name == "InResponseTo";
        BOOST_TEST(known, "attribute " << name);
    }
}

BOOST_AUTO_TEST_CASE(core_res_07_leaves_destination_out, *spec("SAML Core 3.2.2 l.1554")) {
    Baseline provider;
    const auto reply = provider.post(soap({}));
    expect_ok(reply);
    BOOST_TEST(!reply.saml->destination.has_value());
}

BOOST_AUTO_TEST_CASE(core_st_01_uses_the_four_top_level_codes_only, *spec("SAML Core 3.2.2.2 l.1627-1644")) {
    for (const auto& body : refused_requests()) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_REQUIRE(reply.saml.has_value());
        const auto& top = reply.saml->status[0];
        BOOST_TEST((top == "Requester" || top == "VersionMismatch"), "answered " << reply.summary());
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(core_st_02_leaves_second_level_codes_out_where_the_policy_says_so,
                     *spec("SAML Core 3.2.2.2 l.1630; erratum E65")) {
    ServiceProviderOptions options;
    options.policy.second_level_codes = sp::SecondLevelCodes::omitted;
    for (const auto& body : refused_requests()) {
        Baseline provider(options);
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_REQUIRE(reply.saml.has_value());
        BOOST_TEST(reply.saml->status.size() == 1U, "answered " << reply.summary());
    }
}

BOOST_AUTO_TEST_CASE(core_st_04_never_says_partial_logout, *spec("SAML Core 3.2.2.2 l.1666-1668")) {
    Baseline provider;
    provider.applications[0]->answer("S1", sp::Ended::failed);
    const auto reply = provider.post(soap({.session_indexes = {}}));
    expect_status(reply, "Responder", {"", "RequestDenied"});
    BOOST_TEST(reply.body.find("PartialLogout") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(core_st_05_says_request_denied_to_the_unsigned, *spec("SAML Core 3.2.2.2 l.1672-1675")) {
    Baseline provider;
    expect_status(provider.post(unsigned_soap({})), "Requester", {"RequestDenied"});
}

BOOST_AUTO_TEST_CASE(core_st_08_tells_no_secret_in_a_status_message, *spec("SAML Core 3.2.2.3")) {
    auto bodies = refused_requests();
    bodies.push_back(soap({.identifier = transient_name_id("very-secret-name")}, "keys/stranger.key.pem"));
    bodies.push_back(soap({.identifier = transient_name_id("very-secret-name"), .tail = "<samlp:SessionIndex/>"}));
    for (const auto& body : bodies) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_REQUIRE(reply.saml.has_value());
        for (const auto* secret : {"very-secret", "N1", "i1", "/", "BEGIN", "0x"}) {
            BOOST_TEST(reply.saml->status_message.find(secret) == std::string::npos, reply.saml->status_message);
        }
    }
}

BOOST_AUTO_TEST_CASE(core_ver_01_rejects_another_major_version, *spec("SAML Core 4.1.3.1 l.2802-2803")) {
    for (const auto* version : {"1.1", "3.0", "20.0"}) {
        Baseline provider;
        expect_status(provider.post(soap({.version = version})), "VersionMismatch",
                      {"RequestVersionTooLow", "RequestVersionTooHigh"});
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(core_ver_02_takes_a_higher_minor_version_like_2_0, *spec("SAML Core 4.1.3.1 l.2804-2809")) {
    expect_accepted({.version = "2.1"});
}

BOOST_AUTO_TEST_CASE(core_ver_03_answers_in_no_higher_version_than_the_requests,
                     *spec("SAML Core 4.1.3.2 l.2812-2813")) {
    Baseline provider;
    const auto reply = provider.post(soap({.version = "1.1"}));
    expect_status(reply, "VersionMismatch", {"RequestVersionTooLow"});
    BOOST_TEST(reply.saml->version == "1.1");
}

BOOST_AUTO_TEST_CASE(core_ver_04_answers_2_0_to_a_version_too_high, *spec("SAML Core 4.1.3.2 l.2814-2816")) {
    Baseline provider;
    const auto reply = provider.post(soap({.version = "3.0"}));
    expect_status(reply, "VersionMismatch", {"RequestVersionTooHigh"});
    BOOST_TEST(reply.saml->version == "2.0");
    const auto minor = provider.post(soap({.version = "2.7"}));
    expect_ok(minor);
    BOOST_TEST(minor.saml->version == "2.0");
}

BOOST_AUTO_TEST_CASE(core_ver_05_names_the_direction_of_a_mismatch, *spec("SAML Core 4.1.3.2 l.2817-2823")) {
    Baseline provider;
    expect_status(provider.post(soap({.version = "1.1"})), "VersionMismatch", {"RequestVersionTooLow"});
    expect_status(provider.post(soap({.version = "3.0"})), "VersionMismatch", {"RequestVersionTooHigh"});
}

BOOST_AUTO_TEST_CASE(core_ver_06_answers_2_0_to_a_malformed_version, *spec("SAML Core 4.1.3.2 l.2812")) {
    for (const auto* version : {"2", "two", " 2.0", ""}) {
        Baseline provider;
        const auto reply = provider.post(soap({.version = version}));
        expect_requester(reply);
        BOOST_TEST(reply.saml->version == "2.0");
    }
}

BOOST_AUTO_TEST_CASE(core_ver_07_looks_at_the_version_before_the_schema, *spec("SAML Core 4.1.3.1 l.2802")) {
    Baseline provider;
    expect_status(provider.post(soap({.version = "3.0", .tail = "<samlp:NewInVersion3/>"})), "VersionMismatch",
                  {"RequestVersionTooHigh"});
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_SUITE_END()
