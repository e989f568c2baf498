// One logout's way through the store and the applications, ordered by an IdP, a user here, or recovery.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rounds_at_work.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/pace.hpp"

namespace slo::sp {

class EndingState;

/// What ending sessions works with.
struct EndContext {
    const LogoutServiceParts& parts;
    std::shared_ptr<RoundsAtWork> rounds;
    const Pace& pace;
};

/// What has become of the sessions.
struct EndedHere {
    LogoutOutcome outcome;
    std::vector<std::string> failed_applications;
};

/// EndingHere is a logout that has begun in the store: its sessions are dead for find(). Where another round has some
/// of them, in this process or on another node, it waits for that one, within the deadline, and never ends them beside
/// it. So no application is told of a session while it is at work on it, and no outcome is complete while it is.
class EndingHere {
public:
    /// `orders` are one order under all names of its IdP and of ours, the present ones first; each begins in the store.
    /// Errors: the store's. After StoreErrc::store_failed some of them may have begun: the same call again, with the
    /// same `round`, goes on with them.
    [[nodiscard]] static Result<EndingHere> begin(const EndContext& context, const std::vector<LogoutOrder>& orders,
                                                  RoundID round, SteadyTime deadline);
    /// Goes on with a logout that has begun earlier. Errors: the store's.
    [[nodiscard]] static Result<EndingHere> resume(const EndContext& context, const LogoutKey& key,
                                                   SteadyTime deadline);

    /// Whether the order has begun before, under its present names.
    [[nodiscard]] bool is_repeat() const noexcept;
    /// The answer for good, where there is one.
    [[nodiscard]] std::optional<LogoutOutcome> recorded() const;
    /// Whether any session is still to be ended, by this round or by another one.
    [[nodiscard]] bool has_work() const noexcept;
    /// Whether there is work, and other rounds have it all.
    [[nodiscard]] bool is_all_in_other_rounds() const noexcept;

    /// What is left until the deadline.
    [[nodiscard]] std::chrono::milliseconds budget() const noexcept;
    /// Tells the applications, unless the deadline has passed. `on_complete` is called once, when all have reported and
    /// the other rounds in this process are over; not after finish(). From any thread.
    void start(std::function<void()> on_complete);
    /// Records what is known by now. `near_misses` are sessions that keep the outcome from being complete. Blocks as
    /// long as the store does. Errors: the store's.
    [[nodiscard]] Result<EndedHere> finish(std::uint32_t near_misses = 0);
    /// start(), the wait, finish().
    [[nodiscard]] Result<EndedHere> run();

    explicit EndingHere(std::shared_ptr<EndingState> state) noexcept : state_(std::move(state)) {}

private:
    std::shared_ptr<EndingState> state_;
};

/// Takes up the rounds that went on after their deadline: records what has been reported since, and keeps the sessions
/// of the others from any other round. Errors: the store's; it may be called again.
[[nodiscard]] Result<void> take_up_late_rounds(const EndContext& context);
/// The same, but only where one of them has come to its end: for every request, costs nothing where none has.
void take_up_rounds_at_rest(const EndContext& context) noexcept;

}  // namespace slo::sp
