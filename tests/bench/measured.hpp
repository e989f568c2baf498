// What the programs here share: values that must be there, an audit that costs nothing, and CPU time.
#pragma once

#include <ctime>
#include <stdexcept>
#include <utility>

#include "slo/saml/result.hpp"
#include "slo/sp/audit.hpp"

namespace slo::bench {

/// What fails measures nothing: it throws std::runtime_error.
inline void must(const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().code.message() + ": " + result.error().detail);
}
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().code.message() + ": " + result.error().detail);
    return *std::move(result);
}

class NoAudit final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry&) noexcept override {}
};

/// CPU time in microseconds: CLOCK_PROCESS_CPUTIME_ID for all of the process, CLOCK_THREAD_CPUTIME_ID for this thread.
inline double cpu_time(clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3;
}
/// Of this thread, in milliseconds: what a pause costs on a machine that has nothing else to do.
inline double thread_cpu_milliseconds() {
    return cpu_time(CLOCK_THREAD_CPUTIME_ID) / 1e3;
}

}  // namespace slo::bench
