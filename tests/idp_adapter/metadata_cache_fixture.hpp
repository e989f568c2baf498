// Copies of metadata that several processes have. A source with a cache of its own represents a process: its lock is
// its own.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "metadata_source_fixture.hpp"
#include "slo/idp_adapter/descriptor.hpp"

namespace slo::test {

namespace fs = std::filesystem;

const inline std::string old_key = "keys/idp1-first.crt.pem";
const inline std::string new_key = "keys/idp1-second.crt.pem";

inline std::string published(const std::string& when, const std::string& certificate) {
    return signed_text({.certificate = certificate, .published = when});
}
/// Without a date, and with one end for all.
inline std::string undated(const std::string& certificate) {
    return signed_text({.certificate = certificate});
}
inline std::string fingerprint(const std::string& certificate) {
    return key_of(certificate).fingerprint();
}

/// The event and its reason, in one line.
inline std::string told(const std::vector<RefreshOutcome>& outcomes) {
    std::string text;
    for (const auto& outcome : outcomes) {
        text += (text.empty() ? "" : ", ") + std::string(name(outcome.kind));
        if (outcome.why.code) text += " " + outcome.why.code.message();
    }
    return text;
}

/// No file may grow beyond `octets` meanwhile.
class FullDisk {
public:
    explicit FullDisk(rlim_t octets) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = octets, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    void (*handler_)(int);
    rlimit before_{};
};

/// No more files can be opened meanwhile.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const Descriptor lowest(::fcntl(0, F_DUPFD_CLOEXEC, 0));
        const rlimit limit{.rlim_cur = static_cast<rlim_t>(lowest.get()), .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

struct CacheFixture : SourceFixture {
    FakeServer second_server;

    [[nodiscard]] fs::path copies() const { return folder.path() / "cache" / "federation"; }
    [[nodiscard]] fs::path document() const {
        for (const auto& entry : fs::directory_iterator(copies())) {
            if (entry.path().extension() == ".xml") return entry.path();
        }
        return {};
    }
    [[nodiscard]] std::multiset<std::string> endings() const {
        std::multiset<std::string> found;
        for (const auto& entry : fs::directory_iterator(copies())) found.insert(entry.path().extension());
        return found;
    }
    [[nodiscard]] MetadataSource open_second(Instant now = noon) {
        auto source = MetadataSource::open(at_url(), now, second_server.ports());
        BOOST_REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error().detail));
        return *std::move(source);
    }
    /// The state with which a process begins that starts now.
    [[nodiscard]] std::string key_after_restart() { return key_in_force(open(at_url())); }
    void keep(const std::string& text) {
        FakeServer writer;
        writer.body = text;
        auto source = MetadataSource::open(at_url(), noon, writer.ports());
        BOOST_REQUIRE(source.has_value());
        BOOST_TEST(told(source->refresh(noon)) == "updated");
    }
    static std::string refreshed(MetadataSource& source) { return told(source.refresh(source.next_refresh())); }
};

}  // namespace slo::test
