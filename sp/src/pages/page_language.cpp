#include "page_language.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "http_fields.hpp"

namespace slo::sp {
namespace {

using idp_adapter::cut;
using idp_adapter::cut_member;
using idp_adapter::is_digit;
using idp_adapter::is_letter_or_digit;
using idp_adapter::same_ignoring_case;
using idp_adapter::trimmed;

constexpr std::size_t max_octets = 1024;
constexpr std::array tags{std::string_view("en"), std::string_view("de"), std::string_view("fr")};

/// A qvalue in thousandths (RFC 9110, 12.4.2).
std::optional<int> read_weight(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = text[0] == '1' ? 1000 : 0;
    int unit = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!is_digit(c)) return std::nullopt;
        weight += (c - '0') * unit;
        unit /= 10;
    }
    return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

/// A language-range of RFC 4647, 2.1.
bool is_range(std::string_view text) noexcept {
    if (text == "*") return true;
    if (text.empty() || text.ends_with('-')) return false;
    while (!text.empty()) {
        const std::string_view subtag = cut(text, "-");
        if (subtag.empty() || subtag.size() > 8 || !std::ranges::all_of(subtag, is_letter_or_digit)) return false;
    }
    return true;
}

struct Wish {
    std::string_view range;
    int weight;
};

std::optional<Wish> read_wish(std::string_view member) noexcept {
    const std::string_view range = trimmed(cut(member, ";"));
    const std::string_view parameter = trimmed(member);
    if (!is_range(range)) return std::nullopt;
    if (parameter.empty()) return Wish{range, 1000};
    if (!same_ignoring_case(parameter.substr(0, 2), "q=")) return std::nullopt;
    const std::optional<int> weight = read_weight(parameter.substr(2));
    return weight ? std::optional(Wish{range, *weight}) : std::nullopt;
}

std::optional<PageLanguage> language_of(std::string_view range) noexcept {
    if (range == "*") return PageLanguage::english;
    for (const PageLanguage language : {PageLanguage::english, PageLanguage::german, PageLanguage::french}) {
        if (speaks(range, language)) return language;
    }
    return std::nullopt;
}

}  // namespace

std::string_view tag(PageLanguage language) noexcept {
    return tags[static_cast<std::size_t>(language)];
}

bool speaks(std::string_view range, PageLanguage language) noexcept {
    return same_ignoring_case(cut(range, "-"), tag(language));
}

PageLanguage page_language(std::string_view accept_language) noexcept {
    if (accept_language.size() > max_octets) return PageLanguage::english;
    PageLanguage chosen = PageLanguage::english;
    int highest = 0;
    while (!accept_language.empty()) {
        const std::string_view member = cut_member(accept_language);
        if (member.empty()) continue;  // RFC 9110, 5.6.1.2
        const std::optional<Wish> wish = read_wish(member);
        if (!wish) return PageLanguage::english;
        const std::optional<PageLanguage> language = language_of(wish->range);
        if (!language || wish->weight <= highest) continue;
        chosen = *language;
        highest = wish->weight;
    }
    return chosen;
}

}  // namespace slo::sp
