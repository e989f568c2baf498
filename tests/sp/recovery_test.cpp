// Logouts that a crash, or a failing application, left unfinished.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <stop_token>

#include "service_under_test.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

BOOST_FIXTURE_TEST_SUITE(recovery, ServiceUnderTest)

namespace {

UnfinishedLogout unfinished(std::string_view id, const std::vector<std::string>& ids) {
    return {{idp_id, parsed<saml::MessageID>(id)}, sessions_named(ids)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(finishes_the_logouts_that_were_left) {
    store.unfinished = std::vector{unfinished("_a", {"S1"}), unfinished("_b", {})};
    BOOST_TEST(taken(service().recover()) == 0U);
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(store.gone == "S1 ");
    BOOST_TEST(store.calls == "complete complete ");
    BOOST_TEST_REQUIRE(audit.entries().size() == 2U);
    BOOST_TEST(audit.entries()[0].event == "recover");
    BOOST_TEST(audit.entries()[0].request_id == "_a");
    BOOST_TEST(audit.entries()[0].name_id == digest.hex({"name_id", idp_id.str(), "N1"}));
    BOOST_TEST(audit.entries()[0].ended == 1U);
    BOOST_TEST(audit.entries()[1].request_id == "_b");
}

BOOST_AUTO_TEST_CASE(counts_a_logout_at_which_an_application_still_fails) {
    store.unfinished = std::vector{unfinished("_a", {"S1"}), unfinished("_b", {"S2"})};
    application.answer("S2", Ended::failed);
    BOOST_TEST(taken(service().recover()) == 1U);
    BOOST_TEST(audit.last().rule == "application.failed");
    BOOST_TEST((audit.last().failed_applications == std::vector<std::string>{"shop"}));
}

BOOST_AUTO_TEST_CASE(stops_between_two_logouts) {
    store.unfinished = std::vector{unfinished("_a", {"S1"}), unfinished("_b", {"S2"})};
    std::stop_source stop;
    store.on_complete = [&stop] { stop.request_stop(); };
    BOOST_TEST(taken(service().recover(stop.get_token())) == 1U);
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(store.calls == "complete ");
}

BOOST_AUTO_TEST_CASE(counts_a_logout_that_the_store_could_not_record) {
    store.unfinished = std::vector{unfinished("_a", {"S1"})};
    store.recorded = fail(StoreErrc::store_failed, "the disk is full");
    BOOST_TEST(taken(service().recover()) == 1U);
    BOOST_TEST(audit.last().rule == "store.failed");
    BOOST_TEST(audit.last().detail == "the disk is full");
}

BOOST_AUTO_TEST_CASE(passes_the_stores_failure_on) {
    store.unfinished = fail(StoreErrc::store_failed);
    const auto recovered = service().recover();
    BOOST_TEST_REQUIRE(!recovered);
    BOOST_TEST((recovered.error().code == StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(survives_a_store_that_throws) {
    store.unfinished = std::vector{unfinished("_a", {"S1"})};
    store.on_complete = [] { throw std::runtime_error("no"); };
    const auto recovered = service().recover();
    BOOST_TEST_REQUIRE(!recovered);
    BOOST_TEST((recovered.error().code == StoreErrc::store_failed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
