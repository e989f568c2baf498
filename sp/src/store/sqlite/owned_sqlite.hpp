// The only place that names a release function of SQLite.
#pragma once

#include <sqlite3.h>

#include <memory>

namespace slo::sp {

/// CloseDatabase closes a connection whose statements are finalized; after a failed open too.
struct CloseDatabase {
    void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using OwnedDatabase = std::unique_ptr<sqlite3, CloseDatabase>;
using OwnedStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

static_assert(sizeof(OwnedDatabase) == sizeof(void*));

}  // namespace slo::sp
