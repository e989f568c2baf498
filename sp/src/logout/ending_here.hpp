// One logout's path through the store and the applications, ordered by an IdP, a user here, or recovery.
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

/// EndContext is the environment for ending sessions.
struct EndContext {
    const LogoutServiceParts& parts;
    std::shared_ptr<RoundsAtWork> rounds;
    const Pace& pace;
};

/// EndedHere is the result for the sessions.
struct EndedHere {
    LogoutOutcome outcome;
    std::vector<std::string> failed_applications;
};

/// EndingHere is a logout that has begun in the store: its sessions are dead for find(). If another round holds some of
/// them, in this process or on another node, it waits for that one, within the deadline, and never ends them at the
/// same time. So no application is called twice at once for a session, and no outcome is complete while it is.
class EndingHere {
public:
    /// begin begins `orders` in the store: one order under all names of its IdP and of ours, the present ones first.
    /// Errors: the store's. After StoreErrc::store_failed some of them may have begun: the same call again, with the
    /// same `round`, goes on with them.
    [[nodiscard]] static Result<EndingHere> begin(const EndContext& context, const std::vector<LogoutOrder>& orders,
                                                  RoundID round, SteadyTime deadline);
    /// resume continues a logout that began earlier. Errors: the store's.
    [[nodiscard]] static Result<EndingHere> resume(const EndContext& context, const LogoutKey& key,
                                                   SteadyTime deadline);

    /// is_repeat says whether the order has begun before, under its present names.
    [[nodiscard]] bool is_repeat() const noexcept;
    /// recorded returns the final answer, if there is one.
    [[nodiscard]] std::optional<LogoutOutcome> recorded() const;
    /// has_work says whether any session is still to be ended, by this round or by another one.
    [[nodiscard]] bool has_work() const noexcept;
    /// is_all_in_other_rounds says whether there is work, and other rounds hold all of it.
    [[nodiscard]] bool is_all_in_other_rounds() const noexcept;

    /// budget returns the time that is left until the deadline.
    [[nodiscard]] std::chrono::milliseconds budget() const noexcept;
    /// start tells the applications, unless the deadline has passed. `on_complete` is called once, when all have
    /// reported and the other rounds in this process are over; not after finish(). From any thread.
    void start(std::function<void()> on_complete);
    /// finish records the results so far. `near_misses` are sessions that keep the outcome incomplete. Blocks as
    /// long as the store does. Errors: the store's.
    [[nodiscard]] Result<EndedHere> finish(std::uint32_t near_misses = 0);
    /// run is start(), the wait, and finish().
    [[nodiscard]] Result<EndedHere> run();

    explicit EndingHere(std::shared_ptr<EndingState> state) noexcept : state_(std::move(state)) {}

private:
    std::shared_ptr<EndingState> state_;
};

/// take_up_late_rounds continues rounds that outlived their deadline: records the reports since then, and keeps the
/// sessions of the others from any other round. Errors: the store's; it may be called again.
[[nodiscard]] Result<void> take_up_late_rounds(const EndContext& context);
/// take_up_rounds_at_rest does so only if one of them is over: called per request, it costs nothing if none is.
void take_up_rounds_at_rest(const EndContext& context) noexcept;

}  // namespace slo::sp
