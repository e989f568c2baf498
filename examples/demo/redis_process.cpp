#include "redis_process.hpp"

#include <string>
#include <system_error>

#include "node.hpp"

namespace slo::examples {
namespace {

namespace fs = std::filesystem;

/// Debian's redis-tools have the server inside a tool: under the right name it is one. So no service is installed.
std::optional<fs::path> find_server(const fs::path& folder) {
    for (const char* program : {"/usr/bin/redis-server", "/usr/bin/valkey-server", "/usr/local/bin/redis-server",
                                "/usr/local/bin/valkey-server"}) {
        if (fs::exists(program)) return program;
    }
    constexpr const char* tool = "/usr/bin/redis-check-rdb";
    if (!fs::exists(tool)) return std::nullopt;
    const fs::path link = folder / "redis-server";
    std::error_code error;
    if (!fs::exists(link)) fs::create_symlink(tool, link, error);
    return error ? std::nullopt : std::optional(link);
}

}  // namespace

fs::path redis_socket(const fs::path& folder) {
    return folder / "redis.sock";
}

std::optional<ChildProcess> start_redis(const fs::path& folder) {
    const auto program = find_server(folder);
    if (!program) return std::nullopt;
    auto process =
        ChildProcess::start({*program, "--port", "0", "--unixsocket", redis_socket(folder), "--dir", folder, "--save",
                             "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"});
    while (process) {
        const auto line = process->next_line(2 * patience);
        if (!line) return std::nullopt;
        if (line->find("eady to accept connections") != std::string::npos) break;
    }
    return process;
}

}  // namespace slo::examples
