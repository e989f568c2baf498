// The housekeeping, and logouts that start here, with too little memory (MEM-15).
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <new>
#include <string>
#include <thread>

#include "every_allocation.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/sp/housekeeper.hpp"

namespace {

using namespace slo::test;
using namespace std::chrono_literals;
namespace saml = slo::saml;
namespace sp = slo::sp;

constexpr Failing both_ways[] = {Failing::the_nth, Failing::from_the_nth};

/// P-256, for speed.
ServiceProviderOptions options() {
    ServiceProviderOptions options;
    options.private_key = "keys/sp-p256.key.pem";
    options.certificate = "keys/sp-p256.crt.pem";
    return options;
}

/// A session of IdP2 whose logout a process has begun that died.
std::string begun_and_left(ServiceProvider& provider, std::size_t number) {
    const std::string name = std::to_string(number);
    BOOST_TEST_REQUIRE((provider.admit(session("S" + name, idp2_entity_id, transient("N" + name), {"i" + name})) ==
                        sp::Admission::admitted));
    const sp::LogoutOrder order{.key = {entity_id(idp2_entity_id), saml::MessageID::parse("_r" + name).value()},
                                .sp = entity_id(our_entity_id),
                                .name_id = transient("N" + name),
                                .session_indexes = {},
                                .as_of = provider.clock.now(),
                                .keep_until = provider.clock.now() + 1h};
    BOOST_TEST_REQUIRE(provider.memory.begin_logout(order, {{1, number}, provider.clock.now()}).has_value());
    return "S" + name;
}

bool was_told(const ServiceProvider& provider, const std::string& session) {
    return (' ' + provider.told() + ' ').find(' ' + session + ' ') != std::string::npos;
}

/// A store in which the sweep finds no memory, twice.
class Starved final : public sp::SessionStore {
public:
    explicit Starved(sp::SessionStore& store) : store_(store) {}

    std::size_t sweep_some() override {
        if (++sweeps <= 2) throw std::bad_alloc();
        return store_.sweep_some();
    }
    slo::Result<sp::Admission> admit(const sp::Session& session) override { return store_.admit(session); }
    slo::Result<sp::Admission> would_admit(const sp::Session& session) override { return store_.would_admit(session); }
    slo::Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder& order, const sp::RoundClaim& claim) override {
        return store_.begin_logout(order, claim);
    }
    slo::Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey& key, const sp::RoundClaim& claim) override {
        return store_.resume_logout(key, claim);
    }
    slo::Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey& key, const sp::RoundReport& report) override {
        return store_.complete_logout(key, report);
    }
    slo::Result<std::optional<sp::Session>> find(const sp::LocalSessionID& id) override { return store_.find(id); }
    slo::Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override { return store_.unfinished_logouts(); }
    slo::Result<std::vector<sp::Session>> named_by(const sp::SessionNaming& naming) override {
        return store_.named_by(naming);
    }
    slo::Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder& order) override {
        return store_.near_misses(order);
    }
    slo::Result<sp::SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                             std::size_t count) override {
        return store_.sessions_of(idp, after, count);
    }
    slo::Result<std::vector<saml::EntityID>> idps_of_sessions() override { return store_.idps_of_sessions(); }
    slo::Result<void> keep_request(const sp::KeptRequest& request) override { return store_.keep_request(request); }
    slo::Result<std::vector<sp::KeptRequest>> take_due_requests(slo::Instant now, slo::Instant until,
                                                                std::size_t count) override {
        return store_.take_due_requests(now, until, count);
    }
    slo::Result<void> drop_request(const sp::LogoutKey& key) override { return store_.drop_request(key); }

    std::atomic<unsigned> sweeps = 0;

private:
    sp::SessionStore& store_;
};

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_AUTO_TEST_CASE(housekeeping_without_memory_does_its_turn_later) {
    for (const Failing failing : both_ways) {
        ServiceProvider provider(options());
        bool was_short = true;
        for (std::size_t n = 1; was_short; ++n) {
            BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
                const std::string session = begun_and_left(provider, n);
                const ShortRun run = with_shortage(failing, n, [&] {
                    sp::keep_house(provider.service(), 0);
                    return std::string();
                });
                was_short = run.was_short;
                provider.clock.advance(20s);  // until then the round that was left half-way has the session
                sp::keep_house(provider.service(), 60);
                BOOST_TEST(provider.memory.unfinished_logouts().value().empty());
                BOOST_TEST(was_told(provider, session));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_housekeepings_threads_outlive_a_turn_without_memory) {
    ServiceProvider provider(options());
    Starved store(provider.memory);
    const sp::LogoutService service(
        {.entity_id = entity_id(our_entity_id),
         .destinations = {},
         .idps = provider.service().idps(),
         .signer = saml::MessageSigner(
             saml::SigningKey::parse(fixture("keys/sp-p256.key.pem"), fixture("keys/sp-p256.crt.pem")).value()),
         .decryption_keys = {},
         .audit_digest = saml::KeyedDigest::with_key("0123456789abcdef").value(),
         .policy = {},
         .store = store,
         .applications = {},
         .audit = provider.audit,
         .clock = provider.clock},
        sp::Housekeeping::in_threads);
    while (store.sweeps < 3) std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(a_logout_that_starts_here_without_memory_can_be_started_again) {
    for (const Failing failing : both_ways) {
        ServiceProvider provider(options());
        bool was_short = true;
        for (std::size_t n = 1; was_short; ++n) {
            BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
                const std::string name = std::to_string(n);
                provider.admit(session("S" + name, idp2_entity_id, transient("N" + name), {"i" + name}));
                const sp::SessionSelection wanted = sp::SessionsByID{{local_id("S" + name)}};
                const ShortRun run = with_shortage(failing, n, [&] {
                    const auto told = provider.service().start_logout(wanted, sp::LogoutReason::user);
                    return told ? std::string("told") : told.error().code.message();
                });
                was_short = run.was_short;
                BOOST_TEST((run.said == "told" || run.said == "store.failed"), run.said);
                static_cast<void>(provider.service().start_logout(wanted, sp::LogoutReason::user));
                BOOST_TEST(!provider.memory.find(local_id("S" + name)).value().has_value());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
