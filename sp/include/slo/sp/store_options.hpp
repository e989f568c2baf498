// The choice of the engine that keeps the sessions, of the one that keeps sign-ons, and their opening.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "slo/saml/record_cipher.hpp"
#include "slo/sp/memory_flow_store.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/redis_flow_store.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "slo/sp/sqlite_flow_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"

namespace slo::sp {

using StoreOptions = std::variant<MemorySessionStoreOptions, SqliteSessionStoreOptions, RedisSessionStoreOptions>;

/// open_session_store opens the engine that `options` are for. `clock` must outlive the store. Errors: those of the
/// engines; `detail` names the remedy.
[[nodiscard]] Result<std::unique_ptr<SessionStore>> open_session_store(const Clock& clock, const StoreOptions& options);

/// FlowStoreOptions choose the engine that keeps pending sign-ons and the assertions that were used.
struct FlowStoreOptions {
    std::variant<MemoryFlowStoreOptions, SqliteFlowStoreOptions, RedisFlowStoreOptions> engine;
    std::string secret = {};  ///< SQLite's alone: 32 octets, the same each time
};

/// OpenFlowStore is a store, and the cipher for what it keeps: both as durable, and on the same nodes.
struct OpenFlowStore {
    std::unique_ptr<FlowStore> store;
    saml::RecordCipher cipher;
};

/// open_flow_store opens the engine that `options` are for. `clock` must outlive the store. Errors: those of the
/// engines, whose `detail` names the remedy; KeyErrc::key_not_allowed for a secret of another length.
[[nodiscard]] Result<OpenFlowStore> open_flow_store(const Clock& clock, const FlowStoreOptions& options);

}  // namespace slo::sp
