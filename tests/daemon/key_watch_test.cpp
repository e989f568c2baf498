// How a running endpoint notices that its keys have changed, and which changes it doesn't follow.
#include "key_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "configuration_workspace.hpp"
#include "published_keys.hpp"
#include "slo/sp/key_folder.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;
using daemon::KeyWatch;
using daemon::PublishedKeys;
using sp::KeyPurpose;
using sp::KeyStep;
using test::some_day;
namespace fs = std::filesystem;

class WatchedFolder : public test::Workspace {
public:
    WatchedFolder() {
        fs::create_directory(keys);
        copy_key("keys/sp-old", "keys/signing-1");
        begin("signing-1");
    }
    void begin(const std::string& name, Instant since = some_day) const {
        const sp::KeyRing ring{.keys = {{name, KeyPurpose::signing, sp::KeyStage::active, since}}};
        BOOST_REQUIRE(sp::write_key_ring(keys, ring).has_value());
    }
    void take(KeyStep step) const {
        const auto ring = sp::read_key_ring(keys).value();
        if (step == KeyStep::prepare) copy_key("keys/idp2", "keys/signing-2");
        const auto changed = sp::after(ring, KeyPurpose::signing, step, "signing-2", some_day);
        BOOST_REQUIRE(sp::write_key_ring(keys, changed.value()).has_value());
    }
    [[nodiscard]] sp::Configuration configuration() const {
        return accept(
            test::with("signing_key = \"sp.key.pem\"\nsigning_certificate = \"sp.crt.pem\"\n", "keys = \"keys\"\n"));
    }
    /// "nothing", the stages that it found, or why it found none.
    static std::string look(KeyWatch& watch) {
        const auto found = watch.look(some_day);
        if (!found) return "nothing";
        if (*found) watch.taken(**found);
        return *found ? (*found)->stages : found->error().detail;
    }
    const fs::path keys = folder / "keys";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_watch, WatchedFolder)

BOOST_AUTO_TEST_CASE(misses_no_step_between_loading_and_watching) {
    const auto loaded = configuration();
    take(KeyStep::prepare);
    const auto watch = KeyWatch::of(loaded);
    BOOST_TEST(look(*watch) == "signing-1 active, signing-2 next");
    BOOST_TEST(look(*watch) == "nothing");
    take(KeyStep::activate);
    BOOST_TEST(look(*watch) == "signing-2 active, signing-1 retiring");
    BOOST_TEST(look(*watch) == "nothing");
}

BOOST_AUTO_TEST_CASE(says_a_step_again_until_it_is_taken) {
    const auto loaded = configuration();
    const auto watch = KeyWatch::of(loaded);
    take(KeyStep::prepare);
    BOOST_TEST(watch->look(some_day).has_value());
    BOOST_TEST(look(*watch) == "signing-1 active, signing-2 next");
    BOOST_TEST(look(*watch) == "nothing");
}

BOOST_AUTO_TEST_CASE(keeps_its_keys_when_the_file_that_decides_is_lost) {
    const auto loaded = configuration();
    const auto watch = KeyWatch::of(loaded);
    fs::remove(sp::ring_file(keys));
    BOOST_TEST((look(*watch).find("though keys lie there") != std::string::npos));
    BOOST_TEST(look(*watch) == "nothing");  // told once
    begin("signing-1");
    BOOST_TEST(look(*watch) == "nothing");
    fs::remove(sp::ring_file(keys));
    BOOST_TEST((look(*watch).find("though keys lie there") != std::string::npos));  // it's news again
}

BOOST_AUTO_TEST_CASE(takes_over_no_keys_of_another_identity) {
    const auto loaded = configuration();
    const auto watch = KeyWatch::of(loaded);
    copy_key("keys/idp2", "keys/signing-2");
    begin("signing-2");
    BOOST_TEST((look(*watch).find("names none of the signing keys that we publish; restore it") != std::string::npos));
    BOOST_TEST(look(*watch) == "nothing");
    // By steps it becomes just that: what was published meanwhile is ours.
    begin("signing-1");
    take(KeyStep::prepare);
    BOOST_TEST(look(*watch) == "signing-1 active, signing-2 next");
    begin("signing-2");
    BOOST_TEST(look(*watch) == "signing-2 active");
}

BOOST_AUTO_TEST_CASE(knows_a_folder_that_was_begun_anew_with_the_same_names) {
    const auto loaded = configuration();
    const auto watch = KeyWatch::of(loaded);
    fs::remove_all(keys);
    fs::create_directory(keys);
    copy_key("keys/idp2", "keys/signing-1");
    begin("signing-1", some_day + 1s);
    BOOST_TEST((look(*watch).find("names none of the signing keys that we publish; restore it") != std::string::npos));
}

// As in an emergency: the ring says the same then, as its times are whole seconds.
BOOST_AUTO_TEST_CASE(follows_a_key_that_another_of_its_name_has_replaced_within_the_same_second) {
    take(KeyStep::prepare);
    const auto loaded = configuration();
    const auto watch = KeyWatch::of(loaded);
    BOOST_TEST(look(*watch) == "nothing");
    for (const char* ending : {".key.pem", ".crt.pem"}) fs::remove(keys / (std::string("signing-2") + ending));
    copy_key("keys/stranger", "keys/signing-2");
    const auto found = watch->look(some_day);
    BOOST_REQUIRE(found.has_value());
    BOOST_REQUIRE_MESSAGE(found->has_value(), (*found ? "" : found->error().detail));
    BOOST_TEST((*found)->in_force.signing.at(1) != loaded.keys_in_force.signing.at(1));
    watch->taken(**found);
    BOOST_TEST(look(*watch) == "nothing");
}

BOOST_AUTO_TEST_CASE(tells_once_that_the_record_cannot_be_written_and_writes_it_when_it_can) {
    const auto loaded = configuration();
    PublishedKeys published(loaded);
    BOOST_TEST(!published.keep(some_day).has_value());
    fs::rename(loaded.publication_record, folder / "elsewhere");
    auto keys_now = loaded.keys_in_force;
    keys_now.signing.emplace_back("another");
    published.publish(keys_now, 1h);
    const auto failure = published.keep(some_day + 1s);
    BOOST_REQUIRE(failure.has_value());
    BOOST_TEST((failure->detail.find("isn't the file any more") != std::string::npos), failure->detail);
    BOOST_TEST(!published.keep(some_day + 2s).has_value());
    fs::rename(folder / "elsewhere", loaded.publication_record);
    BOOST_TEST(!published.keep(some_day + 3s).has_value());
    const auto states = sp::read_publication_record(loaded.publication_record).value();
    BOOST_TEST_REQUIRE(states.size() == 2U);
    BOOST_TEST((states.back().since == some_day + 3s));
    BOOST_TEST((states.back().keys == keys_now));
}

BOOST_AUTO_TEST_CASE(tells_once_that_there_can_be_no_record) {
    auto loaded = configuration();
    loaded.publication_record = folder / "no/such/published.log";
    PublishedKeys published(loaded);
    const auto failure = published.keep(some_day);
    BOOST_REQUIRE(failure.has_value());
    BOOST_TEST((failure->detail.find("can't create a file in") != std::string::npos), failure->detail);
    BOOST_TEST(!published.keep(some_day + 1s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
