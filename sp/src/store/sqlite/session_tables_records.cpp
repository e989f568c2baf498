// Reads records from the tables and writes them. The decisions about them are in session_tables.cpp.
#include <utility>

#include "session_tables.hpp"
#include "store_rules.hpp"
#include "stored_values.hpp"

namespace slo::sp {

std::optional<StoredSession> SessionTables::session(const LocalSessionID& id) {
    Cursor row(database_, Query::session_by_id);
    row.bind_octets(id.str());
    return row.next() ? read_session(row) : std::nullopt;
}

std::vector<StoredSession> SessionTables::sessions_of(const NamingView& naming) {
    constexpr std::int64_t all = -1;
    const Principal principal = Principal::of(naming);
    if (principal.by == NamedBy::session_index) {
        return sessions_of(Query::sessions_of_index, naming.idp, stored_name(principal), all);
    }
    std::vector<StoredSession> sessions;
    Cursor row(database_, Query::sessions_of_principal);
    row.bind(naming.idp.str()).bind(principal.text);
    while (row.next()) {
        if (auto stored = read_session(row)) sessions.push_back(*std::move(stored));
    }
    return sessions;
}

std::vector<StoredSession> SessionTables::sessions_of(Query query, const saml::EntityID& idp, std::string_view text,
                                                      std::int64_t most) {
    std::vector<StoredSession> sessions;
    Cursor row(database_, query);
    row.bind(idp.str()).bind(text).bind(most);
    while (row.next()) {
        if (auto stored = read_session(row)) sessions.push_back(*std::move(stored));
    }
    return sessions;
}

bool SessionTables::has_at_least(std::size_t count, const saml::EntityID& idp, const Principal& principal) {
    if (count == 0) return true;
    const bool by_name = principal.by == NamedBy::name_id;
    Cursor row(database_, by_name ? Query::principal_has : Query::principal_of_index_has);
    const std::string name = stored_name(principal);
    row.bind(idp.str()).bind(name).bind(static_cast<std::int64_t>(count - 1));
    return row.next();
}

void SessionTables::add(const Session& session) {
    const std::int64_t idp = entity(session.idp);
    const std::int64_t sp = entity(session.sp);
    const std::string indexes = joined(session.session_indexes);
    {
        Cursor added(database_, Query::add_session);
        added.bind_octets(session.id.str()).bind(idp).bind(sp);
        bind_name_id(added, session.name_id);
        added.bind(indexes)
            .bind(ticks(session.authn_instant))
            .bind(ticks(session.expires))
            .bind(number_of(session.named_by))
            .bind(static_cast<std::int64_t>(weight_of(session)))
            .run();
    }
    if (session.session_indexes.size() < 2) return;
    const std::int64_t number = database_.last_number();
    for (const saml::SessionIndex& index : session.session_indexes) {
        Cursor(database_, Query::add_further_index).bind(number).bind(idp).bind(stored_index(index.str())).run();
    }
}

std::int64_t SessionTables::last_session() {
    Cursor row(database_, Query::last_session);
    return row.next() ? row.integer(0) : 0;
}

std::vector<StoredSession> SessionTables::sessions_of(const saml::EntityID& idp, std::int64_t after, std::int64_t last,
                                                      std::size_t count, Instant now) {
    std::vector<StoredSession> sessions;
    Cursor row(database_, Query::sessions_of_idp);
    row.bind(idp.str()).bind(after).bind(last).bind(ticks(now)).bind(static_cast<std::int64_t>(count));
    while (row.next()) {
        if (auto stored = read_session(row)) sessions.push_back(*std::move(stored));
    }
    return sessions;
}

std::optional<StoredSession> SessionTables::read_session(const Cursor& row) {
    auto stored = parse_session(row);
    if (!stored) database_.fail_as_damaged();
    return stored;
}

std::optional<std::int64_t> SessionTables::logout_number(const LogoutKey& key) {
    Cursor row(database_, Query::logout_number);
    row.bind(key.idp.str()).bind(key.request_id.str());
    return row.next() ? std::optional(row.integer(0)) : std::nullopt;
}

std::optional<StoredLogout> SessionTables::logout(std::int64_t number) {
    Cursor row(database_, Query::logout_by_number);
    row.bind(number);
    auto stored = row.next() ? parse_logout(row) : std::nullopt;
    if (!stored) database_.fail_as_damaged();
    return stored;
}

std::vector<StoredLogout> SessionTables::barriers(const saml::EntityID& idp, const Principal& principal,
                                                  std::string_view session_index) {
    std::vector<StoredLogout> standing;
    Cursor row(database_, Query::barriers_of);
    row.bind(idp.str()).bind(barred_name(principal)).bind(session_index);
    while (row.next()) {
        if (auto stored = logout(row.integer(0))) standing.push_back(*std::move(stored));
    }
    return standing;
}

std::int64_t SessionTables::entity(const saml::EntityID& id) {
    {
        Cursor row(database_, Query::entity_number);
        row.bind(id.str());
        if (row.next()) return row.integer(0);
    }
    Cursor(database_, Query::add_entity).bind(id.str()).run();
    return database_.last_number();
}

std::vector<saml::EntityID> SessionTables::idps_of_sessions() {
    std::vector<saml::EntityID> idps;
    for (Cursor row(database_, Query::idps_of_sessions); row.next();) {
        auto idp = saml::EntityID::opaque(row.text(0));
        if (!idp) database_.fail_as_damaged();
        if (idp) idps.push_back(*std::move(idp));
    }
    return idps;
}

Taken SessionTables::taken() {
    Cursor row(database_, Query::tally);
    if (!row.next()) {
        database_.fail_as_damaged();
        return {};
    }
    const auto number = [&row](int column) { return static_cast<std::size_t>(row.integer(column)); };
    return {.sessions = number(0), .weight_of_idps = number(1), .weight_here = number(2)};
}

SqliteSessionStore::Size SessionTables::size() {
    const Taken all = taken();
    return {all.sessions, all.weight_of_idps + all.weight_here};
}

std::size_t SessionTables::idp_logout_weight(const saml::EntityID& idp) {
    Cursor row(database_, Query::idp_logout_weight);
    row.bind(idp.str());
    return row.next() ? static_cast<std::size_t>(row.integer(0)) : 0;
}

OrderRows SessionTables::rows_of(const LogoutOrder& order) {
    return {.idp = entity(order.key.idp),
            .sp = entity(order.sp),
            .session_indexes = joined(order.session_indexes),
            .authn_instants = joined(order.authn_instants)};
}

std::int64_t SessionTables::add(const LogoutOrder& order, std::size_t weight) {
    const OrderRows rows = rows_of(order);
    Cursor added(database_, Query::add_logout);
    bind_order(added, order, rows);
    const bool is_here = order.origin == LogoutOrigin::here;
    added.bind(static_cast<std::int64_t>(weight)).bind(std::int64_t{is_here}).run();
    return database_.last_number();
}

void SessionTables::take_down_barrier(const LogoutOrder& order, std::string_view session_index, std::int64_t number) {
    Cursor(database_, Query::remove_barrier)
        .bind(order.key.idp.str())
        .bind(barred_name(Principal::of(order)))
        .bind(session_index)
        .bind(number)
        .run();
}

}  // namespace slo::sp
