#include "config_client.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "http_fields.hpp"
#include "key_files.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using idp_adapter::BasicCredentials;
using idp_adapter::HttpClientOptions;

constexpr std::size_t max_tls_file_octets = 1024 * 1024;

/// A file for the TLS client, which opens it itself; reading it here too lets the refusal name the line.
fs::path tls_file(const ConfigTable& table, const fs::path& folder, std::string_view key) {
    const auto text = table.text(key);
    if (!text) return {};
    fs::path file = folder / text->value;
    static_cast<void>(read_file(file, max_tls_file_octets, text->place, key));
    return file;
}

idp_adapter::HttpProxy read_proxy(const Placed<std::string>& text) {
    const std::string_view all = text.value;
    const auto colon = all.rfind(':');
    idp_adapter::HttpProxy proxy{.host = std::string(all.substr(0, colon))};
    const std::string_view port = colon == std::string_view::npos ? std::string_view() : all.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), proxy.port);
    const bool is_port = error == std::errc{} && end == port.data() + port.size() && proxy.port != 0;
    const bool is_bracketed = proxy.host.starts_with('[') && proxy.host.ends_with(']');
    if (is_bracketed) proxy.host = proxy.host.substr(1, proxy.host.size() - 2);
    const bool is_host = !proxy.host.empty() && proxy.host.find_first_of(" /@[]") == std::string::npos &&
                         (is_bracketed || proxy.host.find(':') == std::string::npos);
    if (!is_port || !is_host) {
        refuse(text.place, "proxy can't be " + shown(all), R"(write "host:port", e.g. "proxy.example.org:3128")");
    }
    return proxy;
}

}  // namespace

std::optional<BasicCredentials> read_credentials(const ConfigTable& table, const fs::path& folder,
                                                 std::string_view user_key, std::string_view password_key,
                                                 std::vector<std::string>& notes) {
    const auto user = table.text(user_key);
    const auto file = table.text(password_key);
    if (user.has_value() != file.has_value()) {
        refuse(table.place_of(user ? user_key : password_key),
               std::string(user_key) + " and " + std::string(password_key) + " don't pair up",
               "name both, or none where no password is asked for");
    }
    if (!user) return std::nullopt;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
    if (user->value.empty() || std::ranges::any_of(user->value, is_control) ||
        user->value.find(':') != std::string::npos) {
        refuse(user->place, std::string(user_key) + " can't be " + shown(user->value),
               "write the account's name, without a colon");
    }
    std::string password = load_password({folder / file->value, file->place}, password_key, notes);
    if (std::ranges::any_of(password, is_control)) {
        refuse(file->place, "the password in " + shown(file->value) + " has control characters",
               "write the password in the first line, and nothing else");
    }
    return BasicCredentials{user->value, std::move(password)};
}

std::string hash_of(const Placed<std::string>& text, std::string_view key) {
    std::string hash = idp_adapter::lower_case(text.value);
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
        refuse(text.place, std::string(key) + " can't be " + shown(text.value),
               "write 64 hex digits, as sha256sum does");
    }
    return hash;
}

void read_peer(const ConfigTable& table, const fs::path& folder, HttpClientOptions& http,
               std::vector<std::string>& notes) {
    idp_adapter::PinnedPublicKeys pinned;
    for (const auto& text : table.texts("pinned_tls_keys")) pinned.sha256.push_back(hash_of(text, "pinned_tls_keys"));
    const auto ca = tls_file(table, folder, "ca");
    if (!pinned.sha256.empty() && !ca.empty()) {
        refuse(table.place_of("ca"), "ca beside pinned_tls_keys", "keep one of them: a pinned key needs no CA");
    }
    if (!pinned.sha256.empty()) http.peer = std::move(pinned);
    if (!ca.empty()) http.peer = idp_adapter::CertificatesOf{ca};
    http.client_certificate = tls_file(table, folder, "client_certificate");
    http.client_key = tls_file(table, folder, "client_key");
    if (http.client_certificate.empty() != http.client_key.empty()) {
        refuse(table.place_of(http.client_key.empty() ? "client_certificate" : "client_key"),
               "client_certificate and client_key don't pair up",
               "name both, or none where the server asks for no certificate");
    }
    if (!http.client_key.empty()) {
        note_readable_by_others(http.client_key, "private key", table.place_of("client_key"), notes);
    }
}

void read_way(const ConfigTable& table, const fs::path& folder, HttpClientOptions& http,
              std::vector<std::string>& notes) {
    if (table.is_on("allow_http")) http.http = HttpClientOptions::Http::accepted;
    http.deadline = table.duration("timeout", {100ms, 1min}).value_or(http.deadline);
    http.credentials = read_credentials(table, folder, "basic_user", "basic_password_file", notes);
    if (const auto proxy = table.text("proxy")) http.proxy = read_proxy(*proxy);
    auto at_proxy = read_credentials(table, folder, "proxy_user", "proxy_password_file", notes);
    if (at_proxy && !http.proxy) {
        refuse(table.place_of("proxy_user"), "proxy_user without proxy",
               R"(name it: proxy = "proxy.example.org:3128")");
    }
    if (at_proxy) http.proxy->credentials = std::move(at_proxy);
}

}  // namespace slo::sp
