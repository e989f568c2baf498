#include "settings.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace slo::daemon {

namespace {

/// What a proxy passes on to the application, and no field that means something to HTTP itself.
bool is_header_name(std::string_view name) {
    const bool is_ours = name.starts_with("X-") || name.starts_with("Remote-");
    return is_ours && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
           });
}

std::optional<IdentityHeader> read_header(std::string_view text) {
    const auto colon = text.find(": ");
    if (colon == std::string_view::npos || !is_header_name(text.substr(0, colon))) return std::nullopt;
    IdentityHeader header{.name = std::string(text.substr(0, colon)), .attribute = std::string(text.substr(colon + 2))};
    if (header.attribute.empty() || header.name.starts_with("X-Saml-")) return std::nullopt;
    return header;
}

}  // namespace

Result<LocalOptions> read_local(const sp::ConfigurationSection& local, const sp::HttpServerOptions& server,
                                UsersSignOn where) {
    const auto port = local.number("port", 0, 1, 65'535);
    if (!port) return port.error();
    if (*port != 0 && *port == server.port)
        return local.refusal("port", "[local] and [server] have the same port", "give [local] another one");
    const auto texts = local.texts("identity_headers");
    if (!texts) return texts.error();
    if (*port == 0 && where == UsersSignOn::here) {
        return local.refusal("port", "[sign_on] without [local]: no application could ask who has signed on",
                             "write [local] with a port");
    }
    if (!texts->empty() && where == UsersSignOn::elsewhere) {
        return local.refusal("identity_headers", "identity_headers mean nothing without [sign_on]",
                             "remove them, or write [sign_on]");
    }
    LocalOptions options{.port = static_cast<std::uint16_t>(*port), .identity_headers = {}};
    for (const std::string& text : *texts) {
        auto header = read_header(text);
        if (!header) {
            return local.refusal("identity_headers", "identity_headers has what is no header and attribute",
                                 "write each as \"X-Mail: urn:oid:0.9.2342.19200300.100.1.3\", with a name that begins "
                                 "with X- or Remote-, and not with X-Saml-");
        }
        const auto has_name = [&](const IdentityHeader& other) { return other.name == header->name; };
        if (std::ranges::any_of(options.identity_headers, has_name))
            return local.refusal("identity_headers", "identity_headers names a header twice", "remove one of the two");
        options.identity_headers.push_back(*std::move(header));
    }
    return options;
}

Result<ProcessOptions> read_process(const sp::ConfigurationSection& process) {
    constexpr std::string_view on_or_off[] = {"on", "off"};
    auto user = process.text("user");
    if (!user) return std::move(user).error();
    auto seccomp = process.word("seccomp", on_or_off);
    if (!seccomp) return std::move(seccomp).error();
    return ProcessOptions{.user = std::move(*user).value_or(""),
                          .seccomp = *seccomp == "off" ? SystemCallFilter::off : SystemCallFilter::on};
}

Result<ConfigurationFile> read_configuration(const std::filesystem::path& file) {
    auto read = sp::ConfigurationFile::read(file, own_sections);
    if (!read) return std::move(read).error();
    auto local = read_local(read->section("local"), read->server(),
                            read->signs_on() ? UsersSignOn::here : UsersSignOn::elsewhere);
    if (!local) return std::move(local).error();
    auto process = read_process(read->section("process"));
    if (!process) return std::move(process).error();
    return ConfigurationFile{*std::move(read), *std::move(local), *std::move(process)};
}

Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now, sp::MissingKeys missing) {
    auto read = read_configuration(file);
    if (!read) return std::move(read).error();
    auto configuration = read->load(now, {.missing = missing, .key_owner = read->process.user});
    if (!configuration) return std::move(configuration).error();
    return Configuration{*std::move(configuration), std::move(read->local), std::move(read->process)};
}

}  // namespace slo::daemon
