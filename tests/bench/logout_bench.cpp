// The cost of a logout, each case beside the bare OpenSSL cost of its own signature operations in the same run.
//
// The cases run in random interleaving, several times; the table at the end shows medians of CPU time and the ratio to
// the floor, which is the steady figure on a noisy machine.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <valgrind/callgrind.h>

#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench_client.hpp"
#include "measured.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace {

using namespace slo;
using namespace slo::saml;
using bench::must;

constexpr std::size_t distinct_requests = 256;  // a repeat would take the short way; few enough to stay in the cache

/// One IdP asks as fast as it can: that is what is measured.
sp::Policy unlimited() {
    sp::Policy policy;
    policy.requests_per_second_per_idp = 1'000'000;
    return policy;
}

class FixedClock final : public sp::Clock {
public:
    [[nodiscard]] Instant now() const noexcept override { return now_; }

private:
    Instant now_ = must(parse_instant("2026-03-01T12:00:00Z"));
};
const FixedClock the_clock;

bench::NoAudit no_audit;

struct Party {
    GeneratedKey pem;
    SigningKey signing;
    VerificationKey verification;
};
Party make_party(KeyKind kind) {
    auto pem = must(generate_key(kind, "bench", the_clock.now(), std::chrono::days(1)));
    auto signing = must(SigningKey::parse(pem.private_key_pem, pem.certificate_pem));
    auto verification = must(VerificationKey::from(signing.certificate()));
    return {std::move(pem), std::move(signing), std::move(verification)};
}

const EntityID idp_id = must(EntityID::parse("https://idp.example.com/idp/shibboleth"));
const EntityID sp_id = must(EntityID::parse("https://sp.example.com/saml/metadata"));
const EndpointUrl slo_url = must(EndpointUrl::parse("https://sp.example.com/saml/slo/soap"));

LogoutRequest make_request(std::size_t number) {
    NameID name_id;
    name_id.value = "AAdzZWNyZXQxYXNkZmFzZGZhc2RmYXNkZmFzZGY-" + std::to_string(number);
    name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    name_id.name_qualifier = idp_id.str();
    name_id.sp_name_qualifier = sp_id.str();
    return LogoutRequest{.id = must(MessageID::parse("_" + std::to_string(1000000 + number))),
                         .version = {},
                         .issue_instant = the_clock.now(),
                         .destination = slo_url.str(),
                         .consent = std::nullopt,
                         .issuer = idp_id,
                         .identifier = name_id,
                         .session_indexes = {must(SessionIndex::parse("_c0ffee" + std::to_string(number)))},
                         .not_on_or_after = the_clock.now() + std::chrono::minutes(5),
                         .reason = std::nullopt};
}

/// A service provider and everything that the IdP will ever ask of it.
class World {
public:
    World(KeyKind idp_kind, KeyKind sp_kind) : idp_(make_party(idp_kind)), sp_(make_party(sp_kind)) {
        const MessageSigner signer(idp_.signing);
        for (std::size_t i = 0; i < distinct_requests; ++i)
            requests_.push_back(soap::encode(must(signer.sign(make_request(i)))));
        idp_adapter::Idp idp{.entity_id = idp_id,
                             .keys = {idp_.verification},
                             .single_logout_services = {},
                             .valid_until = std::nullopt,
                             .profile = {}};
        directory_ = std::make_shared<const idp_adapter::IdpDirectory>(must(idp_adapter::IdpDirectory::of({idp})));
        fill();
    }

    /// A fresh store with the session of every request in it.
    void fill() {
        endpoint_.reset();
        service_.reset();
        store_ = std::make_unique<sp::MemorySessionStore>(the_clock, must(KeyedDigest::with_random_key()));
        for (std::size_t i = 0; i < distinct_requests; ++i) admit(i);
        service_ = std::make_unique<sp::LogoutService>(
            sp::LogoutServiceParts{.entity_id = sp_id,
                                   .destinations = {slo_url},
                                   .idps = directory_,
                                   .signer = MessageSigner(sp_.signing),
                                   .decryption_keys = {},
                                   .audit_digest = must(KeyedDigest::with_random_key()),
                                   .policy = unlimited(),
                                   .store = *store_,
                                   .applications = {},
                                   .audit = no_audit,
                                   .clock = the_clock},
            sp::Housekeeping::by_host);
        endpoint_ = std::make_unique<sp::HttpEndpoint>(*service_, sp::HttpEndpointOptions{});
    }

    [[nodiscard]] const std::string& request(std::size_t i) const { return requests_[i % distinct_requests]; }
    [[nodiscard]] const Party& idp() const { return idp_; }
    [[nodiscard]] const Party& sp() const { return sp_; }
    [[nodiscard]] sp::HttpEndpoint& endpoint() { return *endpoint_; }

private:
    void admit(std::size_t i) {
        LogoutRequest request = make_request(i);
        const sp::Session session{.id = must(sp::LocalSessionID::parse("local-" + std::to_string(i))),
                                  .idp = idp_id,
                                  .sp = sp_id,
                                  .name_id = std::get<NameID>(request.identifier),
                                  .session_indexes = request.session_indexes,
                                  .authn_instant = the_clock.now() - std::chrono::hours(1),
                                  .expires = the_clock.now() + std::chrono::hours(8)};
        must(store_->admit(session));
    }

    Party idp_;
    Party sp_;
    std::vector<std::string> requests_;
    std::shared_ptr<const idp_adapter::IdpDirectory> directory_;
    std::unique_ptr<sp::MemorySessionStore> store_;
    std::unique_ptr<sp::LogoutService> service_;
    std::unique_ptr<sp::HttpEndpoint> endpoint_;
};

World& world(KeyKind idp_kind, KeyKind sp_kind) {
    static std::map<std::pair<KeyKind, KeyKind>, std::unique_ptr<World>> worlds;
    auto& made = worlds[{idp_kind, sp_kind}];
    if (!made) made = std::make_unique<World>(idp_kind, sp_kind);
    return *made;
}

// The floor: OpenSSL alone, digest given, contexts reused. No software signs or verifies for less.

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

class Floor {
public:
    explicit Floor(const Party& party)
        : key_(nullptr, EVP_PKEY_free), sign_(nullptr, EVP_PKEY_CTX_free), verify_(nullptr, EVP_PKEY_CTX_free) {
        BIO* bio =
            BIO_new_mem_buf(party.pem.private_key_pem.data(), static_cast<int>(party.pem.private_key_pem.size()));
        key_.reset(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
        BIO_free(bio);
        sign_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
        verify_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
        EVP_PKEY_sign_init(sign_.get());
        EVP_PKEY_CTX_set_signature_md(sign_.get(), EVP_sha256());
        EVP_PKEY_verify_init(verify_.get());
        EVP_PKEY_CTX_set_signature_md(verify_.get(), EVP_sha256());
        sign();
    }
    void sign() {
        signature_.resize(1024);
        std::size_t size = signature_.size();
        if (EVP_PKEY_sign(sign_.get(), signature_.data(), &size, digest_, sizeof digest_) != 1)
            throw std::runtime_error("sign");
        signature_.resize(size);
    }
    void verify() {
        if (EVP_PKEY_verify(verify_.get(), signature_.data(), signature_.size(), digest_, sizeof digest_) != 1) {
            throw std::runtime_error("verify");
        }
    }

private:
    Pkey key_;
    PkeyCtx sign_;
    PkeyCtx verify_;
    unsigned char digest_[32] = {1, 2, 3};
    std::vector<unsigned char> signature_;
};

enum class Does { verify, sign, both };

void floor_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind, Does does) {
    Floor verifier(world(idp_kind, sp_kind).idp());
    Floor signer(world(idp_kind, sp_kind).sp());
    for (auto _ : state) {
        if (does != Does::sign) verifier.verify();
        if (does != Does::verify) signer.sign();
    }
}

void parse_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind) {
    World& w = world(idp_kind, sp_kind);
    for (auto _ : state) {
        auto message = must(soap::decode(w.request(0)));
        benchmark::DoNotOptimize(must(UnverifiedLogoutRequest::parse(message)));
    }
}

void verify_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind) {
    World& w = world(idp_kind, sp_kind);
    const Expectations expected{.issuer = idp_id, .destinations = {slo_url}, .now = the_clock.now(), .algorithms = {}};
    const std::vector keys{w.idp().verification};
    for (auto _ : state) {
        auto message = must(soap::decode(w.request(0)));
        benchmark::DoNotOptimize(
            must(MessageVerifier::verify(must(UnverifiedLogoutRequest::parse(message)), keys, expected)));
    }
}

void sign_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind) {
    const MessageSigner signer(world(idp_kind, sp_kind).sp().signing);
    for (auto _ : state) {
        const LogoutResponse response{.id = must(random_message_id()),
                                      .version = {},
                                      .issue_instant = the_clock.now(),
                                      .destination = std::nullopt,
                                      .consent = std::nullopt,
                                      .in_response_to = must(MessageID::parse("_1000000")),
                                      .issuer = sp_id,
                                      .status = {}};
        benchmark::DoNotOptimize(soap::encode(must(signer.sign(response))));
    }
}

void expect_success(const std::string& body) {
    if (body.find("status:Success") == std::string::npos)
        throw std::runtime_error("not Success: " + body.substr(0, 200));
}

void in_process_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind) {
    World& w = world(idp_kind, sp_kind);
    w.fill();
    std::size_t i = 0;
    for (auto _ : state) {
        if (i != 0 && i % distinct_requests == 0) {
            state.PauseTiming();
            w.fill();
            state.ResumeTiming();
        }
        sp::HttpRequest request{.method = "POST",
                                .target = "/saml/slo/soap",
                                .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                                .body = w.request(i++)};
        expect_success(sp::wait_for(w.endpoint().handle(request)).body);
    }
}

void loopback_case(benchmark::State& state, KeyKind idp_kind, KeyKind sp_kind, slo::bench::Transport transport) {
    World& w = world(idp_kind, sp_kind);
    w.fill();
    slo::bench::ServedEndpoint served(w.endpoint(), transport);
    slo::bench::Client client(served.port(), transport);
    std::size_t i = 0;
    for (auto _ : state) {
        expect_success(client.post("/saml/slo/soap", w.request(i++)));  // a repeat costs the same crypto
    }
}

/// Prints Google Benchmark's lines, keeps the medians, and ends with the ratios.
class RatioReporter final : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const auto& run : runs) {
            if (run.run_type != Run::RT_Aggregate || run.aggregate_name != "median") continue;
            std::string name = run.run_name.function_name;
            // The loopback cases wait for the server's thread: their cost is wall time.
            const bool wall = name.find("loopback") != std::string::npos;
            medians_[name] = (wall ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime());
        }
    }
    void print_ratios() const {
        std::printf("\n%-34s %10s %10s %8s\n", "median us (loopback: wall clock)", "case", "floor", "ratio");
        for (const auto& [name, value] : medians_) {
            const auto slash = name.find('/');
            const std::string kind = name.substr(0, slash);
            const std::string what = name.substr(slash + 1);
            if (what.starts_with("floor")) continue;
            const std::string floor_name = kind + (what == "verify" || what == "parse" ? "/floor_verify"
                                                   : what == "sign"                    ? "/floor_sign"
                                                                                       : "/floor");
            const auto floor = medians_.find(floor_name);
            if (floor == medians_.end()) continue;
            std::printf("%-34s %10.1f %10.1f %8.2f\n", name.c_str(), value, floor->second, value / floor->second);
        }
    }

private:
    std::map<std::string, double> medians_;
};

void register_cases(const std::string& name, KeyKind idp_kind, KeyKind sp_kind) {
    const auto add = [&](const char* what, auto function) {
        benchmark::RegisterBenchmark((name + "/" + what).c_str(), function)->Unit(benchmark::kMicrosecond);
    };
    add("floor_verify", [=](benchmark::State& s) { floor_case(s, idp_kind, sp_kind, Does::verify); });
    add("floor_sign", [=](benchmark::State& s) { floor_case(s, idp_kind, sp_kind, Does::sign); });
    add("floor", [=](benchmark::State& s) { floor_case(s, idp_kind, sp_kind, Does::both); });
    add("parse", [=](benchmark::State& s) { parse_case(s, idp_kind, sp_kind); });
    add("verify", [=](benchmark::State& s) { verify_case(s, idp_kind, sp_kind); });
    add("sign", [=](benchmark::State& s) { sign_case(s, idp_kind, sp_kind); });
    add("in_process", [=](benchmark::State& s) { in_process_case(s, idp_kind, sp_kind); });
    add("loopback_http",
        [=](benchmark::State& s) { loopback_case(s, idp_kind, sp_kind, slo::bench::Transport::http); });
    add("loopback_tls", [=](benchmark::State& s) { loopback_case(s, idp_kind, sp_kind, slo::bench::Transport::tls); });
}

constexpr std::size_t counted_calls = 32;  // a multiple of OpenSSL's RSA blinding period

/// Runs `call` and has callgrind write down its instructions under `name`. Elsewhere it does nothing but run it.
template <class Call>
void count_instructions(const std::string& name, Call call) {
    for (std::size_t i = 0; i < counted_calls; ++i) call(i);  // caches warm, lazy set-up done
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    for (std::size_t i = 0; i < counted_calls; ++i) call(counted_calls + i);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name.c_str());
}

void count_all(const std::string& name, KeyKind idp_kind, KeyKind sp_kind) {
    World& w = world(idp_kind, sp_kind);
    Floor verifier(w.idp());
    Floor signer(w.sp());
    count_instructions(name + "/floor", [&](std::size_t) {
        verifier.verify();
        signer.sign();
    });
    count_instructions(name + "/in_process", [&](std::size_t i) {
        const sp::HttpRequest request{.method = "POST",
                                      .target = "/saml/slo/soap",
                                      .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
                                      .body = w.request(i)};
        expect_success(sp::wait_for(w.endpoint().handle(request)).body);
    });
}

}  // namespace

int main(int argc, char** argv) {
    must(harden_process());
    if (argc == 2 && std::string_view(argv[1]) == "instructions") {  // under valgrind: see ./dev bench
        count_all("RSA-2048", KeyKind::rsa_2048, KeyKind::rsa_2048);
        count_all("P-256", KeyKind::ec_p256, KeyKind::ec_p256);
        return 0;
    }
    register_cases("RSA-2048", KeyKind::rsa_2048, KeyKind::rsa_2048);
    register_cases("P-256", KeyKind::ec_p256, KeyKind::ec_p256);
    register_cases("RSA-2048-verify+P-256-sign", KeyKind::rsa_2048, KeyKind::ec_p256);
    // Without options of its own: enough repetitions for a median, in random order so that noise meets all cases alike.
    std::vector<char*> arguments(argv, argv + argc);
    std::vector<std::string> defaults;
    if (argc == 1) {
        defaults = {"--benchmark_repetitions=5", "--benchmark_enable_random_interleaving=true",
                    "--benchmark_report_aggregates_only=true", "--benchmark_min_time=0.1"};
    }
    for (auto& option : defaults) arguments.push_back(option.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    RatioReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    reporter.print_ratios();
}
