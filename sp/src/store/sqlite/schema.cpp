#include "schema.hpp"

namespace slo::sp {
namespace {

// Instants are milliseconds since 1970. session_indexes are joined by line feeds, and those of an index stand there as
// U+0001. A session is found by its principal and filtered by the order's rule, indexes included: a principal has few
// sessions, and a table of indexes would double what each login writes.
//
// `pending` is what a logout waits for: its completion, and each session whose ending_by it is. A barrier
// covers each index that a logout names, or '' if it names all; those that a newer one makes redundant go.
//
// The triggers keep the quotas' sums in the same transaction as each change, whichever statement makes it.
constexpr const char* version_1[] = {
    R"(CREATE TABLE entity (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        logout_weight INTEGER NOT NULL DEFAULT 0
    ) STRICT)",
    R"(CREATE TABLE session (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        idp INTEGER NOT NULL,
        sp INTEGER NOT NULL,
        name_value TEXT NOT NULL,
        name_format TEXT,
        name_qualifier TEXT,
        sp_name_qualifier TEXT,
        sp_provided_id TEXT,
        session_indexes TEXT NOT NULL,
        authn_instant INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        ending_by INTEGER
    ) STRICT)",
    "CREATE INDEX session_of_principal ON session (idp, name_value)",
    "CREATE INDEX session_expiry ON session (expires) WHERE ending_by IS NULL",
    R"(CREATE TABLE logout (
        number INTEGER PRIMARY KEY,
        request_id TEXT NOT NULL,
        idp INTEGER NOT NULL,
        sp INTEGER NOT NULL,
        name_value TEXT NOT NULL,
        name_format TEXT,
        name_qualifier TEXT,
        sp_name_qualifier TEXT,
        sp_provided_id TEXT,
        session_indexes TEXT NOT NULL,
        matching INTEGER NOT NULL,
        as_of INTEGER NOT NULL,
        keep_until INTEGER NOT NULL,
        weight INTEGER NOT NULL,
        pending INTEGER NOT NULL,
        ended INTEGER,
        already_gone INTEGER,
        failed INTEGER,
        UNIQUE (idp, request_id)
    ) STRICT)",
    "CREATE INDEX logout_finished ON logout (keep_until) WHERE pending = 0",
    "CREATE INDEX logout_unfinished ON logout (pending) WHERE pending > 0",
    R"(CREATE TABLE barrier (
        idp INTEGER NOT NULL,
        name_value TEXT NOT NULL,
        session_index TEXT NOT NULL,
        logout INTEGER NOT NULL,
        PRIMARY KEY (idp, name_value, session_index, logout)
    ) STRICT, WITHOUT ROWID)",
    R"(CREATE TABLE tally (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sessions INTEGER NOT NULL,
        logout_weight INTEGER NOT NULL
    ) STRICT)",
    "INSERT INTO tally VALUES (1, 0, 0)",
    R"(CREATE TRIGGER session_added AFTER INSERT ON session BEGIN
        UPDATE tally SET sessions = sessions + 1 WHERE one = 1;
    END)",
    R"(CREATE TRIGGER session_removed AFTER DELETE ON session BEGIN
        UPDATE tally SET sessions = sessions - 1 WHERE one = 1;
    END)",
    R"(CREATE TRIGGER logout_added AFTER INSERT ON logout BEGIN
        UPDATE tally SET logout_weight = logout_weight + new.weight WHERE one = 1;
        UPDATE entity SET logout_weight = logout_weight + new.weight WHERE number = new.idp;
    END)",
    R"(CREATE TRIGGER logout_removed AFTER DELETE ON logout BEGIN
        UPDATE tally SET logout_weight = logout_weight - old.weight WHERE one = 1;
        UPDATE entity SET logout_weight = logout_weight - old.weight WHERE number = old.idp;
    END)",
    "PRAGMA application_id = 0x534C4F73",
};

// Our own LogoutRequests that IdPs may not have seen. Their local sessions end by a logout, whose row may be gone.
constexpr const char* version_2[] = {
    R"(CREATE TABLE kept_request (
        number INTEGER PRIMARY KEY,
        request_id TEXT NOT NULL,
        idp INTEGER NOT NULL,
        sp INTEGER NOT NULL,
        name_value TEXT NOT NULL,
        name_format TEXT,
        name_qualifier TEXT,
        sp_name_qualifier TEXT,
        sp_provided_id TEXT,
        session_indexes TEXT NOT NULL,
        matching INTEGER NOT NULL,
        as_of INTEGER NOT NULL,
        keep_until INTEGER NOT NULL,
        reason TEXT NOT NULL,
        not_on_or_after INTEGER NOT NULL,
        next_attempt INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        UNIQUE (idp, request_id)
    ) STRICT)",
    "CREATE INDEX kept_request_due ON kept_request (next_attempt)",
    "CREATE INDEX kept_request_end ON kept_request (not_on_or_after)",
    "ALTER TABLE tally ADD COLUMN kept_requests INTEGER NOT NULL DEFAULT 0",
    R"(CREATE TRIGGER kept_request_added AFTER INSERT ON kept_request BEGIN
        UPDATE tally SET kept_requests = kept_requests + 1 WHERE one = 1;
    END)",
    R"(CREATE TRIGGER kept_request_removed AFTER DELETE ON kept_request BEGIN
        UPDATE tally SET kept_requests = kept_requests - 1 WHERE one = 1;
    END)",
};

// The keys besides its principal that find a session: its one SessionIndex, or the address that its NameID is, in
// lower case. Sessions with several indexes have a row for each in further_index, as few sessions have.
constexpr const char* version_3[] = {
    "CREATE INDEX session_of_index ON session (idp, session_indexes) WHERE length(session_indexes) >= 16",
    "CREATE INDEX session_of_address ON session (idp, lower(name_value)) WHERE instr(name_value, '@') > 0",
    R"(CREATE TABLE further_index (
        session INTEGER NOT NULL,
        idp INTEGER NOT NULL,
        session_index TEXT NOT NULL,
        PRIMARY KEY (session, session_index)
    ) STRICT, WITHOUT ROWID)",
    "CREATE INDEX session_of_further_index ON further_index (idp, session_index)",
    R"(INSERT INTO further_index
        WITH RECURSIVE part(session, idp, session_index, rest) AS (
            SELECT number, idp, '', session_indexes || char(10) FROM session
            WHERE instr(session_indexes, char(10)) > 0
            UNION ALL
            SELECT session, idp, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
            FROM part WHERE rest <> ''
        )
        SELECT DISTINCT session, idp, session_index FROM part WHERE session_index <> '')",
    R"(CREATE TRIGGER session_with_further_indexes_removed AFTER DELETE ON session
        WHEN instr(old.session_indexes, char(10)) > 0 BEGIN
        DELETE FROM further_index WHERE session = old.number;
    END)",
};

// Sessions that are named by their one SessionIndex alone have named_by 2; their barriers have no name_value. A logout
// may name AuthnInstants, too: joined by line feeds, and in a barrier's session_index one of them behind a line feed.
constexpr const char* version_4[] = {
    "ALTER TABLE session ADD COLUMN named_by INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE logout ADD COLUMN authn_instants TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE kept_request ADD COLUMN authn_instants TEXT NOT NULL DEFAULT ''",
};

// A logout that started here has room of its own, beside the sessions: what IdPs order can't take it. Sessions and kept
// requests have weights, as logouts have; tally.sessions and tally.kept_requests are their sums.
constexpr const char* version_5[] = {
    "ALTER TABLE session ADD COLUMN weight INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE kept_request ADD COLUMN weight INTEGER NOT NULL DEFAULT 1",
    "DROP TRIGGER session_added",
    "DROP TRIGGER session_removed",
    "DROP TRIGGER kept_request_added",
    "DROP TRIGGER kept_request_removed",
    R"(CREATE TRIGGER session_added AFTER INSERT ON session BEGIN
        UPDATE tally SET sessions = sessions + new.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER session_removed AFTER DELETE ON session BEGIN
        UPDATE tally SET sessions = sessions - old.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER kept_request_added AFTER INSERT ON kept_request BEGIN
        UPDATE tally SET kept_requests = kept_requests + new.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER kept_request_removed AFTER DELETE ON kept_request BEGIN
        UPDATE tally SET kept_requests = kept_requests - old.weight WHERE one = 1;
    END)",
    "ALTER TABLE logout ADD COLUMN started_here INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE tally ADD COLUMN weight_here INTEGER NOT NULL DEFAULT 0",
    "DROP TRIGGER logout_added",
    "DROP TRIGGER logout_removed",
    R"(CREATE TRIGGER logout_added AFTER INSERT ON logout WHEN new.started_here = 0 BEGIN
        UPDATE tally SET logout_weight = logout_weight + new.weight WHERE one = 1;
        UPDATE entity SET logout_weight = logout_weight + new.weight WHERE number = new.idp;
    END)",
    R"(CREATE TRIGGER logout_removed AFTER DELETE ON logout WHEN old.started_here = 0 BEGIN
        UPDATE tally SET logout_weight = logout_weight - old.weight WHERE one = 1;
        UPDATE entity SET logout_weight = logout_weight - old.weight WHERE number = old.idp;
    END)",
    R"(CREATE TRIGGER logout_here_added AFTER INSERT ON logout WHEN new.started_here = 1 BEGIN
        UPDATE tally SET weight_here = weight_here + new.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER logout_here_removed AFTER DELETE ON logout WHEN old.started_here = 1 BEGIN
        UPDATE tally SET weight_here = weight_here - old.weight WHERE one = 1;
    END)",
};

// A principal's sessions in the order of their expiry: counted, and rid of those that have expired, without a look at
// any other.
constexpr const char* version_6[] = {
    "CREATE INDEX session_of_principal_by_expiry ON session (idp, name_value, named_by, expires)",
    "DROP INDEX session_of_principal",
};

// Nothing changes but what values may be: a line feed inside a SessionIndex is written as U+0001, and IDs have up to
// 1,024 octets, which an earlier version would take for damage.
constexpr const char* version_7[] = {"DROP INDEX IF EXISTS session_of_principal"};  // gone since version 6

constexpr Migration steps_so_far[] = {
    {.statements = version_1, .stamp = "PRAGMA user_version = 1"},
    {.statements = version_2, .stamp = "PRAGMA user_version = 2"},
    {.statements = version_3, .stamp = "PRAGMA user_version = 3"},
    {.statements = version_4, .stamp = "PRAGMA user_version = 4"},
    {.statements = version_5, .stamp = "PRAGMA user_version = 5"},
    {.statements = version_6, .stamp = "PRAGMA user_version = 6"},
    {.statements = version_7, .stamp = "PRAGMA user_version = 7"},
};

// A file of pending sign-ons. Names are keyed digests, the same key for all of a file: digest_check is one of a
// constant. Records are large and leave soon, so they stand beside their index; a claim is nothing but its index.
// claims_floor is the latest end of the claims that were dropped.
constexpr const char* flow_version_1[] = {
    R"(CREATE TABLE flow (
        number INTEGER PRIMARY KEY,
        name BLOB NOT NULL UNIQUE,
        ends INTEGER NOT NULL,
        record BLOB NOT NULL,
        weight INTEGER NOT NULL
    ) STRICT)",
    "CREATE INDEX flow_end ON flow (ends)",
    "CREATE TABLE claim (name BLOB PRIMARY KEY, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX claim_end ON claim (ends)",
    R"(CREATE TABLE tally (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        flow_weight INTEGER NOT NULL,
        claims INTEGER NOT NULL,
        claims_floor INTEGER NOT NULL,
        digest_check BLOB
    ) STRICT)",
    "INSERT INTO tally VALUES (1, 0, 0, -9223372036854775808, NULL)",
    R"(CREATE TRIGGER flow_added AFTER INSERT ON flow BEGIN
        UPDATE tally SET flow_weight = flow_weight + new.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER flow_removed AFTER DELETE ON flow BEGIN
        UPDATE tally SET flow_weight = flow_weight - old.weight WHERE one = 1;
    END)",
    R"(CREATE TRIGGER claim_added AFTER INSERT ON claim BEGIN
        UPDATE tally SET claims = claims + 1 WHERE one = 1;
    END)",
    R"(CREATE TRIGGER claim_removed AFTER DELETE ON claim BEGIN
        UPDATE tally SET claims = claims - 1, claims_floor = max(claims_floor, old.ends) WHERE one = 1;
    END)",
    "PRAGMA application_id = 0x534C4F66",
};

constexpr Migration flow_steps_so_far[] = {
    {.statements = flow_version_1, .stamp = "PRAGMA user_version = 1"},
};

}  // namespace

std::span<const Migration> migrations() noexcept {
    return steps_so_far;
}

std::span<const Migration> flow_migrations() noexcept {
    return flow_steps_so_far;
}

FileKind kind_of(Database& database, std::size_t newest_version, std::int64_t id) noexcept {
    const std::int64_t owner = database.read_integer("PRAGMA application_id");
    const std::int64_t version = database.read_integer("PRAGMA user_version");
    const std::int64_t tables = database.read_integer("SELECT count(*) FROM sqlite_schema");
    if (owner == 0 && version == 0 && tables == 0) return FileKind::empty;
    if (owner != id || version < 1) return FileKind::of_another_program;
    return version <= static_cast<std::int64_t>(newest_version) ? FileKind::ours : FileKind::of_a_newer_version;
}

void migrate(Database& database, std::span<const Migration> steps) noexcept {
    database.run("BEGIN IMMEDIATE");
    const auto version = static_cast<std::size_t>(database.read_integer("PRAGMA user_version"));
    for (std::size_t i = version; i < steps.size(); ++i) {
        for (const char* const statement : steps[i].statements) database.run(statement);
    }
    database.run(steps.back().stamp);
    database.run("COMMIT");
}

}  // namespace slo::sp
