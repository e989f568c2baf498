// One principal's logout that started here, on its way: planned, kept, ended here, asked for at the IdP, concluded.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "logout_start.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/sp/global_logout.hpp"

namespace slo::sp {

struct Departure {
    explicit Departure(KeptRequest wanted) : request(std::move(wanted)) {}

    KeptRequest request;
    std::shared_ptr<const idp_adapter::Idp> idp;  ///< null where nobody knows it any more
    std::optional<Failure> unaskable;             ///< why the IdP can't be asked
    Retried kept = Retried::no;                   ///< whether the store was given `request` to keep
    RoundID round = {};                           ///< of its applications: one, however often its start is tried
    LogoutOutcome local;
    std::vector<std::string> failed_applications;
    idp_adapter::LogoutVerdict verdict;
    Conclusion conclusion{Extent::unknown, {}, Retried::no};
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();

    [[nodiscard]] const LogoutKey& key() const noexcept { return request.order.key; }
};

/// Whether both have one SessionIndex: then one session at the IdP made them.
[[nodiscard]] bool share_an_index(const Session& a, const Session& b);

/// plan says which logouts end `sessions`: one for each principal of an IdP, or for each of its sessions at an IdP that
/// ends no more at once, and another one for sessions without a SessionIndex, for which no IdP can be asked.
/// Errors: saml::Errc::crypto_failure.
[[nodiscard]] Result<std::vector<Departure>> plan(const StartContext& context, const std::vector<Session>& sessions,
                                                  LogoutReason reason);

/// When a kept request is due: later, in case that we die over it, or at once.
enum class When { if_we_die, at_once };
/// Lets the store keep the request, if there is anything to ask. Errors: store_failed; with store_full it goes on
/// without being kept, because ending the sessions matters more.
[[nodiscard]] Result<void> keep(const StartContext& context, Departure& departure, When when);
void forget(const StartContext& context, const Departure& departure);

/// Up to `count` requests whose time has come. Errors: the store's.
[[nodiscard]] Result<std::vector<Departure>> take_due(const StartContext& context, std::size_t count);

/// Asks the IdP, if it can be asked. Blocks.
void ask(const StartContext& context, Departure& departure);
/// Whether somebody waits for the conclusion, or was told before that the IdP would be asked again.
enum class Asked { first, again };
/// Draws the conclusion, and keeps or forgets the request. One that was asked again and is too late for another attempt
/// is due once its NotOnOrAfter has passed, to be told as given up.
void settle(const StartContext& context, Departure& departure, Asked asked);
/// The conclusion of one whose IdP will be asked in the background.
void postpone(Departure& departure);
/// The conclusion of one whose sessions may live on, as the store's answer was lost: it is due again.
void leave_unknown(Departure& departure);
/// The conclusion of one whose NotOnOrAfter has passed.
void give_up(const StartContext& context, Departure& departure);

void write_audit(const StartContext& context, const Departure& departure, LogoutHere::Kind kind) noexcept;

}  // namespace slo::sp
