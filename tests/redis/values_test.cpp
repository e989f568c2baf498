// Functions that need no server.
#include <hiredis/read.h>

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "clients.hpp"
#include "redis/address.hpp"
#include "redis/back_off.hpp"
#include "redis/codec.hpp"
#include "redis/lease.hpp"
#include "redis/operation.hpp"
#include "redis/slots.hpp"
#include "redis/verdict.hpp"

using namespace slo;
using namespace slo::sp::redis;
using namespace std::chrono_literals;

namespace {

std::string read_back(std::string_view text) {
    const auto address = parse_address(text);
    if (address) return address->str();
    BOOST_TEST(address.error().code == make_error_code(sp::StoreErrc::store_unusable));
    BOOST_TEST(address.error().detail.find("write host:port") != std::string::npos);
    return "refused";
}

/// Reads one reply that arrives octet by octet; throws if it isn't one.
Reply read(std::string_view octets) {
    ReplyReader reader;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        reader.feed(octets.substr(i, 1));
        auto reply = reader.next();
        BOOST_REQUIRE(reply.has_value());
        if (i + 1 < octets.size()) {
            BOOST_REQUIRE(!reply->has_value());
        } else {
            BOOST_REQUIRE(reply->has_value());
            return **std::move(reply);
        }
    }
    return {};
}

const Address here{.host = "10.0.0.1", .port = 6379, .path = {}};

std::string verdict_on(std::string text) {
    struct Name {
        std::string operator()(const IsAnswer&) const { return "answer"; }
        std::string operator()(const TryLater&) const { return "later"; }
        std::string operator()(const SendSource&) const { return "source"; }
        std::string operator()(const NotMaster&) const { return "not master"; }
        std::string operator()(const Redirection& to) const { return (to.asking ? "ask " : "go ") + to.address.str(); }
    };
    return std::visit(Name{}, judge({.kind = Reply::Kind::error, .text = std::move(text)}, here));
}

std::string masters_in(std::string_view octets) {
    const auto map = parse_slots(read(octets), here);
    if (!map) return "none";
    std::string masters;
    for (const auto& master : map->masters()) masters += master.str() + " ";
    return masters;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_values)

BOOST_AUTO_TEST_CASE(addresses_are_hosts_or_sockets) {
    BOOST_TEST(read_back("redis.example:6379") == "redis.example:6379");
    BOOST_TEST(read_back("127.0.0.1:1") == "127.0.0.1:1");
    BOOST_TEST(read_back("[::1]:65535") == "[::1]:65535");
    BOOST_TEST(read_back("unix:/run/redis/socket") == "unix:/run/redis/socket");
    for (const std::string wrong :
         {"", ":", "host", "host:", ":6379", "host:0", "host:65536", "host:1x", "host:-1", "::1:6379", "[::1]", "[]:1",
          "[host]:1", "[::1:1", "::1]:1", "a b:1", "unix:", "unix:relative", "redis://host:1"}) {
        BOOST_TEST(read_back(wrong) == "refused", wrong);
    }
    BOOST_TEST(read_back("unix:/" + std::string(107, 'x')) == "refused");
}

BOOST_AUTO_TEST_CASE(the_crc_is_the_cluster_specifications) {
    BOOST_TEST(crc16("123456789") == 0x31C3);
    BOOST_TEST(slot_of("{user1000}.following") == slot_of("user1000"));
    BOOST_TEST(slot_of("foo{}{bar}") != slot_of("bar"));
}

BOOST_AUTO_TEST_CASE(replies_are_read_however_they_are_cut) {
    BOOST_TEST(read("+OK\r\n").text == "OK");
    BOOST_TEST(read(":-7\r\n").integer == -7);
    BOOST_TEST((read("$-1\r\n").kind == Reply::Kind::nil));
    BOOST_TEST((read("*-1\r\n").kind == Reply::Kind::nil));
    const Reply nested = read("*4\r\n*2\r\n:1\r\n$3\r\na\r\n\r\n*0\r\n-ERR x\r\n$0\r\n\r\n");
    BOOST_REQUIRE(nested.elements.size() == 4U);
    BOOST_REQUIRE(nested.elements[0].elements.size() == 2U);
    BOOST_TEST(nested.elements[0].elements[1].text == "a\r\n");
    BOOST_TEST((nested.elements[1].kind == Reply::Kind::array));
    BOOST_TEST(error_code(nested.elements[2]) == "ERR");
    BOOST_TEST((nested.elements[3].kind == Reply::Kind::text));
}

BOOST_AUTO_TEST_CASE(a_reply_beyond_the_limits_is_a_failure) {
    const auto is_read = [](ReplyLimits limits, std::string_view octets) {
        ReplyReader reader(limits);
        reader.feed(octets);
        return reader.next().has_value();
    };
    BOOST_TEST(is_read({.octets = 4, .elements = 10}, "$4\r\nfour\r\n"));
    BOOST_TEST(!is_read({.octets = 4, .elements = 10}, "$5\r\nfives\r\n"));
    BOOST_TEST(!is_read({.octets = 16, .elements = 10}, "$1000\r\n" + std::string(20, 'x')));
    BOOST_TEST(is_read({.octets = 4, .elements = 3}, "*2\r\n:1\r\n:2\r\n"));
    BOOST_TEST(!is_read({.octets = 4, .elements = 3}, "*3\r\n:1\r\n:2\r\n:3\r\n"));
    // Each reply has limits of its own.
    ReplyReader reader({.octets = 4, .elements = 1});
    for (int i = 0; i < 3; ++i) {
        reader.feed("$4\r\nfour\r\n");
        BOOST_TEST(reader.next().has_value());
    }
}

// Newer versions of hiredis read more than we ask servers for: RESP3, and arrays of any depth, freed by recursion.
BOOST_AUTO_TEST_CASE(nothing_is_read_but_resp2_to_its_depth) {
    const auto nested = [](int depth) {
        std::string octets;
        for (int i = 0; i < depth; ++i) octets += "*1\r\n";
        return octets + ":1\r\n";
    };
    BOOST_TEST((read(nested(8)).kind == Reply::Kind::array));
    for (const std::string& other :
         {std::string("%1\r\n+a\r\n+b\r\n"), std::string("~1\r\n+a\r\n"), std::string(">1\r\n+a\r\n"),
          std::string("_\r\n"), std::string("#t\r\n"), std::string(",1.5\r\n"), std::string("=5\r\ntxt:a\r\n"),
          std::string("*1\r\n_\r\n"), nested(9), nested(500'000)}) {
        ReplyReader reader;
        reader.feed(other);
        const auto reply = reader.next();
        BOOST_TEST_REQUIRE(!reply.has_value(), other.substr(0, 8));
        BOOST_TEST(reply.error().code == make_error_code(sp::StoreErrc::store_failed));
        BOOST_TEST(reply.error().detail == "its reply isn't the Redis protocol");
    }
}

// As any version of hiredis calls us, whichever is installed here.
BOOST_AUTO_TEST_CASE(a_reply_is_read_on_only_if_it_is_resp2_and_not_too_deep) {
    for (int type = 0; type < 16; ++type) {
        redisReadTask task{};
        task.type = type;
        const bool is_known = type == REDIS_REPLY_STRING || type == REDIS_REPLY_ARRAY || type == REDIS_REPLY_INTEGER ||
                              type == REDIS_REPLY_STATUS || type == REDIS_REPLY_ERROR;
        BOOST_TEST(is_resp2(task) == is_known, type);
    }
    std::vector<redisReadTask> tasks(100);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        tasks[i].parent = i > 0 ? &tasks[i - 1] : nullptr;
        tasks[i].type = REDIS_REPLY_ARRAY;
        BOOST_TEST(is_resp2(tasks[i]) == (i < 8), i);
        tasks[i].type = REDIS_REPLY_INTEGER;
        BOOST_TEST(is_resp2(tasks[i]) == (i < 9), i);
    }
}

BOOST_AUTO_TEST_CASE(a_script_without_a_name_is_sent_as_its_source) {
    for (const auto& [name, asked] : {std::pair("", "EVAL"), std::pair("0123", "EVALSHA")}) {
        const Script script{.source = "return 1", .sha1 = name};
        const Operation operation{
            .request = {.key = "k", .words = {"k"}, .script = &script, .key_count = 1}, .deadline = {}, .done = {}};
        std::string octets;
        BOOST_TEST(append_operation(octets, operation) == 1U);
        std::string expected;
        append_command(expected, {asked, *name == '\0' ? "return 1" : name, "1", "k"});
        BOOST_TEST(octets == expected);
    }
}

BOOST_AUTO_TEST_CASE(errors_say_where_to_go_or_when) {
    BOOST_TEST(verdict_on("MOVED 3999 127.0.0.1:6381") == "go 127.0.0.1:6381");
    BOOST_TEST(verdict_on("ASK 3999 ::1:6381") == "ask [::1]:6381");
    BOOST_TEST(verdict_on("MOVED 3999 :6381") == "go 10.0.0.1:6381");
    BOOST_TEST(verdict_on("MOVED 3999 ?:6381") == "go 10.0.0.1:6381");
    for (const char* const nowhere :
         {"MOVED", "MOVED 1", "MOVED 1 h:0", "ASK 1 h:65536", "MOVED 1 h: 5", "MOVED :1 h"}) {
        BOOST_TEST(verdict_on(nowhere) == "later", nowhere);
    }
    for (const char* const code : {"TRYAGAIN x", "CLUSTERDOWN x", "LOADING x", "MASTERDOWN x"}) {
        BOOST_TEST(verdict_on(code) == "later", code);
    }
    BOOST_TEST(verdict_on("NOSCRIPT No matching script.") == "source");
    BOOST_TEST(verdict_on("READONLY You can't write") == "not master");
    BOOST_TEST(verdict_on("ERR Error running script: @user_script:1: -READONLY You can't") == "not master");
    BOOST_TEST(verdict_on("NOREPLICAS x") == "answer");
    BOOST_TEST(verdict_on("MOVEDX 3999 127.0.0.1:6381") == "answer");
}

BOOST_AUTO_TEST_CASE(only_words_of_capitals_are_codes) {
    const auto code_of = [](std::string text) {
        return std::string(error_code({.kind = Reply::Kind::error, .text = std::move(text)}));
    };
    BOOST_TEST(code_of("OOM command") == "OOM");
    BOOST_TEST(code_of("OOM") == "OOM");
    BOOST_TEST(code_of("Oom command") == "");
    BOOST_TEST(code_of("A\x1b[0m x") == "");
    BOOST_TEST(code_of(std::string(20, 'A')) == std::string(20, 'A'));
    BOOST_TEST(code_of(std::string(21, 'A')) == "");
    BOOST_TEST(error_code({.kind = Reply::Kind::text, .text = "OOM x"}) == "");
}

BOOST_AUTO_TEST_CASE(slots_belong_to_masters) {
    const std::string good =
        "*2\r\n*4\r\n:0\r\n:99\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*3\r\n$1\r\nr\r\n:9\r\n$2\r\nid\r\n"
        "*3\r\n:100\r\n:16383\r\n*3\r\n$0\r\n\r\n:2\r\n$2\r\nid\r\n";
    BOOST_TEST(masters_in(good) == "a:1 10.0.0.1:2 ");
    const auto map = parse_slots(read(good), here);
    BOOST_REQUIRE(map.has_value());
    BOOST_REQUIRE(map->master_of("123456789") != nullptr);
    BOOST_TEST(map->master_of("123456789")->port == 2);
    BOOST_TEST(map->master_of("")->port == 1);
    const auto partial = parse_slots(read("*1\r\n*3\r\n:0\r\n:0\r\n*2\r\n$1\r\na\r\n:1\r\n"), here);
    BOOST_REQUIRE(partial.has_value());
    BOOST_TEST((partial->master_of("123456789") == nullptr));
    for (const char* const wrong :
         {"*0\r\n", "+OK\r\n", "-ERR x\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n",
          "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n", "*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n",
          "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:0\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$3\r\na b\r\n:1\r\n",
          "*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n", "*1\r\n*3\r\n$1\r\n0\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n"}) {
        BOOST_TEST(masters_in(wrong) == "none", wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_cluster_behind_a_socket_that_knows_no_name_of_its_own_is_on_this_machine) {
    const Address at_socket{.host = {}, .port = 0, .path = "/run/redis/socket"};
    const auto master_at = [](const Address& asked, const std::string& host) -> std::string {
        const auto map = parse_slots(read("*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n" + host + ":2\r\n"), asked);
        return map ? map->masters().front().str() : "none";
    };
    BOOST_TEST(master_at(at_socket, "$-1\r\n") == "localhost:2");
    BOOST_TEST(master_at(at_socket, "$1\r\n?\r\n") == "localhost:2");
    BOOST_TEST(master_at(at_socket, "$1\r\na\r\n") == "a:2");
    BOOST_TEST(master_at(here, "$-1\r\n") == "10.0.0.1:2");
    BOOST_TEST(master_at({.host = {}, .port = 1, .path = {}}, "$-1\r\n") == "none");
}

BOOST_AUTO_TEST_CASE(replicas_count_while_they_are_online_and_prompt) {
    const std::string head = "# Replication\r\nrole:master\r\nmaster_replid:abc\r\n";
    const auto fresh = [&](const std::string& lines) {
        const auto info = parse_replication_info(head + lines);
        return info ? std::to_string(info->fresh_replicas) : "none";
    };
    BOOST_TEST(fresh("connected_slaves:0\r\n") == "0");
    BOOST_TEST(fresh("slave0:ip=::1,port=1,state=online,offset=14,lag=0\r\nslave1:ip=h,port=2,state=online,offset=1,"
                     "lag=1\r\n") == "2");
    BOOST_TEST(fresh("slave9:ip=h,port=1,state=online,offset=14,lag=0\r\n") == "1");
    BOOST_TEST(fresh("slave0:ip=h,port=1,state=online,offset=14,lag=2\r\n") == "0");
    BOOST_TEST(fresh("slave0:ip=h,port=1,state=wait_bgsave,offset=0,lag=0\r\n") == "0");
    BOOST_TEST(fresh("slave0:ip=h,port=1,state=online,offset=14,lag=-1\r\n") == "0");
    BOOST_TEST(fresh("slave0:ip=h,port=1,state=online,offset=14,lag=\r\n") == "0");
    BOOST_TEST(fresh("slave0:ip=h,port=1,state=online,offset=14\r\n") == "0");
    BOOST_TEST(fresh("slave_read_only:1\r\nslaves:state=online,lag=0\r\n") == "0");
    BOOST_TEST(parse_replication_info(head)->is_master);
    BOOST_TEST(!parse_replication_info("role:slave\r\nmaster_replid:abc\r\n")->is_master);
    for (const char* const wrong :
         {"", "role:master\r\n", "master_replid:abc\r\n", "role:master\r\nmaster_replid:\r\n"}) {
        BOOST_TEST(!parse_replication_info(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_lease_is_counted_from_the_question) {
    const Moment asked = Moment{} + 1h;
    Lease lease;
    BOOST_TEST(!lease.stands(asked));
    lease.renew(asked);
    BOOST_TEST(lease.stands(asked + lease_term - 1ns));
    BOOST_TEST(!lease.stands(asked + lease_term));
    lease.renew(asked + 2s);
    lease.end();
    BOOST_TEST(!lease.stands(asked + 2s));
}

BOOST_AUTO_TEST_CASE(every_lease_of_a_former_master_is_over_when_a_reign_is_settled) {
    // The latest acknowledgement is made just before the promotion, and the question about it comes as late as can be.
    const Moment promotion = Moment{} + 1h;
    const auto oldest_that_looks_fresh = std::chrono::seconds(freshest_lag + 1);
    Lease lease;
    lease.renew(promotion + oldest_that_looks_fresh);
    Reign reign;
    BOOST_TEST(!reign.observe("new", promotion));
    BOOST_TEST(!reign.is_settled(promotion + settling_time - 1ns));
    BOOST_TEST(reign.is_settled(promotion + settling_time));
    BOOST_TEST(!lease.stands(promotion + settling_time));
    // Seen again it is the same, and another one begins anew.
    BOOST_TEST(reign.observe("new", promotion + 5s));
    BOOST_TEST(reign.is_settled(promotion + 5s));
    BOOST_TEST(!reign.observe("newer", promotion + 5s));
    BOOST_TEST(!reign.is_settled(promotion + 5s));
}

BOOST_AUTO_TEST_CASE(the_back_off_grows_to_its_bound_and_is_drawn) {
    std::minstd_rand random(1);
    BackOff back_off;
    auto bound = BackOff::shortest;
    for (int i = 0; i < 12; ++i) {
        const auto wait = back_off.next(random);
        BOOST_TEST((wait >= bound / 2 && wait <= bound));
        bound = std::min(bound * 2, BackOff::longest);
    }
    back_off.reset();
    BOOST_TEST((back_off.next(random) <= BackOff::shortest));
    BackOff one;
    BackOff other;
    bool differ = false;
    for (int i = 0; i < 6; ++i) differ = (one.next(random) != other.next(random)) || differ;
    BOOST_TEST(differ);
}

BOOST_AUTO_TEST_CASE(a_scripts_name_is_its_sha_1) {
    BOOST_TEST(make_script("return 1").sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

BOOST_AUTO_TEST_SUITE_END()
