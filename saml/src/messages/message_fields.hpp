// A walk along the children of a message, in the schema's order, and the fields that all messages share.
#pragma once

#include <optional>
#include <string>

#include "message_reading.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/time.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// ChildCursor walks over the children: take() returns the next one if it has that name. Children left at the end were
/// not allowed.
class ChildCursor {
public:
    explicit ChildCursor(const xml::Element& parent) : next_(parent.first_child()) {}
    [[nodiscard]] std::optional<xml::Element> take(xml::Name name) {
        if (!next_ || !next_->is(name)) return std::nullopt;
        const auto taken = next_;
        next_ = next_->next_sibling();
        return taken;
    }
    [[nodiscard]] const std::optional<xml::Element>& rest() const noexcept { return next_; }

private:
    std::optional<xml::Element> next_;
};

/// HeaderFields are the attributes of RequestAbstractType and StatusResponseType (Core 3.2.1, 3.2.2).
struct HeaderFields {
    MessageID id;
    Version version;
    Instant issue_instant;
    std::optional<std::string> destination;
    std::optional<std::string> consent;
};

/// read_header reads them. Errors: Errc::schema_violation and the value errors.
[[nodiscard]] Result<HeaderFields> read_header(const xml::Element& message, const MessageForms& forms);

/// read_extensions returns whether aslo:Asynchronous is among the extensions; all others are passed over unread (Core
/// 3.2.1 l.1495). Errors: Errc::schema_violation.
[[nodiscard]] Result<bool> read_extensions(const xml::Element& extensions);

/// CommonFields are all fields of RequestAbstractType and StatusResponseType.
struct CommonFields : HeaderFields {
    EntityID issuer;
    bool asynchronous = false;
};

/// Reads them and moves `children` behind Issuer and Extensions. Errors: Errc::schema_violation and the value errors.
[[nodiscard]] Result<CommonFields> read_common_fields(const xml::Element& message, ChildCursor& children,
                                                      const MessageForms& forms, OwnSignature own_signature);

}  // namespace slo::saml
