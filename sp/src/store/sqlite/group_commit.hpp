// One writer, whose commits are shared by all callers that wait for one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "database.hpp"

namespace slo::sp {

/// GroupCommit runs operations on one connection, each in a savepoint of its own, and returns to no caller before the
/// commit that holds its operation is on the disk. Calls that arrive during a commit wait, and the next commit takes
/// them all. Thread-safe.
///
/// The calling threads do the commits: the first one that finds no commit at work commits for all that wait, then hands
/// over to the next. So a lone caller pays for no change of threads, and there is no thread to start before a process
/// confines itself, to stop, or to lose in a fork.
class GroupCommit {
public:
    using Operation = std::function<void()>;
    using Check = std::function<std::optional<Failure>()>;

    /// `after_commit` is called by the committing thread after each commit, before any caller is told of it. A Failure
    /// that it returns goes to all of them: the commit doesn't count then. `database` outlives this.
    GroupCommit(Database& database, Check after_commit) : database_(database), after_commit_(std::move(after_commit)) {}

    /// run executes `operation` and makes it durable. It may do so again, always after its first effects were undone.
    /// A Failure: it has had no effect, because the disk is full (StoreErrc::store_full) or fails (store_failed), or
    /// the check after the commit has failed.
    /// One that needs no disk is durable with the next that does; a commit of several is synced if one of them does.
    [[nodiscard]] std::optional<Failure> run(const Operation& operation,
                                             Database::Syncing syncing = Database::Syncing::at_commit);
    /// empty_log_at_rest empties a long log if no commit is at work. Calls in the meantime wait, as for a checkpoint.
    void empty_log_at_rest();
    /// waiting returns how many callers wait for the next commit.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Job {
        const Operation& operation;
        Database::Syncing syncing;
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
    [[nodiscard]] static Database::Syncing syncing_of(const Job* jobs) noexcept;
    void run_in_savepoint(Job& job) noexcept;
    void fail_with_database(Job& job) noexcept;
    void check(Job* jobs) noexcept;

    Database& database_;
    Check after_commit_;
    mutable std::mutex mutex_;
    Job* first_ = nullptr;  // the callers that wait, in the order of their arrival
    Job* last_ = nullptr;
    bool at_work_ = false;
};

}  // namespace slo::sp
