// The server's threads with too little memory (MEM-15): a connection may be lost, the next one is served.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <thread>
#include <vector>

#include "allocator.hpp"
#include "client.hpp"
#include "slo/sp/http_server.hpp"

namespace {

using namespace slo::test;
namespace sp = slo::sp;

/// Answers in three steps, as a logout does.
class Pondering final : public sp::HttpHandler {
public:
    sp::HttpStep handle(const sp::HttpRequest&) noexcept override {
        try {
            return sp::PendingReply{.budget = std::chrono::seconds(5),
                                    .start = [](const std::function<void()>& done) { done(); },
                                    .finish = [] { return sp::HttpReply{.status = 200, .headers = {}, .body = "ok"}; }};
        } catch (...) {
            return sp::HttpReply{500, {}, {}};
        }
    }
};

/// So few places that the server would soon have none, if failures kept some.
sp::HttpServerOptions options(std::size_t threads, std::size_t handler_threads, std::size_t max_connections) {
    sp::HttpServerOptions options;
    options.threads = threads;
    options.handler_threads = handler_threads;
    options.max_connections = max_connections;
    return options;
}

/// A server in a thread of its own.
class Serving {
public:
    Serving(std::size_t threads, std::size_t handler_threads, std::size_t max_connections = 4)
        : server_(sp::HttpServer::open(options(threads, handler_threads, max_connections), handler_).value()),
          thread_([this] { server_.run(); }) {}
    ~Serving() { stop(); }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

    /// Returns when run() has.
    void stop() {
        server_.stop();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int status_of_a_request() const {
        Client client = connect();
        return status_at_open(client);
    }
    [[nodiscard]] Client connect() const { return Client(server_.port()); }
    [[nodiscard]] static int status_at_open(Client& client) {
        return client.ask("GET / HTTP/1.1\r\nHost: sp\r\n\r\n").status;
    }

private:
    Pondering handler_;
    sp::HttpServer server_;
    std::thread thread_;
};

/// With `count` allocations of the server's threads failing, from the nth.
bool was_short(const Serving& server, std::size_t n, std::size_t count) {
    const ShortageElsewhere shortage(n, count);
    const int status = server.status_of_a_request();
    BOOST_TEST((status == 200 || status == 500 || status == 503 || status == 0), "status " << status);
    return ShortageElsewhere::has_hit();
}

void expect_the_next_one_to_be_served(std::size_t handler_threads, std::size_t count) {
    const Serving server(1, handler_threads);
    BOOST_TEST_REQUIRE(server.status_of_a_request() == 200);
    bool is_over = false;
    for (std::size_t n = 1; !is_over; ++n) {
        BOOST_TEST_CONTEXT("allocation " << n << ", " << count << " failing") {
            is_over = !was_short(server, n, count);
            BOOST_TEST_REQUIRE(server.status_of_a_request() == 200);
        }
    }
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_AUTO_TEST_CASE(a_server_without_memory_for_one_connection_serves_the_next) {
    for (const std::size_t count : {1, 20}) expect_the_next_one_to_be_served(0, count);
}

// All connections stay open, so that Asio has nothing left over for the next one.
BOOST_AUTO_TEST_CASE(a_server_accepts_again_whatever_of_accepting_found_no_memory) {
    const Serving server(1, 0, 250);
    std::vector<Client> open;
    open.push_back(server.connect());
    BOOST_TEST_REQUIRE(Serving::status_at_open(open.back()) == 200);
    bool was_short = true;
    for (std::size_t n = 1; was_short; ++n) {
        BOOST_TEST_CONTEXT("allocation " << n) {
            {
                const ShortageElsewhere shortage(n, 1);
                open.push_back(server.connect());
                static_cast<void>(Serving::status_at_open(open.back()));
                was_short = ShortageElsewhere::has_hit();
            }
            open.push_back(server.connect());
            BOOST_TEST_REQUIRE(Serving::status_at_open(open.back()) == 200);
        }
    }
}

BOOST_AUTO_TEST_CASE(handler_threads_without_memory_for_one_request_work_at_the_next) {
    for (const std::size_t count : {1, 20}) expect_the_next_one_to_be_served(1, count);
}

// So many threads that Asio can't tell all of them with the memory that it has kept.
BOOST_AUTO_TEST_CASE(a_server_without_memory_stops_when_it_is_told_to) {
    bool was_short = true;
    for (std::size_t n = 1; was_short; ++n) {
        BOOST_TEST_CONTEXT("allocation " << n) {
            Serving server(16, 1);
            BOOST_TEST_REQUIRE(server.status_of_a_request() == 200);
            const ShortageElsewhere shortage(n, 20);
            server.stop();
            was_short = ShortageElsewhere::has_hit();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
