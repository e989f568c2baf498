// Any octets are refused or become the one message that another reader sees too; no unsigned message verifies.
#include "fuzz.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"
#include "xml_reading.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

/// The envelope as libxml2 alone reads it: one Body, in it one element.
test::XmlNode only_message(std::string_view octets) {
    const auto envelope = test::read_xml(octets);
    fuzz::require(envelope.is(test::soap_ns, "Envelope"));
    const auto& body = envelope.only(test::soap_ns, "Body");
    fuzz::require(body.children.size() == 1);
    return body.children.front();
}

void check_claims(ReceivedMessage& message, const test::XmlNode& seen) {
    const auto id = seen.attributes.find("ID");
    const auto claimed_id = message.claimed_id();
    if (claimed_id) fuzz::require(id != seen.attributes.end() && claimed_id->str() == id->second);
    fuzz::require(message.answer_version() <= Version{});

    const Expectations expected{.issuer = EntityID::parse("urn:nobody").value(),
                                .destinations = {},
                                .now = parse_instant("2030-01-15T10:00:00Z").value(),
                                .algorithms = {}};
    const auto request = UnverifiedLogoutRequest::parse(message);
    if (request) {
        fuzz::require(seen.is(test::samlp_ns, "LogoutRequest") && claimed_id == request->claimed_id());
        fuzz::require(seen.children.front().is(test::saml_ns, "Issuer") &&
                      seen.children.front().text == request->claimed_issuer().str());
        fuzz::require(!MessageVerifier::verify(*request, {}, expected));
    } else if (const auto response = UnverifiedLogoutResponse::parse(message)) {
        fuzz::require(seen.is(test::samlp_ns, "LogoutResponse") && claimed_id == response->claimed_id());
        fuzz::require(!MessageVerifier::verify(*response, {}, response->claimed_id(), expected));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    auto request = soap::decode(input);
    auto response = soap::decode_response(input);
    const auto form = saml::form::decode(input);
    // An envelope alone may come under either media type.
    if (form) fuzz::require(form->binding() != Binding::form_logout_request || !input.starts_with('<') || request);
    if (request) check_claims(*request, only_message(input));
    if (response) check_claims(*response, only_message(input));
    return 0;
}
