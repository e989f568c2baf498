// Partners are replaced a thousand times while their requests are verified (MET-14). ThreadSanitizer watches (./dev
// tsan).
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

#include "service_under_test.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::sp {
namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

constexpr int reloads = 1000;
constexpr int verifiers = 3;

/// Keys of their own in every snapshot: only a verification at work keeps the old ones alive.
std::shared_ptr<const idp_adapter::IdpDirectory> fresh_directory(int turn) {
    auto idp = idp_with_first_key();
    if (turn % 2 == 1) {
        const auto next = taken(saml::Certificate::parse(fixture("keys/idp1-second.crt.pem")));
        idp.keys.insert(idp.keys.begin(), taken(saml::VerificationKey::from(next)));
    }
    return directory_of({std::move(idp)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_AUTO_TEST_CASE(snapshots_are_replaced_while_requests_are_verified) {
    ServiceUnderTest parts;
    MemorySessionStore store(parts.clock, parts.digest);
    Policy policy;
    policy.requests_per_second_per_idp = 1'000'000;
    LogoutService service({.entity_id = our_id,
                           .destinations = parts.parts.destinations,
                           .idps = fresh_directory(0),
                           .signer = parts.parts.signer,
                           .decryption_keys = {},
                           .audit_digest = parts.digest,
                           .policy = policy,
                           .store = store,
                           .applications = {&parts.application},
                           .audit = parts.audit,
                           .clock = parts.clock},
                          Housekeeping::by_host);
    const std::string body = signed_body(baseline_request());
    std::atomic<bool> done = false;
    std::atomic<int> failed = 0;
    std::latch all_have_begun(verifiers);
    std::vector<std::jthread> threads;
    for (int i = 0; i < verifiers; ++i) {
        threads.emplace_back([&] {
            bool has_begun = false;
            while (!done) {
                const auto reply = BackChannel(service).handle({body, "text/xml"});
                if (reply.body.find("status:Success") == std::string::npos) ++failed;
                if (!std::exchange(has_begun, true)) all_have_begun.count_down();
            }
        });
    }
    all_have_begun.wait();
    for (int turn = 0; turn < reloads; ++turn) service.replace_idps(fresh_directory(turn));
    done = true;
    threads.clear();
    BOOST_TEST(failed == 0);
    BOOST_TEST(service.idps()->find(idp_id)->keys.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
