#include "output.hpp"

#include <algorithm>
#include <cstdio>

namespace slo::tool {
namespace {

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

/// Takes one code point off the front of `text`; U+FFFD where there is none.
char32_t take_code_point(std::string_view& text) {
    constexpr char32_t replacement = 0xFFFD;
    const auto first = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (first < 0x80) return first;
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || text.size() < more) return replacement;
    char32_t value = first & (0x3FU >> more);
    for (std::size_t i = 0; i < more; ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if ((octet & 0xC0U) != 0x80U) return replacement;
        value = value << 6U | (octet & 0x3FU);
    }
    const char32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return replacement;
    text.remove_prefix(more);
    return value;
}

void append_escape(std::string& out, char32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(unit >> shift) & 0xFU];
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return !is_printable(c); }, '?');
    return out;
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const char32_t point = take_code_point(text);
        if (point > 0xFFFF) {
            append_escape(out, 0xD800 + ((point - 0x10000) >> 10U));
            append_escape(out, 0xDC00 + ((point - 0x10000) & 0x3FFU));
        } else if (point > 0x7F || !is_printable(static_cast<char>(point))) {
            append_escape(out, point);
        } else {
            if (point == U'"' || point == U'\\') out += '\\';
            out += static_cast<char>(point);
        }
    }
    return out + "\"";
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
    return add_value(name, json_text(text));
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t number) {
    return add_value(name, std::to_string(number));
}

JsonObject& JsonObject::add_value(std::string_view name, std::string_view value) {
    if (!members_.empty()) members_ += ",";
    members_ += json_text(name) + ":";
    members_ += value;
    return *this;
}

std::string json_array(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values) out += (out.size() == 1 ? "" : ",") + value;
    return out + "]";
}

std::string Table::str() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += printable(row[i]);
            if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

ExitCode print(std::string_view text, ExitCode code) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return code;
    return complain("can't write to the standard output; check where it goes", ExitCode::usage);
}

ExitCode complain(std::string_view text, ExitCode code) {
    std::fprintf(stderr, "saml-slo: %s\n", printable(text).c_str());
    return code;
}

}  // namespace slo::tool
