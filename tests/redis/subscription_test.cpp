#include <boost/test/unit_test.hpp>

#include <atomic>
#include <mutex>
#include <vector>

#include "clients.hpp"
#include "enough_time.hpp"
#include "fake_server.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

struct Heard {
    void subscribe(sp::redis::Client& client) {
        client.subscribe(
            "channel",
            [this](std::string_view message) {
                const std::lock_guard lock(mutex);
                messages.emplace_back(message);
            },
            [this] { ++gaps; });
    }
    [[nodiscard]] bool has(const std::string& message) {
        const std::lock_guard lock(mutex);
        return std::ranges::find(messages, message) != messages.end();
    }
    std::mutex mutex;
    std::vector<std::string> messages;
    std::atomic<unsigned> gaps = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_subscription)

BOOST_AUTO_TEST_CASE(published_messages_arrive_and_each_beginning_is_a_gap) {
    RedisServer server;
    Heard heard;
    const auto client = opened_client(servers_at(server.address()));
    heard.subscribe(*client);
    await("the beginning", [&] { return heard.gaps >= 1; });
    BOOST_TEST(asked(*client, {"PUBLISH", "channel", "first"}) == "1");
    BOOST_TEST(asked(*client, {"PUBLISH", "another", "unheard"}) == "0");
    await("a message", [&] { return heard.has("first"); });
    const unsigned gaps = heard.gaps;
    server.stop();
    await("a gap that lasts", [&] { return heard.gaps > gaps + 2; });
    server.start();
    await("another beginning", [&] { return server.ask({"PUBSUB", "NUMSUB", "channel"}) == "channel 1"; });
    BOOST_TEST(asked(*client, {"PUBLISH", "channel", "second"}) == "1");
    await("a message", [&] { return heard.has("second"); });
    BOOST_TEST(!heard.has("unheard"));
}

BOOST_AUTO_TEST_CASE(a_server_that_falls_silent_is_a_gap) {
    RedisServer server;
    Heard heard;
    auto servers = servers_at(server.address());
    servers.deadline = std::chrono::milliseconds(100);
    const auto client = opened_client(servers);
    heard.subscribe(*client);
    await("the beginning", [&] { return heard.gaps >= 1; });
    server.pause();
    await("a question that fails", [&] { return asked(*client, {"PING"}).starts_with("failed"); });
    await("a client that tries to connect",
          [&] { return asked(*client, {"PING"}).find("doesn't answer") != std::string::npos; });
    server.resume();
    await("the gap", [&] { return heard.gaps >= 2; });
    await("another beginning", [&] { return asked(*client, {"PUBLISH", "channel", "after"}) == "1"; });
    await("a message", [&] { return heard.has("after"); });
}

// Only its own pings can tell: all other connections to that server work.
BOOST_AUTO_TEST_CASE(a_connection_that_alone_falls_silent_is_a_gap_and_a_quiet_one_is_none) {
    for (const bool answers : {true, false}) {
        const unsigned gaps = answers ? 1 : 3;  // another beginning, too, is told as one
        BOOST_TEST(in_enough_time([&](std::chrono::milliseconds deadline) {
            std::atomic<unsigned> pings = 0;
            Heard heard;
            const FakeServer server([&](const std::vector<std::string>& words) -> std::string {
                if (words.front() == "SUBSCRIBE") return "*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n";
                if (words.front() == "PING") ++pings;
                return answers ? "*2\r\n$4\r\npong\r\n$0\r\n\r\n" : "";
            });
            auto servers = servers_at(server.address());
            servers.deadline = deadline;
            const auto client = opened_client(servers);
            heard.subscribe(*client);
            await(
                "two questions", [&] { return pings >= 2; }, std::chrono::seconds(60));
            return heard.gaps == gaps;
        }));
    }
}

BOOST_AUTO_TEST_SUITE_END()
