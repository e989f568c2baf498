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
    /// start returns std::nullopt if no process could be made. A program that can't be run exits with 127.
    [[nodiscard]] static std::optional<ChildProcess> start(const std::vector<std::string>& command);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t id() const noexcept { return id_; }
    /// next_line returns the next line of its output; std::nullopt at its end, or after `patience`.
    [[nodiscard]] std::optional<std::string> next_line(std::chrono::milliseconds patience);
    /// stop_reading closes our end of its output: later output is refused, with SIGPIPE.
    void stop_reading() noexcept;
    /// wait waits at most `patience` for its end and returns its exit code; -1 if it didn't exit by itself.
    [[nodiscard]] int wait(std::chrono::milliseconds patience);
    /// stop sends SIGTERM, then does wait().
    [[nodiscard]] int stop(std::chrono::milliseconds patience);

private:
    ChildProcess(pid_t id, int output) noexcept : id_(id), output_(output) {}
    pid_t id_;
    int output_;
    std::string unread_;
};

}  // namespace slo::examples
