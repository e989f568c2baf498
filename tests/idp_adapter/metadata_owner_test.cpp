// Whose an entityID is: of sources that omit it, are missing, or are no longer configured; and absent partners.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "metadata_source_fixture.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/metadata/error.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using test::FakeServer;
using test::first_id;
using test::id;
using test::noon;

const std::string of_one = "keys/idp1-first.crt.pem";
const std::string of_two = "keys/stranger.crt.pem";
const std::string other_id = "https://idp3.example.org/saml";
const std::string taken = "two refused source.entity_taken";
const std::string withheld = "two refused source.entity_withheld";

/// Two federations, of which the first counts first.
struct Owners : test::SourceFixture {
    FakeServer one;
    FakeServer two;
    Instant now = noon;

    Owners() {
        one.body = test::signed_text({.certificate = of_one});
        two.body = test::signed_text({.certificate = of_two});
    }
    [[nodiscard]] SourceOfIdps named(const std::string& name) const {
        SourceOfIdps source{.source = at_url(), .profile = {}};
        source.source.name = name;
        return source;
    }
    [[nodiscard]] MetadataRefresher start(std::vector<SourceOfIdps> sources) {
        std::vector<SourcePorts> ports;
        for (const auto& source : sources) ports.push_back(source.source.name == "one" ? one.ports() : two.ports());
        auto refresher = MetadataRefresher::open(std::move(sources), SharedKeys::refused, now, std::move(ports));
        BOOST_REQUIRE_MESSAGE(refresher.has_value(), (refresher ? "" : refresher.error().detail));
        return *std::move(refresher);
    }
    [[nodiscard]] MetadataRefresher start_both() { return start({named("one"), named("two")}); }
    /// Asks all that is due; what was refused, in order.
    [[nodiscard]] std::string refused_by(MetadataRefresher& refresher) const {
        std::string text;
        for (int i = 0; i < 2; ++i) {
            for (const auto& [source, outcome] : refresher.refresh(now)) {
                if (outcome.kind != RefreshOutcome::Kind::refused) continue;
                text += (text.empty() ? "" : ", ") + source + " refused " + outcome.why.code.message();
            }
        }
        return text;
    }
    static std::string key_of_first(const MetadataRefresher& refresher) {
        const auto idp = refresher.directory()->find(id(first_id));
        return idp == nullptr ? "none" : idp->keys.at(0).fingerprint();
    }
    [[nodiscard]] static std::string key(const std::string& certificate) {
        return test::key_of(certificate).fingerprint();
    }
    void one_leaves_it_out() {
        one.body = test::signed_text({.entity_id = other_id, .certificate = of_one});
        now += 7h;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_owner, Owners, *boost::unit_test::description("MET-06"))

BOOST_AUTO_TEST_CASE(an_entity_that_the_first_source_omits_does_not_move_to_the_next) {
    auto refresher = start_both();
    BOOST_TEST(refused_by(refresher) == taken);
    BOOST_TEST(key_of_first(refresher) == key(of_one));
    BOOST_TEST(refresher.directory()->find(id(first_id))->source == "one");
    one_leaves_it_out();
    BOOST_TEST(refused_by(refresher) == withheld);
    BOOST_TEST(key_of_first(refresher) == "none");
    const auto& why = refresher.conflicts().at(0).outcome.why.detail;
    BOOST_TEST(why.starts_with("it's one's, which doesn't have it now"), why);
    now += 7h;
    BOOST_TEST(refused_by(refresher).empty());  // it's told once

    auto restarted = start_both();
    BOOST_TEST(key_of_first(restarted) == "none");
    BOOST_REQUIRE(restarted.conflicts().size() == 1U);
    BOOST_TEST(restarted.conflicts().at(0).outcome.why.code == make_error_code(SourceErrc::entity_withheld));
}

BOOST_AUTO_TEST_CASE(it_moves_when_the_operator_removes_the_first_source_or_puts_the_other_before_it) {
    auto refresher = start_both();
    static_cast<void>(refused_by(refresher));
    one_leaves_it_out();
    static_cast<void>(refused_by(refresher));
    BOOST_TEST(key_of_first(start({named("two")})) == key(of_two));
    BOOST_TEST(key_of_first(start({named("two"), named("one")})) == key(of_two));
    BOOST_TEST(key_of_first(start_both()) == "none");
}

BOOST_AUTO_TEST_CASE(an_expired_copy_still_names_its_entity_while_the_server_is_down) {
    {
        auto refresher = start_both();
        BOOST_TEST(refused_by(refresher) == taken);
    }
    one.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    two.body =
        test::signed_text({.certificate = of_two, .root_attributes = R"( ID="d" validUntil="2027-01-18T00:00:00Z")"});
    now = noon + std::chrono::days(9);
    auto refresher = start_both();
    BOOST_TEST(refused_by(refresher) == withheld);
    BOOST_TEST(key_of_first(refresher) == "none");
}

BOOST_AUTO_TEST_CASE(an_entity_configured_for_the_first_source_waits_for_it) {
    auto first = named("one");
    first.source.rules.wanted = {id(first_id)};
    one.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    auto refresher = start({first, named("two")});
    BOOST_TEST(refused_by(refresher) == withheld);
    BOOST_TEST(key_of_first(refresher) == "none");
    one.failure.reset();
    now += 7h;
    BOOST_TEST(refused_by(refresher) == taken);
    BOOST_TEST(key_of_first(refresher) == key(of_one));
}

BOOST_AUTO_TEST_CASE(an_alias_of_the_first_source_s_idp_waits_for_it_too) {
    auto first = named("one");
    first.source.rules.wanted = {id(other_id)};
    first.profile.issuer_aliases = {id(first_id)};
    one.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    auto refresher = start({first, named("two")});
    BOOST_TEST(refused_by(refresher) == withheld);
    BOOST_TEST(key_of_first(refresher) == "none");
}

BOOST_AUTO_TEST_CASE(an_entity_unknown_to_the_first_source_belongs_to_the_next_until_the_first_has_it) {
    one.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    auto refresher = start_both();
    BOOST_TEST(refused_by(refresher).empty());
    BOOST_TEST(key_of_first(refresher) == key(of_two));
    one.failure.reset();
    now += 7h;
    BOOST_TEST(refused_by(refresher) == taken);
    BOOST_TEST(key_of_first(refresher) == key(of_one));
}

// Otherwise what was revoked there would come back here, and nothing would say so.
BOOST_AUTO_TEST_CASE(a_source_with_another_place_or_another_pinned_hash_keeps_its_names) {
    auto refresher = start_both();
    static_cast<void>(refused_by(refresher));
    one_leaves_it_out();
    auto moved = named("one");
    std::get<MetadataUrl>(moved.source.place).url = *saml::EndpointUrl::parse("https://md.example.org/moved");
    auto pinned = named("one");
    const auto document = metadata::read_metadata(saml::source_of(one.body), pinned.source.rules, now);
    pinned.source.rules.trust = metadata::PinnedHash{document->sha256};
    for (const SourceOfIdps& first : {moved, pinned}) {
        auto restarted = start({first, named("two")});
        BOOST_REQUIRE(restarted.conflicts().size() == 1U);
        BOOST_TEST(restarted.conflicts().at(0).outcome.why.code == make_error_code(SourceErrc::entity_withheld));
        BOOST_TEST(refused_by(restarted).empty());
        BOOST_TEST(key_of_first(restarted) == "none");
    }
    BOOST_TEST(key_of_first(start_both()) == "none");
}

// This process never had the document that tells whose it is.
BOOST_AUTO_TEST_CASE(what_the_first_source_had_in_another_process_of_its_cache_does_not_move_here) {
    one.body = test::signed_text({.entity_id = other_id, .certificate = of_one});
    auto refresher = start_both();
    BOOST_TEST(refused_by(refresher).empty());
    BOOST_TEST(key_of_first(refresher) == key(of_two));
    {
        auto another = start({named("one")});
        for (const auto& [entity_id, day] : {std::pair(first_id, "09"), std::pair(other_id, "10")}) {
            one.body = test::signed_text(
                {.entity_id = entity_id,
                 .certificate = of_one,
                 .root_attributes = R"( ID="d" validUntil="2027-01-)" + std::string(day) + R"(T00:00:00Z")"});
            now += 7h;
            BOOST_TEST(refused_by(another).empty());
        }
        BOOST_TEST(key_of_first(another) == "none");
    }
    now += 7h;
    BOOST_TEST(refused_by(refresher) == withheld);
    BOOST_TEST(key_of_first(refresher) == "none");
}

BOOST_AUTO_TEST_CASE(it_moves_where_the_first_source_is_for_named_entities_and_that_is_not_one_of_them) {
    auto refresher = start_both();
    static_cast<void>(refused_by(refresher));
    one_leaves_it_out();
    auto first = named("one");
    first.source.rules.wanted = {id(other_id)};
    auto restarted = start({first, named("two")});
    BOOST_TEST(refused_by(restarted).empty());
    BOOST_TEST(key_of_first(restarted) == key(of_two));
}

BOOST_AUTO_TEST_CASE(a_move_to_the_first_source_is_reported_even_if_the_other_has_nothing_now) {
    one.failure = Failure{make_error_code(HttpErrc::unreachable), "down"};
    {
        auto refresher = start_both();
        BOOST_TEST(refused_by(refresher).empty());
        BOOST_TEST(key_of_first(refresher) == key(of_two));
    }
    now = noon + std::chrono::days(9);  // its copy has ended
    two.failure = one.failure;
    one.failure.reset();
    one.body =
        test::signed_text({.certificate = of_one, .root_attributes = R"( ID="d" validUntil="2027-01-18T00:00:00Z")"});
    auto refresher = start_both();
    BOOST_TEST(key_of_first(refresher) == "none");
    BOOST_TEST(refused_by(refresher) == taken);
    BOOST_TEST(key_of_first(refresher) == key(of_one));
    now += 7h;
    BOOST_TEST(refused_by(refresher).empty());  // it's told once
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(partners_that_are_out, test::SourceFixture)

namespace {

namespace fs = std::filesystem;
using Kind = RefreshOutcome::Kind;
using test::check_only;

SourceOfIdps file_source(const fs::path& folder, const std::string& name, const test::IdpText& idp) {
    const fs::path file = folder / (name + ".xml");
    const fs::path temporary = folder / (name + ".xml.new");
    // In place, a change within the clock tick of the file system couldn't be told from none.
    std::ofstream(temporary) << test::text_of(idp);
    fs::rename(temporary, file);
    return {.source = {.name = name, .place = MetadataFile{file}, .rules = {.trust = metadata::TrustedPlace{}}},
            .profile = {}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_that_is_out_at_the_start_is_told_once_and_each_hour_and_taken_in_when_it_is_mended) {
    const auto file = folder.path() / "idp.xml";
    auto source = open(at_file(file));
    BOOST_REQUIRE(source.absent().size() == 1U);
    BOOST_TEST(source.absent().front().source == "idp-1");
    BOOST_TEST((source.absent().front().names == std::vector{id(first_id)}));
    BOOST_TEST(source.absent().front().why.code == make_error_code(SourceErrc::file_unreadable));
    const auto check_told = [](const std::vector<RefreshOutcome>& outcomes) {
        check_only(outcomes, Kind::unreachable, make_error_code(SourceErrc::file_unreadable));
        BOOST_TEST(outcomes.front().why.detail.find("idp.xml: can't be opened (No such file") != std::string::npos);
        BOOST_TEST(outcomes.front().why.detail.find("without a restart") != std::string::npos);
        BOOST_TEST(outcomes.front().entity_id.value().str() == first_id);
    };
    auto missing_for_long = at_file(file);
    missing_for_long.holds = Holds::one_idp;
    auto other = open(missing_for_long);
    check_told(other.refresh(noon));
    BOOST_TEST(other.refresh(noon + 1s).empty());
    BOOST_TEST(other.refresh(noon + 59min).empty());
    check_told(other.refresh(noon + 1h));

    const auto version = other.version();
    write(test::text_of({.root_attributes = R"( validUntil="2018-05-20T09:35:58Z")"}));
    check_only(other.refresh(noon + 2h), Kind::refused, make_error_code(metadata::Errc::expired));
    BOOST_TEST(other.version() != version);
    BOOST_TEST(other.absent().front().why.code == make_error_code(metadata::Errc::expired));
    write(test::text_of({}));
    check_only(other.refresh(noon + 2h + 1s), Kind::updated);
    BOOST_TEST(other.absent().empty());
}

BOOST_AUTO_TEST_CASE(a_file_of_one_idp_that_was_missing_at_the_start_is_the_first_one_s_from_then_on) {
    const auto file = folder.path() / "idp.xml";
    auto options = at_file(file);
    options.rules.wanted.clear();
    options.holds = Holds::one_idp;
    auto source = open(options);
    BOOST_TEST(source.absent().front().names.empty());
    static_cast<void>(source.refresh(noon));
    write(R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">)" + test::text_of({}) +
          test::text_of({.entity_id = "https://idp2.example.org/saml"}) + "</md:EntitiesDescriptor>");
    check_only(source.refresh(noon + 1s), Kind::refused, make_error_code(metadata::Errc::not_metadata));
    write(test::text_of({}));
    check_only(source.refresh(noon + 2s), Kind::updated);
    write(test::text_of({.entity_id = "https://idp2.example.org/saml"}));
    check_only(source.refresh(noon + 3s), Kind::refused, make_error_code(metadata::Errc::another_entity));
}

BOOST_AUTO_TEST_CASE(a_source_that_is_out_costs_no_other_and_the_snapshot_names_it) {
    auto gone = file_source(folder.path(), "a", {});
    gone.source.rules.wanted = {id(first_id)};
    gone.profile.issuer_aliases = {id("urn:alias")};
    fs::remove(folder.path() / "a.xml");
    auto refresher = MetadataRefresher::open(
        {gone, file_source(folder.path(), "b", {.entity_id = "urn:b", .certificate = "keys/idp2.crt.pem"})},
        SharedKeys::refused, noon);
    BOOST_REQUIRE(refresher.has_value());
    const auto before = refresher->directory();
    BOOST_TEST(before->find(id("urn:b")) != nullptr);
    BOOST_TEST(before->find(id(first_id)) == nullptr);
    for (const auto& name : {id(first_id), id("urn:alias")}) {
        BOOST_REQUIRE(before->find_absent(name) != nullptr);
        BOOST_TEST(before->find_absent(name)->source == "a");
        BOOST_TEST(before->find_absent(name)->why.code == make_error_code(SourceErrc::file_unreadable));
    }
    BOOST_TEST(before->find_absent(id("urn:b")) == nullptr);
    BOOST_TEST(before->find_absent(id("urn:stranger")) == nullptr);
    BOOST_TEST(refresher->refresh(noon).size() == 1U);

    static_cast<void>(file_source(folder.path(), "a", {}));
    static_cast<void>(refresher->refresh(noon + 1s));
    BOOST_TEST(refresher->directory()->find(id(first_id)) != nullptr);
    BOOST_TEST(refresher->directory()->absent().empty());
    BOOST_TEST(before->find(id(first_id)) == nullptr);
}

BOOST_AUTO_TEST_CASE(an_idp_s_file_that_comes_late_takes_no_name_of_another_one_s) {
    auto late = file_source(folder.path(), "late", {});
    late.source.holds = Holds::one_idp;
    fs::remove(folder.path() / "late.xml");
    auto there = file_source(folder.path(), "there", {.certificate = "keys/idp2.crt.pem"});
    there.source.holds = Holds::one_idp;
    auto refresher = MetadataRefresher::open({late, there}, SharedKeys::refused, noon);
    BOOST_REQUIRE(refresher.has_value());
    const auto key = refresher->directory()->find(id(first_id))->keys.at(0).fingerprint();
    static_cast<void>(file_source(folder.path(), "late", {}));
    for (const auto now : {noon + 1s, noon + 2s}) static_cast<void>(refresher->refresh(now));
    BOOST_TEST(refresher->directory()->find(id(first_id))->keys.at(0).fingerprint() == key);
    BOOST_REQUIRE(refresher->directory()->absent().size() == 1U);
    BOOST_TEST(refresher->directory()->absent().front().source == "late");
    BOOST_TEST(refresher->directory()->absent().front().why.code == make_error_code(SourceErrc::entity_taken));
}

BOOST_AUTO_TEST_CASE(an_entity_that_a_source_is_to_have_and_that_conflicts_with_another_one_s_is_absent) {
    auto wants_it = file_source(folder.path(), "b", {.entity_id = "urn:b"});  // with the key of the other
    const auto absent_with = [&](std::vector<saml::EntityID> wanted) {
        wants_it.source.rules.wanted = std::move(wanted);
        auto refresher =
            MetadataRefresher::open({file_source(folder.path(), "a", {}), wants_it}, SharedKeys::refused, noon);
        BOOST_REQUIRE(refresher.has_value());
        return refresher->directory()->not_ready(noon, 180s);
    };
    const auto absent = absent_with({id("urn:b")});
    BOOST_REQUIRE(absent.size() == 1U);
    BOOST_TEST(absent.front().source == "b");
    BOOST_TEST((absent.front().names == std::vector{id("urn:b")}));
    BOOST_TEST(absent.front().why.code == make_error_code(SourceErrc::key_shared));
    BOOST_TEST(absent_with({}).empty());
}

BOOST_AUTO_TEST_CASE(only_a_partner_whose_metadata_has_ended_is_not_ready) {
    auto refresher = MetadataRefresher::open(
        {file_source(folder.path(), "a", {}),
         file_source(folder.path(), "b",
                     {.entity_id = "urn:b", .certificate = "keys/idp2.crt.pem", .root_attributes = ""})},
        SharedKeys::refused, noon);
    BOOST_REQUIRE(refresher.has_value());
    const auto& idps = *refresher->directory();
    BOOST_TEST(idps.not_ready(noon, 180s).empty());
    const Instant end = *saml::parse_instant("2027-01-08T00:00:00Z");
    BOOST_TEST(idps.not_ready(end + 179s, 180s).empty());
    BOOST_REQUIRE(idps.not_ready(end + 180s, 180s).size() == 1U);
    BOOST_TEST((idps.not_ready(end + 180s, 180s).front().names == std::vector{id(first_id)}));
    BOOST_TEST(idps.not_ready(end + 180s, 180s).front().why.code == make_error_code(metadata::Errc::expired));
}

BOOST_AUTO_TEST_SUITE_END()
