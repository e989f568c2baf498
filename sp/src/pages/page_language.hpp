// The languages of our pages, and the choice among them.
#pragma once

#include <cstddef>
#include <string_view>

namespace slo::sp {

enum class PageLanguage { english, german, french };
inline constexpr std::size_t page_languages = 3;

/// tag returns "en", "de" or "fr".
[[nodiscard]] std::string_view tag(PageLanguage language) noexcept;

/// page_language chooses by a field Accept-Language (RFC 9110, 12.5.4): the language of the highest weight, of several
/// the first; a range such as de-AT stands for its language, and '*' for English. English also where the field is
/// empty, malformed, longer than 1024 octets, or has none of ours.
[[nodiscard]] PageLanguage page_language(std::string_view accept_language) noexcept;

/// speaks says whether a tag or range such as "de-AT" is of `language`, in any letter case.
[[nodiscard]] bool speaks(std::string_view range, PageLanguage language) noexcept;

}  // namespace slo::sp
