#include "config_sign_on.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "key_files.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Range<std::size_t> counts{1, 1'000'000'000};
constexpr MemoryFlowStoreOptions usual{};  // the engines have the same limits

/// What travels over plain http beyond this machine is the session itself, so allow_http has no say here.
saml::EndpointUrl over_https(saml::EndpointUrl url, const Place& place, std::string_view key) {
    const auto parts = idp_adapter::parts_of(url);
    if (parts.scheme == "https" || idp_adapter::is_loopback(parts.host)) return url;
    refuse(place, std::string(key) + " " + shown(url.str()) + " is plain http: a listener could take users' sessions",
           "write https://, as users' browsers see it (a proxy in front may speak TLS)");
}

/// The path of `url`, without a query: a path is compared, and IdPs and browsers add their own queries.
std::string path_of(const saml::EndpointUrl& url, const Place& place, std::string_view key) {
    std::string path = idp_adapter::parts_of(url).target;
    if (path.find('?') != std::string::npos)
        refuse(place, std::string(key) + " " + shown(url.str()) + " has a query", "write it without one");
    return path;
}

void refuse_path_of_others(const std::string& path, const Place& place, std::string_view key,
                           const ServerSection& server) {
    const HttpEndpointOptions& others = server.endpoint;
    std::vector<std::string> paths{others.soap_path, others.form_path, others.metadata_path};
    if (server.front_channel) paths.push_back(idp_adapter::parts_of(server.front_channel->urls.front()).target);
    for (const std::string& other : paths) {
        if (path != other) continue;
        refuse(place, std::string(key) + " has the path " + shown(path) + ", which another endpoint of ours has",
               "give it another path");
    }
}

/// The cookie of the flow is set at one of the two and needed at the other.
void refuse_other_origin(const saml::EndpointUrl& login, const Place& place, const saml::EndpointUrl& acs) {
    const auto a = idp_adapter::parts_of(login);
    const auto b = idp_adapter::parts_of(acs);
    if (a.scheme == b.scheme && a.host == b.host && a.port == b.port) return;
    refuse(place, "login_url and the first acs_url differ in scheme, host or port: no cookie of one comes to the other",
           "write both under one name, that of " + shown(acs.str()));
}

TargetRules read_target_rules(const ConfigTable& table, const saml::EndpointUrl& origin) {
    TargetRules rules{.origin = origin, .prefix = "/", .others = {}};
    if (const auto prefix = table.text("target_prefix")) {
        if (!LocalTarget::parse(prefix->value, rules) || !prefix->value.starts_with('/')) {
            refuse(prefix->place, "target_prefix can't be " + shown(prefix->value),
                   "write the path under which your pages are, e.g. \"/app/\"");
        }
        rules.prefix = prefix->value;
    }
    for (const auto& text : table.texts("targets"))
        rules.others.push_back(over_https(parse_url(text, "targets"), text.place, "targets").str());
    return rules;
}

LocalTarget read_landing(const ConfigTable& table, const TargetRules& rules) {
    const auto text = table.text("landing");
    auto landing = LocalTarget::parse(text ? text->value : rules.prefix, rules);
    if (!landing) {
        refuse(text ? text->place : table.place(), "landing can't be " + shown(text ? text->value : rules.prefix),
               "write a path below target_prefix, e.g. \"/\", or one of targets");
    }
    return *std::move(landing);
}

/// Our metadata says that requests are signed, and they are.
void refuse_unsigned_requests(const ConfigTable& root) {
    const ConfigTable sp = root.table("sp", sp_keys);
    const auto is_signed = sp.flag("authn_requests_signed");
    if (!is_signed || is_signed->value) return;
    refuse(is_signed->place, "authn_requests_signed = false beside [sign_on], which signs each request", "remove it");
}

}  // namespace

std::optional<SignOnSection> read_sign_on(const ConfigTable& root, const fs::path& folder, const SpSection& sp,
                                          const ServerSection& server, const StoreOptions& store) {
    if (!root.has("sign_on")) return std::nullopt;
    const ConfigTable table = root.table("sign_on", sign_on_keys);
    refuse_unsigned_requests(root);
    const Place acs_place = root.table("sp", sp_keys).place_of("acs_url");
    const saml::EndpointUrl acs = over_https(sp.acs_urls.front(), acs_place, "acs_url");
    const auto text = table.required_text("login_url", "https://sp.example.org/login");
    const saml::EndpointUrl login = over_https(parse_url(text, "login_url"), text.place, "login_url");
    refuse_other_origin(login, text.place, acs);
    const std::string acs_path = path_of(acs, acs_place, "acs_url");
    const std::string login_path = path_of(login, text.place, "login_url");
    refuse_path_of_others(acs_path, acs_place, "acs_url", server);
    refuse_path_of_others(login_path, text.place, "login_url", server);
    if (login_path == acs_path) refuse(text.place, "login_url is acs_url", "give it another path");

    TargetRules rules = read_target_rules(table, acs);
    LocalTarget landing = read_landing(table, rules);
    SignOnOptions options{
        .assertion_consumer_service = acs, .targets = std::move(rules), .landing = std::move(landing)};
    options.flow_lifetime = table.seconds("flow_lifetime", options.flow_lifetime, {1min, longest_flow});
    options.session_lifetime = table.seconds("session_lifetime", options.session_lifetime, {1min, 24h * 365});
    SignOnEndpointOptions endpoint{.login_url = login};
    if (const auto service = table.text("discovery_service"))
        endpoint.discovery_service =
            over_https(parse_url(*service, "discovery_service"), service->place, "discovery_service");
    endpoint.starts_per_second_per_peer = static_cast<unsigned>(
        table.number("starts_per_second_per_address", endpoint.starts_per_second_per_peer, {1, 1'000'000}));

    const auto key = table.text("key");
    if (key && !std::holds_alternative<SqliteSessionStoreOptions>(store)) {
        refuse(key->place, "key means nothing without engine = \"sqlite\" in [store]",
               std::holds_alternative<RedisSessionStoreOptions>(store)
                   ? "remove it: the keys of [store.redis] serve sign-ons, too"
                   : "remove it: what memory keeps ends with the process");
    }
    return SignOnSection{.options = std::move(options),
                         .endpoint = std::move(endpoint),
                         .max_flows = table.number("max_flows", usual.max_flows, counts),
                         .max_claims = table.number("max_claims", usual.max_claims, counts),
                         .key = {folder / (key ? key->value : "sign-on.key"), key ? key->place : table.place()}};
}

SignOnConfiguration load_sign_on(const SignOnSection& section, const StoreOptions& store, MissingKeys missing,
                                 std::vector<std::string>& notes) {
    FlowStoreOptions flows;
    if (const auto* sqlite = std::get_if<SqliteSessionStoreOptions>(&store)) {
        flows.engine = SqliteFlowStoreOptions{
            .folder = sqlite->folder, .max_flows = section.max_flows, .max_claims = section.max_claims};
        flows.secret = load_own_secret(section.key, missing, notes);
    } else if (const auto* redis = std::get_if<RedisSessionStoreOptions>(&store)) {
        flows.engine = RedisFlowStoreOptions{.servers = redis->servers,
                                             .keys = redis->keys,
                                             .prefix = redis->prefix,
                                             .replica_shortfall = redis->replica_shortfall,
                                             .max_flows = section.max_flows,
                                             .max_claims = section.max_claims};
    } else {
        flows.engine = MemoryFlowStoreOptions{.max_flows = section.max_flows, .max_claims = section.max_claims};
    }
    return {.options = section.options, .endpoint = section.endpoint, .flows = std::move(flows)};
}

void publish_sign_on(const SignOnConfiguration& sign_on, metadata::SpMetadata& content) {
    content.authn_requests = metadata::AuthnRequests::signed_always;
    auto& returns = content.discovery_responses;
    const auto& login = sign_on.endpoint.login_url;
    const bool is_there = std::ranges::any_of(
        returns, [&](const metadata::IndexedEndpoint& one) { return one.location.str() == login.str(); });
    if (!sign_on.endpoint.discovery_service || is_there) return;
    returns.push_back({login, static_cast<std::uint16_t>(returns.size())});
}

}  // namespace slo::sp
