// One IdP's deviations: a preset, and the table's other keys.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/policy.hpp"

namespace slo::sp {

/// profile_keys are common to [[idp]] and [[metadata]].
inline constexpr std::array<std::string_view, 24> profile_keys = {"profile",
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
                                                                  "rsa_pss",
                                                                  "opaque_entity_id",
                                                                  "times",
                                                                  "empty_qualifiers",
                                                                  "issuer_attributes",
                                                                  "asynchronous",
                                                                  "logout",
                                                                  "sign_on"};

/// with_profile_keys returns `own`, and profile_keys behind them.
template <std::size_t count>
[[nodiscard]] constexpr auto with_profile_keys(const std::string_view (&own)[count]) {
    std::array<std::string_view, count + profile_keys.size()> all{};
    std::size_t size = 0;
    for (const auto& key : own) all[size++] = key;
    for (const auto& key : profile_keys) all[size++] = key;
    return all;
}

/// ProfileSurroundings are the values outside of its table on which a profile depends.
struct ProfileSurroundings {
    const std::filesystem::path& folder;                 ///< of relative paths
    const HttpServerOptions& server;                     ///< must be able to show the proofs that are accepted
    const std::vector<saml::EndpointUrl>& destinations;  ///< the proofs' destinations
    const Policy& policy;                                ///< says how long a logout is remembered
    idp_adapter::BrowserLogouts browser = idp_adapter::BrowserLogouts::not_taken;
};

/// read_profile reads the preset that `profile` names, if any, with the table's other keys. Appends notes for the
/// operator to `notes`.
[[nodiscard]] idp_adapter::InteropProfile read_profile(const ConfigTable& table,
                                                       const ProfileSurroundings& surroundings,
                                                       std::vector<std::string>& notes);

}  // namespace slo::sp
