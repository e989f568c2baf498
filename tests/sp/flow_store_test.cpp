// The engines of the FlowStore keep the contract, and have properties of their own.
#include <boost/test/unit_test.hpp>

#include "flow_store_contract.hpp"
#include "slo/sp/memory_flow_store.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

saml::KeyedDigest some_digest() {
    return taken(saml::KeyedDigest::with_key("0123456789abcdef"));
}

std::unique_ptr<sp::FlowStore> make_memory_store(const sp::Clock& clock, const FlowSettings& settings) {
    return std::make_unique<sp::MemoryFlowStore>(
        clock, some_digest(),
        sp::MemoryFlowStoreOptions{.max_flows = settings.max_flows, .max_claims = settings.max_claims});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

const FlowContract memory_engine("memory_flow_store", &make_memory_store, {flow_contract(), flow_room_contract()});

BOOST_AUTO_TEST_SUITE(flow_handle)

BOOST_AUTO_TEST_CASE(a_random_handle_has_160_bits_and_fits_in_a_relay_state) {
    const sp::FlowHandle one = taken(sp::random_flow_handle());
    BOOST_TEST(one.str().size() == 40u);
    BOOST_TEST(one.str().find_first_not_of("0123456789abcdef") == std::string::npos);
    BOOST_TEST((one != taken(sp::random_flow_handle())));
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_handle) {
    const std::string good(40, 'a');
    BOOST_TEST(sp::FlowHandle::parse(good).has_value());
    for (const std::string& text :
         {std::string(), good.substr(1), good + "a", "A" + good.substr(1), "g" + good.substr(1), " " + good.substr(1),
          good.substr(1) + std::string(1, '\0'), "/" + good.substr(1), ":" + good.substr(1), "`" + good.substr(1)}) {
        const auto parsed = sp::FlowHandle::parse(text);
        BOOST_TEST_REQUIRE(!parsed.has_value());
        BOOST_TEST((parsed.error().code == sp::StoreErrc::flow_handle_malformed));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(memory_flow_store_itself)

BOOST_AUTO_TEST_CASE(says_how_many_octets_its_records_take) {
    FixedClock clock(flow_noon);
    sp::MemoryFlowStore store(clock, some_digest());
    BOOST_TEST(store.size().octets == 0u);
    for (unsigned i = 0; i < 100; ++i) {
        BOOST_TEST(store.keep(handle(i), std::string(600, 'x'), flow_noon + 1min).has_value());
        const auto id = assertion_id("a" + std::to_string(i));
        BOOST_TEST((taken(store.claim(idp_id, id, flow_noon + 2min)) == sp::AssertionUse::first));
    }
    const std::size_t a_flow = 600 + sp::MemoryFlowStore::octets_beside_record;
    BOOST_TEST(store.size().flows == 100u);
    BOOST_TEST(store.size().claims == 100u);
    BOOST_TEST(store.size().octets == 100 * (a_flow + sp::MemoryFlowStore::octets_of_claim));
    BOOST_TEST(sp::MemoryFlowStore::octets_beside_record <= 40u);
    BOOST_TEST(sp::MemoryFlowStore::octets_of_claim <= 24u);

    BOOST_TEST(taken(store.take(handle(7))).has_value());
    BOOST_TEST(store.size().octets == 99 * a_flow + 100 * sp::MemoryFlowStore::octets_of_claim);
    clock.set(flow_noon + 1min);
    std::size_t forgotten = 0;
    for (int i = 0; i < 256; ++i) forgotten += store.forget_expired();
    BOOST_TEST(forgotten == 99u);
    BOOST_TEST(store.size().octets == 100 * sp::MemoryFlowStore::octets_of_claim);
    clock.set(flow_noon + 2min);
    for (int i = 0; i < 256; ++i) forgotten += store.forget_expired();
    BOOST_TEST(forgotten == 199u);
    BOOST_TEST(store.size().octets == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
