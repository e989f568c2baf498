#include "confinement.hpp"

#include <libxml/xmlerror.h>
#include <malloc.h>
#include <openssl/err.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace slo::test {
namespace {

constexpr std::array forbidden{
    SCMP_SYS(open),   SCMP_SYS(openat),   SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(socket), SCMP_SYS(connect),
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),    SCMP_SYS(vfork), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
};

// A signal handler may touch lock-free atomics only.
std::array<std::atomic<int>, 64> attempts;
std::atomic<std::size_t> attempt_count{0};

void on_forbidden_call(int, siginfo_t* info, void* context) {
    const auto at = attempt_count.fetch_add(1);
    if (at < attempts.size()) attempts[at] = info->si_syscall;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    registers.gregs[REG_RAX] = -EACCES;
#elif defined(__aarch64__)
    registers.regs[0] = static_cast<unsigned long long>(-EACCES);
#endif
}

/// A figure of /proc/self/status, in KiB.
long status_kib(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) return std::stol(line.substr(name.size() + 1));
    }
    throw std::runtime_error("no " + std::string(name) + " in /proc/self/status");
}

void flush() {
    std::cout.flush();
    std::clog.flush();
    std::fflush(stdout);
}

}  // namespace

void forbid_calls_outside_on_this_thread() {
    struct sigaction action {};
    action.sa_sigaction = on_forbidden_call;
    action.sa_flags = SA_SIGINFO;
    if (::sigaction(SIGSYS, &action, nullptr) != 0) throw std::runtime_error("sigaction");
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
    if (!filter) throw std::runtime_error("seccomp_init");
    for (const int call : forbidden) {
        // EDOM: this architecture doesn't have it.
        const int added = seccomp_rule_add(filter.get(), SCMP_ACT_TRAP, call, 0);
        if (added != 0 && added != -EDOM) throw std::runtime_error("seccomp_rule_add");
    }
    if (seccomp_load(filter.get()) != 0) throw std::runtime_error("seccomp_load");
}

std::vector<std::string> attempted_calls() {
    std::vector<std::string> names;
    const auto count = std::min(attempt_count.exchange(0), attempts.size());
    for (std::size_t i = 0; i < count; ++i) {
        const std::unique_ptr<char, decltype(&std::free)> name(
            seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, attempts[i]), &std::free);
        names.emplace_back(name ? name.get() : "a call");
    }
    return names;
}

Output::Output() : file_(std::tmpfile()), stdout_(::dup(1)), stderr_(::dup(2)) {
    if (file_ == nullptr || stdout_ < 0 || stderr_ < 0) throw std::runtime_error("can't catch the output");
    flush();
    ::dup2(::fileno(file_), 1);
    ::dup2(::fileno(file_), 2);
}

Output::~Output() {
    flush();
    ::dup2(stdout_, 1);
    ::dup2(stderr_, 2);
    ::close(stdout_);
    ::close(stderr_);
    std::fclose(file_);
}

std::string Output::text() const {
    flush();
    std::string text(1 << 16, '\0');
    const auto size = ::pread(::fileno(file_), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

std::string errors_left_behind() {
    std::string left;
    if (ERR_peek_error() != 0) left = "openssl";
    const xmlError* last = xmlGetLastError();
    if (last != nullptr && last->code != XML_ERR_OK) left += left.empty() ? "libxml2" : " libxml2";
    return left;
}

double cpu_milliseconds(pthread_t thread) {
    clockid_t clock{};
    timespec used{};
    if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
        throw std::runtime_error("no CPU clock for the thread");
    }
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

MemoryPeak::MemoryPeak() : before_(0) {
    ::malloc_trim(0);
    // Forgets the peak so far (proc(5), clear_refs).
    if (!(std::ofstream("/proc/self/clear_refs") << "5" << std::flush)) throw std::runtime_error("can't reset VmHWM");
    before_ = status_kib("VmRSS:");
}

long MemoryPeak::kib() const {
    return std::max(0L, status_kib("VmHWM:") - before_);
}

}  // namespace slo::test
