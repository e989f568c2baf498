// Whether the masters' clocks agree with ours. A server drops expired records by its own clock: one that leaps forward
// takes logouts with it; nothing here can make up for that, but an operator should be told.
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
#include "slo/sp/session_store.hpp"

namespace slo::sp::redis {

/// clock_bound is how much clocks may differ. No answer takes that long.
inline constexpr std::chrono::seconds clock_bound{10};
inline constexpr std::chrono::seconds clock_look_interval{5};

/// ClockReading is a server's clock at some moment between `sent` and `got`.
struct ClockReading {
    Instant shown;
    Instant node;  ///< our clock at `got`
    Moment sent;
    Moment got;
};

/// parse_server_time reads the time in `INFO server`; std::nullopt if it's missing, as in servers before 6.2.
[[nodiscard]] std::optional<Instant> parse_server_time(std::string_view info);

/// ServerClocks counts what is wrong with the masters' clocks. Thread-safe.
class ServerClocks {
public:
    /// look asks each master for its time, if one is due and no other thread is at it. Blocks for the servers' deadline
    /// at most. A master that doesn't answer is left out: that is reported elsewhere.
    void look(Servers& servers, const Clock& clock, Moment now);
    void note(const Address& server, const ClockReading& reading);

    /// differences counts how often a clock was found to differ from ours by more than the bound, after it hadn't.
    [[nodiscard]] std::uint64_t differences() const noexcept { return differences_; }
    /// leaps counts how often one had moved by more than the bound otherwise than our steady clock between two looks;
    /// on a node that was suspended in between, that is counted too.
    [[nodiscard]] std::uint64_t leaps() const noexcept { return leaps_; }
    /// last_leap returns by how much, the last time: positive for forward.
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

/// health_of puts together what was seen of the servers.
[[nodiscard]] StoreHealth health_of(const Client& client, const ServerClocks& clocks,
                                    std::uint64_t replica_shortfalls) noexcept;

}  // namespace slo::sp::redis
