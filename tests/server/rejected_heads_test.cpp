#include "head_shapes.hpp"
#include "http_head.hpp"
#include "running_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

/// What the server's own reading says, before Beast's. Both may refuse a shape, and the test mustn't mistake one for
/// the other.
int own_verdict(const std::string& octets, const sp::HttpServerOptions& options) {
    sp::HeadScan scan(options.max_header_octets);
    const auto state = scan.scan(octets);
    if (const auto* refusal = std::get_if<sp::Refusal>(&state)) return refusal->status;
    const auto place = std::get<sp::HeadScan::Complete>(state);
    const auto head = sp::read_head(std::string_view(octets).substr(place.begin, place.end - place.begin),
                                    {options.max_header_fields, options.max_body_octets, options.hosts});
    const auto* refusal = std::get_if<sp::Refusal>(&head);
    return refusal ? refusal->status : 0;
}

/// Sends each shape with a second request behind it: the first must get its status, the second must never be seen.
void refuses(const HeadShapes& shapes, const sp::HttpServerOptions& options = {}) {
    RunningServer running(options);
    for (const auto& shape : shapes) {
        BOOST_TEST_CONTEXT(shape.what) {
            BOOST_TEST(own_verdict(shape.head + "GET /smuggled", options) == shape.status);
            auto client = running.connect();
            client.send(shape.head + "GET /smuggled HTTP/1.1\r\nHost: sp\r\n\r\n");
            client.finish_sending();
            const auto answer = client.receive();
            BOOST_TEST(answer.status == shape.status);
            BOOST_TEST(answer.has("Connection: close"));
            BOOST_TEST(answer.has("Cache-Control: no-cache, no-store, must-revalidate, private"));
            BOOST_TEST(answer.body.empty());
            BOOST_TEST(client.closed_by_server());
            BOOST_TEST(running.handler.requests().empty());
        }
    }
    BOOST_TEST(running.server.counters().bad_requests == shapes.size());
    BOOST_TEST(running.server.counters().failures == 0u);
    BOOST_TEST(running.still_serves());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_rejected_heads)

BOOST_AUTO_TEST_CASE(refuses_ambiguous_framing) {
    refuses(ambiguous_framing());
}
BOOST_AUTO_TEST_CASE(refuses_doubtful_lengths) {
    refuses(doubtful_lengths());
}
BOOST_AUTO_TEST_CASE(refuses_malformed_fields) {
    refuses(malformed_fields());
}
BOOST_AUTO_TEST_CASE(refuses_doubtful_hosts) {
    refuses(doubtful_hosts());
}
BOOST_AUTO_TEST_CASE(refuses_doubtful_request_lines) {
    refuses(doubtful_request_lines());
}
BOOST_AUTO_TEST_CASE(refuses_expectations_that_it_does_not_know) {
    refuses(unknown_expectations());
}
BOOST_AUTO_TEST_CASE(refuses_heads_beyond_its_limits) {
    refuses(oversized_heads());
}

BOOST_AUTO_TEST_CASE(serves_only_the_hosts_that_are_configured) {
    const sp::HttpServerOptions options{.hosts = {"sp", "sp.example.com:8443", "[::1]:80"}};
    refuses(
        {
            {"HTP-33", "another_host", "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", 421},
            {"HTP-33", "another_port", "GET /evil HTTP/1.1\r\nHost: sp:81\r\n\r\n", 421},
            {"HTP-33", "none_in_http_1_0", "GET /evil HTTP/1.0\r\n\r\n", 421},
        },
        options);

    RunningServer running(options);
    for (const auto* host : {"sp", "SP.Example.Com:8443", "[::1]:80"}) {
        BOOST_TEST(running.connect().ask(std::string("GET /a HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status == 200);
    }
}

BOOST_AUTO_TEST_CASE(accepts_heads_up_to_its_limits) {
    RunningServer running;
    std::string fields;
    for (int i = 0; i < 62; ++i) fields += "X: y\r\n";
    BOOST_TEST(running.connect().ask(head_with(fields)).status == 200);

    const auto head = head_with("X-A: \r\n");
    BOOST_TEST(running.connect().ask(head_with("X-A: " + std::string(8192 - head.size(), 'a') + "\r\n")).status == 200);
    BOOST_TEST(running.connect().ask(head_with("X-A: " + std::string(8193 - head.size(), 'a') + "\r\n")).status == 431);
}

BOOST_AUTO_TEST_SUITE_END()
