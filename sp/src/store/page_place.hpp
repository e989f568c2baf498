// The place at which a page of sessions ended, as the engines with one memory or one file write it.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slo::sp {

/// PagePlace is two numbers; each engine gives them its own meaning.
struct PagePlace {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    [[nodiscard]] std::string str() const { return std::to_string(first) + "-" + std::to_string(second); }
    /// parse reads what str() makes; std::nullopt for any other text.
    [[nodiscard]] static std::optional<PagePlace> parse(std::string_view text) noexcept {
        PagePlace place;
        const char* const end = text.data() + text.size();
        const auto first = std::from_chars(text.data(), end, place.first);
        if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
        const auto second = std::from_chars(first.ptr + 1, end, place.second);
        if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
        return place;
    }
};

}  // namespace slo::sp
