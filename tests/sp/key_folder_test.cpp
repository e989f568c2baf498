// Keys that roll over in a folder: which step may follow which, and the state after a crash in between.
#include "slo/sp/key_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "configuration_workspace.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace std::chrono_literals;
using sp::KeyPurpose;
using sp::KeyRing;
using sp::KeyStage;
using sp::KeyStep;
using test::some_day;

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(::geteuid() == 0);
    result.message() << "only root can write in another user's name";
    return result;
}

constexpr auto signing = KeyPurpose::signing;
constexpr auto encryption = KeyPurpose::encryption;

KeyRing beginning() {
    return {.keys = {{"signing-1", signing, KeyStage::active, some_day}}};
}

/// "signing-1 active, signing-2 next"
std::string stages(const KeyRing& ring) {
    std::string text;
    for (const auto& key : ring.keys)
        text += (text.empty() ? "" : ", ") + key.name + " " + std::string(sp::name(key.stage));
    return text;
}

KeyRing step(const KeyRing& ring, KeyPurpose purpose, KeyStep which, const std::string& fresh = {},
             Instant now = some_day) {
    return sp::after(ring, purpose, which, fresh, now).value();
}

void check_impossible(const KeyRing& ring, KeyPurpose purpose, KeyStep which, std::string_view words) {
    const auto changed = sp::after(ring, purpose, which, "x", some_day);
    BOOST_REQUIRE(!changed.has_value());
    BOOST_TEST(changed.error().code == sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST((changed.error().detail.find(words) != std::string::npos), changed.error().detail);
}

class Folder : public test::Workspace {
public:
    /// The refusal of a keys.toml with this text.
    [[nodiscard]] std::string refusal(const std::string& text) const {
        write("keys.toml", text);
        const auto ring = sp::read_key_ring(folder);
        BOOST_REQUIRE_MESSAGE(!ring.has_value(), text);
        BOOST_TEST(ring.error().code == sp::ConfigurationErrc::configuration_invalid);
        return ring.error().detail;
    }
};

std::string entry(const std::string& name, const std::string& purpose, const std::string& stage) {
    return "[[key]]\nname = \"" + name + "\"\npurpose = \"" + purpose + "\"\nstage = \"" + stage +
           "\"\nsince = \"2027-01-01T00:00:00Z\"\n";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_folder, Folder)

BOOST_AUTO_TEST_CASE(a_roll_over_has_three_steps) {
    KeyRing ring = beginning();
    BOOST_TEST((sp::step_from(ring, signing) == KeyStep::prepare));
    ring = step(ring, signing, KeyStep::prepare, "signing-2");
    BOOST_TEST(stages(ring) == "signing-1 active, signing-2 next");
    BOOST_TEST((sp::step_from(ring, signing) == KeyStep::activate));
    ring = step(ring, signing, KeyStep::activate);
    BOOST_TEST(stages(ring) == "signing-1 retiring, signing-2 active");
    BOOST_TEST((sp::step_from(ring, signing) == KeyStep::retire));
    ring = step(ring, signing, KeyStep::retire);
    BOOST_TEST(stages(ring) == "signing-2 active");
    BOOST_TEST((sp::step_from(ring, signing) == KeyStep::prepare));
}

BOOST_AUTO_TEST_CASE(a_step_out_of_turn_is_impossible) {
    const KeyRing prepared = step(beginning(), signing, KeyStep::prepare, "signing-2");
    check_impossible(prepared, signing, KeyStep::prepare, "activate it");
    check_impossible(beginning(), signing, KeyStep::activate, "prepare one");
    check_impossible(beginning(), signing, KeyStep::retire, "activate a next one first");
    check_impossible(prepared, signing, KeyStep::retire, "activate a next one first");
    check_impossible(prepared, encryption, KeyStep::activate, "no next encryption key");
}

BOOST_AUTO_TEST_CASE(each_purpose_rolls_over_by_itself) {
    KeyRing ring = step(beginning(), encryption, KeyStep::prepare, "encryption-1");
    BOOST_TEST(stages(ring) == "signing-1 active, encryption-1 active");
    ring = step(ring, encryption, KeyStep::prepare, "encryption-2");
    ring = step(ring, encryption, KeyStep::activate);
    BOOST_TEST(stages(ring) == "signing-1 active, encryption-1 retiring, encryption-2 active");
    BOOST_TEST((sp::step_from(ring, signing) == KeyStep::prepare));
}

BOOST_AUTO_TEST_CASE(a_step_waits_until_every_partner_can_know) {
    const KeyRing prepared = step(beginning(), signing, KeyStep::prepare, "signing-2", some_day + 1h);
    BOOST_TEST(!sp::earliest(prepared, signing, KeyStep::prepare, 6h).has_value());
    BOOST_TEST((sp::earliest(prepared, signing, KeyStep::activate, 6h) == some_day + 7h));
    const KeyRing activated = step(prepared, signing, KeyStep::activate, {}, some_day + 9h);
    BOOST_TEST((sp::earliest(activated, signing, KeyStep::retire, 6h) == some_day + 15h));
    BOOST_TEST(!sp::earliest(activated, encryption, KeyStep::retire, 6h).has_value());
}

BOOST_AUTO_TEST_CASE(reads_the_state_that_it_wrote) {
    KeyRing ring = step(beginning(), signing, KeyStep::prepare, "signing-2", some_day + 1500ms);
    ring = step(ring, encryption, KeyStep::prepare, "encryption-1");
    BOOST_TEST(sp::write_key_ring(folder, ring).has_value());
    const auto again = sp::read_key_ring(folder).value();
    BOOST_TEST(stages(again) == stages(ring));
    BOOST_TEST((again.keys[1].since == some_day + 1500ms));
    BOOST_TEST((again.keys[2].purpose == encryption));
    BOOST_TEST((fs::status(sp::ring_file(folder)).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(a_half_written_file_of_a_crash_does_not_count) {
    BOOST_TEST(sp::write_key_ring(folder, beginning()).has_value());
    write("keys.toml.new", "[[ke");        // cut off while it was written
    copy_key("keys/sp-old", "signing-2");  // a key that the ring doesn't name yet
    BOOST_TEST(stages(sp::read_key_ring(folder).value()) == "signing-1 active");
    BOOST_TEST(sp::unused_name(folder, signing) == "signing-1");
    copy_key("keys/sp-old", "signing-1");
    BOOST_TEST(sp::unused_name(folder, signing) == "signing-3");
    BOOST_TEST(sp::write_key_ring(folder, step(beginning(), signing, KeyStep::prepare, "signing-3")).has_value());
    BOOST_TEST(stages(sp::read_key_ring(folder).value()) == "signing-1 active, signing-3 next");
    BOOST_TEST(!fs::exists(folder / "keys.toml.new"));
}

BOOST_AUTO_TEST_CASE(never_writes_over_a_key) {
    const saml::GeneratedKey pair{"key", "certificate"};
    BOOST_TEST(sp::write_key_pair(folder, "signing-1", pair).has_value());
    BOOST_TEST(
        (fs::status(folder / "signing-1.key.pem").permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
    const auto again = sp::write_key_pair(folder, "signing-1", {"other", "other"});
    BOOST_REQUIRE(!again.has_value());
    BOOST_TEST(again.error().code == sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST(test::read(folder / "signing-1.key.pem") == "key");
    fs::remove(folder / "signing-1.key.pem");
    BOOST_TEST(!sp::write_key_pair(folder, "signing-1", pair).has_value());
    BOOST_TEST(!fs::exists(folder / "signing-1.key.pem"));  // half a pair would be refused from then on
}

BOOST_AUTO_TEST_CASE(root_writes_in_the_name_of_the_folders_owner, *boost::unit_test::precondition(as_root)) {
    BOOST_REQUIRE(::chown(folder.c_str(), 65534, 65533) == 0);
    BOOST_TEST(sp::write_key_pair(folder, "signing-1", {"key", "certificate"}).has_value());
    BOOST_TEST(sp::write_key_ring(folder, beginning()).has_value());
    BOOST_TEST(sp::write_key_ring(folder, beginning()).has_value());  // one that is there is replaced
    BOOST_TEST(sp::make_key_folder(folder / "keys").has_value());
    BOOST_TEST(sp::make_key_folder(folder / "ours", "root").has_value());
    for (const char* name : {"signing-1.key.pem", "signing-1.crt.pem", "keys.toml", "keys", "ours"}) {
        struct stat status {};
        BOOST_REQUIRE(::stat((folder / name).c_str(), &status) == 0);
        const bool is_roots = name == std::string_view("ours");
        BOOST_TEST(status.st_uid == (is_roots ? 0U : 65534U), name);
        BOOST_TEST(status.st_gid == (is_roots ? 0U : 65533U), name);
        BOOST_TEST(((status.st_mode & 077U) == 0U || std::string_view(name) == "signing-1.crt.pem"), name);
    }
}

BOOST_AUTO_TEST_CASE(root_follows_no_link_of_another_user_to_where_it_writes,
                     *boost::unit_test::precondition(as_root)) {
    BOOST_REQUIRE(::chown(folder.c_str(), 65534, 65534) == 0);
    fs::create_directory(folder / "elsewhere");
    fs::create_directory_symlink(folder / "elsewhere", folder / "keys");
    BOOST_REQUIRE(::lchown((folder / "keys").c_str(), 65534, 65534) == 0);
    fs::create_directory_symlink("keys", folder / "roots");  // its own leads to another's
    for (const auto& written :
         {sp::write_key_pair(folder / "keys", "signing-1", {"key", "certificate"}),
          sp::write_key_ring(folder / "keys", beginning()), sp::remove_key(folder / "keys", "signing-1"),
          sp::write_key_ring(folder / "keys/", beginning()), sp::write_key_ring(folder / "keys/./", beginning()),
          sp::write_key_ring(folder / "roots", beginning())}) {
        BOOST_REQUIRE(!written.has_value());
        BOOST_TEST(written.error().code == sp::ConfigurationErrc::configuration_invalid);
        BOOST_TEST(
            (written.error().detail.find("is a symbolic link that another user can replace") != std::string::npos),
            written.error().detail);
    }
    BOOST_TEST(fs::is_empty(folder / "elsewhere"));
    // Nor its own in another's folder: its owner could have moved it there.
    BOOST_REQUIRE(::lchown((folder / "keys").c_str(), 0, 0) == 0);
    BOOST_TEST(!sp::write_key_ring(folder / "keys", beginning()).has_value());
    BOOST_REQUIRE(::chown(folder.c_str(), 0, 0) == 0);
    for (const char* path : {"keys", "keys/", "roots"}) {
        BOOST_TEST(sp::write_key_ring(folder / path, beginning()).has_value(), path);
        BOOST_TEST(fs::remove(folder / "elsewhere" / "keys.toml"), path);
    }
    // Nor to a file: the content that its owner put there stays.
    write("target", "as it was");
    fs::create_symlink(folder / "target", folder / "keys.toml.new");
    BOOST_TEST(sp::write_key_ring(folder, beginning()).has_value());
    fs::create_symlink(folder / "target", folder / "signing-2.key.pem");
    BOOST_TEST(!sp::write_key_pair(folder, "signing-2", {"key", "certificate"}).has_value());
    BOOST_TEST(test::read(folder / "target") == "as it was");
}

BOOST_AUTO_TEST_CASE(root_follows_no_link_of_another_user_on_the_way_to_where_it_writes,
                     *boost::unit_test::precondition(as_root)) {
    const fs::path link = folder / "home" / "saml";
    fs::create_directories(folder / "elsewhere" / "keys");
    fs::create_directory(folder / "home");
    fs::create_directory_symlink("../elsewhere", link);
    const auto refuses = [&] {
        for (const auto& written :
             {sp::write_key_pair(link / "keys", "signing-1", {"key", "certificate"}),
              sp::write_key_ring(link / "keys", beginning()), sp::make_key_folder(link / "new"),
              sp::make_key_folder(link / "new/"), sp::remove_key(link / ".." / "saml" / "keys", "signing-1")}) {
            if (written) return false;
            BOOST_TEST(
                (written.error().detail.find("is a symbolic link that another user can replace") != std::string::npos),
                written.error().detail);
        }
        return !sp::PublicationRecord::open(link / "log" / "published.log") && fs::is_empty(folder / "elsewhere/keys");
    };
    const auto has = [&](const char* path, uid_t owner, mode_t mode, uid_t owner_of_link) {
        return ::chown((folder / path).c_str(), owner, owner) == 0 && ::chmod((folder / path).c_str(), mode) == 0 &&
               ::lchown(link.c_str(), owner_of_link, owner_of_link) == 0;
    };
    BOOST_REQUIRE(has("home", 65534, 0755, 65534));
    BOOST_TEST(refuses());
    BOOST_REQUIRE(has("home", 0, 01777, 65534));
    BOOST_TEST(refuses());
    BOOST_TEST(!fs::exists(folder / "elsewhere" / "new"));
    BOOST_TEST(!fs::exists(folder / "elsewhere" / "log"));
    // What root has made, or what nobody else can turn: as /var/run.
    BOOST_REQUIRE(has("home", 0, 01777, 0));
    BOOST_TEST(sp::write_key_ring(link / "keys", beginning()).has_value());
    BOOST_REQUIRE(has("home", 0, 0755, 65534));
    BOOST_TEST(sp::make_key_folder(link / "new").has_value());
    BOOST_TEST(sp::write_key_ring(link / "new", beginning()).has_value());
    BOOST_TEST(fs::exists(folder / "elsewhere" / "keys" / "keys.toml"));
    BOOST_TEST(fs::exists(folder / "elsewhere" / "new" / "keys.toml"));
}

BOOST_AUTO_TEST_CASE(links_that_lead_in_a_circle_end, *boost::unit_test::precondition(as_root)) {
    fs::create_directory_symlink("b/x", folder / "a");
    fs::create_directory_symlink("a/x", folder / "b");
    const auto written = sp::write_key_ring(folder / "a", beginning());
    BOOST_REQUIRE(!written.has_value());
    BOOST_TEST((written.error().detail.find("(Too many levels of symbolic links)") != std::string::npos),
               written.error().detail);
}

BOOST_AUTO_TEST_CASE(says_that_keys_are_there_where_the_file_that_decides_is_lost) {
    BOOST_TEST(sp::keys_without_ring(folder / "nowhere").empty());
    fs::create_directory(folder / "keys");
    BOOST_TEST(sp::keys_without_ring(folder / "keys").empty());
    copy_key("keys/sp-old", "keys/signing-2");
    copy_key("keys/sp-old", "keys/signing-1");
    BOOST_TEST(sp::keys_without_ring(folder / "keys") == "\"signing-1\", \"signing-2\"");
    const auto ring = sp::read_key_ring(folder / "keys");
    BOOST_REQUIRE(!ring.has_value());
    BOOST_TEST(ring.error().code == sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST((ring.error().detail.find("though keys lie there") != std::string::npos), ring.error().detail);
    BOOST_TEST((ring.error().detail.find("; restore it, or name the key that served") != std::string::npos));
    BOOST_TEST(sp::write_key_ring(folder / "keys", beginning()).has_value());
    BOOST_TEST(sp::keys_without_ring(folder / "keys").empty());
}

BOOST_AUTO_TEST_CASE(writes_no_state_that_it_would_not_read) {
    const KeyRing encryption_alone{.keys = {{"encryption-1", encryption, KeyStage::active, some_day}}};
    const auto written = sp::write_key_ring(folder, encryption_alone);
    BOOST_REQUIRE(!written.has_value());
    BOOST_TEST(written.error().code == sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST((written.error().detail.find("no active signing key") != std::string::npos), written.error().detail);
    BOOST_TEST(!sp::write_key_ring(folder, {.keys = {{"../a", signing, KeyStage::active, some_day}}}).has_value());
    BOOST_TEST(!fs::exists(sp::ring_file(folder)));
}

BOOST_AUTO_TEST_CASE(refuses_a_state_that_no_step_leads_to) {
    const std::string active = entry("signing-1", "signing", "active");
    BOOST_TEST((refusal("").find("no active signing key") != std::string::npos));
    BOOST_TEST(
        (refusal(entry("signing-1", "signing", "next")).find("not one active signing key") != std::string::npos));
    BOOST_TEST((refusal(active + entry("signing-2", "signing", "active")).find("not one active") != std::string::npos));
    BOOST_TEST((refusal(active + entry("a", "encryption", "retiring")).find("active encryption") != std::string::npos));
    const std::string two_next = entry("signing-2", "signing", "next") + entry("signing-3", "signing", "next");
    BOOST_TEST((refusal(active + two_next).find("at most one next") != std::string::npos));
    BOOST_TEST((refusal(active + entry("signing-1", "encryption", "active")).find("twice") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(refuses_names_that_lead_elsewhere) {
    for (const char* name : {"../sp", "/etc/passwd", "", ".", "a b", "A", "-x", "signing_1"}) {
        BOOST_TEST((refusal(entry(name, "signing", "active")).find("name") != std::string::npos), name);
    }
}

BOOST_AUTO_TEST_CASE(refuses_words_that_it_does_not_know) {
    BOOST_TEST((refusal(entry("a", "both", "active")).find("\"signing\", \"encryption\"") != std::string::npos));
    BOOST_TEST((refusal(entry("a", "signing", "old")).find("\"retiring\"") != std::string::npos));
    BOOST_TEST((refusal(entry("a", "signing", "active") + "sincce = 1\n").find("since") != std::string::npos));
    BOOST_TEST((refusal("[[key]]\nname = \"a\"\n").find("purpose") != std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()
