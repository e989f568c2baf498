// A source of metadata between a server that answers what a test says and a folder of its own.
#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "idp_document.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "temporary_folder.hpp"

namespace slo::test {

using namespace std::chrono_literals;
using namespace idp_adapter;

const inline Instant noon = *saml::parse_instant("2027-01-01T12:00:00Z");
const inline std::string first_id = "https://idp1.example.org/saml";

inline saml::EntityID id(const std::string& text) {
    return *saml::EntityID::parse(text);
}

inline HttpHead replied(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return {.status = status, .headers = std::move(headers)};
}

/// A server that answers what its test says, and remembers what it was asked.
struct FakeServer {
    HttpHead head = replied(200);
    std::string body;
    std::optional<Failure> failure;
    std::vector<HttpCall> calls;
    std::function<void()> meanwhile = [] {};  ///< once the body is there, if one comes, and before the answer is over
    std::function<void(std::chrono::milliseconds)> pause = {};

    [[nodiscard]] SourcePorts ports() {
        return {
            .exchange = [this](const HttpCall& call, const BodySink& sink, const std::stop_token&) -> Result<HttpHead> {
                calls.push_back(call);
                if (failure || head.status != 200) meanwhile();
                if (failure) return *failure;
                if (head.status == 200) {
                    const auto half = body.size() / 2;
                    for (const std::string& part : {body.substr(0, half), body.substr(half)}) {
                        if (auto taken = sink(part); !taken) return taken.error();
                    }
                    meanwhile();
                }
                return head;
            },
            .chance = [] { return 0.0; },
            .pause = pause};
    }
    [[nodiscard]] std::string header(const std::string& name) const {
        for (const auto& [field, value] : calls.back().headers) {
            if (field == name) return value;
        }
        return "none";
    }
};

struct SourceFixture {
    TemporaryFolder folder;
    FakeServer server;

    [[nodiscard]] MetadataSourceOptions at_url(const std::string& signer = "keys/idp2.crt.pem") const {
        return {.name = "federation",
                .place = MetadataUrl{.url = *saml::EndpointUrl::parse("https://md.example.org/all"), .http = {}},
                .rules = {.trust = metadata::SignedBy{.keys = {key_of(signer)}, .algorithms = {}},
                          .longest_validity = std::chrono::days(14)},
                .cache = folder.path() / "cache"};
    }
    [[nodiscard]] MetadataSource open(MetadataSourceOptions options, Instant now = noon) {
        auto source = MetadataSource::open(std::move(options), now, server.ports());
        BOOST_REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error().detail));
        return *std::move(source);
    }
    std::filesystem::path write(const std::string& text) const {
        const std::filesystem::path file = folder.path() / "idp.xml";
        const std::filesystem::path temporary = folder.path() / "idp.xml.new";
        std::ofstream(temporary) << text;
        std::filesystem::rename(temporary, file);
        return file;
    }
    [[nodiscard]] static MetadataSourceOptions at_file(const std::filesystem::path& file) {
        return {.name = "idp-1",
                .place = MetadataFile{file},
                .rules = {.trust = metadata::TrustedPlace{}, .wanted = {id(first_id)}},
                .missing = Missing::refused};
    }
};

inline void check_only(const std::vector<RefreshOutcome>& outcomes, RefreshOutcome::Kind kind,
                       std::error_code why = {}) {
    BOOST_REQUIRE(outcomes.size() == 1U);
    BOOST_TEST(name(outcomes.front().kind) == name(kind), outcomes.front().why.detail);
    BOOST_TEST(outcomes.front().why.code == why, outcomes.front().why.detail);
}

inline std::string key_in_force(const MetadataSource& source) {
    const auto documents = source.documents();
    if (documents.empty()) return "none";
    return documents.front()->idps.at(0).idp->verification_keys().at(0).fingerprint();
}

}  // namespace slo::test
