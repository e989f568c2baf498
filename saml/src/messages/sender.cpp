#include "slo/saml/sender.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "digest.hpp"

namespace slo::saml {

std::optional<AuthenticatedSender> AuthenticatedSender::by_tls_client_key(const EntityID& entity,
                                                                          std::string_view shown,
                                                                          std::span<const VerificationKey> keys) {
    if (shown.empty()) return std::nullopt;
    const bool is_known = std::ranges::any_of(keys, [&](const auto& key) { return key.fingerprint() == shown; });
    if (!is_known) return std::nullopt;
    return AuthenticatedSender(entity, Proof::tls_client_key);
}

std::optional<AuthenticatedSender> AuthenticatedSender::by_shared_secret(const EntityID& entity, std::string_view shown,
                                                                         std::string_view expected) {
    // Digests have one length, whatever was received.
    const std::string ours = digest(DigestAlgorithm::sha256, expected);
    const std::string theirs = digest(DigestAlgorithm::sha256, shown);
    const bool is_same = ours.size() == theirs.size() && CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
    if (!is_same || expected.empty() || ours.empty()) return std::nullopt;
    return AuthenticatedSender(entity, Proof::shared_secret);
}

}  // namespace slo::saml
