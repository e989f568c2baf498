// The conclusion of a logout is drawn from its steps, and from nothing else.
#include <utility>

#include "outgoing_steps.hpp"

slo::sp::ConcludedLogout misuse(slo::sp::LogoutPlan plan, slo::sp::EndedLogout ended) {
#ifdef SLO_MISUSE
    return {std::move(plan), {}, {slo::sp::Extent::everywhere, {}, slo::sp::Retried::no}, slo::sp::NextOfRequest::left};
#endif
    static_cast<void>(plan);
    return slo::sp::give_up(std::move(ended));
}
