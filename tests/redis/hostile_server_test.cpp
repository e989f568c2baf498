#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "clients.hpp"
#include "enough_time.hpp"
#include "fake_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

std::string repeated(const std::string& text, unsigned times) {
    std::string all;
    for (unsigned i = 0; i < times; ++i) all += text;
    return all;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A client's error for a request that a fake server answers with `answers`, the first to its greeting. It must hold
/// one of `parts`.
std::string check_heard_from(const std::vector<std::string>& answers, const std::vector<std::string>& parts,
                             FakeServer::Then then = FakeServer::Then::stay_silent) {
    std::string text;
    const bool was_heard = in_enough_time([&](std::chrono::milliseconds deadline) {
        FakeServer server(answers, then);
        auto servers = servers_at(server.address());
        servers.deadline = deadline;
        const auto client = sp::redis::Client::open(servers);
        if (!client) return false;
        const auto answer = (*client)->call({.key = "key", .words = {"GET", "key"}});
        if (!answer) BOOST_TEST(answer.error().code == make_error_code(sp::StoreErrc::store_failed));
        text = said(answer);
        return std::ranges::any_of(parts, [&](const std::string& part) { return contains(text, part); });
    });
    BOOST_TEST(was_heard, text);
    return text;
}
std::string check_heard(const std::string& reply, const std::string& part,
                        FakeServer::Then then = FakeServer::Then::stay_silent) {
    return check_heard_from({a_masters_greeting, reply}, {part}, then);
}

/// Why a client can't be opened at a fake server that greets with `greeting`: the error has `part`.
std::string check_refused_after(const std::string& greeting, const std::string& part) {
    FakeServer server({greeting});
    auto servers = servers_at(server.address());
    servers.password = "swordfish";
    return check_refused(servers, part);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_hostile_server)

BOOST_AUTO_TEST_CASE(garbage_is_a_failure_and_is_never_repeated_to_us) {
    for (const std::string garbage : {"HTTP/1.1 400 Bad Request\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\xFF\xFE\xFD",
                                      ":12x\r\n", ":99999999999999999999\r\n", "$9999999999999999999999\r\n", "$-7\r\n",
                                      "*-7\r\n", "*99999999999\r\n", "%1\r\n+a\r\n+b\r\n", "!5\r\n"}) {
        const std::string answer = check_heard_from(
            {a_masters_greeting, garbage}, {"isn't the Redis protocol", "doesn't answer", "exceeds our limits"});
        BOOST_TEST(answer.starts_with("failed: "), garbage << " gave " << answer);
        BOOST_TEST(!contains(answer, garbage.substr(0, 4)));
    }
}

BOOST_AUTO_TEST_CASE(announced_masses_cost_nothing) {
    check_heard("*2000000000\r\n", "exceeds our limits");
    check_heard("*1000\r\n" + repeated("*1000000\r\n", 4), "exceeds our limits");
    check_heard(repeated("*1\r\n", 100), "isn't the Redis protocol");
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_within_a_reply_is_made_again_until_the_deadline) {
    check_heard("$100\r\nhalf", "no Redis server answered in time", FakeServer::Then::close);
}

BOOST_AUTO_TEST_CASE(unsolicited_answers_end_the_connection) {
    check_heard("+early\r\n+surplus\r\n", "early");  // the first one is an answer
    check_heard_from(std::vector<std::string>(1, a_masters_greeting + "+surplus\r\n"),
                     std::vector<std::string>(1, "answers what nobody asked"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_no_master_isnt_used) {
    const std::string accepted = "+OK\r\n+OK\r\n";
    check_refused_after(accepted + "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:0\r\n", "no master");
    check_refused_after(accepted + "*3\r\n$8\r\nsentinel\r\n*0\r\n*0\r\n", "no master");
    check_refused_after(accepted + "*0\r\n", "no master");
    check_refused_after(accepted + ":1\r\n", "no master");
    check_refused_after(accepted + "-NOPERM this user has no permissions\r\n", "ROLE (NOPERM)");
}

BOOST_AUTO_TEST_CASE(only_the_code_of_an_error_is_told) {
    const std::string wrong =
        check_refused_after("-WRONGPASS sword and fish\r\n+OK\r\n+OK\r\n", "user and password (WRONGPASS)");
    BOOST_TEST(!contains(wrong, "swordfish"));
    BOOST_TEST(!contains(wrong, "sword and fish"));
    const std::string nameless = check_refused_after("-w\x1b[31mrong pass\r\n+OK\r\n+OK\r\n", "user and password:");
    BOOST_TEST(!contains(nameless, "\x1b"));
}

BOOST_AUTO_TEST_CASE(redirections_to_nowhere_wait_for_the_deadline) {
    for (const std::string error : {"-MOVED\r\n", "-MOVED 1 :99999999\r\n", "-ASK 1\r\n", "-MOVED 1 a b:\r\n"}) {
        check_heard(error, "no Redis server answered in time");
    }
}

BOOST_AUTO_TEST_CASE(other_errors_are_answers) {
    for (const std::string error : {"-OOM command not allowed", "-NOREPLICAS Not enough good replicas to write."}) {
        BOOST_TEST(check_heard(error + "\r\n", error) == error);
    }
}

BOOST_AUTO_TEST_CASE(the_lack_of_a_script_is_an_answer_to_a_request_without_one) {
    std::atomic<int> commands = 0;
    const FakeServer server([&](const std::vector<std::string>&) {
        ++commands;
        return std::string("-NOSCRIPT No matching script.\r\n");
    });
    const auto client = opened_client(servers_at(server.address()));
    BOOST_TEST(asked(*client, {"GET", "key"}) == "-NOSCRIPT No matching script.");
    BOOST_TEST(commands == 1);
}

BOOST_AUTO_TEST_SUITE_END()
