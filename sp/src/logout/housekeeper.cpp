#include "slo/sp/housekeeper.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace slo::sp {
namespace {

constexpr int sweeps_a_turn = 64;
constexpr unsigned turns_between_recoveries = 60;

/// Rest is what a thread waits with. Made once, as that takes memory.
class Rest {
public:
    /// pause waits for `time`, or until `stop` is requested.
    void pause(const std::stop_token& stop, std::chrono::seconds time) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, time, [] { return false; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
};

using Work = HousekeepingFailed::Work;

void note_failure(const LogoutServiceParts& parts, Work work, const Failure& failure) noexcept {
    try {
        AuditTrouble trouble{.stage = "store", .rule = failure.code.message(), .detail = failure.detail};
        parts.audit.record(
            {.time = parts.clock.now(), .event = HousekeepingFailed{.work = work, .trouble = std::move(trouble)}});
    } catch (...) {
        // No memory for a line: the next turn tries again.
    }
}

/// One turn of all tasks except the requests to IdPs. If memory runs out, or a host's store throws, the next turn is
/// soon.
void keep(LogoutService& service, const LogoutServiceParts& parts, unsigned turn,
          const std::stop_token& stop) noexcept {
    try {
        if (turn % turns_between_recoveries == 0) {
            const auto recovered = service.recover(stop);
            if (!recovered) note_failure(parts, Work::recover, recovered.error());
        }
        for (int i = 0; i < sweeps_a_turn && !stop.stop_requested(); ++i) parts.store.sweep_some();
    } catch (...) {
        return;
    }
}

}  // namespace

struct Housekeeper::Impl {
    Impl(LogoutService& its_service, const LogoutServiceParts& its_parts)
        : service(its_service),
          parts(its_parts),
          house([this](const std::stop_token& stop) { keep(stop); }),
          requests([this](const std::stop_token& stop) { send(stop); }) {}

    void keep(const std::stop_token& stop) noexcept {
        for (unsigned turn = 0; !stop.stop_requested(); ++turn) {
            sp::keep(service, parts, turn, stop);
            service.sum_up_audit();
            house_rest.pause(stop, std::chrono::seconds(1));
        }
    }
    void send(const std::stop_token& stop) noexcept {
        constexpr std::chrono::seconds after_trouble{10};
        for (bool failed_before = false; !stop.stop_requested();) {
            const auto sent = service.send_kept_requests(stop);
            if (!sent && !failed_before) note_failure(parts, Work::resend, sent.error());
            failed_before = !sent;
            if (sent && *sent > 0) continue;  // there may be more
            requests_rest.pause(stop, sent ? std::chrono::seconds(1) : after_trouble);
        }
    }

    LogoutService& service;
    const LogoutServiceParts& parts;
    Rest house_rest;
    Rest requests_rest;
    std::jthread house;  // stopped and joined first, as all that they use is declared above
    std::jthread requests;
};

Housekeeper::Housekeeper(LogoutService& service) : impl_(std::make_unique<Impl>(service, service.parts())) {}
Housekeeper::~Housekeeper() = default;

void keep_house(LogoutService& service, unsigned turn, const std::stop_token& stop) noexcept {
    const LogoutServiceParts& parts = service.parts();
    keep(service, parts, turn, stop);
    service.sum_up_audit();
    const auto sent = service.send_kept_requests(stop);
    if (!sent) note_failure(parts, Work::resend, sent.error());
}

}  // namespace slo::sp
