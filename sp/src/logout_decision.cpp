#include "slo/sp/logout_decision.hpp"

#include <utility>

#include "reply_mapping.hpp"

namespace slo::sp {

namespace {

LogoutDecision end_all(std::vector<Session> sessions) {
    if (sessions.empty()) return NothingToEnd{};
    return EndSessions{std::move(sessions)};
}

}  // namespace

LogoutDecision decide(BegunLogout begun) {
    if (auto* fresh = std::get_if<FreshLogout>(&begun)) return end_all(std::move(fresh->ending));
    auto& repeated = std::get<RepeatedLogout>(begun);
    if (repeated.recorded) return AnswerAgain{*repeated.recorded};
    // The first one is still at work, or died at it. Ending a session twice is harmless; answering too early isn't.
    return end_all(std::move(repeated.ending));
}

saml::Status status_for(const LogoutOutcome& outcome, const Policy& policy) {
    // Profiles 4.4.3.4 l.1258. Not PartialLogout: that is the session authority's code (Core 3.2.2.2 l.1666).
    if (!outcome.complete()) return make_status({saml::TopLevelStatus::responder}, policy);
    const bool nobody = outcome.ended == 0 && outcome.already_gone == 0;
    if (nobody && policy.unknown_principal == UnknownPrincipal::unknown_principal) {
        return make_status({saml::TopLevelStatus::requester, saml::SecondLevelStatus::unknown_principal}, policy);
    }
    return make_status({saml::TopLevelStatus::success}, policy);
}

}  // namespace slo::sp
