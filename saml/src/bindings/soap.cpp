#include "slo/saml/soap.hpp"

#include <algorithm>
#include <array>

#include "received_message.hpp"
#include "request_reading.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml::soap {
namespace {

xml::Name soap11(std::string_view local) {
    return {vocabulary::soap11, local};
}

std::optional<std::string> soap_attribute(const xml::Element& element, std::string_view local) {
    for (auto& attribute : element.attributes()) {
        if (attribute.name == soap11(local)) return std::move(attribute.value);
    }
    return std::nullopt;
}

/// A header block is ours if it names no actor or the next one (SOAP 1.1 section 4.2.2).
bool is_for_us(const xml::Element& block) {
    const auto actor = soap_attribute(block, "actor");
    return !actor || actor->empty() || *actor == vocabulary::soap_actor_next;
}

Result<void> check_header(const xml::Element& header) {
    if (!header.has_only_element_content()) return fail(Errc::soap_structure, "text in Header");
    for (const auto& block : header.children()) {
        if (block.name().namespace_uri.empty()) return fail(Errc::soap_structure, "a header block in no namespace");
        const auto must_understand = soap_attribute(block, "mustUnderstand");
        if (!must_understand || *must_understand == "0") continue;
        if (*must_understand != "1") return fail(Errc::soap_structure, "mustUnderstand is neither 1 nor 0");
        //= SOAP 1.1 section 4.2.3
        //# If the mustUnderstand attribute is present with the value "1", the recipient [...] MUST either obey the
        //# semantics [...] or MUST fail processing the message
        if (is_for_us(block)) return fail(Errc::soap_must_understand);
    }
    return Done{};
}

/// The Body of a SOAP 1.1 envelope, after everything around it was checked.
Result<xml::Element> find_body(const xml::Element& root) {
    if (root.name().local != "Envelope") return fail(Errc::soap_structure, "the root isn't Envelope");
    if (root.name().namespace_uri != vocabulary::soap11) return fail(Errc::soap_version);
    if (!root.has_only_element_content()) return fail(Errc::soap_structure, "text in Envelope");
    auto children = root.children();
    const bool has_header = !children.empty() && children.front().is(soap11("Header"));
    const std::size_t body_at = has_header ? 1 : 0;
    if (children.size() != body_at + 1 || !children.back().is(soap11("Body"))) {
        return fail(Errc::soap_structure, "not Header (optional) and one Body");
    }
    if (has_header) {
        if (auto ok = check_header(children.front()); !ok) return ok.error();
    }
    return children.back();
}

Result<xml::Element> find_message(const xml::Document& document) {
    const auto body = find_body(document.root());
    if (!body) return body.error();
    if (!body->has_only_element_content()) return fail(Errc::soap_structure, "text in Body");
    //= SAML Bindings 3.2.2.1 l.306
    //# The requester MUST NOT include more than one SAML request per SOAP message or include any additional XML
    //# elements in the SOAP body.
    const auto children = body->children();
    if (children.size() != 1) return fail(Errc::soap_body_count);
    return children.front();
}

struct OtherRequest {
    std::string_view name;
    RefusedRequest kind;
};
constexpr std::array other_requests{
    OtherRequest{"AuthnRequest", RefusedRequest::authn_request},
    OtherRequest{"ManageNameIDRequest", RefusedRequest::manage_name_id_request},
    OtherRequest{"ArtifactResolve", RefusedRequest::artifact_resolve},
    OtherRequest{"AssertionIDRequest", RefusedRequest::query},
    OtherRequest{"AuthnQuery", RefusedRequest::query},
    OtherRequest{"AttributeQuery", RefusedRequest::query},
    OtherRequest{"AuthzDecisionQuery", RefusedRequest::query},
};

std::optional<RefusedRequest> other_request(const xml::Element& message) {
    if (message.name().namespace_uri != vocabulary::samlp) return std::nullopt;
    for (const auto& request : other_requests) {
        if (message.name().local == request.name) return request.kind;
    }
    return std::nullopt;
}

ReceivedMessage received(xml::Document document, const xml::Element& message, Binding binding,
                         std::optional<RefusedRequest> other) {
    return ReceivedMessage(
        std::make_unique<ReceivedMessage::Impl>(ReceivedMessage::Impl{std::move(document), message, binding, other}));
}

std::string_view name(FaultCode code) noexcept {
    switch (code) {
        case FaultCode::client:
            return "Client";
        case FaultCode::server:
            return "Server";
        case FaultCode::must_understand:
            return "MustUnderstand";
        case FaultCode::version_mismatch:
            return "VersionMismatch";
    }
    return "Server";
}

/// The class of a faultcode. It's a QName, whose prefix is bound at its place.
FaultCode fault_class(const xml::Element& faultcode) {
    const auto text = faultcode.text();
    if (!text) return FaultCode::server;
    constexpr std::string_view blanks = " \t\r\n";
    std::string_view value = *text;
    value.remove_prefix(std::min(value.find_first_not_of(blanks), value.size()));
    value = value.substr(0, value.find_last_not_of(blanks) + 1);
    const auto colon = value.find(':');
    const auto prefix = colon == std::string_view::npos ? std::string_view() : value.substr(0, colon);
    if (faultcode.namespace_of_prefix(prefix) != vocabulary::soap11) return FaultCode::server;
    //= SOAP 1.1 section 4.4.1
    //# The character "." (dot) is used as a separator of faultcode values indicating that what is to the left of the dot
    //# is a more generic fault code value than the value to the right.
    const auto local = value.substr(colon == std::string_view::npos ? 0 : colon + 1);
    const auto generic = local.substr(0, local.find('.'));
    for (const auto code :
         {FaultCode::client, FaultCode::server, FaultCode::must_understand, FaultCode::version_mismatch}) {
        if (generic == name(code)) return code;
    }
    return FaultCode::server;
}

constexpr std::string_view envelope_start =
    R"(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>)";
constexpr std::string_view envelope_end = "</S:Body></S:Envelope>";

}  // namespace

Result<ReceivedMessage> decode(std::string_view octets, const xml::Limits& limits) {
    auto document = xml::Document::parse(octets, limits);
    if (!document) return document.error();
    return enveloped_request(*std::move(document), Binding::soap);
}

Result<ReceivedMessage> enveloped_request(xml::Document document, Binding binding) {
    const auto message = find_message(document);
    if (!message) return message.error();
    return received_request(std::move(document), *message, binding);
}

Result<ReceivedMessage> decode_response(std::string_view octets, const xml::Limits& limits) {
    auto document = xml::Document::parse(octets, limits);
    if (!document) return document.error();
    const auto message = find_message(*document);
    if (!message) return message.error();
    if (message->name().namespace_uri != vocabulary::samlp) return fail(Errc::soap_structure, "not a samlp response");
    return received(*std::move(document), *message, Binding::soap, std::nullopt);
}

Result<FaultCode> decode_fault(std::string_view octets, const xml::Limits& limits) {
    const auto document = xml::Document::parse(octets, limits);
    if (!document) return document.error();
    const auto element = find_message(*document);
    if (!element) return element.error();
    if (!element->is(soap11("Fault"))) return fail(Errc::soap_structure, "not a Fault");
    for (const auto& child : element->children()) {
        if (child.is({"", "faultcode"})) return fault_class(child);
    }
    return FaultCode::server;
}

std::string encode(const SignedMessage& message) {
    std::string octets;
    octets.reserve(envelope_start.size() + message.xml().size() + envelope_end.size());
    octets += envelope_start;
    octets += message.xml();
    octets += envelope_end;
    return octets;
}

std::string fault(FaultCode code, std::string_view text) {
    std::string octets(envelope_start);
    octets += "<S:Fault><faultcode>S:";
    octets += name(code);
    octets += "</faultcode><faultstring>";
    xml::escape_text(octets, text);
    octets += "</faultstring>";
    //= SOAP 1.1 section 4.4
    //# It MUST be present if the contents of the Body element could not be successfully processed. It MUST NOT be used
    //# to carry information about error information belonging to header entries.
    if (code != FaultCode::must_understand) octets += "<detail/>";
    octets += "</S:Fault>";
    octets += envelope_end;
    return octets;
}

}  // namespace slo::saml::soap

namespace slo::saml {

Result<ReceivedMessage> received_request(xml::Document document, const xml::Element& message, Binding binding) {
    const auto other = soap::other_request(message);
    if (!other && !message.is({vocabulary::samlp, "LogoutRequest"})) return fail(Errc::not_a_saml_request);
    return soap::received(std::move(document), message, binding, other);
}

}  // namespace slo::saml
