// fuzz_http from end to end: a real HttpServer on loopback, Beast's second reading of each head included. Nothing but
// the requests that a strict reader sees reaches the handler, each gets its answer, and the server goes on.
#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client.hpp"
#include "fuzz.hpp"
#include "slo/sp/http_server.hpp"
#include "strict_http.hpp"

namespace {

using namespace slo;
using fuzz::StrictRequest;

class Recorder final : public sp::HttpHandler {
public:
    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        const std::lock_guard lock(mutex_);
        requests_.push_back({request.target, request.body});
        return sp::HttpReply{.status = 200, .headers = {}, .body = {}};
    }
    [[nodiscard]] std::vector<StrictRequest> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(requests_, {});
    }

private:
    std::mutex mutex_;
    std::vector<StrictRequest> requests_;
};

/// One server for many inputs.
class Server {
public:
    Server() : thread_([this] { server_.run(); }) {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        server_.stop();
        thread_.join();
    }

    /// The statuses of all answers to `octets` on one connection, the interim ones left out; nothing where the machine
    /// was so busy that the server may have lost its patience with us.
    [[nodiscard]] std::optional<std::vector<int>> exchange(std::string_view octets) {
        const auto start = std::chrono::steady_clock::now();
        // From another address each time: a closed connection keeps its port for a minute, and one address has 28,000.
        test::Client client(server_.port(), next_peer_++);
        fuzz::require(client.connected());
        const std::size_t cut = octets.size() / 3;
        fuzz::require(client.send(octets.substr(0, cut)));
        // A server that has refused the beginning may close before the rest.
        client.send(octets.substr(cut));
        client.finish_sending();
        std::vector<int> statuses;
        for (auto answer = client.receive(); answer.status != 0; answer = client.receive()) {
            if (answer.status != 100) statuses.push_back(answer.status);
        }
        // After a refusal it throws away what still comes for a second, and then resets.
        constexpr std::chrono::milliseconds patience{500};
        if (std::chrono::steady_clock::now() - start > patience) return std::nullopt;
        return statuses;
    }

    Recorder recorder;
    [[nodiscard]] sp::HttpServer::Counters counters() const { return server_.counters(); }

private:
    // Room for all that an input can hold, so that the server reads it all and no reset destroys an answer.
    sp::HttpServer server_ =
        sp::HttpServer::open(
            {.max_requests_per_connection = 1'000'000, .max_header_octets = 2048, .max_header_fields = 16}, recorder)
            .value();
    std::thread thread_;
    std::uint8_t next_peer_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::optional<Server> server;
    if (!server) server.emplace();
    const auto input = fuzz::view(data, size);
    const auto answers = server->exchange(input);
    const auto requests = server->recorder.take();

    fuzz::require(server->counters().failures == 0);
    if (!answers) {
        server.reset();  // it may still be at work on this input, which is no business of the next one
        return 0;
    }

    const auto& statuses = *answers;
    const auto strict = fuzz::strict_requests(input);
    fuzz::require(requests.size() <= strict.size() && std::equal(requests.begin(), requests.end(), strict.begin()));
    const auto answered = std::ranges::count(statuses, 200);
    const bool refused = !statuses.empty() && statuses.back() >= 400;
    fuzz::require(statuses.size() == requests.size() + (refused ? 1U : 0U));
    fuzz::require(static_cast<std::size_t>(answered) == requests.size());
    fuzz::require(refused || requests.size() == strict.size());
    return 0;
}
