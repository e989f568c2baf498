// The properties that servers must have before sessions are entrusted to them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace slo::sp::redis {

/// field_of returns the value of `field` in the lines of INFO; empty if it isn't there.
[[nodiscard]] std::string_view field_of(std::string_view info, std::string_view field) noexcept;

/// judge_server returns notes for the operator on one server's INFO. Errors: StoreErrc::store_unusable if the server
/// may drop logouts by itself.
[[nodiscard]] Result<std::vector<std::string>> judge_server(std::string_view info);

/// check_servers judges each master, and writes `deployment` under `key` if nothing is there. Errors:
/// StoreErrc::store_unusable if another deployment's value is there, or a server can't be used.
[[nodiscard]] Result<std::vector<std::string>> check_servers(Client& client, const std::string& key,
                                                             const std::string& deployment);

}  // namespace slo::sp::redis
