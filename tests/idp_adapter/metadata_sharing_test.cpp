// One cache of several processes: what each keeps, and what it takes over from another.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <string>

#include "metadata_cache_fixture.hpp"
#include "slo/idp_adapter/descriptor.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using test::fingerprint;
using test::FullDisk;
using test::key_in_force;
using test::new_key;
using test::noon;
using test::old_key;
using test::published;
using test::told;
using test::undated;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_cache_of_two_processes, test::CacheFixture)

BOOST_AUTO_TEST_CASE(what_one_process_writes_another_neither_cuts_nor_takes_away) {
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

BOOST_AUTO_TEST_CASE(what_another_process_keeps_meanwhile_counts_at_once_whatever_the_answer_is) {
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
BOOST_AUTO_TEST_CASE(what_two_processes_have_superseded_comes_back_to_neither) {
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

BOOST_AUTO_TEST_CASE(a_process_with_the_configuration_before_leaves_alone_what_the_new_one_has_kept) {
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
