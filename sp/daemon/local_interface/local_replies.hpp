// The local interface's replies.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "slo/saml/result.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/json.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::daemon {

/// reply: `json` is ours or consists of values without quotes, backslashes and controls.
[[nodiscard]] inline sp::HttpReply reply(int status, std::string json) {
    return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(json) + "\n"};
}

[[nodiscard]] inline sp::HttpReply refusal(int status, std::string_view why) {
    return reply(status, R"({"error":")" + std::string(why) + "\"}");
}

/// What fields should be.
inline constexpr std::string_view an_id = "1 to 256 octets without controls";
inline constexpr std::string_view an_entity_id =
    "an entityID: a URI, or the name that the IdP has instead, of at most 1024 octets";

inline constexpr std::string_view send_a_form =
    "send Content-Type: application/x-www-form-urlencoded, in UTF-8 or in ASCII alone";

/// The status says what the caller may do about it.
[[nodiscard]] inline sp::HttpReply failed(const Failure& failure) {
    if (failure.code == sp::StoreErrc::session_id_taken) return refusal(409, "local_id is taken by another session");
    // The detail says which field, in words of ours and of the store's.
    if (failure.code == sp::StoreErrc::session_malformed)
        return reply(400, sp::JsonObject().add("error", failure.detail).str());
    if (failure.code == sp::AdmissionErrc::session_idp_unknown) {
        // The detail is a name in our own configuration; the caller's text isn't repeated.
        return reply(422, sp::JsonObject()
                              .add("error",
                                   "session.idp_unknown: idp is no entityID and no issuer alias of an IdP that "
                                   "is configured, so no logout would ever find the session")
                              .add("detail", failure.detail)
                              .str());
    }
    if (failure.code == sp::AdmissionErrc::authn_instant_in_future)
        return refusal(422,
                       "session.authn_instant: authn_instant is later than now and clock_skew; send the AuthnInstant "
                       "of the assertion, in UTC");
    if (failure.code == sp::AdmissionErrc::session_index_unfit)
        return refusal(422,
                       "session.session_index: the logouts of this IdP name sessions by SessionIndex alone "
                       "(name_id_matching), so exactly one session_index of 16 characters or more is needed");
    if (failure.code == sp::StoreErrc::principal_full) {
        return reply(409, sp::JsonObject()
                              .add("error",
                                   "store.principal_full: the user has as many sessions as the store takes of one; "
                                   "let nobody in, and tell the operator")
                              .add("detail", failure.detail)
                              .str());
    }
    if (failure.code == sp::StartErrc::no_session) return refusal(404, "no such session lives here");
    if (failure.code == sp::StoreErrc::local_session_id_malformed)
        return refusal(400, "local_id isn't " + std::string(an_id));
    return refusal(503, "the session store has no room or can't tell: trust nothing until it can");
}

}  // namespace slo::daemon
