// Message authentication codes over parts that are hashed one after the other and can't run together.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <initializer_list>
#include <string_view>

#include "c_errors.hpp"
#include "owned.hpp"

namespace slo::saml {

/// make_mac_context returns a context for `algorithm`, empty without memory. The look-up of the algorithm costs OpenSSL
/// more than a digest does, so a caller that computes many keeps one for each thread.
[[nodiscard]] inline OwnedMacCtx make_mac_context(const char* algorithm) noexcept {
    const CErrorScope quiet;
    const OwnedMac mac(EVP_MAC_fetch(nullptr, algorithm, nullptr));
    return OwnedMacCtx(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);  // the context holds a reference on mac
}

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
