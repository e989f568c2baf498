#include "server_clocks.hpp"

#include <algorithm>
#include <charconv>

#include "server_check.hpp"

namespace slo::sp::redis {
namespace {

using std::chrono::milliseconds;

/// How far `value` is outside of the range from `least` to `most`, and on which side.
milliseconds beyond(milliseconds value, milliseconds least, milliseconds most) noexcept {
    return value - std::clamp(value, least, most);
}

bool is_too_much(milliseconds difference) noexcept {
    return std::chrono::abs(difference) > clock_bound;
}

bool differs_from_ours(const ClockReading& reading) noexcept {
    const auto way = std::chrono::ceil<milliseconds>(reading.got - reading.sent);
    return is_too_much(beyond(reading.shown - reading.node, -way, milliseconds(0)));
}

/// By how much more a server's clock moved than ours can have moved meanwhile.
milliseconds leap_between(const ClockReading& before, const ClockReading& after) noexcept {
    return beyond(after.shown - before.shown, std::chrono::floor<milliseconds>(after.sent - before.got),
                  std::chrono::ceil<milliseconds>(after.got - before.sent));
}

}  // namespace

std::optional<Instant> parse_server_time(std::string_view info) {
    const std::string_view text = field_of(info, "server_time_usec");
    std::int64_t microseconds = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, microseconds);
    if (error != std::errc{} || rest != end || microseconds < 0) return std::nullopt;
    return Instant(std::chrono::floor<milliseconds>(std::chrono::microseconds(microseconds)));
}

void ServerClocks::note(const Address& server, const ClockReading& reading) {
    const bool differs = differs_from_ours(reading);
    const auto [known, is_new] = known_.try_emplace(server, Known{.last = reading, .differs = differs});
    if (is_new) {
        if (differs) ++differences_;
        return;
    }
    const milliseconds leap = leap_between(known->second.last, reading);
    // A leap is reported as one, not also as the difference that it makes.
    if (is_too_much(leap)) {
        last_leap_ = std::chrono::round<std::chrono::seconds>(leap);
        ++leaps_;
    } else if (differs && !known->second.differs) {
        ++differences_;
    }
    known->second = {.last = reading, .differs = differs};
}

void ServerClocks::look(Servers& servers, const Clock& clock, Moment now) {
    const std::unique_lock lock(looking_, std::try_to_lock);
    if (!lock.owns_lock() || now < next_look_) return;
    next_look_ = now + clock_look_interval;
    const auto masters = servers.masters();
    if (!masters) return;
    std::erase_if(known_, [&](const auto& one) { return std::ranges::find(*masters, one.first) == masters->end(); });
    const Moment sent = SteadyClock::now();
    const auto answers = servers.call_at(*masters, {"INFO", "server"});
    const Moment got = SteadyClock::now();
    const Instant node = clock.now();
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i] || answers[i]->reply.kind != Reply::Kind::text) continue;
        const auto shown = parse_server_time(answers[i]->reply.text);
        if (shown) note((*masters)[i], {.shown = *shown, .node = node, .sent = sent, .got = got});
    }
}

StoreHealth health_of(const Client& client, const ServerClocks& clocks, std::uint64_t replica_shortfalls) noexcept {
    const auto counters = client.counters();
    return {.reconnects = counters.reconnects,
            .redirections = counters.redirections,
            .replica_shortfalls = replica_shortfalls,
            .clock_differences = clocks.differences(),
            .clock_leaps = clocks.leaps(),
            .last_clock_leap = clocks.last_leap()};
}

}  // namespace slo::sp::redis
