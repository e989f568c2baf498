#include "config_sections.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "http_fields.hpp"
#include "key_files.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/error.hpp"

namespace slo::sp {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::string_view tls_keys[] = {"certificate", "key", "client_certificates", "client_ca"};
constexpr std::string_view limits_keys[] = {"connections",   "connections_per_address", "requests_per_connection",
                                            "header_octets", "header_fields",           "body_octets"};
constexpr std::string_view timeouts_keys[] = {"handshake", "header", "body", "write", "idle", "drain"};

/// "127.0.0.1:8080" or "[::1]:8080". A name isn't taken: its address could change during operation.
void read_listen(const Placed<std::string>& listen, HttpServerOptions& options) {
    const std::string_view text = listen.value;
    const auto colon = text.rfind(':');
    const std::string_view port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    std::string address(text.substr(0, colon));
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    in6_addr ignored{};
    const bool is_address =
        ::inet_pton(AF_INET, address.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (!is_address || error != std::errc{} || end != port.data() + port.size()) {
        refuse(listen.place, "listen can't be " + shown(text),
               R"(write an address and a port: "127.0.0.1:8080" or "[::1]:8080")");
    }
    options.address = std::move(address);
}

std::string read_path(const ConfigTable& server, std::string_view key, std::string fallback) {
    const auto path = server.text(key);
    if (!path) return fallback;
    const bool printable =
        std::all_of(path->value.begin(), path->value.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!path->value.starts_with('/') || !printable) {
        refuse(path->place, std::string(key) + " can't be " + shown(path->value),
               "write the path of the URL as it's sent, e.g. \"/saml/slo/soap\"");
    }
    return path->value;
}

/// The server opens the file itself; reading it here too lets the refusal name the line.
std::string tls_file(const Placed<std::string>& text, std::string_view key, const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / text.value;
    static_cast<void>(read_file(file, 1024 * 1024, text.place, key));
    return file.string();
}

TlsOptions read_tls(const ConfigTable& tls, const std::filesystem::path& folder, std::vector<std::string>& notes) {
    TlsOptions options;
    const auto certificate = tls.required_text("certificate", "server.crt.pem");
    const auto key = tls.required_text("key", "server.key.pem");
    options.certificate_chain_file = tls_file(certificate, "certificate", folder);
    options.private_key_file = tls_file(key, "key", folder);
    note_readable_by_others(options.private_key_file, "private key", key.place, notes);
    options.client_certificates = tls.choice("client_certificates", ClientCertificates::none,
                                             {{"none", ClientCertificates::none},
                                              {"optional", ClientCertificates::optional},
                                              {"required", ClientCertificates::required},
                                              {"any", ClientCertificates::any}});
    const bool needs_ca = options.client_certificates == ClientCertificates::optional ||
                          options.client_certificates == ClientCertificates::required;
    const auto ca = tls.text("client_ca");
    if (ca) options.client_ca_file = tls_file(*ca, "client_ca", folder);
    if (ca && options.client_certificates == ClientCertificates::any) {
        refuse(ca->place, "client_ca beside client_certificates = \"any\"",
               "remove it, as nobody would be held to it, or write \"optional\" or \"required\"");
    }
    if (!ca && needs_ca) {
        refuse(tls.place_of("client_certificates"), "client_certificates without client_ca",
               "name the file with the CA that issued them: client_ca = \"clients-ca.pem\"");
    }
    return options;
}

void read_limits(const ConfigTable& limits, ServerSection& section) {
    HttpServerOptions& server = section.server;
    server.max_connections = limits.number("connections", server.max_connections, {1, 100'000});
    server.max_connections_per_address =
        limits.number("connections_per_address", server.max_connections_per_address, {1, 100'000});
    server.max_requests_per_connection =
        limits.number("requests_per_connection", server.max_requests_per_connection, {1, 1'000'000});
    server.max_header_octets = limits.number("header_octets", server.max_header_octets, {1024, 60 * 1024});
    server.max_header_fields = limits.number("header_fields", server.max_header_fields, {8, 1024});
    server.max_body_octets = limits.number("body_octets", server.max_body_octets, {4096, saml::xml::Limits{}.octets});
    section.endpoint.max_body = server.max_body_octets;
}

void read_timeouts(const ConfigTable& timeouts, HttpServerOptions& server) {
    const auto read = [&](std::string_view key, milliseconds& value) {
        value = timeouts.duration(key, {100ms, 10min}).value_or(value);
    };
    read("handshake", server.handshake_timeout);
    read("header", server.header_timeout);
    read("body", server.body_timeout);
    read("write", server.write_timeout);
    read("idle", server.idle_timeout);
    read("drain", server.drain_timeout);
}

}  // namespace

saml::EntityIDForm entity_id_form(const ConfigTable& table) {
    return table.is_on("opaque_entity_id") ? saml::EntityIDForm::opaque : saml::EntityIDForm::absolute_uri;
}

saml::EntityID parse_id(const Placed<std::string>& text, std::string_view key, saml::EntityIDForm form) {
    auto id = saml::read_entity_id(text.value, form);
    if (!id && form == saml::EntityIDForm::opaque) {
        refuse(text.place, std::string(key) + " can't be " + shown(text.value),
               "write 1 to 1024 octets of those that a URI may have, with single blanks inside at most");
    }
    if (!id) {
        refuse(text.place, std::string(key) + " can't be " + shown(text.value),
               "write an absolute URI of at most 1024 bytes, e.g. \"https://sp.example.org/saml\" (another name takes "
               "opaque_entity_id = true)");
    }
    return *std::move(id);
}

saml::EndpointUrl parse_url(const Placed<std::string>& text, std::string_view key) {
    auto url = saml::EndpointUrl::parse(text.value);
    if (!url) {
        refuse(text.place, std::string(key) + " can't be " + shown(text.value),
               "write a full URL without user or fragment, e.g. \"https://sp.example.org/saml/...\"");
    }
    return *std::move(url);
}

namespace {

std::vector<saml::EndpointUrl> read_urls(const ConfigTable& sp, std::string_view key) {
    const bool http_is_allowed = sp.is_on("allow_http");
    std::vector<saml::EndpointUrl> destinations;
    for (const auto& text : sp.texts(key)) {
        destinations.push_back(parse_url(text, key));
        const auto parts = idp_adapter::parts_of(destinations.back());
        if (parts.scheme == "https" || idp_adapter::is_loopback(parts.host) || http_is_allowed) continue;
        refuse(text.place,
               std::string(key) + " " + shown(text.value) + " is plain http: whoever listens learns who logs out",
               "write https://, or allow_http = true in [sp] if the way from the IdP is protected otherwise");
    }
    return destinations;
}

}  // namespace

std::vector<saml::EndpointUrl> Destinations::all() const {
    std::vector<saml::EndpointUrl> urls = soap;
    urls.insert(urls.end(), form.begin(), form.end());
    return urls;
}

Destinations read_destinations(const ConfigTable& sp) {
    if (sp.texts("slo_url").empty()) {
        static_cast<void>(sp.required_text("slo_url", "https://sp.example.org/saml/slo/soap"));
    }
    return {.soap = read_urls(sp, "slo_url"),
            .form = read_urls(sp, "form_url"),
            .browser = read_urls(sp, "browser_slo_url")};
}

std::string trouble_with(const std::filesystem::path& file, const Failure& failure) {
    std::string what = shown(file.string()) + " isn't usable as an IdP's metadata: " + failure.code.message();
    if (!failure.detail.empty()) what += " (" + failure.detail + ")";
    if (is(failure, saml::Errc::xml_encoding)) return what + "; convert it to UTF-8";
    const bool expired = failure.code == metadata::make_error_code(metadata::Errc::expired);
    return what +
           (expired ? "; fetch a new copy from the IdP" : "; it must be the EntityDescriptor of one SAML 2.0 IdP");
}

PolicySection read_policy(const ConfigTable& table) {
    PolicySection section;
    Policy& policy = section.policy;
    policy.unknown_principal = table.choice(
        "unknown_principal", policy.unknown_principal,
        {{"success", UnknownPrincipal::success}, {"unknown_principal", UnknownPrincipal::unknown_principal}});
    policy.second_level_codes =
        table.choice("second_level_codes", policy.second_level_codes,
                     {{"sent", SecondLevelCodes::sent}, {"omitted", SecondLevelCodes::omitted}});
    policy.clock_skew = table.seconds("clock_skew", policy.clock_skew, {0s, 10min});
    policy.requests_per_second_per_idp = static_cast<unsigned>(
        table.number("requests_per_second_per_idp", policy.requests_per_second_per_idp, {1, 1'000'000}));
    policy.unproven_answers_per_second = static_cast<unsigned>(
        table.number("unproven_answers_per_second", policy.unproven_answers_per_second, {1, 100'000}));
    policy.application_deadline =
        table.duration("application_deadline", {100ms, 1min}).value_or(policy.application_deadline);
    policy.logout_record_horizon =
        table.seconds("logout_record_horizon", policy.logout_record_horizon, {5min, 24h * 30});
    policy.logout_record_cap = table.seconds("logout_record_cap", policy.logout_record_cap, {5min, 24h * 365});
    if (policy.logout_record_cap < policy.logout_record_horizon) {
        refuse(table.place_of("logout_record_cap"), "logout_record_cap is shorter than logout_record_horizon",
               "make it at least as long");
    }
    if (table.is_on("allow_shared_keys")) section.shared_keys = idp_adapter::SharedKeys::accepted;
    section.relogin =
        table.choice("relogin", section.relogin,
                     {{"by_authn_instant", ReloginRule::by_authn_instant}, {"strict", ReloginRule::strict}});
    return section;
}

namespace {

/// A form's path without a public URL would take messages whose Destination could only be another endpoint's.
void read_form_path(const ConfigTable& table, const Destinations& destinations, HttpEndpointOptions& endpoint) {
    if (destinations.form.empty() && !table.has("form_path")) return;
    if (destinations.form.empty()) {
        refuse(table.place_of("form_path"), "form_path without form_url",
               "write its public URL in [sp]: form_url = \"https://sp.example.org/saml/slo/form\"");
    }
    endpoint.form_path = read_path(table, "form_path", idp_adapter::parts_of(destinations.form.front()).target);
    if (endpoint.form_path == endpoint.soap_path || endpoint.form_path == endpoint.metadata_path) {
        refuse(table.place_of("form_path"), "form_path is soap_path or metadata_path", "give it another path");
    }
}

/// A query of 16 KiB stands in the head of a request.
constexpr std::size_t head_with_query = 24 * 1024;

void read_front_channel(const ConfigTable& table, const Destinations& destinations, ServerSection& section) {
    const std::string path = idp_adapter::parts_of(destinations.browser.front()).target;
    const HttpEndpointOptions& others = section.endpoint;
    if (path.find('?') != std::string::npos || path == others.soap_path || path == others.form_path ||
        path == others.metadata_path) {
        refuse(table.place(), "browser_slo_url in [sp] has the path " + shown(path) + ", which another endpoint has",
               "give it a path of its own, without a query");
    }
    section.front_channel = FrontChannelOptions{.urls = destinations.browser};
    if (!table.table("limits", limits_keys).has("header_octets")) section.server.max_header_octets = head_with_query;
}

}  // namespace

ServerSection read_server(const ConfigTable& table, const std::filesystem::path& folder,
                          const Destinations& destinations, std::size_t handler_threads,
                          std::vector<std::string>& notes) {
    ServerSection section;
    HttpServerOptions& server = section.server;
    read_listen(table.required_text("listen", "127.0.0.1:8080"), server);
    section.endpoint.soap_path = read_path(table, "soap_path", idp_adapter::parts_of(destinations.soap.front()).target);
    section.endpoint.metadata_path = read_path(table, "metadata_path", section.endpoint.metadata_path);
    if (section.endpoint.soap_path == section.endpoint.metadata_path) {
        refuse(table.place_of("metadata_path"), "soap_path and metadata_path are the same",
               "give one of them another path");
    }
    read_form_path(table, destinations, section.endpoint);
    if (!destinations.browser.empty()) read_front_channel(table, destinations, section);
    section.endpoint.soap_urls = destinations.soap;
    section.endpoint.form_urls = destinations.form;
    server.threads = table.number("threads", server.threads, {1, 256});
    server.handler_threads = table.number("handler_threads", handler_threads, {0, 1024});
    for (const auto& host : table.texts("hosts")) server.hosts.push_back(idp_adapter::lower_case(host.value));
    read_limits(table.table("limits", limits_keys), section);
    read_timeouts(table.table("timeouts", timeouts_keys), server);
    if (table.has("tls")) server.tls = read_tls(table.table("tls", tls_keys), folder, notes);
    if (!server.tls && !idp_adapter::is_loopback(server.address)) {
        const Place place = table.place_of("listen");
        notes.push_back(place.file + ":" + std::to_string(place.line) +
                        ": note: listens beyond this machine without TLS; add [server.tls], or let a proxy speak TLS");
    }
    return section;
}

}  // namespace slo::sp
