// SAML Core 5: signatures (section 5 of the requirements). Every signature is xmlsec1's.
#include <boost/test/unit_test.hpp>

#include <string>

#include "expectations.hpp"
#include "fixtures.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"
#include "xmlsec1.hpp"

using namespace slo;
using namespace slo::test;

namespace {

constexpr std::string_view idp1_key = "keys/idp1-first.key.pem";

/// Whatever the answer: a refusal by one of `rules` (joined by '|'), and nothing happens.
void expect_no_effect(const std::string& body, const std::string& rules,
                      std::source_location from = std::source_location::current()) {
    Baseline provider;
    const auto reply = provider.post(body);
    BOOST_TEST_CONTEXT("from line " << from.line() << ", answer " << reply.summary()) {
        expect_sound(reply);
        BOOST_TEST((reply.fault || (reply.saml && reply.saml->status[0] == "Requester")));
        const auto rule = provider.audit.last().rule;
        BOOST_TEST((("|" + rules + "|").find("|" + rule + "|") != std::string::npos), rule << " isn't " << rules);
        expect_unchanged(provider, from);
    }
}

void expect_accepted(const std::string& body, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(body), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

std::string transform(std::string_view algorithm, std::string_view content = {}) {
    return "<ds:Transform Algorithm=\"" + std::string(algorithm) + "\">" + std::string(content) + "</ds:Transform>";
}

/// The second transform of B0 as xmlsec1 wrote it.
const std::string exclusive_c14n_transform = R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)";

/// The ds:Signature of a signed request, and the request without it.
struct Split {
    std::string signature;
    std::string rest;
};
Split split(const std::string& signed_xml) {
    const auto begin = signed_xml.find("<ds:Signature ");
    const std::string close = "</ds:Signature>";
    const auto end = signed_xml.find(close) + close.size();
    return {signed_xml.substr(begin, end - begin), std::string(signed_xml).erase(begin, end - begin)};
}

/// An unsigned request of the attacker for everything of N1, with `signature` and `extensions`.
std::string evil(const std::string& signature, const std::string& extensions = {}) {
    LogoutRequestText request{.id = "_evil", .session_indexes = {"i2"}};
    request.issuer += signature;
    request.extensions = extensions.empty() ? "" : "<samlp:Extensions>" + extensions + "</samlp:Extensions>";
    return request.unsigned_xml();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_core_signature)

BOOST_AUTO_TEST_CASE(core_sig_01_refuses_detached_and_enveloping_signatures, *spec("SAML Core 5.4.1 l.2925")) {
    const auto signed_request = LogoutRequestText{}.signed_xml();
    const auto [signature, rest] = split(signed_request);
    expect_no_effect(envelope(rest, "<soap:Header>" + signature + "</soap:Header>"),
                     "sig.count|sig.missing|sig.position");
    const auto enveloping =
        replaced(signature, "</ds:Signature>", "<ds:Object>" + rest + "</ds:Object></ds:Signature>");
    expect_no_effect(envelope(enveloping), "saml.not_a_request");
    expect_no_effect(envelope(rest + signature), "soap.body_count");
}

BOOST_AUTO_TEST_CASE(core_sig_02_demands_one_reference_to_the_message, *spec("SAML Core 5.4.2 l.2929-2935")) {
    expect_no_effect(soap({.signature = {.reference_uri = ""}}), "sig.reference");
    const auto b0 = soap({});
    expect_no_effect(replaced(b0, "URI=\"#_r1\"", "URI=\"#_r2\""), "sig.reference");
    expect_no_effect(replaced(b0, "URI=\"#_r1\"", "URI=\"#xpointer(id('_r1'))\""), "sig.reference");
    expect_no_effect(replaced(b0, "URI=\"#_r1\"", "URI=\"#xpointer(/)\""), "sig.reference");
    expect_no_effect(replaced(b0, "URI=\"#_r1\"", "URI=\"http://127.0.0.1:1/x\""), "sig.reference");
    expect_no_effect(replaced(b0, " URI=\"#_r1\"", ""), "sig.reference|sig.structure");
}

BOOST_AUTO_TEST_CASE(core_sig_02_refuses_a_second_reference, *spec("SAML Core 5.4.2 l.2929-2935")) {
    const std::string second =
        R"(<ds:Reference URI="#_r1"><ds:Transforms>)" + transform(enveloped_signature) + transform(exclusive_c14n) +
        R"(</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>)"
        "<ds:DigestValue></ds:DigestValue></ds:Reference>";
    expect_no_effect(soap({.signature = {.more_references = second}}), "sig.reference_count");
}

BOOST_AUTO_TEST_CASE(core_sig_03_takes_the_signed_message_for_the_request_and_no_copy_of_it,
                     *spec("SAML Core 5.4.2 l.2930-2932")) {
    const auto original = LogoutRequestText{}.signed_xml();
    const auto [signature, rest] = split(original);
    const std::string in_object =
        replaced(signature, "</ds:Signature>", "<ds:Object>" + rest + "</ds:Object></ds:Signature>");
    const std::string wrapper = R"(<x:w xmlns:x="urn:x">)";
    // The original in a Header, in Extensions, beside the request, in ds:Object, in a wrapper; the signature left or
    // moved.
    expect_no_effect(envelope(evil(""), "<soap:Header>" + original + "</soap:Header>"),
                     "sig.count|sig.missing|sig.position");
    expect_no_effect(envelope(evil(signature), "<soap:Header>" + rest + "</soap:Header>"), "sig.reference");
    expect_no_effect(envelope(evil("", wrapper + original + "</x:w>")), "sig.missing|sig.position|sig.count");
    expect_no_effect(envelope(evil(signature, wrapper + rest + "</x:w>")), "sig.reference");
    expect_no_effect(envelope(evil(in_object)), "sig.object|sig.reference");
    expect_no_effect(envelope(evil("") + original), "soap.body_count");
    expect_no_effect(envelope(original + evil("")), "soap.body_count");
    expect_no_effect(envelope(wrapper + original + "</x:w>"), "saml.not_a_request");
    expect_no_effect(envelope(replaced(evil(""), "</samlp:LogoutRequest>", original + "</samlp:LogoutRequest>")),
                     "sig.missing|sig.position|sig.count");
}

BOOST_AUTO_TEST_CASE(core_sig_03_refuses_a_second_signature_in_the_document, *spec("SAML Core 5.4.1, 5.4.2")) {
    const auto original = LogoutRequestText{}.signed_xml();
    const auto [signature, rest] = split(original);
    expect_no_effect(envelope(original, "<soap:Header>" + signature + "</soap:Header>"), "sig.count");
}

BOOST_AUTO_TEST_CASE(core_sig_03_refuses_a_copy_under_the_same_id, *spec("SAML Core 5.4.2 l.2930-2932")) {
    const auto original = LogoutRequestText{}.signed_xml();
    const auto [signature, rest] = split(original);
    auto twin = replaced(evil(signature, R"(<x:w xmlns:x="urn:x">)" + rest + "</x:w>"), "_evil", "_r1");
    expect_no_effect(envelope(twin), "xml.duplicate_id");
}

BOOST_AUTO_TEST_CASE(core_sig_03_demands_the_signature_right_after_issuer, *spec("SAML Core 3.2.1 (schema), 5.4.1")) {
    const LogoutRequestText unsigned_request;
    const auto at_the_end = replaced(unsigned_request.unsigned_xml(), "</samlp:LogoutRequest>",
                                     SignatureText{}.xml("_r1") + "</samlp:LogoutRequest>");
    expect_no_effect(envelope(sign_xml(at_the_end, idp1_key)), "sig.position");
    const auto before_issuer =
        replaced(unsigned_request.unsigned_xml(), "<saml:Issuer>", SignatureText{}.xml("_r1") + "<saml:Issuer>");
    expect_no_effect(envelope(sign_xml(before_issuer, idp1_key)), "sig.position|saml.issuer");
}

BOOST_AUTO_TEST_CASE(core_sig_04_verifies_whatever_the_envelope_declares,
                     *spec("SAML Core 5.4.3 l.2937-2939; erratum E83")) {
    const auto b0 = soap({});
    expect_accepted(
        replaced(b0, "<soap:Envelope", R"(<soap:Envelope xmlns:a="urn:a" xmlns="urn:default" xmlns:b="urn:b")"));
    expect_accepted(replaced(b0, "<soap:Body>", R"(<soap:Body xml:lang="en" xmlns:c="urn:c">)"));
}

BOOST_AUTO_TEST_CASE(core_sig_04_refuses_other_canonicalizations,
                     *spec("SAML Core 5.4.3, narrowed to exclusive C14N")) {
    const auto* inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    expect_no_effect(soap({.signature = {.canonicalization = inclusive}}), "sig.c14n");
    expect_no_effect(soap({.signature = {.transforms = transform(enveloped_signature) + transform(inclusive)}}),
                     "sig.transform");
}

BOOST_AUTO_TEST_CASE(core_sig_05_refuses_other_transforms, *spec("SAML Core 5.4.4 l.2942-2950")) {
    const auto both = transform(enveloped_signature) + transform(exclusive_c14n);
    const auto xpath = transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>self::node()</ds:XPath>");
    expect_no_effect(
        soap({.signature = {.transforms = transform(enveloped_signature) + xpath + transform(exclusive_c14n)}}),
        "sig.transform");
    expect_no_effect(soap({.signature = {.transforms = both + transform(exclusive_c14n)}}), "sig.transform");
    expect_no_effect(
        replaced(soap({}), exclusive_c14n_transform, transform("http://www.w3.org/2000/09/xmldsig#base64")),
        "sig.transform");
    const auto xslt = transform("http://www.w3.org/TR/1999/REC-xslt-19991116",
                                R"(<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>)");
    expect_no_effect(replaced(soap({}), exclusive_c14n_transform, xslt), "sig.transform");
}

BOOST_AUTO_TEST_CASE(core_sig_05_takes_an_inclusive_prefix_list, *spec("SAML Core 5.4.4; Exclusive C14N section 2.1")) {
    const auto prefixes =
        R"(<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="saml samlp"/>)";
    expect_accepted(
        soap({.signature = {.transforms = transform(enveloped_signature) + transform(exclusive_c14n, prefixes)}}));
}

BOOST_AUTO_TEST_CASE(core_sig_06_takes_no_key_from_the_message, *spec("SAML Core 5.4.5 l.2952-2954")) {
    const auto key_info = [](const std::string& certificate) {
        return "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" + certificate_base64(certificate) +
               "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>";
    };
    expect_accepted(soap({.signature = {.key_info = key_info("keys/idp1-first.crt.pem")}}));
    expect_accepted(soap({.signature = {.key_info = key_info("keys/stranger.crt.pem")}}));
    expect_no_effect(soap({.signature = {.key_info = key_info("keys/stranger.crt.pem")}}, "keys/stranger.key.pem"),
                     "sig.invalid");
}

BOOST_AUTO_TEST_CASE(core_sig_07_lets_the_allow_list_decide, *spec("Erratum E81")) {
    const std::string more = "http://www.w3.org/2001/04/xmldsig-more#";
    expect_accepted(soap({.signature = {.algorithm = more + "rsa-sha384", .digest = more + "sha384"}}));
    expect_accepted(
        soap({.signature = {.algorithm = more + "rsa-sha512", .digest = "http://www.w3.org/2001/04/xmlenc#sha512"}}));
    Baseline ecdsa;
    const LogoutRequestText of_idp2{.issuer = issuer_of(idp2_entity_id),
                                    .signature = {.algorithm = more + "ecdsa-sha256"}};
    expect_ok(ecdsa.post(soap(of_idp2, "keys/idp2-p256.key.pem")));
    expect_sessions(ecdsa, "S1 S2 S3", "S4");
    const auto b0 = soap({});
    expect_no_effect(replaced(b0, more + "rsa-sha256", more + "rsa-md5"), "sig.algorithm");
    expect_no_effect(replaced(b0, more + "rsa-sha256", more + "hmac-sha256"), "sig.algorithm");
    expect_no_effect(replaced(b0, more + "rsa-sha256", "http://www.w3.org/2000/09/xmldsig#dsa-sha1"), "sig.algorithm");
    expect_no_effect(replaced(b0, "xmlenc#sha256", "xmldsig-more#md5"), "sig.digest_algorithm");
}

BOOST_AUTO_TEST_CASE(core_sig_07_takes_sha_1_only_from_the_idp_that_is_excepted,
                     *spec("Erratum E81; Kantara IIP-ALG08")) {
    const LogoutRequestText sha1{.signature = {.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                                               .digest = "http://www.w3.org/2000/09/xmldsig#sha1"}};
    expect_no_effect(soap(sha1), "sig.algorithm");
    ServiceProviderOptions options;
    idp_adapter::InteropProfile with_sha1;
    with_sha1.algorithms.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted;
    options.idps = {idp1(with_sha1), idp2()};
    Baseline excepted(options);
    expect_ok(excepted.post(soap(sha1)));
    expect_sessions(excepted, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(core_sig_08_refuses_ds_object, *spec("Erratum E91")) {
    expect_no_effect(soap({.signature = {.object = "<ds:Object>x</ds:Object>"}}), "sig.object");
}

BOOST_AUTO_TEST_CASE(core_sig_09_takes_an_inner_signature_for_no_authentication, *spec("SAML Core 5.2-5.3")) {
    const std::string assertion =
        R"(<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0" )"
        R"(IssueInstant="2030-01-15T10:00:00Z">)" +
        issuer_of(idp1_entity_id) + SignatureText{}.xml("_a1") + "</saml:Assertion>";
    const auto signed_assertion = sign_xml(assertion, idp1_key);
    expect_no_effect(unsigned_soap({.extensions = R"(<samlp:Extensions><x:w xmlns:x="urn:x">)" + signed_assertion +
                                                  "</x:w></samlp:Extensions>"}),
                     "sig.missing|sig.position|sig.count");
}

BOOST_AUTO_TEST_CASE(core_sig_10_tries_every_signing_key_of_the_idp, *spec("Erratum E68; Kantara IIP-MD07")) {
    for (const auto* key : {"keys/idp1-first.key.pem", "keys/idp1-second.key.pem", "keys/idp1-third.key.pem"}) {
        Baseline provider;
        expect_ok(provider.post(soap({}, key)));
        expect_sessions(provider, "S2 S3 S4", "S1");
    }
}

BOOST_AUTO_TEST_CASE(core_sig_11_reads_no_unsigned_attribute_of_the_envelope,
                     *spec("W3C XML Signature Best Practices, see what is signed")) {
    const auto b0 = soap({});
    expect_no_effect(replaced(b0, "<samlp:LogoutRequest ", R"(<samlp:LogoutRequest Consent="urn:x" )"), "sig.invalid");
    expect_no_effect(
        replaced(b0, "</samlp:LogoutRequest>", "<samlp:SessionIndex>i2</samlp:SessionIndex></samlp:LogoutRequest>"),
        "sig.invalid");
}

BOOST_AUTO_TEST_SUITE_END()
