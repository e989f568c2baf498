// Every statement that the SQLite engine ever runs on its tables. Nothing is spliced into one: values are bound.
#pragma once

#include <cstddef>

namespace slo::sp {

enum class Query : std::size_t {
    begin_reading,
    begin_writing,
    commit,
    rollback,
    savepoint,
    release_savepoint,
    rollback_to_savepoint,
    pages,
    free_pages,
    give_back_a_page,

    entity_number,
    add_entity,
    tally,
    idp_logout_weight,
    idps_of_sessions,

    session_by_id,
    sessions_of_principal,
    sessions_of_index,
    sessions_of_further_index,
    sessions_of_address,
    last_session,
    sessions_of_idp,
    add_session,
    add_further_index,
    make_session_ending,
    remove_session,
    sweep_sessions,
    principal_has,
    principal_of_index_has,
    sweep_principal,
    sweep_principal_of_index,

    logout_number,
    logout_by_number,
    add_logout,
    set_pending,
    settle_one,
    set_outcome,
    unfinished_logouts,
    finished_logouts_until,
    remove_logout,

    barriers_of,
    add_barrier,
    remove_barrier,

    kept_request_weight,
    kept_request_number,
    due_requests,
    add_kept_request,
    put_off_request,
    remove_kept_request,
    sweep_kept_requests,
};
inline constexpr std::size_t query_count = static_cast<std::size_t>(Query::sweep_kept_requests) + 1;

/// The parameters are in the order in which they are bound; the columns are those that session_tables.cpp reads.
[[nodiscard]] const char* sql_of(Query query) noexcept;

/// The queries before this number are of any file, whatever its tables.
inline constexpr std::size_t shared_query_count = static_cast<std::size_t>(Query::entity_number);

/// FlowQuery is of a file of pending sign-ons. Its numbers follow the shared ones.
enum class FlowQuery : std::size_t {
    tally = shared_query_count,
    digest_check,
    set_digest_check,
    flow_by_name,
    add_flow,
    take_flow,
    sweep_flows,
    claim_by_name,
    add_claim,
    remove_claim,
    sweep_claims,
};
inline constexpr std::size_t flow_query_count = static_cast<std::size_t>(FlowQuery::sweep_claims) + 1;

/// The columns are those that sqlite_flow_store.cpp reads.
[[nodiscard]] const char* sql_of(FlowQuery query) noexcept;

}  // namespace slo::sp
