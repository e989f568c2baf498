// The port to the host's applications: end these sessions, and tell what came of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/sp/session.hpp"

namespace slo::sp {

/// What became of one session in one application. There is no fourth answer; silence until the deadline is `failed`.
enum class Ended { ended, already_gone, failed };

/// Reports the result for each session, in the order given; a shorter list means `failed` for the rest. May be called
/// from any thread, once, during end_sessions() or later, even after the deadline (then it is ignored).
using ReportEnded = std::function<void(std::vector<Ended>)>;

/// Application is implemented by the host. A session must be known to it before SessionStore::admit is called: a logout
/// right after admit() has to find it here. It must forget the sessions on every node it runs on before it reports.
class Application {
public:
    virtual ~Application() = default;
    /// For audit lines: ours, not the peer's. Static for the application's life.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Ends `sessions` and reports. Idempotent: a session may be named again. Should return at once and work elsewhere:
    /// the caller's thread serves other logouts. An exception counts as `failed` for all. `sessions` lives until it has
    /// returned and every copy of `report` is gone.
    virtual void end_sessions(const std::vector<Session>& sessions, ReportEnded report) = 0;
};

/// SynchronousApplication wraps a plain function that ends one session; an exception from it is `failed` for that one.
/// `run` decides where the work is done (e.g. posts it to a thread pool); by default, in the caller's thread.
class SynchronousApplication final : public Application {
public:
    using EndOne = std::function<Ended(const Session&)>;
    using Run = std::function<void(std::function<void()>)>;
    SynchronousApplication(std::string name, EndOne end_one, Run run = {});

    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    void end_sessions(const std::vector<Session>& sessions, ReportEnded report) override;

private:
    std::string name_;
    EndOne end_one_;
    Run run_;
};

}  // namespace slo::sp
