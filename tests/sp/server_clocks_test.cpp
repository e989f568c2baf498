// Whether the clocks of a shared store's servers agree with ours.
#include "redis/server_clocks.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {
namespace {

using namespace std::chrono_literals;
using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const Moment begin{1000h};
const Address here{.host = "192.0.2.1", .port = 6379};
const Address there{.host = "192.0.2.2", .port = 6379};

/// A server's clock after `elapsed`, which is ahead of ours by `ahead`. The answer took `way`.
ClockReading reading(std::chrono::milliseconds elapsed, std::chrono::milliseconds ahead,
                     std::chrono::milliseconds way = 0ms) {
    return {.shown = noon + elapsed + ahead,
            .node = noon + elapsed + way,
            .sent = begin + elapsed,
            .got = begin + elapsed + way};
}

std::string info_at(Instant time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    return "# Server\r\nredis_version:7.0.15\r\nserver_time_usec:" + std::to_string(microseconds) + "\r\n";
}

/// Masters with scripted answers.
class ScriptedServers final : public Servers {
public:
    Result<Answer> call(Request) override { return fail(StoreErrc::store_failed, "nobody asks that"); }
    std::vector<Result<Answer>> call_all(std::vector<Request>) override { return {}; }
    Result<std::vector<Address>> masters() override {
        if (answers.empty()) return fail(StoreErrc::store_failed, "none");
        std::vector<Address> all;
        for (const auto& [address, answer] : answers) all.push_back(address);
        return all;
    }
    std::vector<Result<Answer>> call_at(const std::vector<Address>& masters,
                                        const std::vector<std::string>& words) override {
        BOOST_TEST((words == std::vector<std::string>{"INFO", "server"}));
        ++looks;
        std::vector<Result<Answer>> all;
        for (const Address& master : masters) all.push_back(answers.at(master));
        return all;
    }
    void say(const Address& master, Instant time) { say(master, {.kind = Reply::Kind::text, .text = info_at(time)}); }
    void say(const Address& master, Reply reply) {
        answers.insert_or_assign(master, Result<Answer>(Answer{.reply = std::move(reply), .replicas = 0}));
    }

    std::map<Address, Result<Answer>> answers;
    int looks = 0;
};

struct Fixture {
    void look(std::chrono::seconds elapsed) { clocks.look(servers, clock, begin + elapsed); }

    FixedClock clock{noon};
    ScriptedServers servers;
    ServerClocks clocks;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server_clocks, Fixture)

BOOST_AUTO_TEST_CASE(the_time_in_info_is_read_to_the_millisecond) {
    BOOST_TEST((parse_server_time(info_at(noon + 7ms)) == noon + 7ms));
    for (const char* text : {"", "# Server\r\n", "server_time_usec:\r\n", "server_time_usec:1x\r\n",
                             "server_time_usec:-1\r\n", "server_time_usec:99999999999999999999\r\n"}) {
        BOOST_TEST(!parse_server_time(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_with_ours_is_not_counted) {
    clocks.note(here, reading(0s, 10s));
    clocks.note(here, reading(1h, 0s));
    clocks.note(there, reading(0s, -10s));
    clocks.note(there, reading(1h, 0s, 30s));
    BOOST_TEST(clocks.differences() == 0U);
    BOOST_TEST(clocks.leaps() == 0U);
}

BOOST_AUTO_TEST_CASE(a_difference_is_counted_when_it_begins) {
    clocks.note(here, reading(0s, 10s + 1ms));
    BOOST_TEST(clocks.differences() == 1U);
    clocks.note(here, reading(5s, 11s));
    BOOST_TEST(clocks.differences() == 1U);
    clocks.note(here, reading(10s, 9s));
    clocks.note(here, reading(15s, 12s));
    BOOST_TEST(clocks.differences() == 2U);
    clocks.note(there, reading(15s, -11s));
    BOOST_TEST(clocks.differences() == 3U);
    BOOST_TEST(clocks.leaps() == 0U);
}

BOOST_AUTO_TEST_CASE(a_leap_is_counted_with_its_length_and_not_as_a_difference_too) {
    clocks.note(here, reading(0s, 0s));
    clocks.note(here, reading(5s, 24h));
    BOOST_TEST(clocks.leaps() == 1U);
    BOOST_TEST((clocks.last_leap() == 24h));
    clocks.note(here, reading(10s, 24h));
    BOOST_TEST(clocks.leaps() == 1U);
    clocks.note(here, reading(15s, 0s));
    BOOST_TEST(clocks.leaps() == 2U);
    BOOST_TEST((clocks.last_leap() == -24h));
    BOOST_TEST(clocks.differences() == 0U);
}

BOOST_AUTO_TEST_CASE(a_leap_of_both_clocks_at_once_is_one) {
    clocks.note(here, reading(0s, 0s));
    auto both = reading(5s, 24h);
    both.node += 24h;
    clocks.note(here, both);
    BOOST_TEST(clocks.leaps() == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_that_took_long_is_given_that_time) {
    clocks.note(here, reading(0s, 0s, 60s));
    clocks.note(here, reading(60s, 70s, 60s));
    BOOST_TEST(clocks.leaps() == 0U);
    clocks.note(there, reading(0s, 0s));
    clocks.note(there, reading(60s, 70s, 59s));
    BOOST_TEST(clocks.leaps() == 1U);
}

BOOST_AUTO_TEST_CASE(each_master_is_asked_every_five_seconds_at_most) {
    servers.say(here, noon);
    servers.say(there, noon + 1h);
    look(0s);
    BOOST_TEST(clocks.differences() == 1U);
    servers.say(here, noon + 2h);
    look(4s);
    BOOST_TEST(servers.looks == 1);
    look(5s);
    BOOST_TEST(servers.looks == 2);
    BOOST_TEST(clocks.leaps() == 1U);
}

BOOST_AUTO_TEST_CASE(a_master_that_was_none_for_a_while_is_a_new_one) {
    servers.say(here, noon);
    servers.say(there, noon);
    look(0s);
    servers.answers.erase(there);
    look(5s);
    servers.say(there, noon + 1h);
    look(10s);
    BOOST_TEST(clocks.leaps() == 0U);
    BOOST_TEST(clocks.differences() == 1U);
}

BOOST_AUTO_TEST_CASE(a_master_that_does_not_tell_is_left_out) {
    look(0s);  // there is no master
    BOOST_TEST(servers.looks == 0);
    servers.answers.insert_or_assign(here, Result<Answer>(fail(StoreErrc::store_failed, "down")));
    look(5s);
    servers.say(here, {.kind = Reply::Kind::error, .text = "NOPERM " + info_at(noon + 1h)});
    look(10s);
    servers.say(here, {.kind = Reply::Kind::text, .text = "# Server\r\n"});
    look(15s);
    BOOST_TEST(servers.looks == 3);
    BOOST_TEST(clocks.differences() == 0U);
    servers.say(here, noon + 1h);
    look(20s);
    BOOST_TEST(clocks.differences() == 1U);
    BOOST_TEST(clocks.leaps() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp::redis
