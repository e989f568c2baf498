// What has to go on beside serving, so that a host can't forget it.
#pragma once

#include <memory>

#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// Housekeeper does in two threads of its own what a LogoutService needs beside its requests:
///   - recovery, at once and then each minute: after a crash in the middle of a logout, the applications still have the
///     sessions that the store has ended; nothing else comes back to them;
///   - each second, dropping some of what has expired in the store;
///   - each second, in the other thread, sending the requests that IdPs haven't seen: an IdP that doesn't answer holds
///     up nothing else;
///   - each second, writing what strangers have left to be summed up in the audit (AuditSampling).
/// What fails is written to the audit ("recover" or "resend"), once for each trouble, and tried again. A service with
/// Housekeeping::in_threads has one. A host that makes its service before it can start threads, or before its
/// applications can be told, makes it later itself and destroys it before the service: that stops the threads, and
/// waits for the exchange with an IdP and for the application that they are at.
class Housekeeper {
public:
    /// `service` must outlive it. Throws std::system_error where a thread can't be had.
    explicit Housekeeper(LogoutService& service);
    ~Housekeeper();
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One turn of the same, for hosts with a loop of their own: call it about each second, from a thread that may block.
/// `turn` counts them from 0: with each sixtieth comes recovery.
void keep_house(LogoutService& service, unsigned turn, const std::stop_token& stop = {}) noexcept;

}  // namespace slo::sp
