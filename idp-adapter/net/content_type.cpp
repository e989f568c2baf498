#include "content_type.hpp"

#include <algorithm>
#include <utility>

#include "http_fields.hpp"

namespace slo::idp_adapter {

namespace {

/// Reader takes the pieces of a field off its front.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : rest_(trimmed(text)) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

    void skip_blanks() noexcept { rest_ = trimmed(rest_); }

    bool skip(char c) noexcept {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Empty where there is none.
    std::string_view token() noexcept {
        const auto end = std::ranges::find_if_not(rest_, is_token_character);
        const auto length = static_cast<std::size_t>(end - rest_.begin());
        const std::string_view found = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return found;
    }

    /// In lower case; empty where there is none.
    std::string media_type() {
        const std::string_view type = token();
        if (type.empty() || !skip('/')) return {};
        const std::string_view subtype = token();
        return subtype.empty() ? std::string() : lower_case(type).append("/").append(lower_case(subtype));
    }

    std::optional<std::string> token_or_quoted() {
        if (skip('"')) return quoted();
        const std::string_view found = token();
        if (found.empty()) return std::nullopt;
        return std::string(found);
    }

private:
    std::optional<std::string> quoted() {
        std::string value;
        while (!rest_.empty()) {
            if (skip('"')) return value;
            skip('\\');
            if (rest_.empty()) break;
            value += rest_.front();
            rest_.remove_prefix(1);
        }
        return std::nullopt;
    }

    std::string_view rest_;
};

}  // namespace

std::optional<ContentType> ContentType::parse(std::string_view field) {
    Reader reader(field);
    ContentType result{reader.media_type(), {}};
    if (result.media_type.empty()) return std::nullopt;
    for (reader.skip_blanks(); !reader.at_end(); reader.skip_blanks()) {
        if (!reader.skip(';')) return std::nullopt;
        reader.skip_blanks();
        const std::string_view name = reader.token();
        if (name.empty()) continue;  // RFC 9110 allows an empty parameter, as in "text/xml;"
        if (!reader.skip('=')) return std::nullopt;
        std::optional<std::string> value = reader.token_or_quoted();
        if (!value) return std::nullopt;
        if (same_ignoring_case(name, "charset")) result.charsets.push_back(lower_case(*value));
    }
    return result;
}

bool ContentType::is_utf8() const noexcept {
    return std::ranges::all_of(charsets, [](const std::string& charset) { return charset == "utf-8"; });
}

bool reads_as_utf8(const ContentType& type, std::string_view form) noexcept {
    if (type.is_utf8()) return true;
    constexpr std::string_view with_ascii[] = {"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"};
    const bool has_ascii = std::ranges::all_of(type.charsets, [&](const std::string& charset) {
        return std::ranges::find(with_ascii, charset) != std::ranges::end(with_ascii);
    });
    if (!has_ascii) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (static_cast<unsigned char>(form[i]) >= 0x80) return false;
        const bool is_escaped = form[i] == '%' && i + 1 < form.size();
        if (is_escaped && (form[i + 1] < '0' || form[i + 1] > '7')) return false;
    }
    return true;
}

std::string media_type_in(std::string_view field) {
    Reader reader(field);
    std::string media_type = reader.media_type();
    reader.skip_blanks();
    return reader.at_end() || reader.skip(';') ? media_type : std::string();
}

}  // namespace slo::idp_adapter
