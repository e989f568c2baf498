#include "session_store_trial.hpp"
#include "rounds.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

namespace slo::test {
namespace {

std::string join_sorted(std::vector<std::string> texts, std::string_view separator) {
    std::ranges::sort(texts);
    std::string joined;
    for (const std::string& text : texts) {
        if (!joined.empty()) joined += separator;
        joined += text;
    }
    return joined;
}

std::vector<sp::LocalSessionID> local_ids(const std::vector<std::string>& texts) {
    std::vector<sp::LocalSessionID> ids;
    for (const std::string& text : texts) ids.push_back(parsed<sp::LocalSessionID>(text));
    return ids;
}

}  // namespace

std::vector<saml::SessionIndex> indexes(const std::vector<std::string>& texts) {
    std::vector<saml::SessionIndex> parsed_indexes;
    for (const std::string& text : texts) parsed_indexes.push_back(parsed<saml::SessionIndex>(text));
    return parsed_indexes;
}

sp::Session session_of(std::string_view id) {
    sp::Session session = session_named(id);
    session.authn_instant = at("2026-03-01T11:00:00Z");
    session.expires = at("2026-03-01T20:00:00Z");
    return session;
}

sp::Session session_with(std::string_view id, const std::vector<std::string>& session_indexes) {
    sp::Session session = session_of(id);
    session.session_indexes = indexes(session_indexes);
    return session;
}

std::vector<sp::LocalSessionID> ids_of_many(std::size_t count) {
    std::vector<sp::LocalSessionID> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(parsed<sp::LocalSessionID>("s" + std::to_string(i)));
    return ids;
}

void log_in_many(sp::SessionStore& store, std::size_t count) {
    const std::vector<sp::LocalSessionID> ids = ids_of_many(count);
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> admitted = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 32; ++i) {
            threads.emplace_back([&] {
                for (std::size_t number = next++; number < count; number = next++) {
                    const auto admission = store.admit(session_of(ids[number].str()));
                    if (admission && *admission == sp::Admission::admitted) ++admitted;
                }
            });
        }
    }
    if (admitted != count) throw std::logic_error("not all were admitted");
}

sp::LogoutOrder order_for_all(std::string_view request_id) {
    return {
        .key = {idp_id, parsed<saml::MessageID>(request_id)},
        .sp = our_id,
        .name_id = session_of("any").name_id,
        .session_indexes = {},
        .as_of = noon,
        .keep_until = at("2026-03-01T13:00:00Z"),
    };
}

sp::LogoutOrder order_for(std::string_view request_id, const std::vector<std::string>& session_indexes) {
    sp::LogoutOrder order = order_for_all(request_id);
    order.session_indexes = indexes(session_indexes);
    return order;
}

sp::KeptRequest request_of(std::string_view id, Instant next_attempt) {
    return {.order = order_for_all(id),
            .reason = "",
            .not_on_or_after = noon + std::chrono::hours(24),
            .next_attempt = next_attempt,
            .attempts = 0};
}

std::string ids_of(const std::vector<sp::Session>& sessions) {
    std::vector<std::string> ids;
    for (const sp::Session& session : sessions) ids.push_back(session.id.str());
    return join_sorted(std::move(ids), " ");
}

bool Trial::admits(const sp::Session& session) {
    return taken(store->admit(session)) == sp::Admission::admitted;
}

void Trial::login(const std::vector<sp::Session>& sessions) {
    for (const sp::Session& session : sessions) {
        if (!admits(session)) throw std::logic_error("a session wasn't admitted: " + session.id.str());
    }
}

bool Trial::is_alive(std::string_view id) {
    return taken(store->find(parsed<sp::LocalSessionID>(id))).has_value();
}

std::string Trial::begin(const sp::LogoutOrder& order) {
    const sp::BegunLogout begun = taken(begin_logout(*store, order));
    if (!std::holds_alternative<sp::FreshLogout>(begun)) throw std::logic_error("the logout isn't fresh");
    return ids_of(std::get<sp::FreshLogout>(begun).ending);
}

sp::RepeatedLogout Trial::repeat(const sp::LogoutOrder& order) {
    sp::BegunLogout begun = taken(begin_logout(*store, order));
    if (!std::holds_alternative<sp::RepeatedLogout>(begun)) throw std::logic_error("the logout isn't a repeated one");
    return std::get<sp::RepeatedLogout>(std::move(begun));
}

sp::LogoutOutcome Trial::complete(const sp::LogoutOrder& order, const std::vector<std::string>& gone,
                                  std::uint32_t failed) {
    const auto ended = static_cast<std::uint32_t>(gone.size());
    return taken(complete_logout(*store, order.key, {.ended = ended, .failed = failed}, local_ids(gone)));
}

void Trial::log_out(const sp::LogoutOrder& order) {
    const sp::BegunLogout begun = taken(begin_logout(*store, order));
    std::vector<sp::LocalSessionID> gone;
    for (const sp::Session& session : std::get<sp::FreshLogout>(begun).ending) gone.push_back(session.id);
    const auto ended = static_cast<std::uint32_t>(gone.size());
    static_cast<void>(taken(complete_logout(*store, order.key, {.ended = ended}, gone)));
}

std::string Trial::unfinished() {
    std::vector<std::string> logouts;
    for (const sp::UnfinishedLogout& logout : taken(store->unfinished_logouts())) {
        logouts.push_back(logout.key.request_id.str() + ": " + ids_of(logout.ending));
    }
    return join_sorted(std::move(logouts), "; ");
}

}  // namespace slo::test
