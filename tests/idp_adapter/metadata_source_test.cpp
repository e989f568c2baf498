// A source against files that change under it and servers that lie or want to know us, with a fixed clock.
#include "slo/idp_adapter/metadata_source.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "loopback_server.hpp"
#include "metadata_source_fixture.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/error.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using Kind = RefreshOutcome::Kind;
using test::check_only;
using test::first_id;
using test::id;
using test::IdpText;
using test::key_in_force;
using test::noon;
using test::replied;
using Fixture = test::SourceFixture;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_source_at_a_url, Fixture)

BOOST_AUTO_TEST_CASE(a_signed_document_comes_into_force) {
    auto source = open(at_url());
    BOOST_TEST(source.documents().empty());
    BOOST_TEST((source.next_refresh() == noon));
    server.body = test::signed_text({});
    check_only(source.refresh(noon), Kind::updated);
    BOOST_TEST(source.documents().at(0)->idps.at(0).entity_id.str() == first_id);
    BOOST_TEST((source.next_refresh() == noon + 6h));
    BOOST_TEST(source.refresh(noon + 1h).empty());
    BOOST_TEST(server.calls.size() == 1U);
}

// MET-01
BOOST_AUTO_TEST_CASE(a_document_unsigned_or_of_another_signer_is_refused_and_the_old_one_stays) {
    auto source = open(at_url());
    server.body = test::signed_text({});
    static_cast<void>(source.refresh(noon));
    const auto before = key_in_force(source);
    for (const std::string& body :
         {test::signed_text({.certificate = "keys/stranger.crt.pem"}, "keys/stranger"),
          test::text_of({.certificate = "keys/stranger.crt.pem"}), std::string("<html>canary</html>"), std::string()}) {
        server.body = body;
        const auto outcomes = source.refresh(source.next_refresh());
        BOOST_REQUIRE(outcomes.size() == 1U);
        BOOST_TEST(name(outcomes.front().kind) == "refused");
        BOOST_TEST((outcomes.front().why.detail.find("canary") == std::string::npos));
        BOOST_TEST(key_in_force(source) == before);
    }
}

BOOST_AUTO_TEST_CASE(unsigned_metadata_needs_a_server_whose_key_is_pinned) {
    const auto check = [&](HttpClientOptions http) {
        auto options = at_url();
        options.rules.trust = metadata::TrustedPlace{};
        std::get<MetadataUrl>(options.place).http = std::move(http);
        return MetadataSource::open(std::move(options), noon, server.ports());
    };
    const auto is_refused = [](const Result<MetadataSource>& source) {
        return !source && source.error().code == make_error_code(SourceErrc::setup);
    };
    BOOST_TEST(is_refused(check({})));
    HttpClientOptions pinned;
    pinned.peer = PinnedPublicKeys{{std::string(64, '0')}};
    BOOST_TEST(check(pinned).has_value());
    pinned.http = HttpClientOptions::Http::accepted;
    BOOST_TEST(is_refused(check(pinned)));
    BOOST_TEST(server.calls.empty());
}

BOOST_AUTO_TEST_CASE(it_starts_from_its_copy_while_the_server_is_down) {
    {
        auto source = open(at_url());
        server.body = test::signed_text({});
        server.head = replied(200, {{"ETag", "\"v1\""}, {"Last-Modified", "Fri, 01 Jan 2027 00:00:00 GMT"}});
        static_cast<void>(source.refresh(noon));
    }
    server.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    auto source = open(at_url(), noon + 1h);
    BOOST_TEST(source.documents().at(0)->idps.at(0).entity_id.str() == first_id);
    check_only(source.refresh(noon + 1h), Kind::unreachable, make_error_code(HttpErrc::unreachable));
    BOOST_TEST(source.documents().size() == 1U);
    BOOST_TEST(server.header("If-None-Match") == "\"v1\"");
    BOOST_TEST(server.header("If-Modified-Since") == "Fri, 01 Jan 2027 00:00:00 GMT");
    BOOST_TEST((source.next_refresh() == noon + 1h + 300s));

    server.failure.reset();
    server.head = replied(304, {{"Cache-Control", "max-age=3600"}});
    check_only(source.refresh(noon + 2h), Kind::unchanged);
    BOOST_TEST((source.next_refresh() == noon + 3h));
}

BOOST_AUTO_TEST_CASE(a_copy_is_not_believed_more_than_the_network) {
    {
        auto source = open(at_url());
        server.body = test::signed_text({});
        static_cast<void>(source.refresh(noon));
    }
    BOOST_TEST(open(at_url("keys/stranger.crt.pem")).documents().empty());
    BOOST_TEST(open(at_url(), noon + std::chrono::days(7)).documents().empty());  // it has ended
    BOOST_TEST(open(at_url()).documents().size() == 1U);
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "cache")) {
        if (entry.path().extension() == ".xml") std::ofstream(entry.path(), std::ios::app) << "<!-- -->";
    }
    BOOST_TEST(open(at_url()).documents().empty());
}

BOOST_AUTO_TEST_CASE(copies_are_closed_to_other_users) {
    auto source = open(at_url());
    server.body = test::signed_text({});
    static_cast<void>(source.refresh(noon));
    std::set<std::string> endings;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "cache")) {
        const auto others = fs::status(entry.path()).permissions() & (fs::perms::group_all | fs::perms::others_all);
        BOOST_TEST((others == fs::perms::none), entry.path());
        if (entry.is_regular_file()) endings.insert(entry.path().filename().extension());
    }
    // Nothing half made stays behind.
    BOOST_TEST((endings == std::set<std::string>{"", ".names", ".state", ".xml"}));

    fs::permissions(folder.path() / "cache", fs::perms::others_read, fs::perm_options::add);
    const auto again = MetadataSource::open(at_url(), noon, server.ports());
    BOOST_REQUIRE(!again);
    BOOST_TEST(again.error().code == make_error_code(SourceErrc::cache_failed));
}

// MET-04
BOOST_AUTO_TEST_CASE(older_metadata_is_refused_even_after_a_restart) {
    {
        auto source = open(at_url());
        server.body = test::signed_text({.published = "2027-01-01T10:00:00Z"});
        static_cast<void>(source.refresh(noon));
    }
    server.body = test::signed_text({.certificate = "keys/stranger.crt.pem", .published = "2027-01-01T09:00:00Z"});
    auto source = open(at_url());
    const auto before = key_in_force(source);
    check_only(source.refresh(noon), Kind::refused, make_error_code(metadata::Errc::older_than_known));
    BOOST_TEST(key_in_force(source) == before);
}

// MET-05
BOOST_AUTO_TEST_CASE(the_end_is_told_ahead_of_time_each_hour_and_when_it_came) {
    auto source = open(at_url());
    server.body = test::signed_text({});
    static_cast<void>(source.refresh(noon));
    server.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    const Instant end = *saml::parse_instant("2027-01-08T00:00:00Z");
    const auto kinds_at = [&](Instant now) {
        std::string kinds;
        for (const auto& outcome : source.refresh(now)) kinds += std::string(name(outcome.kind)) + " ";
        return kinds;
    };
    BOOST_TEST(kinds_at(end - 49h) == "unreachable ");
    BOOST_TEST((kinds_at(end - 47h).find("expiring") != std::string::npos));
    BOOST_TEST((kinds_at(end - 47h + 1s).find("expiring") == std::string::npos));
    BOOST_TEST((kinds_at(end - 46h).find("expiring") != std::string::npos));
    BOOST_TEST((kinds_at(end + 180s).find("expired") != std::string::npos));
    BOOST_TEST((kinds_at(end + 181s).find("expired") == std::string::npos));
    // It stays, so that its messages are refused for the reason that holds: it has ended.
    BOOST_TEST(source.documents().size() == 1U);
}

BOOST_AUTO_TEST_CASE(failures_back_off_and_a_success_ends_that) {
    auto source = open(at_url());
    server.head = replied(503);
    check_only(source.refresh(noon), Kind::unreachable, make_error_code(SourceErrc::status_refused));
    BOOST_TEST((source.next_refresh() == noon + 300s));
    static_cast<void>(source.refresh(noon + 300s));
    BOOST_TEST((source.next_refresh() == noon + 900s));
    server.head = replied(200);
    server.body = test::signed_text({});
    check_only(source.refresh(noon + 900s), Kind::updated);
    server.head = replied(404);
    static_cast<void>(source.refresh(noon + 7h));
    BOOST_TEST((source.next_refresh() == noon + 7h + 300s));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_asks_at_once) {
    auto source = open(at_url());
    server.body = test::signed_text({});
    static_cast<void>(source.refresh(noon));
    check_only(source.refresh(noon - 1h), Kind::unchanged);
}

BOOST_AUTO_TEST_CASE(a_validator_that_would_break_a_request_is_not_sent_back) {
    auto source = open(at_url());
    server.body = test::signed_text({});
    server.head = replied(200, {{"ETag", "\"v1\"\r\nX: y"}, {"Last-Modified", std::string(1000, 'x')}});
    static_cast<void>(source.refresh(noon));
    static_cast<void>(source.refresh(noon + 7h));
    BOOST_TEST(server.header("If-None-Match") == "none");
    BOOST_TEST(server.header("If-Modified-Since") == "none");
}

BOOST_AUTO_TEST_CASE(a_server_that_wants_our_certificate_gets_it_or_is_no_way_to_a_document) {
    const test::LoopbackServer wary([](const std::string&) { return test::reply_with(test::signed_text({})); },
                                    test::LoopbackServer::identity_for_known_clients());
    const auto refreshed_with = [&](const std::string& client) {
        HttpClientOptions http;
        http.peer = CertificatesOf{test::fixture_path("tls/server.pem")};
        if (!client.empty()) {
            http.client_certificate = test::fixture_path("tls/" + client + ".pem");
            http.client_key = test::fixture_path("tls/" + client + ".key");
        }
        auto options = at_url();
        options.place = MetadataUrl{.url = *saml::EndpointUrl::parse(wary.url()), .http = std::move(http)};
        options.cache = folder.path() / ("cache-of-" + client);
        auto source = MetadataSource::open(std::move(options), noon);
        BOOST_REQUIRE_MESSAGE(source.has_value(), (source ? "" : source.error().detail));
        auto outcomes = source->refresh(noon);
        BOOST_TEST(source->documents().empty() == (outcomes.front().kind != Kind::updated));
        return outcomes;
    };
    for (const std::string client : {"", "stranger"}) {
        const auto outcomes = refreshed_with(client);
        check_only(outcomes, Kind::unreachable, make_error_code(HttpErrc::tls_failed));
        const std::string why = client.empty() ? "alert certificate required" : "alert unknown ca";
        BOOST_TEST((outcomes.front().why.detail.find(why) != std::string::npos), outcomes.front().why.detail);
    }
    BOOST_TEST(wary.requests().empty());
    check_only(refreshed_with("client"), Kind::updated);
    BOOST_TEST(wary.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metadata_source_by_query, Fixture)

namespace {

MetadataSourceOptions by_query(MetadataSourceOptions options, MetadataQuery::Form form) {
    options.place =
        MetadataQuery{.base = *saml::EndpointUrl::parse("https://mdq.example.org/"), .http = {}, .form = form};
    options.rules.wanted = {id(first_id)};
    return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_entity_is_asked_for_by_its_id_in_either_form) {
    server.head = replied(200, {{"Content-Type", "application/samlmetadata+xml; charset=utf-8"}});
    server.body = test::signed_text({});
    auto source = open(by_query(at_url(), MetadataQuery::Form::url_encoded));
    check_only(source.refresh(noon), Kind::updated);
    BOOST_TEST(server.calls.at(0).url.str() ==
               "https://mdq.example.org/entities/https%3A%2F%2Fidp1.example.org%2Fsaml");
    BOOST_TEST(server.header("Accept") == "application/samlmetadata+xml");
    auto by_hash = open(by_query(at_url(), MetadataQuery::Form::sha1));
    BOOST_TEST(by_hash.documents().size() == 1U);  // the copy, whatever the form
    static_cast<void>(by_hash.refresh(noon));
    BOOST_TEST(server.calls.at(1).url.str() ==
               "https://mdq.example.org/entities/%7Bsha1%7D1b33c595ca8e66143cd0ff84ebd87fb939a5fa28");
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_type_or_entity_is_refused) {
    auto source = open(by_query(at_url(), MetadataQuery::Form::url_encoded));
    server.body = test::signed_text({});
    server.head = replied(200, {{"Content-Type", "text/html"}});
    check_only(source.refresh(noon), Kind::refused, make_error_code(SourceErrc::media_type));
    server.head = replied(200, {{"Content-Type", "application/samlmetadata+xml"}});
    server.body = test::signed_text({.entity_id = "https://idp2.example.org/saml"});
    check_only(source.refresh(noon + 1h), Kind::refused, make_error_code(metadata::Errc::another_entity));
    BOOST_TEST(source.documents().empty());
}

BOOST_AUTO_TEST_CASE(nothing_to_ask_for_is_a_mistake) {
    auto options = by_query(at_url(), MetadataQuery::Form::sha1);
    options.rules.wanted.clear();
    const auto source = MetadataSource::open(std::move(options), noon, server.ports());
    BOOST_REQUIRE(!source);
    BOOST_TEST(source.error().code == make_error_code(SourceErrc::setup));
}

BOOST_AUTO_TEST_SUITE_END()

// MET-19
BOOST_FIXTURE_TEST_SUITE(metadata_source_in_a_file, Fixture)

BOOST_AUTO_TEST_CASE(a_changed_file_comes_into_force) {
    const auto file = write(test::text_of({}));
    auto source = open(at_file(file));
    const auto before = key_in_force(source);
    BOOST_TEST(source.refresh(noon).empty());
    write(test::text_of({.certificate = "keys/idp1-second.crt.pem"}));
    check_only(source.refresh(noon + 1s), Kind::updated);
    BOOST_TEST(key_in_force(source) != before);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_or_gone_or_another_s_keeps_the_old_and_is_told_once) {
    const auto file = write(test::text_of({}));
    auto source = open(at_file(file));
    const auto before = key_in_force(source);
    Instant now = noon;
    const auto check = [&](Kind kind, std::error_code why) {
        check_only(source.refresh(now += 1s), kind, why);
        BOOST_TEST(source.refresh(now += 1s).empty());
        BOOST_TEST(key_in_force(source) == before);
    };
    const std::string text = test::text_of({.certificate = "keys/idp1-second.crt.pem"});
    write(text.substr(0, text.size() / 2));
    check(Kind::refused, make_error_code(saml::Errc::xml_malformed));
    write(test::text_of({.entity_id = "https://idp2.example.org/saml"}));
    check(Kind::refused, make_error_code(metadata::Errc::another_entity));
    fs::remove(file);
    check(Kind::unreachable, make_error_code(SourceErrc::file_unreadable));
    write(text);
    check_only(source.refresh(now += 1s), Kind::updated);
}

BOOST_AUTO_TEST_CASE(a_link_in_its_place_is_not_followed) {
    const auto file = write(test::text_of({}));
    auto source = open(at_file(file));
    const auto before = key_in_force(source);
    const auto target = folder.path() / "other.xml";
    std::ofstream(target) << test::text_of({.certificate = "keys/idp1-second.crt.pem"});
    fs::remove(file);
    fs::create_symlink(target, file);
    check_only(source.refresh(noon + 1s), Kind::unreachable, make_error_code(SourceErrc::file_unreadable));
    BOOST_TEST(key_in_force(source) == before);
    fs::remove(file);
    fs::create_directory(file);
    BOOST_TEST(source.refresh(noon + 2s).empty());  // no better, and told already
}

BOOST_AUTO_TEST_CASE(a_file_that_is_too_large_is_not_read) {
    auto options = at_file(write(test::text_of({})));
    options.rules.limits.octets = 100;
    auto source = open(std::move(options));
    check_only(source.refresh(noon), Kind::unreachable, make_error_code(SourceErrc::file_too_large));
    BOOST_TEST(source.documents().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metadata_refresher, Fixture)

namespace {

SourceOfIdps file_source(const fs::path& folder, const std::string& name, const IdpText& idp) {
    const fs::path file = folder / (name + ".xml");
    const fs::path temporary = folder / (name + ".xml.new");
    // In place, a change within the clock tick of the file system couldn't be told from none.
    std::ofstream(temporary) << test::text_of(idp);
    fs::rename(temporary, file);
    return {.source = {.name = name, .place = MetadataFile{file}, .rules = {.trust = metadata::TrustedPlace{}}},
            .profile = {}};
}

}  // namespace

// MET-06
BOOST_AUTO_TEST_CASE(an_entity_id_belongs_to_the_first_source_that_has_it) {
    const auto refresher =
        MetadataRefresher::open({file_source(folder.path(), "one", {}),
                                 file_source(folder.path(), "two", {.certificate = "keys/stranger.crt.pem"})},
                                SharedKeys::refused, noon);
    BOOST_REQUIRE(refresher.has_value());
    BOOST_TEST(refresher->directory()->size() == 1U);
    const auto idp = refresher->directory()->find(id(first_id));
    BOOST_TEST(idp->keys.at(0).fingerprint() == test::key_of("keys/idp1-first.crt.pem").fingerprint());
    BOOST_REQUIRE(refresher->conflicts().size() == 1U);
    BOOST_TEST(refresher->conflicts().at(0).source == "two");
    BOOST_TEST(refresher->conflicts().at(0).outcome.why.code == make_error_code(SourceErrc::entity_taken));
}

// MET-06
BOOST_AUTO_TEST_CASE(an_alias_is_a_name_like_an_entity_id_and_belongs_to_the_first_source_that_has_it) {
    const auto alias = id("https://idp2.example.org/saml");
    const IdpText second{.entity_id = alias.str(), .certificate = "keys/stranger.crt.pem"};
    for (const bool alias_first : {true, false}) {
        auto with_alias = file_source(folder.path(), "one", {});
        with_alias.profile.issuer_aliases = {alias};
        auto other = file_source(folder.path(), "two", second);
        std::vector<SourceOfIdps> sources;
        sources.push_back(alias_first ? with_alias : other);
        sources.push_back(alias_first ? other : with_alias);
        const auto refresher = MetadataRefresher::open(std::move(sources), SharedKeys::refused, noon);
        BOOST_REQUIRE(refresher.has_value());
        BOOST_TEST(refresher->directory()->size() == 1U);
        BOOST_TEST(refresher->directory()->find(alias)->entity_id.str() == (alias_first ? first_id : alias.str()));
        BOOST_REQUIRE(refresher->conflicts().size() == 1U);
        BOOST_TEST(refresher->conflicts().at(0).outcome.why.code == make_error_code(SourceErrc::entity_taken));
    }
}

// MET-07
BOOST_AUTO_TEST_CASE(a_key_speaks_for_entities_of_one_source_unless_that_is_configured) {
    const auto open_both = [&](SharedKeys shared) {
        return MetadataRefresher::open(
            {file_source(folder.path(), "one", {}),
             file_source(folder.path(), "two", {.entity_id = "https://idp2.example.org/saml"})},
            shared, noon);
    };
    const auto refused = open_both(SharedKeys::refused);
    BOOST_TEST(refused->directory()->size() == 1U);
    BOOST_TEST(refused->conflicts().at(0).outcome.why.code == make_error_code(SourceErrc::key_shared));
    const auto accepted = open_both(SharedKeys::accepted);
    BOOST_TEST(accepted->directory()->size() == 2U);
    BOOST_TEST(accepted->conflicts().empty());
}

BOOST_AUTO_TEST_CASE(a_change_makes_another_snapshot_and_the_old_one_stays_as_it_was) {
    auto refresher = MetadataRefresher::open({file_source(folder.path(), "one", {})}, SharedKeys::refused, noon);
    const auto before = refresher->directory();
    BOOST_TEST(refresher->refresh(noon).empty());
    BOOST_TEST(refresher->directory() == before);
    static_cast<void>(file_source(folder.path(), "one", {.entity_id = "https://idp2.example.org/saml"}));
    const auto events = refresher->refresh(noon + 1s);
    BOOST_REQUIRE(events.size() == 1U);
    BOOST_TEST(events.at(0).source == "one");
    BOOST_TEST(before->find(id(first_id)) != nullptr);
    BOOST_TEST(refresher->directory()->find(id(first_id)) == nullptr);
    BOOST_TEST(refresher->counters().at(static_cast<std::size_t>(Kind::updated)) == 1U);
}

// MET-15
BOOST_AUTO_TEST_CASE(looking_for_an_unknown_entity_sends_no_request) {
    std::vector<SourcePorts> ports;
    ports.push_back(server.ports());
    const auto refresher =
        MetadataRefresher::open({{.source = at_url(), .profile = {}}}, SharedKeys::refused, noon, std::move(ports));
    BOOST_TEST(refresher->directory()->find(id("https://md.example.org/all")) == nullptr);
    BOOST_TEST(server.calls.empty());
}

BOOST_AUTO_TEST_SUITE_END()
