// The steps of a logout that starts here, of one principal at one IdP, a type for each. Only the function that does a
// step makes its type, out of the one before; afterwards nothing changes it.
//
//   plan        PlannedLogout    says what is to be ended and asked for; nothing has happened
//   keep        KeptLogout       the store has the request, if its IdP can be asked and the store has room
//   begin_here  BegunLogoutHere  no session of it is alive for find(); or NotBegunLogout
//   end_here    EndedLogout      the applications were told, and the results so far are recorded
//   ask         AskedLogout      its IdP was asked once, or can't be
//   conclude    ConcludedLogout  says what is proven, and what the store has to do with the request
//
// plan and the functions that make a ConcludedLogout decide, and touch neither store nor network; keep, begin_here,
// end_here, ask and settle act. They guarantee together:
//
// - Two at once for one session: each has a request ID and a round of its own. The store gives a session to one
//   round, the other waits for that one, and no application is called for it by both. Both ask the IdP; none says more
//   than was proven.
// - An answer that is lost after the work was done: the request is kept before its logout begins, so the kept request
//   drives an unknown outcome to its end, under the same key, by which the store knows the repeat. Where keep's own
//   answer is lost, nothing has begun; a request that is kept nevertheless ends what its caller wanted ended. An IdP
//   is asked again, under a new ID, if no answer came that is known to be its own. If the store can't forget a
//   request, or put it off, the request is due again by its lease.
// - Names: a plan has the present names of the IdP and of us; begin_here ends the sessions under any other one as
//   well.
// - Waiting: the caller waits for its applications and IdPs, within their deadlines. If more logouts start than are
//   asked at once, it waits for no IdP: they are concluded as waiting, and are due at once.
// - Full quota: where the store has no room for a request, its sessions end all the same, and the IdP is asked once.
//   Where the store has no room for the logout, nothing has begun, and the request is forgotten.
// - Operators: each conclusion names the rule that kept it from `everywhere`, and has an audit line. An
//   attempt in the background that an exception has ended has none; the next attempt has.
// - Needless strictness: an IdP that can't be asked keeps no session alive here.
//
// An exception (of a host's port, or for lack of memory) comes out of keep and begin_here; what the store keeps is
// then due by its lease. The later steps don't throw: what they make is_interrupted().
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "outgoing_logout.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/sp/global_logout.hpp"

namespace slo::sp {

/// LogoutPlan is what every step knows of its logout.
struct LogoutPlan {
    KeptRequest request;                          ///< as the store has it, or is given it next
    std::shared_ptr<const idp_adapter::Idp> idp;  ///< null if it isn't known any more
    std::optional<Failure> unaskable;             ///< why the IdP can't be asked
    RoundID round;                                ///< of its applications: one, however often its start is tried
    std::chrono::steady_clock::time_point begun;

    [[nodiscard]] const LogoutKey& key() const noexcept { return request.order.key; }
};

/// Asking says whether the caller waits for the IdP's answer, or send_kept_requests asks.
enum class Asking { now, in_background };
/// Told says whether the caller learns the conclusion, or was told before that the IdP would be asked again.
enum class Told { first, again };
/// NextOfRequest says what the store does with a kept request: write it down for its next attempt, forget it, or leave
enum class NextOfRequest { put_off, forgotten, left };

class KeptLogout;
class BegunLogoutHere;
class EndedLogout;
class AskedLogout;
class ConcludedLogout;
struct NotBegunLogout;

/// PlannedLogout is a plan under which nothing has happened.
class PlannedLogout {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return plan_; }

private:
    friend Result<std::vector<PlannedLogout>> plan(const StartContext& context, const std::vector<Session>& sessions,
                                                   LogoutReason reason);
    friend Result<KeptLogout> keep(const StartContext& context, PlannedLogout planned, Asking asking);
    explicit PlannedLogout(LogoutPlan plan) noexcept : plan_(std::move(plan)) {}

    LogoutPlan plan_;
};

/// plan says which logouts end `sessions`: one for each principal of an IdP, or for each of its sessions at an IdP that
/// ends no more at once, and another one for sessions without a SessionIndex, for which no IdP can be asked.
/// Errors: saml::KeyErrc::crypto_failure.
[[nodiscard]] Result<std::vector<PlannedLogout>> plan(const StartContext& context, const std::vector<Session>& sessions,
                                                      LogoutReason reason);

/// KeptLogout is a logout whose request the store has, if it was given one to keep: one of ours, or one that was due.
class KeptLogout {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] Retried is_kept() const noexcept { return kept_; }

private:
    friend Result<KeptLogout> keep(const StartContext& context, PlannedLogout planned, Asking asking);
    friend Result<std::vector<KeptLogout>> take_due(const StartContext& context, std::size_t count);
    friend void put_off(const StartContext& context, KeptLogout kept, std::chrono::seconds delay);
    friend EndedLogout end_here(BegunLogoutHere begun) noexcept;
    friend ConcludedLogout leave_unknown(KeptLogout kept) noexcept;
    KeptLogout(LogoutPlan plan, Retried kept) noexcept : plan_(std::move(plan)), kept_(kept) {}

    LogoutPlan plan_;
    Retried kept_;
};

/// keep lets the store keep the request, if the IdP can be asked: due at once, or by a lease, in case this node dies
/// meanwhile. With store_full it goes on without being kept. Errors: the store's others; nothing has begun then.
[[nodiscard]] Result<KeptLogout> keep(const StartContext& context, PlannedLogout planned, Asking asking);
/// take_due takes up to `count` requests whose time has come, on a lease. Errors: the store's.
[[nodiscard]] Result<std::vector<KeptLogout>> take_due(const StartContext& context, std::size_t count);
/// put_off gives back one that was taken: due after `delay`, or by its lease where the store doesn't take it.
void put_off(const StartContext& context, KeptLogout kept, std::chrono::seconds delay);
/// forget lets the store forget a request that it was given. If it doesn't, the IdP is asked once more.
void forget(const StartContext& context, const KeptLogout& kept);

/// BegunLogoutHere is a logout whose sessions are dead here, and whose applications are still to be told.
class BegunLogoutHere {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return kept_.plan(); }

private:
    friend std::variant<BegunLogoutHere, NotBegunLogout> begin_here(const StartContext& context, KeptLogout kept,
                                                                    SteadyTime deadline);
    friend EndedLogout end_here(BegunLogoutHere begun) noexcept;
    BegunLogoutHere(KeptLogout kept, EndingHere ending) noexcept : kept_(std::move(kept)), ending_(std::move(ending)) {}

    KeptLogout kept_;
    EndingHere ending_;
};

/// NotBegunLogout is a logout that the store has refused, or whose begin it hasn't answered.
struct NotBegunLogout {
    KeptLogout kept;
    Failure why;  ///< StoreErrc::store_full: nothing has begun; any other: nothing is known
};

/// begin_here begins the logout in the store, under all names; `deadline` is that of its applications. An answer that
/// was lost may come at another try, which goes on with what the first has done. Blocks as long as the store does.
[[nodiscard]] std::variant<BegunLogoutHere, NotBegunLogout> begin_here(const StartContext& context, KeptLogout kept,
                                                                       SteadyTime deadline);

/// EndedLogout is a logout whose applications were told. Sessions that they haven't ended are left to recovery.
class EndedLogout {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] const EndedHere& here() const noexcept { return here_; }
    /// is_interrupted says whether an exception came before the record.
    [[nodiscard]] bool is_interrupted() const noexcept { return is_interrupted_; }

private:
    friend EndedLogout end_here(BegunLogoutHere begun) noexcept;
    friend AskedLogout ask(const StartContext& context, EndedLogout ended) noexcept;
    friend ConcludedLogout leave_waiting(EndedLogout ended) noexcept;
    friend ConcludedLogout give_up(EndedLogout ended) noexcept;
    EndedLogout(LogoutPlan plan, Retried kept, std::optional<EndedHere> here) noexcept
        : plan_(std::move(plan)), kept_(kept), is_interrupted_(!here) {
        if (here) here_ = *std::move(here);
    }

    LogoutPlan plan_;
    Retried kept_;
    EndedHere here_{.outcome = {.failed = 1}, .failed_applications = {}};
    bool is_interrupted_;
};

/// end_here tells the applications, waits for them, and records their reports, like a logout that an IdP orders.
/// Blocks until the deadline at most, and as long as the store does.
[[nodiscard]] EndedLogout end_here(BegunLogoutHere begun) noexcept;

/// AskedLogout is a logout whose IdP was asked once, if it can be asked.
class AskedLogout {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return plan_; }
    /// verdict returns std::nullopt if an exception came before it.
    [[nodiscard]] const std::optional<idp_adapter::LogoutVerdict>& verdict() const noexcept { return verdict_; }

private:
    friend AskedLogout ask(const StartContext& context, EndedLogout ended) noexcept;
    friend ConcludedLogout conclude(AskedLogout asked, Instant now, Told told) noexcept;
    AskedLogout(LogoutPlan plan, Retried kept, EndedHere here,
                std::optional<idp_adapter::LogoutVerdict> verdict) noexcept
        : plan_(std::move(plan)), kept_(kept), here_(std::move(here)), verdict_(std::move(verdict)) {}

    LogoutPlan plan_;
    Retried kept_;
    EndedHere here_;
    std::optional<idp_adapter::LogoutVerdict> verdict_;
};

/// ask asks the IdP, if it can be asked. Blocks until the deadline of its profile at most.
[[nodiscard]] AskedLogout ask(const StartContext& context, EndedLogout ended) noexcept;

/// ConcludedLogout is the conclusion of a logout: what its caller and the audit are told.
class ConcludedLogout {
public:
    [[nodiscard]] const LogoutPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] const EndedHere& here() const noexcept { return here_; }
    /// verdict is a default one if the IdP wasn't asked.
    [[nodiscard]] const idp_adapter::LogoutVerdict& verdict() const noexcept { return verdict_; }
    [[nodiscard]] const Conclusion& conclusion() const noexcept { return conclusion_; }
    [[nodiscard]] NextOfRequest next() const noexcept { return next_; }
    /// is_interrupted: an exception came before the conclusion, or before the store had it; nothing is proven.
    [[nodiscard]] bool is_interrupted() const noexcept { return is_interrupted_; }

private:
    friend ConcludedLogout conclude(AskedLogout asked, Instant now, Told told) noexcept;
    friend ConcludedLogout leave_waiting(EndedLogout ended) noexcept;
    friend ConcludedLogout leave_unknown(KeptLogout kept) noexcept;
    friend ConcludedLogout give_up(EndedLogout ended) noexcept;
    friend ConcludedLogout settle(const StartContext& context, ConcludedLogout concluded) noexcept;
    ConcludedLogout(LogoutPlan plan, EndedHere here, Conclusion conclusion, NextOfRequest next) noexcept
        : plan_(std::move(plan)), here_(std::move(here)), conclusion_(conclusion), next_(next) {}
    void interrupt() noexcept;

    LogoutPlan plan_;
    EndedHere here_;
    idp_adapter::LogoutVerdict verdict_;
    Conclusion conclusion_;
    NextOfRequest next_;
    bool is_interrupted_ = false;
};

/// conclude draws the conclusion, and says when the IdP is to be asked again. A request that was asked again and is too
/// late for another attempt is due once its NotOnOrAfter has passed, to be told as given up.
[[nodiscard]] ConcludedLogout conclude(AskedLogout asked, Instant now, Told told) noexcept;
/// leave_waiting concludes one whose IdP will be asked in the background.
[[nodiscard]] ConcludedLogout leave_waiting(EndedLogout ended) noexcept;
/// leave_unknown concludes one whose sessions may live on, as the store's answer was lost: it is due again.
[[nodiscard]] ConcludedLogout leave_unknown(KeptLogout kept) noexcept;
/// give_up concludes one whose NotOnOrAfter has passed.
[[nodiscard]] ConcludedLogout give_up(EndedLogout ended) noexcept;

/// settle does with the kept request what the conclusion says. Blocks as long as the store does.
[[nodiscard]] ConcludedLogout settle(const StartContext& context, ConcludedLogout concluded) noexcept;

/// write_audit writes the audit line.
void write_audit(const StartContext& context, const ConcludedLogout& concluded, LogoutHere::Kind kind) noexcept;

}  // namespace slo::sp
