// Any text is refused with one line that says where, or becomes options within the documented ranges. The sections are
// read one by one: the whole needs files for keys and metadata.
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>

#include "config_metadata.hpp"
#include "config_profile.hpp"
#include "config_publishing.hpp"
#include "config_sections.hpp"
#include "config_sign_on.hpp"
#include "config_store.hpp"
#include "config_table.hpp"
#include "config_tree.hpp"
#include "fuzz.hpp"
#include "settings.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/sp/configuration_error.hpp"

namespace {

using namespace slo;
using namespace slo::sp;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr std::string_view file_name = "fuzz.toml";

template <class T>
void require_within(const T& value, const T& least, const T& most) {
    fuzz::require(value >= least && value <= most);
}

/// One line that begins with the file: an operator reads it, and a terminal shows it.
void check_refusal(const std::string& text) {
    fuzz::require(text.starts_with(std::string(file_name) + ":"));
    fuzz::require(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

/// Takes away what would open a file.
void forget_files(ConfigValue& value) {
    constexpr std::array keys{
        "tls"sv,        "ca"sv,         "client_certificate"sv,  "client_key"sv,  "basic_password_file"sv,
        "basic_user"sv, "proxy_user"sv, "proxy_password_file"sv, "sender_user"sv, "sender_password_file"sv};
    if (auto* array = std::get_if<ConfigArray>(&value.value)) std::ranges::for_each(*array, forget_files);
    auto* map = std::get_if<ConfigMap>(&value.value);
    if (!map) return;
    std::erase_if(*map, [&](const ConfigEntry& one) { return std::ranges::find(keys, one.key) != keys.end(); });
    for (ConfigEntry& entry : *map) forget_files(entry.value);
}

void check_sp(const SpSection& sp) {
    fuzz::require(!sp.entity_id.str().empty() && sp.entity_id.str().size() <= 1024);
    fuzz::require(!sp.destinations.soap.empty());
    for (const auto& url : sp.destinations.all()) fuzz::require(url.str().starts_with("http"));
    require_within<std::chrono::seconds>(sp.cache_for, 1min, 24h * 30);
    if (sp.valid_for) require_within<std::chrono::seconds>(*sp.valid_for, 2 * sp.cache_for, 24h * 3660);
    for (const auto& contact : sp.contacts) {
        for (const auto& mail : contact.email_addresses) fuzz::require(metadata::is_email_address(mail));
    }
    fuzz::require(sp.key_folder.has_value() != sp.named_keys.has_value());
}

void check_policy(const PolicySection& section) {
    const Policy& policy = section.policy;
    require_within<std::chrono::seconds>(policy.clock_skew, 0s, 10min);
    require_within<std::chrono::milliseconds>(policy.application_deadline, 100ms, 1min);
    require_within<std::chrono::seconds>(policy.logout_record_horizon, 5min, 24h * 30);
    require_within<std::chrono::seconds>(policy.logout_record_cap, policy.logout_record_horizon, 24h * 365);
    require_within(policy.unproven_answers_per_second, 1U, 100'000U);
}

void check_server(const ServerSection& section) {
    const HttpServerOptions& server = section.server;
    fuzz::require(!server.address.empty() && !server.tls);
    require_within<std::size_t>(server.threads, 1, 256);
    require_within<std::size_t>(server.max_connections, 1, 100'000);
    require_within<std::size_t>(server.max_connections_per_address, 1, 100'000);
    require_within<std::size_t>(server.max_requests_per_connection, 1, 1'000'000);
    require_within<std::size_t>(server.max_header_octets, 1024, 60 * 1024);
    require_within<std::size_t>(server.max_header_fields, 8, 1024);
    require_within<std::size_t>(server.max_body_octets, 4096, 64 * 1024);
    for (const auto time : {server.handshake_timeout, server.header_timeout, server.body_timeout, server.write_timeout,
                            server.idle_timeout, server.drain_timeout}) {
        require_within<std::chrono::milliseconds>(time, 100ms, 10min);
    }
    fuzz::require(section.endpoint.soap_path.starts_with('/') && section.endpoint.metadata_path.starts_with('/') &&
                  section.endpoint.soap_path != section.endpoint.metadata_path);
    fuzz::require(section.endpoint.max_body == server.max_body_octets);
}

void check_store(const StoreSection& store) {
    const auto* redis = std::get_if<RedisSessionStoreOptions>(&store.options);
    if (!redis) return;
    fuzz::require(!redis->servers.addresses.empty() && !store.sealing_keys.empty() && store.index_key);
    fuzz::require(!redis->prefix.empty() && redis->prefix.find('{') == std::string::npos);
    require_within<std::chrono::milliseconds>(redis->servers.deadline, 50ms, 30s);
    require_within(redis->servers.replicas, 0U, 16U);
    fuzz::require(redis->servers.password.empty() && redis->keys.sealing_keys.empty());  // no file was opened
}

void check_sign_on(const SignOnSection& section, const ServerSection& server) {
    const auto login = idp_adapter::parts_of(section.endpoint.login_url);
    const auto acs = idp_adapter::parts_of(section.options.assertion_consumer_service);
    fuzz::require(login.scheme == acs.scheme && login.host == acs.host && login.port == acs.port);
    fuzz::require(login.scheme == "https" || idp_adapter::is_loopback(login.host));
    fuzz::require(login.target != acs.target && login.target != server.endpoint.soap_path);
    require_within<std::chrono::seconds>(section.options.flow_lifetime, 1min, 60min);
    require_within<std::chrono::seconds>(section.options.session_lifetime, 1min, 24h * 365);
    fuzz::require(LocalTarget::parse(section.options.landing.str(), section.options.targets).has_value());
}

void check_profile(const idp_adapter::InteropProfile& profile) {
    require_within<std::chrono::seconds>(profile.max_age, 1s, 24h);
    const bool loose = profile.name_id_matching == saml::NameIDMatching::value_only &&
                       profile.destination == saml::DestinationRule::optional;
    fuzz::require(!loose && !profile.wires.empty());
    // Neither TLS nor a password is left: nothing may replace a signature.
    const auto& accepted = profile.accepted_authentication;
    fuzz::require(accepted.tls_client_key == idp_adapter::AcceptedAuthentication::TlsClientKey::refused);
    fuzz::require(accepted.basic.password.empty());
    require_within<std::chrono::milliseconds>(profile.outgoing.http.deadline, 100ms, 1min);
    require_within<std::chrono::seconds>(profile.outgoing.validity, 30s, 24h);
}

/// Throws the refusal of what the daemon reads, as the library does with its own.
template <class T>
T accepted(Result<T> read) {
    if (read) return *std::move(read);
    fuzz::require(read.error().code == make_error_code(ConfigurationErrc::configuration_invalid));
    throw ConfigurationError{read.error().detail};
}

void check_own_sections(const ConfigTable& root, const HttpServerOptions& server) {
    const auto section = [&](std::string_view name, KnownKeys keys) {
        return ConfigurationSection(std::make_shared<ConfigTable>(root.table(name, keys)));
    };
    const auto local =
        accepted(daemon::read_local(section("local", daemon::local_keys), server,
                                    root.has("sign_on") ? daemon::UsersSignOn::here : daemon::UsersSignOn::elsewhere));
    fuzz::require(local.port == 0 || local.port != server.port);
    const auto process = accepted(daemon::read_process(section("process", daemon::process_keys)));
    fuzz::require(process.user.empty() || root.has("process"));
}

void read_sections(const ConfigMap& tree) {
    std::vector<std::string_view> sections(std::begin(root_keys), std::end(root_keys));
    for (const OwnSection& own : daemon::own_sections) sections.push_back(own.name);
    const ConfigTable root(tree, {std::string(file_name), 0}, "the file", sections);
    std::vector<std::string> notes;
    const SpSection sp = read_sp(root.table("sp", sp_keys), "/");
    check_sp(sp);
    const PolicySection policy = read_policy(root.table("policy", policy_keys));
    check_policy(policy);
    const StoreSection store = read_store(root, "/", ReloginRule::strict);
    check_store(store);
    const auto server =
        read_server(root.table("server", server_keys), "/", sp.destinations, handler_threads_for(store.options), notes);
    check_server(server);
    for (const auto& note : notes) check_refusal(note);
    check_own_sections(root, server.server);
    if (const auto sign_on = read_sign_on(root, "/", sp, server, store.options)) check_sign_on(*sign_on, server);
    const std::filesystem::path nowhere = "/";
    const auto destinations = sp.destinations.all();
    const ProfileSurroundings surroundings{
        .folder = nowhere, .server = server.server, .destinations = destinations, .policy = policy.policy};
    for (const ConfigTable& idp : root.tables("idp", idp_keys)) {
        const auto profile = read_profile(idp, surroundings, notes);
        check_profile(profile);
        fuzz::require(profile.outgoing.validity <= policy.policy.logout_record_cap);
    }
}

/// The result of reading: the refusal, or nothing if all was read.
std::string outcome(std::string_view input) {
    auto tree = parse_toml(std::string(input), std::string(file_name));
    if (!tree) {
        fuzz::require(tree.error().code == make_error_code(ConfigurationErrc::configuration_invalid));
        return tree.error().detail;
    }
    for (ConfigEntry& entry : *tree) forget_files(entry.value);
    try {
        read_sections(*tree);
    } catch (const ConfigurationError& error) {
        return error.text;
    }
    return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    const std::string refusal = outcome(input);
    if (!refusal.empty()) check_refusal(refusal);
    fuzz::require(outcome(input) == refusal);
    return 0;
}
