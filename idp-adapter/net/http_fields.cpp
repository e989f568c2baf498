#include "http_fields.hpp"

#include <algorithm>

namespace slo::idp_adapter {
namespace {

constexpr std::string_view white_space = " \t";

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string_view cut(std::string_view& rest, std::string_view separator) noexcept {
    const auto end = rest.find(separator);
    const auto part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + separator.size());
    return part;
}

std::string_view cut_member(std::string_view& list) noexcept {
    return trimmed(cut(list, ","));
}

bool lists(std::string_view list, std::string_view member) noexcept {
    while (!list.empty()) {
        if (same_ignoring_case(cut_member(list), member)) return true;
    }
    return false;
}

std::vector<std::string_view> values_of(HttpFields fields, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : fields) {
        if (same_ignoring_case(field, name)) values.emplace_back(value);
    }
    return values;
}

std::size_t count_of(HttpFields fields, std::string_view name) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields, [name](const auto& field) { return same_ignoring_case(field.first, name); }));
}

std::optional<std::string_view> only_value(HttpFields fields, std::string_view name) noexcept {
    std::optional<std::string_view> found;
    for (const auto& [field, value] : fields) {
        if (!same_ignoring_case(field, name)) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

}  // namespace slo::idp_adapter
