// A child process whose output, stdout and stderr, we read line by line.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace slo::examples {

/// ChildProcess runs as long as this object lives: the destructor kills and reaps it. Start it before any thread.
class ChildProcess {
public:
    /// Nothing, if no process could be made. A program that can't be run exits with 127.
    [[nodiscard]] static std::optional<ChildProcess> start(const std::vector<std::string>& command);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t id() const noexcept { return id_; }
    /// The next line of its output; nothing at its end, or after `patience`.
    [[nodiscard]] std::optional<std::string> next_line(std::chrono::milliseconds patience);
    /// Closes our end of its output: what it writes from now on is refused, with SIGPIPE.
    void stop_reading() noexcept;
    /// Waits at most `patience` for its end and returns its exit code; -1 if it didn't exit by itself.
    [[nodiscard]] int wait(std::chrono::milliseconds patience);
    /// Sends SIGTERM, then wait().
    [[nodiscard]] int stop(std::chrono::milliseconds patience);

private:
    ChildProcess(pid_t id, int output) noexcept : id_(id), output_(output) {}
    pid_t id_;
    int output_;
    std::string unread_;
};

}  // namespace slo::examples
