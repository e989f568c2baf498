#include "slo/saml/message_signer.hpp"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <boost/test/unit_test.hpp>
#include <random>

#include "signed_messages.hpp"
#include "slo/saml/error.hpp"

using namespace slo::saml;
using namespace slo::saml::test;

namespace {

/// libxml2's own exclusive canonical form of the element with that local name; of the whole subtree.
std::string canonical(const std::string& octets, std::string_view local) {
    xmlDocPtr doc = xmlReadMemory(octets.data(), static_cast<int>(octets.size()), nullptr, "UTF-8", XML_PARSE_NONET);
    BOOST_REQUIRE(doc != nullptr);
    xmlNodePtr found = nullptr;
    const auto search = [&](auto&& self, xmlNodePtr node) -> void {
        for (; node != nullptr && found == nullptr; node = node->next) {
            if (node->type == XML_ELEMENT_NODE && local == reinterpret_cast<const char*>(node->name))
                found = node;
            else if (node->type == XML_ELEMENT_NODE)
                self(self, node->children);
        }
    };
    search(search, xmlDocGetRootElement(doc));
    BOOST_REQUIRE(found != nullptr);
    xmlOutputBufferPtr out = xmlAllocOutputBuffer(nullptr);
    const auto inside = [](void* apex, xmlNodePtr node, xmlNodePtr parent) -> int {
        if (node != nullptr && node->type == XML_NAMESPACE_DECL) node = parent;
        for (; node != nullptr; node = node->parent) {
            if (node == apex) return 1;
        }
        return 0;
    };
    BOOST_REQUIRE(xmlC14NExecute(doc, inside, found, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, out) >= 0);
    std::string text(reinterpret_cast<const char*>(xmlOutputBufferGetContent(out)), xmlOutputBufferGetSize(out));
    xmlOutputBufferClose(out);
    xmlFreeDoc(doc);
    return text;
}

/// The hashed octets: the message without its Signature.
std::string without_signature(std::string octets, const std::string& ds = "ds") {
    const auto begin = octets.find("<" + ds + ":Signature ");
    const std::string end = "</" + ds + ":Signature>";
    return octets.erase(begin, octets.find(end) + end.size() - begin);
}

std::string signed_info(const std::string& octets, const std::string& ds = "ds") {
    const auto begin = octets.find("<" + ds + ":SignedInfo");
    const std::string end = "</" + ds + ":SignedInfo>";
    return octets.substr(begin, octets.find(end) + end.size() - begin);
}

std::string random_text(std::mt19937& random, std::size_t max_pieces) {
    static const std::vector<std::string> pieces{
        "a",  "Z", "0", " ",      "&", "<", ">", "\"", "'", "]]>", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x94\x92",
        "--", "/", "=", "xmlns:a"};
    std::string text = "x";
    for (std::size_t n = random() % max_pieces; n > 0; --n) text += pieces[random() % pieces.size()];
    return text;
}

LogoutRequest random_request(std::mt19937& random) {
    LogoutRequest request = logout_request();
    NameID name_id;
    name_id.value = random_text(random, 60);
    if (random() % 2) name_id.name_qualifier = random_text(random, 30);
    if (random() % 2) name_id.sp_name_qualifier = random_text(random, 30);
    if (random() % 2) name_id.sp_provided_id = random_text(random, 30);
    if (random() % 2) name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    request.identifier = name_id;
    request.session_indexes.clear();
    for (std::size_t n = random() % 4; n > 0; --n)
        request.session_indexes.push_back(SessionIndex::parse(random_text(random, 40)).value());
    request.asynchronous = random() % 2 == 0;
    if (random() % 2) request.destination = "https://sp.example.com/?a=1&b='2'";
    if (random() % 2) request.reason = "urn:x:reason";
    if (random() % 2) request.not_on_or_after = std::nullopt;
    return request;
}

AuthnRequest authn_request() {
    return {.id = MessageID::parse("_q1").value(),
            .issue_instant = noon(),
            .destination = EndpointUrl::parse("https://idp.example.com/sso?a=1&b='2'").value(),
            .issuer = EntityID::parse("https://sp.example.com/saml/metadata").value(),
            .assertion_consumer_service = EndpointUrl::parse("https://sp.example.com/saml/acs").value()};
}

std::string written(const AuthnRequest& request) {
    return without_signature(MessageSigner(ec_key().signing).sign(request).value().xml());
}

std::string rule_of_writing(const AuthnRequest& request) {
    const auto message = MessageSigner(ec_key().signing).sign(request);
    return message ? "written" : message.error().code.message();
}

constexpr std::string_view transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
constexpr std::string_view persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

}  // namespace

BOOST_AUTO_TEST_SUITE(message_signer)

// CORE-AQ-01 to 05, 14, 15, 22
BOOST_AUTO_TEST_CASE(asks_for_a_login_with_what_each_idp_needs_and_nothing_else) {
    BOOST_TEST(written(authn_request()) ==
               "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\""
               " AssertionConsumerServiceURL=\"https://sp.example.com/saml/acs\""
               " Destination=\"https://idp.example.com/sso?a=1&amp;b='2'\" ID=\"_q1\""
               " IssueInstant=\"2026-03-01T12:00:00Z\""
               " ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Version=\"2.0\">"
               "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">"
               "https://sp.example.com/saml/metadata</saml:Issuer></samlp:AuthnRequest>");
}

// CORE-AQ-07, 08, 10 to 12, 21
BOOST_AUTO_TEST_CASE(asks_for_more_where_it_is_wished) {
    AuthnRequest request = authn_request();
    request.force_authn = request.is_passive = true;
    request.attribute_consuming_service = 0;
    request.name_id_policy = NameIDPolicy{};
    request.authn_context_classes = {"urn:x:one", "urn:x:two?a&b"};
    const std::string xml = written(request);
    BOOST_TEST(xml.find(" AttributeConsumingServiceIndex=\"0\" Destination=") != std::string::npos);
    BOOST_TEST(xml.find(" ForceAuthn=\"true\" ID=\"_q1\" IsPassive=\"true\" IssueInstant=") != std::string::npos);
    constexpr std::string_view declared = " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">";
    std::string tail = "</saml:Issuer><samlp:NameIDPolicy AllowCreate=\"true\"></samlp:NameIDPolicy>";
    tail += "<samlp:RequestedAuthnContext Comparison=\"exact\">";
    tail.append("<saml:AuthnContextClassRef").append(declared).append("urn:x:one</saml:AuthnContextClassRef>");
    tail.append("<saml:AuthnContextClassRef").append(declared).append("urn:x:two?a&amp;b</saml:AuthnContextClassRef>");
    tail += "</samlp:RequestedAuthnContext></samlp:AuthnRequest>";
    BOOST_TEST(xml.ends_with(tail));
}

// CORE-AQ-08
BOOST_AUTO_TEST_CASE(asks_for_the_creation_of_a_name_where_the_format_lets_it) {
    AuthnRequest request = authn_request();
    request.name_id_policy = NameIDPolicy{.format = std::string(persistent), .sp_name_qualifier = "urn:x:\"us\""};
    BOOST_TEST(written(request).find("<samlp:NameIDPolicy AllowCreate=\"true\" Format=\"" + std::string(persistent) +
                                     "\" SPNameQualifier=\"urn:x:&quot;us&quot;\">") != std::string::npos);
    request.name_id_policy->allow_create = false;
    BOOST_TEST(written(request).find("AllowCreate") == std::string::npos);
    request.name_id_policy = NameIDPolicy{.format = std::string(transient), .sp_name_qualifier = {}};
    BOOST_TEST(written(request).find("<samlp:NameIDPolicy Format=\"" + std::string(transient) + "\">") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_to_ask_for_a_login_with_values_that_the_schema_does_not_allow) {
    AuthnRequest request = authn_request();
    request.authn_context_classes = {"urn:x:one", "PasswordProtectedTransport"};
    BOOST_TEST(rule_of_writing(request) == "saml.uri");
    request = authn_request();
    request.name_id_policy = NameIDPolicy{.format = "transient", .sp_name_qualifier = {}};
    BOOST_TEST(rule_of_writing(request) == "saml.uri");
    request.name_id_policy = NameIDPolicy{.format = {}, .sp_name_qualifier = ""};
    BOOST_TEST(rule_of_writing(request) == "saml.name_id");
    request.name_id_policy->sp_name_qualifier = "urn:x";
    BOOST_TEST(rule_of_writing(request) == "written");
}

BOOST_AUTO_TEST_CASE(writes_requests_for_a_login_in_the_very_form_that_libxml2_canonicalises_them_to) {
    std::mt19937 random(20260305);
    for (int i = 0; i < 200; ++i) {
        AuthnRequest request = authn_request();
        request.force_authn = random() % 2 == 0;
        request.is_passive = random() % 2 == 0;
        if (random() % 2) request.attribute_consuming_service = static_cast<std::uint16_t>(random());
        if (random() % 2)
            request.name_id_policy = NameIDPolicy{.format = {}, .sp_name_qualifier = random_text(random, 30)};
        for (std::size_t n = random() % 4; n > 0; --n) request.authn_context_classes.emplace_back("urn:x:a&b'c");
        const std::string octets = MessageSigner(ec_key().signing).sign(request).value().xml();
        BOOST_REQUIRE_EQUAL(without_signature(octets), canonical(without_signature(octets), "AuthnRequest"));
        BOOST_REQUIRE_EQUAL(signed_info(octets), canonical(octets, "SignedInfo"));
    }
}

BOOST_AUTO_TEST_CASE(writes_requests_in_the_very_form_that_libxml2_canonicalises_them_to) {
    std::mt19937 random(20260301);  // a fixed seed: the same documents every time
    for (int i = 0; i < 500; ++i) {
        const std::string octets = MessageSigner(ec_key().signing).sign(random_request(random)).value().xml();
        BOOST_REQUIRE_EQUAL(without_signature(octets), canonical(without_signature(octets), "LogoutRequest"));
        BOOST_REQUIRE_EQUAL(signed_info(octets), canonical(octets, "SignedInfo"));
    }
}

BOOST_AUTO_TEST_CASE(writes_responses_in_the_very_form_that_libxml2_canonicalises_them_to) {
    std::mt19937 random(20260302);
    for (int i = 0; i < 500; ++i) {
        LogoutResponse response = logout_response();
        response.status.code = static_cast<TopLevelStatus>(random() % 4);
        if (random() % 2) response.status.nested.emplace_back(uri(SecondLevelStatus::request_denied));
        if (random() % 2) response.status.message = random_text(random, 50) + "\r\n\t";
        if (random() % 2) response.destination = "https://idp.example.com/?a=1&b=2";
        if (random() % 2) response.in_response_to = std::nullopt;
        const std::string octets = MessageSigner(ec_key().signing).sign(response).value().xml();
        BOOST_REQUIRE_EQUAL(without_signature(octets), canonical(without_signature(octets), "LogoutResponse"));
        BOOST_REQUIRE_EQUAL(signed_info(octets), canonical(octets, "SignedInfo"));
    }
}

BOOST_AUTO_TEST_CASE(writes_numbered_prefixes_in_that_form_too_in_the_order_of_first_use) {
    std::mt19937 random(20260304);
    const MessageSigner signer = MessageSigner(ec_key().signing).with_prefixes(NamespacePrefixes::numbered);
    for (int i = 0; i < 200; ++i) {
        const LogoutRequest request = random_request(random);
        const std::string octets = signer.sign(request).value().xml();
        BOOST_REQUIRE_EQUAL(without_signature(octets, "ns2"),
                            canonical(without_signature(octets, "ns2"), "LogoutRequest"));
        BOOST_REQUIRE_EQUAL(signed_info(octets, "ns2"), canonical(octets, "SignedInfo"));
        std::size_t last = 0;
        for (const int number : {0, 1, 2, 3}) {
            const auto declared = octets.find(" xmlns:ns" + std::to_string(number) + "=");
            if (number == 3 && !request.asynchronous) continue;
            BOOST_REQUIRE(declared != std::string::npos);
            BOOST_REQUIRE(declared > last);
            last = declared;
        }
    }
    const std::string octets = signer.sign(logout_response()).value().xml();
    BOOST_TEST(octets.starts_with("<ns0:LogoutResponse xmlns:ns0="));
    BOOST_REQUIRE_EQUAL(without_signature(octets, "ns2"),
                        canonical(without_signature(octets, "ns2"), "LogoutResponse"));
}

BOOST_AUTO_TEST_CASE(writes_numbered_prefixes_that_the_verifier_reads) {
    const MessageSigner signer(ec_key().signing, NamespacePrefixes::numbered);
    const auto read =
        verify(soap::encode(signer.sign(logout_request()).value()), {ec_key().verification}, expectations());
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((*read)->id.str() == "_m1");
}

BOOST_AUTO_TEST_CASE(writes_messages_that_the_verifier_reads_back_unchanged) {
    std::mt19937 random(20260303);
    Expectations expected = expectations();
    expected.destinations.push_back(EndpointUrl::parse("https://sp.example.com/?a=1&b='2'").value());
    for (int i = 0; i < 200; ++i) {
        const LogoutRequest request = random_request(random);
        const auto read = verify(signed_envelope(request, ec_key()), {ec_key().verification}, expected);
        BOOST_REQUIRE(read.has_value());
        BOOST_REQUIRE((std::get<NameID>((*read)->identifier) == std::get<NameID>(request.identifier)));
        BOOST_REQUIRE(((*read)->session_indexes == request.session_indexes));
    }
}

BOOST_AUTO_TEST_CASE(refuses_to_write_values_that_the_schema_does_not_allow) {
    const MessageSigner signer(ec_key().signing);
    LogoutRequest request = logout_request();
    request.reason = "logged out";
    const auto reason = signer.sign(request);
    BOOST_REQUIRE(!reason);
    BOOST_TEST(is(reason.error(), Errc::uri_malformed));
    request = logout_request();
    request.identifier = BaseID{};
    const auto base_id = signer.sign(request);
    BOOST_REQUIRE(!base_id);
    BOOST_TEST(is(base_id.error(), Errc::schema_violation));
    LogoutResponse response = logout_response();
    response.status.nested = {"not a URI"};
    const auto status = signer.sign(response);
    BOOST_REQUIRE(!status);
    BOOST_TEST(is(status.error(), Errc::status_malformed));
}

BOOST_AUTO_TEST_CASE(refuses_other_requests_in_their_own_response_elements) {
    const MessageSigner signer(ec_key().signing);
    BOOST_TEST(signer.sign_refusal(RefusedRequest::authn_request, logout_response())
                   .value()
                   .xml()
                   .starts_with("<samlp:Response "));
    BOOST_TEST(signer.sign_refusal(RefusedRequest::artifact_resolve, logout_response())
                   .value()
                   .xml()
                   .starts_with("<samlp:ArtifactResponse "));
    BOOST_TEST(signer.sign_refusal(RefusedRequest::manage_name_id_request, logout_response())
                   .value()
                   .xml()
                   .starts_with("<samlp:ManageNameIDResponse "));
}

BOOST_AUTO_TEST_SUITE_END()
