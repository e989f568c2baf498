// Copies of metadata: files that aren't what was written, disks that are full, and copies of what another place or
// another key proved.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>

#include "metadata_cache_fixture.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/metadata/error.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using Kind = RefreshOutcome::Kind;
using metadata::Errc;
using test::check_only;
using test::FakeServer;
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

BOOST_FIXTURE_TEST_SUITE(metadata_cache_and_what_vouched_for_it, test::CacheFixture)

namespace {

HttpClientOptions pinned_to(char digit) {
    HttpClientOptions http;
    http.peer = PinnedPublicKeys{{std::string(64, digit)}};
    return http;
}

MetadataSourceOptions unsigned_from(MetadataSourceOptions options, char pin) {
    options.rules.trust = metadata::TrustedPlace{};
    std::get<MetadataUrl>(options.place).http = pinned_to(pin);
    return options;
}

MetadataSourceOptions with_pins(const MetadataSourceOptions& options, std::string_view pins) {
    MetadataSourceOptions all = unsigned_from(options, pins.front());
    PinnedPublicKeys keys;
    for (const char pin : pins) keys.sha256.emplace_back(64, pin);
    std::get<MetadataUrl>(all.place).http.peer = keys;
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_pin_more_changes_nothing_about_a_copy) {
    server.body = published("2027-01-01T10:00:00Z", new_key);
    auto before = open(with_pins(at_url(), "0"));
    BOOST_TEST(told(before.refresh(noon)) == "updated");
    auto after = open(with_pins(at_url(), "01"));
    BOOST_TEST(key_in_force(after) == fingerprint(new_key));
}

BOOST_AUTO_TEST_CASE(of_another_url_or_key_or_pin_neither_the_copy_counts_nor_how_new_it_was) {
    auto elsewhere = at_url();
    std::get<MetadataUrl>(elsewhere.place).url = *saml::EndpointUrl::parse("https://md.example.org/moved");
    auto by_another = at_url("keys/stranger.crt.pem");
    const std::string early = "2027-01-01T09:00:00Z";
    const std::string by_stranger = test::signed_text({.certificate = old_key, .published = early}, "keys/stranger");
    struct Move {
        MetadataSourceOptions from;
        MetadataSourceOptions to;
        std::string document;
    };
    for (const Move& move :
         {Move{at_url(), elsewhere, published(early, old_key)}, Move{at_url(), by_another, by_stranger},
          Move{unsigned_from(at_url(), '0'), unsigned_from(at_url(), '1'), by_stranger},
          // It may have come by the pin that was withdrawn, and doesn't prove itself.
          Move{with_pins(at_url(), "01"), with_pins(at_url(), "1"), by_stranger}}) {
        fs::remove_all(copies());
        server.body = published("2027-01-01T10:00:00Z", new_key);
        auto before = open(move.from);
        BOOST_TEST(told(before.refresh(noon)) == "updated");
        auto moved = open(move.to);
        BOOST_TEST(key_in_force(moved) == "none");
        server.body = move.document;
        const auto outcomes = moved.refresh(noon);
        BOOST_TEST(told(outcomes) == "copy_unused source.copy_of_another, updated");
        BOOST_TEST((outcomes.at(0).why.detail.find((copies() / "document.state").string()) != std::string::npos));
        auto again = open(move.to);
        BOOST_TEST(key_in_force(again) == fingerprint(old_key));
        BOOST_TEST(refreshed(again) == "unchanged");
    }
}

BOOST_AUTO_TEST_CASE(signing_keys_are_exchanged_one_by_one_and_the_copy_stays) {
    auto both = at_url();
    std::get<metadata::SignedBy>(both.rules.trust).keys.push_back(test::key_of("keys/stranger.crt.pem"));
    keep(published("2027-01-01T10:00:00Z", old_key));
    auto source = open(both);
    BOOST_TEST(key_in_force(source) == fingerprint(old_key));
    server.body = test::signed_text({.certificate = new_key, .published = "2027-01-01T11:00:00Z"}, "keys/stranger");
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    auto last = open(at_url("keys/stranger.crt.pem"));
    BOOST_TEST(key_in_force(last) == fingerprint(new_key));
    server.body = test::signed_text({.certificate = old_key, .published = "2027-01-01T10:30:00Z"}, "keys/stranger");
    BOOST_TEST(told(last.refresh(noon)) == "refused meta.older_than_known");
}

BOOST_AUTO_TEST_CASE(an_earlier_document_that_the_operator_pins_is_taken) {
    keep(published("2027-01-01T11:00:00Z", new_key));
    keep(published("2027-01-01T11:30:00Z", new_key));
    server.body = published("2027-01-01T10:00:00Z", old_key);
    auto document = metadata::read_metadata(saml::source_of(server.body), at_url().rules, noon);
    auto options = at_url();
    options.rules.trust = metadata::PinnedHash{document->sha256};
    auto source = open(options);
    BOOST_TEST(told(source.refresh(noon)) == "copy_unused source.copy_of_another, updated");
    BOOST_TEST(key_in_force(open(options)) == fingerprint(old_key));
}

// The state of an earlier version: it bound its copies to the source's name alone.
BOOST_AUTO_TEST_CASE(a_copy_that_says_nothing_of_its_voucher_counts_until_the_next_but_no_time_to_come_in_it) {
    for (const std::string when : {"2027-01-01T10:00:00Z", "2036-01-01T10:00:00Z"}) {
        keep(published("2027-01-01T10:00:00Z", old_key));
        const std::string hash =
            metadata::read_metadata(saml::source_of(published("2027-01-01T10:00:00Z", old_key)), at_url().rules, noon)
                ->sha256;
        std::ofstream(copies() / "document.state")
            << "saml-slo metadata copy 1\nsha256 " << hash << "\npublished " << when << "\n";
        auto source = open(at_url());
        BOOST_TEST(key_in_force(source) == fingerprint(old_key));
        server.body = published("2027-01-01T09:00:00Z", new_key);
        BOOST_TEST(told(source.refresh(noon)) ==
                   (when.starts_with("2036") ? "updated" : "refused meta.older_than_known"));
        fs::remove_all(copies());
    }
}

BOOST_AUTO_TEST_SUITE_END()

// MET-04
BOOST_FIXTURE_TEST_SUITE(metadata_cache_against_roll_back, test::CacheFixture)

BOOST_AUTO_TEST_CASE(a_publisher_s_clock_far_ahead_has_no_right_document_refused) {
    auto source = open(at_url());
    server.body = published("2036-01-01T00:00:00Z", old_key);
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    server.body = published("2027-01-01T18:00:00Z", new_key);
    BOOST_TEST(told(source.refresh(noon + 6h)) == "updated");
    server.body = published("2036-01-01T00:00:00Z", old_key);
    BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
    auto again = open(at_url(), noon + 7h);
    server.body = published("2027-01-01T19:00:00Z", new_key);
    BOOST_TEST(told(again.refresh(noon + 7h)) == "updated");
}

BOOST_AUTO_TEST_CASE(within_the_clock_skew_a_date_counts_as_it_is) {
    auto source = open(at_url());
    server.body = published("2027-01-01T12:03:00Z", old_key);
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    server.body = published("2027-01-01T12:02:59Z", new_key);
    BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
}

BOOST_AUTO_TEST_CASE(without_dates_a_document_that_was_superseded_does_not_come_back_and_the_refusal_names_the_remedy) {
    {
        auto source = open(at_url());
        server.body = undated(old_key);
        BOOST_TEST(told(source.refresh(noon)) == "updated");
        server.body = undated(new_key);
        BOOST_TEST(refreshed(source) == "updated");
        server.body = undated(old_key);
        BOOST_TEST(refreshed(source) == "refused meta.older_than_known");
    }
    auto source = open(at_url());
    const auto outcomes = source.refresh(noon);
    BOOST_TEST(told(outcomes) == "refused meta.older_than_known");
    BOOST_TEST(key_in_force(source) == fingerprint(new_key));

    const fs::path state = copies() / "document.state";
    const auto& detail = outcomes.front().why.detail;
    BOOST_TEST((detail.find("remove " + state.string()) != std::string::npos), detail);
    fs::remove(state);
    auto remedied = open(at_url());
    BOOST_TEST(told(remedied.refresh(noon)) == "updated");
}

BOOST_AUTO_TEST_CASE(a_file_that_its_owner_puts_back_is_meant_but_a_signed_one_may_be_another_s) {
    const auto put = [&](MetadataSource& source, const std::string& text) {
        write(text);
        return refreshed(source);
    };
    auto own = open(at_file(write(undated(old_key))));
    BOOST_TEST(put(own, undated(new_key)) == "updated");
    BOOST_TEST(put(own, undated(old_key)) == "updated");
    auto options = at_file(write(undated(old_key)));
    options.rules.trust = at_url().rules.trust;
    auto source = open(options);
    BOOST_TEST(put(source, undated(new_key)) == "updated");
    BOOST_TEST(put(source, undated(old_key)) == "refused meta.older_than_known");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metadata_cache_on_bad_disks, test::CacheFixture)

BOOST_AUTO_TEST_CASE(a_changed_copy_is_reported_by_name_and_replaced_by_the_next_document) {
    const auto spoil = [&](const std::string& how) {
        if (how == "gone") fs::remove(document());
        if (how == "empty") std::ofstream(document(), std::ios::trunc);
        if (how == "state") std::ofstream(copies() / "document.state", std::ios::trunc) << "saml-slo metadata copy 2\n";
    };
    const std::map<std::string, std::string> whys{
        {"gone", "source.copy_damaged"}, {"empty", "xml.malformed"}, {"state", "source.copy_damaged"}};
    for (const auto& [how, why] : whys) {
        server.body = undated(old_key);
        keep(server.body);
        const fs::path spoilt = how == "state" ? copies() / "document.state" : document();
        spoil(how);
        auto source = open(at_url());
        BOOST_TEST(key_in_force(source) == "none");
        const auto outcomes = source.refresh(noon);
        BOOST_TEST(told(outcomes) == "copy_unused " + why + ", updated");
        BOOST_TEST((outcomes.at(0).why.detail.find(spoilt.string()) != std::string::npos), outcomes.at(0).why.detail);
        BOOST_TEST(key_after_restart() == fingerprint(old_key));
        fs::remove_all(copies());
    }
}

// Of an unsigned copy only its hash tells that it's another.
BOOST_AUTO_TEST_CASE(another_document_under_a_copy_s_name_is_not_that_copy) {
    auto options = at_url();
    options.rules.trust = metadata::TrustedPlace{};
    HttpClientOptions http;
    http.peer = PinnedPublicKeys{{std::string(64, '0')}};
    std::get<MetadataUrl>(options.place).http = http;
    server.body = test::text_of({.certificate = old_key});
    {
        auto source = open(options);
        BOOST_TEST(told(source.refresh(noon)) == "updated");
    }
    std::ofstream(document(), std::ios::trunc) << test::text_of({.certificate = new_key});
    auto source = open(options);
    BOOST_TEST(key_in_force(source) == "none");
    BOOST_TEST(told(source.refresh(noon)) == "copy_unused source.copy_damaged, updated");
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_a_new_document_is_in_force_at_once_and_kept_when_there_is_room) {
    const std::string before = published("2027-01-01T10:00:00Z", old_key);
    const std::string after = published("2027-01-01T11:00:00Z", new_key);
    keep(before);
    const auto files = endings();
    server.body = after;
    server.head = test::replied(200, {{"ETag", "\"v2\""}});
    // No room at all, for a part of the first half, and for a part of the second.
    for (const rlim_t room : {std::size_t{0}, after.size() / 4, after.size() * 3 / 4}) {
        auto source = open(at_url());
        {
            const FullDisk full(room);
            BOOST_TEST(told(source.refresh(noon)) == "updated, not_kept source.cache");
        }
        BOOST_TEST(key_in_force(source) == fingerprint(new_key));
        BOOST_TEST((endings() == files));
        BOOST_TEST(key_after_restart() == fingerprint(old_key));
        BOOST_TEST((source.next_refresh() == noon + 300s));
    }
    auto source = open(at_url());
    Instant now = noon;
    for (const auto wait : {300s, 600s, 1200s}) {
        const FullDisk full(0);
        BOOST_TEST((told(source.refresh(now)).ends_with("not_kept source.cache")));
        BOOST_TEST(server.header("If-None-Match") == "none");
        BOOST_TEST((source.next_refresh() == now + wait));
        now += wait;
    }
    BOOST_TEST(told(source.refresh(now)) == "unchanged");
    BOOST_TEST((source.next_refresh() == now + 6h));
    BOOST_TEST(key_after_restart() == fingerprint(new_key));
    BOOST_TEST((endings() == files));
}

BOOST_AUTO_TEST_CASE(an_unkept_document_is_reported_with_the_folder_and_the_remedy) {
    server.body = undated(old_key);
    auto source = open(at_url());
    const FullDisk full(0);
    const auto outcomes = source.refresh(noon);
    BOOST_TEST(told(outcomes) == "updated, not_kept source.cache");
    BOOST_TEST(outcomes.back().why.detail ==
               "the folder " + copies().string() +
                   ": a copy can't be written (File too large); make room on its disk, and let this process's user "
                   "write there");
}

BOOST_AUTO_TEST_CASE(a_folder_that_was_taken_away_keeps_no_document_from_coming_into_force) {
    auto source = open(at_url());
    fs::remove_all(copies());
    server.body = undated(old_key);
    BOOST_TEST(told(source.refresh(noon)) == "updated, not_kept source.cache");
    BOOST_TEST(key_in_force(source) == fingerprint(old_key));
}

BOOST_AUTO_TEST_CASE(files_of_crashes_go_at_the_start_and_files_being_written_stay) {
    keep(undated(old_key));
    const auto files = endings();
    const std::string orphan = "document-0123456789abcdef0123456789abcdef.xml";
    for (const std::string& name : {std::string("document.new"), std::string("document.state.0123456789abcdef.new"),
                                    orphan, std::string("gone-0123456789abcdef0123456789abcdef.xml")}) {
        std::ofstream(copies() / name) << "left";
    }
    std::ofstream(copies() / "notes.txt") << "an operator's";
    auto source = open(at_url());
    BOOST_TEST(key_in_force(source) == fingerprint(old_key));
    BOOST_TEST(!fs::exists(copies() / orphan));
    fs::remove(copies() / "notes.txt");
    BOOST_TEST((endings() == files));

    server.body = undated(new_key);
    server.meanwhile = [&] { BOOST_TEST(key_after_restart() == fingerprint(old_key)); };  // it tidies up
    BOOST_TEST(told(source.refresh(noon)) == "updated");
    BOOST_TEST((endings() == files));
}

BOOST_AUTO_TEST_SUITE_END()
