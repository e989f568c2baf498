#include "log_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace slo::test {

using namespace std::chrono_literals;

LogReader::LogReader(const std::vector<Way>& ways) {
    for (const Way& way : ways) {
        // Open for writing as well, it never ends, whichever writer dies.
        const bool is_made = ::mkfifo(way.pipe.c_str(), 0600) == 0;
        Open open{Descriptor(::open(way.pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)),
                  Descriptor(::open(way.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600))};
        if (!is_made || !open.pipe.is_open() || !open.file.is_open()) throw std::runtime_error("no pipe for a log");
        ways_.push_back(std::move(open));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (is_stalled_) {
                std::this_thread::sleep_for(10ms);
            } else {
                read_some();
            }
        }
    });
}

LogReader::~LogReader() = default;

void LogReader::read_some() const {
    std::vector<pollfd> polled;
    for (const Open& way : ways_) polled.push_back({.fd = way.pipe.get(), .events = POLLIN, .revents = 0});
    if (::poll(polled.data(), polled.size(), 20) <= 0) return;
    std::array<char, 65536> octets{};
    for (std::size_t i = 0; i < ways_.size(); ++i) {
        if (polled[i].revents == 0) continue;
        const ssize_t count = ::read(ways_[i].pipe.get(), octets.data(), octets.size());
        if (count <= 0) continue;
        if (::write(ways_[i].file.get(), octets.data(), static_cast<std::size_t>(count)) != count) {
            throw std::runtime_error("no room for a log");
        }
    }
}

}  // namespace slo::test
