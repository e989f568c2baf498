// An IdP is asked about a logout whose sessions have ended here; a logout that is merely kept is no such thing.
#include <utility>

#include "outgoing_steps.hpp"

slo::sp::AskedLogout misuse(const slo::sp::StartContext& context, slo::sp::KeptLogout kept,
                            slo::sp::EndedLogout ended) {
#ifdef SLO_MISUSE
    return slo::sp::ask(context, std::move(kept));
#endif
    static_cast<void>(kept);
    return slo::sp::ask(context, std::move(ended));
}
