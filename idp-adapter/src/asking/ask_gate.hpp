// Which IdPs may be asked now: one that doesn't answer must not delay all callers that wait for others.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "slo/saml/identifiers.hpp"

namespace slo::idp_adapter {

/// AskGate lets a few callers at a time ask an IdP, and for a while none if several in a row got no answer; then
/// one may try. Thread-safe.
class AskGate {
public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;
    struct Limits {
        std::size_t at_once;         ///< callers who ask one IdP
        std::size_t failures;        ///< so many in a row without an answer close the gate
        std::chrono::seconds pause;  ///< for how long
    };
    enum class Came { answer, nothing, unknown };  ///< unknown: it was stopped before anything could come

    explicit AskGate(Limits limits) noexcept : limits_(limits) {}

    /// enter says whether the caller may ask `idp` now; then it calls leave() afterwards. Throws std::bad_alloc.
    [[nodiscard]] bool enter(const saml::EntityID& idp, Time now) {
        const std::lock_guard lock(mutex_);
        State& state = states_[idp.str()];
        const bool is_suspect = state.failures >= limits_.failures;
        const std::size_t most = is_suspect ? 1 : limits_.at_once;
        if (state.at_work >= most || (is_suspect && now < state.closed_until)) return false;
        ++state.at_work;
        return true;
    }
    void leave(const saml::EntityID& idp, Came what, Time now) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = states_.find(idp.str());
        State& state = found->second;
        --state.at_work;
        if (what == Came::answer) state.failures = 0;
        if (what == Came::nothing && ++state.failures >= limits_.failures) state.closed_until = now + limits_.pause;
        if (state.at_work == 0 && state.failures == 0) states_.erase(found);
    }

private:
    struct State {
        std::size_t at_work = 0;
        std::size_t failures = 0;
        Time closed_until = {};
    };
    const Limits limits_;
    std::mutex mutex_;
    std::map<std::string, State> states_;
};

}  // namespace slo::idp_adapter
