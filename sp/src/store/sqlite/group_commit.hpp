// One writer, whose commits are shared by whoever waits for one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "database.hpp"

namespace slo::sp {

/// GroupCommit runs operations on one connection, each in a savepoint of its own, and returns to no caller before the
/// commit that holds its operation is on the disk. Callers who come while a commit is at work wait, and the next commit
/// takes them all. Thread-safe.
///
/// The callers themselves lead: the first one that finds nobody at work commits for everybody who waits, then hands on
/// to the next. So a caller who is alone pays for no change of threads, and there is no thread to start before a
/// process confines itself, to stop, or to lose in a fork.
class GroupCommit {
public:
    using Operation = std::function<void()>;
    using Check = std::function<std::optional<Failure>()>;

    /// `after_commit` is called by the leader after each commit, in turn, before anybody is told of it. A Failure that
    /// it returns is everybody's: what was committed doesn't count. `database` outlives this.
    GroupCommit(Database& database, Check after_commit) : database_(database), after_commit_(std::move(after_commit)) {}

    /// Runs `operation` and makes it durable. It may be run more than once, always after what it did before was undone.
    /// A Failure: it has done nothing, because the disk is full (StoreErrc::store_full) or fails (store_failed), or the
    /// check after the commit has failed.
    [[nodiscard]] std::optional<Failure> run(const Operation& operation);
    /// Empties a long log, where no commit is at work. Who comes meanwhile waits for it, as for any checkpoint.
    void empty_log_at_rest();
    /// How many callers wait for the next commit.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Job {
        const Operation& operation;
        Job* next = nullptr;
        enum class State { waiting, leading, done } state = State::waiting;
        std::optional<Failure> failure;
        std::condition_variable changed;
    };

    void lead(std::unique_lock<std::mutex>& lock);
    void hand_on() noexcept;
    void commit(Job* jobs) noexcept;
    enum class Committed { yes, no, never_began };
    Committed commit_together(Job* jobs) noexcept;
    void run_in_savepoint(Job& job) noexcept;
    void fail_with_database(Job& job) noexcept;
    void check(Job* jobs) noexcept;

    Database& database_;
    Check after_commit_;
    mutable std::mutex mutex_;
    Job* first_ = nullptr;  // those who wait, in the order of their coming
    Job* last_ = nullptr;
    bool at_work_ = false;
};

}  // namespace slo::sp
