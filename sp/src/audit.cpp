#include "slo/sp/audit.hpp"

#include <cstdint>
#include <string_view>

namespace slo::sp {

namespace {

constexpr std::size_t max_value_bytes = 256;
constexpr char32_t replacement = 0xFFFD;

/// Takes one character off the front of `text`; U+FFFD and a single byte where it isn't UTF-8.
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

void append_string(std::string& out, std::string_view value) {
    const std::size_t end = value.size() > max_value_bytes ? value.size() - max_value_bytes : 0;
    out += '"';
    while (value.size() > end) {
        const char32_t c = take_character(value);
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
    out += '"';
}

/// Writer puts members into one JSON object. Names are ours and need no escape.
class Writer {
public:
    void member(std::string_view name, std::string_view value) {
        begin(name);
        append_string(json_, value);
    }
    void member(std::string_view name, std::int64_t value) {
        begin(name);
        json_ += std::to_string(value);
    }
    void member(std::string_view name, const std::vector<std::string>& values) {
        begin(name);
        json_ += '[';
        for (const std::string& value : values) {
            if (json_.back() != '[') json_ += ',';
            append_string(json_, value);
        }
        json_ += ']';
    }
    [[nodiscard]] std::string finish() && { return std::move(json_) + '}'; }

private:
    void begin(std::string_view name) {
        if (json_.size() > 1) json_ += ',';
        json_.append("\"").append(name).append("\":");
    }
    std::string json_ = "{";
};

}  // namespace

std::string to_json(const AuditEntry& entry) {
    Writer writer;
    writer.member("time", saml::format_instant(entry.time));
    writer.member("event", entry.event);
    if (!entry.source.empty()) writer.member("source", entry.source);
    writer.member("idp", entry.idp);
    writer.member("request_id", entry.request_id);
    writer.member("name_id", entry.name_id);
    writer.member("session_indexes", entry.session_indexes);
    writer.member("status", entry.status);
    writer.member("stage", entry.stage);
    writer.member("rule", entry.rule);
    if (!entry.detail.empty()) writer.member("detail", entry.detail);
    writer.member("ended", entry.ended);
    writer.member("already_gone", entry.already_gone);
    writer.member("failed", entry.failed);
    writer.member("failed_applications", entry.failed_applications);
    writer.member("duration_us", entry.duration.count());
    return std::move(writer).finish();
}

}  // namespace slo::sp
