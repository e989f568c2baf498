#include "redis_server.hpp"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace slo::test {
namespace {

namespace fs = std::filesystem;

fs::path fresh_directory() {
    std::string name = (fs::temp_directory_path() / "slo-redis-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return name;
}

fs::path in_path(const std::string& program) {
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path != nullptr ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::error_code closed;  // a folder that isn't readable
        if (fs::exists(fs::path(folder) / program, closed)) return fs::path(folder) / program;
    }
    return {};
}

/// Debian's redis-tools has the server without its name; the server's own package would bring a service, too.
fs::path server_binary() {
    if (const char* const chosen = std::getenv("SLO_TEST_REDIS_SERVER"); chosen != nullptr && *chosen != '\0') {
        if (!fs::exists(chosen)) throw std::runtime_error("SLO_TEST_REDIS_SERVER names no file");
        return fs::canonical(chosen);
    }
    for (const char* const name : {"redis-server", "valkey-server", "redis-check-rdb", "valkey-check-rdb"}) {
        if (const fs::path found = in_path(name); !found.empty()) return fs::canonical(found);
    }
    throw std::runtime_error("no Redis server is installed; Debian's package redis-tools has one");
}

/// One binary is all of Redis' programs, and Valkey's too, by the name that it is started by.
void put_program_into(const fs::path& directory, bool sentinel) {
    fs::create_symlink(server_binary(), directory / (sentinel ? "redis-sentinel" : "redis-server"));
}

bool is_free(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool bound = ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    return bound;
}

/// A port that is free now, as is the one 10000 above it, where a Cluster's bus listens. Both below those that the
/// kernel gives to connections, which could take them before the server does.
std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<int> somewhere(20'000, 22'700);
    for (int tries = 0; tries < 1000; ++tries) {
        const auto port = static_cast<std::uint16_t>(somewhere(random));
        if (is_free(port) && is_free(static_cast<std::uint16_t>(port + 10'000))) return port;
    }
    throw std::runtime_error("no free port");
}

struct ContextRelease {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
};
using OwnedContext = std::unique_ptr<redisContext, ContextRelease>;
struct ReplyRelease {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using OwnedReply = std::unique_ptr<redisReply, ReplyRelease>;

OwnedReply command(redisContext* context, const std::vector<std::string>& words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> lengths;
    for (const auto& word : words) {
        starts.push_back(word.data());
        lengths.push_back(word.size());
    }
    return OwnedReply(static_cast<redisReply*>(
        redisCommandArgv(context, static_cast<int>(words.size()), starts.data(), lengths.data())));
}

std::string text_of(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_INTEGER:
            return std::to_string(reply.integer);
        case REDIS_REPLY_ERROR:
            return "-" + std::string(reply.str, static_cast<std::size_t>(reply.len));
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            return {reply.str, static_cast<std::size_t>(reply.len)};
        default:
            break;
    }
    std::string text;
    for (std::size_t i = 0; i < reply.elements; ++i) text += (i == 0 ? "" : " ") + text_of(*reply.element[i]);
    return text;
}

}  // namespace

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)), directory_(fresh_directory()) {
    try {
        put_program_into(directory_, options_.sentinel);
        start_at_free_ports();
    } catch (...) {
        kill();
        fs::remove_all(directory_);
        throw;
    }
}

/// Another test's server may take a port between our check and our server's start.
void RedisServer::start_at_free_ports() {
    for (int tries = 1;; ++tries) {
        if (options_.tcp) port_ = free_port();
        if (options_.tls) tls_port_ = free_port();
        write_configuration();
        try {
            start();
            return;
        } catch (const std::runtime_error&) {
            if (tries == 5 || log().find("Address already in use") == std::string::npos) throw;
            fs::remove(directory_ / "log");
        }
    }
}

RedisServer::~RedisServer() {
    kill();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void RedisServer::write_configuration() const {
    const std::string certificates = SLO_FIXTURES "/tls/";
    std::ofstream file(directory_ / "redis.conf");
    file << "dir " << directory_.string() << "\nbind 127.0.0.1\nport " << port_ << "\nunixsocket "
         << socket_path().string() << "\nlogfile " << (directory_ / "log").string() << "\nprotected-mode no\n";
    if (!options_.sentinel) file << "save \"\"\nrepl-diskless-sync-delay 0\n";
    if (options_.tls) {
        // Servers show each other the certificate that vouches for itself.
        std::ofstream(directory_ / "ca.pem") << std::ifstream(certificates + "server.pem").rdbuf()
                                             << std::ifstream(certificates + "client-ca.pem").rdbuf();
        file << "tls-port " << tls_port_ << "\ntls-cert-file " << certificates << "server.pem\ntls-key-file "
             << certificates << "server.key\ntls-ca-cert-file " << (directory_ / "ca.pem").string() << '\n'
             << "tls-auth-clients optional\n";
    }
    for (const auto& line : options_.configuration) file << line << '\n';
}

void RedisServer::start() {
    const std::string program = directory_ / (options_.sentinel ? "redis-sentinel" : "redis-server");
    const std::string configuration = directory_ / "redis.conf";
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
        // Dies with the test, however that ends.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        ::execl(program.c_str(), program.c_str(), configuration.c_str(), nullptr);
        ::_exit(127);
    }
    process_ = child;
    try {
        // A bench's server reads millions of sessions from its disk first.
        await(
            "a Redis server's start",
            [this] {
                if (::waitpid(process_, nullptr, WNOHANG) == process_) {
                    process_ = -1;
                    throw std::runtime_error("the Redis server ended");
                }
                return answers();
            },
            std::chrono::minutes(10));
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string(error.what()) + "; its log:\n" + log());
    }
}

bool RedisServer::answers() const {
    try {
        // Not while it loads what it has saved.
        const std::string pong = ask({"PING"});
        return pong == "PONG" || pong.starts_with("-NOAUTH");
    } catch (const std::runtime_error&) {
        return false;
    }
}

void RedisServer::stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

void RedisServer::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

void RedisServer::pause() {
    ::kill(process_, SIGSTOP);
}

void RedisServer::resume() {
    ::kill(process_, SIGCONT);
}

void RedisServer::restart() {
    stop();
    start();
}

std::string RedisServer::ask(const std::vector<std::string>& words) const {
    const OwnedContext context(redisConnectUnixWithTimeout(socket_path().c_str(), {.tv_sec = 5, .tv_usec = 0}));
    if (!context || context->err != 0) throw std::runtime_error("the Redis server isn't there");
    redisSetTimeout(context.get(), {.tv_sec = 5, .tv_usec = 0});
    if (!options_.password.empty() && !command(context.get(), {"AUTH", options_.password})) {
        throw std::runtime_error("the Redis server doesn't answer");
    }
    const OwnedReply reply = command(context.get(), words);
    if (!reply) throw std::runtime_error("the Redis server doesn't answer");
    return text_of(*reply);
}

std::string RedisServer::log() const {
    std::ifstream file(directory_ / "log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace slo::test
