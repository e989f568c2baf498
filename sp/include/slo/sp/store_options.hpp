// The choice of the engine that keeps the sessions, and its opening.
#pragma once

#include <memory>
#include <variant>

#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"

namespace slo::sp {

using StoreOptions = std::variant<MemorySessionStoreOptions, SqliteSessionStoreOptions, RedisSessionStoreOptions>;

/// open_session_store opens the engine that `options` are for. `clock` must outlive the store. Errors: those of the
/// engines; `detail` names the remedy.
[[nodiscard]] Result<std::unique_ptr<SessionStore>> open_session_store(const Clock& clock, const StoreOptions& options);

}  // namespace slo::sp
