// The port to the host's applications, which end sessions and report the results.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slo/sp/session.hpp"

namespace slo::sp {

/// Ended is the result for one session in one application. There is no fourth; no report by the deadline is `failed`.
enum class Ended {
    ended,  ///< it lived here until now, and all of it is gone
    /// No part of it was here. Mustn't be reported while an earlier call for the session is still at work: that call
    /// may yet fail at what it has erased already.
    already_gone,
    failed,  ///< some of it may still be here
};

/// ReportEnded reports the result for each session, in the order given; a shorter list means `failed` for the rest. It
/// may be called from any thread, once, during end_sessions() or later. After the deadline it is too late for the
/// answer, but still counts for later ones. Until then no other call names these sessions, so a report that never
/// comes should be dropped: when its last copy is destroyed, that is `failed`.
using ReportEnded = std::function<void(std::vector<Ended>)>;

/// Application is implemented by the host. A session must be known to it before it is admitted: a logout right after
/// admit() has to find it here. It must forget the sessions on all its nodes before it reports.
class Application {
public:
    virtual ~Application() = default;
    /// name is the name in audit lines: ours, not the peer's. Valid for the application's life.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// end_sessions ends `sessions` and reports. Idempotent: a session may be named again once an earlier call has
    /// reported on it, or its process has died. Should return at once and work elsewhere: the thread serves others.
    /// An exception is `failed` for all. `sessions` lives until it has returned and no copy of `report` is left.
    virtual void end_sessions(const std::vector<Session>& sessions, ReportEnded report) = 0;
};

/// SynchronousApplication wraps a plain function that ends one session; an exception from it is `failed` for that one.
/// `run` decides where the work is done (e.g. posts it to a thread pool). By default it has threads of its own, up to
/// 16, started on demand: a function that hangs holds one of them, and no caller of the service. In that case its
/// function is called from several threads, and its destructor waits for the calls that have begun.
class SynchronousApplication final : public Application {
public:
    using EndOne = std::function<Ended(const Session&)>;
    using Run = std::function<void(std::function<void()>)>;
    SynchronousApplication(std::string name, EndOne end_one, Run run = {});
    ~SynchronousApplication() override;

    /// in_callers_thread is a `run` for functions that never wait: the work is done at once. One that hangs holds its
    /// caller beyond every deadline.
    static void in_callers_thread(const std::function<void()>& work) { work(); }

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    void end_sessions(const std::vector<Session>& sessions, ReportEnded report) override;

private:
    class Threads;
    std::string name_;
    EndOne end_one_;
    Run run_;
    std::unique_ptr<Threads> threads_;  ///< if there is no `run`
};

}  // namespace slo::sp
