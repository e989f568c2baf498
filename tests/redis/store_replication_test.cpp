// Which steps of the shared store wait for the replicas.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

#include "../sp/session_store_trial.hpp"
#include "clients.hpp"
#include "redis_server.hpp"
#include "rounds.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::test {
namespace {

std::uint64_t waits_at(const RedisServer& server) {
    const std::string stats = server.ask({"INFO", "commandstats"});
    const std::string field = "cmdstat_wait:calls=";
    const auto at = stats.find(field);
    return at == std::string::npos ? 0 : std::stoull(stats.substr(at + field.size()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failover)

BOOST_AUTO_TEST_CASE(a_request_that_a_promotion_must_not_lose_waits_for_the_replicas_and_no_other_does) {
    const RedisServer primary({.tcp = true});
    const auto replica = replica_of(primary);
    const FixedClock clock(noon);
    sp::RedisSessionStoreOptions options;
    options.servers = replicated(primary);
    options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
    const auto store = taken(sp::RedisSessionStore::open(clock, options));
    const auto waits = [&](auto step) {
        const std::uint64_t before = waits_at(primary);
        BOOST_TEST(step().has_value());
        return waits_at(primary) != before;
    };
    const sp::Session session = session_of("s");
    const sp::LogoutOrder order = order_for_all("r");
    const sp::RoundClaim claim = claim_of(order.key);
    const sp::KeptRequest request = request_of("k");
    BOOST_TEST(!waits([&] { return store->admit(session); }));
    BOOST_TEST(!waits([&] { return store->find(session.id); }));
    BOOST_TEST(waits([&] { return store->begin_logout(order, claim); }));
    BOOST_TEST(waits([&] { return store->resume_logout(order.key, claim); }));
    BOOST_TEST(waits([&] { return complete_logout(*store, order.key, {.ended = 1}, {session.id}); }));
    BOOST_TEST(waits([&] { return store->keep_request(request); }));
    BOOST_TEST(waits([&] { return store->take_due_requests(noon, noon + std::chrono::hours(1), 9); }));
    BOOST_TEST(waits([&] { return store->drop_request(request.order.key); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
