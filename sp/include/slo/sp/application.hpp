// The port to the host's applications: end these sessions, and tell what came of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slo/sp/session.hpp"

namespace slo::sp {

/// What became of one session in one application. There is no fourth answer; silence until the deadline is `failed`.
enum class Ended {
    ended,  ///< it lived here until now, and nothing of it is left
    /// Nothing of it was here. Not to be said while an earlier call for the session is still at work: what that one has
    /// erased already, it may yet fail at.
    already_gone,
    failed,  ///< some of it may still be here
};

/// Reports the result for each session, in the order given; a shorter list means `failed` for the rest. May be called
/// from any thread, once, during end_sessions() or later. After the deadline it comes too late for the answer, but not
/// in vain: what it says counts for what is told afterwards. Until then no other call names these sessions, so a report
/// that never comes should be dropped: when its last copy is destroyed, that is `failed`.
using ReportEnded = std::function<void(std::vector<Ended>)>;

/// Application is implemented by the host. A session must be known to it before it is admitted: a logout right after
/// admit() has to find it here. It must forget the sessions on every node it runs on before it reports.
class Application {
public:
    virtual ~Application() = default;
    /// For audit lines: ours, not the peer's. Static for the application's life.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Ends `sessions` and reports. Idempotent: a session may be named again, once an earlier call for it has reported,
    /// or its process has died. Should return at once and work elsewhere: the caller's thread serves other logouts. An
    /// exception counts as `failed` for all. `sessions` lives until it has returned and every copy of `report` is gone.
    virtual void end_sessions(const std::vector<Session>& sessions, ReportEnded report) = 0;
};

/// SynchronousApplication wraps a plain function that ends one session; an exception from it is `failed` for that one.
/// `run` decides where the work is done (e.g. posts it to a thread pool). By default it has threads of its own, up to
/// 16, made when they are needed: a function that hangs holds one of them, and no caller of the service. Then its
/// function is called from several threads, and its destructor waits for the calls that have begun.
class SynchronousApplication final : public Application {
public:
    using EndOne = std::function<Ended(const Session&)>;
    using Run = std::function<void(std::function<void()>)>;
    SynchronousApplication(std::string name, EndOne end_one, Run run = {});
    ~SynchronousApplication() override;

    /// A `run` for functions that never wait: the work is done at once. One that hangs holds its caller beyond every
    /// deadline.
    static void in_callers_thread(const std::function<void()>& work) { work(); }

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    void end_sessions(const std::vector<Session>& sessions, ReportEnded report) override;

private:
    class Threads;
    std::string name_;
    EndOne end_one_;
    Run run_;
    std::unique_ptr<Threads> threads_;  ///< where there is no `run`
};

}  // namespace slo::sp
