// Attackers that take all the room there is: clients with a request are served all the same.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <future>

#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// No time-out frees a place before the server stops.
sp::HttpServerOptions patient(std::size_t in_all, std::size_t per_address) {
    return {.max_connections = in_all,
            .max_connections_per_address = per_address,
            .header_timeout = 1h,
            .body_timeout = 1h,
            .write_timeout = 1h,
            .idle_timeout = 1h,
            .drain_timeout = 10ms};
}

/// The four ways to take one's time.
void dawdle(Client& client, int way) {
    const std::string unfinished = "POST /slow HTTP/1.1\r\nHost: sp\r\nContent-Length: 10\r\n";
    if (way % 4 == 1) client.send(unfinished);
    if (way % 4 == 2) client.send(unfinished + "\r\nx");
    if (way % 4 == 3) client.send(get("/unread"));
}

std::vector<Client> slow_clients(std::uint16_t port, int count, int addresses) {
    std::vector<Client> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(port, static_cast<std::uint8_t>(2 + i % addresses));
        dawdle(clients.back(), i / addresses);
    }
    return clients;
}

sp::HttpStep big_or_small(const sp::HttpRequest& request) {
    return sp::HttpReply{
        .status = 200,
        .headers = {},
        .body = request.target == "/big" ? std::string(std::size_t{8} << 20, 'a') : std::string("small")};
}

bool all_served(std::uint16_t port, int requests) {
    for (int i = 0; i < requests; ++i) {
        if (Client(port).ask(get("/honest")).status != 200) return false;
    }
    return true;
}

/// A server in a process of its own that may have 64 descriptors.
class PoorServer {
public:
    PoorServer() {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        child_ = ::fork();
        if (child_ == 0) serve(ends[1]);
        ::close(ends[1]);
        BOOST_REQUIRE(::read(ends[0], &port, sizeof port) == sizeof port);
        ::close(ends[0]);
    }
    PoorServer(const PoorServer&) = delete;
    PoorServer& operator=(const PoorServer&) = delete;
    ~PoorServer() { static_cast<void>(exit_status()); }

    /// -1: it didn't end by itself.
    [[nodiscard]] int exit_status() {
        if (child_ <= 0) return -1;
        int status = 0;
        ::kill(child_, SIGTERM);
        ::waitpid(std::exchange(child_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::uint16_t port = 0;

private:
    [[noreturn]] static void serve(int report) {
        const rlimit scarce{.rlim_cur = 64, .rlim_max = 64};
        ::setrlimit(RLIMIT_NOFILE, &scarce);
        RecordingHandler handler;
        auto server = sp::HttpServer::open(patient(1024, 1024), handler);
        if (!server) ::_exit(1);
        server->stop_on_signals();
        const auto port = server->port();
        if (::write(report, &port, sizeof port) != sizeof port) ::_exit(1);
        server->run();
        ::_exit(server->counters().failures == 0 && server->counters().displaced_connections > 0 ? 0 : 2);
    }

    pid_t child_ = -1;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_flood)

BOOST_AUTO_TEST_CASE(serves_others_while_500_are_slow_in_four_ways) {
    RunningServer running(patient(1024, 256), big_or_small);
    const auto slow = slow_clients(running.server.port(), 496, 4);
    std::vector<Client> readers;
    for (int i = 0; i < 4; ++i) {
        readers.push_back(running.connect(6));
        readers.back().send(get("/big"));  // more than the kernel takes off the server's hands
    }
    BOOST_TEST(all_served(running.server.port(), 20));
    BOOST_TEST(running.server.counters().displaced_connections == 0u);
    BOOST_TEST(running.server.counters().timeouts == 0u);
}

BOOST_AUTO_TEST_CASE(serves_every_client_with_a_request_while_many_addresses_fill_the_server) {
    RunningServer running(patient(40, 10), big_or_small);
    const auto slow = slow_clients(running.server.port(), 200, 8);
    BOOST_TEST(all_served(running.server.port(), 20));
    BOOST_TEST(running.server.counters().refused_connections == 0u);
    BOOST_TEST(running.server.counters().displaced_connections >= 160u);
}

BOOST_AUTO_TEST_CASE(serves_every_client_with_a_request_while_its_own_address_is_full) {
    RunningServer running(patient(1000, 10), big_or_small);
    std::vector<Client> slow;
    for (int i = 0; i < 50; ++i) {
        slow.push_back(running.connect());
        dawdle(slow.back(), i);
    }
    BOOST_TEST(all_served(running.server.port(), 20));
}

BOOST_AUTO_TEST_CASE(serves_every_client_with_a_request_on_several_threads) {
    auto options = patient(40, 10);
    options.threads = 3;
    RunningServer running(options, big_or_small);
    const auto slow = slow_clients(running.server.port(), 200, 8);
    BOOST_TEST(all_served(running.server.port(), 20));
}

BOOST_AUTO_TEST_CASE(takes_the_place_of_the_longest_waiting_connection_of_the_largest_address) {
    RunningServer running(patient(4, 3));
    auto early = running.connect(2);
    BOOST_TEST(early.ask(get("/early")).status == 200);
    std::vector<Client> many;
    for (int i = 0; i < 3; ++i) {
        many.push_back(running.connect(3));
        BOOST_TEST(many.back().ask(get("/many")).status == 200);
    }
    BOOST_TEST(many[0].ask(get("/many")).status == 200);  // now the second has waited longest

    auto late = running.connect(4);
    BOOST_TEST(late.ask(get("/late")).status == 200);
    BOOST_TEST(many[1].closed_by_server());
    for (auto* client : {&early, &many[0], &many[2], &late}) BOOST_TEST(client->ask(get("/again")).status == 200);
    BOOST_TEST(running.server.counters().displaced_connections == 1u);
}

BOOST_AUTO_TEST_CASE(refuses_newcomers_while_all_are_at_work) {
    std::promise<std::function<void()>> started;
    RunningServer running(patient(1, 1), [&](const sp::HttpRequest&) {
        return sp::PendingReply{.budget = 1h,
                                .start = [&](std::function<void()> done) { started.set_value(std::move(done)); },
                                .finish = [] { return sp::HttpReply{.status = 200, .headers = {}, .body = "done"}; }};
    });
    auto busy = running.connect(2);
    busy.send(get("/busy"));
    const auto done = started.get_future().get();
    BOOST_TEST(running.connect(3).closed_by_server());
    BOOST_TEST(running.server.counters().refused_connections == 1u);
    done();
    BOOST_TEST(busy.receive().body == "done");
}

BOOST_AUTO_TEST_CASE(serves_every_client_with_a_request_up_to_the_limit_of_descriptors) {
    PoorServer poor;
    const auto slow = slow_clients(poor.port, 200, 8);
    BOOST_TEST(all_served(poor.port, 20));
    BOOST_TEST(poor.exit_status() == 0);
}

BOOST_AUTO_TEST_CASE(recovers_when_descriptors_ran_out) {
    RunningServer running;
    Client client(0);  // has its descriptor, isn't connected yet

    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit scarce{.rlim_cur = static_cast<rlim_t>(client.native()) + 1, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
    std::vector<int> taken;
    for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);

    client.connect(running.server.port());  // the kernel's backlog takes it
    client.send(get("/a"));
    BOOST_TEST(!client.readable_within(150ms));

    for (const int fd : taken) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
