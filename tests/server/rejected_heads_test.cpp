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
    std::size_t told = 0;
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
            BOOST_TEST(running.handler.refusals().size() == ++told);
            const auto rule = running.handler.last_refusal();
            BOOST_TEST(rule.find(" " + std::to_string(shape.status) + " http.") != std::string::npos, rule);
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

BOOST_AUTO_TEST_CASE(each_refused_head_is_reported_with_the_remedy) {
    const std::string target = "127.0.0.1 /saml/slo/soap ";
    const std::pair<std::string, std::string> cases[] = {
        {head_with("Content-Length: 65537\r\n"), target + "413 http.size: a body's most octets are 65536"},
        {head_with("Content-Length: 99999999999999999999\r\n"),
         target + "413 http.size: a body's most octets are 65536"},
        {head_with("Content-Length: x\r\n"), target + "400 http.framing: Content-Length is a number"},
        {head_with("Content-Length: 1\r\nContent-Length: 1\r\n"),
         target + "400 http.framing: there is one Content-Length"},
        {head_with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
         target + "400 http.framing: there is one Transfer-Encoding, of HTTP/1.1 and without Content-Length"},
        {head_with("Transfer-Encoding: gzip\r\n"), target + "400 http.framing: chunked is the last transfer coding"},
        {head_with("Transfer-Encoding: gzip, chunked\r\n"),
         target + "501 http.framing: chunked is the only transfer coding"},
        {head_with("Expect: foo\r\n"), target + "417 http.expectation: 100-continue is the only expectation"},
        {head_with("X-A\r\n"), target + "400 http.head: a field has a colon"},
        {head_with("X-A : b\r\n"), target + "400 http.head: a field's name is a token, and no field is folded"},
        {head_for(""), target + "400 http.head: HTTP/1.1 has a Host"},
        {head_for("Host: sp\r\nHost: sp\r\n"), target + "400 http.head: there is one Host"},
        {head_for("Host: sp evil\r\n"), target + "400 http.head: a Host is a host, with or without a port"},
        {head_for("Host: evil\r\n"),
         target + "421 http.host: a Host is one of [server] hosts, with its port where one is sent"},
        {head_under("POST /saml/slo/soap HTTP/1.2"),
         target + "505 http.version: HTTP/1.1 and HTTP/1.0 are spoken here"},
        {head_under("PO:ST /saml/slo/soap HTTP/1.1"), target + "400 http.head: a method is a token"},
        {head_under("POST /saml/slo/soap#here HTTP/1.1"),
         "127.0.0.1 /saml/slo/soap#here 400 http.head: a target is a path of visible ASCII without fragment"},
        {head_under("POST /saml/slo/soap http/1.1"),
         target + "400 http.head: a request line is method, path and HTTP/1.1, each behind one blank"},
        {oversized_heads().at(0).head, target + "431 http.fields: a head's most fields are 64"},
        {oversized_heads().back().head, "127.0.0.1  431 http.fields: a head's most octets are 8192"},
        {head_with("Transfer-Encoding: chunked\r\n") + "1;a=b\r\n",
         target + "400 http.body: a chunk is its size in hexadecimal and its octets, each with CR LF"},
        {head_with("Transfer-Encoding: chunked\r\n") + "fffffff\r\n",
         target + "413 http.size: a body's most octets are 65536"},
        {"a\nb", "127.0.0.1  400 http.head: lines end with CR LF, and have no other controls"},
        {"\r\n\r\n", "127.0.0.1  400 http.head: one empty line at most precedes a request line"},
        {"\x16\x03\x01", "127.0.0.1  400 http.head: plain HTTP is spoken here, and TLS came"},
    };
    RunningServer running({.hosts = {"sp"}});
    for (const auto& [head, told] : cases) {
        auto client = running.connect();
        client.send(head);
        BOOST_TEST(client.receive().status >= 400);
        BOOST_TEST(running.handler.last_refusal() == told);
    }
}

BOOST_AUTO_TEST_CASE(serves_only_the_hosts_that_are_configured) {
    const sp::HttpServerOptions options{.hosts = {"sp", "sp.example.com:8443", "[::1]:80"}};
    refuses(
        {
            {"HTP-33", "another_host", "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", 421},
            {"HTP-33", "another_port", "GET /evil HTTP/1.1\r\nHost: sp:81\r\n\r\n", 421},
            {"HTP-33", "none_in_http_1_0", "GET /evil HTTP/1.0\r\n\r\n", 421},
            {"HTP-33", "another_authority", "GET http://evil/ HTTP/1.1\r\nHost: evil\r\n\r\n", 421},
            {"HTP-33", "another_authority_in_http_1_0", "GET http://evil/ HTTP/1.0\r\n\r\n", 421},
        },
        options);

    RunningServer running(options);
    for (const auto* host : {"sp", "SP.Example.Com:8443", "[::1]:80"}) {
        BOOST_TEST(running.connect().ask(std::string("GET /a HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status == 200);
    }
}

BOOST_AUTO_TEST_CASE(takes_absolute_targets_for_their_paths, *boost::unit_test::description("RFC 9112, 3.2.2")) {
    RunningServer running({.hosts = {"sp", "sp:8443"}});
    const auto path_of = [&](const std::string& target, const std::string& rest) {
        const auto answer = running.connect().ask("GET " + target + " HTTP/1." + rest + "\r\n\r\n");
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    };
    BOOST_TEST(path_of("http://sp/a?b=c", "1\r\nHost: sp") == "/a?b=c|");
    BOOST_TEST(path_of("HTTPS://SP:8443//a/http://evil/", "1\r\nHost: sp:8443") == "//a/http://evil/|");
    BOOST_TEST(path_of("http://sp", "1\r\nHost: sp") == "/|");
    BOOST_TEST(path_of("http://sp/a", "0") == "/a|");
    BOOST_TEST(path_of("/http://evil/", "1\r\nHost: sp") == "/http://evil/|");
    BOOST_TEST(path_of("http://sp/a", "1\r\nHost: sp:8443") == "400");
    BOOST_TEST(running.handler.last_refusal() == "127.0.0.1 /a 400 http.head: Host is the target's authority");
    BOOST_TEST(path_of("http://sp@sp/a", "1\r\nHost: sp") == "400");
    BOOST_TEST(running.handler.last_refusal() ==
               "127.0.0.1 /a 400 http.head: a target's authority is a host, with or without a port");
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
