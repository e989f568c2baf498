#include "xml_octets.hpp"

#include <algorithm>

#include "slo/saml/identifiers.hpp"
#include "vocabulary.hpp"

namespace slo::saml::xml {

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) noexcept {
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

bool declares_another_encoding(std::string_view octets) noexcept {
    if (!octets.starts_with("<?xml") || octets.size() < 6 ||
        std::string_view(" \t\r\n").find(octets[5]) == std::string_view::npos) {
        return false;
    }
    const std::string_view declaration = octets.substr(0, octets.find("?>"));
    const std::size_t name = declaration.find("encoding");
    if (name == std::string_view::npos) return false;
    const std::size_t open = declaration.find_first_of("\"'", name);
    if (open == std::string_view::npos) return true;
    const std::size_t close = declaration.find(declaration[open], open + 1);
    if (close == std::string_view::npos) return true;
    const std::string_view value = declaration.substr(open + 1, close - open - 1);
    if (equal_ignoring_case(value, "utf-8")) return false;
    // US-ASCII is UTF-8 as long as the text really is US-ASCII.
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    return !equal_ignoring_case(value, "us-ascii") || !std::all_of(octets.begin(), octets.end(), is_ascii);
}

std::uint64_t line_of_tag(std::string_view octets, std::uint64_t line) noexcept {
    const std::size_t begin = std::min(octets.rfind('<'), octets.size());
    return line - static_cast<std::uint64_t>(std::ranges::count(octets.substr(begin), '\n'));
}

bool is_schema_hint(const Name& attribute) noexcept {
    return attribute.namespace_uri == vocabulary::xsi_2001 &&
           (attribute.local == "schemaLocation" || attribute.local == "noNamespaceSchemaLocation");
}

std::string collapsed(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    for (const char c : value) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            text += c;
        } else if (!text.empty() && text.back() != ' ') {
            text += ' ';
        }
    }
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

bool canonicalises(std::string_view namespace_uri) noexcept {
    return namespace_uri.empty() ||
           (is_absolute_uri(namespace_uri) && namespace_uri.find('&') == std::string_view::npos);
}

}  // namespace slo::saml::xml
