// Whether the masters' clocks go as ours does. A server drops what has expired by its own clock: one that leaps forward
// takes logouts with it, for which nothing here can make up, but which an operator should hear of.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "event_loop.hpp"
#include "slo/sp/clock.hpp"

namespace slo::sp::redis {

/// How much clocks may differ. No answer's way takes that long.
inline constexpr std::chrono::seconds clock_bound{10};
inline constexpr std::chrono::seconds clock_look_interval{5};

/// A server's clock, as it was at some moment between `sent` and `got`.
struct ClockReading {
    Instant shown;
    Instant node;  ///< our clock at `got`
    Moment sent;
    Moment got;
};

/// The time in what `INFO server` says; none where it isn't told, as by servers before 6.2.
[[nodiscard]] std::optional<Instant> parse_server_time(std::string_view info);

/// ServerClocks counts what is wrong with the masters' clocks. Thread-safe.
class ServerClocks {
public:
    /// Asks each master for its time, if it's time for that and no other thread is at it. Blocks for the servers'
    /// deadline at most. A master that doesn't answer is left out: that is told of elsewhere.
    void look(Servers& servers, const Clock& clock, Moment now);
    void note(const Address& server, const ClockReading& reading);

    /// How often a clock was found to differ from ours by more than the bound, after it hadn't.
    [[nodiscard]] std::uint64_t differences() const noexcept { return differences_; }
    /// How often one had moved by more than the bound otherwise than our steady clock between two looks; a node that
    /// was suspended in between sees that, too.
    [[nodiscard]] std::uint64_t leaps() const noexcept { return leaps_; }
    /// By how much, the last time: positive for forward.
    [[nodiscard]] std::chrono::seconds last_leap() const noexcept { return last_leap_.load(); }

private:
    struct Known {
        ClockReading last;
        bool differs = false;
    };

    std::mutex looking_;  ///< held during a look
    Moment next_look_ = Moment::min();
    std::map<Address, Known> known_;
    std::atomic<std::uint64_t> differences_ = 0;
    std::atomic<std::uint64_t> leaps_ = 0;
    std::atomic<std::chrono::seconds> last_leap_{};
};

}  // namespace slo::sp::redis
