// Parts that are hashed one after the other and can't run together.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <initializer_list>
#include <string_view>

namespace slo::saml {

/// Feeds each part to `context` behind its length: eight octets, least significant first. False: OpenSSL failed.
[[nodiscard]] inline bool update_with_parts(EVP_MAC_CTX* context,
                                            std::initializer_list<std::string_view> parts) noexcept {
    for (const std::string_view part : parts) {
        std::array<unsigned char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i) {
            length[i] = static_cast<unsigned char>(part.size() >> (8 * i) & 0xFF);
        }
        if (EVP_MAC_update(context, length.data(), length.size()) != 1) return false;
        const auto* const octets = reinterpret_cast<const unsigned char*>(part.data());
        if (EVP_MAC_update(context, octets, part.size()) != 1) return false;
    }
    return true;
}

}  // namespace slo::saml
