#include "html.hpp"

#include <algorithm>

namespace slo::sp {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The length of the one character beyond ASCII that `text` begins with (RFC 3629, 4); 0 if there is none, or a C1
/// control, which HTML reads as another character.
std::size_t character_length(std::string_view text) noexcept {
    const auto octet = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    std::size_t length = 0;
    unsigned lowest = 0x80;  // of the second octet: neither overlong, nor a surrogate, nor above U+10FFFF
    unsigned highest = 0xBF;
    const unsigned first = octet(0);
    if (first >= 0xC2 && first <= 0xDF) length = 2;
    if (first >= 0xE0 && first <= 0xEF) length = 3;
    if (first >= 0xF0 && first <= 0xF4) length = 4;
    if (first == 0xC2 || first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
    if (length == 0 || text.size() < length || octet(1) < lowest || octet(1) > highest) return 0;
    return std::ranges::all_of(text.substr(1, length - 1), continues) ? length : 0;
}

/// What stands for an ASCII character.
std::string_view escaped(const char& c) noexcept {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        case '\t':
            return "&#9;";
        case '\n':
            return "&#10;";  // a line break as it is may be dropped or changed by the parser
        case '\r':
            return "&#13;";
        default:
            return c < ' ' || c == 0x7f ? replacement : std::string_view(&c, 1);
    }
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string html;
    while (!text.empty()) {
        const bool is_ascii = static_cast<unsigned char>(text[0]) < 0x80;
        const std::size_t length = is_ascii ? 1 : character_length(text);
        if (is_ascii) {
            html += escaped(text[0]);
        } else {
            html += length == 0 ? replacement : text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return html;
}

}  // namespace slo::sp
