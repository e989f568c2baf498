// The cost of a sign-on, beside the bare cost of its two signature operations in the same run: sign_on_bench FOLDER
//
// Measured is our part alone: an AuthnRequest that is signed and whose record is sealed and kept; a form that is
// decoded, verified, judged, claimed and admitted. The IdP signs between the two, and isn't measured. Also the octets
// that each engine needs for a pending sign-on and for a claim, of 5,000: memory is what the process got more
// resident, SQLite's file is as long as it is once its log is in it, Redis' memory is what the server says. FOLDER is
// where files go.
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "measured.hpp"
#include "redis_server.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/sign_on.hpp"
#include "slo/sp/store_options.hpp"
#include "store_load.hpp"
#include "test_response.hpp"

namespace {

using namespace slo;
using bench::cpu_time;
using bench::must;

constexpr std::size_t batch = 200;
constexpr std::size_t batches = 11;
constexpr std::size_t records = 5'000;

const bench::StandingClock the_clock;
const saml::EntityID idp_id = must(saml::EntityID::parse("https://idp.example.com/idp/shibboleth"));
const saml::EntityID sp_id = must(saml::EntityID::parse("https://sp.example.com/saml/metadata"));
const saml::EndpointUrl acs_url = must(saml::EndpointUrl::parse("https://sp.example.com/saml/acs"));
const sp::TargetRules targets{.origin = acs_url, .prefix = "/", .others = {}};

saml::GeneratedKey make_pem() {
    return must(saml::generate_key(saml::KeyKind::rsa_2048, "bench", the_clock.now(), std::chrono::days(1)));
}
saml::SigningKey key_of(const saml::GeneratedKey& pem) {
    return must(saml::SigningKey::parse(pem.private_key_pem, pem.certificate_pem));
}

std::shared_ptr<const idp_adapter::IdpDirectory> directory_of(const saml::SigningKey& idp_key) {
    idp_adapter::Idp idp{.entity_id = idp_id,
                         .keys = {must(saml::VerificationKey::from(idp_key.certificate()))},
                         .single_logout_services = {},
                         .valid_until = {},
                         .profile = {},
                         .algorithms = {}};
    idp.sign_on.endpoints = {
        {metadata::SignOnBinding::redirect, must(saml::EndpointUrl::parse("https://idp.example.com/sso"))}};
    return std::make_shared<const idp_adapter::IdpDirectory>(must(idp_adapter::IdpDirectory::of({std::move(idp)})));
}

/// A service provider over memory stores, and its IdP.
class World {
public:
    explicit World(const saml::GeneratedKey& ours)
        : service_({.entity_id = sp_id,
                    .destinations = {},
                    .idps = directory_of(idp_key_),
                    .signer = saml::MessageSigner(key_of(ours)),
                    .decryption_keys = {},
                    .audit_digest = must(saml::KeyedDigest::with_random_key()),
                    .policy = {},
                    .store = sessions_,
                    .applications = {},
                    .audit = audit_,
                    .clock = the_clock},
                   sp::Housekeeping::by_host),
          sign_on_(service_, flows_,
                   must(saml::RecordCipher::with_keys({std::string(32, 'i'), {std::string(32, 's')}})),
                   {.assertion_consumer_service = acs_url, .targets = targets, .landing = landing()}) {}

    static sp::LocalTarget landing() { return sp::LocalTarget::parse("/home", targets).value(); }

    /// Microseconds of CPU time for each half of one sign-on.
    [[nodiscard]] std::pair<double, double> measure() {
        std::vector<sp::StartedSignOn> started;
        double before = cpu_time();
        for (std::size_t i = 0; i < batch; ++i) started.push_back(start());
        const double of_start = (cpu_time() - before) / batch;
        std::vector<std::string> forms;
        for (const sp::StartedSignOn& one : started) forms.push_back(answer(one));
        before = cpu_time();
        for (std::size_t i = 0; i < batch; ++i) finish(started[i], forms[i]);
        return {of_start, (cpu_time() - before) / batch};
    }

    /// A pending sign-on as it is kept.
    [[nodiscard]] std::string record() { return must(flows_.peek(start().relay_state)).value(); }

private:
    sp::StartedSignOn start() { return must(sign_on_.start({.idp = idp_id, .target = landing()})); }
    std::string answer(const sp::StartedSignOn& started) {
        const std::string& url = std::get<std::string>(started.request);
        examples::WantedSignOn wanted{.assertion_consumer_service = acs_url, .audience = sp_id, .name_id = {}};
        wanted.in_response_to =
            must(saml::redirect::decode(url.substr(url.find('?') + 1))).message.claimed_id().value();
        wanted.name_id.value = "AAdzZWNyZXQxYXNkZmFzZGZhc2RmYXNkZmFzZGY-" + std::to_string(++users_);
        wanted.attributes = {{"urn:oid:0.9.2342.19200300.100.1.3", "user@example.com"}};
        return examples::posted(must(examples::response_of(idp_id, idp_key_, wanted, the_clock.now())),
                                started.relay_state.str());
    }
    void finish(const sp::StartedSignOn& started, const std::string& form) {
        auto outcome = sign_on_.accept(
            {.posted = must(saml::form::decode_response(form, saml::response_limits)), .browser = started.browser});
        auto& who = std::get<sp::SignedOn>(outcome);
        static_cast<void>(must(std::move(who).admit(bench::local_id(++sessions_made_))));
    }

    bench::NoAudit audit_;
    saml::SigningKey idp_key_ = key_of(make_pem());
    sp::MemorySessionStore sessions_{the_clock, must(saml::KeyedDigest::with_random_key())};
    sp::MemoryFlowStore flows_{the_clock, must(saml::KeyedDigest::with_random_key())};
    sp::LogoutService service_;
    sp::SignOn sign_on_;
    std::uint64_t users_ = 0;
    std::uint64_t sessions_made_ = 0;
};

/// One signature and one verification by OpenSSL alone, digest given, contexts reused.
class Floor {
public:
    explicit Floor(const saml::GeneratedKey& pem) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
            BIO_new_mem_buf(pem.private_key_pem.data(), static_cast<int>(pem.private_key_pem.size())), BIO_free);
        key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
        sign_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
        verify_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
        if (EVP_PKEY_sign_init(sign_.get()) != 1 || EVP_PKEY_CTX_set_signature_md(sign_.get(), EVP_sha256()) != 1 ||
            EVP_PKEY_verify_init(verify_.get()) != 1 ||
            EVP_PKEY_CTX_set_signature_md(verify_.get(), EVP_sha256()) != 1) {
            std::abort();
        }
    }
    [[nodiscard]] double measure() {
        const double before = cpu_time();
        for (std::size_t i = 0; i < batch; ++i) {
            std::size_t size = sizeof signature_;
            if (EVP_PKEY_sign(sign_.get(), signature_, &size, digest_, sizeof digest_) != 1 ||
                EVP_PKEY_verify(verify_.get(), signature_, size, digest_, sizeof digest_) != 1) {
                std::abort();
            }
        }
        return (cpu_time() - before) / batch;
    }

private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
    std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> sign_{nullptr, EVP_PKEY_CTX_free};
    std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> verify_{nullptr, EVP_PKEY_CTX_free};
    unsigned char digest_[32] = {1, 2, 3};
    unsigned char signature_[256] = {};
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void print_cost(World& world, const saml::GeneratedKey& ours) {
    Floor floor(ours);
    std::vector<double> starts;
    std::vector<double> ends;
    std::vector<double> floors;
    for (std::size_t i = 0; i < batches; ++i) {
        const auto [start, end] = world.measure();
        starts.push_back(start);
        ends.push_back(end);
        floors.push_back(floor.measure());
    }
    const double each = median(starts) + median(ends);
    std::printf(
        "sign-ons, RSA-2048, memory, in process: %.0f a second on one core; start %.0f us, end %.0f us;\n"
        "%.2f times one signature and one verification alone, %.0f us\n",
        1e6 / each, median(starts), median(ends), each / median(floors), median(floors));
}

struct Octets {
    double of_flow;
    double of_claim;
};

/// What `size` grows by for each record and each claim.
Octets octets_in(std::unique_ptr<sp::FlowStore>& store, const std::string& record,
                 const std::function<std::size_t()>& size) {
    const Instant until = the_clock.now() + std::chrono::minutes(10);
    const auto each = [&](const auto& add) {
        const std::size_t before = size();
        for (std::size_t i = 0; i < records; ++i) add(i);
        return static_cast<double>(size() - before) / static_cast<double>(records);
    };
    const double of_flow = each([&](std::size_t) { must(store->keep(must(sp::random_flow_handle()), record, until)); });
    const double of_claim = each([&](std::size_t i) {
        const auto id = must(saml::MessageID::parse("_0123456789abcdef0123456789abcdef" + std::to_string(i)));
        if (must(store->claim(idp_id, id, until)) != sp::AssertionUse::first) std::abort();
    });
    return {of_flow, of_claim};
}

void print_octets(const char* engine, const Octets& octets) {
    std::printf("%-6s %5.0f octets for a pending sign-on, %4.0f for a claim\n", engine, octets.of_flow,
                octets.of_claim);
}

std::unique_ptr<sp::FlowStore> open(sp::FlowStoreOptions options) {
    options.secret = std::string(32, 'k');
    return must(sp::open_flow_store(the_clock, options)).store;
}

void print_sizes(const std::string& record, const std::filesystem::path& folder) {
    std::printf("%zu octets of record\n", record.size());
    {
        auto store = open({.engine = sp::MemoryFlowStoreOptions{}});
        print_octets("memory", octets_in(store, record, bench::resident_bytes));
    }
    {
        std::filesystem::remove_all(folder);
        sp::SqliteFlowStoreOptions options;
        options.folder = folder;
        auto store = open({.engine = options});
        print_octets("SQLite", octets_in(store, record, [&] {
                         store.reset();
                         const std::size_t size = std::filesystem::file_size(folder / "flows.db");
                         store = open({.engine = options});
                         return size;
                     }));
        store.reset();
        std::filesystem::remove_all(folder);
    }
    const test::RedisServer server;
    sp::RedisFlowStoreOptions options;
    options.servers.addresses = {server.address()};
    options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
    auto store = open({.engine = options});
    print_octets("Redis", octets_in(store, record, [&] {
                     const std::string info = server.ask({"INFO", "memory"});
                     const std::string name = "used_memory:";
                     return std::strtoull(info.c_str() + info.find(name) + name.size(), nullptr, 10);
                 }));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: sign_on_bench FOLDER\n", stderr);
        return 2;
    }
    must(saml::harden_process());
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto ours = make_pem();
    World world(ours);
    // First: what is freed afterwards would hide what memory needs.
    print_sizes(world.record(), std::filesystem::path(argv[1]) / "sign-on-sizes");
    print_cost(world, ours);
    return 0;
}
