// Sessions and orders as the columns of a row, and what the tables' code asks of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database.hpp"
#include "session_tables.hpp"

namespace slo::sp {

/// Stands in the place of a session index before the barrier of a logout that names every session; no index is empty.
inline constexpr std::string_view every_index;

[[nodiscard]] constexpr std::int64_t ticks(Instant instant) noexcept {
    return instant.time_since_epoch().count();
}
[[nodiscard]] constexpr Instant instant_at(std::int64_t ticks) noexcept {
    return Instant(Instant::duration(ticks));
}

/// Joined by line feeds, which no index contains.
[[nodiscard]] std::string joined(const std::vector<saml::SessionIndex>& indexes);
/// None: `text` isn't what joined() makes.
[[nodiscard]] std::optional<std::vector<saml::SessionIndex>> split_indexes(std::string_view text);

[[nodiscard]] std::string joined(const std::vector<Instant>& instants);
[[nodiscard]] std::optional<std::vector<Instant>> split_instants(std::string_view text);

/// What barriers have in the place of a session index and of a NameID's text: before each index and each AuthnInstant
/// that an order names, or before every_index; and none where the index alone stands for the principal.
[[nodiscard]] std::vector<std::string> barred_indexes(const LogoutOrder& order);
[[nodiscard]] std::string barred_index(Instant authn_instant);
[[nodiscard]] std::string_view barred_name(const Principal& principal) noexcept;

/// Binds the five columns of a NameID, which outlives the cursor.
void bind_name_id(Cursor& cursor, const saml::NameID& name_id);

/// The rows that stand for what an order names: its IdP's, ours, and its SessionIndexes and AuthnInstants as
/// one text each.
struct OrderRows {
    std::int64_t idp;
    std::int64_t sp;
    std::string session_indexes;
    std::string authn_instants;
};
/// The columns that logouts and kept requests have in common. Both must outlive the run.
void bind_order(Cursor& cursor, const LogoutOrder& order, const OrderRows& rows);
/// The five columns that begin at `column`.
[[nodiscard]] saml::NameID read_name_id(const Cursor& row, int column);

/// The numbers under which a rule is kept: the enumeration may be put into another order, files not.
[[nodiscard]] std::int64_t number_of(saml::NameIDMatching matching) noexcept;
[[nodiscard]] std::optional<saml::NameIDMatching> matching_of(std::int64_t number) noexcept;
[[nodiscard]] std::int64_t number_of(NamedBy named_by) noexcept;

/// None: no such row is ever written.
[[nodiscard]] std::optional<StoredSession> parse_session(const Cursor& row);
[[nodiscard]] std::optional<StoredLogout> parse_logout(const Cursor& row);
[[nodiscard]] std::optional<StoredRequest> parse_request(const Cursor& row);

/// What the record of `order` takes in the file, its barriers counted; about.
[[nodiscard]] std::size_t octets_of(const LogoutOrder& order) noexcept;

/// Whether `logout` named `session`, which is still there: it was ending when the logout began, or has been since. A
/// session that took over the id of one that is gone wasn't named.
[[nodiscard]] bool has_named(const StoredLogout& logout, const StoredSession& session);

[[nodiscard]] std::vector<Session> sessions_in(std::vector<StoredSession> stored);

}  // namespace slo::sp
