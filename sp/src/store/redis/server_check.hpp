// The properties that servers must have before sessions are entrusted to them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace slo::sp::redis {

/// field_of returns the value of `field` in the lines of INFO; empty if it isn't there.
[[nodiscard]] std::string_view field_of(std::string_view info, std::string_view field) noexcept;

/// What INFO says of one server: notes for the operator. Errors: StoreErrc::store_unusable where it may drop logouts by
/// itself.
[[nodiscard]] Result<std::vector<std::string>> judge_server(std::string_view info);

/// Judges each master, and leaves `deployment` under `key` where nothing is. Errors: StoreErrc::store_unusable where
/// another deployment's stands there, or a server is of no use.
[[nodiscard]] Result<std::vector<std::string>> check_servers(Client& client, const std::string& key,
                                                             const std::string& deployment);

}  // namespace slo::sp::redis
