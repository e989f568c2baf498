#include "application_round.hpp"

#include <utility>

namespace slo::sp {

namespace {

/// What `report` says about one session: a missing report and a list that is too short mean failure, and so does any
/// value that isn't one of the three.
Ended said(const std::optional<std::vector<Ended>>& report, std::size_t session) {
    if (!report || session >= report->size()) return Ended::failed;
    const Ended ended = (*report)[session];
    return ended == Ended::ended || ended == Ended::already_gone ? ended : Ended::failed;
}

}  // namespace

/// Ticket is shared by the copies of one report: once all of them are dropped, no report can come any more.
class ApplicationRound::Ticket {
public:
    Ticket(std::shared_ptr<ApplicationRound> round, std::size_t application)
        : round_(std::move(round)), application_(application) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { round_->record_silence(application_); }

    void report(std::vector<Ended> results) const { round_->record(application_, std::move(results)); }

private:
    std::shared_ptr<ApplicationRound> round_;
    std::size_t application_;
};

ApplicationRound::ApplicationRound(std::vector<Application*> applications, std::vector<Session> sessions)
    : applications_(std::move(applications)),
      sessions_(std::move(sessions)),
      reports_(applications_.size()),
      unsettled_(applications_.size() + 1) {}

void ApplicationRound::start(std::function<void()> on_complete) {
    {
        const std::lock_guard lock(mutex_);
        started_ = true;
        if (!closed_) on_complete_ = std::move(on_complete);
    }
    for (std::size_t i = 0; i < applications_.size(); ++i) tell(i);
    one_settled(std::unique_lock(mutex_));
}

void ApplicationRound::tell(std::size_t application) {
    try {
        const auto ticket = std::make_shared<const Ticket>(shared_from_this(), application);
        applications_[application]->end_sessions(sessions_,
                                                 [ticket](auto results) { ticket->report(std::move(results)); });
    } catch (...) {
        record_failure(application);
    }
}

void ApplicationRound::record(std::size_t application, std::vector<Ended> results) {
    std::unique_lock lock(mutex_);
    if (reports_[application]) return;
    reports_[application] = std::move(results);
    one_settled(std::move(lock));
}

void ApplicationRound::record_failure(std::size_t application) {
    std::unique_lock lock(mutex_);
    // It may have reported before it threw: the exception counts.
    const bool reported = reports_[application].has_value();
    reports_[application].emplace();
    if (!reported) one_settled(std::move(lock));
}

void ApplicationRound::record_silence(std::size_t application) noexcept {
    std::unique_lock lock(mutex_);
    if (reports_[application]) return;
    reports_[application].emplace();
    one_settled(std::move(lock));
}

void ApplicationRound::one_settled(std::unique_lock<std::mutex> lock) {
    if (--unsettled_ != 0) return;
    const std::function<void()> on_complete = std::exchange(on_complete_, nullptr);
    const std::function<void()> on_rest = std::exchange(on_rest_, nullptr);
    lock.unlock();
    if (on_complete) on_complete();
    if (on_rest) on_rest();
}

bool ApplicationRound::is_at_rest() const {
    const std::lock_guard lock(mutex_);
    return !started_ || unsettled_ == 0;
}

Ended ApplicationRound::judge(std::size_t session) const {
    if (applications_.empty()) return Ended::ended;
    Ended verdict = Ended::already_gone;
    for (const Report& report : reports_) {
        const Ended ended = said(report, session);
        if (ended == Ended::failed) return Ended::failed;
        if (ended == Ended::ended) verdict = Ended::ended;
    }
    return verdict;
}

RoundResult ApplicationRound::close(std::function<void()> on_rest) {
    RoundResult result;
    std::vector<bool> has_failed(applications_.size());
    std::function<void()> dropped;  // destroyed after the lock is released: it's the driver's code
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(on_complete_);
        result.at_work = started_ && unsettled_ > 0;
        if (result.at_work) on_rest_ = std::move(on_rest);
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const Ended ended = judge(i);
            if (ended == Ended::ended) ++result.outcome.ended;
            if (ended == Ended::already_gone) ++result.outcome.already_gone;
            if (ended == Ended::failed) ++result.outcome.failed;
            result.verdicts.push_back(ended);
            for (std::size_t a = 0; a < reports_.size(); ++a) {
                if (said(reports_[a], i) == Ended::failed) has_failed[a] = true;
            }
        }
    }
    for (std::size_t a = 0; a < applications_.size(); ++a) {
        if (has_failed[a]) result.failed_applications.emplace_back(applications_[a]->name());
    }
    return result;
}

}  // namespace slo::sp
