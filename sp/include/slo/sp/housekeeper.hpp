// The recurring tasks beside serving requests, so that a host can't forget them.
#pragma once

#include <memory>

#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// Housekeeper does in two threads of its own what a LogoutService needs beside its requests:
///   - recovery, at once and then each minute: after a crash in the middle of a logout, the applications still have the
///     sessions that the store has ended; no other task returns to them;
///   - each second, dropping some expired records of the store;
///   - each second, in the other thread, sending the requests that IdPs haven't seen: an IdP that doesn't answer
///     delays no other task;
///   - each second, writing the summaries of unproven requests to the audit (AuditSampling).
/// Failures are written to the audit ("recover" or "resend"), once for each trouble, and tried again. A service with
/// Housekeeping::in_threads has one. A host that makes its service before it can start threads, or before its
/// applications can be told, makes it later itself and destroys it before the service: that stops the threads, and
/// waits for the exchange with an IdP and for the application that they are at.
class Housekeeper {
public:
    /// Housekeeper starts the threads. `service` must outlive it. Throws std::system_error if it can't have a thread.
    explicit Housekeeper(LogoutService& service);
    ~Housekeeper();
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// keep_house does one turn of the same, for hosts with a loop of their own: call it about each second, from a thread
/// that may block. `turn` counts them from 0: each sixtieth does the recovery.
void keep_house(LogoutService& service, unsigned turn, const std::stop_token& stop = {}) noexcept;

}  // namespace slo::sp
