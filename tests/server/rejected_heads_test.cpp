#include "http_head.hpp"
#include "running_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

struct Shape {
    std::string what;
    std::string request;
    int status;
};

std::string with(const std::string& fields, const std::string& body = {}) {
    return "POST /evil HTTP/1.1\r\nHost: sp\r\n" + fields + "\r\n" + body;
}
std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: sp\r\n\r\n";
}

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
void refuses(const std::vector<Shape>& shapes, const sp::HttpServerOptions& options = {}) {
    RunningServer running(options);
    for (const auto& shape : shapes) {
        BOOST_TEST_CONTEXT(shape.what) {
            BOOST_TEST(own_verdict(shape.request + "GET /smuggled", options) == shape.status);
            auto client = running.connect();
            client.send(shape.request + "GET /smuggled HTTP/1.1\r\nHost: sp\r\n\r\n");
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

// RFC 9112, 6.1 and 6.3.
BOOST_AUTO_TEST_CASE(refuses_ambiguous_framing) {
    const std::string chunks = "0\r\n\r\n";
    refuses({
        {"CL.TE", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
        {"TE.CL", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks), 400},
        {"identity and length", with("Transfer-Encoding: identity\r\nContent-Length: 0\r\n"), 400},
        {"chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
        {"chunked applied twice", with("Transfer-Encoding: chunked, chunked\r\n", chunks), 400},
        {"xchunked", with("Transfer-Encoding: xchunked\r\n", chunks), 400},
        {"chunked isn't last", with("Transfer-Encoding: chunked, identity\r\n", chunks), 400},
        {"gzip alone", with("Transfer-Encoding: gzip\r\n", chunks), 400},
        {"a parameter", with("Transfer-Encoding: chunked;q=1\r\n", chunks), 400},
        {"an empty coding", with("Transfer-Encoding:\r\n", chunks), 400},
        {"an empty list member", with("Transfer-Encoding: ,chunked\r\n", chunks), 400},
        {"a vertical tab", with("Transfer-Encoding: \vchunked\r\n", chunks), 400},
        {"gzip under chunked", with("Transfer-Encoding: gzip, chunked\r\n", chunks), 501},
        {"identity under chunked", with("Transfer-Encoding: identity, chunked\r\n", chunks), 501},
        {"HTTP/1.0 and chunked", "POST /evil HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 400},
    });
}

BOOST_AUTO_TEST_CASE(refuses_doubtful_lengths) {
    refuses({
        {"twice", with("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
        {"two different", with("Content-Length: 0\r\nContent-Length: 5\r\n"), 400},
        {"a list", with("Content-Length: 1, 1\r\n", "x"), 400},
        {"a sign", with("Content-Length: +1\r\n", "x"), 400},
        {"negative", with("Content-Length: -1\r\n"), 400},
        {"hexadecimal", with("Content-Length: 0x1\r\n", "x"), 400},
        {"white space within", with("Content-Length: 1 1\r\n", "x"), 400},
        {"empty", with("Content-Length:\r\n"), 400},
        {"2^64", with("Content-Length: 18446744073709551616\r\n"), 413},
        {"over the limit", with("Content-Length: 65537\r\n"), 413},
    });
}

// RFC 9112, 2.2, 5.1 and 5.2.
BOOST_AUTO_TEST_CASE(refuses_malformed_fields) {
    using namespace std::string_literals;
    refuses({
        {"obs-fold", with("X-A: b\r\n c\r\n"), 400},
        {"obs-fold with a tab", with("X-A: b\r\n\tc\r\n"), 400},
        {"folded transfer coding", with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
        {"white space before the first field", "GET /evil HTTP/1.1\r\n Host: sp\r\n\r\n", 400},
        {"white space before the colon", with("X-A : b\r\n"), 400},
        {"an empty name", with(": b\r\n"), 400},
        {"no colon", with("X-A\r\n"), 400},
        {"a bare LF", with("X-A: b\nX-B: c\r\n"), 400},
        {"a bare LF as the end", "GET /evil HTTP/1.1\nHost: sp\n\n", 400},
        {"a bare CR", with("X-A: b\rX-B: c\r\n"), 400},
        {"CR CR LF", with("X-A: b\r\r\n"), 400},
        {"NUL in a value", with("X-A: b\0c\r\n"s), 400},
        {"NUL in a name", with("X\0A: b\r\n"s), 400},
        {"DEL", with("X-A: b\x7f\r\n"), 400},
        {"a high octet in a name", with("X-\xc3\xa9: b\r\n"), 400},
        {"a TLS client", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
    });
}

// RFC 9112, 3.2.
BOOST_AUTO_TEST_CASE(refuses_doubtful_hosts) {
    const auto host = [](const std::string& fields) { return "GET /evil HTTP/1.1\r\n" + fields + "\r\n"; };
    refuses({
        {"none", host(""), 400},
        {"two", host("Host: sp\r\nHost: sp\r\n"), 400},
        {"two in HTTP/1.0", "GET /evil HTTP/1.0\r\nHost: sp\r\nHost: sp\r\n\r\n", 400},
        {"empty", host("Host:\r\n"), 400},
        {"a list", host("Host: sp, evil\r\n"), 400},
        {"white space", host("Host: sp evil\r\n"), 400},
        {"user info", host("Host: user@sp\r\n"), 400},
        {"a path", host("Host: sp/evil\r\n"), 400},
        {"an empty port", host("Host: sp:\r\n"), 400},
        {"a port that isn't one", host("Host: sp:80a\r\n"), 400},
        {"an IPv6 address without its end", host("Host: [::1\r\n"), 400},
        {"a quoted name", host("Host: \"sp\"\r\n"), 400},
    });
}

BOOST_AUTO_TEST_CASE(serves_only_the_hosts_that_are_configured) {
    const sp::HttpServerOptions options{.hosts = {"sp", "sp.example.com:8443", "[::1]:80"}};
    refuses(
        {
            {"another host", "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", 421},
            {"another port", "GET /evil HTTP/1.1\r\nHost: sp:81\r\n\r\n", 421},
            {"none, in HTTP/1.0", "GET /evil HTTP/1.0\r\n\r\n", 421},
        },
        options);

    RunningServer running(options);
    for (const auto* host : {"sp", "SP.Example.Com:8443", "[::1]:80"}) {
        BOOST_TEST(running.connect().ask(std::string("GET /a HTTP/1.1\r\nHost: ") + host + "\r\n\r\n").status == 200);
    }
}

// RFC 9112, 3.
BOOST_AUTO_TEST_CASE(refuses_doubtful_request_lines) {
    using namespace std::string_literals;
    refuses({
        {"absolute form", line("GET http://sp/evil HTTP/1.1"), 400},
        {"asterisk form", line("OPTIONS * HTTP/1.1"), 400},
        {"authority form", line("CONNECT sp:443 HTTP/1.1"), 400},
        {"a fragment", line("GET /evil#here HTTP/1.1"), 400},
        {"a high octet", line("GET /\xc3\xa9 HTTP/1.1"), 400},
        {"white space in the target", line("GET /evil here HTTP/1.1"), 400},
        {"two spaces", line("GET  /evil HTTP/1.1"), 400},
        {"a tab", line("GET\t/evil HTTP/1.1"), 400},
        {"no target", line("GET HTTP/1.1"), 400},
        {"no method", line(" /evil HTTP/1.1"), 400},
        {"a method that isn't a token", line("GE:T /evil HTTP/1.1"), 400},
        {"HTTP/0.9", "GET /evil\r\n\r\n", 400},
        {"no version", line("GET /evil "), 400},
        {"a lower-case version", line("GET /evil http/1.1"), 400},
        {"a longer version", line("GET /evil HTTP/1.10"), 400},
        {"HTTP/1.2", line("GET /evil HTTP/1.2"), 505},
        {"HTTP/9.9", line("GET /evil HTTP/9.9"), 505},
        {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    });
}

// RFC 9110, 10.1.1.
BOOST_AUTO_TEST_CASE(refuses_expectations_that_it_does_not_know) {
    refuses({
        {"another one", with("Expect: foo\r\n"), 417},
        {"two of them", with("Expect: 100-continue, foo\r\n"), 417},
        {"twice", with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417},
    });
}

BOOST_AUTO_TEST_CASE(refuses_heads_beyond_its_limits) {
    std::string fields;
    for (int i = 0; i < 64; ++i) fields += "X: y\r\n";  // and Host
    refuses({
        {"65 fields", with(fields), 431},
        {"3000 fields", with([] {
             std::string many;
             for (int i = 0; i < 3000; ++i) many += "X: y\r\n";
             return many;
         }()),
         431},
        {"a long field", with("X-A: " + std::string(9000, 'a') + "\r\n"), 431},
        {"a long target", line("GET /" + std::string(9000, 'a') + " HTTP/1.1"), 431},
        {"an endless line", std::string(9000, 'a'), 431},
    });
}

BOOST_AUTO_TEST_CASE(accepts_heads_up_to_its_limits) {
    RunningServer running;
    std::string fields;
    for (int i = 0; i < 63; ++i) fields += "X: y\r\n";
    BOOST_TEST(running.connect().ask(with(fields)).status == 200);

    const auto head = with("X-A: \r\n");
    BOOST_TEST(running.connect().ask(with("X-A: " + std::string(8192 - head.size(), 'a') + "\r\n")).status == 200);
    BOOST_TEST(running.connect().ask(with("X-A: " + std::string(8193 - head.size(), 'a') + "\r\n")).status == 431);
}

BOOST_AUTO_TEST_SUITE_END()
