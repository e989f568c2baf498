// A store under trial at noon, and sessions and orders to try it with.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports.hpp"
#include "session_store_contract.hpp"
#include "values.hpp"

namespace slo::test {

inline const auto other_idp_id = parsed<saml::EntityID>("https://idp2.example.org/metadata");
inline const auto our_other_id = parsed<saml::EntityID>("https://other-sp.example.com/saml/metadata");
inline const Instant noon = at("2026-03-01T12:00:00Z");

[[nodiscard]] std::vector<saml::SessionIndex> indexes(const std::vector<std::string>& texts);

/// A session of N1 at idp_id with index i1, from a login at 11:00 that lasts until 20:00.
[[nodiscard]] sp::Session session_of(std::string_view id);
[[nodiscard]] sp::Session session_with(std::string_view id, const std::vector<std::string>& session_indexes);

/// The sessions of N1 named s0, s1, s2... are admitted, by several threads so that an engine on a disk shares its
/// writes. Throws std::logic_error where one isn't.
void log_in_many(sp::SessionStore& store, std::size_t count);
/// s0, s1, s2...
[[nodiscard]] std::vector<sp::LocalSessionID> ids_of_many(std::size_t count);

/// idp_id orders at noon that N1's sessions end, and it is remembered until 13:00.
[[nodiscard]] sp::LogoutOrder order_for_all(std::string_view request_id);
[[nodiscard]] sp::LogoutOrder order_for(std::string_view request_id, const std::vector<std::string>& session_indexes);

/// A request of ours for the end of N1's sessions, due at `next_attempt` and of no use any more after a day.
[[nodiscard]] sp::KeptRequest request_of(std::string_view id, Instant next_attempt = noon);

/// Trial is a store and its clock. Its functions throw std::logic_error where the store fails.
class Trial {
public:
    explicit Trial(MakeStore make_store, const StoreSettings& settings = {})
        : clock(noon), store(make_store(clock, settings)) {}

    /// Whether `session` was admitted; false: a logout forbids it.
    [[nodiscard]] bool admits(const sp::Session& session);
    /// Admits sessions that must be admitted.
    void login(const std::vector<sp::Session>& sessions);
    [[nodiscard]] bool is_alive(std::string_view id);
    /// Begins a logout that must be fresh. The ids of the ending sessions, sorted and joined by blanks.
    std::string begin(const sp::LogoutOrder& order);
    /// Begins a logout that must be a repeated one.
    [[nodiscard]] sp::RepeatedLogout repeat(const sp::LogoutOrder& order);
    /// Completes `order` with `gone` ended and `failed` sessions that weren't.
    sp::LogoutOutcome complete(const sp::LogoutOrder& order, const std::vector<std::string>& gone,
                               std::uint32_t failed = 0);
    /// Begins and completes: everything that `order` names is gone.
    void log_out(const sp::LogoutOrder& order);
    /// "request: id id" for each unfinished logout, sorted and joined by "; ".
    [[nodiscard]] std::string unfinished();

    FixedClock clock;
    std::unique_ptr<sp::SessionStore> store;
};

/// The sessions' ids, sorted and joined by blanks.
[[nodiscard]] std::string ids_of(const std::vector<sp::Session>& sessions);

}  // namespace slo::test
