// How one IdP deviates: a preset, and what the table says besides.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/policy.hpp"

namespace slo::sp {

/// The keys that [[idp]] and [[metadata]] have in common.
inline constexpr std::array<std::string_view, 18> profile_keys = {"profile",
                                                                  "accepted_authentication",
                                                                  "sender_user",
                                                                  "sender_password_file",
                                                                  "dangerously_accept_sha1",
                                                                  "accept_cbc",
                                                                  "destination",
                                                                  "name_id_matching",
                                                                  "max_age",
                                                                  "prefixes",
                                                                  "extra_content_types",
                                                                  "wires",
                                                                  "session_index",
                                                                  "issuer_aliases",
                                                                  "repeats",
                                                                  "form_answer",
                                                                  "asynchronous",
                                                                  "logout"};

/// `own`, and profile_keys behind them.
template <std::size_t count>
[[nodiscard]] constexpr auto with_profile_keys(const std::string_view (&own)[count]) {
    std::array<std::string_view, count + profile_keys.size()> all{};
    std::size_t size = 0;
    for (const auto& key : own) all[size++] = key;
    for (const auto& key : profile_keys) all[size++] = key;
    return all;
}

/// What a profile depends on outside of its table.
struct ProfileSurroundings {
    const std::filesystem::path& folder;                 ///< of relative paths
    const HttpServerOptions& server;                     ///< has to show us the proofs that are accepted
    const std::vector<saml::EndpointUrl>& destinations;  ///< where they're sent to
    const Policy& policy;                                ///< says how long a logout is remembered
};

/// The preset that `profile` names, if any, with what else stands in the table. Appends to `notes` what the operator
/// should know.
[[nodiscard]] idp_adapter::InteropProfile read_profile(const ConfigTable& table,
                                                       const ProfileSurroundings& surroundings,
                                                       std::vector<std::string>& notes);

}  // namespace slo::sp
