#include "slo/sp/application.hpp"

#include <utility>

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

SynchronousApplication::SynchronousApplication(std::string name, EndOne end_one, Run run)
    : name_(std::move(name)), end_one_(std::move(end_one)), run_(std::move(run)) {}

void SynchronousApplication::end_sessions(const std::vector<Session>& sessions, ReportEnded report) {
    if (!run_) {
        report(end_each(end_one_, sessions));
        return;
    }
    // Copies, because the work may be done after the caller, and even this object, is gone.
    run_([end_one = end_one_, sessions, report = std::move(report)] { report(end_each(end_one, sessions)); });
}

}  // namespace slo::sp
