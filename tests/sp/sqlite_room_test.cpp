// The room that the SQLite engine takes on the disk, and gives back once it needs it no more.
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "faulty_disk.hpp"
#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "sqlite/schema.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uintmax_t page = 4096;
constexpr long kept_free_pages = 256;
constexpr std::uintmax_t small_log = std::uintmax_t{1} << 20;

/// A session with as many indexes of a KiB as it may have: about 180 pages.
sp::Session large_session(int number) {
    std::vector<std::string> indexes;
    for (int i = 0; i < 64; ++i) indexes.push_back(std::string(1000, 'i') + std::to_string(64 * number + i));
    sp::Session session = session_with("large" + std::to_string(number), indexes);
    session.expires = noon + 8h;
    return session;
}

/// A store in a folder of its own, with a session that lives longer than a day's load.
struct Day {
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store = open_store(clock, folder.path());

    explicit Day(int large_sessions) {
        sp::Session lasting = session_of("lasting");
        lasting.expires = noon + 200h;
        static_cast<void>(taken(store->admit(lasting)));
        for (int i = 0; i < large_sessions; ++i) static_cast<void>(taken(store->admit(large_session(i))));
        clock.set(noon + 24h);
    }
    /// All that has expired is dropped. The file keeps its pages.
    void drop_records() {
        while (store->sweep_some() != 0) {
        }
    }
    void keep_house() {
        drop_records();
        for (int i = 0; i < 200; ++i) static_cast<void>(store->sweep_some());
    }
    [[nodiscard]] bool has_what_lasts() { return taken(store->find(session_of("lasting").id)).has_value(); }
    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "sessions.db"; }
    [[nodiscard]] std::uintmax_t octets() const { return std::filesystem::file_size(file()); }
    [[nodiscard]] std::uintmax_t octets_of_log() const { return std::filesystem::file_size(file().string() + "-wal"); }
    [[nodiscard]] long pages() const { return number("PRAGMA page_count"); }
    [[nodiscard]] long free_pages() const { return number("PRAGMA freelist_count"); }

private:
    [[nodiscard]] long number(const char* sql) const { return std::stol(Sqlite(file()).ask(sql)); }
};

/// LargestFile is how large this process may make a file, as long as it lives.
class LargestFile {
public:
    explicit LargestFile(rlim_t octets) {
        BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual_) == 0);
        struct rlimit small = usual_;
        small.rlim_cur = octets;
        on_excess_ = ::signal(SIGXFSZ, SIG_IGN);
        BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    LargestFile(const LargestFile&) = delete;
    LargestFile& operator=(const LargestFile&) = delete;
    ~LargestFile() {
        ::setrlimit(RLIMIT_FSIZE, &usual_);
        ::signal(SIGXFSZ, on_excess_);
    }

private:
    struct rlimit usual_ {};
    void (*on_excess_)(int) = SIG_DFL;
};

/// As versions before wrote it: with the schema's steps, and without a note of where its pages are used.
void write_older_file(const std::filesystem::path& file) {
    Sqlite(file).run("PRAGMA journal_mode = WAL");
    const auto database = sp::Database::open(file, sp::Database::Access::read_write);
    sp::migrate(*database, sp::migrations());
    BOOST_TEST_REQUIRE(!database->has_failed());
    BOOST_TEST_REQUIRE(database->read_integer("PRAGMA auto_vacuum") == 0);
}

/// Puts logouts of half a MiB each into the file, which nothing looks at.
std::string fill_with(int count) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
           ") INSERT INTO logout (request_id, idp, sp, name_value, session_indexes, matching, as_of, keep_until, "
           "weight, pending) SELECT 'old' || i, 1, 1, printf('%.524288c', 'x'), '', 1, 0, 0, 1, 0 FROM n;";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_room)

BOOST_AUTO_TEST_CASE(when_a_days_load_has_expired_the_file_is_short_again) {
    Day day(16);
    const long pages_at_night = day.pages();
    BOOST_TEST(pages_at_night > 1800);
    day.keep_house();
    BOOST_TEST(day.free_pages() <= kept_free_pages);
    BOOST_TEST(day.pages() < kept_free_pages + 60);
    BOOST_TEST(day.octets() == static_cast<std::uintmax_t>(day.pages()) * page);
    BOOST_TEST(day.has_what_lasts());
    BOOST_TEST(Sqlite(day.file()).ask("PRAGMA integrity_check") == "ok\n");
}

BOOST_AUTO_TEST_CASE(a_few_free_pages_are_kept_for_the_next_logins) {
    Day day(7);
    day.keep_house();
    BOOST_TEST(day.free_pages() > 200);
    BOOST_TEST(day.free_pages() <= kept_free_pages);
}

BOOST_AUTO_TEST_CASE(an_eighth_of_the_file_may_be_free_pages) {
    Day day(0);
    day.clock.set(noon);
    for (int i = 0; i < 20; ++i) {
        sp::Session session = large_session(i);
        session.expires = noon + (i < 2 ? 30h : 200h);
        static_cast<void>(taken(day.store->admit(session)));
    }
    day.clock.set(noon + 30h);
    const long pages = day.pages();
    day.keep_house();
    BOOST_TEST(day.pages() == pages);
    BOOST_TEST(day.free_pages() > kept_free_pages);
}

BOOST_AUTO_TEST_CASE(a_sweep_gives_a_few_pages_back_and_none_while_records_are_dropped) {
    constexpr long most = 32 + 1;  // one that tells of others
    Day day(10);
    const long before = day.pages();
    day.drop_records();
    BOOST_TEST(before - day.pages() <= most);  // by the one that found nothing to drop
    for (long left = day.pages(); day.free_pages() > kept_free_pages;) {
        static_cast<void>(day.store->sweep_some());
        const long given_back = left - day.pages();
        BOOST_TEST_REQUIRE(given_back > 0);
        BOOST_TEST(given_back <= most);
        left -= given_back;
    }
}

BOOST_AUTO_TEST_CASE(at_rest_the_log_of_a_busy_day_is_given_back) {
    Day day(16);
    BOOST_TEST(day.octets_of_log() > 4 * small_log);
    const std::string before = Sqlite(day.file()).ask("SELECT count(*) FROM session");
    day.clock.set(noon);
    static_cast<void>(day.store->sweep_some());
    BOOST_TEST(day.octets_of_log() <= small_log);
    BOOST_TEST(Sqlite(day.file()).ask("SELECT count(*) FROM session") == before);
    BOOST_TEST((taken(day.store->admit(session_with("next", {"next"}))) == sp::Admission::admitted));
}

BOOST_AUTO_TEST_CASE(no_pages_are_given_back_while_a_reader_makes_the_log_long) {
    Day day(0);
    Sqlite other(day.file());
    other.run("BEGIN; SELECT count(*) FROM session");
    day.clock.set(noon);
    for (int i = 0; i < 16; ++i) static_cast<void>(taken(day.store->admit(large_session(i))));
    day.clock.set(noon + 24h);
    const auto log = day.octets_of_log();
    const long pages = day.pages();
    day.keep_house();
    BOOST_TEST(day.octets_of_log() >= log);
    BOOST_TEST(day.pages() == pages);
    BOOST_TEST(other.ask("SELECT count(*) FROM session") == "1\n");
    other.run("COMMIT");
    day.keep_house();
    BOOST_TEST(day.octets_of_log() <= small_log);
    BOOST_TEST(day.free_pages() <= kept_free_pages);
}

// It has the room that the next logout needs.
BOOST_AUTO_TEST_CASE(on_a_full_disk_the_log_keeps_its_room) {
    FaultyDisk disk;
    Day day(10);
    day.clock.set(noon);
    const auto before = day.octets_of_log();
    BOOST_TEST(before > 2 * small_log);
    disk.fill_up_beside(day.folder.path() / "sessions.reserve");
    sp::LogoutOrder here = order_for_all("r");
    here.origin = sp::LogoutOrigin::here;
    static_cast<void>(taken(begin_logout(*day.store, here)));
    {
        const LargestFile small(rlim_t{8} << 20);  // none that holds the room again
        static_cast<void>(day.store->sweep_some());
    }
    BOOST_TEST(day.octets_of_log() >= before);
    disk.mend();
    for (int i = 0; i < 64; ++i) static_cast<void>(day.store->sweep_some());
    BOOST_TEST(day.octets_of_log() <= small_log);
}

BOOST_AUTO_TEST_CASE(a_small_file_of_an_earlier_version_becomes_one_that_can_shrink) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    const auto file = folder.path() / "sessions.db";
    write_older_file(file);
    Sqlite(file).run(fill_with(70) + "DELETE FROM logout WHERE request_id <> 'old7'");
    const auto store = open_store(clock, folder.path());
    Sqlite opened(file);
    BOOST_TEST(opened.ask("PRAGMA auto_vacuum") == "2\n");
    BOOST_TEST(std::stol(opened.ask("PRAGMA page_count")) < 200);
    BOOST_TEST(opened.ask("SELECT request_id FROM logout") == "old7\n");
    BOOST_TEST(std::filesystem::file_size(file.string() + "-wal") <= small_log);
    BOOST_TEST((taken(store->admit(session_of("a"))) == sp::Admission::admitted));
}

BOOST_AUTO_TEST_CASE(a_large_file_of_an_earlier_version_stays_as_it_is) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    const auto file = folder.path() / "sessions.db";
    write_older_file(file);
    Sqlite(file).run(fill_with(70));
    const auto store = open_store(clock, folder.path());
    BOOST_TEST(Sqlite(file).ask("PRAGMA auto_vacuum") == "0\n");
    BOOST_TEST((taken(store->admit(session_of("a"))) == sp::Admission::admitted));
}

BOOST_AUTO_TEST_CASE(whichever_change_fails_as_an_earlier_file_is_made_shrinkable_nothing_is_lost) {
    const FixedClock clock(noon);
    for (int n = 1;; n += 1 + n / 4) {
        const TemporaryFolder folder;
        const auto file = folder.path() / "sessions.db";
        write_older_file(file);
        Sqlite(file).run(fill_with(1));
        FaultyDisk disk;
        disk.fail_nth(n);
        static_cast<void>(sp::SqliteSessionStore::open(clock, options_in(folder.path())));
        const bool has_failed = disk.has_failed();
        disk.mend();
        const auto store = open_store(clock, folder.path());
        BOOST_TEST(Sqlite(file).ask("PRAGMA auto_vacuum") == "2\n");
        BOOST_TEST(Sqlite(file).ask("SELECT request_id FROM logout") == "old1\n");
        if (!has_failed) break;
    }
}

BOOST_AUTO_TEST_CASE(whichever_change_fails_as_pages_and_log_are_given_back_nothing_is_lost) {
    for (int n = 1;; n += 1 + n / 4) {
        FaultyDisk disk;
        Day day(3);
        disk.fail_nth(n);
        day.keep_house();
        const bool has_failed = disk.has_failed();
        disk.mend();
        BOOST_TEST(day.has_what_lasts());
        day.store = open_store(day.clock, (day.store.reset(), day.folder.path()));
        day.keep_house();
        BOOST_TEST(day.has_what_lasts());
        BOOST_TEST(day.free_pages() <= kept_free_pages);
        BOOST_TEST(Sqlite(day.file()).ask("PRAGMA integrity_check") == "ok\n");
        if (!has_failed) break;
    }
}

BOOST_AUTO_TEST_CASE(everything_is_there_after_a_power_cut_while_pages_and_log_are_given_back) {
    FaultyDisk disk;
    const TemporaryFolder folder;
    disk.remember_syncs(folder.path());
    FixedClock clock(noon);
    const auto store = open_store(clock, folder.path());
    sp::Session lasting = session_of("lasting");
    lasting.expires = noon + 200h;
    static_cast<void>(taken(store->admit(lasting)));
    for (int i = 0; i < 3; ++i) static_cast<void>(taken(store->admit(large_session(i))));
    clock.set(noon + 24h);
    for (int i = 0; i < 20; ++i) {
        static_cast<void>(store->sweep_some());
        const TemporaryFolder afterwards;
        disk.write_remembered(afterwards.path());
        const auto restarted = open_store(clock, afterwards.path());
        BOOST_TEST(taken(restarted->find(lasting.id)).has_value());
        BOOST_TEST(Sqlite(afterwards.path() / "sessions.db").ask("PRAGMA integrity_check") == "ok\n");
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
