// A whole roll-over on both sides while users log out all the time, and not one logout fails.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "ports.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/key_folder.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

const Instant start = saml::parse_instant("2040-03-01T00:00:00Z").value();
/// cacheDuration on both sides.
constexpr auto cache_time = 6h;
constexpr auto spread = std::chrono::seconds(cache_time) + metadata::longest_http_caching;

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "slo-rollover-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path = name;
    }
    ~TemporaryFolder() { fs::remove_all(path); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    fs::path path;
};

/// The IdP's side: its own key, and our metadata as it last fetched it.
class Idp {
public:
    Idp() : idp_(*examples::TestIdp::make(saml::EntityID::parse("https://idp.example.org/rollover").value(), start)) {}

    [[nodiscard]] examples::TestIdp identity() const {
        const std::lock_guard lock(mutex_);
        return idp_;
    }
    template <class Change>
    void change(Change what) {
        const std::lock_guard lock(mutex_);
        what(idp_);
    }
    [[nodiscard]] examples::TrustedSp partner() const {
        const std::lock_guard lock(mutex_);
        return sp_.value();
    }
    /// Asks by HTTP's rules. From the second time on it believes only documents signed by a key published before.
    [[nodiscard]] bool fetch(sp::HttpEndpoint& endpoint) {
        const sp::HttpReply reply = sp::wait_for(endpoint.handle(
            {.method = "GET", .target = "/saml/metadata", .headers = {{"If-None-Match", tag_}}, .body = {}}));
        if (reply.status == 304) return true;
        auto read = examples::TrustedSp::from_metadata(reply.body);
        if (reply.status != 200 || !read || (sp_ && !is_signed_by_known_key(reply.body))) return false;
        const std::lock_guard lock(mutex_);
        sp_ = *std::move(read);
        for (const auto& [name, value] : reply.headers) {
            if (name == "ETag") tag_ = value;
        }
        return true;
    }

private:
    struct LookAtNothing final : saml::StreamVisitor {
        Result<Take> start(const saml::StreamElement&) override { return Take::skip; }
        Result<void> end() override { return Done{}; }
        Result<void> kept(std::string_view, std::span<const std::uint32_t>) override { return Done{}; }
    };
    [[nodiscard]] bool is_signed_by_known_key(const std::string& octets) const {
        saml::VerificationKeys keys;
        for (const auto& certificate : sp_->certificates) keys.push_back(*saml::VerificationKey::from(certificate));
        LookAtNothing visitor;
        return saml::read_signed_stream(saml::source_of(octets), keys, {}, {}, visitor).has_value();
    }

    mutable std::mutex mutex_;
    examples::TestIdp idp_;
    std::optional<examples::TrustedSp> sp_;
    std::string tag_ = "\"none yet\"";
};

/// Our side, as saml-slod wires it, with a clock that the test holds.
class Sp {
public:
    explicit Sp(const Idp& idp)
        : clock(start),
          configuration_(configured(folder_.path, idp)),
          published_(metadata::PublishedMetadata::make(configuration_.publication, start).value()),
          store_(clock, digest_),
          application_("shop", [](const sp::Session&) { return sp::Ended::ended; }),
          service_({.entity_id = configuration_.entity_id,
                    .destinations = configuration_.destinations,
                    .idps = nullptr,
                    .signer = saml::MessageSigner(configuration_.signing_key),
                    .decryption_keys = configuration_.decryption_keys,
                    .audit_digest = digest_,
                    .policy = configuration_.policy,
                    .store = store_,
                    .applications = {&application_},
                    .audit = audit,
                    .clock = clock},
                   sp::Housekeeping::by_host),
          endpoint(service_, {.metadata = [this] { return published_->at(clock.now()); }}) {
        refresh(idp);
    }

    /// Refreshes the metadata when it's due, as a source does.
    void refresh(const Idp& idp) {
        const auto read = metadata::parse_entity_descriptor(idp.identity().metadata(), clock.now(), 180s).value();
        service_.replace_idps(std::make_shared<const idp_adapter::IdpDirectory>(
            idp_adapter::IdpDirectory::of({idp_adapter::make_idp(read, {}).value()}).value()));
    }
    [[nodiscard]] bool may(sp::KeyStep step) const {
        const auto time = sp::earliest(ring(), sp::KeyPurpose::signing, step, spread);
        return !time || *time <= clock.now();
    }
    [[nodiscard]] sp::KeyStep next_step() const { return sp::step_from(ring(), sp::KeyPurpose::signing); }
    /// As saml-slo keys rotate does it; then the endpoint notices.
    void rotate(sp::KeyStep step) {
        const fs::path& keys = configuration_.key_folder;
        const std::string fresh = sp::unused_name(keys, sp::KeyPurpose::signing);
        if (step == sp::KeyStep::prepare) {
            const auto pair = saml::generate_key(saml::KeyKind::rsa_2048, "next", clock.now(), std::chrono::days(365));
            BOOST_REQUIRE(sp::write_key_pair(keys, fresh, pair.value()).has_value());
        }
        const auto changed = sp::after(ring(), sp::KeyPurpose::signing, step, fresh, clock.now());
        BOOST_REQUIRE(sp::write_key_ring(keys, changed.value()).has_value());
        auto ours = sp::reload_keys(configuration_, clock.now()).value();
        BOOST_REQUIRE(published_->replace(ours.publication, clock.now()).has_value());
        service_.replace_keys(saml::MessageSigner(ours.signing), std::move(ours.decryption));
    }
    /// Admits the session of a user who signs in.
    [[nodiscard]] bool admit(const std::string& user, const saml::EntityID& idp) {
        const auto admission = store_.admit({.id = *sp::LocalSessionID::parse(user),
                                             .idp = idp,
                                             .sp = configuration_.entity_id,
                                             .name_id = examples::persistent_name(user),
                                             .session_indexes = {*saml::SessionIndex::parse("_" + user)},
                                             .authn_instant = clock.now(),
                                             .expires = clock.now() + 8h});
        return admission && *admission == sp::Admission::admitted;
    }
    [[nodiscard]] std::string slo_url() const { return configuration_.destinations.front().str(); }
    [[nodiscard]] std::string active_certificate() const {
        return sp::reload_keys(configuration_, clock.now()).value().signing.certificate().fingerprint();
    }

    test::FixedClock clock;
    test::Recorder audit;

private:
    static sp::Configuration configured(const fs::path& folder, const Idp& idp) {
        std::ofstream(folder / "idp.xml") << idp.identity().metadata();
        std::ofstream(folder / "slo.toml") << R"([sp]
entity_id = "https://sp.example.org/saml"
slo_url = "https://sp.example.org/saml/slo/soap"
acs_url = "https://sp.example.org/saml/acs"
keys = "keys"
metadata_cache_for = "6h"
metadata_valid_for = "2d"
[[idp]]
metadata = "idp.xml"
[policy]
requests_per_second_per_idp = 1000000
[store]
engine = "memory"
[server]
listen = "127.0.0.1:8080"
)";
        return sp::load_configuration(folder / "slo.toml", start).value();
    }
    [[nodiscard]] sp::KeyRing ring() const { return sp::read_key_ring(configuration_.key_folder).value(); }

    TemporaryFolder folder_;
    saml::KeyedDigest digest_ = saml::KeyedDigest::with_random_key().value();
    sp::Configuration configuration_;
    std::shared_ptr<metadata::PublishedMetadata> published_;
    sp::MemorySessionStore store_;
    sp::SynchronousApplication application_;
    sp::LogoutService service_;

public:
    sp::HttpEndpoint endpoint;
};

/// One logout: the IdP orders it with its present key, and judges the answer by the metadata that it last fetched.
/// "Success", or the fault.
std::string log_out(Sp& sp, const Idp& idp, const examples::TestIdp& identity, const std::string& user) {
    if (!sp.admit(user, identity.entity_id())) return "not admitted";
    const auto order = identity.order({.destination = sp.slo_url(),
                                       .name_id = examples::persistent_name(user),
                                       .session_indexes = {*saml::SessionIndex::parse("_" + user)}},
                                      sp.clock.now());
    if (!order) return "no order";
    const sp::HttpReply reply = sp::wait_for(sp.endpoint.handle({.method = "POST",
                                                                 .target = "/saml/slo/soap",
                                                                 .headers = {{"Content-Type", "text/xml"}},
                                                                 .body = order->body}));
    const auto status = idp.partner().read_answer(reply.body, *order, sp.clock.now());
    return status ? examples::short_text(*status) : status.error().code.message();
}

/// Users who log out one after the other, in two threads, until it's destroyed.
class Traffic {
public:
    Traffic(Sp& sp, const Idp& idp) {
        for (const char* name : {"a", "b"}) {
            threads_.emplace_back([this, &sp, &idp, name](const std::stop_token& stop) {
                for (int i = 0; !stop.stop_requested(); ++i) {
                    begin();
                    end(log_out(sp, idp, idp.identity(), name + std::to_string(i)));
                }
            });
        }
    }
    /// Time passes between two logouts, not in one.
    void pass(Sp& sp, std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        time_passes_ = true;
        changed_.wait(lock, [this] { return at_work_ == 0; });
        sp.clock.advance(time);
        time_passes_ = false;
        changed_.notify_all();
    }
    /// Returns when `more` further logouts are through.
    void wait_for_more(int more) {
        std::unique_lock lock(mutex_);
        const int wanted = done_ + more;
        changed_.wait(lock, [&] { return done_ >= wanted; });
    }
    [[nodiscard]] std::vector<std::string> failures() const {
        const std::lock_guard lock(mutex_);
        return failures_;
    }

private:
    void begin() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !time_passes_; });
        ++at_work_;
    }
    void end(std::string outcome) {
        const std::lock_guard lock(mutex_);
        --at_work_;
        ++done_;
        if (outcome != "Success") failures_.push_back(std::move(outcome));
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool time_passes_ = false;
    int at_work_ = 0;
    int done_ = 0;
    std::vector<std::string> failures_;
    std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rollover)

BOOST_AUTO_TEST_CASE(rolls_both_sides_keys_over_without_a_failed_logout) {
    Idp idp;
    Sp sp(idp);
    BOOST_REQUIRE(idp.fetch(sp.endpoint));
    const examples::TestIdp idp_before = idp.identity();
    const std::string key_before = sp.active_certificate();
    std::vector<int> our_steps;
    {
        Traffic traffic(sp, idp);
        // Each side starts right after the other has fetched, so that it waits the longest.
        for (int hour = 1; hour <= 24; ++hour) {
            traffic.wait_for_more(4);
            traffic.pass(sp, 1h);
            if (hour % 6 == 0) BOOST_REQUIRE(idp.fetch(sp.endpoint));
            if (hour % 6 == 3) sp.refresh(idp);
            if (hour == 4) idp.change([&](auto& it) { BOOST_REQUIRE(it.publish_next_key(start).has_value()); });
            if (hour == 10) idp.change([](auto& it) { it.sign_with_next_key(); });
            if (hour == 11) idp.change([](auto& it) { it.drop_old_key(); });
            const bool goes_on = hour == 1 || sp.next_step() != sp::KeyStep::prepare;
            if (goes_on && sp.may(sp.next_step())) {
                sp.rotate(sp.next_step());
                our_steps.push_back(hour);
            }
        }
        traffic.wait_for_more(4);
        BOOST_TEST(traffic.failures() == std::vector<std::string>{}, boost::test_tools::per_element());
    }
    BOOST_TEST(our_steps == (std::vector{1, 8, 15}), boost::test_tools::per_element());
    BOOST_TEST(sp.active_certificate() != key_before);
    BOOST_TEST(idp.partner().certificates.size() == 1U);
    BOOST_TEST(idp.partner().certificates.front().fingerprint() == sp.active_certificate());
    // A dropped key proves nothing any more.
    BOOST_TEST(log_out(sp, idp, idp_before, "late") != "Success");
    BOOST_TEST(sp.audit.last().rule == "sig.invalid");
    BOOST_TEST(log_out(sp, idp, idp.identity(), "later") == "Success");
}

BOOST_AUTO_TEST_CASE(a_key_that_signs_before_the_idp_knows_it_fails_logouts_and_metadata) {
    Idp idp;
    Sp sp(idp);
    BOOST_REQUIRE(idp.fetch(sp.endpoint));
    BOOST_TEST(log_out(sp, idp, idp.identity(), "alice") == "Success");
    sp.rotate(sp::KeyStep::prepare);
    BOOST_TEST(!sp.may(sp::KeyStep::activate));
    sp.rotate(sp::KeyStep::activate);
    BOOST_TEST(log_out(sp, idp, idp.identity(), "bob") == "sig.invalid");
    BOOST_TEST(!idp.fetch(sp.endpoint));
}

BOOST_AUTO_TEST_SUITE_END()
