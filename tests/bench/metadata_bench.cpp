// A federation's signed aggregate, verified and read: by us, by xmlsec1 and by OpenSAML's samlsign, one after the
// other, each in a process of its own. Then what stays resident for the IdPs that are kept, and how logouts fare
// meanwhile.
//
//   metadata_bench [entities [octets of each]]
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "aggregate.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/soap.hpp"
#include "store_load.hpp"

namespace {

using namespace slo;
using namespace slo::bench;
using SteadyClock = std::chrono::steady_clock;

constexpr int could_not_run = 127;

Instant today() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

saml::OctetSource source_of_file(const std::filesystem::path& file) {
    auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
    return [in](std::span<char> buffer) -> Result<std::size_t> {
        in->read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        return static_cast<std::size_t>(in->gcount());
    };
}

metadata::MetadataDocument load(const std::filesystem::path& file, const std::filesystem::path& certificate,
                                std::vector<saml::EntityID> wanted) {
    const auto parsed = must(saml::Certificate::parse(read_text(certificate)));
    metadata::MetadataRules rules{
        .trust = metadata::SignedBy{.keys = {must(saml::VerificationKey::from(parsed))}, .algorithms = {}},
        .wanted = std::move(wanted),
        .longest_validity = std::chrono::days(14)};
    rules.limits.octets = std::uint64_t{1} << 30;
    return must(metadata::read_metadata(source_of_file(file), rules, today()));
}

struct Cost {
    int status = could_not_run;
    double seconds = 0;      ///< wall clock
    double cpu_seconds = 0;  ///< user and system
    double mib = 0;          ///< resident, at its peak
};

Cost run(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const auto start = SteadyClock::now();
    pid_t child = 0;
    Cost cost;
    if (posix_spawnp(&child, arguments[0], &quiet, nullptr, arguments.data(), environ) != 0) return cost;
    posix_spawn_file_actions_destroy(&quiet);
    int status = 0;
    rusage usage{};
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return cost;
    const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    cost.status = WEXITSTATUS(status);
    cost.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    cost.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.mib = double(usage.ru_maxrss) / 1024;
    return cost;
}

void print(const char* name, const Cost& cost, const Cost& ours) {
    if (cost.status == could_not_run) return void(std::printf("%-34s not installed\n", name));
    std::printf("%-34s %8.2f %8.2f %9.0f %9.1f %9.1f%s\n", name, cost.seconds, cost.cpu_seconds, cost.mib,
                cost.cpu_seconds / ours.cpu_seconds, cost.mib / ours.mib, cost.status == 0 ? "" : "  FAILED");
}

void compare(const std::string& self, const std::filesystem::path& file, const std::filesystem::path& certificate) {
    std::printf("%-34s %8s %8s %9s %9s %9s\n", "verified and read by", "wall s", "CPU s", "peak MiB", "CPU ratio",
                "MiB ratio");
    const Cost ours = run({self, "load", file, certificate});
    print("saml-slo, every IdP kept", ours, ours);
    print("saml-slo, ten IdPs kept", run({self, "load-ten", file, certificate}), ours);
    print("xmlsec1 --verify",
          run({"xmlsec1", "--verify", "--enabled-key-data", "key-name", "--id-attr:ID",
               "urn:oasis:names:tc:SAML:2.0:metadata:EntitiesDescriptor", "--pubkey-cert-pem", certificate, file}),
          ours);
    print("samlsign (OpenSAML)", run({"samlsign", "-f", file, "-c", certificate}), ours);
}

std::size_t allocated_bytes() {
    const auto all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

/// The memory of the kept IdPs.
void show_resident(const std::filesystem::path& file, const std::filesystem::path& certificate, std::size_t idps) {
    std::printf("\n%-34s %20s\n", "IdPs kept", "allocated bytes each");
    for (const std::size_t kept : {std::size_t{10}, idps / 4, idps}) {
        std::vector<saml::EntityID> wanted;
        for (std::size_t i = 0; i < kept; ++i) wanted.push_back(must(saml::EntityID::parse(idp_entity_id(i))));
        const std::size_t before = allocated_bytes();
        const auto document = load(file, certificate, std::move(wanted));
        std::printf("%-34zu %20zu\n", document.idps.size(), (allocated_bytes() - before) / kept);
    }
}

/// One logout after the other through a whole service provider, until stopped: how long each took.
class Logouts {
public:
    Logouts() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
    std::vector<double> stop() {
        thread_.request_stop();
        thread_.join();
        std::sort(milliseconds_.begin(), milliseconds_.end());
        return std::move(milliseconds_);
    }

private:
    void work(const std::stop_token& stop);

    std::vector<double> milliseconds_;
    std::jthread thread_;
};

void Logouts::work(const std::stop_token& stop) {
    test::ServiceProviderOptions options;
    options.policy.requests_per_second_per_idp = 1'000'000;  // of a clock that doesn't advance
    test::ServiceProvider provider(options);
    const saml::MessageSigner signer(must(
        saml::SigningKey::parse(test::fixture("keys/idp1-first.key.pem"), test::fixture("keys/idp1-first.crt.pem"))));
    for (unsigned number = 0; !stop.stop_requested(); ++number) {
        const auto name_id = test::transient("n" + std::to_string(number));
        const auto index = "i" + std::to_string(number);
        provider.admit(test::session("T" + std::to_string(number), test::idp1_entity_id, name_id, {index}));
        const auto now = provider.clock.now();
        const auto body = saml::soap::encode(
            must(signer.sign(saml::LogoutRequest{.id = must(saml::MessageID::parse("_r" + std::to_string(number))),
                                                 .version = {},
                                                 .issue_instant = now,
                                                 .destination = std::string(test::our_soap_url),
                                                 .consent = std::nullopt,
                                                 .issuer = test::entity_id(test::idp1_entity_id),
                                                 .identifier = name_id,
                                                 .session_indexes = {must(saml::SessionIndex::parse(index))},
                                                 .not_on_or_after = now + std::chrono::minutes(5),
                                                 .reason = std::nullopt})));
        const auto start = SteadyClock::now();
        if (sp::BackChannel(provider.service()).handle({body, "text/xml"}).body.find("status:Success") ==
            std::string::npos)
            std::abort();
        milliseconds_.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count());
    }
}

void print_logouts(const char* when, const std::vector<double>& times, double seconds) {
    std::printf("%-34s %8.0f %8.2f %9.2f\n", when, double(times.size()) / seconds, times[times.size() / 2],
                times[times.size() * 99 / 100]);
}

void show_logouts(const std::filesystem::path& file, const std::filesystem::path& certificate) {
    std::printf("\n%-34s %8s %8s %9s\n", "logouts in another thread", "a second", "p50 ms", "p99 ms");
    const auto measure = [](const char* when, const auto& meanwhile) {
        Logouts logouts;
        const auto start = SteadyClock::now();
        meanwhile();
        const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
        print_logouts(when, logouts.stop(), seconds);
    };
    measure("alone", [] { std::this_thread::sleep_for(std::chrono::seconds(3)); });
    measure("while the aggregate is loaded", [&] { static_cast<void>(load(file, certificate, {})); });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "load") == 0) return load(argv[2], argv[3], {}).idps.empty() ? 1 : 0;
    if (argc == 4 && std::strcmp(argv[1], "load-ten") == 0) {
        std::vector<saml::EntityID> ten;
        for (std::size_t i = 0; i < 10; ++i) ten.push_back(must(saml::EntityID::parse(idp_entity_id(i))));
        return load(argv[2], argv[3], ten).idps.size() == 10 ? 0 : 1;
    }
    if (argc == 6 && std::strcmp(argv[1], "generate") == 0) {
        const Federation federation = make_federation(today());
        std::ofstream(argv[3]) << federation.certificate_pem;
        write_signed_aggregate(argv[2], std::strtoull(argv[4], nullptr, 10), std::strtoull(argv[5], nullptr, 10),
                               federation, today());
        return 0;
    }
    const std::size_t entities = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
    const std::size_t octets = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000;

    const auto folder = std::filesystem::temp_directory_path() / ("metadata_bench." + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const auto file = folder / "aggregate.xml";
    const auto certificate = folder / "federation.pem";
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    // Elsewhere: what this process has had resident counts for its children, too.
    if (run({self, "generate", file, certificate, std::to_string(entities), std::to_string(octets)}).status != 0) {
        std::abort();
    }
    std::printf("%zu entities, %.1f MB, signed with RSA-3072\n\n", entities,
                double(std::filesystem::file_size(file)) / 1e6);

    compare(self, file, certificate);
    show_resident(file, certificate, entities * 4 / 10);
    show_logouts(file, certificate);
    std::filesystem::remove_all(folder);
}
