#include "slo/saml/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

constexpr std::uint8_t not_in_alphabet = 0xFF;
constexpr std::uint8_t white_space = 0xFE;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_in_alphabet);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    for (const char c : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(c)] = white_space;
    return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

// OpenSSL's EVP_DecodeBlock takes trailing bits and inner padding as they come, and a strict check in front of it would
// be this loop again.
/// Writes the octets to `out`, which has room for `room`, and tells how many they are. Nothing if `text` isn't base64
/// or holds more.
std::optional<std::size_t> decode_into(char* out, std::size_t room, std::string_view text) {
    std::uint32_t bits = 0;
    int characters = 0;  // of the current group of four, padding included
    int padding = 0;
    std::size_t written = 0;
    for (const char c : text) {
        const std::uint8_t value = values[static_cast<unsigned char>(c)];
        if (value == white_space) continue;
        if (c == '=') {
            if (characters < 2) return std::nullopt;
            ++padding;
        } else if (value == not_in_alphabet || padding != 0) {
            return std::nullopt;
        }
        bits = (bits << 6) | (c == '=' ? 0U : value);
        if (++characters < 4) continue;

        const auto octets = static_cast<std::size_t>(3 - padding);
        const std::uint32_t unused = bits & ((1U << (8 * padding)) - 1);
        if (unused != 0 || octets > room - written) return std::nullopt;
        for (std::size_t i = 0; i < octets; ++i) out[written++] = static_cast<char>(bits >> (16 - 8 * i) & 0xFF);
        bits = 0;
        characters = 0;  // `padding` stays, so that nothing but white space may follow it
    }
    if (characters != 0) return std::nullopt;
    return written;
}

}  // namespace

Result<std::string> decode_base64(std::string_view text, std::size_t max_octets) {
    std::string octets(std::min(text.size() / 4 * 3, max_octets), '\0');
    const auto size = decode_into(octets.data(), octets.size(), text);
    if (!size) return fail(Errc::base64_malformed, "not base64 with exact padding, or too long");
    octets.resize(*size);
    return octets;
}

std::string encode_base64(std::string_view octets) {
    // EVP_EncodeBlock counts in int. Nothing here comes near: documents end at 1 MiB.
    std::string text;
    constexpr std::size_t step = 3 * 1024;
    std::array<unsigned char, step / 3 * 4 + 1> block{};  // with the terminating zero that OpenSSL writes
    text.reserve((octets.size() + 2) / 3 * 4);
    for (; !octets.empty(); octets.remove_prefix(std::min(octets.size(), step))) {
        const std::string_view piece = octets.substr(0, step);
        const int written = EVP_EncodeBlock(block.data(), reinterpret_cast<const unsigned char*>(piece.data()),
                                            static_cast<int>(piece.size()));
        text.append(reinterpret_cast<const char*>(block.data()), static_cast<std::size_t>(written));
    }
    return text;
}

}  // namespace slo::saml
