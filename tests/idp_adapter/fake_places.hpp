// Places of metadata in memory: what they say, when they were asked, and files that are replaced in one step.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "idp_document.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/saml/sha1_name.hpp"
#include "temporary_folder.hpp"

namespace slo::test {

/// Where a Metadata Query server of FakePlaces is asked for this entity, by its SHA-1.
inline std::string query_url(const std::string& entity_id) {
    return "https://mdq.example.org/entities/%7Bsha1%7D" + saml::sha1_name(entity_id);
}

/// FakePlaces answers what `bodies` has for a URL.
struct FakePlaces {
    TemporaryFolder folder;
    std::map<std::string, std::string> bodies;
    std::map<std::string, std::vector<Instant>> asked;  ///< by URL, as `now` says
    std::map<std::string, Failure> failures;            ///< by the start of a URL
    std::string etag;                                   ///< of every body; empty: none
    int missing_status = 404;                           ///< for what `bodies` lacks
    int last_status = 0;
    Instant now = {};

    void put(const std::string& url, const IdpText& idp) { bodies[url] = signed_text(idp); }

    [[nodiscard]] Result<idp_adapter::HttpHead> answer(const idp_adapter::HttpCall& call,
                                                       const idp_adapter::BodySink& sink) {
        const std::string& url = call.url.str();
        asked[url].push_back(now);
        for (const auto& [start, failure] : failures) {
            if (url.starts_with(start)) return failure;
        }
        const auto body = bodies.find(url);
        const bool is_known =
            std::find(call.headers.begin(), call.headers.end(),
                      std::pair<std::string, std::string>("If-None-Match", etag)) != call.headers.end();
        last_status = body == bodies.end() ? missing_status : is_known ? 304 : 200;
        if (last_status == 200) {
            if (auto taken = sink(body->second); !taken) return taken.error();
        }
        idp_adapter::HttpHead head{.status = last_status,
                                   .headers = {{"Content-Type", "application/samlmetadata+xml"}}};
        if (!etag.empty()) head.headers.emplace_back("ETag", etag);
        return head;
    }
    [[nodiscard]] idp_adapter::SourcePorts ports() {
        return {.exchange = [this](const auto& call, const auto& sink, const auto&) { return answer(call, sink); },
                .chance = [] { return 0.0; }};
    }

    [[nodiscard]] idp_adapter::MetadataSourceOptions at_url(const std::string& name) const {
        return {
            .name = name,
            .place = idp_adapter::MetadataUrl{.url = *saml::EndpointUrl::parse("https://" + name + ".example.org/all"),
                                              .http = {}},
            .rules = {.trust = metadata::SignedBy{.keys = {key_of("keys/idp2.crt.pem")}, .algorithms = {}},
                      .longest_validity = std::chrono::days(14)},
            .cache = folder.path() / "cache"};
    }
    [[nodiscard]] idp_adapter::MetadataSourceOptions by_query(const std::string& name,
                                                              const std::vector<std::string>& entity_ids) const {
        auto options = at_url(name);
        options.place = idp_adapter::MetadataQuery{.base = *saml::EndpointUrl::parse("https://mdq.example.org/"),
                                                   .http = {},
                                                   .form = idp_adapter::MetadataQuery::Form::sha1};
        for (const auto& id : entity_ids) options.rules.wanted.push_back(*saml::EntityID::parse(id));
        return options;
    }
    [[nodiscard]] idp_adapter::MetadataSourceOptions at_file(const std::string& name, const std::string& text) const {
        return {.name = name,
                .place = idp_adapter::MetadataFile{write_file(name, text)},
                .rules = {.trust = metadata::TrustedPlace{}}};
    }
    std::filesystem::path write_file(const std::string& name, const std::string& text) const {
        const auto file = folder.path() / (name + ".xml");
        const auto temporary = folder.path() / (name + ".xml.new");
        // In place, a change within the clock tick of the file system couldn't be told from none.
        std::ofstream(temporary) << text;
        std::filesystem::rename(temporary, file);
        return file;
    }

    [[nodiscard]] idp_adapter::MetadataSource open_one(idp_adapter::MetadataSourceOptions options, Instant at) {
        auto source = idp_adapter::MetadataSource::open(std::move(options), at, ports());
        BOOST_REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error().detail));
        return *std::move(source);
    }
    [[nodiscard]] idp_adapter::MetadataRefresher open(std::vector<idp_adapter::SourceOfIdps> sources, Instant at) {
        std::vector<idp_adapter::SourcePorts> all(sources.size());
        for (auto& one : all) one = ports();
        auto refresher = idp_adapter::MetadataRefresher::open(std::move(sources), idp_adapter::SharedKeys::accepted, at,
                                                              std::move(all));
        BOOST_REQUIRE_MESSAGE(refresher.has_value(), (refresher ? "" : refresher.error().detail));
        return *std::move(refresher);
    }
};

/// As a host does: until nothing is due at `now`, which must be soon.
inline std::vector<idp_adapter::MetadataEvent> refresh_all(idp_adapter::MetadataRefresher& refresher, Instant now) {
    std::vector<idp_adapter::MetadataEvent> events;
    for (int i = 0; i < 1000; ++i) {
        for (auto& event : refresher.refresh(now)) events.push_back(std::move(event));
        if (refresher.next_refresh() > now) return events;
    }
    BOOST_FAIL("it asks without end");
    return events;
}

}  // namespace slo::test
