// The SQLite engine over a disk that fails: each operation has happened or hasn't, and the next try succeeds.
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <iterator>
#include <optional>
#include <set>

#include "faulty_disk.hpp"
#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite_trial.hpp"
#include "store_rules.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

const sp::Session login = session_with("c", {"i2"});
const sp::LogoutOrder order = order_for("r", {"i1"});
const sp::LogoutOutcome outcome{.ended = 2, .already_gone = 0, .failed = 0};

bool is_alive(sp::SessionStore& store, std::string_view id) {
    return taken(store.find(parsed<sp::LocalSessionID>(id))).has_value();
}

/// A login of "c", and the logout of "a" and "b": each step with what must be true before and after it.
struct Step {
    Result<void> (*take)(sp::SessionStore& store);
    bool (*is_taken)(sp::SessionStore& store);
    bool (*is_half_taken)(sp::SessionStore& store);
};

template <class T>
Result<void> outcome_of(Result<T> result) {
    if (!result) return result.error();
    return Done{};
}

const Step steps[] = {
    {.take = [](sp::SessionStore& store) { return outcome_of(store.admit(login)); },
     .is_taken = [](sp::SessionStore& store) { return is_alive(store, "c"); },
     .is_half_taken = [](sp::SessionStore& store) { return !is_alive(store, "a") || !is_alive(store, "b"); }},
    {.take = [](sp::SessionStore& store) { return outcome_of(begin_logout(store, order)); },
     .is_taken = [](sp::SessionStore& store) { return taken(store.unfinished_logouts()).size() == 1; },
     .is_half_taken =
         [](sp::SessionStore& store) {
             const bool has_begun = !taken(store.unfinished_logouts()).empty();
             return is_alive(store, "a") == has_begun || is_alive(store, "b") == has_begun;
         }},
    {.take =
         [](sp::SessionStore& store) {
             // A process that has been started anew has no round yet, as recovery hasn't.
             if (auto begun = begin_logout(store, order); !begun) return outcome_of(std::move(begun));
             return outcome_of(complete_logout(store, order.key, outcome, {session_of("a").id, session_of("b").id}));
         },
     .is_taken = [](sp::SessionStore& store) { return taken(store.unfinished_logouts()).empty(); },
     .is_half_taken =
         [](sp::SessionStore& store) {
             const auto unfinished = taken(store.unfinished_logouts());
             return is_alive(store, "a") || is_alive(store, "b") ||
                    (!unfinished.empty() && ids_of(unfinished.front().ending) != "a b");
         }},
};

void check_the_end(sp::SqliteSessionStore& store) {
    BOOST_TEST(is_alive(store, "c"));
    BOOST_TEST(!is_alive(store, "a"));
    BOOST_TEST((std::get<sp::RepeatedLogout>(taken(begin_logout(store, order))).recorded == outcome));
    BOOST_TEST(store.size().sessions == 1u);
    BOOST_TEST(store.size().logout_records == 1u);
}

/// A process that died right now would leave this.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const char* name : {"sessions.db", "sessions.db-wal"}) std::filesystem::copy_file(from / name, to / name);
}

/// The steps from `first` on, each of them repeated if it fails.
void take_steps(sp::SessionStore& store, std::size_t first) {
    for (std::size_t i = first; i < std::size(steps); ++i) {
        BOOST_TEST(!steps[i].is_half_taken(store));
        BOOST_TEST(steps[i].take(store).has_value());
        BOOST_TEST(steps[i].is_taken(store));
    }
}

struct OverFaultyDisk {
    FaultyDisk disk;
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store = open_store(clock, folder.path());

    /// Takes each step over a disk whose n-th change fails. Whether one has failed.
    bool survives_failure_of(int n) {
        for (const char* id : {"a", "b"}) static_cast<void>(taken(store->admit(session_of(id))));
        disk.fail_nth(n);
        bool has_failed = false;
        for (std::size_t i = 0; i < std::size(steps); ++i) {
            const auto taken_at_once = steps[i].take(*store);
            if (!taken_at_once) {
                has_failed = true;
                BOOST_TEST((taken_at_once.error().code == sp::StoreErrc::store_failed));
                BOOST_TEST(taken_at_once.error().detail.find("N1") == std::string::npos);
                BOOST_TEST(!steps[i].is_half_taken(*store));
                survives_death_at(i);
                BOOST_TEST(steps[i].take(*store).has_value());
            }
            BOOST_TEST(steps[i].is_taken(*store));
        }
        has_failed = has_failed || disk.has_failed();
        disk.mend();
        check_the_end(*store);
        store.reset();
        check_the_end(*open_store(clock, folder.path()));
        return has_failed;
    }

    void survives_death_at(std::size_t step) {
        const TemporaryFolder elsewhere;
        copy_files(folder.path(), elsewhere.path());
        const auto restarted = open_store(clock, elsewhere.path());
        take_steps(*restarted, step);
        check_the_end(*restarted);
    }
};

/// A request is kept, taken, taken again when its taker has died, and dropped.
struct RequestsOverFaultyDisk {
    FaultyDisk disk;
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store = open_store(clock, folder.path());
    bool has_failed = false;

    /// Runs `operation`, and once more where it failed, after `look` at what a process that died now would leave.
    template <class T, class Operation, class Look>
    T until_done(Operation operation, Look look) {
        Result<T> done = operation();
        if (done) return *std::move(done);
        has_failed = true;
        BOOST_TEST((done.error().code == sp::StoreErrc::store_failed));
        const TemporaryFolder elsewhere;
        copy_files(folder.path(), elsewhere.path());
        look(*open_store(clock, elsewhere.path()));
        return taken<T>(operation());
    }
    static std::size_t taken_from(sp::SessionStore& from, Instant now) {
        return taken(from.take_due_requests(now, now + 1min, 9)).size();
    }
    std::size_t take(Instant now) {
        const auto look = [now](sp::SessionStore& restarted) {
            BOOST_TEST(taken_from(restarted, now) <= 1u);  // the failed one may have happened
            BOOST_TEST(taken_from(restarted, now + 1min - 1ms) == 0u);
            BOOST_TEST(taken_from(restarted, now + 1min) == 1u);
        };
        return until_done<std::vector<sp::KeptRequest>>([&] { return store->take_due_requests(now, now + 1min, 9); },
                                                        look)
            .size();
    }

    /// Whether one of the steps failed, or the disk did.
    bool survive_failure_of(int n) {
        const auto is_there_or_not = [](sp::SessionStore& restarted) {
            BOOST_TEST(taken_from(restarted, noon + 1h) <= 1u);
        };
        disk.fail_nth(n);
        until_done<Done>([&] { return store->keep_request(request_of("k")); }, is_there_or_not);
        BOOST_TEST(take(noon) == 1u);
        BOOST_TEST(taken_from(*store, noon + 1min - 1ms) == 0u);
        BOOST_TEST(take(noon + 1min) == 1u);
        until_done<Done>([&] { return store->drop_request(request_of("k").order.key); }, is_there_or_not);
        BOOST_TEST(taken_from(*store, noon + 1h) == 0u);
        has_failed = has_failed || disk.has_failed();
        disk.mend();
        store.reset();
        BOOST_TEST(taken_from(*open_store(clock, folder.path()), noon + 1h) == 0u);
        return has_failed;
    }
};

constexpr std::uint32_t many = 2 * sp::largest_piece + 9;

/// A folder with many sessions of one user.
struct FolderOfMany {
    TemporaryFolder folder;

    FolderOfMany() {
        const FixedClock clock(noon);
        log_in_many(*open_store(clock, folder.path()), many);
    }
};

/// A logout of so many sessions that their end is written in pieces.
struct ManyOverFaultyDisk {
    explicit ManyOverFaultyDisk(const FolderOfMany& filled) {
        std::filesystem::copy_file(filled.folder.path() / "sessions.db", folder.path() / "sessions.db");
        store = open_store(clock, folder.path());
    }

    FaultyDisk disk;
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store;
    std::vector<sp::LocalSessionID> ids = ids_of_many(many);

    /// Completes over a disk whose n-th change fails, and once more where that failed. How many sessions a process that
    /// died in between would leave; nothing where none failed.
    std::optional<std::size_t> left_by_failure_of(int n) {
        static_cast<void>(taken(begin_logout(*store, order_for_all("r"))));
        disk.fail_nth(n);
        const auto at_once = complete_logout(*store, order_for_all("r").key, {.ended = many}, ids);
        std::optional<std::size_t> left;
        if (!at_once) left = recover_elsewhere();
        disk.mend();
        const sp::LogoutOutcome all{.ended = many, .already_gone = 0, .failed = 0};
        BOOST_TEST((taken(complete_logout(*store, order_for_all("r").key, {.ended = many}, ids)) == all));
        BOOST_TEST(store->size().sessions == 0u);
        return left;
    }
    std::size_t recover_elsewhere() {
        const TemporaryFolder elsewhere;
        copy_files(folder.path(), elsewhere.path());
        const auto restarted = open_store(clock, elsewhere.path());
        const auto unfinished = taken(restarted->unfinished_logouts());
        BOOST_TEST_REQUIRE(unfinished.size() == 1u);
        const auto resumed = taken(restarted->resume_logout(order_for_all("r").key, claim_of(order_for_all("r").key)));
        BOOST_TEST(!resumed.recorded.has_value());
        BOOST_TEST(ids_of(resumed.ending) == ids_of(unfinished.front().ending));
        BOOST_TEST(taken(complete_logout(*restarted, order_for_all("r").key, {.ended = 1}, ids)).complete());
        BOOST_TEST(restarted->size().sessions == 0u);
        return resumed.ending.size();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_fault)

BOOST_AUTO_TEST_CASE(whichever_change_fails_a_logout_of_many_is_completed_by_its_repeat_or_by_recovery) {
    const FolderOfMany filled;
    std::set<std::size_t> left;
    for (int n = 1;; n += 1 + n / 4) {
        const auto some = ManyOverFaultyDisk(filled).left_by_failure_of(n);
        if (!some) break;
        left.insert(*some);
    }
    // Nothing was written, one piece, or two.
    const std::set<std::size_t> pieces{many, sp::largest_piece + 9, 9};
    BOOST_TEST((left == pieces));
}

BOOST_AUTO_TEST_CASE(whichever_change_fails_an_operation_happens_once_or_not) {
    int n = 1;
    while (OverFaultyDisk().survives_failure_of(n)) ++n;
    BOOST_TEST(n > 20);  // it did fail, many times
}

BOOST_AUTO_TEST_CASE(whichever_change_fails_no_kept_request_is_lost_or_taken_twice) {
    int n = 1;
    while (RequestsOverFaultyDisk().survive_failure_of(n)) ++n;
    BOOST_TEST(n > 8);
}

BOOST_AUTO_TEST_CASE(whichever_change_fails_at_the_end_nothing_is_lost) {
    for (int n = 1;; ++n) {
        OverFaultyDisk trial;
        for (const char* id : {"a", "b"}) static_cast<void>(taken(trial.store->admit(session_of(id))));
        trial.disk.fail_nth(n);
        trial.store.reset();
        const bool has_failed = trial.disk.has_failed();
        trial.disk.mend();
        trial.store = open_store(trial.clock, trial.folder.path());
        take_steps(*trial.store, 0);
        check_the_end(*trial.store);
        if (!has_failed) break;
    }
}

// More commits than fit into the log before its pages are moved into the file, which the full disk prevents too.
BOOST_AUTO_TEST_CASE(a_full_disk_fails_writes_and_the_store_goes_on_when_there_is_room) {
    OverFaultyDisk trial;
    const auto session_at = [](int i) { return session_of("s" + std::to_string(i)); };
    constexpr int logins = 600;
    int refused = 0;
    for (int i = 0; i < logins; ++i) {
        if (i % 100 == 50) trial.disk.fill_up();
        if (i % 100 == 60) trial.disk.mend();
        const auto admitted = trial.store->admit(session_at(i));
        BOOST_TEST_REQUIRE(admitted.has_value() != (i % 100 >= 50 && i % 100 < 60));
        if (admitted) continue;
        ++refused;
        BOOST_TEST((admitted.error().code == sp::StoreErrc::store_full));
        BOOST_TEST(admitted.error().detail.find("make room") != std::string::npos);
        BOOST_TEST(!taken(trial.store->find(session_at(i).id)).has_value());
        BOOST_TEST(taken(trial.store->find(session_at(i % 50).id)).has_value());
    }
    BOOST_TEST(trial.store->size().sessions == static_cast<std::size_t>(logins - refused));
    trial.store = nullptr;
    trial.store = open_store(trial.clock, trial.folder.path());
    BOOST_TEST(trial.store->size().sessions == static_cast<std::size_t>(logins - refused));
    const auto begun = taken(begin_logout(*trial.store, order_for_all("r")));
    BOOST_TEST(std::get<sp::FreshLogout>(begun).ending.size() == static_cast<std::size_t>(logins - refused));
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_logouts_that_start_here_are_recorded_in_the_room_held_for_them) {
    OverFaultyDisk trial;
    const auto file = trial.folder.path() / "sessions.reserve";
    const auto is_full = [](const auto& result) { return !result && result.error().code == sp::StoreErrc::store_full; };
    const auto session_at = [](int i) { return session_with("s" + std::to_string(i), {"i" + std::to_string(i)}); };
    for (int i = 0; i < 100; ++i) static_cast<void>(taken(trial.store->admit(session_at(i))));
    static_cast<void>(taken(begin_logout(*trial.store, order_for("of-idp", {"i98"}))));
    BOOST_TEST(std::filesystem::file_size(file) == 16u << 20);

    trial.disk.fill_up_beside(file);
    BOOST_TEST(is_full(begin_logout(*trial.store, order_for("of-idp2", {"i99"}))));
    BOOST_TEST(is_full(trial.store->admit(session_of("new"))));
    BOOST_TEST(is_full(trial.store->keep_request(request_of("kept"))));
    BOOST_TEST(std::filesystem::file_size(file) == 16u << 20);  // for none of these
    for (int i = 0; i < 90; ++i) {
        sp::LogoutOrder ours = order_for("u" + std::to_string(i), {"i" + std::to_string(i)});
        ours.origin = sp::LogoutOrigin::here;
        BOOST_TEST_REQUIRE(ids_of(std::get<sp::FreshLogout>(taken(begin_logout(*trial.store, ours))).ending) ==
                           session_at(i).id.str());
        BOOST_TEST_REQUIRE(!is_alive(*trial.store, session_at(i).id.str()));
        BOOST_TEST_REQUIRE(taken(complete_logout(*trial.store, ours.key, {1, 0, 0}, {session_at(i).id})).complete());
    }
    BOOST_TEST(std::filesystem::file_size(file) == 0u);
    // There is room now, but not for others.
    const auto refused = trial.store->admit(session_of("new"));
    BOOST_TEST(is_full(refused));
    BOOST_TEST(refused.error().detail.find("until 32 MiB are free, only logouts that start here") != std::string::npos);
    BOOST_TEST(is_full(begin_logout(*trial.store, order_for("of-idp2", {"i99"}))));
    BOOST_TEST(is_full(trial.store->keep_request(request_of("kept"))));
    BOOST_TEST(
        taken(complete_logout(*trial.store, order_for("of-idp", {}).key, {1, 0, 0}, {session_at(98).id})).complete());

    trial.store = nullptr;
    trial.store = open_store(trial.clock, trial.folder.path());
    BOOST_TEST(!is_alive(*trial.store, "s0"));
    BOOST_TEST(is_alive(*trial.store, "s99"));
    trial.disk.mend();
    static_cast<void>(trial.store->sweep_some());
    BOOST_TEST(std::filesystem::file_size(file) == 16u << 20);
    BOOST_TEST(trial.store->admit(session_of("new")).has_value());
}

BOOST_AUTO_TEST_CASE(a_report_uses_the_room_held_for_logouts) {
    OverFaultyDisk trial;
    static_cast<void>(taken(trial.store->admit(session_of("a"))));
    static_cast<void>(taken(begin_logout(*trial.store, order_for_all("r"))));
    trial.disk.fill_up_beside(trial.folder.path() / "sessions.reserve");
    BOOST_TEST(
        taken(complete_logout(*trial.store, order_for_all("r").key, {1, 0, 0}, {session_of("a").id})).complete());
}

BOOST_AUTO_TEST_CASE(a_disk_with_no_room_to_hold_serves_logouts_that_start_here) {
    OverFaultyDisk trial;
    static_cast<void>(taken(trial.store->admit(session_of("a"))));
    trial.store = nullptr;
    const TemporaryFolder& folder = trial.folder;
    std::filesystem::remove(folder.path() / "sessions.reserve");
    struct rlimit usual {};
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
    struct rlimit small = usual;
    small.rlim_cur = rlim_t{8} << 20;
    const auto on_excess = ::signal(SIGXFSZ, SIG_IGN);
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    trial.store = open_store(trial.clock, folder.path());
    ::setrlimit(RLIMIT_FSIZE, &usual);
    ::signal(SIGXFSZ, on_excess);
    BOOST_TEST(std::filesystem::file_size(folder.path() / "sessions.reserve") == 0u);
    BOOST_TEST((trial.store->admit(session_of("b")).error().code == sp::StoreErrc::store_full));
    sp::LogoutOrder ours = order_for_all("u");
    ours.origin = sp::LogoutOrigin::here;
    BOOST_TEST(begin_logout(*trial.store, ours).has_value());
    BOOST_TEST((trial.store->admit(session_with("b", {"i9"})).error().code == sp::StoreErrc::store_full));
    for (int i = 0; i < 64; ++i) static_cast<void>(trial.store->sweep_some());
    BOOST_TEST(trial.store->admit(session_with("b", {"i9"})).has_value());
}

// A process that is killed leaves what it wrote to the system; a power cut leaves only what was synced.
BOOST_AUTO_TEST_CASE(everything_acknowledged_is_there_after_a_power_cut) {
    FaultyDisk disk;
    const FixedClock clock(noon);
    const TemporaryFolder folder;
    disk.remember_syncs(folder.path());
    const auto store = open_store(clock, folder.path());
    const auto session_at = [](int i) { return session_with("s" + std::to_string(i), {"i" + std::to_string(i)}); };
    constexpr int logins = 400;  // more than go into the log before its pages are moved into the file
    for (int i = 0; i < logins; ++i) {
        static_cast<void>(taken(store->admit(session_at(i))));
        if (i % 8 != 7) continue;
        const std::string ended = "i" + std::to_string(i - 3);
        static_cast<void>(taken(begin_logout(*store, order_for("r" + std::to_string(i), {ended}))));
        const TemporaryFolder afterwards;
        disk.write_remembered(afterwards.path());
        const auto restarted = open_store(clock, afterwards.path());
        int wrong = 0;
        for (int j = 0; j <= i; ++j) {
            const bool has_ended = j % 8 == 4;
            wrong += is_alive(*restarted, session_at(j).id.str()) == has_ended ? 1 : 0;
        }
        BOOST_TEST(wrong == 0);
        BOOST_TEST(taken(restarted->unfinished_logouts()).size() == static_cast<std::size_t>(i / 8 + 1));
    }
}

BOOST_AUTO_TEST_CASE(every_kept_request_is_there_after_a_power_cut) {
    FaultyDisk disk;
    const FixedClock clock(noon);
    const TemporaryFolder folder;
    disk.remember_syncs(folder.path());
    const auto store = open_store(clock, folder.path());
    for (std::size_t i = 0; i < 40; ++i) {
        const std::string number = std::to_string(i);
        BOOST_TEST(store->keep_request(request_of("stays" + number)).has_value());
        BOOST_TEST(store->keep_request(request_of("taken" + number, noon - 1h)).has_value());
        BOOST_TEST(taken(store->take_due_requests(noon - 1h, noon + 1h, 9)).size() == 1u);
        BOOST_TEST(store->keep_request(request_of("dropped" + number)).has_value());
        BOOST_TEST(store->drop_request(request_of("dropped" + number).order.key).has_value());
        const TemporaryFolder afterwards;
        disk.write_remembered(afterwards.path());
        const auto restarted = open_store(clock, afterwards.path());
        BOOST_TEST(taken(restarted->take_due_requests(noon, noon + 1h, 1'000)).size() == i + 1);
        BOOST_TEST(taken(restarted->take_due_requests(noon + 1h, noon + 1h, 1'000)).size() == 2 * (i + 1));
    }
}

// A tool that looks into the file may have it locked for a moment.
BOOST_AUTO_TEST_CASE(a_write_waits_for_another_program_that_has_the_file_locked) {
    OverFaultyDisk trial;
    trial.disk.keep_writers_out(3);
    BOOST_TEST((taken(trial.store->admit(login)) == sp::Admission::admitted));
    BOOST_TEST(trial.disk.has_kept_writers_out());
}

// Else a round that couldn't say what it has ended would see another one tell the applications again.
BOOST_AUTO_TEST_CASE(a_report_that_is_not_on_the_disk_leaves_the_round_its_sessions) {
    OverFaultyDisk trial;
    static_cast<void>(taken(trial.store->admit(session_of("s"))));
    const sp::LogoutOrder all = order_for_all("r");
    const sp::RoundID first{.node = 7, .number = 1};
    const sp::RoundID second{.node = 7, .number = 2};
    static_cast<void>(taken(trial.store->begin_logout(all, {first, noon + 1min})));
    trial.disk.fill_up();
    BOOST_TEST(!trial.store->complete_logout(all.key, {.round = first, .ended = 1, .gone = {session_of("s").id}}));
    trial.disk.mend();
    BOOST_TEST(taken(trial.store->resume_logout(all.key, {second, noon + 1min})).ending.empty());
    const auto said_again =
        trial.store->complete_logout(all.key, {.round = first, .ended = 1, .gone = {session_of("s").id}});
    BOOST_TEST(taken(said_again).complete());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
