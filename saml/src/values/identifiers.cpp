#include "slo/saml/identifiers.hpp"

#include <algorithm>
#include <array>

#include "slo/saml/error.hpp"
#include "slo/saml/url_view.hpp"
#include "utf8.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_uri_bytes = 1024;
constexpr std::size_t max_message_id_bytes = 1024;
constexpr std::string_view white_space = " \t\r\n";
constexpr std::size_t max_session_index_bytes = 1024;

// Locale-free, unlike <cctype>.
constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// In valid UTF-8, C2 80 to C2 9F are U+0080 to U+009F.
bool has_control(std::string_view utf8) noexcept {
    unsigned char previous = 0;
    for (const char c : utf8) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7F || (previous == 0xC2 && octet < 0xA0)) return true;
        previous = octet;
    }
    return false;
}

// U+FFFE and U+FFFF are valid UTF-8, but no message can carry them: they are no Char of XML 1.0.
bool has_non_xml_char(std::string_view utf8) noexcept {
    return utf8.find("\xEF\xBF\xBE") != std::string_view::npos || utf8.find("\xEF\xBF\xBF") != std::string_view::npos;
}

/// The octets that a URI may have, or an IRI beyond ASCII. A table, because every namespace name is asked.
constexpr std::array<bool, 256> uri_octets = [] {
    std::array<bool, 256> allowed{};
    for (std::size_t octet = 0x21; octet < allowed.size(); ++octet) allowed[octet] = octet != 0x7F;
    for (const char c : {'<', '>', '"', '{', '}', '|', '\\', '^', '`'}) allowed[static_cast<unsigned char>(c)] = false;
    return allowed;
}();

}  // namespace

bool is_clean_value(std::string_view text, std::size_t max_bytes) noexcept {
    return is_xml_value(text, max_bytes) && !has_control(text);
}

//= XML 1.0, section 2.2
//# Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]
bool is_xml_value(std::string_view text, std::size_t max_bytes) noexcept {
    if (text.empty() || text.size() > max_bytes) return false;
    if (text.find_first_not_of(white_space) == std::string_view::npos) return false;
    // Markup's, of a sender that indents: no session would be found under the name, and the answer would be Success.
    constexpr std::string_view line_ends_and_tabs = "\t\r\n";
    if (line_ends_and_tabs.find(text.front()) != std::string_view::npos) return false;
    if (line_ends_and_tabs.find(text.back()) != std::string_view::npos) return false;
    const bool has_no_char = std::ranges::any_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && white_space.find(c) == std::string_view::npos;
    });
    return utf8_length(text) && !has_no_char && !has_non_xml_char(text);
}

bool is_absolute_uri(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
    const std::string_view scheme = text.substr(0, colon);
    if (scheme.empty() || !is_alpha(scheme.front())) return false;
    const auto is_scheme_char = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
    if (!std::all_of(scheme.begin(), scheme.end(), is_scheme_char)) return false;
    const std::string_view rest = text.substr(colon);
    if (!std::all_of(rest.begin(), rest.end(), [](char c) { return uri_octets[static_cast<unsigned char>(c)]; }))
        return false;
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    return std::all_of(rest.begin(), rest.end(), is_ascii) || is_clean_value(rest, rest.size());
}

bool EntityIDKind::accepts(std::string_view text) noexcept {
    return text.size() <= max_uri_bytes && is_absolute_uri(text);
}
// What a URI can't hold would need an escape where a name is shown, and white space is taken off in metadata.
bool EntityIDKind::accepts_opaque(std::string_view text) noexcept {
    const bool is_shown_as_it_is =
        std::ranges::all_of(text, [](char c) { return c == ' ' || uri_octets[static_cast<unsigned char>(c)]; });
    const bool is_collapsed =
        !text.starts_with(' ') && !text.ends_with(' ') && text.find("  ") == std::string_view::npos;
    return is_clean_value(text, max_uri_bytes) && is_shown_as_it_is && is_collapsed;
}
Failure EntityIDKind::refuse() {
    return fail(Errc::uri_malformed, "not an absolute URI of at most 1024 bytes");
}

Result<EntityID> read_entity_id(std::string_view text, EntityIDForm form) {
    return form == EntityIDForm::opaque ? EntityID::opaque(text) : EntityID::parse(text);
}

bool MessageIDKind::accepts(std::string_view text) noexcept {
    if (text.empty() || text.size() > max_message_id_bytes) return false;
    if (!is_alpha(text.front()) && text.front() != '_') return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; });
}
Failure MessageIDKind::refuse() {
    return fail(Errc::id_malformed, "not an NCName of at most 1024 ASCII characters");
}

bool SessionIndexKind::accepts(std::string_view text) noexcept {
    return is_xml_value(text, max_session_index_bytes);
}
Failure SessionIndexKind::refuse() {
    return fail(Errc::session_index_malformed,
                "blank, longer than 1024 bytes, not of XML's characters, or with a line end or tab around it");
}

bool EndpointUrlKind::accepts(std::string_view text) noexcept {
    return text.size() <= max_uri_bytes && split_url(text).has_value();
}
Failure EndpointUrlKind::refuse() {
    return fail(Errc::uri_malformed, "not an http or https URL with a host, without user information and fragment");
}

}  // namespace slo::saml
