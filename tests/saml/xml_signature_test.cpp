#include "slo/saml/xml_signature.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <span>

#include "failure_check.hpp"
#include "logout_request_text.hpp"
#include "signed_messages.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/xml.hpp"

// Refusals and their reasons are in the attack matrix: tests/attacks.
using namespace slo::saml;
using namespace slo::saml::test;

namespace {

/// The text from the first `from` up to the end of the next `to`.
std::string cut_out(const std::string& text, std::string_view from, std::string_view to) {
    const auto begin = text.find(from);
    return text.substr(begin, text.find(to, begin) + to.size() - begin);
}

class Nothing final : public StreamVisitor {
public:
    slo::Result<Take> start(const StreamElement&) override { return Take::skip; }
    slo::Result<void> end() override { return slo::Done{}; }
    slo::Result<void> kept(std::string_view, std::span<const std::uint32_t>) override { return slo::Done{}; }
} nothing;

}  // namespace

BOOST_AUTO_TEST_SUITE(enveloped_signature)

BOOST_AUTO_TEST_CASE(accepts_signatures_by_each_kind_of_key) {
    for (const KeyKind kind :
         {KeyKind::rsa_2048, KeyKind::rsa_3072, KeyKind::ec_p256, KeyKind::ec_p384, KeyKind::ec_p521}) {
        const TestKey key = make_key(kind);
        BOOST_TEST(verify(signed_envelope(logout_request(), key), {key.verification}, expectations()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(accepts_every_sha_2_with_rsa) {
    for (const auto algorithm :
         {SignatureAlgorithm::rsa_sha256, SignatureAlgorithm::rsa_sha384, SignatureAlgorithm::rsa_sha512}) {
        const TestKey key{rsa_key().signing.using_algorithm(algorithm).value(), rsa_key().verification};
        BOOST_TEST(verify(signed_envelope(logout_request(), key), {key.verification}, expectations()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(takes_no_key_from_the_message) {
    const TestKey stranger = make_key(KeyKind::rsa_2048);  // its certificate is in the message's KeyInfo
    const auto result = verify(signed_envelope(logout_request(), stranger), {rsa_key().verification}, expectations());
    BOOST_REQUIRE(!result);
    BOOST_TEST(is(result.error(), Errc::signature_invalid));
}

BOOST_AUTO_TEST_CASE(refuses_everything_when_there_is_no_key) {
    const auto result = verify(signed_envelope(logout_request(), rsa_key()), {}, expectations());
    BOOST_REQUIRE(!result);
    BOOST_TEST(is(result.error(), Errc::no_verification_key));
}

BOOST_AUTO_TEST_CASE(tries_the_keys_one_after_the_other) {
    const std::vector<VerificationKey> keys{ec_key().verification, make_key(KeyKind::rsa_2048).verification,
                                            rsa_key().verification};
    BOOST_TEST(verify(signed_envelope(logout_request(), rsa_key()), keys, expectations()).has_value());
}

BOOST_AUTO_TEST_CASE(accepts_sha_1_only_under_its_named_exception) {
    const std::string octets = fixture("lasso/request-sha1.soap.xml");
    const auto certificate = Certificate::parse(fixture("lasso/idp.crt.pem")).value();
    const std::vector keys{VerificationKey::from(certificate).value()};
    Expectations expected = expectations();
    expected.issuer = EntityID::parse("https://idp-lasso.example.org/metadata").value();
    expected.now = parse_instant("2026-11-22T16:01:28Z").value();
    const auto refused = verify(octets, keys, expected);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(is(refused.error(), Errc::signature_algorithm_not_allowed));
    expected.algorithms.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted;
    BOOST_TEST(verify(octets, keys, expected).has_value());
}

BOOST_AUTO_TEST_CASE(never_signs_with_sha_1) {
    const auto key = rsa_key().signing.using_algorithm(SignatureAlgorithm::rsa_sha1);
    BOOST_REQUIRE(!key);
    BOOST_TEST(is(key.error(), KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(holds_when_the_envelope_brings_namespaces_and_prefixes_along) {
    const std::string octets =
        slo::test::replaced(signed_envelope(logout_request(), rsa_key()), "<S:Envelope ",
                            "<S:Envelope xmlns='urn:other' xmlns:ds='urn:not-dsig' xmlns:saml='urn:not-saml' ");
    BOOST_TEST(verify(octets, {rsa_key().verification}, expectations()).has_value());
}

BOOST_AUTO_TEST_CASE(verifies_one_message_as_often_as_asked) {
    auto message = soap::decode(signed_envelope(logout_request(), ec_key())).value();
    const auto request = UnverifiedLogoutRequest::parse(message).value();
    const std::vector wrong{rsa_key().verification};
    const std::vector right{ec_key().verification};
    BOOST_TEST(!MessageVerifier::verify(request, wrong, expectations()).has_value());
    BOOST_TEST(MessageVerifier::verify(request, right, expectations()).has_value());
    BOOST_TEST(MessageVerifier::verify(request, right, expectations()).has_value());
}

BOOST_AUTO_TEST_CASE(covers_the_message_without_its_signature) {
    const std::string octets = signed_envelope(logout_request(), ec_key());
    const auto document = xml::Document::parse(octets).value();
    const auto root = document.root().first_child().value().first_child().value();
    const std::vector keys{ec_key().verification};
    const auto covered = slo::saml::verify_enveloped(document, root, "_m1", keys, {});
    BOOST_REQUIRE(covered.has_value());
    const auto message = cut_out(octets, "<samlp:LogoutRequest ", "</samlp:LogoutRequest>");
    const auto signature = cut_out(message, "<ds:Signature ", "</ds:Signature>");
    BOOST_TEST(covered->str() == slo::test::replaced(message, signature, ""));
}

// xs:ID collapses white space, and no parser does it without a DTD: a signer that knows the schema refers to what is
// left.
BOOST_AUTO_TEST_CASE(white_space_around_an_id_is_no_part_of_it) {
    const auto signed_with = [](const std::string& id, const std::string& content) {
        return sign_document(rsa_key().signing,
                             "<x ID=\"" + id + "\"><y>" + std::string(64, 'y') + "</y>" + content + "</x>")
            .value();
    };
    const auto verdict = [](const std::string& octets) {
        const auto document = xml::Document::parse(octets).value();
        return rule_of(verify_enveloped(document, document.root(), "_a1", std::vector{rsa_key().verification}, {}));
    };
    const std::string octets = signed_with("&#10;\t_a1 &#13;", "");
    BOOST_TEST(verdict(octets) == "accepted");
    BOOST_TEST(rule_of(read_signed_stream(source_of(octets), std::vector{rsa_key().verification}, {}, {}, nothing)) ==
               "accepted");
    BOOST_TEST(verdict(slo::test::replaced(octets, "URI=\"#_a1\"", "URI=\" #_a1\"")) ==
               rule(Errc::reference_not_to_root));
    BOOST_TEST(verdict(slo::test::replaced(octets, "URI=\"#_a1\"", "URI=\"#&#xA;&#x9;_a1 &#xD;\"")) ==
               rule(Errc::reference_not_to_root));
    BOOST_TEST(verdict(signed_with("_a1", "<z id=' _a1'/>")) == rule(Errc::xml_duplicate_id));
    BOOST_TEST(verdict(signed_with(" _a1", "<z id='_a1'/>")) == rule(Errc::xml_duplicate_id));
}

BOOST_AUTO_TEST_CASE(an_assertions_signature_stands_behind_its_issuer) {
    const std::string issuer = "<saml:Issuer>https://idp.example.com/metadata</saml:Issuer>";
    const std::string in_front =
        sign_document(rsa_key().signing,
                      R"(<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1">)" + issuer +
                          "</saml:Assertion>")
            .value();
    const std::string signature = cut_out(in_front, "<ds:Signature ", "</ds:Signature>");
    std::string behind = in_front;
    behind.erase(behind.find(signature), signature.size());
    behind.insert(behind.find(issuer) + issuer.size(), signature);
    const auto verdict = [](const std::string& octets) {
        const auto document = xml::Document::parse(octets).value();
        return rule_of(verify_enveloped(document, document.root(), "_a1", std::vector{rsa_key().verification}, {}));
    };
    BOOST_TEST(verdict(behind) == "accepted");
    BOOST_TEST(verdict(in_front) == rule(Errc::signature_position));
}

BOOST_AUTO_TEST_SUITE_END()
