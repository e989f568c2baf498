// A real HttpServer on loopback, in a thread of its own, with a handler that remembers what it was asked.
#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client.hpp"
#include "slo/sp/http_server.hpp"

namespace slo::test {

class RecordingHandler final : public sp::HttpHandler {
public:
    using Answering = std::function<sp::HttpStep(const sp::HttpRequest&)>;

    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        if (answering) return answering(request);
        return sp::HttpReply{
            .status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = request.target + "|" + request.body};
    }

    Lane lane(const sp::HttpRequest& request) const noexcept override {
        return request.target.ends_with("?waits") ? Lane::waiting : Lane::usual;
    }

    void refused(const sp::RefusedByServer& refused) noexcept override {
        std::string told = std::string(refused.peer) + " " + std::string(refused.target) + " " +
                           std::to_string(refused.status) + " " + std::string(sp::name(refused.rule)) + ": " +
                           std::string(refused.detail);
        const std::lock_guard lock(mutex_);
        refusals_.push_back(std::move(told));
    }

    /// "peer target status rule: detail" of each.
    [[nodiscard]] std::vector<std::string> refusals() const {
        const std::lock_guard lock(mutex_);
        return refusals_;
    }
    [[nodiscard]] std::string last_refusal() const {
        const auto all = refusals();
        return all.empty() ? "none" : all.back();
    }

    [[nodiscard]] std::vector<sp::HttpRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::vector<std::string> targets() const {
        std::vector<std::string> targets;
        for (const auto& request : requests()) targets.push_back(request.target);
        return targets;
    }

    Answering answering;  ///< set before the first request

private:
    mutable std::mutex mutex_;
    std::vector<sp::HttpRequest> requests_;
    std::vector<std::string> refusals_;
};

inline sp::HttpServer opened(sp::HttpServerOptions options, sp::HttpHandler& handler) {
    auto server = sp::HttpServer::open(std::move(options), handler);
    BOOST_REQUIRE_MESSAGE(server.has_value(), (server ? "" : server.error().detail));
    return std::move(*server);
}

class RunningServer {
public:
    explicit RunningServer(sp::HttpServerOptions options = {}, RecordingHandler::Answering answering = {})
        : server(opened(std::move(options), handler)) {
        handler.answering = std::move(answering);
        thread_ = std::thread([this] { server.run(); });
    }
    ~RunningServer() { stop(); }

    /// Returns when run() has.
    void stop() {
        server.stop();
        if (thread_.joinable()) thread_.join();
    }

    [[nodiscard]] Client connect(std::uint8_t last_octet = 1) const {
        Client client(server.port(), last_octet);
        BOOST_REQUIRE(client.connected());
        return client;
    }

    /// Whether an ordinary request on a new connection is answered, as it must be after every attack.
    [[nodiscard]] bool still_serves() const {
        return connect().ask("GET /still HTTP/1.1\r\nHost: sp\r\n\r\n").status == 200;
    }

    RecordingHandler handler;
    sp::HttpServer server;

private:
    std::thread thread_;
};

inline std::string post(std::string_view target, std::string_view body) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: sp\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}
inline std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: sp\r\n\r\n";
}

}  // namespace slo::test
