#include "group_commit.hpp"

#include <exception>
#include <utility>

namespace slo::sp {
std::optional<Failure> GroupCommit::run(const Operation& operation, Database::Syncing syncing) {
    Job job{.operation = operation,
            .syncing = syncing,
            .next = nullptr,
            .state = Job::State::waiting,
            .failure = {},
            .changed = {}};
    std::unique_lock lock(mutex_);
    (last_ != nullptr ? last_->next : first_) = &job;
    last_ = &job;
    if (at_work_) job.changed.wait(lock, [&job] { return job.state != Job::State::waiting; });
    if (job.state != Job::State::done) lead(lock);
    return std::move(job.failure);
}

std::size_t GroupCommit::waiting() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const Job* job = first_; job != nullptr; job = job->next) ++count;
    return count;
}

void GroupCommit::lead(std::unique_lock<std::mutex>& lock) {
    at_work_ = true;
    Job* const jobs = std::exchange(first_, nullptr);
    last_ = nullptr;
    lock.unlock();
    commit(jobs);
    lock.lock();
    for (Job* job = jobs; job != nullptr;) {
        Job* const next = job->next;  // its caller may be gone as soon as the lock is
        job->state = Job::State::done;
        job->changed.notify_one();
        job = next;
    }
    lock.unlock();  // the others needn't wait for the checkpoint
    database_.checkpoint_if_due();
    lock.lock();
    hand_on();
}

void GroupCommit::empty_log_at_rest() {
    std::unique_lock lock(mutex_);
    if (at_work_) return;
    at_work_ = true;
    lock.unlock();
    database_.empty_log();
    lock.lock();
    hand_on();
}

/// The caller holds `mutex_`.
void GroupCommit::hand_on() noexcept {
    if (first_ == nullptr) {
        at_work_ = false;
    } else {
        first_->state = Job::State::leading;
        first_->changed.notify_one();
    }
}

void GroupCommit::commit(Job* jobs) noexcept {
    if (commit_together(jobs) == Committed::no && jobs->next != nullptr) {
        // SQLite undoes a whole transaction when the disk is full or fails. One of them may have asked for more room
        // than there is, so each now tries alone.
        for (Job* job = jobs; job != nullptr; job = job->next) {
            Job* const next = std::exchange(job->next, nullptr);
            commit_together(job);
            job->next = next;
        }
    }
    check(jobs);
    database_.forget_failure();
}

GroupCommit::Committed GroupCommit::commit_together(Job* jobs) noexcept {
    database_.forget_failure();
    database_.set_syncing(syncing_of(jobs));
    Cursor(database_, Query::begin_writing).run();
    const bool has_begun = !database_.has_failed();
    for (Job* job = jobs; job != nullptr && !database_.has_failed(); job = job->next) {
        job->failure.reset();
        run_in_savepoint(*job);
    }
    if (!database_.has_failed()) Cursor(database_, Query::commit).run();
    if (!database_.has_failed()) return Committed::yes;
    if (database_.in_transaction()) database_.roll_back();
    for (Job* job = jobs; job != nullptr; job = job->next) fail_with_database(*job);
    return has_begun ? Committed::no : Committed::never_began;
}

Database::Syncing GroupCommit::syncing_of(const Job* jobs) noexcept {
    for (const Job* job = jobs; job != nullptr; job = job->next) {
        if (job->syncing == Database::Syncing::at_commit) return Database::Syncing::at_commit;
    }
    return Database::Syncing::later;
}

/// Leaves `database_` failed only if the whole transaction is lost.
void GroupCommit::run_in_savepoint(Job& job) noexcept {
    Cursor(database_, Query::savepoint).run();
    try {
        if (!database_.has_failed()) job.operation();
    } catch (const std::exception&) {  // std::bad_alloc
        database_.fail_for_lack_of_memory();
    }
    if (database_.has_failed() && database_.in_transaction()) {
        fail_with_database(job);
        database_.forget_failure();
        Cursor(database_, Query::rollback_to_savepoint).run();
    }
    Cursor(database_, Query::release_savepoint).run();
}

void GroupCommit::fail_with_database(Job& job) noexcept {
    try {
        job.failure = database_.failure(database_.has_no_room() ? StoreErrc::store_full : StoreErrc::store_failed);
    } catch (const std::exception&) {
        job.failure = Failure{make_error_code(StoreErrc::store_failed), {}};
    }
}

void GroupCommit::check(Job* jobs) noexcept {
    try {
        const auto failure = after_commit_();
        if (!failure) return;
        for (Job* job = jobs; job != nullptr; job = job->next) job->failure = *failure;
    } catch (const std::exception&) {  // no memory for the failure's text
        for (Job* job = jobs; job != nullptr; job = job->next) {
            job->failure = Failure{make_error_code(StoreErrc::store_failed), {}};
        }
    }
}

}  // namespace slo::sp
