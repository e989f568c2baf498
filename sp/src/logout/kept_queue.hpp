// Our own requests that are due again, handed out so that no IdP's wait for another's answers.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "departure.hpp"
#include "slo/sp/pace.hpp"

namespace slo::sp {

/// KeptQueue takes from the store what is due, and hands it out to some workers: to a few at a time for one IdP, and
/// more as soon as any of them is ready, also what gets due only then. Where very many of one IdP are due, the others
/// of it are put off, so that those of other IdPs behind them are reached. Thread-safe. `context` outlives it.
class KeptQueue {
public:
    explicit KeptQueue(const StartContext& context);

    /// Takes what is due now. Errors: the store's.
    [[nodiscard]] Result<std::size_t> take();
    /// Calls send(Departure&) for one after the other, until none is left and no other worker is at work on one. `send`
    /// doesn't throw.
    template <class Send>
    void work(Send send) noexcept {
        while (const std::unique_ptr<Departure> departure = next()) {
            send(*departure);
            is_done(*departure);
        }
    }
    /// How many it has taken.
    [[nodiscard]] std::size_t taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

private:
    /// None: it's over.
    [[nodiscard]] std::unique_ptr<Departure> next() noexcept;
    void is_done(const Departure& departure) noexcept;
    struct Waiting {
        std::unique_ptr<Departure> departure;
        SteadyTime taken;
    };
    [[nodiscard]] bool has_enough_of(const saml::EntityID& idp) const;
    /// The first one whose IdP has a place.
    [[nodiscard]] std::unique_ptr<Departure> startable();
    [[nodiscard]] bool looks_again();
    void take_more(std::unique_lock<std::mutex>& lock);
    void wait(std::unique_lock<std::mutex>& lock);

    const StartContext& context_;
    mutable std::mutex mutex_;
    std::vector<Waiting> waiting_;
    std::map<std::string, std::size_t> at_work_;  ///< by IdP
    std::size_t taken_ = 0;
    bool is_taking_ = false;
    bool has_more_ = false;    ///< the last look found some
    bool has_failed_ = false;  ///< the store: nothing more is taken
    SteadyTime next_look_{};
    SteadyTime last_look_;
    std::shared_ptr<Alarm> changed_ = std::make_shared<Alarm>();  ///< rings for all who wait; the next need another
};

}  // namespace slo::sp
