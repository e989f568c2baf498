#include "utf8.hpp"

#include <cstdint>
#include <cstring>

namespace slo::saml {
namespace {

/// How many octets the sequence that `lead` opens has, 0 for none; the second octet must lie in [low, high].
struct Sequence {
    std::size_t octets = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
};

Sequence sequence_of(unsigned char lead) noexcept {
    if (lead < 0x80) return {1};
    if (lead < 0xC2) return {};
    if (lead < 0xE0) return {2};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead < 0xF0) return {3};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead < 0xF4) return {4};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {};
}

bool eight_ascii_octets(const char* octets) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, octets, sizeof word);
    return (word & 0x8080808080808080U) == 0;
}

}  // namespace

std::optional<std::size_t> utf8_length(std::string_view octets) noexcept {
    std::size_t points = 0;
    for (std::size_t at = 0; at < octets.size();) {
        if (octets.size() - at >= 8 && eight_ascii_octets(octets.data() + at)) {
            at += 8;
            points += 8;
            continue;
        }
        const Sequence sequence = sequence_of(static_cast<unsigned char>(octets[at]));
        if (sequence.octets == 0 || octets.size() - at < sequence.octets) return std::nullopt;
        for (std::size_t i = 1; i < sequence.octets; ++i) {
            const auto octet = static_cast<unsigned char>(octets[at + i]);
            const bool fits = i == 1 ? octet >= sequence.low && octet <= sequence.high : (octet & 0xC0) == 0x80;
            if (!fits) return std::nullopt;
        }
        at += sequence.octets;
        ++points;
    }
    return points;
}

}  // namespace slo::saml
