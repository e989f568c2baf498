#include "slo/saml/xml_signature.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>

#include "signed_messages.hpp"
#include "slo/saml/error.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;

namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "the message has no " << from);
    return text.replace(at, from.size(), to);
}

/// What stands from the first `from` up to the end of the next `to`.
std::string cut_out(const std::string& text, std::string_view from, std::string_view to) {
    const auto begin = text.find(from);
    const auto end = text.find(to, begin) + to.size();
    return text.substr(begin, end - begin);
}

std::string signature_in(const std::string& octets) {
    return cut_out(octets, "<ds:Signature ", "</ds:Signature>");
}
std::string message_in(const std::string& octets) {
    return cut_out(octets, "<samlp:LogoutRequest ", "</samlp:LogoutRequest>");
}
std::string without(std::string octets, const std::string& part) {
    return replaced(std::move(octets), part, "");
}

constexpr std::string_view c14n =
    R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>)";
constexpr std::string_view enveloped =
    R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>)";

struct Attack {
    const char* what;
    std::function<std::string(const std::string&)> on;  ///< a good envelope to a bad one
    Errc rule;
};
std::ostream& operator<<(std::ostream& out, const Attack& attack) {
    return out << attack.what;
}

std::function<std::string(const std::string&)> replace(std::string_view from, std::string_view to) {
    return [=](const std::string& octets) { return replaced(octets, from, to); };
}

/// EVIL: the message, unsigned, with another ID and another principal.
std::string evil(const std::string& good) {
    const std::string bare = without(message_in(good), signature_in(good));
    return replaced(replaced(bare, "_m1", "_evil"), "alice", "bob");
}

const std::vector<Attack> attacks{
    {"no signature", [](const std::string& o) { return without(o, signature_in(o)); }, Errc::signature_missing},
    {"an empty Signature",
     [](const std::string& o) {
         return replaced(o, signature_in(o), "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>");
     },
     Errc::signature_structure},
    {"Signature in another namespace",
     replace("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
             "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig\">"),
     Errc::signature_missing},
    {"no SignatureValue",
     [](const std::string& o) { return without(o, cut_out(o, "<ds:SignatureValue>", "</ds:SignatureValue>")); },
     Errc::signature_structure},
    {"an empty SignatureValue",
     [](const std::string& o) {
         return replaced(o, cut_out(o, "<ds:SignatureValue>", "</ds:SignatureValue>"), "<ds:SignatureValue/>");
     },
     Errc::signature_structure},
    {"another NameID", replace("alice", "bob"), Errc::signature_invalid},
    {"another SessionIndex", replace("s1</samlp:SessionIndex>", "s2</samlp:SessionIndex>"), Errc::signature_invalid},
    {"a space more", replace("</saml:NameID>", "</saml:NameID> "), Errc::signature_invalid},
    {"a flipped SignatureValue",
     [](const std::string& o) {
         const auto at = o.find("<ds:SignatureValue>") + 25;
         std::string flipped = o;
         flipped[at] = flipped[at] == 'A' ? 'B' : 'A';
         return flipped;
     },
     Errc::signature_invalid},
    {"a longer SignatureValue", replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), Errc::signature_invalid},
    // Wrapping, in the order of SAML Raider's permutations, moved to a LogoutRequest over SOAP.
    {"XSW1: the original inside the Signature",
     [](const std::string& o) {
         const std::string original = without(message_in(o), signature_in(o));
         const std::string signature = replaced(signature_in(o), "</ds:Signature>", original + "</ds:Signature>");
         return replaced(o, message_in(o), replaced(evil(o), "</saml:Issuer>", "</saml:Issuer>" + signature));
     },
     Errc::signature_structure},
    {"XSW2: the original in front of the Signature",
     [](const std::string& o) {
         const std::string original = without(message_in(o), signature_in(o));
         return replaced(o, message_in(o),
                         replaced(evil(o), "</saml:Issuer>", "</saml:Issuer>" + original + signature_in(o)));
     },
     Errc::signature_position},
    {"XSW4: the original as a child",
     [](const std::string& o) {
         return replaced(o, message_in(o),
                         replaced(evil(o), "</samlp:LogoutRequest>", message_in(o) + "</samlp:LogoutRequest>"));
     },
     Errc::signature_position},
    {"XSW7: a copy with the same ID in Extensions",
     [](const std::string& o) {
         const std::string copy = replaced(without(message_in(o), signature_in(o)), "alice", "bob");
         return replaced(o, "</ds:Signature>", "</ds:Signature><samlp:Extensions>" + copy + "</samlp:Extensions>");
     },
     Errc::xml_duplicate_id},
    {"XSW7: the original in Extensions",
     [](const std::string& o) {
         const std::string original = without(message_in(o), signature_in(o));
         return replaced(
             o, message_in(o),
             replaced(evil(o), "</saml:Issuer>",
                      "</saml:Issuer>" + signature_in(o) + "<samlp:Extensions>" + original + "</samlp:Extensions>"));
     },
     Errc::reference_not_to_root},
    {"XSW8: the original in ds:Object",
     [](const std::string& o) {
         const std::string original = without(message_in(o), signature_in(o));
         const std::string signature =
             replaced(signature_in(o), "</ds:Signature>", "<ds:Object>" + original + "</ds:Object></ds:Signature>");
         return replaced(o, message_in(o), replaced(evil(o), "</saml:Issuer>", "</saml:Issuer>" + signature));
     },
     Errc::signature_object},
    {"XSW9: two SignedInfos",
     [](const std::string& o) {
         const std::string info = cut_out(o, "<ds:SignedInfo", "</ds:SignedInfo>");
         return replaced(o, info, info + info);
     },
     Errc::signature_structure},
    {"the original in Header",
     [](const std::string& o) {
         const std::string original = message_in(o);
         return replaced(replaced(o, original, evil(o)), "<S:Body>", "<S:Header>" + original + "</S:Header><S:Body>");
     },
     Errc::signature_position},
    {"two Signatures",
     [](const std::string& o) { return replaced(o, "</ds:Signature>", "</ds:Signature>" + signature_in(o)); },
     Errc::signature_count},
    {"Signature at the end",
     [](const std::string& o) {
         return replaced(without(o, signature_in(o)), "</samlp:LogoutRequest>",
                         signature_in(o) + "</samlp:LogoutRequest>");
     },
     Errc::signature_position},
    {"Signature in front of Issuer",
     [](const std::string& o) {
         return replaced(without(o, signature_in(o)), "<saml:Issuer", signature_in(o) + "<saml:Issuer");
     },
     Errc::issuer_malformed},
    {"Signature inside NameID",
     [](const std::string& o) { return replaced(without(o, signature_in(o)), "alice", "alice" + signature_in(o)); },
     Errc::signature_position},
    {"a second attribute named ID",
     replace("<samlp:LogoutRequest ", "<samlp:LogoutRequest xmlns:x='urn:x' x:ID='_evil' "), Errc::signature_attribute},
    {"a namespaced URI in front", replace("<ds:Reference URI", "<ds:Reference xmlns:x='urn:x' x:URI='#_evil' URI"),
     Errc::signature_attribute},
    {"a Type on Reference", replace("<ds:Reference URI", "<ds:Reference Type='urn:x' URI"), Errc::signature_attribute},
    {"text in SignedInfo", replace("<ds:SignatureMethod", "x<ds:SignatureMethod"), Errc::signature_structure},
    {"URI to another", replace("URI=\"#_m1\"", "URI=\"#_evil\""), Errc::reference_not_to_root},
    {"an empty URI", replace("URI=\"#_m1\"", "URI=\"\""), Errc::reference_not_to_root},
    {"no URI", replace(" URI=\"#_m1\"", ""), Errc::reference_not_to_root},
    {"an http URI", replace("URI=\"#_m1\"", "URI=\"http://127.0.0.1:9/\""), Errc::reference_not_to_root},
    {"a file", replace("URI=\"#_m1\"", "URI=\"/etc/hostname\""), Errc::reference_not_to_root},
    {"an XPointer", replace("URI=\"#_m1\"", "URI=\"#xpointer(id('_m1'))\""), Errc::reference_not_to_root},
    {"no Reference", [](const std::string& o) { return without(o, cut_out(o, "<ds:Reference", "</ds:Reference>")); },
     Errc::reference_count},
    {"two References",
     [](const std::string& o) {
         const std::string reference = cut_out(o, "<ds:Reference", "</ds:Reference>");
         return replaced(o, reference, reference + reference);
     },
     Errc::reference_count},
    {"no Transforms",
     [](const std::string& o) { return without(o, cut_out(o, "<ds:Transforms>", "</ds:Transforms>")); },
     Errc::transform_not_allowed},
    {"no enveloped-signature", replace(enveloped, ""), Errc::transform_not_allowed},
    {"no exc-c14n", replace(c14n, ""), Errc::transform_not_allowed},
    {"exc-c14n twice", [](const std::string& o) { return replaced(o, c14n, std::string(c14n) + std::string(c14n)); },
     Errc::transform_not_allowed},
    {"the transforms swapped",
     [](const std::string& o) {
         return replaced(o, std::string(enveloped) + std::string(c14n), std::string(c14n) + std::string(enveloped));
     },
     Errc::transform_not_allowed},
    {"XPath",
     replace("xmldsig#enveloped-signature\"></ds:Transform>",
             "REC-xpath-19991116\"><ds:XPath>1</ds:XPath></ds:Transform>"),
     Errc::transform_not_allowed},
    {"XSLT",
     replace("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
     Errc::transform_not_allowed},
    {"inclusive c14n of the message", replace("xml-exc-c14n#\"></ds:Transform>", "xml-c14n#\"></ds:Transform>"),
     Errc::transform_not_allowed},
    {"a PrefixList of 17",
     replace(
         c14n,
         R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="a b c d e f g h i j k l m n o p q"/></ds:Transform>)"),
     Errc::transform_not_allowed},
    {"a PrefixList of 257 octets",
     [](const std::string& o) {
         return replaced(
             o, c14n,
             R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList=")" +
                 std::string(257, 'a') + R"("/></ds:Transform>)");
     },
     Errc::transform_not_allowed},
    {"c14n with comments of SignedInfo",
     replace("xml-exc-c14n#\"></ds:CanonicalizationMethod>",
             "xml-exc-c14n#WithComments\"></ds:CanonicalizationMethod>"),
     Errc::canonicalization_not_allowed},
    {"inclusive c14n of SignedInfo",
     replace("http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>",
             "http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></ds:CanonicalizationMethod>"),
     Errc::canonicalization_not_allowed},
    {"a parameter in SignatureMethod",
     replace("\"></ds:SignatureMethod>", "\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"),
     Errc::signature_structure},
    {"HMAC", replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"), Errc::signature_algorithm_not_allowed},
    {"RSA-MD5", replace("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5"), Errc::signature_algorithm_not_allowed},
    {"RSA-SHA1",
     replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
     Errc::signature_algorithm_not_allowed},
    {"RSA-PSS",
     replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
             "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
     Errc::signature_algorithm_not_allowed},
    {"ECDSA under an RSA key", replace("xmldsig-more#rsa-sha256", "xmldsig-more#ecdsa-sha256"),
     Errc::no_verification_key},
    {"a SHA-1 digest", replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
     Errc::digest_algorithm_not_allowed},
    {"the digest of nothing",
     [](const std::string& o) {
         return replaced(o, cut_out(o, "<ds:DigestValue>", "</ds:DigestValue>"),
                         "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>");
     },
     Errc::signature_invalid},
    {"a DigestValue that isn't base64", replace("<ds:DigestValue>", "<ds:DigestValue>*"), Errc::signature_structure},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(enveloped_signature)

BOOST_AUTO_TEST_CASE(accepts_what_was_signed_with_each_kind_of_key) {
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

BOOST_DATA_TEST_CASE(refuses, data::make(attacks), attack) {
    const std::string good = signed_envelope(logout_request(), rsa_key());
    BOOST_REQUIRE(verify(good, {rsa_key().verification}, expectations()).has_value());
    const auto result = verify(attack.on(good), {rsa_key().verification}, expectations());
    BOOST_REQUIRE(!result);
    BOOST_TEST(name(static_cast<Errc>(result.error().code.value())) == name(attack.rule));
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
    BOOST_TEST(is(key.error(), Errc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(holds_when_the_envelope_brings_namespaces_and_prefixes_along) {
    const std::string octets =
        replaced(signed_envelope(logout_request(), rsa_key()), "<S:Envelope ",
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
    BOOST_TEST(covered->str() == without(message_in(octets), signature_in(octets)));
}

BOOST_AUTO_TEST_SUITE_END()
