#include "settings.hpp"

#include <utility>

namespace slo::daemon {

Result<std::uint16_t> read_local_port(const sp::ConfigurationSection& local, const sp::HttpServerOptions& server) {
    const auto port = local.number("port", 0, 1, 65'535);
    if (!port) return port.error();
    if (*port != 0 && *port == server.port)
        return local.refusal("port", "[local] and [server] have the same port", "give [local] another one");
    return static_cast<std::uint16_t>(*port);
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
    const auto local_port = read_local_port(read->section("local"), read->server());
    if (!local_port) return local_port.error();
    auto process = read_process(read->section("process"));
    if (!process) return std::move(process).error();
    return ConfigurationFile{*std::move(read), *local_port, *std::move(process)};
}

Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now, sp::MissingKeys missing) {
    auto read = read_configuration(file);
    if (!read) return std::move(read).error();
    auto configuration = read->load(now, {.missing = missing, .key_owner = read->process.user});
    if (!configuration) return std::move(configuration).error();
    return Configuration{*std::move(configuration), read->local_port, std::move(read->process)};
}

}  // namespace slo::daemon
