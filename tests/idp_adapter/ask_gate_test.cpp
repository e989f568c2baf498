// How many may ask an IdP at a time, and when it is left in peace.
#include "ask_gate.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using Came = AskGate::Came;

const auto one = saml::EntityID::parse("https://idp1.example.org/metadata").value();
const auto other = saml::EntityID::parse("https://idp2.example.org/metadata").value();
const AskGate::Time noon{};

struct GateUnderTest {
    AskGate gate{{.at_once = 2, .failures = 3, .pause = 10s}};

    /// Asks once, and nothing comes.
    void ask_in_vain(AskGate::Time now) {
        BOOST_REQUIRE(gate.enter(one, now));
        gate.leave(one, Came::nothing, now);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ask_gate, GateUnderTest)

BOOST_AUTO_TEST_CASE(a_few_ask_one_idp_at_a_time_and_none_waits_for_another_idp) {
    BOOST_TEST(gate.enter(one, noon));
    BOOST_TEST(gate.enter(one, noon));
    BOOST_TEST(!gate.enter(one, noon));
    BOOST_TEST(gate.enter(other, noon));
    gate.leave(one, Came::answer, noon);
    BOOST_TEST(gate.enter(one, noon));
}

BOOST_AUTO_TEST_CASE(an_idp_that_is_silent_is_left_in_peace_for_a_while) {
    for (int i = 0; i < 3; ++i) ask_in_vain(noon);
    BOOST_TEST(!gate.enter(one, noon + 10s - 1ns));
    BOOST_TEST(gate.enter(other, noon));
    BOOST_TEST(gate.enter(one, noon + 10s));
    BOOST_TEST(!gate.enter(one, noon + 10s));  // one is enough to see whether it answers again
    gate.leave(one, Came::nothing, noon + 20s);
    BOOST_TEST(!gate.enter(one, noon + 29s));
    BOOST_TEST(gate.enter(one, noon + 30s));
    gate.leave(one, Came::answer, noon + 30s);
    BOOST_TEST(gate.enter(one, noon + 30s));
    BOOST_TEST(gate.enter(one, noon + 30s));
}

BOOST_AUTO_TEST_CASE(an_answer_makes_good_for_silence_before) {
    for (int i = 0; i < 10; ++i) {
        ask_in_vain(noon);
        ask_in_vain(noon);
        BOOST_REQUIRE(gate.enter(one, noon));
        gate.leave(one, Came::answer, noon);
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_we_stopped_does_not_count_against_the_idp) {
    for (int i = 0; i < 10; ++i) {
        BOOST_REQUIRE(gate.enter(one, noon));
        gate.leave(one, Came::unknown, noon);
    }
    for (int i = 0; i < 3; ++i) ask_in_vain(noon);
    BOOST_REQUIRE(gate.enter(one, noon + 10s));
    gate.leave(one, Came::unknown, noon + 10s);
    BOOST_TEST(gate.enter(one, noon + 10s));  // nor does it keep the next from trying
}

BOOST_AUTO_TEST_SUITE_END()
