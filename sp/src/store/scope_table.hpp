// Scopes, each kept once. There are about as many as partners times NameID formats.
#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "packed_naming.hpp"
#include "slo/saml/keyed_digest.hpp"

namespace slo::sp {

/// ScopeTable hands out shared Scopes that live as long as it does. It is bounded and forgets nothing: an IdP that
/// writes another qualifier for every user fills it once, and records then carry their scope themselves. Thread-safe.
class ScopeTable {
public:
    explicit ScopeTable(saml::KeyedDigest digest) : digest_(digest) {}

    /// The Scope of `naming`, or null when it is new and the table is full.
    [[nodiscard]] const Scope* intern(const Naming& naming);

private:
    [[nodiscard]] saml::Digest128 digest(const Naming& naming) const;
    [[nodiscard]] const Scope* find(std::size_t hash, const Naming& naming) const noexcept;

    saml::KeyedDigest digest_;
    mutable std::shared_mutex mutex_;
    std::size_t bytes_ = 0;
    // By digest; whether it is the one is checked on the Scope.
    std::unordered_multimap<std::size_t, std::unique_ptr<const Scope>> scopes_;
};

}  // namespace slo::sp
