// Strings with a meaning are types of their own: one can't be passed for another, and none exists half-checked.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// ParsedString is a string that satisfied its kind's grammar once, in parse(). Compared byte by byte (Core 1.3.1
/// l.280).
template <class Kind>
class ParsedString {
public:
    /// parse checks `text`. Errors: Kind::malformed.
    [[nodiscard]] static Result<ParsedString> parse(std::string_view text) {
        if (!Kind::accepts(text)) return Kind::refuse();
        return ParsedString(std::string(text));
    }
    /// opaque takes any entityID that is fit to be shown, URI or not: for a partner, or for us, whose configuration
    /// says that its name is none, and for what was accepted before. Errors: Kind::malformed.
    [[nodiscard]] static Result<ParsedString> opaque(std::string_view text) requires requires {
        Kind::accepts_opaque(text);
    }
    {
        if (!Kind::accepts_opaque(text)) return Kind::refuse();
        return ParsedString(std::string(text));
    }
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    friend auto operator<=>(const ParsedString&, const ParsedString&) = default;

private:
    explicit ParsedString(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// EntityID is an entity identifier: an absolute URI of 1 to 1024 bytes (Core 8.3.6 l.3315). An opaque one has the same
/// octets and blanks inside it, one at a time, but needn't be a URI (WSO2's `localhost`).
struct EntityIDKind {
    static bool accepts(std::string_view text) noexcept;
    static bool accepts_opaque(std::string_view text) noexcept;
    static Failure refuse();
};
/// MessageID is an NCName of 1 to 1024 ASCII characters (Core 1.3.4; xs:ID, narrowed).
struct MessageIDKind {
    static bool accepts(std::string_view text) noexcept;
    static Failure refuse();
};
/// SessionIndex: opaque, an is_xml_value of 1 to 1024 bytes (256 characters outside the BMP, Kantara IIP-G02).
struct SessionIndexKind {
    static bool accepts(std::string_view text) noexcept;
    static Failure refuse();
};
/// EndpointUrl is an endpoint's: http or https, a host, no user information, no fragment, at most 1024 bytes.
struct EndpointUrlKind {
    static bool accepts(std::string_view text) noexcept;
    static Failure refuse();
};
using EntityID = ParsedString<EntityIDKind>;
using MessageID = ParsedString<MessageIDKind>;
using SessionIndex = ParsedString<SessionIndexKind>;
using EndpointUrl = ParsedString<EndpointUrlKind>;

/// EntityIDForm is the form that the entityID of one partner, or ours, may have.
enum class EntityIDForm { absolute_uri, opaque };
/// read_entity_id reads an entityID of that form. Errors: Errc::uri_malformed.
[[nodiscard]] Result<EntityID> read_entity_id(std::string_view text, EntityIDForm form);

/// random_message_id makes an ID of '_' and 40 hex digits: 160 bits from OpenSSL's CSPRNG (Core 1.3.4 l.318-329).
/// Errors: KeyErrc::crypto_failure. Thread-safe.
[[nodiscard]] Result<MessageID> random_message_id();

/// is_absolute_uri accepts a scheme, a colon, text after it, and no blank, control or `<>"{}|\^` and backtick (RFC
[[nodiscard]] bool is_absolute_uri(std::string_view text) noexcept;

/// is_clean_value accepts an is_xml_value without C0 and C1 controls and DEL: a text that people read.
[[nodiscard]] bool is_clean_value(std::string_view text, std::size_t max_bytes) noexcept;

/// is_xml_value accepts 1 to `max_bytes` bytes of valid UTF-8, each a character of XML 1.0, at least one of them no
/// white space (Core 1.3.1 l.277). What an IdP calls a user may hold a carriage return or a C1 control: a name is
/// compared octet by octet, and no log shows it.
[[nodiscard]] bool is_xml_value(std::string_view text, std::size_t max_bytes) noexcept;

}  // namespace slo::saml

template <class Kind>
struct std::hash<slo::saml::ParsedString<Kind>> {
    std::size_t operator()(const slo::saml::ParsedString<Kind>& value) const noexcept {
        return std::hash<std::string>{}(value.str());
    }
};
