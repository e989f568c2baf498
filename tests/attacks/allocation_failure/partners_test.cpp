// New metadata with too little memory (MEM-15): what a document brings and drops counts as soon as there is memory
// again.
#include "partners.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "every_allocation.hpp"
#include "idp_document.hpp"
#include "service_provider.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace slo::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace adapter = slo::idp_adapter;

const slo::Instant noon = *slo::saml::parse_instant("2027-01-01T12:00:00Z");
const std::string old_key = "keys/idp1-first.crt.pem";
const std::string new_key = "keys/idp1-second.crt.pem";

/// A service that believes a file's, or a server's, metadata.
class Believer {
public:
    explicit Believer(bool from_server) {
        put(old_key);
        adapter::MetadataSourceOptions source{.name = "one", .place = adapter::MetadataFile{file()}, .rules = {}};
        source.rules.trust = slo::metadata::TrustedPlace{};
        std::vector<adapter::SourcePorts> ports(1);
        if (from_server) {
            source.place = adapter::MetadataUrl{*slo::saml::EndpointUrl::parse("https://md.example.org/all"), {}};
            source.rules.trust = slo::metadata::SignedBy{{key_of("keys/idp2.crt.pem")}, {}};
            source.cache = folder_.path() / "cache";
            ports.front() = {.exchange = [this](const auto&, const auto& sink, const auto&) { return answer(sink); },
                             .chance = [] { return 0.0; }};
        }
        std::vector<adapter::SourceOfIdps> sources;
        sources.push_back({std::move(source), {}});
        auto opened =
            adapter::MetadataRefresher::open(std::move(sources), adapter::SharedKeys::refused, noon, std::move(ports));
        BOOST_TEST_REQUIRE(opened.has_value());
        refresher_.emplace(*std::move(opened));
        ask(noon);
        BOOST_TEST_REQUIRE(believes(old_key));
    }

    void put(const std::string& certificate) {
        std::ofstream(folder_.path() / "new.xml") << signed_text({.certificate = certificate});
        fs::rename(folder_.path() / "new.xml", file());
    }
    void ask(slo::Instant now) {
        static_cast<void>(slo::daemon::ask_partners({}, *refresher_, provider_.service(), now));
    }
    [[nodiscard]] bool believes(const std::string& certificate) const {
        const auto idps = provider_.service().idps();
        const auto idp = idps->find(entity_id("https://idp1.example.org/saml"));
        return idp != nullptr && idp->keys.size() == 1 &&
               idp->keys.at(0).fingerprint() == key_of(certificate).fingerprint();
    }

private:
    [[nodiscard]] fs::path file() const { return folder_.path() / "idp.xml"; }
    slo::Result<adapter::HttpHead> answer(const adapter::BodySink& sink) const {
        std::ifstream stream(file());
        if (auto taken = sink(std::string(std::istreambuf_iterator<char>(stream), {})); !taken) return taken.error();
        return adapter::HttpHead{.status = 200, .headers = {}};
    }

    TemporaryFolder folder_;
    mutable ServiceProvider provider_;
    std::optional<adapter::MetadataRefresher> refresher_;
};

void with_every_allocation_failing_once_or_on(bool from_server) {
    for (const Failing failing : {Failing::the_nth, Failing::from_the_nth}) {
        bool was_short = true;
        for (std::size_t n = 1; was_short; ++n) {
            BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
                Believer believer(from_server);
                believer.put(new_key);
                const slo::Instant later = noon + 7h;
                const ShortRun run = with_shortage(failing, n, [&] {
                    believer.ask(later);
                    return std::string();
                });
                was_short = run.was_short;
                believer.ask(later + 1h);
                BOOST_TEST(believer.believes(new_key));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_AUTO_TEST_CASE(a_changed_file_counts_when_there_is_memory_again) {
    with_every_allocation_failing_once_or_on(false);
}

BOOST_AUTO_TEST_CASE(a_new_document_of_a_server_counts_when_there_is_memory_again) {
    with_every_allocation_failing_once_or_on(true);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
