#include "slo/metadata/printable.hpp"

namespace slo::metadata {

std::string quoted(std::string_view text, std::size_t max_octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text.substr(0, max_octets)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet >= 0x20 && octet < 0x7F && c != '"' && c != '\\') {
            out += c;
            continue;
        }
        out += "\\x";
        out += digits[octet >> 4];
        out += digits[octet & 0x0F];
    }
    out += text.size() > max_octets ? "\"..." : "\"";
    return out;
}

}  // namespace slo::metadata
