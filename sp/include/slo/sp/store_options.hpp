// Which engine keeps the sessions, and how it is opened.
#pragma once

#include <memory>
#include <variant>

#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"

namespace slo::sp {

using StoreOptions = std::variant<MemorySessionStoreOptions, SqliteSessionStoreOptions, RedisSessionStoreOptions>;

/// Opens the engine that `options` are for. `clock` must outlive the store. Errors: those of the engines; `detail` says
/// how to mend it.
[[nodiscard]] Result<std::unique_ptr<SessionStore>> open_session_store(const Clock& clock, const StoreOptions& options);

}  // namespace slo::sp
