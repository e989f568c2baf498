// SAML Core 2.2.4 and 6: EncryptedID (section 5 of the requirements). Every ciphertext is xmlsec1's.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;

namespace {

void expect_opened(const std::string& identifier, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(soap({.identifier = identifier})), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

void expect_unknown(const std::string& identifier, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_status(provider.post(soap({.identifier = identifier})), "Requester", {"UnknownPrincipal"}, "_r1", from);
    expect_unchanged(provider, from);
}

std::string encrypted_id(const std::string& content) {
    return "<saml:EncryptedID>" + content + "</saml:EncryptedID>";
}

/// Cuts the EncryptedKey out of EncryptedData/KeyInfo: the data without it, and the key with its namespace declared.
struct Apart {
    std::string data;
    std::string key;
};
Apart taken_apart(std::string data) {
    const std::string open = "<xenc:EncryptedKey";
    const std::string close = "</xenc:EncryptedKey>";
    const auto begin = data.find(open);
    const auto end = data.find(close) + close.size();
    auto key = data.substr(begin, end - begin);
    key.insert(open.size(), R"( xmlns:xenc="http://www.w3.org/2001/04/xmlenc#")");
    data.erase(begin, end - begin);
    return {replaced(data, R"(<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:KeyInfo>)", ""), key};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_core_encryption)

BOOST_AUTO_TEST_CASE(core_enc_01_takes_a_name_id_only, *spec("SAML Core 2.2.4 l.496-501, 6.1")) {
    expect_opened(replaced(EncryptedText{}.xml(), R"( Type="http://www.w3.org/2001/04/xmlenc#Element")", ""));
    const std::string of_saml = R"( xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")";
    for (const auto& plaintext : {"<saml:Issuer" + of_saml + ">N1</saml:Issuer>", "<saml:EncryptedID" + of_saml + "/>",
                                  std::string("<NameID>N1</NameID>")}) {
        expect_unknown(EncryptedText{.plaintext = plaintext}.xml());
    }
}

BOOST_AUTO_TEST_CASE(core_enc_01_refuses_the_type_content, *spec("SAML Core 2.2.4 l.496-501")) {
    Baseline provider;
    const auto of_content = replaced(EncryptedText{}.xml(), "xmlenc#Element", "xmlenc#Content");
    expect_status(provider.post(soap({.identifier = of_content})), "Requester", {"", "UnknownPrincipal"});
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_enc_02_finds_the_encrypted_key_inside_and_beside_the_data,
                     *spec("SAML Core 2.2.4 l.502-505; erratum E43")) {
    expect_opened(EncryptedText{}.xml());
    const auto apart = taken_apart(EncryptedText{}.encrypted_data());
    expect_opened(encrypted_id(apart.data + apart.key));
}

BOOST_AUTO_TEST_CASE(core_enc_02_picks_its_own_key_among_several, *spec("SAML Core 2.2.4 l.502-505; erratum E43")) {
    const auto ours = taken_apart(EncryptedText{}.encrypted_data());
    const auto others = taken_apart(EncryptedText{.certificate = "keys/stranger.crt.pem",
                                                  .recipient = R"( Recipient="https://other-sp.example.com")"}
                                        .encrypted_data());
    expect_opened(encrypted_id(ours.data + others.key + ours.key));
    expect_opened(encrypted_id(ours.data + ours.key + others.key));
    expect_opened(EncryptedText{.recipient = " Recipient=\"" + std::string(our_entity_id) + "\""}.xml());
    expect_unknown(encrypted_id(ours.data + others.key));
}

BOOST_AUTO_TEST_CASE(core_enc_04_decrypts_nothing_under_a_broken_signature, *spec("SAML Core 6.2 l.3119-3124")) {
    Baseline provider;
    expect_requester(provider.post(soap({.identifier = EncryptedText{}.xml()}, "keys/stranger.key.pem")));
    expect_rule(provider, "sig.invalid");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_enc_05_opens_cbc_only_where_the_idp_needs_it_and_signed, *spec("Erratum E93")) {
    const auto cbc = EncryptedText{.content_algorithm = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"}.xml();
    expect_unknown(cbc);
    ServiceProviderOptions options;
    idp_adapter::InteropProfile with_cbc;
    with_cbc.algorithms.cbc = saml::AlgorithmPolicy::Cbc::accepted_once_authenticated;
    options.idps = {idp1(with_cbc), idp2()};
    Baseline accepting(options);
    expect_ok(accepting.post(soap({.identifier = cbc})));
    expect_sessions(accepting, "S2 S3 S4", "S1");
    Baseline without_signature(options);
    expect_status(without_signature.post(unsigned_soap({.identifier = cbc})), "Requester", {"RequestDenied"});
    expect_rule(without_signature, "sig.missing");
    expect_unchanged(without_signature);
}

BOOST_AUTO_TEST_CASE(core_enc_05_answers_all_failures_alike, *spec("Erratum E93")) {
    const auto good = EncryptedText{}.encrypted_data();
    const auto apart = taken_apart(good);
    auto broken_data = good;
    const auto at_end = broken_data.rfind("</xenc:CipherValue>") - 8;
    broken_data[at_end] = broken_data[at_end] == 'A' ? 'B' : 'A';
    std::set<std::string> answers;
    for (const auto& content :
         {broken_data, apart.data, EncryptedText{.certificate = "keys/stranger.crt.pem"}.encrypted_data()}) {
        Baseline provider;
        const auto reply = provider.post(soap({.identifier = encrypted_id(content)}));
        expect_status(reply, "Requester", {"UnknownPrincipal"});
        answers.insert(reply.summary() + reply.saml->status_message);
        expect_unchanged(provider);
    }
    BOOST_TEST(answers.size() == 1U);
}

BOOST_AUTO_TEST_CASE(core_enc_06_takes_no_encrypted_assertion_for_a_name, *spec("SAML Core 2.2.4 l.510-512")) {
    Baseline provider;
    const std::string assertion = R"(<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" )"
                                  R"(Version="2.0" IssueInstant="2030-01-15T10:00:00Z"/>)";
    expect_status(provider.post(soap({.identifier = EncryptedText{.plaintext = assertion}.xml()})), "Requester",
                  {"RequestUnsupported", "UnknownPrincipal"});
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(core_enc_07_tries_the_old_key_and_the_new_one, *spec("Kantara IIP-SP16; SAML Conformance 3.4")) {
    expect_opened(EncryptedText{.certificate = "sp/sp.crt.pem"}.xml());
    expect_opened(EncryptedText{.certificate = "keys/sp-old.crt.pem"}.xml());
    expect_unknown(EncryptedText{.certificate = "keys/stranger.crt.pem"}.xml());
}

BOOST_AUTO_TEST_CASE(core_enc_07_opens_every_allowed_algorithm, *spec("XML Encryption 1.1 sections 5.2.4, 5.5.2")) {
    expect_opened(
        EncryptedText{.content_algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm", .session_key = "aes-256"}
            .xml());
    expect_opened(EncryptedText{
        .key_transport = R"(<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">)"
                         R"(<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" )"
                         R"(Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod>)"}
                      .xml());
    expect_unknown(EncryptedText{.key_transport =
                                     R"(<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-1_5"/>)"}
                       .xml());
}

BOOST_AUTO_TEST_CASE(core_enc_08_matches_the_plain_form_of_login, *spec("SAML Core 3.3.4 l.1949-1953")) {
    expect_opened(EncryptedText{}.xml());
    Baseline provider;
    const auto other = replaced(EncryptedText{}.plaintext, ">N1<", ">N2<");
    expect_ok(provider.post(soap({.identifier = EncryptedText{.plaintext = other}.xml()})));
    expect_sessions(provider, "S1 S2 S4", "S3");
}

BOOST_AUTO_TEST_CASE(core_enc_10_holds_the_plaintext_to_the_rules_of_plain_ones,
                     *spec("SAML Core 1.3.1 l.277, 2.2.2")) {
    const auto plaintext = EncryptedText{}.plaintext;
    for (const auto& bad :
         {replaced(plaintext, ">N1<", "><"), replaced(plaintext, ">N1<", ">  <"),
          replaced(plaintext, ">N1<", "><saml:b/>N1<"), replaced(plaintext, "Format=", "Unknown=\"x\" Format=")}) {
        Baseline provider;
        expect_status(provider.post(soap({.identifier = EncryptedText{.plaintext = bad}.xml()})), "Requester",
                      {"", "UnknownPrincipal"});
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_SUITE_END()
