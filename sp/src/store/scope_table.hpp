// Scopes, each stored once. Their number is about that of the partners times that of the NameID formats.
#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "packed_naming.hpp"
#include "slo/saml/keyed_digest.hpp"

namespace slo::sp {

/// ScopeTable hands out shared Scopes that live as long as it does. It is bounded and never evicts: an IdP that writes
/// another qualifier for every user fills it once, and records then carry their scopes themselves. Thread-safe.
class ScopeTable {
public:
    explicit ScopeTable(saml::KeyedDigest digest) : digest_(digest) {}

    /// intern returns the Scope of `naming`, or null when it is new and the table is full.
    [[nodiscard]] const Scope* intern(const Naming& naming);

private:
    [[nodiscard]] saml::Digest128 digest(const Naming& naming) const;
    [[nodiscard]] const Scope* find(std::size_t hash, const Naming& naming) const noexcept;

    saml::KeyedDigest digest_;
    mutable std::shared_mutex mutex_;
    std::size_t bytes_ = 0;
    // By digest; a match is confirmed on the Scope itself.
    std::unordered_multimap<std::size_t, std::unique_ptr<const Scope>> scopes_;
};

}  // namespace slo::sp
