#include "test_idp.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "slo/saml/error.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/saml/soap.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::examples {
namespace {

constexpr saml::xml::Name role{"urn:oasis:names:tc:SAML:2.0:metadata", "SPSSODescriptor"};
constexpr saml::xml::Name key_descriptor{"urn:oasis:names:tc:SAML:2.0:metadata", "KeyDescriptor"};
constexpr saml::xml::Name logout_service{"urn:oasis:names:tc:SAML:2.0:metadata", "SingleLogoutService"};
constexpr saml::xml::Name consumer_service{"urn:oasis:names:tc:SAML:2.0:metadata", "AssertionConsumerService"};
constexpr std::string_view soap_binding = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
constexpr std::string_view post_binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
constexpr saml::xml::Name x509_certificate{"http://www.w3.org/2000/09/xmldsig#", "X509Certificate"};

/// All of them below `element`, depth-first; the parser bounds the depth.
void collect(const saml::xml::Element& element, saml::xml::Name name, std::vector<saml::xml::Element>& found) {
    if (element.is(name)) found.push_back(element);
    for (const saml::xml::Element& child : element.children()) collect(child, name, found);
}

Result<saml::MessageSigner> make_signer(Instant now) {
    const auto made = saml::generate_key(saml::KeyKind::rsa_2048, "test IdP", now, std::chrono::days(365));
    if (!made) return made.error();
    auto key = saml::SigningKey::parse(made->private_key_pem, made->certificate_pem);
    if (!key) return std::move(key).error();
    return saml::MessageSigner(*std::move(key));
}

std::string key_descriptor_of(const saml::MessageSigner& signer) {
    return R"(<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>)"
           "<ds:X509Certificate>" +
           signer.key().certificate().base64() + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
}

}  // namespace

Result<TestIdp> TestIdp::make(const saml::EntityID& entity_id, Instant now) {
    auto signer = make_signer(now);
    if (!signer) return std::move(signer).error();
    return TestIdp(entity_id, *std::move(signer));
}

TestIdp TestIdp::with_key(saml::EntityID entity_id, saml::SigningKey key) {
    return TestIdp(std::move(entity_id), saml::MessageSigner(std::move(key)));
}

TestIdp TestIdp::under_name(saml::EntityID name) const {
    TestIdp other = *this;
    other.entity_id_ = std::move(name);
    return other;
}

Result<void> TestIdp::publish_next_key(Instant now) {
    auto next = make_signer(now);
    if (!next) return std::move(next).error();
    other_ = *std::move(next);
    return Done{};
}

void TestIdp::sign_with_next_key() {
    if (other_) std::swap(signer_, *other_);
}

void TestIdp::drop_old_key() {
    other_.reset();
}

std::string TestIdp::metadata(const std::string& slo_url) const {
    std::string name;
    saml::xml::escape_attribute(name, entity_id_.str());
    std::string slo;
    if (!slo_url.empty()) {
        slo = R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location=")";
        saml::xml::escape_attribute(slo, slo_url);
        slo += "\"/>";
    }
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID=")" + name +
           R"("><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">)" +
           key_descriptor_of(signer_) + (other_ ? key_descriptor_of(*other_) : std::string()) + slo +
           R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
           R"(Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

Result<std::string> TestIdp::respond(const WantedSignOn& wanted, Instant now) const {
    return response_of(entity_id_, signer_.key(), wanted, now);
}

Result<saml::LogoutRequest> TestIdp::request_for(const WantedLogout& wanted, Instant now) const {
    auto id = saml::random_message_id();
    if (!id) return std::move(id).error();
    return saml::LogoutRequest{.id = *std::move(id),
                               .version = {},
                               .issue_instant = now,
                               .destination = wanted.destination,
                               .consent = {},
                               .issuer = entity_id_,
                               .asynchronous = false,
                               .identifier = wanted.name_id,
                               .session_indexes = wanted.session_indexes,
                               .not_on_or_after = now + std::chrono::minutes(5),
                               .reason = {}};
}

Result<SentLogout> TestIdp::order(const WantedLogout& wanted, Instant now) const {
    const auto request = request_for(wanted, now);
    if (!request) return request.error();
    const auto message = signer_.sign(*request);
    if (!message) return message.error();
    return SentLogout{request->id, now, saml::soap::encode(*message)};
}

Result<std::string> TestIdp::redirect_order(const WantedLogout& wanted, const std::string& relay_state,
                                            Instant now) const {
    const auto request = request_for(wanted, now);
    if (!request) return request.error();
    const auto state = saml::redirect::RelayState::from(relay_state);
    if (!state) return state.error();
    const auto url = saml::redirect::encode(*request, *state, signer_.key());
    if (!url) return url.error();
    return url->url();
}

Result<std::string> TestIdp::answer(const saml::MessageID& request, saml::Status status, Instant now) const {
    auto id = saml::random_message_id();
    if (!id) return std::move(id).error();
    const auto message = signer_.sign(saml::LogoutResponse{.id = *std::move(id),
                                                           .version = {},
                                                           .issue_instant = now,
                                                           .destination = {},
                                                           .consent = {},
                                                           .in_response_to = request,
                                                           .issuer = entity_id_,
                                                           .status = std::move(status)});
    if (!message) return message.error();
    return saml::soap::encode(*message);
}

Result<TrustedSp> TrustedSp::from_metadata(std::string_view octets) {
    const auto document = saml::xml::Document::parse(octets, saml::xml::metadata_limits);
    if (!document) return document.error();
    auto entity_id = saml::EntityID::parse(document->root().attribute("entityID").value_or(""));
    if (!entity_id) return std::move(entity_id).error();
    TrustedSp sp{.entity_id = *std::move(entity_id), .certificates = {}};
    std::vector<saml::xml::Element> roles;
    std::vector<saml::xml::Element> keys;
    std::vector<saml::xml::Element> certificates;
    std::vector<saml::xml::Element> services;
    std::vector<saml::xml::Element> consumers;
    collect(document->root(), role, roles);
    for (const auto& element : roles) collect(element, key_descriptor, keys);
    for (const auto& element : roles) collect(element, logout_service, services);
    for (const auto& element : roles) collect(element, consumer_service, consumers);
    for (const auto& element : services) {
        const auto url = saml::EndpointUrl::parse(element.attribute("Location").value_or(""));
        if (element.attribute("Binding") == soap_binding && url && !sp.slo_url) sp.slo_url = *url;
    }
    for (const auto& element : consumers) {
        const auto url = saml::EndpointUrl::parse(element.attribute("Location").value_or(""));
        if (element.attribute("Binding") == post_binding && url && !sp.acs_url) sp.acs_url = *url;
    }
    for (const auto& key : keys) {
        if (key.attribute("use").value_or("signing") == "signing") collect(key, x509_certificate, certificates);
    }
    for (const auto& element : certificates) {
        const auto text = element.text();
        if (!text) return text.error();
        auto certificate = saml::Certificate::from_base64(*text);
        if (!certificate) return std::move(certificate).error();
        sp.certificates.push_back(*std::move(certificate));
    }
    if (sp.certificates.empty())
        return saml::fail(saml::KeyErrc::certificate_unreadable, "metadata without a certificate");
    return sp;
}

Result<saml::VerificationKeys> TrustedSp::keys() const {
    saml::VerificationKeys keys;
    for (const saml::Certificate& certificate : certificates) {
        auto key = saml::VerificationKey::from(certificate);
        if (!key) return std::move(key).error();
        keys.push_back(*std::move(key));
    }
    return keys;
}

saml::Expectations TrustedSp::expectations(Instant now) const {
    return {.issuer = entity_id,
            .destinations = {},
            .destination_rule = saml::DestinationRule::optional,
            .now = now,
            .algorithms = {}};
}

Result<saml::LogoutRequest> TrustedSp::read_request(std::string_view body, const saml::EndpointUrl& destination,
                                                    Instant now) const {
    auto message = saml::soap::decode(body);
    if (!message) return std::move(message).error();
    const auto unverified = saml::UnverifiedLogoutRequest::parse(*message);
    if (!unverified) return unverified.error();
    const auto trusted = keys();
    if (!trusted) return trusted.error();
    saml::Expectations expected = expectations(now);
    expected.destinations = {destination};
    expected.destination_rule = saml::DestinationRule::required;
    auto request = saml::MessageVerifier::verify(*unverified, *trusted, expected);
    if (!request) return std::move(request).error();
    return **request;
}

Result<saml::Status> TrustedSp::read_answer(std::string_view body, const SentLogout& request, Instant now) const {
    auto message = saml::soap::decode_response(body);
    if (!message) return std::move(message).error();
    const auto unverified = saml::UnverifiedLogoutResponse::parse(*message);
    if (!unverified) return unverified.error();
    const auto trusted = keys();
    if (!trusted) return trusted.error();
    auto response = saml::MessageVerifier::verify(*unverified, *trusted, request.id, expectations(now));
    if (!response) return std::move(response).error();
    return (*response)->status;
}

saml::NameID persistent_name(std::string value) {
    return {.value = std::move(value),
            .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            .name_qualifier = {},
            .sp_name_qualifier = {},
            .sp_provided_id = {}};
}

std::string short_text(const saml::Status& status) {
    const auto last_part = [](std::string_view code) { return std::string(code.substr(code.rfind(':') + 1)); };
    std::string text = last_part(saml::uri(status.code));
    for (const std::string& code : status.nested) text += "/" + last_part(code);
    return text;
}

}  // namespace slo::examples
