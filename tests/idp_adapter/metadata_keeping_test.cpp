// When what came is kept: once it's in force, and by nobody who has news to bring.
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fake_places.hpp"
#include "slo/idp_adapter/descriptor.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using test::FakePlaces;
using test::refresh_all;

const Instant noon = *saml::parse_instant("2027-01-01T12:00:00Z");
const std::string new_key = "keys/idp1-second.crt.pem";

std::vector<std::string> entities(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back("https://idp" + std::to_string(i) + ".example.org/");
    return ids;
}

/// A Metadata Query server, whose cache another process may have locked.
struct KeptPlaces : FakePlaces {
    std::vector<std::string> ids = entities(20);
    std::optional<Descriptor> other;
    std::function<void()> on_pause = [] {};
    int pauses = 0;

    KeptPlaces() {
        for (const auto& id : ids) put(test::query_url(id), {.entity_id = id});
    }
    [[nodiscard]] fs::path copies() const { return folder.path() / "cache" / "mdq"; }
    void lock() {
        other.emplace(::open((copies() / "lock").c_str(), O_RDWR | O_CLOEXEC));
        BOOST_REQUIRE(::flock(other->get(), LOCK_EX | LOCK_NB) == 0);
    }
    [[nodiscard]] std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(copies())) names.insert(entry.path().filename());
        return names;
    }
    [[nodiscard]] MetadataRefresher start(Asking asking = Asking::in_turn) {
        SourcePorts all = ports();
        all.pause = [this](std::chrono::milliseconds) {
            ++pauses;
            on_pause();
        };
        auto refresher = MetadataRefresher::open({{.source = by_query("mdq", ids), .profile = {}}},
                                                 SharedKeys::accepted, noon, {std::move(all)}, asking);
        BOOST_REQUIRE_MESSAGE(refresher.has_value(), (refresher ? "" : refresher.error().detail));
        return *std::move(refresher);
    }
    [[nodiscard]] static std::string key(const MetadataRefresher& refresher, const std::string& id) {
        const auto idp = refresher.directory()->find(*saml::EntityID::parse(id));
        return idp == nullptr ? "none" : idp->keys.at(0).fingerprint();
    }
};

std::size_t count(const std::vector<MetadataEvent>& events, RefreshOutcome::Kind kind, std::error_code why = {}) {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [&](const auto& event) { return event.outcome.kind == kind && event.outcome.why.code == why; }));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_keeping, KeptPlaces)

BOOST_AUTO_TEST_CASE(what_came_is_in_the_directory_before_anything_of_it_is_written) {
    std::optional<MetadataRefresher> refresher = start();
    std::size_t in_force = 0;
    std::set<std::string> written;
    on_pause = [&] {
        in_force = refresher->directory()->size();
        written = files();
        other.reset();
    };
    lock();
    const auto events = refresh_all(*refresher, noon);
    BOOST_TEST(in_force == 20U);
    BOOST_TEST((written == std::set<std::string>{"lock"}));
    BOOST_TEST(events.size() == 20U);
    BOOST_TEST(count(events, RefreshOutcome::Kind::updated) == 20U);
    BOOST_TEST(start().directory()->size() == 20U);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_stuck_with_the_lock_costs_one_wait_for_all_entities) {
    {
        auto refresher = start();
        static_cast<void>(refresh_all(refresher, noon));
    }
    for (const auto& id : ids) put(test::query_url(id), {.entity_id = id, .certificate = new_key});
    lock();
    pauses = 0;
    auto refresher = start();
    BOOST_TEST(pauses == 100);  // to tidy up
    BOOST_TEST(refresher.directory()->size() == 20U);
    pauses = 0;
    const auto events = refresh_all(refresher, noon);
    BOOST_TEST(pauses == 100);
    BOOST_TEST(count(events, RefreshOutcome::Kind::updated) == 20U);
    BOOST_TEST(count(events, RefreshOutcome::Kind::not_kept, make_error_code(SourceErrc::cache_failed)) == 20U);
    for (const auto& id : ids) BOOST_TEST(key(refresher, id) == test::key_of(new_key).fingerprint());
}

BOOST_AUTO_TEST_CASE(a_disk_that_hangs_holds_up_no_news_of_any_entity) {
    std::mutex mutex;
    std::condition_variable changed;
    bool hangs = true;
    auto refresher = start(Asking::in_lanes);
    on_pause = [&] {
        std::unique_lock waiting(mutex);
        changed.wait(waiting, [&] { return !hangs; });
    };
    lock();
    const auto refresh_until = [&](Instant at, const std::function<bool()>& is_there) {
        while (!is_there()) {
            static_cast<void>(refresher.refresh(at));
            refresher.wait(1ms);
        }
    };
    refresh_until(noon, [&] { return refresher.directory()->size() == 20U; });
    BOOST_TEST(refresher.keepers() == 1U);
    const std::string fresh = test::key_of(new_key).fingerprint();
    refresh_until(noon + 1s, [&] { return refresher.lanes() == 0 && refresher.next_refresh() > noon + 1s; });
    for (const auto& id : ids) put(test::query_url(id), {.entity_id = id, .certificate = new_key});
    refresh_until(noon + 7h, [&] {
        return std::ranges::all_of(ids, [&](const auto& id) { return key(refresher, id) == fresh; });
    });
    BOOST_TEST(refresher.keepers() == 1U);  // since then
    {
        const std::lock_guard waiting(mutex);
        hangs = false;
        other.reset();
    }
    changed.notify_all();
    refresh_until(noon + 7h, [&] { return refresher.keepers() == 0; });
    const auto again = start();
    for (const auto& id : ids) BOOST_TEST(key(again, id) == fresh);
}

BOOST_AUTO_TEST_CASE(what_is_in_force_is_kept_before_its_process_ends) {
    {
        auto refresher = start(Asking::in_lanes);
        while (refresher.directory()->size() != 20U) {
            static_cast<void>(refresher.refresh(noon));
            refresher.wait(1ms);
        }
    }
    BOOST_TEST(start().directory()->size() == 20U);
}

BOOST_AUTO_TEST_SUITE_END()
