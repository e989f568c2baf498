// The record of published states: a file that grows at its end, and its use by a roll-over.
#include "slo/sp/publication_record.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

#include "configuration_workspace.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace std::chrono_literals;
using sp::KeyPurpose;
using sp::KeysInForce;
using sp::KeyStep;
using sp::PublicationRecord;
using sp::PublishedState;
using test::some_day;

const KeysInForce before{.signs = "s1", .signing = {"s1"}};
const KeysInForce prepared{.signs = "s1", .signing = {"s1", "s2"}, .encryption = {"e1"}, .opens = {"e1", "e2"}};

const sp::AwaitedKey next_signs{KeyPurpose::signing, KeyStep::activate, "s2"};
const sp::AwaitedKey active_signs{KeyPurpose::signing, KeyStep::retire, "s2"};

/// As it's seen in a year.
std::optional<Instant> earliest(const std::vector<PublishedState>& record, const sp::AwaitedKey& key) {
    return sp::earliest(record, key, some_day + std::chrono::days(365));
}

class RecordWorkspace : public test::Workspace {
public:
    [[nodiscard]] std::vector<PublishedState> read() const { return sp::read_publication_record(file).value(); }
    [[nodiscard]] PublicationRecord open() const {
        auto record = PublicationRecord::open(file);
        BOOST_REQUIRE_MESSAGE(record.has_value(), (record ? "" : record.error().detail));
        return *std::move(record);
    }
    void expect_refusal(std::string_view what) const {
        const auto record = PublicationRecord::open(file);
        BOOST_REQUIRE(!record.has_value());
        BOOST_TEST(record.error().code == sp::ConfigurationErrc::configuration_invalid);
        BOOST_TEST((record.error().detail.find(what) != std::string::npos), record.error().detail);
    }
    const fs::path file = folder / "state/published.log";
};

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(::geteuid() == 0);
    result.message() << "only root can write in another user's name";
    return result;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(publication_record, RecordWorkspace)

BOOST_AUTO_TEST_CASE(writes_each_change_once_and_reads_it_again) {
    BOOST_TEST(read().empty());
    {
        auto record = open();
        BOOST_TEST(record.keep(before, 1h, some_day).has_value());
        BOOST_TEST(record.keep(before, 1h, some_day + 1s).has_value());
        BOOST_TEST(record.keep(prepared, 1h, some_day + 1500ms).has_value());
    }
    auto record = open();
    BOOST_TEST(record.keep(prepared, 1h, some_day + 3s).has_value());
    BOOST_TEST(record.keep(prepared, 2h, some_day + 4s).has_value());
    const auto states = read();
    BOOST_TEST_REQUIRE(states.size() == 3U);
    BOOST_TEST((states[0].since == some_day && states[0].promised == 1h && states[0].keys == before));
    BOOST_TEST((states[1].since == some_day + 1500ms && states[1].promised == 1h && states[1].keys == prepared));
    BOOST_TEST((states[2].since == some_day + 4s && states[2].promised == 2h && states[2].keys == prepared));
    BOOST_TEST((fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
    BOOST_TEST((fs::status(file.parent_path()).permissions() == fs::perms::owner_all));
}

BOOST_AUTO_TEST_CASE(a_line_cut_off_by_a_crash_does_not_count_and_spoils_no_other) {
    BOOST_TEST(open().keep(before, 1h, some_day).has_value());
    const std::string whole = test::read(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        fs::resize_file(file, 0);
        test::Workspace::write("state/published.log", whole + whole.substr(0, size));
        const bool is_cut = size + 1 < whole.size();  // the line's end alone is missing: nothing is
        BOOST_TEST(read().size() == (is_cut ? 1U : 2U), size);
        BOOST_TEST(open().keep(prepared, 1h, some_day + 1s).has_value());
        BOOST_TEST((read().back().keys == prepared), size);
        BOOST_TEST(read().size() == (is_cut ? 2U : 3U), size);
    }
}

BOOST_AUTO_TEST_CASE(says_when_its_file_was_taken_away) {
    auto record = open();
    BOOST_TEST(record.keep(before, 1h, some_day).has_value());
    fs::remove(file);
    for (int tries = 0; tries < 2; ++tries) {
        const auto kept = record.keep(before, 1h, some_day);
        BOOST_REQUIRE(!kept.has_value());
        BOOST_TEST(kept.error().code == sp::ConfigurationErrc::configuration_invalid);
        BOOST_TEST((kept.error().detail.find("isn't the file any more") != std::string::npos), kept.error().detail);
    }
    write("state/published.log", "");
    BOOST_TEST(!record.keep(before, 1h, some_day).has_value());
}

BOOST_AUTO_TEST_CASE(writes_to_no_file_that_another_name_leads_to) {
    static_cast<void>(open());
    write("elsewhere", "");
    fs::remove(file);
    fs::create_symlink(folder / "elsewhere", file);
    expect_refusal("can't open");
    fs::remove(file);
    fs::create_hard_link(folder / "elsewhere", file);
    expect_refusal("has a second name");
    fs::remove(file);
    fs::create_directory(file);
    expect_refusal("is no file");
}

BOOST_AUTO_TEST_CASE(belongs_to_its_folders_owner, *boost::unit_test::precondition(as_root)) {
    fs::create_directory(file.parent_path());
    BOOST_REQUIRE(::chown(file.parent_path().c_str(), 65534, 65533) == 0);
    static_cast<void>(open());
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == 65534U);
    BOOST_TEST(status.st_gid == 65533U);
    BOOST_REQUIRE(::chown(file.c_str(), 65532, 65532) == 0);
    expect_refusal("no file of its folder's owner");
}

BOOST_AUTO_TEST_CASE(knows_how_far_an_endpoint_is) {
    const std::vector<PublishedState> record{{some_day, 1h, before}, {some_day + 1h, 1h, prepared}};
    const auto is = [&](KeyPurpose purpose, KeyStep step, const char* key) {
        return sp::is_followed(record, {purpose, step, key});
    };
    BOOST_TEST(!sp::is_followed({}, next_signs));
    BOOST_TEST(!sp::is_followed({record.front()}, next_signs));
    BOOST_TEST(is(KeyPurpose::signing, KeyStep::activate, "s2"));
    BOOST_TEST(!is(KeyPurpose::signing, KeyStep::activate, "s3"));
    BOOST_TEST(!is(KeyPurpose::signing, KeyStep::retire, "s2"));
    BOOST_TEST(is(KeyPurpose::signing, KeyStep::retire, "s1"));
    BOOST_TEST(is(KeyPurpose::encryption, KeyStep::activate, "e2"));
    BOOST_TEST(!is(KeyPurpose::encryption, KeyStep::retire, "e2"));
    BOOST_TEST(is(KeyPurpose::encryption, KeyStep::retire, "e1"));
    // A state that was published once and isn't any more doesn't count.
    BOOST_TEST(!sp::is_followed({record[1], record[0]}, next_signs));
}

BOOST_AUTO_TEST_CASE(a_step_waits_for_the_promises_of_earlier_documents) {
    const auto days = [](int count) { return std::chrono::days(count); };
    std::vector<PublishedState> record{{some_day, days(30), before}};
    record.push_back({some_day + days(10), days(30), prepared});
    record.push_back({some_day + days(10) + 1min, 1min, prepared});  // promises from now on count for later ones
    BOOST_TEST((earliest(record, next_signs) == some_day + days(40)));

    // Lowered before the certificate went out: the documents from before that are still kept.
    record = {{some_day, days(30), before}, {some_day + days(1), 1min, before}, {some_day + days(2), 1min, prepared}};
    BOOST_TEST((earliest(record, next_signs) == some_day + days(31)));
    record.insert(record.begin(), {some_day - days(40), days(30), before});
    BOOST_TEST((earliest(record, next_signs) == some_day + days(31)));

    // The states served before are unknown.
    BOOST_TEST(!earliest({{some_day, days(30), prepared}}, next_signs).has_value());
    BOOST_TEST(!earliest({}, next_signs).has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_shortens_no_promise) {
    const std::vector<PublishedState> record{{some_day, 6h, before}, {some_day - 3h, 6h, prepared}};
    BOOST_TEST((earliest(record, next_signs) == some_day + 6h));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_once_holds_up_no_step_for_years) {
    const Instant ahead = some_day + std::chrono::days(3650);
    const std::vector<PublishedState> record{{ahead, 6h, before}, {some_day, 6h, prepared}};
    BOOST_TEST((sp::earliest(record, next_signs, some_day + 1h) == some_day + 6h));
    // Nothing tells the time of either: as if both were right.
    BOOST_TEST((sp::earliest(record, next_signs, some_day - 1h) == ahead + 6h));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_between_two_right_lines_holds_up_no_step_for_years) {
    const Instant ahead = some_day + std::chrono::days(3650);
    const std::vector<PublishedState> record{
        {some_day, 6h, before}, {ahead, 6h, before}, {some_day + 2h, 6h, prepared}};
    BOOST_TEST((sp::earliest(record, next_signs, some_day + 3h) == some_day + 8h));
}

BOOST_AUTO_TEST_CASE(an_old_key_stays_as_long_as_its_documents_may) {
    KeysInForce activated = prepared;
    activated.signs = "s2";
    activated.encryption = {"e2"};
    const std::vector<PublishedState> record{
        {some_day, 6h, before}, {some_day + 7h, 6h, prepared}, {some_day + 14h, 1h, activated}};
    BOOST_TEST((earliest(record, active_signs) == some_day + 20h));
    BOOST_TEST((earliest(record, {KeyPurpose::encryption, KeyStep::retire, "e2"}) == some_day + 20h));
}

BOOST_AUTO_TEST_SUITE_END()
