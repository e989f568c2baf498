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

using OpenedFlows = Result<OpenFlowStore>;

template <class Store>
OpenedFlows with_cipher(Result<std::unique_ptr<Store>> store, saml::RecordCipher cipher) {
    if (!store) return std::move(store).error();
    return OpenFlowStore{*std::move(store), std::move(cipher)};
}

OpenedFlows open(const Clock& clock, const MemoryFlowStoreOptions& options, const std::string&) {
    auto cipher = saml::RecordCipher::with_random_keys();
    if (!cipher) return std::move(cipher).error();
    auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return std::move(digest).error();
    return OpenFlowStore{std::make_unique<MemoryFlowStore>(clock, *digest, options), *std::move(cipher)};
}

OpenedFlows open(const Clock& clock, const SqliteFlowStoreOptions& options, const std::string& secret) {
    auto cipher = saml::RecordCipher::with_secret(secret);
    if (!cipher) return std::move(cipher).error();
    auto digest = saml::KeyedDigest::with_key(cipher->name({"flow store"}));
    if (!digest) return std::move(digest).error();
    return with_cipher(SqliteFlowStore::open(clock, *digest, options), *std::move(cipher));
}

OpenedFlows open(const Clock& clock, const RedisFlowStoreOptions& options, const std::string&) {
    auto cipher = saml::RecordCipher::with_keys(options.keys);
    if (!cipher) return std::move(cipher).error();
    return with_cipher(RedisFlowStore::open(clock, options), *std::move(cipher));
}

}  // namespace

Result<OpenFlowStore> open_flow_store(const Clock& clock, const FlowStoreOptions& options) {
    return std::visit([&](const auto& engine) { return open(clock, engine, options.secret); }, options.engine);
}

Opened open_session_store(const Clock& clock, const StoreOptions& options) {
    return std::visit([&clock](const auto& engine) { return open(clock, engine); }, options);
}

}  // namespace slo::sp
