#include "slo/metadata/difference.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "fixtures.hpp"
#include "metadata_text.hpp"

namespace {

using namespace slo;
using metadata::Change;
using test::IdpMetadataText;
using Trust = Change::Trust;
using What = Change::What;

std::vector<Change> between(const std::string& before, const std::string& after) {
    return metadata::difference(test::read_document(before).value(), test::read_document(after).value());
}
std::vector<Change> between(const IdpMetadataText& before, const IdpMetadataText& after) {
    return metadata::difference(test::read(before.xml()).value(), test::read(after.xml()).value());
}

void check_only(const std::vector<Change>& changes, What what, Trust trust, std::string_view words) {
    BOOST_TEST_REQUIRE(changes.size() == 1U);
    BOOST_TEST((changes[0].what == what));
    BOOST_TEST((changes[0].trust == trust));
    BOOST_TEST((changes[0].text.find(words) != std::string::npos), changes[0].text);
}

std::string fingerprint(std::string_view file) {
    const auto certificate = saml::Certificate::parse(test::fixture(file)).value();
    return saml::VerificationKey::from(certificate)->fingerprint();
}

BOOST_AUTO_TEST_SUITE(difference_of_metadata)

BOOST_AUTO_TEST_CASE(is_nothing_between_equals) {
    BOOST_TEST(between(IdpMetadataText{}, IdpMetadataText{}).empty());
    const auto text = test::entities(test::idp_text(1).xml() + test::idp_text(2).xml());
    BOOST_TEST(between(text, text).empty());
}

BOOST_AUTO_TEST_CASE(names_keys_that_came_and_went) {
    IdpMetadataText more;
    more.keys += test::signing_key("keys/idp1-second.crt.pem");
    check_only(between(IdpMetadataText{}, more), What::key_added, Trust::adds,
               "new signing key, SHA-256 of the public key " + fingerprint("keys/idp1-second.crt.pem"));
    check_only(between(more, IdpMetadataText{}), What::key_removed, Trust::takes_away,
               "no longer a signing key, SHA-256 of the public key " + fingerprint("keys/idp1-second.crt.pem"));
}

BOOST_AUTO_TEST_CASE(names_places_for_sign_ons_that_came_and_went) {
    IdpMetadataText more;
    more.services += R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" )"
                     R"(Location="https://idp1.example.org/sso"/>)";
    check_only(between(IdpMetadataText{}, more), What::endpoint_added, Trust::adds,
               "sign-ons may go to \"https://idp1.example.org/sso\" by HTTP-POST");
    check_only(between(more, IdpMetadataText{}), What::endpoint_removed, Trust::takes_away,
               "sign-ons no longer go to \"https://idp1.example.org/sso\" by HTTP-POST");
    BOOST_TEST(between(more, more).empty());
}

BOOST_AUTO_TEST_CASE(sees_another_use_of_a_known_key) {
    IdpMetadataText encrypting;
    encrypting.keys += test::key_descriptor(R"(use="encryption")", test::x509_data("keys/idp1-second.crt.pem"));
    IdpMetadataText both;
    both.keys += test::key_descriptor("", test::x509_data("keys/idp1-second.crt.pem"));
    check_only(between(encrypting, both), What::key_added, Trust::adds, "new signing key");
    check_only(between(both, encrypting), What::key_removed, Trust::takes_away, "no longer a signing key");
    IdpMetadataText two;
    two.keys += test::key_descriptor(R"(use="encryption")", test::x509_data("keys/idp1-second.crt.pem")) +
                test::signing_key("keys/idp1-second.crt.pem");
    BOOST_TEST(between(both, two).empty());
}

BOOST_AUTO_TEST_CASE(calls_another_carrier_of_the_same_key_no_change_of_trust) {
    // The bare key of the same certificate.
    IdpMetadataText bare;
    constexpr std::string_view modulus =
        "uWtHjQFXJPlQOHPmJcbFn9i05IHYZli2Ab96lnknvky5kI0QHcSTl0Ijt2lhwSjBUK4vWXuB3HKJlLCn95KPXpQlwVCvjPcJY30vxv2FwWC6mc"
        "znLgD7rHY9APL6+fuyTJlL+6A95T+D8X6ZODn1tsc7O9sWQGYKkLA3XDlbmKtO+NVaWE0mSfYklAvORQ8EjCW+Z+Uz67T2b/U3DpXiDy1ObFyp"
        "iJ4J06w3ZImajPnQhpjoj2q23d8KKS1ujbijqLXLeU8h4hEYitqJVGW/PDaSf6PPPQ9pJurLw9Qg4h2UxHrSdSn/awy0Y20K8ifscUr8S1j6Nv"
        "2Ncr/AmP4x+w==";
    bare.keys =
        test::key_descriptor(R"(use="signing")", "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>" + std::string(modulus) +
                                                     "</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>"
                                                     "</ds:RSAKeyValue></ds:KeyValue>");
    check_only(between(IdpMetadataText{}, bare), What::certificate_changed, Trust::neither, "other certificates");
}

BOOST_AUTO_TEST_CASE(names_endpoints_that_came_went_and_changed) {
    IdpMetadataText more;
    more.services += R"(<md:SingleLogoutService Binding="urn:b" Location="https://idp1.example.org/2"/>)";
    check_only(between(IdpMetadataText{}, more), What::endpoint_added, Trust::adds,
               R"("https://idp1.example.org/2" with binding "urn:b")");
    check_only(between(more, IdpMetadataText{}), What::endpoint_removed, Trust::takes_away,
               R"("https://idp1.example.org/2" with binding "urn:b")");
    IdpMetadataText answers = more;
    answers.services = IdpMetadataText{}.services +
                       R"(<md:SingleLogoutService Binding="urn:b" Location="https://idp1.example.org/2" )"
                       R"(ResponseLocation="https://idp1.example.org/3"/>)";
    check_only(between(more, answers), What::endpoint_changed, Trust::adds,
               R"(answers to "https://idp1.example.org/3")");
    check_only(between(answers, more), What::endpoint_changed, Trust::takes_away, "answers go elsewhere");
}

BOOST_AUTO_TEST_CASE(weighs_another_end) {
    const auto until = [](std::string_view instant) {
        IdpMetadataText text;
        text.entity_attributes += " validUntil=\"" + std::string(instant) + "\"";
        return text;
    };
    const auto june = until("2030-06-01T00:00:00Z");
    const auto july = until("2030-07-01T00:00:00Z");
    check_only(between(june, july), What::validity_changed, Trust::neither, "valid until 2030-07-01T00:00:00Z");
    check_only(between(july, june), What::validity_changed, Trust::takes_away, "valid until 2030-06-01T00:00:00Z");
    check_only(between(june, IdpMetadataText{}), What::validity_changed, Trust::adds, "valid until no end");
    check_only(between(IdpMetadataText{}, june), What::validity_changed, Trust::takes_away, "before: no end");
}

BOOST_AUTO_TEST_CASE(says_a_documents_end_once) {
    const auto group = [](std::string_view instant) {
        return test::entities(test::idp_text(1).xml() + test::idp_text(2).xml(),
                              "validUntil=\"" + std::string(instant) + "\"");
    };
    const auto changes = between(group("2030-06-01T00:00:00Z"), group("2030-07-01T00:00:00Z"));
    check_only(changes, What::validity_changed, Trust::neither, "valid until 2030-07-01T00:00:00Z");
    BOOST_TEST(!changes[0].entity_id.has_value());
}

BOOST_AUTO_TEST_CASE(sees_other_algorithms) {
    IdpMetadataText declares;
    declares.before_role = R"(<md:Extensions xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport">)"
                           R"(<alg:SigningMethod Algorithm="urn:x"/></md:Extensions>)";
    check_only(between(IdpMetadataText{}, declares), What::algorithms_changed, Trust::neither, "\"urn:x\"");
}

BOOST_AUTO_TEST_CASE(names_entities_that_came_and_went_with_their_keys) {
    const auto changes = between(test::entities(test::idp_text(2).xml() + test::idp_text(3).xml()),
                                 test::entities(test::idp_text(1).xml() + test::idp_text(3).xml()));
    BOOST_TEST_REQUIRE(changes.size() == 2U);
    BOOST_TEST((changes[0].what == What::entity_added));
    BOOST_TEST((changes[0].trust == Trust::adds));
    BOOST_TEST(changes[0].entity_id->str() == "https://idp1.example.org/metadata");
    BOOST_TEST((changes[0].text.find(fingerprint("keys/idp1-first.crt.pem")) != std::string::npos));
    BOOST_TEST((changes[1].what == What::entity_removed));
    BOOST_TEST((changes[1].trust == Trust::takes_away));
    BOOST_TEST(changes[1].entity_id->str() == "https://idp2.example.org/metadata");
}

BOOST_AUTO_TEST_CASE(is_printable) {
    IdpMetadataText more;
    more.services += "<md:SingleLogoutService Binding=\"urn:\xC3\xA9\" Location=\"https://idp1.example.org/2\"/>";
    for (const auto& change : between(IdpMetadataText{}, more)) {
        BOOST_TEST(std::ranges::all_of(change.text, [](char c) { return c >= 0x20 && c < 0x7F; }), change.text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
