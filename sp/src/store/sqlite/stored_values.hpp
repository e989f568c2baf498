// Sessions and orders as the columns of a row, and helpers for the tables' code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database.hpp"
#include "session_tables.hpp"

namespace slo::sp {

/// every_index replaces a session index in the barrier of a logout that names every session; no index is empty.
inline constexpr std::string_view every_index;

[[nodiscard]] constexpr std::int64_t ticks(Instant instant) noexcept {
    return instant.time_since_epoch().count();
}
[[nodiscard]] constexpr Instant instant_at(std::int64_t ticks) noexcept {
    return Instant(Instant::duration(ticks));
}

/// stored_index returns an index as it stands in columns where indexes are joined by line feeds, and AuthnInstants
/// begin with one: its own line feeds become U+0001, which no index can contain. As long as the index is.
[[nodiscard]] std::string stored_index(std::string_view index);
/// stored_name returns the columns' text for a principal: that of its NameID, or its stored_index().
[[nodiscard]] std::string stored_name(const Principal& principal);

/// joined separates them, each as stored_index() has it, by line feeds.
[[nodiscard]] std::string joined(const std::vector<saml::SessionIndex>& indexes);
/// split_indexes returns std::nullopt if `text` isn't made by joined().
[[nodiscard]] std::optional<std::vector<saml::SessionIndex>> split_indexes(std::string_view text);

[[nodiscard]] std::string joined(const std::vector<Instant>& instants);
[[nodiscard]] std::optional<std::vector<Instant>> split_instants(std::string_view text);

/// barred_indexes returns what barriers have in the place of a session index: each index and AuthnInstant that an order
/// names, or every_index. Its sibling returns the NameID's text, or nothing if the index stands for the principal.
[[nodiscard]] std::vector<std::string> barred_indexes(const LogoutOrder& order);
[[nodiscard]] std::string barred_index(Instant authn_instant);
[[nodiscard]] std::string_view barred_name(const Principal& principal) noexcept;

/// bind_name_id binds the five columns of a NameID, which outlives the cursor.
void bind_name_id(Cursor& cursor, const saml::NameID& name_id);

/// OrderRows are the rows of the names in an order: its IdP's, ours, and its SessionIndexes and AuthnInstants as
/// one text each.
struct OrderRows {
    std::int64_t idp;
    std::int64_t sp;
    std::string session_indexes;
    std::string authn_instants;
};
/// bind_order binds the columns that logouts and kept requests have in common. Both must outlive the run.
void bind_order(Cursor& cursor, const LogoutOrder& order, const OrderRows& rows);
/// read_name_id reads the five columns that begin at `column`.
[[nodiscard]] saml::NameID read_name_id(const Cursor& row, int column);

/// number_of returns the number under which a rule is kept: the enumeration may be reordered, files may not.
[[nodiscard]] std::int64_t number_of(saml::NameIDMatching matching) noexcept;
[[nodiscard]] std::optional<saml::NameIDMatching> matching_of(std::int64_t number) noexcept;
[[nodiscard]] std::int64_t number_of(NamedBy named_by) noexcept;

/// parse_session returns std::nullopt for a row that is never written.
[[nodiscard]] std::optional<StoredSession> parse_session(const Cursor& row);
[[nodiscard]] std::optional<StoredLogout> parse_logout(const Cursor& row);
[[nodiscard]] std::optional<StoredRequest> parse_request(const Cursor& row);

/// octets_of returns about what the record of `order` takes in the file, its barriers counted.
[[nodiscard]] std::size_t octets_of(const LogoutOrder& order) noexcept;

/// has_named says whether `logout` named `session`, which is still there: it was ending when the logout began, or has
/// been since. A session that took over the id of one that is gone wasn't named.
[[nodiscard]] bool has_named(const StoredLogout& logout, const StoredSession& session);

[[nodiscard]] std::vector<Session> sessions_in(std::vector<StoredSession> stored);

}  // namespace slo::sp
