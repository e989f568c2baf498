#include "outgoing_logout.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "entity_names.hpp"
#include "kept_queue.hpp"
#include "outgoing_steps.hpp"
#include "session_selection.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

/// Of more logouts than this at once, none is waited for: their requests are sent in the background. Their
/// applications are told so many at a time.
constexpr std::size_t most_asked_at_once = 16;

/// Returns the plan's orders here, under all names of its IdP and of us.
std::vector<LogoutOrder> orders_of(const StartContext& context, const LogoutPlan& plan) {
    LogoutOrder order = plan.request.order;
    order.origin = LogoutOrigin::here;
    if (!plan.idp) return {order};
    return under_all_names(order, names_of(*plan.idp), our_names(context.parts));
}

EndedHere run(EndingHere& ending) {
    if (const auto recorded = ending.recorded()) return {.outcome = *recorded, .failed_applications = {}};
    auto ended = ending.run();
    if (ended) return *std::move(ended);
    // Not recorded: recovery will end them once more, and nothing proves yet that they are gone.
    return {.outcome = {.failed = 1}, .failed_applications = {}};
}

SteadyTime deadline_of(const StartContext& context) {
    return context.ending.pace.now() + context.parts.policy.application_deadline;
}

ConcludedLogout ask_and_conclude(const StartContext& context, EndedLogout ended, Told told) noexcept {
    AskedLogout asked = ask(context, std::move(ended));
    const Instant now = context.parts.clock.now();
    return settle(context, conclude(std::move(asked), now, told));
}

ConcludedLogout with_audit(const StartContext& context, ConcludedLogout concluded) noexcept {
    write_audit(context, concluded, LogoutHere::Kind::start);
    return concluded;
}

/// If anything fails, the request is due again by its lease.
void send_again(const StartContext& context, KeptLogout kept) noexcept {
    try {
        // The node that kept it may have died before the sessions were ended, or never have learnt whether they were.
        auto begun = begin_here(context, std::move(kept), deadline_of(context));
        auto* const here = std::get_if<BegunLogoutHere>(&begun);
        if (here == nullptr) return;
        EndedLogout ended = end_here(std::move(*here));
        if (ended.is_interrupted()) return;
        const bool is_over = ended.plan().request.not_on_or_after <= context.parts.clock.now();
        const ConcludedLogout concluded = is_over ? settle(context, give_up(std::move(ended)))
                                                  : ask_and_conclude(context, std::move(ended), Told::again);
        if (!concluded.is_interrupted()) write_audit(context, concluded, LogoutHere::Kind::resend);
    } catch (...) {
        return;
    }
}

/// Stage is how far one logout of several has come.
using Stage = std::variant<BegunLogoutHere, EndedLogout, ConcludedLogout>;
static_assert(std::is_nothrow_move_constructible_v<Stage> && std::is_nothrow_move_assignable_v<Stage>,
              "what a step has done isn't lost on the way to the next one");

/// Keeps a logout and makes its sessions dead here. An unknown result is left to send_kept_requests, if the store has
/// the request: then the logout is concluded. Errors: the store's; if the sessions certainly live on, the request is
/// forgotten.
Result<Stage> keep_and_begin(const StartContext& context, PlannedLogout planned, Asking asking, SteadyTime deadline) {
    auto kept = keep(context, std::move(planned), asking);
    if (!kept) return std::move(kept).error();
    auto begun = begin_here(context, *std::move(kept), deadline);
    if (auto* const here = std::get_if<BegunLogoutHere>(&begun)) return Stage(std::move(*here));
    auto& not_begun = std::get<NotBegunLogout>(begun);
    const bool is_unknown = not_begun.why.code != make_error_code(StoreErrc::store_full);
    if (!is_unknown) forget(context, not_begun.kept);
    if (!is_unknown || not_begun.kept.is_kept() == Retried::no) return std::move(not_begun.why);
    return Stage(with_audit(context, leave_unknown(std::move(not_begun.kept))));
}

/// Takes each logout that has come as far as `From` one step further, all at once: together they take as long as the
/// slowest. Only a few logouts, as each takes a thread. `step` doesn't throw.
template <class From, class Step>
void take_step(const StartContext& context, std::vector<Stage>& stages, const Step& step) {
    std::vector<std::function<void()>> works;
    works.reserve(stages.size());
    for (Stage& stage : stages) {
        if (!std::holds_alternative<From>(stage)) continue;
        works.emplace_back([&stage, &step]() noexcept { stage = step(std::get<From>(std::move(stage))); });
    }
    context.ending.pace.run_all(works);
}

/// Ends some logouts here, all at once, and asks their IdPs, or leaves that to send_kept_requests. All results are
/// concluded, in the order of `planned`.
Result<std::vector<Stage>> end_some(const StartContext& context, std::span<PlannedLogout> planned, Asking asking) {
    const SteadyTime deadline = deadline_of(context);
    std::vector<Stage> stages;
    stages.reserve(planned.size());
    Result<void> begun = Done{};
    for (PlannedLogout& one : planned) {
        auto stage = keep_and_begin(context, std::move(one), asking, deadline);
        if (!stage) {
            begun = std::move(stage).error();  // for later, when the applications of those that have begun are told
            break;
        }
        stages.push_back(*std::move(stage));
    }
    take_step<BegunLogoutHere>(context, stages, [](BegunLogoutHere one) noexcept { return end_here(std::move(one)); });
    if (!begun) return begun.error();
    if (asking == Asking::now) {
        take_step<EndedLogout>(context, stages, [&context](EndedLogout ended) noexcept {
            return with_audit(context, ask_and_conclude(context, std::move(ended), Told::first));
        });
        return stages;
    }
    for (Stage& stage : stages) {
        auto* const ended = std::get_if<EndedLogout>(&stage);
        if (ended != nullptr) stage = with_audit(context, leave_waiting(std::move(*ended)));
    }
    return stages;
}

void add(GlobalLogoutResult& result, const ConcludedLogout& logout) {
    const saml::EntityID& idp = logout.plan().key().idp;
    const auto& [extent, why, retried] = logout.conclusion();
    const LogoutOutcome& local = logout.here().outcome;
    for (IdpLogoutResult& known : result.idps) {
        if (known.idp != idp || known.extent != extent || known.why != why || known.retried != retried) continue;
        ++known.logouts;
        known.local.ended += local.ended;
        known.local.already_gone += local.already_gone;
        known.local.failed += local.failed;
        return;
    }
    result.idps.push_back({.idp = idp,
                           .logouts = 1,
                           .extent = extent,
                           .why = why,
                           .local = local,
                           .verdict = logout.verdict(),
                           .retried = retried});
}

/// Ends `sessions` and those that go with them: all of them here first, then at their IdPs.
Result<void> end(const StartContext& context, const std::vector<Session>& sessions, LogoutReason reason,
                 GlobalLogoutResult& result) {
    auto planned = plan(context, sessions, reason);
    if (!planned) return std::move(planned).error();
    const Asking asking = planned->size() <= most_asked_at_once ? Asking::now : Asking::in_background;
    std::vector<Stage> concluded;
    concluded.reserve(planned->size());  // so that nothing that is told keeps the next ones from beginning
    for (std::span<PlannedLogout> left(*planned); !left.empty();) {
        const auto some = left.first(std::min(left.size(), most_asked_at_once));
        left = left.subspan(some.size());
        auto ended = end_some(context, some, asking);
        if (!ended) return std::move(ended).error();
        std::ranges::move(*ended, std::back_inserter(concluded));
    }
    for (const Stage& stage : concluded) add(result, std::get<ConcludedLogout>(stage));
    return Done{};
}

}  // namespace

std::variant<BegunLogoutHere, NotBegunLogout> begin_here(const StartContext& context, KeptLogout kept,
                                                         SteadyTime deadline) {
    constexpr int tries = 3;
    const auto orders = orders_of(context, kept.plan());
    auto begun = EndingHere::begin(context.ending, orders, kept.plan().round, deadline);
    for (int i = 1; i < tries && !begun && begun.error().code == make_error_code(StoreErrc::store_failed); ++i) {
        begun = EndingHere::begin(context.ending, orders, kept.plan().round, deadline);
    }
    if (!begun) return NotBegunLogout{std::move(kept), std::move(begun).error()};
    return BegunLogoutHere(std::move(kept), *std::move(begun));
}

EndedLogout end_here(BegunLogoutHere begun) noexcept {
    std::optional<EndedHere> here;
    try {
        here = run(begun.ending_);
    } catch (...) {
        // The logouts that have begun are left to recovery.
    }
    return {std::move(begun.kept_.plan_), begun.kept_.kept_, std::move(here)};
}

Result<GlobalLogoutResult> start_logout(const StartContext& context, const SessionSelection& selection,
                                        LogoutReason reason) {
    GlobalLogoutResult result;
    if (const auto* of_idp = std::get_if<SessionsOfIdp>(&selection)) {
        const auto visited = visit_pages(context, of_idp->idp, [&](const std::vector<Session>& sessions) {
            return end(context, sessions, reason, result);
        });
        if (!visited) return visited.error();
    } else {
        const auto sessions = find_sessions(context, selection);
        if (!sessions) return sessions.error();
        if (auto ended = end(context, *sessions, reason, result); !ended) return ended.error();
    }
    if (result.idps.empty()) return fail(StartErrc::no_session);
    result.extent = combined(result.idps);
    return result;
}

Result<std::size_t> send_kept_requests(const StartContext& context) {
    KeptQueue queue(context);
    if (const auto due = queue.take(); !due || *due == 0) return due;
    const std::vector<std::function<void()>> works(
        most_asked_at_once, [&] { queue.work([&context](KeptLogout kept) { send_again(context, std::move(kept)); }); });
    context.ending.pace.run_all(works);
    return queue.taken();
}

}  // namespace slo::sp
