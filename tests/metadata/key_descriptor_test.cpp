// KeyDescriptors, through parse_entity_descriptor: which give a key, which are skipped, which break the document.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/saml/base64.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using metadata::KeyUse;
using test::check_refused;
using test::IdpMetadataText;
using test::key_descriptor;
using test::signing_key;
using test::x509_data;

// The modulus of keys/idp1-first.crt.pem: openssl x509 -noout -modulus, as base64.
constexpr std::string_view first_modulus =
    "uWtHjQFXJPlQOHPmJcbFn9i05IHYZli2Ab96lnknvky5kI0QHcSTl0Ijt2lhwSjBUK4vWXuB3HKJlLCn95KPXpQlwVCvjPcJY30vxv2FwWC6mczn"
    "LgD7rHY9APL6+fuyTJlL+6A95T+D8X6ZODn1tsc7O9sWQGYKkLA3XDlbmKtO+NVaWE0mSfYklAvORQ8EjCW+Z+Uz67T2b/U3DpXiDy1ObFypiJ4J"
    "06w3ZImajPnQhpjoj2q23d8KKS1ujbijqLXLeU8h4hEYitqJVGW/PDaSf6PPPQ9pJurLw9Qg4h2UxHrSdSn/awy0Y20K8ifscUr8S1j6Nv2Ncr/A"
    "mP4x+w==";

std::string rsa_key_value(std::string_view modulus, std::string_view exponent) {
    return "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>" + std::string(modulus) + "</ds:Modulus><ds:Exponent>" +
           std::string(exponent) + "</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>";
}

std::string x509_text(std::string_view text) {
    return "<ds:X509Data><ds:X509Certificate>" + std::string(text) + "</ds:X509Certificate></ds:X509Data>";
}

std::string with_keys(std::string keys) {
    IdpMetadataText text;
    text.keys = std::move(keys);
    return text.xml();
}

std::string first_base64() {
    return test::certificate_base64("keys/idp1-first.crt.pem");
}

/// A KeyInfo that gives no key is skipped beside a good one, and refused alone; both reports say `why`.
void check_unusable(const std::string& key_info, std::string_view why) {
    const auto bad = key_descriptor(R"(use="signing")", key_info);
    const auto role = test::role_of(with_keys(bad + signing_key("keys/idp1-second.crt.pem")));
    BOOST_TEST_REQUIRE(role.skipped_keys.size() == 1U);
    BOOST_TEST_INFO(role.skipped_keys[0]);
    BOOST_TEST(role.skipped_keys[0].starts_with("KeyDescriptor, line 3: "));
    BOOST_TEST((role.skipped_keys[0].find(why) != std::string::npos));
    BOOST_TEST((role.skipped_keys[0].find(test::canary) == std::string::npos));
    BOOST_TEST_REQUIRE(role.keys.size() == 1U);
    BOOST_TEST(role.keys[0].certificate->base64() == test::certificate_base64("keys/idp1-second.crt.pem"));
    check_refused(with_keys(bad), Errc::no_usable_key, why);
}

BOOST_AUTO_TEST_SUITE(key_descriptors)

BOOST_AUTO_TEST_CASE(a_key_without_use_serves_both_purposes, *boost::unit_test::description("erratum E62")) {
    const auto role = test::role_of(with_keys(key_descriptor("", x509_data("keys/idp1-first.crt.pem"))));
    BOOST_TEST((role.keys.at(0).use == KeyUse::both));
    BOOST_TEST(role.verification_keys().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_for_encryption_never_verifies) {
    const auto encryption = key_descriptor(R"(use="encryption")", x509_data("keys/idp1-encryption.crt.pem"));
    const auto role = test::role_of(with_keys(encryption + signing_key()));
    BOOST_TEST_REQUIRE(role.keys.size() == 2U);
    BOOST_TEST((role.keys[0].use == KeyUse::encryption));
    BOOST_TEST(role.verification_keys().size() == 1U);
    check_refused(with_keys(encryption), Errc::no_usable_key, "IDPSSODescriptor, line 2: no key that may verify");
}

BOOST_AUTO_TEST_CASE(many_keys_keep_their_order) {
    const std::vector<std::string> files{"keys/idp1-third.crt.pem", "keys/idp1-first.crt.pem",
                                         "keys/idp2-p256.crt.pem"};
    std::string keys;
    for (const auto& file : files) keys += signing_key(file);
    const auto role = test::role_of(with_keys(keys));
    BOOST_TEST_REQUIRE(role.keys.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        BOOST_TEST(role.keys[i].certificate->base64() == test::certificate_base64(files[i]));
    }
    BOOST_TEST(role.verification_keys().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_key_name_beside_the_certificate_is_accepted) {
    const auto role = test::role_of(
        with_keys(key_descriptor("", "<ds:KeyName>Qc0</ds:KeyName>\ntext, as KeyInfo is mixed<x:Y xmlns:x='urn:x'/>" +
                                         rsa_key_value(first_modulus, "AQAB") + x509_data("keys/idp1-first.crt.pem"))));
    BOOST_TEST(role.keys.at(0).certificate->base64() == first_base64());
}

BOOST_AUTO_TEST_CASE(a_certificate_broken_into_lines_is_accepted, *boost::unit_test::description("LemonLDAP::NG")) {
    auto lines = first_base64();
    for (std::size_t i = 64; i < lines.size(); i += 65) lines.insert(i, "\n");
    const auto role = test::role_of(with_keys(key_descriptor("", x509_text("\n\t" + lines + " \r\n"))));
    BOOST_TEST(role.keys.at(0).certificate->base64() == first_base64());
}

BOOST_AUTO_TEST_CASE(a_bare_rsa_key_is_accepted, *boost::unit_test::description("metadata interoperability profile")) {
    for (const auto& modulus : {std::string(first_modulus), "\n" + std::string(first_modulus) + "\n"}) {
        const auto role = test::role_of(with_keys(key_descriptor("", rsa_key_value(modulus, "AQAB"))));
        BOOST_TEST(!role.keys.at(0).certificate.has_value());
        BOOST_TEST(role.keys.at(0).key.fits(saml::SignatureAlgorithm::rsa_sha256));
    }
    const auto octets = std::string(1, '\0') + saml::decode_base64(first_modulus, 1024).value();
    BOOST_TEST(test::role_of(with_keys(key_descriptor("", rsa_key_value(saml::encode_base64(octets), "AAEAAQ=="))))
                   .verification_keys()
                   .size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_accepted,
                     *boost::unit_test::description("metadata interoperability profile; Kantara IIP-MD12")) {
    const auto generated = saml::generate_key(saml::KeyKind::ec_p256, "expired",
                                              test::reading_time() - std::chrono::days{9}, std::chrono::days{2});
    const auto certificate = saml::Certificate::parse(generated->certificate_pem).value();
    BOOST_TEST((certificate.not_after() < test::reading_time()));
    BOOST_TEST(test::role_of(with_keys(key_descriptor("", x509_text(certificate.base64())))).keys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(encryption_methods_after_the_key_are_accepted) {
    BOOST_TEST(test::role_of(with_keys("<md:KeyDescriptor><ds:KeyInfo>" + x509_data("keys/idp1-first.crt.pem") +
                                       "</ds:KeyInfo><md:EncryptionMethod Algorithm='urn:x'/>"
                                       "<md:EncryptionMethod Algorithm='urn:y'/></md:KeyDescriptor>"))
                   .keys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_descriptor_without_a_key_is_skipped) {
    check_unusable("<ds:KeyName>canary</ds:KeyName>", "neither X509Certificate nor KeyValue");
    check_unusable("<ds:X509Data><ds:X509SubjectName>canary</ds:X509SubjectName></ds:X509Data>",
                   "neither X509Certificate nor KeyValue");
    check_unusable("", "neither X509Certificate nor KeyValue");
}

BOOST_AUTO_TEST_CASE(a_key_outside_the_policy_is_skipped) {
    check_unusable(x509_data("keys/weak-rsa1024.crt.pem"), "the certificate's key is refused (key.not_allowed)");
    check_unusable(x509_data("keys/ed25519.crt.pem"), "the certificate's key is refused (key.not_allowed)");
    // Each cause has words of its own.
    check_unusable(x509_data("keys/weak-rsa1024.crt.pem"), "(key.not_allowed): RSA of 1024 bits");
    const auto with_text = [](const std::string& text) {
        return "<ds:X509Data><ds:X509Certificate>" + text + "</ds:X509Certificate></ds:X509Data>";
    };
    const std::string good = test::certificate_base64("keys/idp2.crt.pem");
    check_unusable(with_text("\n-----BEGIN CERTIFICATE-----\n" + good + "\n-----END CERTIFICATE-----"),
                   "(key.certificate): the lines of PEM stand inside: keep the base64 between BEGIN and END alone");
    check_unusable(with_text(good + good), "two values run together");
    check_unusable(with_text("CN=idp.example.org"), "(key.certificate): not base64 of at most 8 KiB");
    check_unusable(with_text("no base64!"), "(key.certificate): not base64 of at most 8 KiB");
    check_unusable(rsa_key_value(saml::encode_base64(std::string(128, '\xC1')), "AQAB"),
                   "RSAKeyValue is refused (key.not_allowed)");
    check_unusable(rsa_key_value(first_modulus, "Aw=="), "RSAKeyValue is refused (key.not_allowed)");
}

BOOST_AUTO_TEST_CASE(an_unreadable_certificate_is_skipped) {
    constexpr std::string_view why = "X509Certificate is refused (key.certificate)";
    check_unusable(x509_text(""), why);
    check_unusable(x509_text("canary!"), why);
    check_unusable(x509_text(test::fixture("keys/idp1-first.crt.pem")), why);  // PEM armour inside
    check_unusable(x509_text(first_base64().substr(0, 400)), why);             // cut off
    check_unusable(x509_text(saml::encode_base64(saml::decode_base64(first_base64(), 8192).value() + "x")), why);
    check_unusable(x509_text(saml::encode_base64(std::string(100 * 1024, 'A'))), why);
    check_unusable(x509_text("<x:canary xmlns:x='urn:x'/>"), "X509Certificate is refused (saml.schema)");
}

BOOST_AUTO_TEST_CASE(an_ambiguous_certificate_is_skipped) {
    const auto second = test::certificate_base64("keys/idp1-second.crt.pem");
    check_unusable("<ds:X509Data><ds:X509Certificate>" + first_base64() + "</ds:X509Certificate><ds:X509Certificate>" +
                       second + "</ds:X509Certificate></ds:X509Data>",
                   "several X509Certificates in one X509Data that are no chain");
    check_unusable(x509_text(first_base64()) + x509_text(second), "X509Certificates that differ in one KeyInfo");
    BOOST_TEST(test::role_of(with_keys(key_descriptor("", x509_text(first_base64()) + x509_text(first_base64()))))
                   .keys.size() == 1U);
}

/// One X509Data with these of reports/chain.
std::string chain_of(const std::vector<std::string>& names) {
    std::string text = "<ds:X509Data>";
    for (const auto& name : names) {
        text += "<ds:X509Certificate>" + test::certificate_base64("reports/chain/" + name + ".crt.pem") +
                "</ds:X509Certificate>";
    }
    return text + "</ds:X509Data>";
}

BOOST_AUTO_TEST_CASE(a_chain_gives_the_end_entitys_key, *boost::unit_test::description("XML Signature 4.4.4")) {
    const auto of_ibm = test::role_of(test::fixture("reports/certificate-chain.xml"));
    BOOST_TEST_REQUIRE(of_ibm.keys.size() == 1U);
    BOOST_TEST(of_ibm.keys[0].certificate->fingerprint() ==
               "c0608a5a4cd20d23525c4de6b5e8ff6f60691874d198e483316394e36e21ff58");
    const auto leaf = test::certificate_base64("reports/chain/leaf.crt.pem");
    for (const auto& names : std::vector<std::vector<std::string>>{{"leaf", "intermediate", "root"},
                                                                   {"root", "intermediate", "leaf"},
                                                                   {"intermediate", "leaf"},
                                                                   {"leaf", "intermediate", "leaf"},
                                                                   {"leaf", "leaf"}}) {
        const auto role = test::role_of(with_keys(key_descriptor(R"(use="signing")", chain_of(names))));
        BOOST_TEST_REQUIRE(role.verification_keys().size() == 1U);
        BOOST_TEST(role.keys.at(0).certificate->base64() == leaf);
    }
}

BOOST_AUTO_TEST_CASE(certificates_without_a_single_end_entity_are_skipped) {
    constexpr std::string_view no_chain = "several X509Certificates in one X509Data that are no chain";
    check_unusable(chain_of({"leaf", "root"}), no_chain);
    check_unusable(chain_of({"leaf", "intermediate", "root", "namesake"}), no_chain);
    check_unusable(chain_of({"root-by-intermediate", "intermediate"}), "issued each other");
    const std::string chain = chain_of({"leaf", "intermediate"});
    check_unusable(chain.substr(0, chain.size() - std::string("</ds:X509Data>").size()) +
                       "<ds:X509Certificate>canary</ds:X509Certificate></ds:X509Data>",
                   "X509Certificate is refused (key.certificate)");
    check_unusable(chain_of(std::vector<std::string>(9, "leaf")), "more than eight X509Certificates");
    check_unusable(chain_of({"leaf"}) + chain_of({"intermediate"}), "X509Certificates that differ in one KeyInfo");
}

BOOST_AUTO_TEST_CASE(an_unknown_or_broken_key_value_is_skipped) {
    check_unusable("<ds:KeyValue><ds:DSAKeyValue/></ds:KeyValue>",
                   "KeyValue that is not one RSAKeyValue or ECKeyValue");
    check_unusable("<ds:KeyValue/>", "KeyValue that is not one RSAKeyValue or ECKeyValue");
    check_unusable(rsa_key_value(first_modulus, "AQAB") + rsa_key_value(first_modulus, "AQAB"),
                   "KeyValue that is not one RSAKeyValue or ECKeyValue");
    check_unusable("<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus></ds:RSAKeyValue></ds:KeyValue>",
                   "RSAKeyValue without its Modulus and Exponent");
    check_unusable(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Modulus>AQAB</ds:Modulus>"
        "<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
        "RSAKeyValue without its Modulus and Exponent");
    check_unusable(rsa_key_value(first_modulus, saml::encode_base64(std::string(10, '\1'))), "(saml.base64)");
    check_unusable(rsa_key_value("canary!", "AQAB"), "RSAKeyValue is refused (saml.base64)");
    check_unusable(rsa_key_value(saml::encode_base64(std::string(1026, '\xC1')), "AQAB"), "(saml.base64)");
}

BOOST_AUTO_TEST_CASE(keys_beyond_the_eighth_are_recorded_as_never_tried) {
    std::string keys;
    for (std::size_t i = 0; i < saml::max_verification_keys + 1; ++i) keys += signing_key();
    const auto encryption = key_descriptor(R"(use="encryption")", x509_data("keys/idp1-encryption.crt.pem"));
    const auto role = test::role_of(with_keys(keys + encryption));
    BOOST_TEST(role.verification_keys().size() == saml::max_verification_keys);
    BOOST_TEST(role.keys.size() == saml::max_verification_keys + 1);  // a key for encryption isn't one of the eight
    BOOST_TEST_REQUIRE(role.skipped_keys.size() == 1U);
    BOOST_TEST((role.skipped_keys[0].find("KeyDescriptor, line 11: 8 keys that may verify") == 0));
}

BOOST_AUTO_TEST_CASE(more_than_sixteen_descriptors_are_refused) {
    std::string keys = signing_key();
    for (int i = 0; i < 15; ++i)
        keys += key_descriptor(R"(use="encryption")", x509_data("keys/idp1-encryption.crt.pem"));
    BOOST_TEST(test::role_of(with_keys(keys)).keys.size() == 16U);
    check_refused(with_keys(keys + signing_key()), Errc::schema_violation, "more than 16 KeyDescriptors");
    const auto nameless = key_descriptor("", "<ds:KeyName>canary</ds:KeyName>");
    std::string skipped;
    for (int i = 0; i < 16; ++i) skipped += nameless;
    check_refused(with_keys(skipped + signing_key()), Errc::schema_violation, "more than 16 KeyDescriptors");
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_breaks_the_schema_breaks_the_document) {
    const auto key_info = "<ds:KeyInfo>" + x509_data("keys/idp1-first.crt.pem") + "</ds:KeyInfo>";
    check_refused(with_keys(key_descriptor(R"(use="canary")", x509_data("keys/idp1-first.crt.pem"))),
                  Errc::schema_violation, "KeyDescriptor, line 3: use");
    check_refused(with_keys(key_descriptor(R"(use="")", x509_data("keys/idp1-first.crt.pem"))), Errc::schema_violation,
                  "KeyDescriptor, line 3: use");
    check_refused(with_keys("<md:KeyDescriptor/>"), Errc::schema_violation, "its first element is not ds:KeyInfo");
    check_refused(with_keys("<md:KeyDescriptor><md:EncryptionMethod/>" + key_info + "</md:KeyDescriptor>"),
                  Errc::schema_violation, "its first element is not ds:KeyInfo");
    check_refused(with_keys("<md:KeyDescriptor>" + key_info + key_info + "</md:KeyDescriptor>"), Errc::schema_violation,
                  "another element than EncryptionMethod after KeyInfo");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
