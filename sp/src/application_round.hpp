// One round through all applications: told at once, heard one by one.
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

/// What the applications said about the sessions, taken together.
struct RoundResult {
    LogoutOutcome outcome;
    std::vector<LocalSessionID> gone;              ///< what the store may forget: no application has it any more
    std::vector<std::string> failed_applications;  ///< who failed, or was silent
};

/// ApplicationRound collects the reports of all applications on one list of sessions. Thread-safe. Each report that is
/// still out keeps the round alive and nothing else: an application may answer long after everybody stopped listening.
class ApplicationRound : public std::enable_shared_from_this<ApplicationRound> {
public:
    /// `applications` are borrowed until start() has returned and close() was called.
    ApplicationRound(std::vector<Application*> applications, std::vector<Session> sessions);

    /// Tells every application. `on_complete` is called once, without a lock, when all were told and have reported; not
    /// after close(), but it may be at work while close() is.
    void start(std::function<void()> on_complete);

    /// Judges what is known by now and ignores every later report. Silence is a failure. A session is gone only if
    /// every application says so; without applications the store's word is enough.
    [[nodiscard]] RoundResult close();

private:
    using Report = std::optional<std::vector<Ended>>;

    void tell(std::size_t application);
    void record(std::size_t application, std::vector<Ended> results);
    void record_failure(std::size_t application);
    void one_settled(std::unique_lock<std::mutex> lock);
    [[nodiscard]] Ended judge(std::size_t session) const;

    const std::vector<Application*> applications_;
    const std::vector<Session> sessions_;

    std::mutex mutex_;
    std::vector<Report> reports_;  ///< one per application
    std::size_t unsettled_;        ///< applications that haven't reported, and start() itself
    std::function<void()> on_complete_;
    bool closed_ = false;
};

/// A whole round, blocking: until all have reported, or `deadline`.
[[nodiscard]] RoundResult run_round(const std::vector<Application*>& applications, std::vector<Session> sessions,
                                    std::chrono::steady_clock::time_point deadline);

}  // namespace slo::sp
