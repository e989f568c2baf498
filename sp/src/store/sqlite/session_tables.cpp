#include "session_tables.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "slo/sp/store_error.hpp"
#include "store_rules.hpp"
#include "stored_values.hpp"

namespace slo::sp {
namespace {

/// How many records of a kind one sweep drops: a few milliseconds within another caller's commit.
constexpr std::int64_t sweep_batch = 64;

/// A logout of many KiB needs the room of several.
constexpr int sweeps_for_room = 16;

void run_with_number(Database& database, Query query, std::int64_t number) noexcept {
    Cursor(database, query).bind(number).run();
}

}  // namespace

Result<Admission> SessionTables::admit(const Session& session, Instant now) {
    if (is_forbidden(session, now)) return Admission::refused_by_logout;
    if (const auto holder = this->session(session.id)) {
        if (holder->session == session) return holder->ending_by ? Admission::refused_by_logout : Admission::admitted;
        if (!holder->is_droppable(now)) return fail(StoreErrc::session_id_taken);
        forget(*holder);
    }
    if (!has_room_for_one_of(session.idp, Principal::of(session), now)) {
        return principal_full(options_.max_sessions_per_principal);
    }
    if (!has_room_for(session, now)) return fail(StoreErrc::store_full);
    add(session);
    return Admission::admitted;
}

bool SessionTables::is_forbidden(const Session& session, Instant now) {
    const auto any_forbids = [&](std::string_view index) {
        return std::ranges::any_of(barriers(session.idp, Principal::of(session), index),
                                   [&](const StoredLogout& logout) {
                                       return forbids(OrderView{logout.order}, session, now, options_.relogin);
                                   });
    };
    return any_forbids(every_index) || any_forbids(barred_index(session.authn_instant)) ||
           std::ranges::any_of(session.session_indexes, any_forbids,
                               [](const saml::SessionIndex& index) { return stored_index(index.str()); });
}

bool SessionTables::has_room_for(const Session& session, Instant now) {
    const auto has_room = [&] {
        const Taken all = taken();
        return all.sessions + all.weight_here + weight_of(session) <= options_.max_sessions;
    };
    if (has_room()) return true;
    sweep_sessions(now);
    if (has_room()) return true;
    sweep_logouts(now);
    return has_room();
}

bool SessionTables::has_room_for_one_of(const saml::EntityID& idp, const Principal& principal, Instant now) {
    // More than one sweep only where the cap was lowered.
    for (int sweeps = 0; has_at_least(options_.max_sessions_per_principal, idp, principal); ++sweeps) {
        if (sweeps == sweeps_for_room || sweep_sessions_of(idp, principal, now) == 0) return false;
    }
    return true;
}

bool SessionTables::has_room_for_logout(const LogoutOrder& order, std::size_t weight, Instant now) {
    for (int sweeps = 0;; ++sweeps) {
        const std::size_t its = idp_logout_weight(order.key.idp) + weight;
        const std::size_t all = taken().weight_of_idps + weight;
        if (its <= options_.max_logout_records_per_idp &&
            leaves_room_for_others(its, all, options_.max_logout_records)) {
            return true;
        }
        if (sweeps == sweeps_for_room || sweep_logouts(now) == 0) return false;
    }
}

bool SessionTables::has_room_for_barriers(const LogoutOrder& order) {
    const auto has_room = [&](std::string_view index) {
        const auto standing = barriers(order.key.idp, Principal::of(order), index);
        std::size_t others = 0;
        for (const StoredLogout& other : standing) {
            if (makes_redundant(OrderView{other.order}, OrderView{order})) return true;  // none is put up
            if (!makes_redundant(OrderView{order}, OrderView{other.order})) ++others;
        }
        return others < max_barriers_of_a_key;
    };
    return std::ranges::all_of(barred_indexes(order), has_room);
}

Result<BegunRows> SessionTables::begin_logout(const LogoutOrder& order, Instant now) {
    if (const auto number = logout_number(order.key)) {
        const auto known = logout(*number);
        if (!known) return fail(StoreErrc::store_failed);
        if (!is_repeat(known->order, order)) return fail(StoreErrc::request_id_reused);
        return awaited_by(*known);
    }
    const std::size_t weight = weight_of_octets(octets_of(order));
    if (order.origin == LogoutOrigin::idp) {
        if (!has_room_for_logout(order, weight, now) || !has_room_for_barriers(order))
            return fail(StoreErrc::store_full);
    }
    const std::int64_t number = add(order, weight);
    put_up_barriers(order, number);
    return BegunRows{.ending = make_ending(order, number)};
}

BegunRows SessionTables::awaited_by(const StoredLogout& logout) {
    if (const auto recorded = final_answer(logout.outcome)) return {.is_repeat = true, .recorded = recorded};
    return {.is_repeat = true, .ending = sessions_in(named_by(logout))};
}

Result<BegunRows> SessionTables::awaited_by(const LogoutKey& key) {
    const auto known = begun(key);
    if (!known) return known.error();
    return awaited_by(*known);
}

Result<StoredLogout> SessionTables::begun(const LogoutKey& key) {
    const auto number = logout_number(key);
    auto known = number ? logout(*number) : std::nullopt;
    if (!known) return fail(StoreErrc::store_failed, "no such logout has begun");
    return *std::move(known);
}

std::vector<Session> SessionTables::make_ending(const LogoutOrder& order, std::int64_t number) {
    std::vector<StoredSession> named = sessions_of(order);
    // Expired or not: it may be alive by another clock, and in an application.
    std::erase_if(named, [&](const StoredSession& stored) { return !names(order, SessionView{stored.session}); });
    std::int64_t pending = 1;  // its completion
    for (const StoredSession& stored : named) {
        if (stored.ending_by) continue;
        Cursor(database_, Query::make_session_ending).bind(number).bind(stored.number).run();
        ++pending;
    }
    if (pending > 1) Cursor(database_, Query::set_pending).bind(pending).bind(number).run();
    return sessions_in(std::move(named));
}

void SessionTables::put_up_barriers(const LogoutOrder& order, std::int64_t number) {
    const std::int64_t idp = entity(order.key.idp);
    const auto put_up = [&](std::string_view index) {
        const auto standing = barriers(order.key.idp, Principal::of(order), index);
        if (std::ranges::any_of(standing, [&order](const StoredLogout& other) {
                return makes_redundant(OrderView{other.order}, OrderView{order});
            })) {
            return;
        }
        for (const StoredLogout& other : standing) {
            if (!makes_redundant(OrderView{order}, OrderView{other.order})) continue;
            take_down_barrier(other.order, index, other.number);
        }
        const auto name = barred_name(Principal::of(order));
        Cursor(database_, Query::add_barrier).bind(idp).bind(name).bind(index).bind(number).run();
    };
    std::ranges::for_each(barred_indexes(order), put_up);
}

Result<LogoutOutcome> SessionTables::complete_logout(const LogoutKey& key, const RoundReport& report,
                                                     const std::vector<LocalSessionID>& gone) {
    const auto known = begun(key);
    if (!known) return known.error();
    forget(*known, gone);
    const LogoutOutcome outcome = with_report(known->outcome, report, named_by(*known).size());
    Cursor(database_, Query::set_outcome)
        .bind(std::int64_t{outcome.ended})
        .bind(std::int64_t{outcome.already_gone})
        .bind(std::int64_t{outcome.failed})
        .bind(known->number)
        .run();
    return outcome;
}

Result<void> SessionTables::forget(const LogoutKey& key, const std::vector<LocalSessionID>& gone) {
    const auto known = begun(key);
    if (!known) return known.error();
    forget(*known, gone);
    return Done{};
}

void SessionTables::forget(const StoredLogout& logout, const std::vector<LocalSessionID>& gone) {
    for (const LocalSessionID& id : gone) {
        const auto stored = session(id);
        if (stored && has_named(logout, *stored)) forget(*stored);
    }
}

void SessionTables::forget(const StoredSession& session) {
    run_with_number(database_, Query::remove_session, session.number);
    if (session.ending_by) run_with_number(database_, Query::settle_one, *session.ending_by);
}

std::vector<UnfinishedLogout> SessionTables::unfinished_logouts() {
    std::vector<std::int64_t> numbers;
    for (Cursor row(database_, Query::unfinished_logouts); row.next();) numbers.push_back(row.integer(0));
    std::vector<UnfinishedLogout> unfinished;
    for (const std::int64_t number : numbers) {
        const auto known = logout(number);
        if (!known) break;
        // A logout that isn't completed names all that it waits for, or recovery would complete it too early.
        std::vector<StoredSession> ending = named_by(*known);
        if (known->outcome) std::erase_if(ending, [number](const auto& stored) { return stored.ending_by != number; });
        unfinished.push_back({known->order.key, sessions_in(std::move(ending))});
    }
    return unfinished;
}

std::vector<StoredSession> SessionTables::named_by(const StoredLogout& logout) {
    std::vector<StoredSession> named = sessions_of(logout.order);
    std::erase_if(named, [&logout](const StoredSession& stored) { return !has_named(logout, stored); });
    return named;
}

std::vector<Session> SessionTables::named_by(const SessionNaming& naming, Instant now) {
    std::vector<StoredSession> named = sessions_of(naming);
    std::erase_if(named, [&](const StoredSession& stored) {
        return !stored.is_alive(now) || !names(naming, SessionView{stored.session});
    });
    return sessions_in(std::move(named));
}

std::vector<NearMiss> SessionTables::near_misses(const LogoutOrder& order, Instant now) {
    std::vector<StoredSession> found = sessions_of(order);
    const auto add = [&found](std::vector<StoredSession> some) { std::ranges::move(some, std::back_inserter(found)); };
    const saml::EntityID& idp = order.key.idp;
    constexpr auto most = static_cast<std::int64_t>(max_candidates);
    if (is_like_an_address(order.name_id.value)) {
        add(sessions_of(Query::sessions_of_address, idp, in_lower_case(order.name_id.value), most));
    }
    for (const saml::SessionIndex& index : order.session_indexes) {
        if (!is_identifying(index.str())) continue;
        const std::string stored = stored_index(index.str());
        add(sessions_of(Query::sessions_of_index, idp, stored, most));
        add(sessions_of(Query::sessions_of_further_index, idp, stored, most));
    }
    std::erase_if(found, [now](const StoredSession& stored) { return !stored.is_alive(now); });
    return near_misses_among(order, sessions_in(std::move(found)), [](const Session&) { return true; });
}

std::size_t SessionTables::sweep(Instant now) {
    const std::size_t sessions = sweep_sessions(now);
    const std::size_t requests = sweep_kept_requests(now);
    return sessions + requests + sweep_logouts(now);
}

std::size_t SessionTables::sweep_sessions(Instant now) {
    Cursor(database_, Query::sweep_sessions).bind(ticks(now)).bind(sweep_batch).run();
    return database_.changes();
}

std::size_t SessionTables::sweep_sessions_of(const saml::EntityID& idp, const Principal& principal, Instant now) {
    const bool by_name = principal.by == NamedBy::name_id;
    Cursor(database_, by_name ? Query::sweep_principal : Query::sweep_principal_of_index)
        .bind(idp.str())
        .bind(stored_name(principal))
        .bind(ticks(now))
        .bind(sweep_batch)
        .run();
    return database_.changes();
}

std::size_t SessionTables::sweep_logouts(Instant now) {
    std::vector<std::int64_t> numbers;
    {
        Cursor row(database_, Query::finished_logouts_until);
        row.bind(ticks(now)).bind(sweep_batch);
        while (row.next()) numbers.push_back(row.integer(0));
    }
    for (const std::int64_t number : numbers) {
        const auto known = logout(number);
        if (!known) return 0;
        take_down_barriers(*known);
        run_with_number(database_, Query::remove_logout, number);
    }
    return numbers.size();
}

void SessionTables::take_down_barriers(const StoredLogout& logout) {
    for (const std::string& index : barred_indexes(logout.order)) {
        take_down_barrier(logout.order, index, logout.number);
    }
}

}  // namespace slo::sp
