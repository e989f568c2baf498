// The SQLite engine's files are taken away while it has them open: it confirms nothing that isn't at their paths, and
// says of no session that it is alive or dead.
#include <boost/test/unit_test.hpp>
#include <utility>

#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

namespace fs = std::filesystem;

/// A store in a folder of a folder, with sessions "a" and "b", and "c" whose logout "r" has begun.
struct OpenStore {
    TemporaryFolder parent;
    fs::path folder = parent.path() / "sessions";
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store = open_store(clock, folder);

    OpenStore() {
        for (const char* id : {"a", "b"}) static_cast<void>(taken(store->admit(session_of(id))));
        static_cast<void>(taken(store->admit(session_with("c", {"i3"}))));
        static_cast<void>(taken(begin_logout(*store, order_for("r", {"i3"}))));
        BOOST_TEST(store->keep_request(request_of("k")).has_value());
    }
    [[nodiscard]] fs::path file() const { return folder / "sessions.db"; }
    [[nodiscard]] fs::path log() const { return folder / "sessions.db-wal"; }
    [[nodiscard]] fs::path index() const { return folder / "sessions.db-shm"; }
    [[nodiscard]] fs::path aside() const { return parent.path() / "aside"; }
    void reopen() {
        store.reset();
        store = open_store(clock, folder);
    }
};

/// Other octets of the same content under the same name, as a tool leaves that writes a new file and renames it.
void replace(const fs::path& file) {
    const fs::path copy = file.string() + ".new";
    fs::copy_file(file, copy);
    fs::rename(copy, file);
}

struct Loss {
    const char* name;
    void (*happen)(const OpenStore& trial);
    const char* what;    ///< the detail has it
    const char* remedy;  ///< this too
};

constexpr const char* missing = "can't be found any more";
constexpr const char* another = "is another file";
constexpr const char* start_again = "start this process again";
constexpr const char* end_in_order = "end this process in order";

const Loss losses[] = {
    {"database removed", [](const OpenStore& t) { fs::remove(t.file()); }, missing, start_again},
    {"database renamed", [](const OpenStore& t) { fs::rename(t.file(), t.folder / "old.db"); }, missing, start_again},
    {"database replaced", [](const OpenStore& t) { replace(t.file()); }, another, start_again},
    {"database behind a link",
     [](const OpenStore& t) {
         fs::rename(t.file(), t.aside());
         fs::create_symlink(t.aside(), t.file());
     },
     another, start_again},
    {"log removed", [](const OpenStore& t) { fs::remove(t.log()); }, missing, end_in_order},
    {"log replaced", [](const OpenStore& t) { replace(t.log()); }, another, end_in_order},
    {"index removed", [](const OpenStore& t) { fs::remove(t.index()); }, missing, end_in_order},
    {"index replaced", [](const OpenStore& t) { replace(t.index()); }, another, end_in_order},
    {"folder removed", [](const OpenStore& t) { fs::remove_all(t.folder); }, missing, start_again},
    {"folder renamed", [](const OpenStore& t) { fs::rename(t.folder, t.aside()); }, missing, start_again},
    {"folder replaced",
     [](const OpenStore& t) {
         fs::rename(t.folder, t.aside());
         fs::copy(t.aside(), t.folder);
     },
     another, start_again},
};

template <class T>
Result<void> outcome_of(Result<T> result) {
    if (!result) return result.error();
    return Done{};
}

using Operation = Result<void> (*)(sp::SessionStore& store);

/// Everything that a store is asked for, each of which succeeds where the files are in place.
const std::pair<const char*, Operation> operations[] = {
    {"admit", [](sp::SessionStore& s) { return outcome_of(s.admit(session_of("d"))); }},
    {"admit what is there", [](sp::SessionStore& s) { return outcome_of(s.admit(session_of("a"))); }},
    {"find", [](sp::SessionStore& s) { return outcome_of(s.find(session_of("a").id)); }},
    {"find the dead", [](sp::SessionStore& s) { return outcome_of(s.find(session_of("c").id)); }},
    {"named_by", [](sp::SessionStore& s) { return outcome_of(s.named_by(order_for_all("q").naming())); }},
    {"sessions_of", [](sp::SessionStore& s) { return outcome_of(s.sessions_of(idp_id, "", 9)); }},
    {"unfinished_logouts", [](sp::SessionStore& s) { return outcome_of(s.unfinished_logouts()); }},
    {"begin_logout", [](sp::SessionStore& s) { return outcome_of(begin_logout(s, order_for_all("r2"))); }},
    {"begin_logout again", [](sp::SessionStore& s) { return outcome_of(begin_logout(s, order_for("r", {"i3"}))); }},
    {"complete_logout",
     [](sp::SessionStore& s) {
         return outcome_of(complete_logout(s, order_for("r", {"i3"}).key, {.ended = 1}, {session_of("c").id}));
     }},
    {"keep_request", [](sp::SessionStore& s) { return s.keep_request(request_of("k2")); }},
    {"take_due_requests", [](sp::SessionStore& s) { return outcome_of(s.take_due_requests(noon, noon, 9)); }},
    {"drop_request", [](sp::SessionStore& s) { return s.drop_request(request_of("k").order.key); }},
};

/// Takes a file away while it is asked for the time, which operations that write do before they are committed.
class TreacherousClock final : public sp::Clock {
public:
    [[nodiscard]] Instant now() const noexcept override {
        std::error_code ignored;
        if (!doomed_.empty()) fs::remove(doomed_, ignored);
        return noon;
    }
    void doom(const fs::path& file) { doomed_ = file; }

private:
    fs::path doomed_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_files)

BOOST_AUTO_TEST_CASE(every_operation_succeeds_while_the_files_are_in_place) {
    OpenStore trial;
    for (const auto& [name, operation] : operations) BOOST_TEST(operation(*trial.store).has_value(), name);
}

BOOST_AUTO_TEST_CASE(no_operation_succeeds_once_a_file_is_lost_and_the_detail_has_the_remedy) {
    for (const Loss& loss : losses) {
        OpenStore trial;
        loss.happen(trial);
        for (const auto& [name, operation] : operations) {
            const std::string context = std::string(loss.name) + ", " + name;
            const auto outcome = operation(*trial.store);
            BOOST_TEST(!outcome.has_value(), context);
            if (outcome) continue;
            const Failure& failure = outcome.error();
            BOOST_TEST((failure.code == sp::StoreErrc::store_failed), context);
            BOOST_TEST(failure.detail.starts_with(trial.file().string()), context + ": " + failure.detail);
            BOOST_TEST(failure.detail.find(loss.what) != std::string::npos, context + ": " + failure.detail);
            BOOST_TEST(failure.detail.find(loss.remedy) != std::string::npos, context + ": " + failure.detail);
        }
        trial.clock.set(noon + std::chrono::hours(48));
        BOOST_TEST(trial.store->sweep_some() == 0u, loss.name);
    }
}

// The check comes after the commit: what was looked at before it may be gone by then.
BOOST_AUTO_TEST_CASE(a_file_lost_during_an_operation_makes_it_fail) {
    for (const char* name : {"sessions.db", "sessions.db-wal", "sessions.db-shm"}) {
        const TemporaryFolder folder;
        TreacherousClock clock;
        const auto store = open_store(clock, folder.path());
        clock.doom(folder.path() / name);
        const auto begun = begin_logout(*store, order_for_all("r"));
        BOOST_TEST(!fs::exists(folder.path() / name));
        BOOST_TEST_REQUIRE(!begun.has_value(), name);
        BOOST_TEST((begun.error().code == sp::StoreErrc::store_failed));
    }
}

BOOST_AUTO_TEST_CASE(a_read_is_not_answered_from_a_file_that_is_lost_meanwhile) {
    const TemporaryFolder folder;
    TreacherousClock clock;
    const auto store = open_store(clock, folder.path());
    static_cast<void>(taken(store->admit(session_of("a"))));
    clock.doom(folder.path() / "sessions.db");
    BOOST_TEST((store->find(session_of("a").id).error().code == sp::StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(goes_on_when_a_file_that_was_moved_away_is_moved_back) {
    OpenStore trial;
    for (const fs::path& path : {trial.file(), trial.log(), trial.index(), trial.folder}) {
        fs::rename(path, trial.aside());
        BOOST_TEST(!trial.store->find(session_of("a").id).has_value(), path);
        fs::rename(trial.aside(), path);
        BOOST_TEST(taken(trial.store->find(session_of("a").id)).has_value(), path);
    }
    static_cast<void>(taken(begin_logout(*trial.store, order_for_all("r2"))));
    trial.reopen();
    BOOST_TEST((taken(trial.store->admit(session_of("d"))) == sp::Admission::refused_by_logout));
}

// What its remedy promises.
BOOST_AUTO_TEST_CASE(an_orderly_end_saves_operations_confirmed_before_the_log_was_lost) {
    for (const char* name : {"sessions.db-wal", "sessions.db-shm"}) {
        OpenStore trial;
        static_cast<void>(taken(begin_logout(*trial.store, order_for_all("r2"))));
        fs::remove(trial.folder / name);
        BOOST_TEST(!trial.store->find(session_of("a").id).has_value());
        trial.reopen();
        BOOST_TEST(!taken(trial.store->find(session_of("a").id)).has_value());
        BOOST_TEST((taken(trial.store->admit(session_of("d"))) == sp::Admission::refused_by_logout));
    }
}

// A restart would follow it.
BOOST_AUTO_TEST_CASE(a_link_on_the_way_that_leads_elsewhere_is_a_loss) {
    const TemporaryFolder parent;
    const FixedClock clock(noon);
    for (const char* name : {"first", "second"}) fs::create_directory(parent.path() / name);
    fs::create_directory_symlink("first", parent.path() / "data");
    const auto store = open_store(clock, parent.path() / "data" / "sessions");
    static_cast<void>(taken(store->admit(session_of("a"))));
    fs::remove(parent.path() / "data");
    fs::create_directory_symlink("second", parent.path() / "data");
    BOOST_TEST((store->find(session_of("a").id).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((begin_logout(*store, order_for_all("r")).error().code == sp::StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(a_relative_folder_is_the_same_one_wherever_the_process_goes) {
    const TemporaryFolder parent;
    const FixedClock clock(noon);
    const fs::path before = fs::current_path();
    fs::current_path(parent.path());
    const auto store = open_store(clock, "sessions");
    fs::current_path(before);
    BOOST_TEST(store->admit(session_of("a")).has_value());
    BOOST_TEST(taken(store->find(session_of("a").id)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
