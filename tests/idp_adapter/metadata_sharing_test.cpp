// One cache of several processes: what each keeps, and what it takes over from another; and documents whose age counts.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "metadata_cache_fixture.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/metadata/error.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using Kind = RefreshOutcome::Kind;
using metadata::Errc;
using test::check_only;
using test::fingerprint;
using test::FullDisk;
using test::key_in_force;
using test::new_key;
using test::NoDescriptors;
using test::noon;
using test::old_key;
using test::published;
using test::told;
using test::undated;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_cache_of_two_processes, test::CacheFixture)

BOOST_AUTO_TEST_CASE(a_file_that_one_process_writes_is_neither_cut_nor_removed_by_another) {
    auto source = open(at_url());
    auto second = open_second();
    second_server.body = undated(old_key);
    second_server.meanwhile = [] { throw std::bad_alloc(); };
    server.body = undated(old_key);
    // The second one begins after the first has written, and doesn't come to an end.
    server.meanwhile = [&] { BOOST_CHECK_THROW(static_cast<void>(second.refresh(noon)), std::bad_alloc); };
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    BOOST_TEST(key_after_restart() == fingerprint(old_key));
}

BOOST_AUTO_TEST_CASE(a_version_that_another_process_has_kept_is_taken_over_and_not_replaced_by_an_older_one) {
    auto source = open(at_url());
    server.body = published("2027-01-01T10:00:00Z", old_key);
    static_cast<void>(source.refresh(noon));
    keep(published("2027-01-01T11:00:00Z", new_key));
    BOOST_TEST(refreshed(source) == "updated, refused meta.older_than_known");
    BOOST_TEST(key_in_force(source) == fingerprint(new_key));
    BOOST_TEST(key_after_restart() == fingerprint(new_key));
}

BOOST_AUTO_TEST_CASE(a_copy_that_another_process_keeps_meanwhile_counts_at_once_whatever_the_answer_is) {
    const auto answers_older = [&] { server.body = published("2027-01-01T10:00:00Z", old_key); };
    const auto answers_unchanged = [&] { server.head = test::replied(304); };
    const auto answers_nothing = [&] { server.failure = Failure{make_error_code(HttpErrc::timed_out), "late"}; };
    const std::map<std::string, std::function<void()>> answers{
        {"updated, refused meta.older_than_known", answers_older},
        {"updated, unchanged", answers_unchanged},
        {"updated, unreachable http.timeout", answers_nothing}};
    for (const auto& [events, answer] : answers) {
        server.head = test::replied(200);
        server.body = published("2027-01-01T10:00:00Z", old_key);
        server.failure.reset();
        auto source = open(at_url());
        BOOST_TEST(told(source.refresh(noon)) == "updated");
        answer();
        server.meanwhile = [&] { keep(published("2027-01-01T11:00:00Z", new_key)); };
        BOOST_TEST(refreshed(source) == events);
        BOOST_TEST(key_in_force(source) == fingerprint(new_key));
        BOOST_TEST(key_after_restart() == fingerprint(new_key));
        server.meanwhile = [] {};
        fs::remove_all(copies());
    }
}

BOOST_AUTO_TEST_CASE(a_process_that_is_stuck_with_the_lock_keeps_no_document_from_coming_into_force) {
    keep(published("2027-01-01T10:00:00Z", old_key));
    int pauses = 0;
    server.pause = [&](std::chrono::milliseconds) { ++pauses; };
    auto source = open(at_url());
    server.body = published("2027-01-01T11:00:00Z", new_key);
    {
        const Descriptor stuck(::open((copies() / "lock").c_str(), O_RDWR | O_CLOEXEC));
        BOOST_REQUIRE(::flock(stuck.get(), LOCK_EX | LOCK_NB) == 0);
        BOOST_TEST(told(source.refresh(noon)) == "updated, not_kept source.cache");
    }
    BOOST_TEST(pauses == 300);  // before it asks, with the answer, and before it keeps
    BOOST_TEST(key_in_force(source) == fingerprint(new_key));
    BOOST_TEST((source.next_refresh() == noon + 300s));
    BOOST_TEST(refreshed(source) == "unchanged");
    BOOST_TEST(key_after_restart() == fingerprint(new_key));
}

// Without dates, only what is remembered of both tells which documents are old.
BOOST_AUTO_TEST_CASE(a_document_superseded_by_two_processes_comes_back_to_neither) {
    const auto third = test::signed_text({.certificate = "keys/stranger.crt.pem"});
    server.body = undated(old_key);
    auto source = open(at_url());
    server.meanwhile = [&] { keep(undated(new_key)); };
    BOOST_TEST(told(source.refresh(noon)) == "updated, updated");
    server.meanwhile = [] {};
    server.body = undated(new_key);
    BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
    BOOST_TEST(told(open(at_url()).refresh(noon)) == "refused meta.older_than_known");

    server.body = published("2027-01-01T10:00:00Z", new_key);
    {
        const FullDisk full(0);
        BOOST_TEST(refreshed(source) == "updated, not_kept source.cache");
    }
    keep(third);
    BOOST_TEST(refreshed(source) == "updated, refused meta.older_than_known");
    BOOST_TEST(key_in_force(source) == fingerprint("keys/stranger.crt.pem"));
}

// What another process had before the document that both have in force is known to that one alone.
BOOST_AUTO_TEST_CASE(what_another_process_has_superseded_by_the_same_document_comes_back_to_neither) {
    const auto third = test::signed_text({.certificate = "keys/stranger.crt.pem"});
    server.pause = [](std::chrono::milliseconds) {};
    auto source = open(at_url());
    keep(undated(old_key));
    keep(undated(new_key));
    server.body = undated(new_key);
    {
        const Descriptor stuck(::open((copies() / "lock").c_str(), O_RDWR | O_CLOEXEC));
        BOOST_REQUIRE(::flock(stuck.get(), LOCK_EX | LOCK_NB) == 0);
        BOOST_TEST(told(source.refresh(noon)) == "updated, not_kept source.cache");
    }
    server.body = undated(old_key);
    BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
    server.body = third;
    BOOST_TEST(refreshed(source) == "updated");
    server.body = undated(old_key);
    BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
    BOOST_TEST(told(open(at_url()).refresh(noon)) == "refused meta.older_than_known");
}

BOOST_AUTO_TEST_CASE(a_state_that_cannot_be_read_now_is_not_replaced_and_counts_as_soon_as_it_can) {
    auto source = open(at_url());
    server.body = undated(old_key);
    std::optional<NoDescriptors> lack;
    server.meanwhile = [&] {
        keep(undated(new_key));
        lack.emplace();
    };
    const auto outcomes = source.refresh(noon);
    lack.reset();
    BOOST_TEST(told(outcomes) == "updated, not_kept source.cache");
    BOOST_TEST(outcomes.back().why.detail ==
               (copies() / "document.state").string() +
                   " can't be opened (Too many open files): nothing is concluded from it, and it's tried again; let "
                   "this process's user read it, give this process more descriptors, and see to its disk");
    server.meanwhile = [] {};
    server.head = test::replied(304);
    BOOST_TEST(refreshed(source) == "updated, unchanged");
    BOOST_TEST(key_in_force(source) == fingerprint(new_key));
    BOOST_TEST(key_after_restart() == fingerprint(new_key));
}

BOOST_AUTO_TEST_CASE(a_copy_that_cannot_be_read_at_the_start_is_told_as_that_and_read_with_the_first_question) {
    keep(undated(new_key));
    int pauses = 0;
    std::optional<NoDescriptors> lack;
    // The first hundred are for tidying up.
    server.pause = [&](std::chrono::milliseconds) {
        if (++pauses == 101) lack.emplace();
    };
    std::optional<Descriptor> other(::open((copies() / "lock").c_str(), O_RDWR | O_CLOEXEC));
    BOOST_REQUIRE(::flock(other->get(), LOCK_EX | LOCK_NB) == 0);
    auto source = open(at_url());
    lack.reset();
    other.reset();
    BOOST_TEST(key_in_force(source) == "none");
    server.failure = Failure{make_error_code(HttpErrc::timed_out), "late"};
    // The state, and the names.
    BOOST_TEST(told(source.refresh(noon)) ==
               "copy_unused source.cache, copy_unused source.cache, updated, unreachable http.timeout");
    BOOST_TEST(key_in_force(source) == fingerprint(new_key));
}

BOOST_AUTO_TEST_CASE(a_process_that_keeps_something_meanwhile_is_waited_for) {
    std::optional<Descriptor> other;
    server.pause = [&](std::chrono::milliseconds) { other.reset(); };
    auto source = open(at_url());
    server.body = undated(old_key);
    server.meanwhile = [&] {
        other.emplace(::open((copies() / "lock").c_str(), O_RDWR | O_CLOEXEC));
        BOOST_REQUIRE(::flock(other->get(), LOCK_EX | LOCK_NB) == 0);
    };
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    BOOST_TEST(!other.has_value());
    BOOST_TEST(key_after_restart() == fingerprint(old_key));
}

BOOST_AUTO_TEST_CASE(a_process_with_the_old_configuration_leaves_the_new_ones_copies_alone) {
    auto with_old_configuration = open(at_url());
    auto options = at_url();
    std::get<MetadataUrl>(options.place).url = *saml::EndpointUrl::parse("https://md.example.org/moved");
    auto with_new_one = MetadataSource::open(options, noon, second_server.ports());
    second_server.body = undated(new_key);
    BOOST_TEST(told(with_new_one->refresh(noon)) == "updated");
    server.body = undated(old_key);
    BOOST_TEST(told(with_old_configuration.refresh(noon)) == "updated, not_kept source.cache");
    BOOST_TEST(key_in_force(open(options)) == fingerprint(new_key));
}

BOOST_AUTO_TEST_SUITE_END()

// MET-03: one IdP's own document, as Keycloak, Entra ID, AD FS and Okta publish it.
BOOST_FIXTURE_TEST_SUITE(documents_without_valid_until, test::CacheFixture)

namespace {

constexpr std::chrono::days week{7};
const std::string without_end = test::text_of({.root_attributes = R"( ID="d")"});

MetadataSourceOptions may_lack_it(MetadataSourceOptions options) {
    options.rules.max_age_without_valid_until = week;
    return options;
}

/// Believed because of the server's certificate.
MetadataSourceOptions certified(MetadataSourceOptions options) {
    options = may_lack_it(std::move(options));
    options.rules.trust = metadata::TrustedPlace{};
    options.unsigned_from = UnsignedFrom::certified_server;
    options.holds = Holds::one_idp;
    return options;
}

std::optional<Instant> end_of(const MetadataSource& source) {
    return source.documents().at(0)->idps.at(0).valid_until;
}

Failure down() {
    return {make_error_code(HttpErrc::unreachable), "down"};
}

}  // namespace

BOOST_AUTO_TEST_CASE(documents_end_a_while_after_their_fetch_despite_restarts) {
    server.body = test::signed_octets(without_end);
    server.head = test::replied(200, {{"ETag", "\"v1\""}});
    {
        auto source = open(may_lack_it(at_url()));
        BOOST_TEST(told(source.refresh(noon)) == "updated");
        BOOST_TEST((end_of(source) == noon + week));
        // The same octets again: the server stands by them.
        BOOST_TEST(told(source.refresh(noon + 6h)) == "unchanged");
        BOOST_TEST((end_of(source) == noon + 6h + week));
    }
    const Instant fetched = noon + 6h;
    server.failure = down();
    auto source = open(may_lack_it(at_url()), fetched + 3 * 24h);
    BOOST_TEST((end_of(source) == fetched + week));
    BOOST_TEST(told(source.refresh(fetched + 3 * 24h)).starts_with("unreachable"));
    const auto soon = source.refresh(fetched + 6 * 24h);
    BOOST_REQUIRE(soon.size() == 2U);
    BOOST_TEST(name(soon.back().kind) == "expiring");
    const auto late = source.refresh(fetched + week + 180s);
    BOOST_REQUIRE(late.size() == 2U);
    BOOST_TEST(late.back().why.code == make_error_code(SourceErrc::expired));
    BOOST_TEST(late.back().entity_id.value().str() == test::first_id);
    BOOST_TEST(late.back().why.detail ==
               "it has no validUntil, and was last fetched at 2027-01-01T18:00:00Z: 604800s "
               "(max_age_without_valid_until) after that its messages are refused; get the source to work, then they "
               "count at once");

    server.failure.reset();
    server.head = test::replied(304);
    const Instant again = source.next_refresh();
    BOOST_TEST(told(source.refresh(again)) == "unchanged");
    BOOST_TEST(server.header("If-None-Match") == "\"v1\"");
    BOOST_TEST((end_of(source) == again + week));
    server.failure = down();
    auto restarted = open(may_lack_it(at_url()), again + 24h);
    BOOST_TEST((end_of(restarted) == again + week));
}

BOOST_AUTO_TEST_CASE(documents_that_another_process_had_confirmed_live_on_here_too) {
    server.body = second_server.body = test::signed_octets(without_end);
    auto source = open(may_lack_it(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    auto other = MetadataSource::open(may_lack_it(at_url()), noon, second_server.ports());
    second_server.head = test::replied(304);
    BOOST_TEST(told(other->refresh(noon + 6 * 24h)) == "unchanged");

    server.failure = down();
    const auto before = source.version();
    BOOST_TEST(told(source.refresh(noon + week + 1h)) == "unreachable http.unreachable");
    BOOST_TEST((end_of(source) == noon + 6 * 24h + week));
    BOOST_TEST(source.version() != before);
}

BOOST_AUTO_TEST_CASE(a_confirmation_at_a_time_to_come_lets_no_document_live_longer) {
    server.body = second_server.body = test::signed_octets(without_end);
    auto source = open(may_lack_it(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    auto ahead = MetadataSource::open(may_lack_it(at_url()), noon, second_server.ports());
    second_server.head = test::replied(304);
    BOOST_TEST(told(ahead->refresh(noon + 6 * 24h)) == "unchanged");

    server.failure = down();
    BOOST_TEST(told(source.refresh(noon + 24h)) == "unreachable http.unreachable");
    BOOST_TEST((end_of(source) == noon + week));
}

BOOST_AUTO_TEST_CASE(a_missing_valid_until_is_refused_of_an_aggregate_and_by_default) {
    server.body = test::signed_octets(without_end);
    auto strict = open(at_url());
    const auto refused = strict.refresh(noon);
    check_only(refused, Kind::refused, make_error_code(Errc::valid_until_missing));
    BOOST_TEST((refused.front().why.detail.find("max_age_without_valid_until") != std::string::npos));

    server.body =
        test::signed_octets(R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="d">)" +
                            test::text_of({.root_attributes = ""}) + "</md:EntitiesDescriptor>");
    auto source = open(may_lack_it(at_url()));
    const auto aggregate = source.refresh(noon);
    check_only(aggregate, Kind::refused, make_error_code(Errc::valid_until_missing));
    BOOST_TEST((aggregate.front().why.detail.find("a federation's document must have one") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(documents_live_at_most_twice_their_time_if_the_clock_is_set_back) {
    server.body = test::signed_octets(without_end);
    auto source = open(may_lack_it(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    server.failure = down();
    BOOST_TEST(told(source.refresh(noon - 3 * 24h)).starts_with("unreachable"));
    BOOST_TEST((end_of(source) == noon + week));
    const auto before_it_came = source.refresh(noon - week - 1s);
    BOOST_TEST((end_of(source) == Instant{}));
    BOOST_TEST(before_it_came.back().why.code == make_error_code(SourceErrc::expired));
    BOOST_TEST(before_it_came.back().why.detail ==
               "it has no validUntil, and when it was last fetched isn't known: its messages are refused; get the "
               "source to work, then they count at once");
    auto restarted = open(may_lack_it(at_url()), noon - week - 1s);
    BOOST_TEST((end_of(restarted) == Instant{}));
    // The clock is right again: so is the age.
    static_cast<void>(restarted.refresh(noon + 1h));
    BOOST_TEST((end_of(restarted) == noon + week));
}

BOOST_AUTO_TEST_CASE(documents_of_an_unknown_age_are_told_as_that_and_as_no_date) {
    server.body = test::signed_octets(without_end);
    BOOST_TEST(told(open(may_lack_it(at_url())).refresh(noon)) == "updated");
    const fs::path state = copies() / "document.state";
    std::ifstream in(state);
    std::string text(std::istreambuf_iterator<char>(in), {});
    const auto line = text.find("fetched ");
    text.erase(line, text.find('\n', line) + 1 - line);
    std::ofstream(state) << text;
    const auto refresher = MetadataRefresher::open({{.source = may_lack_it(at_url()), .profile = {}}},
                                                   SharedKeys::refused, noon, {server.ports()});
    BOOST_REQUIRE(refresher.has_value());
    const auto ended = refresher->directory()->not_ready(noon, 180s);
    BOOST_REQUIRE(ended.size() == 1U);
    BOOST_TEST(ended.front().why.detail ==
               "its metadata has no validUntil, and when it was last fetched isn't known; get a new copy of it");
}

BOOST_AUTO_TEST_CASE(an_earlier_end_inside_the_document_counts) {
    std::string text = without_end;
    const std::string role = "<md:IDPSSODescriptor ";
    text.insert(text.find(role) + role.size(), "validUntil=\"2027-01-05T00:00:00Z\" ");
    server.body = test::signed_octets(text);
    auto source = open(may_lack_it(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    BOOST_TEST((end_of(source) == *saml::parse_instant("2027-01-05T00:00:00Z")));
}

BOOST_AUTO_TEST_CASE(superseded_documents_without_valid_until_do_not_come_back) {
    server.body = test::signed_octets(without_end);
    auto source = open(may_lack_it(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    const std::string first = std::exchange(
        server.body,
        test::signed_octets(test::text_of({.certificate = "keys/stranger.crt.pem", .root_attributes = R"( ID="d")"})));
    BOOST_TEST(told(source.refresh(noon + 6h)) == "updated");
    server.body = first;
    auto restarted = open(may_lack_it(at_url()), noon + 12h);
    check_only(restarted.refresh(noon + 12h), Kind::refused, make_error_code(Errc::older_than_known));
}

BOOST_AUTO_TEST_CASE(documents_without_valid_until_come_over_https_alone) {
    auto plain = may_lack_it(at_url());
    std::get<MetadataUrl>(plain.place).url = *saml::EndpointUrl::parse("http://md.example.org/all");
    std::get<MetadataUrl>(plain.place).http.http = HttpClientOptions::Http::accepted;
    const auto opened = MetadataSource::open(plain, noon, server.ports());
    BOOST_REQUIRE(!opened);
    BOOST_TEST(opened.error().code == make_error_code(SourceErrc::setup));
    plain.rules.max_age_without_valid_until.reset();
    BOOST_TEST(MetadataSource::open(plain, noon, server.ports()).has_value());
}

BOOST_AUTO_TEST_CASE(documents_of_a_certified_server_are_believed_only_if_configured_and_for_one_idp) {
    const auto is_setup = [&](MetadataSourceOptions options) {
        const auto opened = MetadataSource::open(std::move(options), noon, server.ports());
        return opened ? false : opened.error().code == make_error_code(SourceErrc::setup);
    };
    auto unsaid = certified(at_url());
    unsaid.unsigned_from = UnsignedFrom::pinned_server;
    BOOST_TEST(is_setup(unsaid));
    auto of_many = certified(at_url());
    of_many.holds = Holds::any_idps;
    BOOST_TEST(is_setup(of_many));
    auto plain = certified(at_url());
    std::get<MetadataUrl>(plain.place).http.http = HttpClientOptions::Http::accepted;
    BOOST_TEST(is_setup(plain));

    server.body = without_end;
    auto source = open(certified(at_url()));
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    server.body = test::text_of({.entity_id = "urn:other", .root_attributes = ""});
    check_only(source.refresh(noon + 6h), Kind::refused, make_error_code(Errc::another_entity));
}

BOOST_AUTO_TEST_CASE(copies_of_a_certified_server_are_ignored_under_another_trust) {
    server.body = without_end;
    BOOST_TEST(told(open(certified(at_url())).refresh(noon)) == "updated");
    server.failure = down();
    BOOST_TEST(open(certified(at_url())).documents().size() == 1U);

    auto by_own_ca = certified(at_url());
    std::get<MetadataUrl>(by_own_ca.place).http.peer = CertificatesOf{write("a CA")};
    auto pinned = certified(at_url());
    pinned.unsigned_from = UnsignedFrom::pinned_server;
    std::get<MetadataUrl>(pinned.place).http.peer = PinnedPublicKeys{{std::string(64, '0')}};
    for (const auto& other : {by_own_ca, pinned, may_lack_it(at_url())}) {
        auto source = open(other);
        BOOST_TEST(source.documents().empty());
        BOOST_TEST(told(source.refresh(noon)).starts_with("copy_unused source.copy_of_another, unreachable"));
    }
}

BOOST_AUTO_TEST_CASE(copies_of_a_certified_server_end_with_its_ca) {
    auto by_own_ca = certified(at_url());
    const auto ca = write("a CA");
    std::get<MetadataUrl>(by_own_ca.place).http.peer = CertificatesOf{ca};
    server.body = without_end;
    BOOST_TEST(told(open(by_own_ca).refresh(noon)) == "updated");
    server.failure = down();
    BOOST_TEST(open(by_own_ca).documents().size() == 1U);
    write("another CA");
    auto source = open(by_own_ca);
    BOOST_TEST(source.documents().empty());
    BOOST_TEST(told(source.refresh(noon)).starts_with("copy_unused source.copy_of_another, unreachable"));

    fs::remove(ca);
    const auto unreadable = MetadataSource::open(by_own_ca, noon, server.ports());
    BOOST_REQUIRE(!unreadable);
    BOOST_TEST(unreadable.error().code == make_error_code(HttpErrc::client_setup));
    BOOST_TEST(unreadable.error().detail.find("idp.xml can't be read") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(copies_of_a_certified_server_end_with_one_of_the_system_s_cas) {
    const test::TemporaryFolder cas;
    const auto file = cas.path() / "cas.pem";
    const auto withdrawn = cas.path() / "5ad8a5d6.0";
    for (const auto& ca : {file, withdrawn, cas.path() / "README"}) std::ofstream(ca) << "a CA";
    ::setenv("SSL_CERT_FILE", file.c_str(), 1);
    ::setenv("SSL_CERT_DIR", cas.path().c_str(), 1);
    server.body = without_end;
    BOOST_TEST(told(open(certified(at_url())).refresh(noon)) == "updated");
    server.failure = down();
    fs::remove(cas.path() / "README");
    BOOST_TEST(open(certified(at_url())).documents().size() == 1U);
    fs::remove(withdrawn);
    BOOST_TEST(open(certified(at_url())).documents().empty());
    std::ofstream(withdrawn) << "a CA";
    BOOST_TEST(open(certified(at_url())).documents().size() == 1U);
    std::ofstream(file) << "another CA";
    BOOST_TEST(open(certified(at_url())).documents().empty());
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
}

BOOST_AUTO_TEST_SUITE_END()
