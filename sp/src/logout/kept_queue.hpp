// Our own requests that are due again, handed out so that no IdP's requests wait for another's answers.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outgoing_steps.hpp"
#include "slo/sp/pace.hpp"

namespace slo::sp {

/// KeptQueue takes due requests from the store, and hands them out to some workers: a few at a time for one IdP, and
/// more as soon as any worker is free, including those that become due later. If very many of one IdP are due, the rest
/// of them are put off, so that those of other IdPs behind them are reached. Thread-safe. `context` outlives it.
class KeptQueue {
public:
    explicit KeptQueue(const StartContext& context);

    /// take takes the requests that are due now. Errors: the store's.
    [[nodiscard]] Result<std::size_t> take();
    /// work calls send(KeptLogout) for one after the other, until none is left and no other worker is at work on one.
    /// `send` doesn't throw.
    template <class Send>
    void work(Send send) noexcept {
        while (std::optional<Handed> one = next()) {
            send(std::move(one->kept));
            is_done(one->place);
        }
    }
    /// taken returns how many it has taken.
    [[nodiscard]] std::size_t taken() const {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

private:
    using AtWork = std::map<std::string, std::size_t>;  ///< by IdP, none of which has 0
    struct Waiting {
        KeptLogout kept;
        SteadyTime taken;
    };
    struct Handed {
        KeptLogout kept;
        AtWork::iterator place;  ///< of its IdP
    };
    /// next returns std::nullopt when the work is over.
    [[nodiscard]] std::optional<Handed> next() noexcept;
    void is_done(AtWork::iterator place) noexcept;
    [[nodiscard]] bool has_enough_of(const saml::EntityID& idp) const;
    /// startable returns the first one whose IdP has a free place.
    [[nodiscard]] std::optional<Handed> startable();
    [[nodiscard]] bool looks_again();
    void take_more(std::unique_lock<std::mutex>& lock);
    void wait(std::unique_lock<std::mutex>& lock);

    const StartContext& context_;
    mutable std::mutex mutex_;
    std::vector<Waiting> waiting_;
    AtWork at_work_;
    std::size_t taken_ = 0;
    bool is_taking_ = false;
    bool has_more_ = false;    ///< the last look found some
    bool has_failed_ = false;  ///< the store: nothing more is taken
    SteadyTime next_look_{};
    SteadyTime last_look_;
    std::shared_ptr<Alarm> changed_ = std::make_shared<Alarm>();  ///< wakes all waiting workers; the next need another
};

}  // namespace slo::sp
