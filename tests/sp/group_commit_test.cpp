// Calls that arrive while a commit is at work share the next one, and each succeeds or fails alone.
#include <array>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "faulty_disk.hpp"
#include "session_store_trial.hpp"
#include "sqlite/group_commit.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

/// A file with the engine's tables. An operation adds an entity by name, which mustn't be there twice.
struct Group {
    FaultyDisk disk;
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::Database> database;
    int commits = 0;
    std::optional<Failure> verdict;  // on each commit
    std::optional<sp::GroupCommit> group;

    Group() {
        disk.remember_syncs(folder.path());
        static_cast<void>(open_store(clock, folder.path()));
        database = sp::Database::open(folder.path() / "sessions.db", sp::Database::Access::read_write);
        database->prepare();
        group.emplace(*database, [this] {
            ++commits;
            return verdict;
        });
    }

    std::optional<Failure> add(std::string_view name) {
        return group->run([&] { sp::Cursor(*database, sp::Query::add_entity).bind(name).run(); });
    }
    [[nodiscard]] std::string names() const {
        return Sqlite(folder.path() / "sessions.db").ask("SELECT id FROM entity ORDER BY id");
    }

    /// Runs `operations`, all of which come while another one is at work.
    std::vector<std::optional<Failure>> run_together(const std::vector<sp::GroupCommit::Operation>& operations) {
        std::vector<std::optional<Failure>> failures(operations.size());
        std::vector<std::thread> threads;
        const auto at_work = group->run([&] {
            for (std::size_t i = 0; i < operations.size(); ++i) {
                threads.emplace_back([&, i] { failures[i] = group->run(operations[i]); });
                while (group->waiting() != i + 1) std::this_thread::yield();
            }
        });
        BOOST_TEST(!at_work.has_value());
        for (std::thread& thread : threads) thread.join();
        return failures;
    }
    [[nodiscard]] sp::GroupCommit::Operation adding(const char* name) {
        return [this, name] { sp::Cursor(*database, sp::Query::add_entity).bind(name).run(); };
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(group_commit)

// The first of them needs no disk, and the second one does.
BOOST_AUTO_TEST_CASE(a_commit_is_synced_if_one_of_its_callers_needs_that) {
    using Syncing = sp::Database::Syncing;
    Group trial;
    const auto names_after_a_power_cut = [&] {
        const TemporaryFolder afterwards;
        trial.disk.write_remembered(afterwards.path());
        return Sqlite(afterwards.path() / "sessions.db").ask("SELECT id FROM entity ORDER BY id");
    };
    std::vector<std::thread> threads;
    const auto at_work = trial.group->run(
        [&] {
            for (const auto& [name, syncing] : {std::pair{"a", Syncing::later}, {"b", Syncing::at_commit}}) {
                const std::size_t waiting = trial.group->waiting();
                threads.emplace_back([&trial, operation = trial.adding(name), its = syncing] {
                    BOOST_TEST(!trial.group->run(operation, its).has_value());
                });
                while (trial.group->waiting() == waiting) std::this_thread::yield();
            }
        },
        Syncing::later);
    BOOST_TEST(!at_work.has_value());
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(names_after_a_power_cut() == "a\nb\n");
    BOOST_TEST(!trial.group->run(trial.adding("c"), Syncing::later).has_value());
    BOOST_TEST(names_after_a_power_cut() == "a\nb\n");
    BOOST_TEST(trial.names() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(waiting_callers_share_one_commit) {
    Group trial;
    const auto failures = trial.run_together({trial.adding("a"), trial.adding("b"), trial.adding("c")});
    for (const auto& failure : failures) BOOST_TEST(!failure.has_value());
    BOOST_TEST(trial.commits == 2);
    BOOST_TEST(trial.names() == "a\nb\nc\n");
}

// Otherwise the new call would use the connection together with the one at work.
BOOST_AUTO_TEST_CASE(the_log_is_not_emptied_beside_a_commit) {
    Group trial;
    std::thread another;
    const auto at_work = trial.group->run([&] {
        trial.adding("a")();
        trial.group->empty_log_at_rest();
        std::latch comes(1);
        another = std::thread([&] {
            comes.count_down();
            BOOST_TEST(!trial.add("b").has_value());
        });
        comes.wait();
        while (trial.group->waiting() == 0 && trial.commits == 0) std::this_thread::yield();
        BOOST_TEST(trial.group->waiting() == 1u);
    });
    another.join();
    BOOST_TEST(!at_work.has_value());
    BOOST_TEST(trial.names() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(an_operation_that_fails_leaves_the_others_whole) {
    Group trial;
    const auto half = [&trial] {
        trial.adding("half")();
        trial.adding("a")();  // is there
    };
    const auto failures = trial.run_together({trial.adding("a"), half, trial.adding("c")});
    BOOST_TEST(!failures[0].has_value());
    BOOST_TEST_REQUIRE(failures[1].has_value());
    BOOST_TEST((failures[1]->code == sp::StoreErrc::store_failed));
    BOOST_TEST(failures[1]->detail.find("half") == std::string::npos);
    BOOST_TEST(!failures[2].has_value());
    BOOST_TEST(trial.names() == "a\nc\n");
    BOOST_TEST(trial.commits == 2);
}

BOOST_AUTO_TEST_CASE(an_operation_without_memory_leaves_the_others_whole) {
    Group trial;
    const auto poor = [&trial] {
        trial.adding("half")();
        throw std::bad_alloc();
    };
    const auto failures = trial.run_together({trial.adding("a"), poor, trial.adding("c")});
    BOOST_TEST_REQUIRE(failures[1].has_value());
    BOOST_TEST(failures[1]->detail.find("memory") != std::string::npos);
    BOOST_TEST(trial.names() == "a\nc\n");
}

// A disk that is full undoes the whole transaction: the others try again, each for itself.
BOOST_AUTO_TEST_CASE(an_operation_that_loses_the_transaction_leaves_the_others_whole) {
    Group trial;
    const auto hapless = [&trial] {
        trial.adding("half")();
        trial.database->run("ROLLBACK");
        trial.database->fail_for_lack_of_memory();
    };
    const auto failures = trial.run_together({trial.adding("a"), hapless, trial.adding("c")});
    BOOST_TEST(!failures[0].has_value());
    BOOST_TEST(failures[1].has_value());
    BOOST_TEST(!failures[2].has_value());
    BOOST_TEST(trial.names() == "a\nc\n");
}

BOOST_AUTO_TEST_CASE(a_failed_commit_fails_every_caller_once_and_the_next_succeeds) {
    Group trial;
    trial.disk.fill_up();
    BOOST_TEST(trial.add("a").has_value());
    trial.disk.mend();
    BOOST_TEST(!trial.add("a").has_value());
    BOOST_TEST(trial.names() == "a\n");
}

BOOST_AUTO_TEST_CASE(a_commit_that_does_not_count_fails_every_caller_that_shares_it) {
    Group trial;
    const auto last = [&trial] {
        trial.adding("c")();
        trial.verdict = sp::fail(sp::StoreErrc::store_failed, "the file is gone");
    };
    const auto failures = trial.run_together({trial.adding("a"), trial.adding("b"), last});
    for (const auto& failure : failures) {
        BOOST_TEST_REQUIRE(failure.has_value());
        BOOST_TEST((failure->code == sp::StoreErrc::store_failed));
        BOOST_TEST(failure->detail == "the file is gone");
    }
    BOOST_TEST(trial.commits == 2);
    trial.verdict.reset();
    BOOST_TEST(!trial.add("d").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
