// Two lanes to a slow reader: lines of unproven senders never delay proven ones.
#include "audit_lanes.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

namespace slo::sp {

namespace {

std::string all_of(AuditLanes& lanes) {
    std::string texts;
    while (const auto line = lanes.take_now()) texts += line->text;
    return texts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_lanes)

BOOST_AUTO_TEST_CASE(proven_lines_come_first_and_each_lane_keeps_its_order) {
    AuditLanes lanes(10, 10);
    lanes.put(AuditLane::sampled, "a");
    lanes.put(AuditLane::proven, "1");
    lanes.put(AuditLane::sampled, "b");
    lanes.put(AuditLane::proven, "2");
    BOOST_TEST(all_of(lanes) == "12ab");
}

BOOST_AUTO_TEST_CASE(a_full_lane_loses_the_newest_and_takes_no_room_of_the_other) {
    AuditLanes lanes(2, 3);
    for (const char* text : {"a", "b", "c", "d", "e"}) lanes.put(AuditLane::sampled, text);
    BOOST_TEST(lanes.lost().sampled == 2U);
    BOOST_TEST(lanes.lost().proven == 0U);
    for (const char* text : {"1", "2", "3"}) lanes.put(AuditLane::proven, text);
    BOOST_TEST(lanes.lost().sampled == 2U);
    BOOST_TEST(lanes.lost().proven == 1U);
    BOOST_TEST(all_of(lanes) == "12abc");
}

BOOST_AUTO_TEST_CASE(tells_each_loss_once_and_counts_all_of_them) {
    AuditLanes lanes(0, 0);
    lanes.put(AuditLane::proven, "1");
    lanes.put(AuditLane::sampled, "a");
    const auto told = lanes.untold();
    BOOST_TEST(told.proven == 1U);
    BOOST_TEST(told.sampled == 1U);
    lanes.put(AuditLane::proven, "2");
    lanes.lose(AuditLane::sampled);
    lanes.tell(told);
    BOOST_TEST(lanes.untold().proven == 1U);
    BOOST_TEST(lanes.untold().sampled == 1U);
    BOOST_TEST(lanes.lost().proven == 2U);
    BOOST_TEST(lanes.lost().sampled == 2U);
}

BOOST_AUTO_TEST_CASE(the_taker_waits_for_a_line_or_a_stop) {
    AuditLanes lanes(10, 10);
    std::string seen;
    std::jthread taking([&](const std::stop_token& stop) {
        while (const auto line = lanes.take(stop)) seen += line->text;
    });
    lanes.put(AuditLane::proven, "1");
    while (lanes.waiting() != 0) std::this_thread::yield();
    taking.request_stop();
    taking.join();
    BOOST_TEST(seen == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
