#include "message_fields.hpp"

#include <tuple>

#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

/// An absent URI attribute, or an absolute URI. An empty Destination counts as absent: pysaml2 writes it so.
Result<std::optional<std::string>> read_destination(const xml::Element& message) {
    auto value = message.collapsed_attribute("Destination");
    if (!value || value->empty()) return std::optional<std::string>{};
    if (!is_absolute_uri(*value)) return fail(Errc::uri_malformed, "Destination");
    return value;
}

}  // namespace

Result<bool> read_extensions(const xml::Element& extensions) {
    if (auto ok = expect_attributes(extensions, {}, {vocabulary::samlp, "ExtensionsType"}); !ok) return ok.error();
    if (!extensions.has_only_element_content()) return schema_violation(extensions, "text in Extensions");
    if (!extensions.first_child()) return schema_violation(extensions, "empty Extensions");
    bool asynchronous = false;
    for (const auto& child : extensions.children()) {
        //= SAML Core 3.2.1 l.1499
        //# The namespace-qualified elements [...] MUST NOT be in a SAML-defined namespace
        const std::string_view uri = child.name().namespace_uri;
        if (uri.empty() || uri == vocabulary::samlp || uri == vocabulary::saml) {
            return schema_violation(child, "an extension in a SAML namespace, or in none");
        }
        if (child.is({vocabulary::aslo, "Asynchronous"})) asynchronous = true;
    }
    return asynchronous;
}

Result<HeaderFields> read_header(const xml::Element& message, const MessageForms& forms) {
    if (!message.has_only_element_content()) return schema_violation(message, "text between the elements");
    const auto version = read_version(message);
    if (!version) return version.error();
    const auto id_attribute = message.collapsed_attribute("ID");
    if (!id_attribute) return fail(Errc::id_malformed, "no ID");
    auto id = MessageID::parse(*id_attribute);
    if (!id) return id.error();
    const auto instant_attribute = message.collapsed_attribute("IssueInstant");
    if (!instant_attribute) return schema_violation(message, "no IssueInstant");
    const auto issue_instant = read_instant(*instant_attribute, forms);
    if (!issue_instant) return issue_instant.error();
    auto destination = read_destination(message);
    if (!destination) return destination.error();
    auto consent = message.collapsed_attribute("Consent");
    if (consent && !is_absolute_uri(*consent)) return fail(Errc::uri_malformed, "Consent");
    return HeaderFields{.id = *std::move(id),
                        .version = *version,
                        .issue_instant = *issue_instant,
                        .destination = *std::move(destination),
                        .consent = std::move(consent)};
}

Result<CommonFields> read_common_fields(const xml::Element& message, ChildCursor& children, const MessageForms& forms,
                                        OwnSignature own_signature) {
    auto header = read_header(message, forms);
    if (!header) return header.error();
    const auto issuer_element = children.take({vocabulary::saml, "Issuer"});
    if (!issuer_element) return fail(Errc::issuer_malformed, "no Issuer");
    auto issuer = read_issuer(*issuer_element, forms);
    if (!issuer) return issuer.error();
    if (own_signature == OwnSignature::ignored) std::ignore = children.take({vocabulary::ds, "Signature"});
    bool asynchronous = false;
    if (const auto extensions = children.take({vocabulary::samlp, "Extensions"})) {
        const auto found = read_extensions(*extensions);
        if (!found) return found.error();
        asynchronous = *found;
    }
    return CommonFields{*std::move(header), *std::move(issuer), asynchronous};
}

}  // namespace slo::saml
