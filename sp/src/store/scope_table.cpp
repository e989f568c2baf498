#include "scope_table.hpp"

#include <algorithm>
#include <mutex>

namespace slo::sp {
namespace {

constexpr std::size_t max_bytes = std::size_t{16} << 20;

std::string_view text_of(const std::optional<std::string>& attribute) noexcept {
    return attribute ? std::string_view(*attribute) : std::string_view();
}

bool is_scope_of(const Scope& scope, const Naming& naming) noexcept {
    return scope.idp == naming.idp && scope.sp == naming.sp && scope.format == naming.name_id.format &&
           scope.name_qualifier == naming.name_id.name_qualifier &&
           scope.sp_name_qualifier == naming.name_id.sp_name_qualifier;
}

std::size_t cost(const Naming& naming) noexcept {
    return sizeof(Scope) + naming.idp.str().size() + naming.sp.str().size() + text_of(naming.name_id.format).size() +
           text_of(naming.name_id.name_qualifier).size() + text_of(naming.name_id.sp_name_qualifier).size();
}

}  // namespace

const Scope* ScopeTable::intern(const Naming& naming) {
    const std::size_t hash = digest(naming).low;
    {
        const std::shared_lock lock(mutex_);
        const Scope* const known = find(hash, naming);
        if (known != nullptr || bytes_ + cost(naming) > max_bytes) return known;
    }
    const std::unique_lock lock(mutex_);
    if (const Scope* const known = find(hash, naming)) return known;  // another thread added it meanwhile
    if (bytes_ + cost(naming) > max_bytes) return nullptr;
    auto scope = std::make_unique<const Scope>(Scope{naming.idp, naming.sp, naming.name_id.format,
                                                     naming.name_id.name_qualifier, naming.name_id.sp_name_qualifier});
    const Scope* const made = scope.get();
    scopes_.emplace(hash, std::move(scope));
    bytes_ += cost(naming);
    return made;
}

saml::Digest128 ScopeTable::digest(const Naming& naming) const {
    // An absent attribute and an empty one share a digest; is_scope_of() tells them apart.
    return digest_({naming.idp.str(), naming.sp.str(), text_of(naming.name_id.format),
                    text_of(naming.name_id.name_qualifier), text_of(naming.name_id.sp_name_qualifier)});
}

const Scope* ScopeTable::find(std::size_t hash, const Naming& naming) const noexcept {
    const auto [first, last] = scopes_.equal_range(hash);
    const auto it = std::find_if(first, last, [&](const auto& entry) { return is_scope_of(*entry.second, naming); });
    return it != last ? it->second.get() : nullptr;
}

}  // namespace slo::sp
