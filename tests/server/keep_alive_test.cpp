#include "running_server.hpp"

#include <cctype>

using namespace slo;
using namespace slo::test;

BOOST_AUTO_TEST_SUITE(http_server_keep_alive)

BOOST_AUTO_TEST_CASE(answers_one_request_after_another_on_one_connection) {
    RunningServer running;
    auto client = running.connect();
    for (const auto* body : {"one", "two", "three"}) {
        const auto answer = client.ask(post("/a", body));
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.body == std::string("/a|") + body);
        BOOST_TEST(!answer.has("Connection: close"));
    }
    BOOST_TEST(running.server.counters().connections == 1u);
    BOOST_TEST(running.server.counters().requests == 3u);
}

BOOST_AUTO_TEST_CASE(answers_pipelined_requests_in_their_order) {
    RunningServer running;
    auto client = running.connect();
    client.send(post("/first", "1") + get("/second") + post("/third", "3"));
    BOOST_TEST(client.receive().body == "/first|1");
    BOOST_TEST(client.receive().body == "/second|");
    BOOST_TEST(client.receive().body == "/third|3");
}

BOOST_AUTO_TEST_CASE(reads_a_request_that_arrives_octet_by_octet) {
    RunningServer running;
    auto client = running.connect();
    for (const char octet : post("/slow", "body")) client.send(std::string_view(&octet, 1));
    BOOST_TEST(client.receive().body == "/slow|body");
}

BOOST_AUTO_TEST_CASE(hands_over_method_target_and_fields_as_they_came) {
    RunningServer running;
    running.connect().ask(
        "pOST /saml?a=%00//b;c HTTP/1.1\r\nhOST: sp:8443\r\nX-Twice: 1\r\nX-Empty:\r\nx-twice:\t2 \r\nX-High: "
        "\xc3\xa9\r\n\r\n");
    const auto request = running.handler.requests().at(0);
    BOOST_TEST(request.method == "pOST");
    BOOST_TEST(request.target == "/saml?a=%00//b;c");
    BOOST_TEST(request.header("Host").value() == "sp:8443");
    BOOST_TEST(request.count("x-TWICE") == 2u);
    BOOST_TEST(!request.header("X-Twice").has_value());
    BOOST_TEST(request.header("x-empty").value() == "");
    BOOST_TEST(request.header("X-High").value() == "\xc3\xa9");
    BOOST_TEST(request.headers.size() == 5u);
}

// As LWP and Lasso-based identity providers send it: TE is about responses and isn't Transfer-Encoding.
BOOST_AUTO_TEST_CASE(accepts_the_te_request_header) {
    RunningServer running;
    auto client = running.connect();
    const auto answer = client.ask(
        "POST /te HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: sp\r\nContent-Length: "
        "1\r\n\r\nx");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.has("Connection: close"));
    BOOST_TEST(client.closed_by_server());
}

BOOST_AUTO_TEST_CASE(serves_http_1_0_once_a_connection) {
    RunningServer running;
    auto client = running.connect();
    const auto answer = client.ask("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.has("Connection: close"));
    BOOST_TEST(client.closed_by_server());
}

BOOST_AUTO_TEST_CASE(skips_one_empty_line_before_a_request) {
    RunningServer running;
    auto client = running.connect();
    BOOST_TEST(client.ask("\r\n" + get("/a")).status == 200);
    BOOST_TEST(client.ask("\r\n" + get("/b")).status == 200);
    BOOST_TEST(client.ask("\r\n\r\n" + get("/c")).status == 400);
}

BOOST_AUTO_TEST_CASE(ignores_upgrade) {
    RunningServer running;
    auto client = running.connect();
    BOOST_TEST(client
                   .ask("GET /a HTTP/1.1\r\nHost: sp\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
                        "h2c\r\nHTTP2-Settings: AAMA\r\n\r\n")
                   .status == 200);
    BOOST_TEST(client.ask(get("/b")).status == 200);
}

BOOST_AUTO_TEST_CASE(sends_no_body_in_answer_to_head) {
    RunningServer running;
    auto client = running.connect();
    client.send("HEAD /head HTTP/1.1\r\nHost: sp\r\n\r\n" + get("/next"));
    client.finish_sending();
    std::string all;
    for (char octet = 0; ::recv(client.native(), &octet, 1, 0) == 1;) all += octet;
    BOOST_TEST(all.find("Content-Length: 6\r\n\r\nHTTP/1.1 200 OK") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(tells_nothing_about_itself) {
    RunningServer running;
    for (const auto* request : {"GET /a HTTP/1.1\r\nHost: sp\r\n\r\n", "nonsense\r\n\r\n"}) {
        const auto answer = running.connect().ask(request);
        BOOST_TEST(!answer.has("Server:"));
        BOOST_TEST(!answer.has("X-Powered-By:"));
    }
}

BOOST_AUTO_TEST_CASE(closes_after_the_last_request_that_a_connection_may_have) {
    RunningServer running({.max_requests_per_connection = 2});
    auto client = running.connect();
    client.send(get("/1") + get("/2") + get("/3"));
    BOOST_TEST(!client.receive().has("Connection: close"));
    BOOST_TEST(client.receive().has("Connection: close"));
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.handler.targets() == (std::vector<std::string>{"/1", "/2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(never_lets_a_reply_field_split_the_response) {
    RunningServer running({}, [](const sp::HttpRequest&) {
        return sp::HttpReply{.status = 200, .headers = {{"X-Reflected", "a\r\nSet-Cookie: b"}}, .body = "secret"};
    });
    const auto answer = running.connect().ask(get("/a"));
    BOOST_TEST(answer.status == 500);
    BOOST_TEST(!answer.has("Set-Cookie"));
    BOOST_TEST(answer.body.empty());
}

BOOST_AUTO_TEST_CASE(serves_on_several_threads) {
    RunningServer running({.threads = 3});
    std::vector<Client> clients;
    for (int i = 0; i < 12; ++i) clients.push_back(running.connect());
    for (int round = 0; round < 3; ++round) {
        for (auto& client : clients) client.send(get("/a"));
        for (auto& client : clients) BOOST_TEST(client.receive().status == 200);
    }
    BOOST_TEST(running.server.counters().requests == 36u);
}

BOOST_AUTO_TEST_CASE(survives_a_peer_that_half_closes_at_every_offset) {
    RunningServer running;
    const auto request = post("/half", "body");
    for (std::size_t size = 0; size < request.size(); ++size) {
        auto client = running.connect();
        client.send(request.substr(0, size));
        client.finish_sending();
        BOOST_TEST(client.closed_by_server());
    }
    BOOST_TEST(running.handler.requests().empty());

    auto client = running.connect();
    client.send(request);
    client.finish_sending();
    BOOST_TEST(client.receive().body == "/half|body");
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(survives_a_peer_that_resets_at_every_offset) {
    RunningServer running;
    const auto request = post("/reset", "body");
    for (std::size_t size = 0; size < request.size(); ++size) {
        auto client = running.connect();
        client.send(request.substr(0, size));
        client.reset();
    }
    BOOST_TEST(running.still_serves());
    BOOST_TEST(running.handler.targets() == std::vector<std::string>{"/still"}, boost::test_tools::per_element());
}

// CVE-2026-3055 is of this kind: what one peer sent was in another's answer.
BOOST_AUTO_TEST_CASE(shows_no_octet_of_one_request_to_another) {
    const std::string canary(7'000, '@');
    const std::string full = "POST /canary HTTP/1.1\r\nHost: sp\r\nX-Canary: " + canary +
                             "\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, '@');
    RunningServer running;
    const auto clean = [](const Answer& answer) { return (answer.head + answer.body).find('@') == std::string::npos; };
    for (int round = 0; round < 50; ++round) {
        auto client = running.connect();
        BOOST_TEST(client.ask(full).status == 200);
        BOOST_TEST(client.ask(post("/same", "body")).body == "/same|body");
        running.connect().send(full.substr(0, 30'000));  // left behind unfinished

        BOOST_TEST(running.connect().ask(post("/other", "body")).body == "/other|body");
        auto chunks = running.connect();
        BOOST_TEST(
            chunks.ask("POST /chunks HTTP/1.1\r\nHost: sp\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
                .body == "/chunks|a");
        BOOST_TEST(clean(chunks.ask("nonsense\r\n\r\n")));
        auto cut = running.connect();
        cut.send(post("/cut", "body").substr(0, 50));
        cut.finish_sending();
        BOOST_TEST(cut.closed_by_server());
    }
    for (const auto& request : running.handler.requests()) {
        if (request.target == "/canary") continue;
        BOOST_TEST(!request.header("X-Canary").has_value());
        BOOST_TEST(request.body.find('@') == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
