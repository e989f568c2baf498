// Reading Response (SAML Core 3.3.3), a StatusResponseType with assertions behind its Status.
#include "assertion_reading.hpp"
#include "message_fields.hpp"
#include "message_reading.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

Result<std::optional<EntityID>> read_optional_issuer(ChildCursor& children, const MessageForms& forms) {
    const auto element = children.take({vocabulary::saml, "Issuer"});
    if (!element) return std::optional<EntityID>{};
    auto issuer = read_issuer(*element, forms);
    if (!issuer) return issuer.error();
    return std::optional<EntityID>(*std::move(issuer));
}

Result<std::optional<MessageID>> read_in_response_to(const xml::Element& root) {
    const auto attribute = root.collapsed_attribute("InResponseTo");
    if (!attribute) return std::optional<MessageID>{};
    auto id = MessageID::parse(*attribute);
    if (!id) return id.error();
    return std::optional<MessageID>(*std::move(id));
}

}  // namespace

Result<Response> read_response(const xml::Element& root, const MessageForms& forms) {
    if (!root.is({vocabulary::samlp, "Response"})) return schema_violation(root, "not Response");
    if (auto ok = expect_attributes(root, {"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"},
                                    {vocabulary::samlp, "ResponseType"});
        !ok) {
        return ok.error();
    }
    auto header = read_header(root, forms);
    if (!header) return header.error();
    auto in_response_to = read_in_response_to(root);
    if (!in_response_to) return in_response_to.error();
    ChildCursor children(root);
    auto issuer = read_optional_issuer(children, forms);
    if (!issuer) return issuer.error();
    if (const auto extensions = children.take({vocabulary::samlp, "Extensions"})) {
        if (const auto ok = read_extensions(*extensions); !ok) return ok.error();
    }
    const auto status_element = children.take({vocabulary::samlp, "Status"});
    if (!status_element) return fail(Errc::status_malformed, "no Status");
    auto status = read_status(*status_element);
    if (!status) return status.error();
    for (auto rest = children.rest(); rest; rest = rest->next_sibling()) {
        if (!rest->is({vocabulary::saml, "Assertion"}) && !rest->is({vocabulary::saml, "EncryptedAssertion"})) {
            return schema_violation(*rest, "an element that may not stand here");
        }
    }
    return Response{.id = std::move(header->id),
                    .version = header->version,
                    .issue_instant = header->issue_instant,
                    .destination = std::move(header->destination),
                    .in_response_to = *std::move(in_response_to),
                    .issuer = *std::move(issuer),
                    .status = *std::move(status)};
}

}  // namespace slo::saml
