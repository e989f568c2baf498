// Our signed messages, judged by xmlsec1 and libxml2: random values, two kinds of keys.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <string>

#include "fixtures.hpp"
#include "ports.hpp"
#include "service_provider.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/message_signer.hpp"
#include "xml_reading.hpp"
#include "xmlsec1.hpp"

using namespace slo;
using namespace slo::test;

namespace {

constexpr int messages_per_key = 50;

enum class Controls { none, some };

/// Makes values that a careless writer would get wrong. The seed is fixed: every run makes the same ones.
class Values {
public:
    explicit Values(unsigned seed) : random_(seed) {}

    std::string text(Controls controls) {
        static constexpr std::array<std::string_view, 14> pieces{
            "&", "<", ">",   "\"", "'", "]]>", "&amp;", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x94\x91",
            "x", " ", "-->", "a"};
        static constexpr std::array<std::string_view, 4> breaks{"\r", "\n", "\t", "\r\n"};
        const bool is_long = below(5) == 0;
        std::string value = "v";
        for (auto left = below(is_long ? 200 : 12); left > 0; --left) {
            const bool is_break = controls == Controls::some && below(4) == 0;
            value += is_break ? breaks[below(breaks.size())] : pieces[below(pieces.size())];
        }
        return value + "v";
    }
    std::optional<std::string> maybe(Controls controls) {
        return below(2) ? std::optional(text(controls)) : std::nullopt;
    }
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

private:
    std::mt19937 random_;
};

struct KeyPair {
    const char* name;
    const char* private_key;
    const char* certificate;
    friend std::ostream& operator<<(std::ostream& out, const KeyPair& pair) { return out << pair.name; }
};
const KeyPair key_pairs[] = {{"RSA-2048", "sp/sp.key.pem", "sp/sp.crt.pem"},
                             {"P-256", "keys/sp-p256.key.pem", "keys/sp-p256.crt.pem"}};

saml::MessageID fresh_id() {
    return *saml::random_message_id();
}

saml::LogoutResponse random_response(Values& values) {
    static const saml::TopLevelStatus codes[] = {saml::TopLevelStatus::success, saml::TopLevelStatus::requester,
                                                 saml::TopLevelStatus::responder,
                                                 saml::TopLevelStatus::version_mismatch};
    saml::LogoutResponse response{
        .id = fresh_id(),
        .version = {},
        .issue_instant = at(baseline_now) + std::chrono::milliseconds(values.below(5000)),
        .destination = {},
        .consent = {},
        .in_response_to = {},
        .issuer = entity_id("https://sp.example.com/?a='b'&c=d;" + std::to_string(values.below(99))),
        .status = {}};
    if (values.below(4)) response.in_response_to = fresh_id();
    if (values.below(2)) response.destination = "https://idp.example.org/slo?a=1&b='2'";
    if (values.below(2)) response.consent = "urn:example:consent?x=1&y='2'";
    response.status.code = codes[values.below(4)];
    if (values.below(2)) response.status.nested = {std::string(saml::uri(saml::SecondLevelStatus::request_denied))};
    response.status.message = values.maybe(Controls::some);
    return response;
}

saml::LogoutRequest random_request(Values& values) {
    saml::LogoutRequest request{.id = fresh_id(),
                                .version = {},
                                .issue_instant = at(baseline_now),
                                .destination = "https://idp.example.org/slo?a=1&b='2'",
                                .consent = {},
                                .issuer = entity_id("https://sp.example.com/?a='b'&c=d"),
                                .identifier = saml::NameID{},
                                .session_indexes = {},
                                .not_on_or_after = {},
                                .reason = {}};
    saml::NameID name_id;
    name_id.value = values.text(Controls::none);
    name_id.name_qualifier = values.maybe(Controls::none);
    name_id.sp_name_qualifier = values.maybe(Controls::none);
    name_id.sp_provided_id = values.maybe(Controls::none);
    request.identifier = name_id;
    for (auto left = values.below(4); left > 0; --left) {
        request.session_indexes.push_back(*saml::SessionIndex::parse(values.text(Controls::none)));
    }
    if (values.below(2)) request.not_on_or_after = at(baseline_now) + std::chrono::minutes(5);
    if (values.below(2)) request.reason = "urn:example:reason?x=1&y='2'";
    return request;
}

saml::AuthnRequest random_authn_request(Values& values) {
    saml::AuthnRequest request{
        .id = fresh_id(),
        .issue_instant = at(baseline_now),
        .destination = saml::EndpointUrl::parse("https://idp.example.org/sso?a=1&b='2'").value(),
        .issuer = entity_id("https://sp.example.com/?a='b'&c=d"),
        .assertion_consumer_service = saml::EndpointUrl::parse("https://sp.example.com/acs?a=1&b='2'").value()};
    request.force_authn = values.below(2) == 0;
    request.is_passive = values.below(2) == 0;
    if (values.below(2)) request.attribute_consuming_service = static_cast<std::uint16_t>(values.below(65536));
    if (values.below(2)) request.name_id_policy.emplace().sp_name_qualifier = values.maybe(Controls::none);
    for (auto left = values.below(3); left > 0; --left) request.authn_context_classes.push_back("urn:x:a?b=c&d='e'");
    return request;
}

/// The digested octets (the message without its signature) and the signed ones (SignedInfo), as they are in ours.
struct PartsUnderSignature {
    std::string message;
    std::string signed_info;
};
PartsUnderSignature parts_under_signature(const std::string& xml) {
    const auto cut = [&xml](const std::string& open, const std::string& close) {
        const auto begin = xml.find(open);
        return std::pair(begin, xml.find(close) + close.size() - begin);
    };
    const auto [signature, signature_length] = cut("<ds:Signature ", "</ds:Signature>");
    const auto [signed_info, signed_info_length] = cut("<ds:SignedInfo", "</ds:SignedInfo>");
    return {std::string(xml).erase(signature, signature_length), xml.substr(signed_info, signed_info_length)};
}

void expect_verified(const std::string& xml, const std::string& certificate) {
    BOOST_TEST_CONTEXT(xml) {
        BOOST_TEST(verify_xml(xml, certificate), "xmlsec1 refuses the signature");
        const auto signed_parts = parts_under_signature(xml);
        BOOST_TEST(exclusive_canonical(signed_parts.message) == signed_parts.message);
        BOOST_TEST(exclusive_canonical(signed_parts.signed_info) == signed_parts.signed_info);
        const auto message = read_xml(xml);
        const auto* reference = message.find(ds_ns, "Reference");
        BOOST_REQUIRE(reference);
        BOOST_TEST(reference->attributes.at("URI") == "#" + message.attributes.at("ID"));
    }
}

std::string attribute(const XmlNode& node, const std::string& name) {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? "(absent)" : found->second;
}

saml::MessageSigner signer(const KeyPair& pair) {
    auto key = saml::SigningKey::parse(fixture(pair.private_key), fixture(pair.certificate));
    BOOST_REQUIRE(key.has_value());
    return saml::MessageSigner(*std::move(key));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_signed_output)

BOOST_DATA_TEST_CASE(xmlsec1_verifies_every_response_that_we_sign, boost::unit_test::data::make(key_pairs), pair) {
    const auto our_signer = signer(pair);
    const auto certificate = fixture(pair.certificate);
    Values values(7);
    for (int i = 0; i < messages_per_key; ++i) {
        const auto response = random_response(values);
        const auto message = our_signer.sign(response);
        BOOST_REQUIRE(message.has_value());
        expect_verified(message->xml(), certificate);
        const auto read = read_xml(message->xml());
        BOOST_TEST(attribute(read, "Destination") == response.destination.value_or("(absent)"));
        BOOST_TEST(attribute(read, "Consent") == response.consent.value_or("(absent)"));
        BOOST_TEST(read.only(saml_ns, "Issuer").text == response.issuer.str());
        const auto* status_message = read.find(samlp_ns, "StatusMessage");
        BOOST_TEST((status_message ? status_message->text : "(absent)") ==
                   response.status.message.value_or("(absent)"));
    }
}

BOOST_DATA_TEST_CASE(xmlsec1_verifies_every_request_that_we_sign, boost::unit_test::data::make(key_pairs), pair) {
    const auto our_signer = signer(pair);
    const auto certificate = fixture(pair.certificate);
    Values values(8);
    for (int i = 0; i < messages_per_key; ++i) {
        const auto request = random_request(values);
        const auto message = our_signer.sign(request);
        BOOST_TEST_REQUIRE(message.has_value());
        expect_verified(message->xml(), certificate);
        const auto read = read_xml(message->xml());
        const auto& name_id = std::get<saml::NameID>(request.identifier);
        const auto& read_name_id = read.only(saml_ns, "NameID");
        BOOST_TEST(read_name_id.text == name_id.value);
        BOOST_TEST(attribute(read_name_id, "NameQualifier") == name_id.name_qualifier.value_or("(absent)"));
        BOOST_TEST(attribute(read_name_id, "SPProvidedID") == name_id.sp_provided_id.value_or("(absent)"));
        BOOST_TEST(attribute(read, "Reason") == request.reason.value_or("(absent)"));
        BOOST_TEST(read.count(samlp_ns, "SessionIndex") == request.session_indexes.size());
    }
}

BOOST_DATA_TEST_CASE(xmlsec1_verifies_every_request_for_a_login_that_we_sign, boost::unit_test::data::make(key_pairs),
                     pair) {
    const auto our_signer = signer(pair);
    const auto certificate = fixture(pair.certificate);
    Values values(11);
    for (int i = 0; i < messages_per_key / 5; ++i) {
        const auto request = random_authn_request(values);
        const auto message = our_signer.sign(request);
        BOOST_TEST_REQUIRE(message.has_value());
        expect_verified(message->xml(), certificate);
        const auto read = read_xml(message->xml());
        BOOST_TEST(attribute(read, "ID") == request.id.str());
        BOOST_TEST(attribute(read, "Destination") == request.destination.str());
        BOOST_TEST(attribute(read, "AssertionConsumerServiceURL") == request.assertion_consumer_service.str());
        BOOST_TEST(attribute(read, "ForceAuthn") == (request.force_authn ? "true" : "(absent)"));
        BOOST_TEST(attribute(read, "IsPassive") == (request.is_passive ? "true" : "(absent)"));
        const auto index = request.attribute_consuming_service;
        BOOST_TEST(attribute(read, "AttributeConsumingServiceIndex") == (index ? std::to_string(*index) : "(absent)"));
        BOOST_TEST(read.only(saml_ns, "Issuer").text == request.issuer.str());
        BOOST_TEST(read.count(samlp_ns, "NameIDPolicy") == (request.name_id_policy ? 1U : 0U));
        if (request.name_id_policy) {
            BOOST_TEST(attribute(read.only(samlp_ns, "NameIDPolicy"), "SPNameQualifier") ==
                       request.name_id_policy->sp_name_qualifier.value_or("(absent)"));
        }
        const auto* contexts = read.find(samlp_ns, "RequestedAuthnContext");
        BOOST_TEST((contexts ? contexts->count(saml_ns, "AuthnContextClassRef") : 0U) ==
                   request.authn_context_classes.size());
    }
}

BOOST_DATA_TEST_CASE(xmlsec1_refuses_a_message_changed_after_signing, boost::unit_test::data::make(key_pairs), pair) {
    Values values(9);
    auto response = random_response(values);
    response.status = {};
    const auto message = signer(pair).sign(response);
    BOOST_REQUIRE(message.has_value());
    const auto changed = replaced(message->xml(), "status:Success", "status:Requester");
    BOOST_TEST(!verify_xml(changed, fixture(pair.certificate)));
    BOOST_TEST(!verify_xml(message->xml(), fixture("keys/stranger.crt.pem")));
}

BOOST_AUTO_TEST_CASE(xmlsec1_verifies_and_decrypts_our_encrypted_name_ids) {
    Values values(10);
    const auto recipient = saml::Certificate::parse(fixture("sp/sp.crt.pem")).value();
    const auto us = saml::EntityID::parse("https://sp.example.com/saml/metadata").value();
    for (const auto algorithm : {saml::ContentEncryption::aes128_gcm, saml::ContentEncryption::aes256_gcm}) {
        auto request = random_request(values);
        const auto name_id = std::get<saml::NameID>(request.identifier);
        request.identifier = saml::close_name_id(name_id, recipient, us, algorithm).value();
        const auto message = signer(key_pairs[0]).sign(request);
        BOOST_REQUIRE(message.has_value());
        expect_verified(message->xml(), fixture(key_pairs[0].certificate));
        const auto opened = read_xml(decrypt_xml(message->xml(), "sp/sp.key.pem"));
        const auto* opened_name_id = opened.find(saml_ns, "NameID");
        BOOST_REQUIRE(opened_name_id != nullptr);
        BOOST_TEST(opened_name_id->text == name_id.value);
    }
}

BOOST_AUTO_TEST_SUITE_END()
