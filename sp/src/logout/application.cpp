#include "slo/sp/application.hpp"

#include <utility>

#include "handler_threads.hpp"

namespace slo::sp {

namespace {

std::vector<Ended> end_each(const SynchronousApplication::EndOne& end_one, const std::vector<Session>& sessions) {
    std::vector<Ended> results;
    results.reserve(sessions.size());
    for (const Session& session : sessions) {
        // One session that can't be ended must not keep the others alive.
        try {
            results.push_back(end_one(session));
        } catch (...) {
            results.push_back(Ended::failed);
        }
    }
    return results;
}

}  // namespace

class SynchronousApplication::Threads : public HandlerThreads {
public:
    Threads() : HandlerThreads(16, Start::as_needed) {}
};

SynchronousApplication::SynchronousApplication(std::string name, EndOne end_one, Run run)
    : name_(std::move(name)),
      end_one_(std::move(end_one)),
      run_(std::move(run)),
      threads_(run_ ? nullptr : std::make_unique<Threads>()) {}

SynchronousApplication::~SynchronousApplication() = default;

void SynchronousApplication::end_sessions(const std::vector<Session>& sessions, ReportEnded report) {
    // Copies, because the work may be done after the caller, and where there is a `run` even this object, is gone.
    auto work = [end_one = end_one_, sessions, report = std::move(report)] { report(end_each(end_one, sessions)); };
    if (run_) return run_(std::move(work));
    threads_->post(Threads::Turn::begins, [work = std::move(work)] {
        try {
            work();
        } catch (...) {  // the report is dropped with it
        }
    });
}

}  // namespace slo::sp
