// The records on the servers, octet by octet: nodes of other versions wrote them, and read them. Here each place is a
// number, so that no change of a layout, in C++ or in Lua, goes unnoticed.
#include <boost/test/unit_test.hpp>

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "redis_nodes.hpp"
#include "rounds.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

std::string hex(std::string_view octets) {
    std::string text;
    for (const char octet : octets) {
        text += "0123456789abcdef"[static_cast<unsigned char>(octet) >> 4];
        text += "0123456789abcdef"[static_cast<unsigned char>(octet) & 15];
    }
    return text;
}

constexpr std::string_view zero = "0000000000000000";
// The digests of the values below, under the key of redis_nodes.hpp.
constexpr std::string_view exact_form = "62c4456f8c7faba8fbd52883157e28e5";
constexpr std::string_view default_form = "2925e4021e029e3a20b58a03b15ac63f";
constexpr std::string_view value_form = "2071430cd39ac9618c38469620752379";
constexpr std::string_view index = "4743668368a2b04577f87904b43cdf9b";
constexpr std::string_view content = "5dc691ddd6fa96b45f39d75295a26651";
constexpr std::string_view order_digest = "7f1def0d46036aa22ea020ab1f4a84db";

sp::Session session() {
    return session_with("a", {"i1"});
}

sp::LogoutOrder order() {
    sp::LogoutOrder one = order_for("r", {"i1"});
    one.authn_instants = {session().authn_instant};
    return one;
}

/// A big-endian double of milliseconds.
std::string number(Instant instant) {
    const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(instant.time_since_epoch().count()));
    std::string octets;
    for (int shift = 56; shift >= 0; shift -= 8) octets += static_cast<char>(bits >> shift & 0xFF);
    return hex(octets);
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts) all += part;
    return all;
}

std::string stored_session(const Site& site) {
    const std::string name = site.writer().session_name(session().id);
    return hex(Site::server().ask({"HGET", site.key(":{*}:sessions"), name}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_format)

BOOST_AUTO_TEST_CASE(a_sessions_record_is_that_of_every_version) {
    const Site site;
    const auto writer = site.writer();
    const std::string record = taken(writer.session_record(session(), writer.principal(session()), "NONCE123"));
    const std::string fixed =
        joined({zero, number(session().expires), number(session().authn_instant), "4e4f4e4345313233", content,
                exact_form, default_form, value_form, "0001", index});
    BOOST_TEST(hex(record).substr(0, 228) == fixed);
    const auto read = sp::redis::StoredSession::read(record);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(hex(read->content()) == content);
    BOOST_TEST(hex(read->sealed()) == hex(record).substr(228));
    BOOST_TEST((read->is_alive(session().expires - 1ms) && !read->is_alive(session().expires)));
}

BOOST_AUTO_TEST_CASE(a_logouts_record_is_that_of_every_version) {
    const Site site;
    const auto writer = site.writer();
    const std::string record = taken(writer.logout_record(order(), writer.principal(order())));
    const std::string fixed =
        joined({zero, number(order().keep_until), number(order().as_of), "01", default_form, order_digest,
                "00000000000000000000000000", "0002", index, zero, number(session().authn_instant)});
    BOOST_TEST(hex(record).substr(0, 208) == fixed);
}

BOOST_AUTO_TEST_CASE(the_records_of_a_beginning_logout_are_those_of_every_version) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session())));
    const std::string admitted = stored_session(site);
    BOOST_TEST(granted(taken(node.store.begin_logout(order(), round_until(9, noon + 5min)))) == "a | ");
    // The node's time is the first logout's number.
    BOOST_TEST(stored_session(site) == number(noon) + admitted.substr(16));
    const std::string logout = hex(Site::server().ask({"GET", site.key(":{*}:logout:*")}));
    BOOST_TEST(logout.substr(0, 116) == joined({number(noon), number(order().keep_until), number(order().as_of), "01",
                                                default_form, order_digest, "00"}));
    const std::string name = site.writer().session_name(session().id);
    BOOST_TEST(hex(Site::server().ask({"HGET", site.key(":{*}:rounds"), name})) ==
               "00000000000000070000000000000009" + number(noon + 5min));
    const std::string barrier = hex(Site::server().ask({"GET", site.key(":{*}:barrier:" + std::string(index))}));
    BOOST_TEST(barrier == joined({number(order().as_of), number(order().keep_until), "02", value_form}));
}

BOOST_AUTO_TEST_CASE(a_logouts_outcome_is_that_of_every_version) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session())));
    static_cast<void>(taken(node.store.begin_logout(order(), round_until(9, noon + 5min))));
    const std::string before = hex(Site::server().ask({"GET", site.key(":{*}:logout:*")}));
    const sp::RoundReport report{.round = round_until(9, noon).round,
                                 .ended = 0x01020304,
                                 .already_gone = 5,
                                 .gone = {session().id},
                                 .near_misses = 6};
    static_cast<void>(taken(node.store.complete_logout(order().key, report)));
    const std::string after = hex(Site::server().ask({"GET", site.key(":{*}:logout:*")}));
    BOOST_TEST(after == before.substr(0, 114) + "01" + "01020304" + "00000005" + "00000006" + before.substr(140));
    BOOST_TEST(site.count_keys(":{*}:sessions") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
