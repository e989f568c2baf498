// The SQLite engine's file, files that are none, and that no statement reads a whole table.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite/schema.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

using Access = sp::Database::Access;

struct EmptyFile {
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::filesystem::path file = folder.path() / "sessions.db";

    [[nodiscard]] std::string octets() const {
        std::ostringstream text;
        text << std::ifstream(file, std::ios::binary).rdbuf();
        return text.str();
    }
    void write(std::string_view text) const {
        std::ofstream(file, std::ios::binary) << text;
        make_private(file);
    }
    /// open() refuses with a detail that has `remedy`, and leaves the file as it is.
    void refused_with(std::string_view remedy) const {
        const std::string before = octets();
        const Failure failure = refusal(clock, folder.path());
        BOOST_TEST((failure.code == sp::StoreErrc::store_unusable));
        BOOST_TEST(failure.detail.find(remedy) != std::string::npos, failure.detail);
        BOOST_TEST((octets() == before));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_schema)

BOOST_AUTO_TEST_CASE(no_statement_scans_a_table) {
    EmptyFile trial;
    const auto store = open_store(trial.clock, trial.folder.path());
    Sqlite file(trial.file);
    int planned = 0;
    for (std::size_t i = 0; i < sp::query_count; ++i) {
        const std::string sql = sp::sql_of(static_cast<sp::Query>(i));
        if (static_cast<sp::Query>(i) == sp::Query::idps_of_sessions) continue;  // of a table of names
        const std::string plan = file.ask("EXPLAIN QUERY PLAN " + sql);
        BOOST_TEST(plan.find("SCAN") == std::string::npos, sql + ": " + plan);
        planned += plan.find("SEARCH") != std::string::npos ? 1 : 0;
    }
    BOOST_TEST(planned >= 15);
}

BOOST_AUTO_TEST_CASE(the_file_says_whose_it_is) {
    EmptyFile trial;
    const auto store = open_store(trial.clock, trial.folder.path());
    Sqlite file(trial.file);
    BOOST_TEST(file.ask("PRAGMA application_id") == std::to_string(sp::application_id) + "\n");
    BOOST_TEST(file.ask("PRAGMA user_version") == std::to_string(sp::migrations().size()) + "\n");
    BOOST_TEST(file.ask("PRAGMA journal_mode") == "wal\n");
    BOOST_TEST(file.ask("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
                        "AND strict = 0 AND name NOT LIKE 'sqlite_%'") == "0\n");
}

BOOST_AUTO_TEST_CASE(refuses_a_file_of_a_newer_version) {
    EmptyFile trial;
    static_cast<void>(open_store(trial.clock, trial.folder.path()));
    Sqlite(trial.file).run("PRAGMA user_version = " + std::to_string(sp::migrations().size() + 1));
    trial.refused_with("newer version");
}

BOOST_AUTO_TEST_CASE(refuses_another_programs_database) {
    EmptyFile trial;
    Sqlite(trial.file).run("CREATE TABLE theirs (a)");
    trial.refused_with("another program's database");
    Sqlite(trial.file).run("PRAGMA application_id = 7; PRAGMA user_version = 1");
    trial.refused_with("another program's database");
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_is_no_database) {
    EmptyFile trial;
    trial.write(std::string(4096, 'x'));
    trial.refused_with("no SQLite database");
}

BOOST_AUTO_TEST_CASE(refuses_a_damaged_file) {
    EmptyFile trial;
    static_cast<void>(open_store(trial.clock, trial.folder.path()));
    std::string octets = trial.octets();
    std::fill(octets.begin() + 100, octets.begin() + 4096, '\xFF');  // the page behind the header: the schema
    trial.write(octets);
    trial.refused_with("damaged");
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_another_program_has_locked) {
    EmptyFile trial;
    static_cast<void>(open_store(trial.clock, trial.folder.path()));
    Sqlite other(trial.file);
    other.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE tally SET sessions = 0");
    trial.refused_with("another program has the file locked");
}

BOOST_AUTO_TEST_CASE(a_file_of_an_older_version_takes_the_steps_that_it_lacks) {
    EmptyFile trial;
    {
        const auto store = open_store(trial.clock, trial.folder.path());
        static_cast<void>(taken(store->admit(session_of("a"))));
    }
    const char* const added[] = {"ALTER TABLE session ADD COLUMN device TEXT"};
    std::vector<sp::Migration> steps(sp::migrations().begin(), sp::migrations().end());
    steps.push_back({.statements = added, .stamp = "PRAGMA user_version = 8"});
    for (int i = 0; i < 2; ++i) {  // the second time there is nothing to do
        const auto database = sp::Database::open(trial.file, Access::read_write);
        sp::migrate(*database, steps);
        BOOST_TEST(!database->has_failed());
        BOOST_TEST(database->read_integer("PRAGMA user_version") == 8);
        BOOST_TEST(database->read_integer("SELECT count(*) FROM session WHERE device IS NULL") == 1);
    }
}

// A file of the first version: its step never changes, so it still makes such files.
BOOST_AUTO_TEST_CASE(a_file_of_the_first_version_keeps_its_records_and_takes_requests) {
    EmptyFile trial;
    Sqlite(trial.file).run("PRAGMA journal_mode = WAL");
    {
        const auto database = sp::Database::open(trial.file, Access::read_write);
        sp::migrate(*database, sp::migrations().first(1));
        BOOST_TEST(!database->has_failed());
    }
    Sqlite(trial.file)
        .run("INSERT INTO entity (number, id) VALUES (1, '" + idp_id.str() + "'), (2, '" + our_id.str() +
             "');"
             "INSERT INTO session (id, idp, sp, name_value, session_indexes, authn_instant, expires) VALUES "
             "(CAST('a' AS BLOB), 1, 2, 'N1', 'i1', 1772362800000, 1772395200000);"
             "INSERT INTO logout (request_id, idp, sp, name_value, session_indexes, matching, as_of, keep_until, "
             "weight, "
             "pending) VALUES ('r', 1, 2, 'N1', 'i9', 2, 1772366400000, 1772370000000, 1, 1)");
    for (int i = 0; i < 2; ++i) {  // it is migrated once
        const auto store = open_store(trial.clock, trial.folder.path());
        BOOST_TEST((taken(store->find(session_of("a").id)) == session_of("a")));
        BOOST_TEST(store->size().sessions == 1u);
        BOOST_TEST(store->size().logout_records == 1u);
        BOOST_TEST(taken(store->unfinished_logouts()).size() == 1u);
        if (i == 0) BOOST_TEST(store->keep_request(request_of("kept")).has_value());
    }
    const auto store = open_store(trial.clock, trial.folder.path());
    BOOST_TEST((taken(store->take_due_requests(noon, noon, 9)) == std::vector<sp::KeptRequest>{request_of("kept")}));
    BOOST_TEST(Sqlite(trial.file).ask("PRAGMA user_version") == "7\n");
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_leaves_the_file_as_it_was) {
    EmptyFile trial;
    static_cast<void>(open_store(trial.clock, trial.folder.path()));
    const char* const broken[] = {"ALTER TABLE session ADD COLUMN device TEXT", "ALTER TABLE nothing ADD COLUMN a"};
    std::vector<sp::Migration> steps(sp::migrations().begin(), sp::migrations().end());
    steps.push_back({.statements = broken, .stamp = "PRAGMA user_version = 8"});
    {
        const auto database = sp::Database::open(trial.file, Access::read_write);
        sp::migrate(*database, steps);
        BOOST_TEST(database->has_failed());
    }
    BOOST_TEST(Sqlite(trial.file).ask("PRAGMA user_version") == "7\n");
    BOOST_TEST(Sqlite(trial.file).ask("SELECT count(*) FROM pragma_table_info('session') WHERE name = 'device'") ==
               "0\n");
    BOOST_TEST(sp::SqliteSessionStore::open(trial.clock, options_in(trial.folder.path())).has_value());
}

// A statement written into a damaged or planted file mustn't do more than be data.
BOOST_AUTO_TEST_CASE(disables_sqlites_features_for_other_purposes) {
    EmptyFile trial;
    static_cast<void>(open_store(trial.clock, trial.folder.path()));
    const auto open = [&trial] { return sp::Database::open(trial.file, Access::read_write); };
    const auto refuses = [&open](const char* sql) {
        const auto database = open();
        database->run("PRAGMA writable_schema = ON");  // takes effect only where it isn't shut
        BOOST_TEST(!database->has_failed());
        database->run(sql);
        return database->has_failed();
    };
    BOOST_TEST(refuses("ATTACH ':memory:' AS other"));
    BOOST_TEST(refuses("SELECT load_extension('x')"));
    BOOST_TEST(refuses("SELECT \"no such column\""));
    BOOST_TEST(refuses("UPDATE sqlite_schema SET sql = ''"));
    const auto database = open();
    BOOST_TEST(database->read_integer("PRAGMA trusted_schema") == 0);
    BOOST_TEST(database->read_integer("PRAGMA cell_size_check") == 1);
    BOOST_TEST(database->read_integer("PRAGMA synchronous") == 3);
    BOOST_TEST(database->read_integer("PRAGMA temp_store") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
