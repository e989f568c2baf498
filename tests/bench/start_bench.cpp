// The cost of a logout that starts here, beside the bare cost of its signatures in the same run: our own, the one of an
// IdP that answers at once, and our look at it.
//
// The IdP runs in this process, over loopback HTTP. It believes every request, and signs each answer: an answer that is
// made beforehand can't name a request that doesn't exist yet.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench_client.hpp"
#include "measured.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
using bench::cpu_time;
using bench::must;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t logouts = 2000;

const sp::SystemClock the_clock;
const saml::EntityID idp_id = must(saml::EntityID::parse("https://idp.example.com/idp"));
const saml::EntityID sp_id = must(saml::EntityID::parse("https://sp.example.com/saml"));

saml::SigningKey make_key() {
    const auto pem = must(saml::generate_key(saml::KeyKind::rsa_2048, "bench", the_clock.now(), std::chrono::days(1)));
    return must(saml::SigningKey::parse(pem.private_key_pem, pem.certificate_pem));
}

/// Answers Success to the ID in each request.
class CannedIdp final : public sp::HttpHandler {
public:
    explicit CannedIdp(const examples::TestIdp& idp) : idp_(idp) {}
    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        const auto start = request.body.find(" ID=\"") + 5;
        const auto id = must(saml::MessageID::parse(request.body.substr(start, request.body.find('"', start) - start)));
        return sp::HttpReply{.status = 200,
                             .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                             .body = must(idp_.answer(id, {}, the_clock.now()))};
    }

private:
    const examples::TestIdp& idp_;
};

struct Provider {
    Provider(const examples::TestIdp& idp, std::uint16_t idp_port, saml::SigningKey key)
        : service({.entity_id = sp_id,
                   .destinations = {must(saml::EndpointUrl::parse("https://sp.example.com/slo"))},
                   .idps = directory(idp, idp_port),
                   .signer = saml::MessageSigner(std::move(key)),
                   .decryption_keys = {},
                   .audit_digest = must(saml::KeyedDigest::with_random_key()),
                   .policy = {},
                   .store = store,
                   .applications = {},
                   .audit = audit,
                   .clock = the_clock,
                   .idp_link = &link},
                  sp::Housekeeping::by_host) {}

    static std::shared_ptr<const idp_adapter::IdpDirectory> directory(const examples::TestIdp& idp,
                                                                      std::uint16_t idp_port) {
        idp_adapter::InteropProfile profile;
        profile.outgoing.http.http = idp_adapter::HttpClientOptions::Http::accepted;
        const std::string url = "http://127.0.0.1:" + std::to_string(idp_port) + "/slo";
        const auto read =
            must(metadata::parse_entity_descriptor(idp.metadata(url), the_clock.now(), std::chrono::seconds(0)));
        return std::make_shared<const idp_adapter::IdpDirectory>(
            must(idp_adapter::IdpDirectory::of({must(idp_adapter::make_idp(read, profile))})));
    }
    static sp::LocalSessionID id(std::size_t i) { return must(sp::LocalSessionID::parse("s" + std::to_string(i))); }

    void sign_in(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            must(store.admit({.id = id(i),
                              .idp = idp_id,
                              .sp = sp_id,
                              .name_id = examples::persistent_name("user" + std::to_string(i)),
                              .session_indexes = {must(saml::SessionIndex::parse("_s" + std::to_string(i)))},
                              .authn_instant = the_clock.now() - std::chrono::hours(1),
                              .expires = the_clock.now() + std::chrono::hours(8)}));
        }
    }

    bench::NoAudit audit;
    sp::MemorySessionStore store{the_clock, must(saml::KeyedDigest::with_random_key()), {}};
    idp_adapter::SingleLogoutClient link{{}};
    sp::LogoutService service;
};

/// Microseconds of the three signature operations that no logout can do without.
double floor_of(const saml::SigningKey& ours) {
    constexpr int rounds = 500;
    const auto theirs = make_key();
    const auto key = must(saml::VerificationKey::from(theirs.certificate()));
    const std::string octets(1500, 'x');
    const std::string signature = must(theirs.sign(octets));
    const double before = cpu_time();
    for (int i = 0; i < rounds; ++i) {
        static_cast<void>(must(ours.sign(octets)));
        static_cast<void>(must(theirs.sign(octets)));
        if (!key.verifies(saml::SignatureAlgorithm::rsa_sha256, octets, signature)) std::abort();
    }
    return (cpu_time() - before) / rounds;
}

void measure(const examples::TestIdp& idp, const saml::SigningKey& key, std::size_t threads, double floor) {
    CannedIdp canned(idp);
    const bench::ServedEndpoint served(canned, bench::Transport::http, 2);
    Provider provider(idp, served.port(), key);
    provider.sign_in(logouts);
    std::atomic<std::size_t> next = 0;
    const auto begun = SteadyClock::now();
    const double before = cpu_time();
    {
        std::vector<std::jthread> users;
        for (std::size_t t = 0; t < threads; ++t) {
            users.emplace_back([&] {
                for (std::size_t i = next++; i < logouts; i = next++) {
                    const auto told =
                        provider.service.start_logout(sp::SessionsByID{{Provider::id(i)}}, sp::LogoutReason::user);
                    if (!told || told->extent != sp::Extent::everywhere) std::abort();
                }
            });
        }
    }
    const double each = (cpu_time() - before) / double(logouts);
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
    std::printf("%2zu users at once: %6.0f logouts a second, %5.0f us of CPU time each, %.2f times the signatures\n",
                threads, double(logouts) / seconds, each, each / floor);
}

}  // namespace

int main() {
    if (!saml::harden_process()) return 1;
    const auto idp = must(examples::TestIdp::make(idp_id, the_clock.now() - std::chrono::hours(1)));
    const auto key = make_key();
    const double floor = floor_of(key);
    std::printf("logouts that start here, RSA-2048, an IdP that answers at once; the signatures alone: %.0f us\n",
                floor);
    for (const std::size_t threads : {1U, 2U, 8U}) measure(idp, key, threads, floor);
    return 0;
}
