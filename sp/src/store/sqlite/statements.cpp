#include "statements.hpp"

#include <iterator>

namespace slo::sp {
namespace {

// CROSS JOIN keeps the order of the tables: first the session, then the names of its two entities.
constexpr const char* session_by_id = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM session CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE session.id = ?)";

constexpr const char* sessions_of_principal = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM session CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE session.idp = (SELECT number FROM entity WHERE id = ?) AND name_value = ?)";

constexpr const char* sessions_of_index = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM session CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE session.idp = (SELECT number FROM entity WHERE id = ?) AND session_indexes = ? AND length(session_indexes) >= 16
LIMIT ?)";

constexpr const char* sessions_of_further_index = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM further_index CROSS JOIN session ON session.number = further_index.session
     CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE further_index.idp = (SELECT number FROM entity WHERE id = ?) AND session_index = ? LIMIT ?)";

constexpr const char* sessions_of_address = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM session CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE session.idp = (SELECT number FROM entity WHERE id = ?) AND lower(name_value) = ? AND instr(name_value, '@') > 0
LIMIT ?)";

// By number, which none ever changes. The plus keeps SQLite from looking for the IdP first and sorting all of its
// sessions for each page.
constexpr const char* sessions_of_idp = R"(
SELECT session.number, session.id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, authn_instant, expires, ending_by, named_by
FROM session CROSS JOIN entity AS idp ON idp.number = session.idp CROSS JOIN entity AS sp ON sp.number = session.sp
WHERE +session.idp = (SELECT number FROM entity WHERE id = ?) AND session.number > ? AND session.number <= ?
      AND ending_by IS NULL AND expires > ?
ORDER BY session.number LIMIT ?)";

// A row where the principal has more than so many sessions, also expired ones: looked up in an index alone.
constexpr const char* principal_has = R"(
SELECT 1 FROM session
WHERE idp = (SELECT number FROM entity WHERE id = ?) AND name_value = ? AND named_by = 1 LIMIT 1 OFFSET ?)";

constexpr const char* principal_of_index_has = R"(
SELECT 1 FROM session
WHERE idp = (SELECT number FROM entity WHERE id = ?) AND session_indexes = ? AND length(session_indexes) >= 16
      AND named_by = 2 LIMIT 1 OFFSET ?)";

constexpr const char* sweep_principal = R"(
DELETE FROM session WHERE number IN (
    SELECT number FROM session
    WHERE idp = (SELECT number FROM entity WHERE id = ?) AND name_value = ? AND named_by = 1 AND +ending_by IS NULL
          AND expires <= ? LIMIT ?))";

constexpr const char* sweep_principal_of_index = R"(
DELETE FROM session WHERE number IN (
    SELECT number FROM session
    WHERE idp = (SELECT number FROM entity WHERE id = ?) AND session_indexes = ? AND length(session_indexes) >= 16
          AND named_by = 2 AND +ending_by IS NULL AND +expires <= ? LIMIT ?))";

constexpr const char* due_requests = R"(
SELECT kept_request.number, request_id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, matching, as_of, keep_until, authn_instants, reason, not_on_or_after,
       next_attempt, attempts
FROM kept_request CROSS JOIN entity AS idp ON idp.number = kept_request.idp
     CROSS JOIN entity AS sp ON sp.number = kept_request.sp
WHERE next_attempt <= ? ORDER BY next_attempt LIMIT ?)";

constexpr const char* add_kept_request = R"(
INSERT INTO kept_request (request_id, idp, sp, name_value, name_format, name_qualifier, sp_name_qualifier,
                          sp_provided_id, session_indexes, matching, as_of, keep_until, authn_instants, reason,
                          not_on_or_after, next_attempt, attempts, weight)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))";

constexpr const char* logout_by_number = R"(
SELECT logout.number, request_id, idp.id, sp.id, name_value, name_format, name_qualifier, sp_name_qualifier,
       sp_provided_id, session_indexes, matching, as_of, keep_until, authn_instants, ended, already_gone, failed
FROM logout CROSS JOIN entity AS idp ON idp.number = logout.idp CROSS JOIN entity AS sp ON sp.number = logout.sp
WHERE logout.number = ?)";

constexpr const char* add_session = R"(
INSERT INTO session (id, idp, sp, name_value, name_format, name_qualifier, sp_name_qualifier, sp_provided_id,
                     session_indexes, authn_instant, expires, named_by, weight)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))";

constexpr const char* add_logout = R"(
INSERT INTO logout (request_id, idp, sp, name_value, name_format, name_qualifier, sp_name_qualifier, sp_provided_id,
                    session_indexes, matching, as_of, keep_until, authn_instants, weight, started_here,
                    pending)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1))";

struct Text {
    Query query;
    const char* sql;
};

constexpr Text texts[] = {
    {Query::begin_reading, "BEGIN"},
    {Query::begin_writing, "BEGIN IMMEDIATE"},
    {Query::commit, "COMMIT"},
    {Query::rollback, "ROLLBACK"},
    {Query::savepoint, "SAVEPOINT operation"},
    {Query::release_savepoint, "RELEASE operation"},
    {Query::rollback_to_savepoint, "ROLLBACK TO operation"},
    {Query::pages, "PRAGMA page_count"},
    {Query::free_pages, "PRAGMA freelist_count"},
    {Query::give_back_a_page, "PRAGMA incremental_vacuum(1)"},
    {Query::entity_number, "SELECT number FROM entity WHERE id = ?"},
    {Query::add_entity, "INSERT INTO entity (id) VALUES (?)"},
    {Query::tally, "SELECT sessions, logout_weight, weight_here FROM tally WHERE one = 1"},
    {Query::idp_logout_weight, "SELECT logout_weight FROM entity WHERE id = ?"},
    {Query::idps_of_sessions,
     "SELECT id FROM entity WHERE EXISTS (SELECT 1 FROM session WHERE session.idp = entity.number)"},
    {Query::session_by_id, session_by_id},
    {Query::sessions_of_principal, sessions_of_principal},
    {Query::sessions_of_index, sessions_of_index},
    {Query::sessions_of_further_index, sessions_of_further_index},
    {Query::sessions_of_address, sessions_of_address},
    {Query::last_session, "SELECT max(number) FROM session"},
    {Query::sessions_of_idp, sessions_of_idp},
    {Query::add_session, add_session},
    {Query::add_further_index, "INSERT OR IGNORE INTO further_index (session, idp, session_index) VALUES (?, ?, ?)"},
    {Query::make_session_ending, "UPDATE session SET ending_by = ? WHERE number = ?"},
    {Query::remove_session, "DELETE FROM session WHERE number = ?"},
    {Query::sweep_sessions,
     "DELETE FROM session WHERE number IN "
     "(SELECT number FROM session WHERE ending_by IS NULL AND expires <= ? ORDER BY expires LIMIT ?)"},
    {Query::principal_has, principal_has},
    {Query::principal_of_index_has, principal_of_index_has},
    {Query::sweep_principal, sweep_principal},
    {Query::sweep_principal_of_index, sweep_principal_of_index},
    {Query::logout_number,
     "SELECT number FROM logout WHERE idp = (SELECT number FROM entity WHERE id = ?) AND request_id = ?"},
    {Query::logout_by_number, logout_by_number},
    {Query::add_logout, add_logout},
    {Query::set_pending, "UPDATE logout SET pending = ? WHERE number = ?"},
    {Query::settle_one, "UPDATE logout SET pending = pending - 1 WHERE number = ?"},
    {Query::set_outcome,
     "UPDATE logout SET ended = ?, already_gone = ?, failed = ?, pending = pending - (ended IS NULL) WHERE number = ?"},
    {Query::unfinished_logouts, "SELECT number FROM logout WHERE pending > 0"},
    {Query::finished_logouts_until,
     "SELECT number FROM logout WHERE pending = 0 AND keep_until <= ? ORDER BY keep_until LIMIT ?"},
    {Query::remove_logout, "DELETE FROM logout WHERE number = ?"},
    {Query::barriers_of,
     "SELECT logout FROM barrier "
     "WHERE idp = (SELECT number FROM entity WHERE id = ?) AND name_value = ? AND session_index = ?"},
    {Query::add_barrier, "INSERT INTO barrier (idp, name_value, session_index, logout) VALUES (?, ?, ?, ?)"},
    {Query::remove_barrier,
     "DELETE FROM barrier WHERE idp = (SELECT number FROM entity WHERE id = ?) AND name_value = ? "
     "AND session_index = ? AND logout = ?"},
    {Query::kept_request_weight, "SELECT kept_requests FROM tally WHERE one = 1"},
    {Query::kept_request_number,
     "SELECT number FROM kept_request WHERE idp = (SELECT number FROM entity WHERE id = ?) AND request_id = ?"},
    {Query::due_requests, due_requests},
    {Query::add_kept_request, add_kept_request},
    {Query::put_off_request, "UPDATE kept_request SET next_attempt = ? WHERE number = ?"},
    {Query::remove_kept_request, "DELETE FROM kept_request WHERE number = ?"},
    {Query::sweep_kept_requests,
     "DELETE FROM kept_request WHERE number IN "
     "(SELECT number FROM kept_request WHERE not_on_or_after <= ? ORDER BY not_on_or_after LIMIT ?)"},
};

constexpr bool each_stands_in_its_place() {
    for (std::size_t i = 0; i < query_count; ++i) {
        if (texts[i].query != static_cast<Query>(i)) return false;
    }
    return std::size(texts) == query_count;
}
static_assert(each_stands_in_its_place());

struct FlowText {
    FlowQuery query;
    const char* sql;
};

constexpr FlowText flow_texts[] = {
    {FlowQuery::tally, "SELECT flow_weight, claims, claims_floor FROM tally WHERE one = 1"},
    {FlowQuery::digest_check, "SELECT digest_check FROM tally WHERE one = 1"},
    {FlowQuery::set_digest_check, "UPDATE tally SET digest_check = ? WHERE one = 1"},
    {FlowQuery::flow_by_name, "SELECT record, ends FROM flow WHERE name = ?"},
    {FlowQuery::add_flow, "INSERT INTO flow (name, ends, record, weight) VALUES (?, ?, ?, ?)"},
    {FlowQuery::take_flow, "DELETE FROM flow WHERE name = ? RETURNING record, ends"},
    {FlowQuery::sweep_flows,
     "DELETE FROM flow WHERE number IN (SELECT number FROM flow WHERE ends <= ? ORDER BY ends LIMIT ?)"},
    {FlowQuery::claim_by_name, "SELECT ends FROM claim WHERE name = ?"},
    {FlowQuery::add_claim, "INSERT INTO claim (name, ends) VALUES (?, ?)"},
    {FlowQuery::remove_claim, "DELETE FROM claim WHERE name = ?"},
    {FlowQuery::sweep_claims,
     "DELETE FROM claim WHERE name IN (SELECT name FROM claim WHERE ends <= ? ORDER BY ends LIMIT ?)"},
};

constexpr bool each_of_flows_stands_in_its_place() {
    for (std::size_t i = shared_query_count; i < flow_query_count; ++i) {
        if (flow_texts[i - shared_query_count].query != static_cast<FlowQuery>(i)) return false;
    }
    return std::size(flow_texts) + shared_query_count == flow_query_count;
}
static_assert(each_of_flows_stands_in_its_place());

}  // namespace

const char* sql_of(Query query) noexcept {
    return texts[static_cast<std::size_t>(query)].sql;
}

const char* sql_of(FlowQuery query) noexcept {
    return flow_texts[static_cast<std::size_t>(query) - shared_query_count].sql;
}

}  // namespace slo::sp
