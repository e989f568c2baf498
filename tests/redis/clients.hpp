// Clients for tests.
#pragma once

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>

#include "enough_time.hpp"
#include "redis/client.hpp"
#include "redis_server.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {

[[nodiscard]] inline sp::RedisServers servers_at(std::string address) {
    sp::RedisServers servers;
    servers.addresses = {std::move(address)};
    servers.deadline = std::chrono::seconds(30);  // for a busy machine; nothing waits for it
    return servers;
}

/// A client of existing servers, whatever its deadline: a busy machine may need a short one more than once.
[[nodiscard]] inline std::unique_ptr<sp::redis::Client> opened_client(const sp::RedisServers& servers) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto client = sp::redis::Client::open(servers);
    while (!client && std::chrono::steady_clock::now() < end) client = sp::redis::Client::open(servers);
    BOOST_REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().detail));
    return *std::move(client);
}

/// No client can be opened at `servers`, and at some deadline the error has `part`. Returns the whole error.
inline std::string check_refused(sp::RedisServers servers, const std::string& part) {
    std::string why;
    const bool was_heard = in_enough_time([&](std::chrono::milliseconds deadline) {
        servers.deadline = deadline;
        const auto client = sp::redis::Client::open(servers);
        BOOST_REQUIRE(!client.has_value());
        BOOST_TEST(client.error().code == make_error_code(sp::StoreErrc::store_unusable));
        why = client.error().detail;
        return why.find(part) != std::string::npos;
    });
    BOOST_TEST(was_heard, why);
    return why;
}

/// The text of the answer, or the error.
[[nodiscard]] inline std::string said(const Result<sp::redis::Answer>& answer) {
    if (!answer) return "failed: " + answer.error().detail;
    using Kind = sp::redis::Reply::Kind;
    const auto& reply = answer->reply;
    if (reply.kind == Kind::error) return "-" + reply.text;
    if (reply.kind == Kind::integer) return std::to_string(reply.integer);
    return reply.kind == Kind::nil ? "nil" : reply.text;
}

[[nodiscard]] inline std::string asked(sp::redis::Client& client, std::vector<std::string> words) {
    const std::string key = words.size() > 1 ? words[1] : "";
    return said(client.call({.key = key, .words = std::move(words)}));
}

/// A master at which every logout waits for one replica.
[[nodiscard]] inline sp::RedisServers replicated(const RedisServer& primary) {
    auto servers = servers_at(primary.address());
    servers.replicas = 1;
    return servers;
}

[[nodiscard]] inline Result<sp::redis::Answer> set_everywhere(sp::redis::Client& client, std::string value) {
    return client.call({.key = "key",
                        .words = {"SET", "key", std::move(value)},
                        .acknowledgement = sp::redis::Acknowledgement::replicas});
}

}  // namespace slo::test
