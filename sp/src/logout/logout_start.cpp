#include "logout_start.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "departure.hpp"
#include "entity_names.hpp"
#include "kept_queue.hpp"
#include "slo/sp/error.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

/// Of more logouts than so many at once, none is waited for: their requests go out in the background. Their
/// applications are told so many at a time.
constexpr std::size_t most_asked_at_once = 16;
constexpr std::size_t sessions_of_a_page = 256;

/// Whom a logout that starts here is about.
struct Wanted {
    const saml::EntityID& idp;
    const saml::NameID& name_id;
    std::span<const saml::SessionIndex> session_indexes = {};  ///< of a session that is named by them
    std::optional<saml::NameIDMatching> matching = {};         ///< none: the usual one of the IdP
};

/// The live sessions of a principal at an IdP, under all names.
Result<std::vector<Session>> live_sessions(const StartContext& context, const Wanted& wanted) {
    const auto partner = context.idps ? context.idps->find(wanted.idp) : nullptr;
    const auto usual = partner ? partner->profile.name_id_matching : saml::NameIDMatching::default_qualifiers;
    const bool by_index = !wanted.session_indexes.empty();
    const auto matching = by_index ? saml::NameIDMatching::session_index : wanted.matching.value_or(by_name_id(usual));
    const LogoutOrder order{.key = {partner ? partner->entity_id : wanted.idp, *saml::MessageID::parse("_unused")},
                            .sp = context.parts.entity_id,
                            .name_id = wanted.name_id,
                            .session_indexes = {wanted.session_indexes.begin(), wanted.session_indexes.end()},
                            .matching = matching,
                            .as_of = {},
                            .keep_until = {}};
    const EntityNames its{order.key.idp, partner ? names_of(*partner).others : std::span<const saml::EntityID>()};
    std::vector<Session> sessions;
    for (const LogoutOrder& one : under_all_names(order, its, our_names(context.parts))) {
        auto some = context.parts.store.named_by(one);
        if (!some) return some;
        std::ranges::move(*some, std::back_inserter(sessions));
    }
    return sessions;
}

/// Whether a logout of `chosen` takes `other`, of the same principal, along: so that nothing of the IdP's session lives
/// on here, as an IdP doesn't tell whoever asked. Some IdPs give each visit an index of its own (LemonLDAP::NG); the
/// moment of the authentication is what the visits have in common. Without an index, all of the principal's sessions
/// end.
bool goes_along(const Session& chosen, const Session& other) {
    return chosen.session_indexes.empty() || chosen.authn_instant == other.authn_instant ||
           share_an_index(chosen, other);
}

void add(std::vector<Session>& sessions, Session session) {
    const bool is_new = std::ranges::find(sessions, session.id, &Session::id) == sessions.end();
    if (is_new) sessions.push_back(std::move(session));
}

Result<std::vector<Session>> find_by_id(const StartContext& context, const SessionsByID& selection) {
    std::vector<Session> sessions;
    for (const LocalSessionID& id : selection.ids) {
        const auto found = context.parts.store.find(id);
        if (!found) return found.error();
        if (!*found) continue;
        const Session& chosen = **found;
        add(sessions, chosen);
        Wanted wanted{.idp = chosen.idp, .name_id = chosen.name_id};
        if (chosen.named_by == NamedBy::session_index) wanted.session_indexes = chosen.session_indexes;
        auto named = live_sessions(context, wanted);
        if (!named) return std::move(named).error();
        for (Session& other : *named) {
            if (goes_along(chosen, other)) add(sessions, std::move(other));
        }
    }
    return sessions;
}

/// Hands on the sessions that an IdP has under one of its names, a page at a time.
template <class Visit>
Result<void> visit_pages_of(const StartContext& context, const saml::EntityID& name, Visit visit) {
    std::string next;
    do {
        auto page = context.parts.store.sessions_of(name, next, sessions_of_a_page);
        if (!page) return std::move(page).error();
        if (Result<void> visited = visit(std::move(page->sessions)); !visited) return visited;
        next = std::move(page->next);
    } while (!next.empty() && !context.stop.stop_requested());
    return Done{};
}

template <class Visit>
Result<void> visit_pages(const StartContext& context, const saml::EntityID& idp, Visit visit) {
    const auto partner = context.idps ? context.idps->find(idp) : nullptr;
    if (!partner) return visit_pages_of(context, idp, visit);
    if (auto visited = visit_pages_of(context, partner->entity_id, visit); !visited) return visited;
    for (const saml::EntityID& alias : partner->profile.issuer_aliases) {
        if (auto visited = visit_pages_of(context, alias, visit); !visited) return visited;
    }
    return Done{};
}

/// The IdPs that may have a principal's sessions: those that we know, and those that have left the metadata since.
Result<std::vector<saml::EntityID>> idps_with_sessions(const StartContext& context) {
    std::vector<saml::EntityID> idps;
    if (context.idps) {
        for (const auto& idp : context.idps->all()) idps.push_back(idp->entity_id);
    }
    auto in_store = context.parts.store.idps_of_sessions();
    if (!in_store) return in_store;
    for (saml::EntityID& idp : *in_store) {
        const bool is_known = context.idps && context.idps->find(idp);
        if (!is_known) idps.push_back(std::move(idp));
    }
    return idps;
}

/// Whether sessions of `idp` may be named by their SessionIndexes, so that no NameID leads to them.
bool may_have_indexed_sessions(const StartContext& context, const saml::EntityID& idp) {
    const auto partner = context.idps ? context.idps->find(idp) : nullptr;
    return !partner || named_by(partner->profile.name_id_matching) == NamedBy::session_index;
}

Result<std::vector<Session>> find_of_principal(const StartContext& context, const SessionsOfPrincipal& selection) {
    const auto idps = selection.idp ? std::vector{*selection.idp} : idps_with_sessions(context);
    if (!idps) return idps.error();
    std::vector<Session> sessions;
    for (const saml::EntityID& idp : *idps) {
        const Wanted wanted{.idp = idp, .name_id = selection.name_id, .matching = selection.matching};
        auto named = live_sessions(context, wanted);
        if (!named) return std::move(named).error();
        std::ranges::move(*named, std::back_inserter(sessions));
        if (!may_have_indexed_sessions(context, idp)) continue;
        const auto matching = selection.matching.value_or(saml::NameIDMatching::default_qualifiers);
        const auto visited = visit_pages(context, idp, [&](std::vector<Session> page) -> Result<void> {
            for (Session& session : page) {
                const bool is_it =
                    session.named_by == NamedBy::session_index &&
                    strongly_matches(selection.name_id, session.name_id, matching, session.idp, session.sp);
                if (is_it) add(sessions, std::move(session));
            }
            return Done{};
        });
        if (!visited) return visited.error();
    }
    return sessions;
}

/// What the departure orders here, under all names of its IdP and of us.
std::vector<LogoutOrder> orders_of(const StartContext& context, const Departure& departure) {
    LogoutOrder order = departure.request.order;
    order.origin = LogoutOrigin::here;
    if (!departure.idp) return {order};
    return under_all_names(order, names_of(*departure.idp), our_names(context.parts));
}

/// Begins in the store. An answer that was lost may come at the second try, which goes on with what the first has done.
Result<EndingHere> begin_here(const StartContext& context, const Departure& departure, SteadyTime deadline) {
    constexpr int tries = 3;
    const auto orders = orders_of(context, departure);
    auto begun = EndingHere::begin(context.ending, orders, departure.round, deadline);
    for (int i = 1; i < tries && !begun && begun.error().code == make_error_code(Errc::store_failed); ++i) {
        begun = EndingHere::begin(context.ending, orders, departure.round, deadline);
    }
    return begun;
}

/// A departure whose sessions are dead here, and whose applications are still to be told.
struct Begun {
    Departure& departure;
    EndingHere ending;
};

/// Tells its applications and waits for them, like the logout that an IdP orders.
void run_one_here(Begun& begun) {
    Departure& departure = begun.departure;
    if (const auto recorded = begun.ending.recorded()) {
        departure.local = *recorded;
        return;
    }
    auto ended = begun.ending.run();
    // Not recorded: recovery will end them once more, and nothing proves yet that they are gone.
    if (!ended) {
        departure.local = {.failed = 1};
        return;
    }
    departure.local = ended->outcome;
    departure.failed_applications = std::move(ended->failed_applications);
}

/// All at once: together they take as long as the slowest application. A few of them, as each has a thread.
void run_here(const StartContext& context, std::vector<Begun>& all) {
    std::vector<std::function<void()>> works;
    works.reserve(all.size());
    for (Begun& one : all) {
        works.emplace_back([&one]() noexcept {
            try {
                run_one_here(one);
            } catch (...) {
                one.departure.local = {.failed = 1};  // what has begun is recovery's now
            }
        });
    }
    context.ending.pace.run_all(works);
}

SteadyTime deadline_of(const StartContext& context) {
    return context.ending.pace.now() + context.parts.policy.application_deadline;
}

/// Errors: Errc::store_full, and then nothing has happened; Errc::store_failed, and then nothing is known.
Result<void> end_locally(const StartContext& context, Departure& departure) {
    const SteadyTime deadline = deadline_of(context);
    auto begun = begin_here(context, departure, deadline);
    if (!begun) return std::move(begun).error();
    Begun one{departure, *std::move(begun)};
    run_one_here(one);
    return Done{};
}

void finish_one(const StartContext& context, Departure& departure) noexcept {
    try {
        ask(context, departure);
        settle(context, departure, Asked::first);
    } catch (...) {
        // What is kept is sent again; nothing that was proven is lost, because nothing was.
        departure.conclusion = {Extent::unknown, "internal.exception", Retried::yes};
    }
    write_audit(context, departure, LogoutHere::Kind::start);
}

/// Where anything fails, the request is due again by its lease.
void send_again(const StartContext& context, Departure& departure) noexcept {
    try {
        // The node that kept it may have died before the sessions were ended, or never have learnt whether they were.
        if (!end_locally(context, departure)) return;
        if (departure.request.not_on_or_after <= context.parts.clock.now()) {
            give_up(context, departure);
        } else {
            ask(context, departure);
            settle(context, departure, Asked::again);
        }
        write_audit(context, departure, LogoutHere::Kind::resend);
    } catch (...) {
        return;
    }
}

/// Asks all IdPs at once: together they take as long as the slowest.
void finish_all(const StartContext& context, const std::vector<Departure*>& departures) {
    std::vector<std::function<void()>> works;
    works.reserve(departures.size());
    for (Departure* const departure : departures) {
        works.emplace_back([&context, departure] { finish_one(context, *departure); });
    }
    context.ending.pace.run_all(works);
}

void add(GlobalLogoutResult& result, Departure departure) {
    for (IdpLogoutResult& known : result.idps) {
        if (known.idp != departure.key().idp || known.extent != departure.conclusion.extent ||
            known.why != departure.conclusion.why || known.retried != departure.conclusion.retried) {
            continue;
        }
        ++known.logouts;
        known.local.ended += departure.local.ended;
        known.local.already_gone += departure.local.already_gone;
        known.local.failed += departure.local.failed;
        return;
    }
    result.idps.push_back({.idp = departure.key().idp,
                           .logouts = 1,
                           .extent = departure.conclusion.extent,
                           .why = departure.conclusion.why,
                           .local = departure.local,
                           .verdict = std::move(departure.verdict),
                           .retried = departure.conclusion.retried});
}

/// Makes a departure's sessions dead here. What can't be known now is left to send_kept_requests, if the store has the
/// request: then the departure is concluded. Errors: the store's; where they live on for certain, the request is
/// forgotten.
Result<void> begin_one(const StartContext& context, Departure& departure, When when, SteadyTime deadline,
                       std::vector<Begun>& all) {
    if (auto kept = keep(context, departure, when); !kept) return kept;
    auto begun = begin_here(context, departure, deadline);
    if (begun) {
        all.push_back({departure, *std::move(begun)});
        return Done{};
    }
    const bool is_unknown = begun.error().code != make_error_code(Errc::store_full);
    if (!is_unknown) forget(context, departure);
    if (!is_unknown || departure.kept == Retried::no) return begun.error();
    leave_unknown(departure);
    write_audit(context, departure, LogoutHere::Kind::start);
    return Done{};
}

/// Ends some departures here, all at once, and asks their IdPs, or leaves that to send_kept_requests.
Result<void> end_some(const StartContext& context, std::span<Departure> departures, bool wait) {
    const SteadyTime deadline = deadline_of(context);
    std::vector<Begun> all;
    Result<void> begun = Done{};
    for (Departure& departure : departures) {
        begun = begin_one(context, departure, wait ? When::if_we_die : When::at_once, deadline, all);
        if (!begun) break;  // once the applications of those that have begun are told
    }
    run_here(context, all);
    if (!begun) return begun;
    std::vector<Departure*> asking;
    for (const Begun& one : all) {
        if (wait) {
            asking.push_back(&one.departure);
            continue;
        }
        postpone(one.departure);
        write_audit(context, one.departure, LogoutHere::Kind::start);
    }
    finish_all(context, asking);
    return Done{};
}

/// Ends what `sessions` and those beside them are: here first, all of them, then at their IdPs.
Result<void> end(const StartContext& context, const std::vector<Session>& sessions, LogoutReason reason,
                 GlobalLogoutResult& result) {
    auto departures = plan(context, sessions, reason);
    if (!departures) return std::move(departures).error();
    const bool wait = departures->size() <= most_asked_at_once;
    for (std::span<Departure> left(*departures); !left.empty();) {
        const auto some = left.first(std::min(left.size(), most_asked_at_once));
        left = left.subspan(some.size());
        if (auto ended = end_some(context, some, wait); !ended) return ended;
    }
    for (Departure& departure : *departures) add(result, std::move(departure));
    return Done{};
}

}  // namespace

Result<std::vector<Session>> find_sessions(const StartContext& context, const SessionSelection& selection) {
    if (const auto* by_id = std::get_if<SessionsByID>(&selection)) return find_by_id(context, *by_id);
    if (const auto* of_principal = std::get_if<SessionsOfPrincipal>(&selection)) {
        return find_of_principal(context, *of_principal);
    }
    std::vector<Session> all;
    const auto visited = visit_pages(context, std::get<SessionsOfIdp>(selection).idp, [&all](auto sessions) {
        std::ranges::move(sessions, std::back_inserter(all));
        return Result<void>(Done{});
    });
    if (!visited) return visited.error();
    return all;
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
    if (result.idps.empty()) return fail(Errc::no_session);
    result.extent = combined(result.idps);
    return result;
}

Result<std::size_t> send_kept_requests(const StartContext& context) {
    KeptQueue queue(context);
    if (const auto due = queue.take(); !due || *due == 0) return due;
    const std::vector<std::function<void()>> works(
        most_asked_at_once, [&] { queue.work([&context](Departure& departure) { send_again(context, departure); }); });
    context.ending.pace.run_all(works);
    return queue.taken();
}

}  // namespace slo::sp
