// The elements of HTTP's fields (RFC 9110, 5.6): ASCII alone, whatever the locale.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slo::idp_adapter {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter_or_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_token_character(char c) noexcept {
    return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
/// is_token accepts one token character or more (5.6.2).
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// lower_case makes A to Z a to z; all other octets stay.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// trimmed takes the optional white space, blanks and tabs, off both ends (OWS, 5.6.3).
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// cut takes what precedes the first `separator` off the front of `rest`; all of it where there is none.
std::string_view cut(std::string_view& rest, std::string_view separator) noexcept;

/// cut_member takes the first member off a list (5.6.1), without the white space around it. Empty ones come too.
std::string_view cut_member(std::string_view& list) noexcept;
/// lists says whether a list has this member, in any letter case.
[[nodiscard]] bool lists(std::string_view list, std::string_view member) noexcept;

/// HttpFields are a message's fields by name and value, as received.
using HttpFields = std::span<const std::pair<std::string, std::string>>;

/// values_of returns the values of each field with this name (in any letter case, 5.1), in order. Views of `fields`.
[[nodiscard]] std::vector<std::string_view> values_of(HttpFields fields, std::string_view name);
/// count_of returns how many fields have this name.
[[nodiscard]] std::size_t count_of(HttpFields fields, std::string_view name) noexcept;
/// only_value returns that of the one field with this name; std::nullopt if there is none, or more than one.
[[nodiscard]] std::optional<std::string_view> only_value(HttpFields fields, std::string_view name) noexcept;

}  // namespace slo::idp_adapter
