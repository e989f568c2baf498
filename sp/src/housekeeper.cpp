#include "slo/sp/housekeeper.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace slo::sp {
namespace {

constexpr int sweeps_a_turn = 64;
constexpr unsigned turns_between_recoveries = 60;

/// Waits, but not when it is to stop.
void pause(const std::stop_token& stop, std::chrono::seconds time) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, time, [] { return false; });
}

void note_failure(AuditSink& audit, const Clock& clock, std::string_view event, const Failure& failure) noexcept {
    try {
        AuditEntry entry;
        entry.time = clock.now();
        entry.event = event;
        entry.stage = "store";
        entry.rule = failure.code.message();
        entry.detail = failure.detail;
        audit.record(entry);
    } catch (...) {
        // No memory for a line: the next turn tries again.
    }
}

void recover(LogoutService& service, AuditSink& audit, const Clock& clock, const std::stop_token& stop) {
    const auto recovered = service.recover(stop);
    if (!recovered) note_failure(audit, clock, "recover", recovered.error());
}

}  // namespace

struct Housekeeper::Impl {
    Impl(LogoutService& its_service, SessionStore& its_store, AuditSink& its_audit, const Clock& its_clock)
        : service(its_service),
          store(its_store),
          audit(its_audit),
          clock(its_clock),
          house([this](const std::stop_token& stop) { keep(stop); }),
          requests([this](const std::stop_token& stop) { send(stop); }) {}

    void keep(const std::stop_token& stop) noexcept {
        for (unsigned turn = 0; !stop.stop_requested(); ++turn) {
            if (turn % turns_between_recoveries == 0) recover(service, audit, clock, stop);
            for (int i = 0; i < sweeps_a_turn && !stop.stop_requested(); ++i) store.sweep_some();
            pause(stop, std::chrono::seconds(1));
        }
    }
    void send(const std::stop_token& stop) noexcept {
        constexpr std::chrono::seconds after_trouble{10};
        for (bool failed_before = false; !stop.stop_requested();) {
            const auto sent = service.send_kept_requests(stop);
            if (!sent && !failed_before) note_failure(audit, clock, "resend", sent.error());
            failed_before = !sent;
            if (sent && *sent > 0) continue;  // there may be more
            pause(stop, sent ? std::chrono::seconds(1) : after_trouble);
        }
    }

    LogoutService& service;
    SessionStore& store;
    AuditSink& audit;
    const Clock& clock;
    std::jthread house;  // stopped and joined first, as all that they use stands above
    std::jthread requests;
};

Housekeeper::Housekeeper(LogoutService& service, SessionStore& store, AuditSink& audit, const Clock& clock)
    : impl_(std::make_unique<Impl>(service, store, audit, clock)) {}
Housekeeper::~Housekeeper() = default;

void keep_house(LogoutService& service, SessionStore& store, AuditSink& audit, const Clock& clock, unsigned turn,
                const std::stop_token& stop) noexcept {
    if (turn % turns_between_recoveries == 0) recover(service, audit, clock, stop);
    for (int i = 0; i < sweeps_a_turn && !stop.stop_requested(); ++i) store.sweep_some();
    const auto sent = service.send_kept_requests(stop);
    if (!sent) note_failure(audit, clock, "resend", sent.error());
}

}  // namespace slo::sp
