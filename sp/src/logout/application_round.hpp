// One round through all applications: all are told at once, and each reports for itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "slo/sp/application.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// RoundResult combines the applications' reports on the sessions.
struct RoundResult {
    LogoutOutcome outcome;
    std::vector<Ended> verdicts;                   ///< one for each session, in their order
    std::vector<std::string> failed_applications;  ///< those that failed, or didn't report
    bool at_work = false;                          ///< an application still owes a report
};

/// ApplicationRound collects the reports of all applications on one list of sessions. Thread-safe. Each missing report
/// keeps the round alive and nothing else: an application may report long after its caller stopped waiting.
/// A report that is dropped, with all its copies, is a failure.
class ApplicationRound : public std::enable_shared_from_this<ApplicationRound> {
public:
    /// `applications` are borrowed until start() has returned and close() was called for the last time.
    ApplicationRound(std::vector<Application*> applications, std::vector<Session> sessions);

    /// start tells every application. `on_complete` is called once, without a lock, when all were told and have
    /// reported; not after close(), but it may be running while close() is.
    void start(std::function<void()> on_complete);

    /// close judges by the reports so far: a missing one is a failure. A session is gone only if every application says
    /// so; without applications the store's answer is enough. If an application is still at work, `on_rest` is called
    /// once when the last one has reported, and close() may be called again then.
    [[nodiscard]] RoundResult close(std::function<void()> on_rest = {});

    /// is_at_rest says whether no report is missing.
    [[nodiscard]] bool is_at_rest() const;

private:
    using Report = std::optional<std::vector<Ended>>;
    class Ticket;

    void tell(std::size_t application);
    void record(std::size_t application, std::vector<Ended> results);
    void record_failure(std::size_t application);
    void record_silence(std::size_t application) noexcept;
    void one_settled(std::unique_lock<std::mutex> lock);
    [[nodiscard]] Ended judge(std::size_t session) const;

    const std::vector<Application*> applications_;
    const std::vector<Session> sessions_;

    mutable std::mutex mutex_;
    std::vector<Report> reports_;  ///< one per application
    std::size_t unsettled_;        ///< applications that haven't reported, and start() itself
    std::function<void()> on_complete_;
    std::function<void()> on_rest_;
    bool started_ = false;
    bool closed_ = false;
};

}  // namespace slo::sp
