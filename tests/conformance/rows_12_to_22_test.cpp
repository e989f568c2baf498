// Rows 12 to 22: its sender, whether it is genuine, and whether it is for us, now.
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

/// The signed request is answered Requester, and nothing happens.
void expect_refused(const LogoutRequestText& request, std::optional<std::string> in_response_to = "_r1",
                    std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_requester(provider.post(soap(request)), std::move(in_response_to), from);
    expect_unchanged(provider, from);
}

void expect_bad_signature(const std::string& body, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_requester(provider.post(body), "_r1", from);
    expect_unchanged(provider, from);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_section_1)

BOOST_AUTO_TEST_CASE(row_12_answers_requester_to_a_schema_violation, *spec("SAML Core 3.2.1 l.1513-1515; 3.7.1")) {
    const auto n1 = transient_name_id("N1");
    expect_refused({.identifier = ""});
    expect_refused({.identifier = n1 + n1});
    expect_refused({.identifier = "<samlp:SessionIndex>i1</samlp:SessionIndex>" + n1, .session_indexes = {}});
    expect_refused({.extensions = "<samlp:Extensions/>"});
    expect_refused({.tail = R"(<samlp:Extensions><x:y xmlns:x="urn:x"/></samlp:Extensions>)"});
    expect_refused({.more_attributes = R"( unknown="1")"});
    expect_refused({.more_attributes = R"( xmlns:x="urn:x" x:unknown="1")"});
    expect_refused({.tail = "<samlp:Unknown/>"});
    expect_refused({.identifier = "<saml:NameID>N<saml:b/>1</saml:NameID>"});
    expect_refused({.identifier = "text" + n1});
    expect_refused({.issue_instant = std::nullopt});
    expect_refused({.issue_instant = "yesterday"});
    expect_refused({.not_on_or_after = "soon"});
    expect_refused({.version = std::nullopt});
}

BOOST_AUTO_TEST_CASE(row_12_leaves_in_response_to_out_where_the_id_is_none, *spec("SAML Core 3.2.2 l.1543-1547")) {
    for (const auto& id :
         {std::optional<std::string>(), std::optional<std::string>("1abc"), std::optional<std::string>("a b"),
          std::optional<std::string>(""), std::optional<std::string>("&lt;x&gt;"),
          std::optional<std::string>(std::string(1025, 'a'))}) {
        Baseline provider;
        expect_requester(provider.post(unsigned_soap({.id = id})), std::nullopt);
        expect_rule(provider, "saml.id");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_13_answers_requester_to_an_issuer_that_is_none, *spec("SAML Profiles 4.4.4.1 l.1294-1296")) {
    expect_refused({.issuer = ""});
    expect_refused({.issuer = "<saml:Issuer/>"});
    expect_refused({.issuer = "<saml:Issuer>  </saml:Issuer>"});
    expect_refused({.issuer = R"(<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">)"
                              "https://idp1.example.org/metadata</saml:Issuer>"});
}

BOOST_AUTO_TEST_CASE(row_14_answers_403_to_an_unknown_issuer, *spec("SAML Bindings 3.2.3.3 l.370-371")) {
    for (const auto* issuer : {"https://stranger.example.net/metadata", "https://idp1.example.org/metadata/",
                               "https://IDP1.example.org/metadata", "https://sp.example.com/saml/metadata"}) {
        Baseline provider;
        const auto reply = provider.post(soap({.issuer = issuer_of(issuer)}, "keys/stranger.key.pem"));
        expect_http(reply, 403);
        BOOST_TEST(reply.body.empty());
        expect_rule(provider, "check.issuer_unknown");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_15_answers_request_denied_to_an_unsigned_request,
                     *spec("SAML Core 3.7.3.1 l.2590; Profiles l.1256, l.1297")) {
    Baseline provider;
    expect_status(provider.post(unsigned_soap({})), "Requester", {"RequestDenied"});
    expect_rule(provider, "sig.missing");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(row_16_answers_requester_to_a_signature_that_does_not_hold, *spec("SAML Core 3.2.1 l.1505-1508")) {
    const auto b0 = soap({});
    expect_bad_signature(replaced(b0, ">N1<", ">N2<"));
    expect_bad_signature(replaced(b0, ">i1<", ">i2<"));
    expect_bad_signature(soap({}, "keys/stranger.key.pem"));
    expect_bad_signature(soap({}, "keys/idp2.key.pem"));
    expect_bad_signature(soap({}, "keys/idp1-encryption.key.pem"));
    const auto value = b0.find("<ds:SignatureValue>") + 19;
    expect_bad_signature(std::string(b0).replace(value, 1, b0[value] == 'A' ? "B" : "A"));
    const auto digest = b0.find("<ds:DigestValue>") + 16;
    expect_bad_signature(std::string(b0).replace(digest, 1, b0[digest] == 'A' ? "B" : "A"));
}

BOOST_AUTO_TEST_CASE(row_16_answers_requester_to_an_algorithm_outside_the_policy,
                     *spec("Erratum E81; Kantara IIP-ALG08")) {
    expect_refused({.signature = {.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"}});
    expect_refused({.signature = {.digest = "http://www.w3.org/2000/09/xmldsig#sha1"}});
    expect_refused({.signature = {.algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"}});
}

BOOST_AUTO_TEST_CASE(row_17_answers_requester_to_a_destination_that_is_not_ours, *spec("SAML Core 3.2.1 l.1480-1482")) {
    for (const auto* url : {"https://other.example.com/saml/slo/soap", "https://sp.example.com/saml/slo/redirect",
                            "http://sp.example.com/saml/slo/soap", "https://sp.example.com/saml/slo/soap/",
                            "https://sp.example.com/saml/slo/soap?x=1", "https://sp.example.com/saml/slo/SOAP",
                            "https://user@sp.example.com/saml/slo/soap", "https://sp.example.com/saml/slo/so%61p"}) {
        BOOST_TEST_CONTEXT(url) {
            Baseline provider;
            expect_requester(provider.post(soap({.destination = url})));
            expect_rule(provider, "check.destination");
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_CASE(row_17_answers_requester_to_a_signed_request_without_destination,
                     *spec("SAML Core 3.2.1 l.1477-1482")) {
    for (const auto& absent : {std::optional<std::string>(), std::optional<std::string>("")}) {
        Baseline provider;
        expect_requester(provider.post(soap({.destination = absent})));
        expect_rule(provider, "check.destination_missing");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_18_answers_requester_to_an_issue_instant_in_the_future, *spec("Erratum E92; Security 6.1.2")) {
    expect_refused({.issue_instant = "2030-01-15T10:03:01Z", .not_on_or_after = "2030-01-15T10:08:00Z"});
    Baseline provider;
    expect_ok(
        provider.post(soap({.issue_instant = "2030-01-15T10:02:59Z", .not_on_or_after = "2030-01-15T10:08:00Z"})));
}

BOOST_AUTO_TEST_CASE(row_18_answers_requester_to_an_old_request_without_not_on_or_after, *spec("Security 6.1.2")) {
    const LogoutRequestText request{.not_on_or_after = std::nullopt};
    Baseline too_late;
    too_late.clock.advance(300s + 180s + 1s);
    expect_requester(too_late.post(soap(request)));
    expect_rule(too_late, "check.issue_instant");
    expect_unchanged(too_late);
    Baseline in_time;
    in_time.clock.advance(300s + 180s - 1s);
    expect_ok(in_time.post(soap(request)));
}

BOOST_AUTO_TEST_CASE(row_18_lets_not_on_or_after_alone_limit_the_age_where_it_is_given,
                     *spec("SAML Core 3.7.1 l.2536-2538")) {
    Baseline provider;
    expect_ok(
        provider.post(soap({.issue_instant = "2030-01-15T09:30:00Z", .not_on_or_after = "2030-01-15T10:30:00Z"})));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(row_19_answers_requester_once_not_on_or_after_is_reached,
                     *spec("SAML Core 3.7.1 l.2536-2538; erratum E92")) {
    Baseline reached;
    reached.clock.set(at("2030-01-15T10:05:00Z") + 180s);
    expect_requester(reached.post(soap({})));
    expect_rule(reached, "check.not_on_or_after");
    expect_unchanged(reached);
    Baseline not_yet;
    not_yet.clock.set(at("2030-01-15T10:05:00Z") + 180s - 1ms);
    expect_ok(not_yet.post(soap({})));
    expect_sessions(not_yet, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(row_20_repeats_the_first_answer_and_ends_no_newer_session, *spec("Security 6.1.2")) {
    Baseline provider;
    const auto b0 = soap({});
    expect_ok(provider.post(b0));
    auto newer = session("S5", idp1_entity_id, transient("N1"), {"i1"});
    newer.authn_instant = at(baseline_now) + 1s;
    BOOST_TEST((provider.admit(newer) == sp::Admission::admitted));
    expect_ok(provider.post(b0));
    BOOST_TEST(provider.audit.last().event == "repeat");
    expect_sessions(provider, "S2 S3 S4 S5", "S1");
}

BOOST_AUTO_TEST_CASE(row_20_repeats_a_failure_too, *spec("Security 6.1.2")) {
    Baseline provider;
    const auto b0 = soap({});
    provider.applications[0]->answer_all(sp::Ended::failed);
    const auto first = provider.post(b0);
    expect_status(first, "Responder", {"", "PartialLogout", "RequestDenied"});
    expect_status(provider.post(b0), "Responder", {"", "RequestDenied"});
}

BOOST_AUTO_TEST_CASE(row_20_says_no_success_while_the_first_is_still_at_work, *spec("Security 6.1.2")) {
    Baseline provider;
    const auto b0 = soap({});
    provider.applications[0]->hold_back();
    const auto first = provider.post_without_waiting(b0);
    expect_status(first, "Responder", {"", "RequestDenied"});
    expect_status(provider.post_without_waiting(b0), "Responder", {"", "RequestDenied"});
}

BOOST_AUTO_TEST_CASE(row_20_takes_the_same_id_from_another_issuer_for_another_request, *spec("SAML Core 1.3.4")) {
    Baseline provider;
    expect_ok(provider.post(soap({})));
    expect_ok(provider.post(soap({.issuer = issuer_of(idp2_entity_id)}, "keys/idp2.key.pem")));
    expect_sessions(provider, "S2 S3", "S1 S4");
}

BOOST_AUTO_TEST_CASE(row_21_answers_unknown_principal_to_an_id_that_cannot_be_decrypted,
                     *spec("SAML Core 3.2.2.2 l.1693; Profiles l.1258")) {
    const std::string issuer_inside =
        R"(<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">N1</saml:Issuer>)";
    const EncryptedText for_another{.certificate = "keys/stranger.crt.pem"};
    const EncryptedText in_cbc{.content_algorithm = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"};
    const EncryptedText of_another_type{.plaintext = issuer_inside};
    for (const auto& encrypted : {for_another, in_cbc, of_another_type}) {
        Baseline provider;
        expect_status(provider.post(soap({.identifier = encrypted.xml()})), "Requester", {"UnknownPrincipal"});
        expect_rule(provider, "id.decryption");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_22_answers_request_unsupported_to_a_base_id, *spec("SAML Core 2.2.1 l.421; 3.2.2.2 l.1676")) {
    Baseline provider;
    const std::string base_id = R"(<saml:BaseID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
                                R"( xmlns:x="urn:x" xsi:type="x:PassportNumber"/>)";
    expect_status(provider.post(soap({.identifier = base_id})), "Requester", {"RequestUnsupported"});
    expect_rule(provider, "id.base_id");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_SUITE_END()
