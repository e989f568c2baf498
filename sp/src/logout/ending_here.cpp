#include "ending_here.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "application_round.hpp"
#include "slo/sp/store_error.hpp"
#include "start_and_wait.hpp"

namespace slo::sp {
namespace {

/// How far a round may exceed its deadline until its report is in the store, and how much nodes' clocks may differ:
/// until then no other round gets its sessions, in case its node has died.
constexpr std::chrono::seconds slack{10};
/// How long a round keeps sessions whose application went on after the deadline. Recovery renews it each minute.
constexpr std::chrono::minutes longest_without_recovery{3};

Instant claimed_until(const EndContext& context) {
    return context.parts.clock.now() + context.parts.policy.application_deadline + slack;
}

/// One order in the store, under one of its names.
struct Part {
    RoundID round;  ///< the store knows rounds of one logout only
    LogoutKey key;
    bool is_repeat = false;
    std::optional<LogoutOutcome> recorded;
    std::vector<Session> ending = {};            ///< this round's
    std::vector<Session> in_another_round = {};  ///< waited for
    std::vector<bool> reported = {};             ///< which of `ending` the store has been told of
};

/// Join calls once, when both the applications and the other rounds are done.
class Join {
public:
    explicit Join(std::function<void()> on_complete) : on_complete_(std::move(on_complete)) {}
    void one_is_done() {
        if (--open_ == 0 && !forgotten_.exchange(true)) on_complete_();
    }
    void forget() noexcept { forgotten_ = true; }

private:
    std::function<void()> on_complete_;
    std::atomic<int> open_ = 2;
    std::atomic<bool> forgotten_ = false;
};

Part part_of(RoundID round, LogoutKey key, BegunLogout begun) {
    if (auto* fresh = std::get_if<FreshLogout>(&begun)) {
        return {.round = round,
                .key = std::move(key),
                .is_repeat = false,
                .recorded = {},
                .ending = std::move(fresh->ending),
                .in_another_round = std::move(fresh->in_another_round)};
    }
    auto& repeated = std::get<RepeatedLogout>(begun);
    return {.round = round,
            .key = std::move(key),
            .is_repeat = true,
            .recorded = repeated.recorded,
            .ending = std::move(repeated.ending),
            .in_another_round = std::move(repeated.in_another_round)};
}

LogoutOutcome sum(LogoutOutcome a, const LogoutOutcome& b) noexcept {
    a.ended += b.ended;
    a.already_gone += b.already_gone;
    a.failed += b.failed;
    return a;
}

}  // namespace

class EndingState final : public LateRound, public std::enable_shared_from_this<EndingState> {
public:
    EndingState(const EndContext& context, RoundID first_round, SteadyTime its_deadline)
        : context_(context), first_round_(first_round), deadline(its_deadline) {}
    EndingState(const EndingState&) = delete;
    EndingState& operator=(const EndingState&) = delete;
    ~EndingState() override {
        if (at_work_) context_.rounds->end(sessions_);
    }

    Result<void> look_at_other_rounds();
    void take_over();

    void start(std::function<void()> on_complete);
    Result<EndedHere> finish(std::uint32_t near_misses);
    Result<void> renew();
    /// The store doesn't have the reports yet: the next request, or recovery, sends them once more.
    void finish_later() noexcept;
    /// Gives back the sessions that it was granted, before any application was told.
    void give_up() noexcept;
    [[nodiscard]] bool is_at_rest() const { return sessions_.empty() || round_->is_at_rest(); }

    /// The round of the next part to be added.
    [[nodiscard]] RoundID next_round() const noexcept {
        return {first_round_.node, first_round_.number + parts.size() % RoundsAtWork::parts_of_a_round};
    }

    const EndContext& context() const noexcept { return context_; }

private:
    Result<LogoutOutcome> complete(Part& part, const std::vector<Ended>& verdicts, std::size_t first,
                                   std::uint32_t near_misses, bool at_work);
    void let_go(bool at_work);
    void leave_to_rounds_here(Part& part) const;
    void keep_claims();

    EndContext context_;
    RoundID first_round_;
    std::vector<Session> sessions_;  ///< all of this round
    std::shared_ptr<ApplicationRound> round_;
    std::shared_ptr<Watch> watch_;  ///< of other rounds in this process
    bool others_elsewhere_ = false;
    std::shared_ptr<Join> join_;
    std::atomic<bool> at_work_ = false;  ///< this process knows that they are at work

public:
    std::vector<Part> parts;
    SteadyTime deadline;
};

/// A claim that ran out although its round is at work in this very process (the store failed when the claim was to be
/// extended) gives no other round here the right to tell the applications again.
void EndingState::leave_to_rounds_here(Part& part) const {
    const auto at_work = std::stable_partition(part.ending.begin(), part.ending.end(), [this](const Session& session) {
        return !context_.rounds->is_at_work_on(session);
    });
    std::move(at_work, part.ending.end(), std::back_inserter(part.in_another_round));
    part.ending.erase(at_work, part.ending.end());
}

/// Another round may have ended between the store's answer and the watch: if the process knows no round of a session,
/// the store is asked once more; sessions then still in another round are at work on another node.
Result<void> EndingState::look_at_other_rounds() {
    std::vector<Session> others;
    for (Part& part : parts) leave_to_rounds_here(part);
    for (const Part& part : parts) std::ranges::copy(part.in_another_round, std::back_inserter(others));
    auto watched = context_.rounds->watch(others);
    watch_ = std::move(watched.watch);
    if (watched.count == others.size()) return Done{};
    for (Part& part : parts) {
        if (part.in_another_round.empty()) continue;
        auto again = context_.parts.store.resume_logout(part.key, {part.round, claimed_until(context_)});
        if (!again) return std::move(again).error();
        part.recorded = again->recorded;
        part.ending = std::move(again->ending);
        part.in_another_round = std::move(again->in_another_round);
        leave_to_rounds_here(part);
    }
    others.clear();
    for (const Part& part : parts) std::ranges::copy(part.in_another_round, std::back_inserter(others));
    watched = context_.rounds->watch(others);
    watch_ = std::move(watched.watch);
    others_elsewhere_ = watched.count < others.size();
    return Done{};
}

void EndingState::take_over() {
    for (Part& part : parts) {
        std::ranges::copy(part.ending, std::back_inserter(sessions_));
        part.reported.assign(part.ending.size(), false);
    }
    round_ = std::make_shared<ApplicationRound>(context_.parts.applications, sessions_);
    context_.rounds->begin(sessions_);
    at_work_ = true;
}

void EndingState::start(std::function<void()> on_complete) {
    join_ = std::make_shared<Join>(std::move(on_complete));
    // No call comes from a round on another node: the wait goes on until the deadline.
    if (!others_elsewhere_) watch_->start([join = join_] { join->one_is_done(); });
    // No application is told once the time is over: by then another round may hold these sessions, and the application
    // be at work on them for that one.
    const bool is_late = context_.pace.now() >= deadline;
    if (sessions_.empty() || is_late) return join_->one_is_done();
    round_->start([join = join_] { join->one_is_done(); });
}

Result<EndedHere> EndingState::finish(std::uint32_t near_misses) {
    if (join_) join_->forget();
    RoundResult result = sessions_.empty() ? RoundResult{} : round_->close([self = weak_from_this()] {
        if (const auto state = self.lock()) state->let_go(false);
    });
    EndedHere ended;
    ended.failed_applications = std::move(result.failed_applications);
    std::optional<Failure> failure;
    std::size_t first = 0;
    for (Part& part : parts) {
        const auto outcome = part.recorded ? Result<LogoutOutcome>(*part.recorded)
                                           : complete(part, result.verdicts, first, near_misses, result.at_work);
        first += part.ending.size();
        near_misses = 0;
        if (outcome) ended.outcome = sum(ended.outcome, *outcome);
        if (!outcome) failure = outcome.error();
    }
    if (failure && result.at_work) keep_claims();
    let_go(result.at_work);
    if (!failure) return ended;
    if (!result.at_work) finish_later();
    return *failure;
}

void EndingState::finish_later() noexcept {
    context_.rounds->keep_late(shared_from_this());
    context_.rounds->late_is_at_rest();
}

void EndingState::give_up() noexcept {
    try {
        for (const Part& part : parts) {
            if (part.recorded) continue;
            static_cast<void>(context_.parts.store.complete_logout(part.key, {.round = part.round, .gone = {}}));
        }
    } catch (...) {
        // If that fails, the rounds end by their time.
    }
}

Result<LogoutOutcome> EndingState::complete(Part& part, const std::vector<Ended>& verdicts, std::size_t first,
                                            std::uint32_t near_misses, bool at_work) {
    const auto& store = context_.parts;
    RoundReport report{.round = part.round, .gone = {}, .near_misses = near_misses};
    for (std::size_t i = 0; i < part.ending.size(); ++i) {
        const Ended verdict = verdicts[first + i];
        if (verdict == Ended::failed || part.reported[i]) continue;
        ++(verdict == Ended::ended ? report.ended : report.already_gone);
        report.gone.push_back(part.ending[i].id);
    }
    if (!part.in_another_round.empty()) {
        const auto again = store.store.resume_logout(part.key, {part.round, claimed_until(context_)});
        if (!again) return again.error();
        std::size_t still_there = again->in_another_round.size() + again->ending.size();
        still_there -= std::min(still_there, part.ending.size());  // those are this round's own
        report.already_gone += static_cast<std::uint32_t>(part.in_another_round.size() -
                                                          std::min(still_there, part.in_another_round.size()));
    }
    if (at_work) report.at_work_until = store.clock.now() + longest_without_recovery;
    auto outcome = store.store.complete_logout(part.key, report);
    if (!outcome) return outcome;
    for (std::size_t i = 0; i < part.ending.size(); ++i) {
        if (verdicts[first + i] != Ended::failed) part.reported[i] = true;
    }
    part.in_another_round.clear();
    return outcome;
}

/// Wakes the rounds of this process that wait for the sessions, unless an application is still at work on them.
void EndingState::let_go(bool at_work) {
    if (at_work) {
        context_.rounds->keep_late(shared_from_this());
        if (round_->is_at_rest()) context_.rounds->late_is_at_rest();  // in the meantime
        return;
    }
    if (round_ && !sessions_.empty() && !round_->is_at_rest()) return;
    if (at_work_.exchange(false)) context_.rounds->end(sessions_);
    if (context_.rounds->has_late()) context_.rounds->late_is_at_rest();
}

Result<void> EndingState::renew() {
    for (const Part& part : parts) {
        if (part.recorded) continue;
        const auto kept = context_.parts.store.resume_logout(
            part.key, {part.round, context_.parts.clock.now() + longest_without_recovery});
        if (!kept) return kept.error();
    }
    return Done{};
}

/// The store may not have taken the report that extends the claims: they would run out before recovery comes.
void EndingState::keep_claims() {
    constexpr int tries = 3;
    for (int i = 0; i < tries && !renew(); ++i) continue;
}

namespace {

/// "No room" means that nothing has happened. If some of the orders have begun, that isn't so.
Failure half_done(const Failure& failure) {
    return failure.code == make_error_code(StoreErrc::store_full) ? fail(StoreErrc::store_failed, failure.detail)
                                                                  : failure;
}

/// `begin` fills the state's parts. If it, or memory, fails halfway, other rounds needn't wait for this one.
template <class Begin>
Result<EndingHere> begun_or_given_up(const std::shared_ptr<EndingState>& state, Begin begin) {
    try {
        Result<void> begun = begin();
        if (begun) begun = state->look_at_other_rounds();
        if (begun) {
            state->take_over();
            return EndingHere(state);
        }
        state->give_up();
        return std::move(begun).error();
    } catch (...) {
        state->give_up();
        throw;
    }
}

}  // namespace

Result<EndingHere> EndingHere::begin(const EndContext& context, const std::vector<LogoutOrder>& orders, RoundID round,
                                     SteadyTime deadline) {
    auto state = std::make_shared<EndingState>(context, round, deadline);
    state->parts.reserve(orders.size());
    return begun_or_given_up(state, [&]() -> Result<void> {
        for (const LogoutOrder& order : orders) {
            const RoundID its_round = state->next_round();
            auto begun = context.parts.store.begin_logout(order, {its_round, claimed_until(context)});
            if (!begun) return state->parts.empty() ? begun.error() : half_done(begun.error());
            state->parts.push_back(part_of(its_round, order.key, *std::move(begun)));
        }
        return Done{};
    });
}

Result<EndingHere> EndingHere::resume(const EndContext& context, const LogoutKey& key, SteadyTime deadline) {
    auto state = std::make_shared<EndingState>(context, context.rounds->next_round(), deadline);
    return begun_or_given_up(state, [&]() -> Result<void> {
        const RoundID its_round = state->next_round();
        auto resumed = context.parts.store.resume_logout(key, {its_round, claimed_until(context)});
        if (!resumed) return std::move(resumed).error();
        state->parts.push_back(part_of(its_round, key, *std::move(resumed)));
        return Done{};
    });
}

bool EndingHere::is_repeat() const noexcept {
    return state_->parts.front().is_repeat;
}

std::optional<LogoutOutcome> EndingHere::recorded() const {
    LogoutOutcome outcome;
    for (const Part& part : state_->parts) {
        if (!part.recorded) return std::nullopt;
        outcome = sum(outcome, *part.recorded);
    }
    return outcome;
}

bool EndingHere::has_work() const noexcept {
    return std::ranges::any_of(state_->parts,
                               [](const Part& part) { return !part.ending.empty() || !part.in_another_round.empty(); });
}

bool EndingHere::is_all_in_other_rounds() const noexcept {
    return has_work() && std::ranges::all_of(state_->parts, [](const Part& part) { return part.ending.empty(); });
}

std::chrono::milliseconds EndingHere::budget() const noexcept {
    const auto left = std::chrono::floor<std::chrono::milliseconds>(state_->deadline - state_->context().pace.now());
    return std::max(left, std::chrono::milliseconds::zero());
}

void EndingHere::start(std::function<void()> on_complete) {
    state_->start(std::move(on_complete));
}

Result<EndedHere> EndingHere::finish(std::uint32_t near_misses) {
    try {
        return state_->finish(near_misses);
    } catch (...) {
        state_->finish_later();
        throw;
    }
}

Result<EndedHere> EndingHere::run() {
    if (has_work()) {
        start_and_wait(
            state_->context().pace, [this](auto on_complete) { start(std::move(on_complete)); }, state_->deadline);
    }
    return finish();
}

Result<void> take_up_late_rounds(const EndContext& context) {
    std::optional<Failure> failure;
    for (auto late = context.rounds->take_late(); late;) {
        auto state = std::static_pointer_cast<EndingState>(std::exchange(late, nullptr));
        late = std::exchange(state->next, nullptr);
        // One failure is enough: a store that is gone would make each of them wait.
        if (!failure && state->is_at_rest()) {
            if (auto finished = EndingHere(std::move(state)).finish(); !finished) failure = finished.error();
            continue;
        }
        if (!failure) {
            if (auto renewed = state->renew(); !renewed) failure = renewed.error();
        }
        context.rounds->keep_late(std::move(state));
    }
    if (!failure) return Done{};
    static_cast<void>(context.rounds->take_late_at_rest());  // the next recovery tries again, not the next request
    return *failure;
}

void take_up_rounds_at_rest(const EndContext& context) noexcept {
    if (!context.rounds->take_late_at_rest()) return;
    try {
        // A failure here is left to recovery.
        static_cast<void>(take_up_late_rounds(context));
    } catch (...) {
    }
}

}  // namespace slo::sp
