// How long the client waits, and how often it tries again by itself.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "clients.hpp"
#include "enough_time.hpp"
#include "fake_server.hpp"
#include "redis/codec.hpp"
#include "redis/connection.hpp"
#include "redis/dispatcher.hpp"

using namespace slo;
using namespace slo::sp::redis;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

sp::RedisServers cluster_at(const std::string& address) {
    auto servers = servers_at(address);
    servers.topology = sp::RedisTopology::cluster;
    return servers;
}

std::string port_of(const std::string& address) {
    return address.substr(address.find(':') + 1);
}

/// A Cluster's map with one master on this machine.
std::string slots_at(const std::string& port, const std::string& last = "16383") {
    return "*1\r\n*3\r\n:0\r\n:" + last + "\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + port + "\r\n";
}

/// A server that is asked for the Cluster's map, and counts how often.
class MapServer {
public:
    using Answer = std::function<std::string(unsigned question)>;
    explicit MapServer(Answer answer) : answer_(std::move(answer)) {}

    [[nodiscard]] const std::string& address() const { return server_.address(); }
    [[nodiscard]] std::string port() const { return port_of(server_.address()); }
    [[nodiscard]] unsigned questions() const { return questions_; }

private:
    Answer answer_;
    std::atomic<unsigned> questions_ = 0;
    FakeServer server_{[this](const std::vector<std::string>& words) {
        return words.front() == "CLUSTER" ? answer_(++questions_) : std::string("+OK\r\n");
    }};
};

/// Runs `act` on the loop's thread, and waits for it.
void run_on(EventLoop& loop, const std::function<void()>& act) {
    std::promise<void> done;
    loop.post([&] {
        act();
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(patience)

BOOST_AUTO_TEST_CASE(servers_without_a_useful_answer_are_asked_again_without_a_call) {
    std::promise<std::string> its_port;
    const auto port = its_port.get_future().share();
    const MapServer server(
        [&](unsigned question) { return question == 1 ? "-CLUSTERDOWN\r\n" : slots_at(port.get()); });
    its_port.set_value(server.port());
    BOOST_TEST(Client::open(cluster_at(server.address())).has_value());
    BOOST_TEST(server.questions() >= 2U);
}

// A server that can't be trusted, as its master isn't there, is asked meanwhile: so we know that there was time.
BOOST_AUTO_TEST_CASE(servers_are_asked_for_their_map_until_all_masters_are_there_and_no_longer) {
    std::promise<std::string> its_port;
    const auto port = its_port.get_future().share();
    const MapServer sound([&](unsigned) { return slots_at(port.get()); });
    its_port.set_value(sound.port());
    const auto client = opened_client(cluster_at(sound.address()));
    const unsigned questions = sound.questions();

    const DeafPort dead;
    const MapServer doubted([&](unsigned) { return slots_at(port_of(dead.address())); });
    BOOST_TEST(in_enough_time([&](std::chrono::milliseconds deadline) {
        const unsigned before = doubted.questions();
        auto servers = cluster_at(doubted.address());
        servers.deadline = deadline;
        BOOST_TEST(!Client::open(servers).has_value());
        return doubted.questions() >= before + 4;
    }));
    BOOST_TEST(sound.questions() <= questions + 1);  // that one had begun
}

BOOST_AUTO_TEST_CASE(a_request_whose_slot_has_no_master_waits_until_it_has_one) {
    std::promise<std::string> its_port;
    const auto port = its_port.get_future().share();
    std::atomic<bool> is_wanted = false;
    const MapServer server([&](unsigned) { return slots_at(port.get(), is_wanted ? "16383" : "100"); });
    its_port.set_value(server.port());
    const auto client = opened_client(cluster_at(server.address()));
    await("the question that was due when the master was there", [&] { return server.questions() >= 2; });
    is_wanted = true;
    BOOST_TEST(asked(*client, {"GET", "123456789"}) == "OK");  // in slot 12739
    BOOST_TEST(server.questions() >= 3U);
}

BOOST_AUTO_TEST_CASE(only_the_sentinels_are_asked_before_they_name_a_master) {
    const FakeServer sentinel([](const std::vector<std::string>&) { return std::string("*-1\r\n"); });
    auto servers = servers_at(sentinel.address());
    servers.topology = sp::RedisTopology::sentinel;
    servers.sentinel_master = "unknown";
    EventLoop loop;
    Tallies tallies;
    std::unique_ptr<Dispatcher> dispatcher;
    std::vector<std::string> troubles;
    std::promise<void> enough;
    run_on(loop, [&] {
        const auto note = [&](const Trouble& trouble) {
            troubles.push_back(trouble.text);
            if (troubles.size() == 3) enough.set_value();
        };
        dispatcher = std::make_unique<Dispatcher>(
            loop, servers, std::vector{parse_address(sentinel.address()).value()}, nullptr, tallies,
            Dispatcher::Events{.on_ready = [] {}, .on_trouble = note, .on_silence = [](const Address&) {}});
        BOOST_TEST(dispatcher->masters().empty());
    });
    enough.get_future().wait();
    run_on(loop, [&] { dispatcher.reset(); });
    loop.stop();
    for (const std::string& trouble : troubles) BOOST_TEST(trouble.starts_with(sentinel.address()), trouble);
}

BOOST_AUTO_TEST_CASE(a_waiting_request_is_tried_again_however_many_others_come_to_wait) {
    std::atomic<unsigned> asked = 0;
    const FakeServer server([&](const std::vector<std::string>& words) -> std::string {
        return words.back() == "wanted" && ++asked > 1 ? "+found\r\n" : "-TRYAGAIN\r\n";
    });
    EventLoop loop;
    Tallies tallies;
    std::unique_ptr<Dispatcher> dispatcher;
    std::unique_ptr<Timer> timer;
    std::promise<std::string> answer;
    const Moment end = SteadyClock::now() + 60s;
    const auto take = [&](const std::string& key, std::function<void(Result<Answer>)> done) {
        auto operation = std::make_shared<Operation>();
        operation->request = {.key = key, .words = {"GET", key}};
        operation->deadline = end;
        operation->done = std::move(done);
        dispatcher->take(operation);
    };
    bool is_over = false;
    const auto finish = [&](const std::string& text) {
        if (!std::exchange(is_over, true)) answer.set_value(text);
    };
    // Another one each millisecond: all of them wait for the same check of the waiting ones.
    std::function<void(int)> take_others = [&](int count) {
        if (count == 0) finish("tried again too late");
        if (is_over) return;
        take("another", [](const Result<Answer>&) {});
        timer->start(SteadyClock::now() + 1ms, [&, count] { take_others(count - 1); });
    };
    run_on(loop, [&] {
        timer = loop.make_timer();
        const auto begin = [&] {
            take("wanted", [&](const Result<Answer>& answer_to_it) { finish(said(answer_to_it)); });
            take_others(1'000);
        };
        dispatcher = std::make_unique<Dispatcher>(
            loop, servers_at(server.address()), std::vector{parse_address(server.address()).value()}, nullptr, tallies,
            Dispatcher::Events{
                .on_ready = begin, .on_trouble = [](const Trouble&) {}, .on_silence = [](const Address&) {}});
    });
    BOOST_TEST(answer.get_future().get() == "found");
    run_on(loop, [&] {
        timer.reset();
        dispatcher.reset();
    });
    loop.stop();
}

BOOST_AUTO_TEST_CASE(a_connection_that_goes_on_answering_is_kept) {
    const FakeServer server([](const std::vector<std::string>&) { return std::string("+more\r\n"); });
    BOOST_TEST(in_enough_time([&](std::chrono::milliseconds patience) {
        EventLoop loop;
        std::shared_ptr<Connection> connection;
        std::promise<bool> is_kept;
        bool is_over = false;
        const auto finish = [&](bool kept) {
            if (!std::exchange(is_over, true)) is_kept.set_value(kept);
        };
        const Moment end = SteadyClock::now() + 3 * patience;
        std::function<void()> ask = [&] {
            Exchange exchange;
            append_command(exchange.octets, {"PING"});
            exchange.done = [&](const std::vector<Reply>& replies) {
                if (replies.empty()) return;
                if (SteadyClock::now() >= end) return finish(true);
                ask();
            };
            connection->send(std::move(exchange));
        };
        run_on(loop, [&] {
            const auto begin = [&] {
                for (int i = 0; i < 2; ++i) ask();  // so that there is always one without an answer
            };
            connection = std::make_shared<Connection>(
                loop, ConnectionOptions{.address = parse_address(server.address()).value(), .patience = patience},
                begin, [&](const Trouble&) { finish(false); });
            connection->begin();
        });
        const bool kept = is_kept.get_future().get();
        run_on(loop, [&] {
            connection->close();
            connection.reset();
        });
        loop.stop();
        return kept;
    }));
}

BOOST_AUTO_TEST_CASE(a_server_that_falls_silent_after_a_rest_is_lost) {
    constexpr auto patience = 20ms;
    const FakeServer server([](const std::vector<std::string>& words) {
        return words.front() == "SILENCE" ? std::string() : std::string("+PONG\r\n");
    });
    EventLoop loop;
    std::shared_ptr<Connection> connection;
    std::unique_ptr<Timer> timer;
    std::promise<std::string> end;
    bool is_over = false;
    const auto finish = [&](const std::string& text) {
        if (!std::exchange(is_over, true)) end.set_value(text);
    };
    const auto ask = [&](const std::string& word, std::function<void()> then) {
        Exchange exchange;
        append_command(exchange.octets, {word});
        exchange.done = [then = std::move(then)](const std::vector<Reply>&) { then(); };
        connection->send(std::move(exchange));
    };
    const auto ask_after_a_rest = [&] {
        ask("SILENCE", [] {});
        timer->start(SteadyClock::now() + 60s, [&] { finish("not lost"); });
    };
    run_on(loop, [&] {
        timer = loop.make_timer();
        const auto begin = [&] {
            ask("PING", [&] { timer->start(SteadyClock::now() + 5 * patience, ask_after_a_rest); });
        };
        connection = std::make_shared<Connection>(
            loop, ConnectionOptions{.address = parse_address(server.address()).value(), .patience = patience}, begin,
            [&](const Trouble& trouble) { finish(trouble.text); });
        connection->begin();
    });
    BOOST_TEST(end.get_future().get().ends_with("it doesn't answer"));
    run_on(loop, [&] {
        timer.reset();
        connection->close();
        connection.reset();
    });
    loop.stop();
}

BOOST_AUTO_TEST_SUITE_END()
