// A logout begins once the store was given its request to keep; a logout that is merely planned is no such thing.
#include <utility>

#include "outgoing_steps.hpp"

using Begun = std::variant<slo::sp::BegunLogoutHere, slo::sp::NotBegunLogout>;
Begun misuse(const slo::sp::StartContext& context, slo::sp::PlannedLogout planned, slo::sp::KeptLogout kept) {
#ifdef SLO_MISUSE
    return slo::sp::begin_here(context, std::move(planned), {});
#endif
    static_cast<void>(planned);
    return slo::sp::begin_here(context, std::move(kept), {});
}
