#include "slo/sp/json.hpp"

namespace slo::sp {

namespace {

constexpr char32_t replacement = 0xFFFD;

/// Takes one character off the front of `text`; U+FFFD and a single byte if it isn't UTF-8.
char32_t take_character(std::string_view& text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t character = length <= 1 ? first : first & (0x7FU >> length);
    bool valid = length > 0 && first < 0xF5 && length <= text.size();
    for (std::size_t i = 1; valid && i < length; ++i) {
        valid = (byte(i) & 0xC0U) == 0x80U;
        character = (character << 6U) | (byte(i) & 0x3FU);
    }
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
    valid = valid && !surrogate && !overlong && character <= 0x10FFFF;
    text.remove_prefix(valid ? length : 1);
    return valid ? character : replacement;
}

void append_escape(std::string& out, std::uint32_t utf16_unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(utf16_unit >> shift) & 0xFU];
}

}  // namespace

std::string json_text(std::string_view text, std::size_t max_bytes) {
    const std::size_t end = text.size() > max_bytes ? text.size() - max_bytes : 0;
    std::string out = "\"";
    while (text.size() > end) {
        const char32_t c = take_character(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c >= 0x20 && c < 0x7F) {
            out += static_cast<char>(c);
        } else if (c < 0x10000) {
            append_escape(out, c);
        } else {
            append_escape(out, 0xD800U + ((c - 0x10000U) >> 10U));
            append_escape(out, 0xDC00U + ((c - 0x10000U) & 0x3FFU));
        }
    }
    return out + '"';
}

std::string json_array(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values) {
        if (out.size() > 1) out += ',';
        out += value;
    }
    return out + ']';
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
    return add_value(name, json_text(text));
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t number) {
    return add_value(name, std::to_string(number));
}

JsonObject& JsonObject::add_value(std::string_view name, std::string_view value) {
    if (!members_.empty()) members_ += ',';
    members_ += json_text(name) + ':';
    members_ += value;
    return *this;
}

}  // namespace slo::sp
