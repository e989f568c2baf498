// Forbidden actions of a thread, and its cost.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace slo::test {

/// Opening, connecting and starting programs, for the calling thread and those that it starts, until they end: each
/// attempt fails with EACCES and is remembered. Throws std::runtime_error where the kernel doesn't let us.
void forbid_calls_outside_on_this_thread();
/// The names of the calls that were attempted since the last time this was asked. From any thread.
[[nodiscard]] std::vector<std::string> attempted_calls();

/// Catches this process's output to stdout and stderr, until it is destroyed.
class Output {
public:
    Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output();

    /// Everything so far.
    [[nodiscard]] std::string text() const;

private:
    std::FILE* file_;
    int stdout_;
    int stderr_;
};

/// Whether C libraries left an error behind on the calling thread: "openssl", "libxml2", both, or nothing.
[[nodiscard]] std::string errors_left_behind();

/// The CPU time that a thread has used, in milliseconds: unlike wall-clock time it doesn't depend on what else the
/// machine is doing.
[[nodiscard]] double cpu_milliseconds(pthread_t thread);

/// How far the process's resident memory has grown beyond its size at construction, at its highest.
class MemoryPeak {
public:
    MemoryPeak();
    [[nodiscard]] long kib() const;

private:
    long before_;
};

/// Sanitizers multiply time and memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace slo::test
