#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <utility>

namespace slo::examples {
namespace {

using Clock = std::chrono::steady_clock;

/// Becomes the program. Only async-signal-safe calls from here on.
[[noreturn]] void become(char* const* arguments, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it must not outlive a demo that was interrupted
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(arguments[0], arguments);
    ::_exit(127);
}

int exit_code(int status) noexcept {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::optional<ChildProcess> ChildProcess::start(const std::vector<std::string>& command) {
    std::vector<std::string> copies = command;
    std::vector<char*> arguments;
    arguments.reserve(copies.size() + 1);
    for (std::string& argument : copies) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
    const pid_t id = ::fork();
    if (id == 0) become(arguments.data(), ends[1]);
    ::close(ends[1]);
    if (id > 0) return ChildProcess(id, ends[0]);
    ::close(ends[0]);
    return std::nullopt;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), output_(std::exchange(other.output_, -1)), unread_(std::move(other.unread_)) {}

ChildProcess::~ChildProcess() {
    if (id_ > 0) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    if (output_ >= 0) ::close(output_);
}

std::optional<std::string> ChildProcess::next_line(std::chrono::milliseconds patience) {
    const auto end = Clock::now() + patience;
    for (;;) {
        if (const auto newline = unread_.find('\n'); newline != std::string::npos) {
            std::string line = unread_.substr(0, newline);
            unread_.erase(0, newline + 1);
            return line;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        pollfd readable{.fd = output_, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
        char buffer[4096];
        const ssize_t count = ::read(output_, buffer, sizeof buffer);
        if (count <= 0) return std::nullopt;
        unread_.append(buffer, static_cast<std::size_t>(count));
    }
}

void ChildProcess::stop_reading() noexcept {
    ::close(std::exchange(output_, -1));
}

int ChildProcess::stop(std::chrono::milliseconds patience) {
    ::kill(id_, SIGTERM);
    return wait(patience);
}

int ChildProcess::wait(std::chrono::milliseconds patience) {
    const auto end = Clock::now() + patience;
    int status = 0;
    while (::waitpid(id_, &status, WNOHANG) == 0) {
        if (Clock::now() > end) return -1;  // the destructor kills it
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    id_ = -1;
    return exit_code(status);
}

}  // namespace slo::examples
