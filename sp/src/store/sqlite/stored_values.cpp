#include "stored_values.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "store_rules.hpp"

namespace slo::sp {
namespace {

constexpr char line_feed_inside = '\x01';

std::optional<std::uint32_t> count_in(const Cursor& row, int column) noexcept {
    const std::int64_t value = row.integer(column);
    if (value < 0 || value > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

/// The columns 1 to 13, which logouts and kept requests have in common.
std::optional<LogoutOrder> parse_order(const Cursor& row) {
    auto request_id = saml::MessageID::parse(row.text(1));
    auto idp = saml::EntityID::opaque(row.text(2));
    auto sp = saml::EntityID::opaque(row.text(3));
    auto indexes = split_indexes(row.text(9));
    const auto matching = matching_of(row.integer(10));
    auto instants = split_instants(row.text(13));
    if (!request_id || !idp || !sp || !indexes || !matching || !instants) return std::nullopt;
    return LogoutOrder{.key = {*std::move(idp), *std::move(request_id)},
                       .sp = *std::move(sp),
                       .name_id = read_name_id(row, 4),
                       .session_indexes = *std::move(indexes),
                       .matching = *matching,
                       .as_of = instant_at(row.integer(11)),
                       .keep_until = instant_at(row.integer(12)),
                       .authn_instants = *std::move(instants)};
}

}  // namespace

std::string stored_index(std::string_view index) {
    std::string text(index);
    std::ranges::replace(text, '\n', line_feed_inside);
    return text;
}

std::string stored_name(const Principal& principal) {
    return principal.by == NamedBy::name_id ? std::string(principal.text) : stored_index(principal.text);
}

std::string joined(const std::vector<saml::SessionIndex>& indexes) {
    std::string text;
    for (const saml::SessionIndex& index : indexes) {
        if (!text.empty()) text += '\n';
        text += stored_index(index.str());
    }
    return text;
}

std::optional<std::vector<saml::SessionIndex>> split_indexes(std::string_view text) {
    std::vector<saml::SessionIndex> indexes;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string one(text.substr(0, end));
        std::ranges::replace(one, line_feed_inside, '\n');
        auto index = saml::SessionIndex::parse(one);
        if (!index) return std::nullopt;
        indexes.push_back(*std::move(index));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return indexes;
}

std::string joined(const std::vector<Instant>& instants) {
    std::string text;
    for (const Instant instant : instants) {
        if (!text.empty()) text += '\n';
        text += std::to_string(ticks(instant));
    }
    return text;
}

std::optional<std::vector<Instant>> split_instants(std::string_view text) {
    std::vector<Instant> instants;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('\n'));
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), value);
        if (error != std::errc() || end != one.data() + one.size()) return std::nullopt;
        instants.push_back(instant_at(value));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    return instants;
}

std::vector<std::string> barred_indexes(const LogoutOrder& order) {
    if (order.session_indexes.empty()) return {std::string(every_index)};
    std::vector<std::string> barred;
    for (const saml::SessionIndex& index : order.session_indexes) barred.push_back(stored_index(index.str()));
    for (const Instant instant : order.authn_instants) barred.push_back(barred_index(instant));
    return barred;
}

std::string barred_index(Instant authn_instant) {
    return '\n' + std::to_string(ticks(authn_instant));
}

std::string_view barred_name(const Principal& principal) noexcept {
    return principal.by == NamedBy::name_id ? principal.text : std::string_view();
}

void bind_name_id(Cursor& cursor, const saml::NameID& name_id) {
    cursor.bind(name_id.value)
        .bind_or_null(name_id.format)
        .bind_or_null(name_id.name_qualifier)
        .bind_or_null(name_id.sp_name_qualifier)
        .bind_or_null(name_id.sp_provided_id);
}

void bind_order(Cursor& cursor, const LogoutOrder& order, const OrderRows& rows) {
    cursor.bind(order.key.request_id.str()).bind(rows.idp).bind(rows.sp);
    bind_name_id(cursor, order.name_id);
    cursor.bind(rows.session_indexes)
        .bind(number_of(order.matching))
        .bind(ticks(order.as_of))
        .bind(ticks(order.keep_until))
        .bind(rows.authn_instants);
}

saml::NameID read_name_id(const Cursor& row, int column) {
    return {
        .value = std::string(row.text(column)),
        .format = row.optional_text(column + 1),
        .name_qualifier = row.optional_text(column + 2),
        .sp_name_qualifier = row.optional_text(column + 3),
        .sp_provided_id = row.optional_text(column + 4),
    };
}

std::int64_t number_of(saml::NameIDMatching matching) noexcept {
    switch (matching) {
        case saml::NameIDMatching::exact:
            return 1;
        case saml::NameIDMatching::default_qualifiers:
            return 2;
        case saml::NameIDMatching::value_only:
            return 3;
        case saml::NameIDMatching::session_index:
            return 4;
    }
    return 0;
}

std::optional<saml::NameIDMatching> matching_of(std::int64_t number) noexcept {
    for (const auto matching : {saml::NameIDMatching::exact, saml::NameIDMatching::default_qualifiers,
                                saml::NameIDMatching::value_only, saml::NameIDMatching::session_index}) {
        if (number_of(matching) == number) return matching;
    }
    return std::nullopt;
}

std::int64_t number_of(NamedBy named_by) noexcept {
    return named_by == NamedBy::name_id ? 1 : 2;
}

std::optional<StoredSession> parse_session(const Cursor& row) {
    auto id = LocalSessionID::parse(row.text(1));
    auto idp = saml::EntityID::opaque(row.text(2));
    auto sp = saml::EntityID::opaque(row.text(3));
    auto indexes = split_indexes(row.text(9));
    const auto named_by = row.integer(13) == number_of(NamedBy::name_id) ? NamedBy::name_id : NamedBy::session_index;
    if (!id || !idp || !sp || !indexes || row.integer(13) != number_of(named_by)) return std::nullopt;
    return StoredSession{
        .number = row.integer(0),
        .session = {.id = *std::move(id),
                    .idp = *std::move(idp),
                    .sp = *std::move(sp),
                    .name_id = read_name_id(row, 4),
                    .session_indexes = *std::move(indexes),
                    .authn_instant = instant_at(row.integer(10)),
                    .expires = instant_at(row.integer(11)),
                    .named_by = named_by},
        .ending_by = row.is_null(12) ? std::nullopt : std::optional(row.integer(12)),
    };
}

std::optional<StoredLogout> parse_logout(const Cursor& row) {
    auto order = parse_order(row);
    if (!order) return std::nullopt;
    StoredLogout logout{.number = row.integer(0), .order = *std::move(order), .outcome = std::nullopt};
    if (row.is_null(14)) return logout;
    const auto ended = count_in(row, 14);
    const auto already_gone = count_in(row, 15);
    const auto failed = count_in(row, 16);
    if (!ended || !already_gone || !failed) return std::nullopt;
    logout.outcome = LogoutOutcome{.ended = *ended, .already_gone = *already_gone, .failed = *failed};
    return logout;
}

std::optional<StoredRequest> parse_request(const Cursor& row) {
    auto order = parse_order(row);
    const auto attempts = count_in(row, 17);
    if (!order || !attempts) return std::nullopt;
    return StoredRequest{
        .number = row.integer(0),
        .request = {.order = *std::move(order),
                    .reason = std::string(row.text(14)),
                    .not_on_or_after = instant_at(row.integer(15)),
                    .next_attempt = instant_at(row.integer(16)),
                    .attempts = *attempts},
    };
}

std::size_t octets_of(const LogoutOrder& order) noexcept {
    constexpr std::size_t row_overhead = 64;
    const saml::NameID& name_id = order.name_id;
    std::size_t octets =
        row_overhead + order.key.request_id.str().size() + octets_of_names(name_id, order.session_indexes);
    for (const saml::SessionIndex& index : order.session_indexes) {
        octets += index.str().size() + name_id.value.size();  // in a barrier
    }
    return octets + order.authn_instants.size() * (2 * 14 + name_id.value.size());
}

bool has_named(const StoredLogout& logout, const StoredSession& session) {
    return session.ending_by && *session.ending_by <= logout.number &&
           names(logout.order, SessionView{session.session});
}

std::vector<Session> sessions_in(std::vector<StoredSession> stored) {
    std::vector<Session> sessions;
    sessions.reserve(stored.size());
    for (StoredSession& one : stored) sessions.push_back(std::move(one.session));
    return sessions;
}

}  // namespace slo::sp
