// Reads the nodes' pipes, or doesn't.
#pragma once

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "network.hpp"

namespace slo::test {

/// LogReader makes pipes, and appends their content to files, in a thread of its own.
class LogReader {
public:
    struct Way {
        std::filesystem::path pipe;
        std::filesystem::path file;
    };
    /// Throws std::runtime_error if a pipe can't be made.
    explicit LogReader(const std::vector<Way>& ways);
    ~LogReader();
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

    /// Nothing is read until go_on(): the pipes fill.
    void stall() noexcept { is_stalled_ = true; }
    void go_on() noexcept { is_stalled_ = false; }

private:
    struct Open {
        Descriptor pipe;
        Descriptor file;
    };
    void read_some() const;

    std::vector<Open> ways_;
    std::atomic<bool> is_stalled_ = false;
    std::jthread thread_;
};

}  // namespace slo::test
