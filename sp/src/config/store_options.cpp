#include "slo/sp/store_options.hpp"

#include <utility>

#include "slo/saml/keyed_digest.hpp"

namespace slo::sp {
namespace {

using Opened = Result<std::unique_ptr<SessionStore>>;

template <class Store>
Opened as_port(Result<std::unique_ptr<Store>> store) {
    if (!store) return std::move(store).error();
    return std::unique_ptr<SessionStore>(*std::move(store));
}

Opened open(const Clock& clock, const MemorySessionStoreOptions& options) {
    auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return std::move(digest).error();
    return std::unique_ptr<SessionStore>(std::make_unique<MemorySessionStore>(clock, *digest, options));
}

Opened open(const Clock& clock, const SqliteSessionStoreOptions& options) {
    return as_port(SqliteSessionStore::open(clock, options));
}

Opened open(const Clock& clock, const RedisSessionStoreOptions& options) {
    return as_port(RedisSessionStore::open(clock, options));
}

}  // namespace

Opened open_session_store(const Clock& clock, const StoreOptions& options) {
    return std::visit([&clock](const auto& engine) { return open(clock, engine); }, options);
}

}  // namespace slo::sp
