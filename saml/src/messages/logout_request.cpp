// Reading LogoutRequest (SAML Core 3.7.1):
//
//   <complexType name="LogoutRequestType"><extension base="samlp:RequestAbstractType"><sequence>
//     <choice> saml:BaseID | saml:NameID | saml:EncryptedID </choice>
//     <element ref="samlp:SessionIndex" minOccurs="0" maxOccurs="unbounded"/>
//   </sequence><attribute name="Reason" .../><attribute name="NotOnOrAfter" .../>
#include "slo/saml/logout_request.hpp"

#include "message_fields.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

using Identifier = std::variant<NameID, EncryptedID, BaseID>;

Result<Identifier> read_identifier(const xml::Element& message, ChildCursor& children, const MessageForms& forms) {
    if (const auto element = children.take({vocabulary::saml, "NameID"})) {
        auto name_id = read_name_id(*element, forms);
        if (!name_id) return name_id.error();
        return Identifier(*std::move(name_id));
    }
    if (const auto element = children.take({vocabulary::saml, "EncryptedID"})) {
        auto encrypted_id = read_encrypted_id(*element);
        // Every fault of it looks the same from outside (erratum E93).
        if (!encrypted_id) return fail(Errc::decryption_failed, encrypted_id.error().detail);
        return Identifier(*std::move(encrypted_id));
    }
    if (children.take({vocabulary::saml, "BaseID"})) return Identifier(BaseID{});
    return schema_violation(message, "no BaseID, NameID or EncryptedID in its place");
}

Result<std::vector<SessionIndex>> read_session_indexes(ChildCursor& children) {
    std::vector<SessionIndex> indexes;
    while (const auto element = children.take({vocabulary::samlp, "SessionIndex"})) {
        if (auto ok = expect_attributes(*element, {}, {vocabulary::xs, "string"}); !ok) return ok.error();
        const auto text = element->text();
        if (!text) return text.error();
        auto index = SessionIndex::parse(*text);
        if (!index) return index.error();
        indexes.push_back(*std::move(index));
    }
    return indexes;
}

}  // namespace

Result<LogoutRequest> read_logout_request(const xml::Element& root, const MessageForms& forms,
                                          OwnSignature own_signature) {
    if (!root.is({vocabulary::samlp, "LogoutRequest"})) return schema_violation(root, "not LogoutRequest");
    if (auto ok = expect_attributes(
            root, {"ID", "Version", "IssueInstant", "Destination", "Consent", "Reason", "NotOnOrAfter"},
            {vocabulary::samlp, "LogoutRequestType"});
        !ok) {
        return ok.error();
    }
    ChildCursor children(root);
    auto common = read_common_fields(root, children, forms, own_signature);
    if (!common) return common.error();
    auto identifier = read_identifier(root, children, forms);
    if (!identifier) return identifier.error();
    auto session_indexes = read_session_indexes(children);
    if (!session_indexes) return session_indexes.error();
    if (children.rest()) return schema_violation(*children.rest(), "an element that may not stand here");

    std::optional<Instant> not_on_or_after;
    if (const auto attribute = root.collapsed_attribute("NotOnOrAfter")) {
        const auto instant = read_instant(*attribute, forms);
        if (!instant) return instant.error();
        not_on_or_after = *instant;
    }
    return LogoutRequest{.id = std::move(common->id),
                         .version = common->version,
                         .issue_instant = common->issue_instant,
                         .destination = std::move(common->destination),
                         .consent = std::move(common->consent),
                         .issuer = std::move(common->issuer),
                         .asynchronous = common->asynchronous,
                         .identifier = *std::move(identifier),
                         .session_indexes = *std::move(session_indexes),
                         .not_on_or_after = not_on_or_after,
                         .reason = root.attribute("Reason")};
}

}  // namespace slo::saml
