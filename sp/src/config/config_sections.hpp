// The sections of a configuration that need no key: each function reads one table into values, or refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/front_channel.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/policy.hpp"

namespace slo::sp {

/// The keys of each table. sp/daemon/saml-slod.toml explains them.
inline constexpr std::string_view root_keys[] = {"sp", "idp", "metadata", "policy", "store", "server", "sign_on"};
inline constexpr std::string_view policy_keys[] = {
    "unknown_principal", "second_level_codes",         "clock_skew",        "application_deadline",
    "relogin",           "logout_record_horizon",      "logout_record_cap", "unproven_answers_per_second",
    "allow_shared_keys", "requests_per_second_per_idp"};
inline constexpr std::string_view server_keys[] = {"listen",    "soap_path", "metadata_path",   "hosts",  "threads",
                                                   "form_path", "tls",       "handler_threads", "limits", "timeouts"};

[[nodiscard]] saml::EntityID parse_id(const Placed<std::string>& text, std::string_view key,
                                      saml::EntityIDForm form = saml::EntityIDForm::absolute_uri);
/// entity_id_form reads opaque_entity_id.
[[nodiscard]] saml::EntityIDForm entity_id_form(const ConfigTable& table);
[[nodiscard]] saml::EndpointUrl parse_url(const Placed<std::string>& text, std::string_view key);

/// Destinations are our public logout URLs.
struct Destinations {
    std::vector<saml::EndpointUrl> soap;          ///< slo_url: one or more
    std::vector<saml::EndpointUrl> form;          ///< form_url: none, or more
    std::vector<saml::EndpointUrl> browser = {};  ///< browser_slo_url: none, or more
    /// all returns those of servers.
    [[nodiscard]] std::vector<saml::EndpointUrl> all() const;
};
/// read_destinations takes http only for this machine itself, unless allow_http says otherwise.
[[nodiscard]] Destinations read_destinations(const ConfigTable& sp);

/// The fault of an IdP's metadata `file`, and its remedy.
[[nodiscard]] std::string trouble_with(const std::filesystem::path& file, const Failure& failure);

struct PolicySection {
    Policy policy;
    ReloginRule relogin = ReloginRule::by_authn_instant;
    idp_adapter::SharedKeys shared_keys = idp_adapter::SharedKeys::refused;
};
[[nodiscard]] PolicySection read_policy(const ConfigTable& table);

struct ServerSection {
    HttpServerOptions server;
    HttpEndpointOptions endpoint;
    std::optional<FrontChannelOptions> front_channel = {};
};
/// read_server: relative paths of TLS files are relative to `folder`. The paths default to those in the first of
/// `destinations`, handler_threads to the store's best value.
[[nodiscard]] ServerSection read_server(const ConfigTable& table, const std::filesystem::path& folder,
                                        const Destinations& destinations, std::size_t handler_threads,
                                        std::vector<std::string>& notes);

}  // namespace slo::sp
