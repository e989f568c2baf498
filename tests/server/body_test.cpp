#include "http_body.hpp"
#include "running_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

std::string chunked(const std::string& chunks) {
    return "POST /chunked HTTP/1.1\r\nHost: sp\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunks;
}

/// Feeds `input` in two pieces and returns the body, or the refusal's status as text; what is left goes to `rest`.
std::string decoded(std::string_view input, std::size_t cut, std::string& rest) {
    sp::RequestBody body({.framing = sp::Framing::chunked}, 64);
    rest.clear();
    for (const auto piece : {input.substr(0, cut), input.substr(cut)}) {
        const auto taken = body.take(piece);
        if (const auto* refusal = std::get_if<sp::Refusal>(&taken)) return std::to_string(refusal->status);
        rest += piece.substr(std::get<std::size_t>(taken));
    }
    return body.complete() ? body.release() : "incomplete";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_body)

// RFC 9112, 7.1.
BOOST_AUTO_TEST_CASE(decodes_chunks_however_they_are_cut) {
    const std::string_view chunks = "5\r\nhello\r\n00A\r\n, world...\r\n1\r\n!\r\n0\r\n\r\nGET /next";
    std::string rest;
    for (std::size_t cut = 0; cut <= chunks.size(); ++cut) {
        BOOST_TEST(decoded(chunks, cut, rest) == "hello, world...!");
        BOOST_TEST(rest == "GET /next");
    }
}

BOOST_AUTO_TEST_CASE(refuses_malformed_chunks_however_they_are_cut) {
    const std::pair<std::string_view, const char*> cases[] = {
        {"\r\n", "400"},
        {"g\r\n", "400"},
        {"-1\r\n", "400"},
        {"0x1\r\nx\r\n", "400"},
        {"1 \r\nx\r\n", "400"},
        {" 1\r\nx\r\n", "400"},
        {"1\nx\r\n", "400"},
        {"1\r\rx\r\n", "400"},
        {"1\r\nxy\r\n", "400"},
        {"1\r\nx\n", "400"},
        {"1\r\nx\r\r\n", "400"},
        {"1;a=b\r\nx\r\n", "400"},
        {"1;\r\nx\r\n", "400"},
        {"0;a\r\n\r\n", "400"},
        {"0\r\nHost: x\r\n", "400"},
        {"0\r\n\n", "400"},
        {"10000000\r\n", "400"},
        {"ffffffffffffffff1\r\n", "400"},
        {"00000000000000001\r\n", "400"},
        {"0000000000000040\r\n", "incomplete"},
        {"41\r\n", "413"},
        {"40\r\n" /* 64 fit */, "incomplete"},
    };
    std::string rest;
    for (const auto& [chunks, expected] : cases) {
        for (std::size_t cut = 0; cut <= chunks.size(); ++cut) BOOST_TEST(decoded(chunks, cut, rest) == expected);
    }
}

BOOST_AUTO_TEST_CASE(reads_a_chunked_request_and_the_one_behind_it) {
    RunningServer running;
    auto client = running.connect();
    client.send(chunked("4\r\nbody\r\n0\r\n\r\n") + get("/next"));
    BOOST_TEST(client.receive().body == "/chunked|body");
    BOOST_TEST(client.receive().body == "/next|");
}

BOOST_AUTO_TEST_CASE(refuses_chunk_extensions_and_trailers_and_closes) {
    RunningServer running;
    for (const std::string& chunks :
         {std::string("4;name=value\r\nbody\r\n0\r\n\r\n"), "4;" + std::string(100'000, 'a') + "\r\nbody\r\n0\r\n\r\n",
          std::string("4\r\nbody\r\n0;a\r\n\r\n"), std::string("4\r\nbody\r\n0\r\nHost: evil\r\n\r\n"),
          std::string("4\r\nbodyX\r\n0\r\n\r\n")}) {
        auto client = running.connect();
        client.send(chunked(chunks) + get("/smuggled"));
        client.finish_sending();
        BOOST_TEST(client.receive().status == 400);
        BOOST_TEST(client.closed_by_server());
    }
    BOOST_TEST(running.handler.requests().empty());
    BOOST_TEST(running.still_serves());
}

// One such request ended a process that let Beast 1.81 read trailers: a field above 64 KiB makes it throw.
BOOST_AUTO_TEST_CASE(survives_a_trailer_bomb) {
    RunningServer running;
    auto client = running.connect();
    client.send(chunked("0\r\nX-Bomb: " + std::string(70'000, 'a')));
    BOOST_TEST(client.receive().status == 400);
    BOOST_TEST(running.server.counters().failures == 0u);
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(limits_the_decoded_size) {
    RunningServer running({.max_body_octets = 1000});
    const std::string thousand = "3e8\r\n" + std::string(1000, 'a') + "\r\n";
    BOOST_TEST(running.connect().ask(post("/a", std::string(1000, 'a'))).status == 200);
    BOOST_TEST(running.connect().ask(post("/a", std::string(1001, 'a'))).status == 413);
    BOOST_TEST(running.connect().ask(chunked(thousand + "0\r\n\r\n")).status == 200);
    BOOST_TEST(running.connect().ask(chunked(thousand + "1\r\na\r\n0\r\n\r\n")).status == 413);
    BOOST_TEST(running.connect().ask(chunked("3e9\r\n")).status == 413);
}

BOOST_AUTO_TEST_CASE(limits_the_octets_of_chunk_headers) {
    RunningServer running;
    std::string tiny;
    for (int i = 0; i < 20'000; ++i) tiny += "1\r\na\r\n";
    BOOST_TEST(running.connect().ask(chunked(tiny)).status == 413);
    BOOST_TEST(running.handler.requests().empty());
}

BOOST_AUTO_TEST_CASE(refuses_a_long_body_before_it_is_sent) {
    RunningServer running;
    auto client = running.connect();
    client.send("POST /a HTTP/1.1\r\nHost: sp\r\nContent-Length: 999999999999\r\n\r\n");
    BOOST_TEST(client.receive().status == 413);
    client.finish_sending();
    BOOST_TEST(client.closed_by_server());
}

BOOST_AUTO_TEST_CASE(lets_a_client_read_the_refusal_that_has_sent_its_body_already) {
    RunningServer running;
    auto client = running.connect();
    client.send(post("/a", std::string(66'000, 'a')));
    BOOST_TEST(client.receive().status == 413);
}

// RFC 9110, 10.1.1.
BOOST_AUTO_TEST_CASE(asks_for_a_body_that_the_client_holds_back) {
    RunningServer running;
    auto client = running.connect();
    for (const auto* expect : {"100-continue", "100-Continue"}) {
        client.send(std::string("POST /a HTTP/1.1\r\nHost: sp\r\nContent-Length: 4\r\nExpect: ") + expect + "\r\n\r\n");
        BOOST_TEST(client.receive().status == 100);
        BOOST_TEST(client.ask("body").body == "/a|body");
    }
}

BOOST_AUTO_TEST_CASE(does_not_ask_for_a_body_that_it_refuses_or_has_or_that_there_is_not) {
    RunningServer running;
    BOOST_TEST(running.connect()
                   .ask("POST /a HTTP/1.1\r\nHost: sp\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n")
                   .status == 413);
    BOOST_TEST(running.connect()
                   .ask("POST /a HTTP/1.1\r\nHost: sp\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx")
                   .status == 200);
    BOOST_TEST(running.connect().ask("POST /a HTTP/1.1\r\nHost: sp\r\nExpect: 100-continue\r\n\r\n").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
