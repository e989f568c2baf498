#include "slo/sp/logout_decision.hpp"

#include <boost/test/unit_test.hpp>

#include "logout_order.hpp"
#include "reply_mapping.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

namespace {

using namespace std::chrono_literals;

constexpr Instant now{std::chrono::sys_days{std::chrono::year{2030} / 1 / 15}};

}  // namespace

BOOST_AUTO_TEST_SUITE(logout_decision)

BOOST_AUTO_TEST_CASE(says_success_only_if_nothing_is_left) {
    const Policy policy;
    BOOST_TEST(describe(status_for({.ended = 2}, policy)) == "Success");
    BOOST_TEST(describe(status_for({.already_gone = 2}, policy)) == "Success");
    BOOST_TEST(describe(status_for({.ended = 2, .failed = 1}, policy)) == "Responder");
    BOOST_TEST(describe(status_for({.failed = 1}, policy)) == "Responder");
}

BOOST_AUTO_TEST_CASE(says_success_or_unknown_principal_if_no_principal_was_known) {
    Policy policy;
    BOOST_TEST(describe(status_for({}, policy)) == "Success");
    policy.unknown_principal = UnknownPrincipal::unknown_principal;
    BOOST_TEST(describe(status_for({}, policy)) == "Requester/UnknownPrincipal");
    BOOST_TEST(describe(status_for({.ended = 1}, policy)) == "Success");
    BOOST_TEST(describe(status_for({.already_gone = 1}, policy)) == "Success");
    BOOST_TEST(describe(status_for({.failed = 1}, policy)) == "Responder");
    policy.second_level_codes = SecondLevelCodes::omitted;
    BOOST_TEST(describe(status_for({}, policy)) == "Requester");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(logout_order)

BOOST_AUTO_TEST_CASE(keeps_a_record_for_the_horizon_at_least) {
    BOOST_TEST((keep_until({now, std::nullopt, 300s}, now, {}) == now + 3600s));
    BOOST_TEST((keep_until({now, now + 60s, 300s}, now, {}) == now + 3600s));
}

BOOST_AUTO_TEST_CASE(keeps_a_record_until_the_request_has_expired_here) {
    BOOST_TEST((keep_until({now, now + 7200s, 300s}, now, {}) == now + 7200s + 180s));
}

BOOST_AUTO_TEST_CASE(keeps_a_record_as_long_as_a_request_without_expiry_is_accepted) {
    const Policy policy{.logout_record_horizon = 1s};
    const Instant issued = now + 170s;  // by a clock ahead of ours, within the skew
    BOOST_TEST((keep_until({issued, std::nullopt, 300s}, now, policy) > issued + 300s + 180s));
}

BOOST_AUTO_TEST_CASE(keeps_no_record_beyond_the_cap) {
    BOOST_TEST((keep_until({now, now + 1000000s, 300s}, now, {}) == now + 86400s));
}

BOOST_AUTO_TEST_CASE(refuses_a_request_that_could_come_back_after_its_record) {
    const Policy policy;
    // The earliest moment at which a request is accepted, and the record made then.
    const Instant earliest = now - policy.clock_skew;
    const Instant kept = keep_until({now, now + 1000000s, 300s}, earliest, policy);
    BOOST_TEST(is_older_than_records(now, kept, policy));
    BOOST_TEST(!is_older_than_records(now, kept - 1ms, policy));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
