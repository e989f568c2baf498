// The connection to another party's server, as tables of the configuration define it: trust, our certificate, limits.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace slo::sp {

/// hash_of reads 64 hex digits and returns them in lower case.
[[nodiscard]] std::string hash_of(const Placed<std::string>& text, std::string_view key);

/// read_peer reads ca or pinned_tls_keys, client_certificate and client_key. Appends notes for the operator to `notes`.
void read_peer(const ConfigTable& table, const std::filesystem::path& folder, idp_adapter::HttpClientOptions& http,
               std::vector<std::string>& notes);

/// read_way reads basic_user, basic_password_file, proxy, proxy_user, proxy_password_file, timeout, allow_http.
void read_way(const ConfigTable& table, const std::filesystem::path& folder, idp_adapter::HttpClientOptions& http,
              std::vector<std::string>& notes);

/// read_credentials reads an account for HTTP Basic (RFC 7617: no controls, and no colon in the user's name), its
/// password in the first line of a file. Both keys, or neither.
[[nodiscard]] std::optional<idp_adapter::BasicCredentials> read_credentials(const ConfigTable& table,
                                                                            const std::filesystem::path& folder,
                                                                            std::string_view user_key,
                                                                            std::string_view password_key,
                                                                            std::vector<std::string>& notes);

}  // namespace slo::sp
