// The SQLite engine keeps the contract, and has properties of its own.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <deque>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<sp::SessionStore> make_sqlite_store(const sp::Clock& clock, const StoreSettings& settings) {
    static std::deque<TemporaryFolder> folders;  // a case's store is gone before the program ends
    return open_store(clock, folders.emplace_back().path(), settings);
}

/// Reopened is a store that a test closes and opens again.
struct Reopened {
    TemporaryFolder folder;
    FixedClock clock{noon};
    std::unique_ptr<sp::SqliteSessionStore> store = open_store(clock, folder.path());

    void reopen(const StoreSettings& settings = {}) {
        store.reset();
        store = open_store(clock, folder.path(), settings);
    }
    [[nodiscard]] bool is_alive(std::string_view id) {
        return taken(store->find(parsed<sp::LocalSessionID>(id))).has_value();
    }
    [[nodiscard]] sp::Admission admit(const sp::Session& session) { return taken(store->admit(session)); }
    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "sessions.db"; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

const StoreContract sqlite_engine("sqlite_session_store", &make_sqlite_store,
                                  {admission_contract(), matching_contract(), completion_contract(), round_contract(),
                                   listing_contract(), request_contract(), principal_contract(), pieces_contract(),
                                   limits_contract()});

BOOST_AUTO_TEST_SUITE(sqlite_session_store_itself)

BOOST_AUTO_TEST_CASE(everything_acknowledged_is_there_after_a_restart) {
    Reopened trial;
    const sp::Session kept = session_with("a", {"i1", "i2", "i1"});
    BOOST_TEST((trial.admit(kept) == sp::Admission::admitted));
    BOOST_TEST((trial.admit(session_with("b", {"i3"})) == sp::Admission::admitted));
    BOOST_TEST((trial.admit(session_with("c", {"i4"})) == sp::Admission::admitted));
    const sp::LogoutOrder completed = order_for("r1", {"i3"});
    const sp::LogoutOrder begun = order_for("r2", {"i4"});
    const sp::LogoutOutcome outcome{.ended = 1, .already_gone = 0, .failed = 0};
    static_cast<void>(taken(begin_logout(*trial.store, completed)));
    static_cast<void>(taken(complete_logout(*trial.store, completed.key, outcome, {session_of("b").id})));
    static_cast<void>(taken(begin_logout(*trial.store, begun)));

    trial.reopen();
    BOOST_TEST((taken(trial.store->find(kept.id)) == kept));
    BOOST_TEST(!trial.is_alive("b"));
    BOOST_TEST(!trial.is_alive("c"));
    const auto repeated = taken(begin_logout(*trial.store, completed));
    BOOST_TEST((std::get<sp::RepeatedLogout>(repeated).recorded == outcome));
    const auto unfinished = taken(trial.store->unfinished_logouts());
    BOOST_TEST_REQUIRE(unfinished.size() == 1u);
    BOOST_TEST((unfinished.front().key == begun.key));
    BOOST_TEST(ids_of(unfinished.front().ending) == "c");
    BOOST_TEST((trial.admit(session_with("d", {"i3"})) == sp::Admission::refused_by_logout));
    BOOST_TEST((trial.admit(session_with("d", {"i4"})) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(the_limits_hold_across_a_restart) {
    const StoreSettings room_for_two{.max_sessions = 2, .max_logout_records = 9, .max_logout_records_per_idp = 2};
    Reopened trial;
    for (const char* id : {"a", "b"}) BOOST_TEST((trial.admit(session_of(id)) == sp::Admission::admitted));
    static_cast<void>(taken(begin_logout(*trial.store, order_for("r1", {"i8"}))));
    static_cast<void>(taken(begin_logout(*trial.store, order_for("r2", {"i9"}))));
    trial.reopen(room_for_two);
    BOOST_TEST(trial.store->size().sessions == 2u);
    BOOST_TEST(trial.store->size().logout_records == 2u);
    BOOST_TEST((trial.store->admit(session_of("c")).error().code == sp::StoreErrc::store_full));
    BOOST_TEST((begin_logout(*trial.store, order_for_all("r3")).error().code == sp::StoreErrc::store_full));
    sp::LogoutOrder of_another = order_for_all("r3");
    of_another.key.idp = other_idp_id;
    BOOST_TEST(begin_logout(*trial.store, of_another).has_value());
}

BOOST_AUTO_TEST_CASE(where_a_limit_was_lowered_one_that_goes_makes_no_room_yet) {
    const StoreSettings room_for_two{
        .max_sessions = 2, .max_logout_records = 2, .max_logout_records_per_idp = 2, .max_kept_requests = 2};
    Reopened trial;
    for (int i = 0; i < 3; ++i) {
        const std::string number = std::to_string(i);
        sp::Session session = session_of("s" + number);
        sp::KeptRequest request = request_of("k" + number);
        sp::LogoutOrder order = order_for("r" + number, {"i9"});
        if (i == 0) session.expires = request.not_on_or_after = order.keep_until = noon + 1min;
        if (i != 0) order.keep_until = noon + 3h;
        BOOST_TEST((trial.admit(session) == sp::Admission::admitted));
        BOOST_TEST(trial.store->keep_request(request).has_value());
        static_cast<void>(taken(begin_logout(*trial.store, order)));
        static_cast<void>(taken(complete_logout(*trial.store, order.key, {}, {})));
    }
    trial.reopen(room_for_two);
    trial.clock.set(noon + 1min + 1h);
    sp::LogoutOrder one_more = order_for_all("r");
    one_more.keep_until = noon + 3h;
    BOOST_TEST((trial.store->keep_request(request_of("k")).error().code == sp::StoreErrc::store_full));
    BOOST_TEST((trial.store->admit(session_of("s")).error().code == sp::StoreErrc::store_full));
    BOOST_TEST((begin_logout(*trial.store, one_more).error().code == sp::StoreErrc::store_full));
    BOOST_TEST(trial.store->size().sessions == 2u);
    BOOST_TEST(trial.store->size().logout_records == 2u);
}

BOOST_AUTO_TEST_CASE(kept_requests_are_there_after_a_restart_and_count) {
    Reopened trial;
    BOOST_TEST(trial.store->keep_request(request_of("r1")).has_value());
    BOOST_TEST(trial.store->keep_request(request_of("r2", noon + 1s)).has_value());
    BOOST_TEST(taken(trial.store->take_due_requests(noon, noon + 1min, 9)).size() == 1u);
    StoreSettings room_for_two;
    room_for_two.max_kept_requests = 2;
    trial.reopen(room_for_two);
    BOOST_TEST((trial.store->keep_request(request_of("r3")).error().code == sp::StoreErrc::store_full));
    const std::vector<sp::KeptRequest> only{request_of("r2", noon + 1h)};
    BOOST_TEST((taken(trial.store->take_due_requests(noon + 1min - 1ms, noon + 1h, 9)) == only));
    BOOST_TEST(taken(trial.store->take_due_requests(noon + 1min, noon + 1h, 9)).size() == 1u);
    BOOST_TEST(trial.store->drop_request(request_of("r1").order.key).has_value());
    trial.reopen(room_for_two);
    BOOST_TEST(taken(trial.store->take_due_requests(noon + 1h, noon + 1h, 9)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(sweeps_requests_an_hour_too_late) {
    Reopened trial;
    for (int i = 0; i < 3; ++i) {
        sp::KeptRequest request = request_of("r" + std::to_string(i));
        request.not_on_or_after = noon + std::chrono::minutes(i);
        BOOST_TEST(trial.store->keep_request(request).has_value());
    }
    trial.clock.set(noon + 1h + 1min - 1ms);
    BOOST_TEST(trial.store->sweep_some() == 1u);
    trial.clock.set(noon + 1h + 1min);
    BOOST_TEST(trial.store->sweep_some() == 1u);
    BOOST_TEST(taken(trial.store->take_due_requests(noon, noon, 9)).size() == 1u);
    BOOST_TEST(Sqlite(trial.file()).ask("SELECT kept_requests FROM tally") == "1\n");
}

BOOST_AUTO_TEST_CASE(a_large_logout_counts_for_each_kib_that_it_begins) {
    Reopened trial;
    const std::vector<std::string> many(32, std::string(1000, 'i'));
    static_cast<void>(taken(begin_logout(*trial.store, order_for("r1", many))));
    BOOST_TEST(trial.store->size().logout_records > 62u);
    BOOST_TEST(trial.store->size().logout_records < 70u);
}

BOOST_AUTO_TEST_CASE(sweeps_a_few_expired_records_at_a_time_and_no_others) {
    Reopened trial;
    for (int i = 0; i < 300; ++i) {
        sp::Session session = session_of("s" + std::to_string(i));
        session.name_id.value = "N" + std::to_string(i % 3);
        if (i % 2 == 0) session.expires = noon + 1min;
        BOOST_TEST_REQUIRE((trial.admit(session) == sp::Admission::admitted));
    }
    const auto begun = taken(begin_logout(*trial.store, order_for_all("r")));
    const auto& ending = std::get<sp::FreshLogout>(begun).ending;
    BOOST_TEST(ending.size() == 100u);
    BOOST_TEST(trial.store->sweep_some() == 0u);

    trial.clock.set(noon + 1min);
    const std::size_t first = trial.store->sweep_some();
    BOOST_TEST(first > 0u);
    BOOST_TEST(first < 100u);
    while (trial.store->sweep_some() != 0) {
    }
    BOOST_TEST(trial.store->size().sessions == 200u);
    trial.clock.set(session_of("any").expires);
    while (trial.store->sweep_some() != 0) {
    }
    BOOST_TEST(trial.store->size().sessions == 100u);
    BOOST_TEST(trial.store->size().logout_records == 1u);

    std::vector<sp::LocalSessionID> gone;
    for (const sp::Session& session : ending) gone.push_back(session.id);
    static_cast<void>(taken(complete_logout(*trial.store, order_for_all("r").key, {}, gone)));
    BOOST_TEST(trial.store->sweep_some() == 1u);
    BOOST_TEST(trial.store->size().sessions == 0u);
    BOOST_TEST(trial.store->size().logout_records == 0u);
    Sqlite file(trial.file());
    BOOST_TEST(file.ask("SELECT count(*) FROM barrier") == "0\n");
    BOOST_TEST(file.ask("SELECT sum(logout_weight) FROM entity") == "0\n");
}

// Otherwise a principal that logs out all day makes each of its logins slower.
BOOST_AUTO_TEST_CASE(logouts_of_one_principal_leave_one_barrier_in_the_file) {
    Reopened trial;
    for (int i = 0; i < 100; ++i) {
        sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
        order.as_of += std::chrono::seconds(i);
        order.keep_until += std::chrono::seconds(i);
        static_cast<void>(taken(begin_logout(*trial.store, order)));
    }
    BOOST_TEST(Sqlite(trial.file()).ask("SELECT count(*) FROM barrier") == "1\n");
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_an_error_and_no_missing_session) {
    Reopened trial;
    BOOST_TEST((trial.admit(session_of("a")) == sp::Admission::admitted));
    static_cast<void>(taken(begin_logout(*trial.store, order_for("r", {"i9"}))));
    Sqlite file(trial.file());
    file.run("UPDATE session SET session_indexes = char(10)");
    BOOST_TEST((trial.store->find(session_of("a").id).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((begin_logout(*trial.store, order_for_all("r2")).error().code == sp::StoreErrc::store_failed));
    file.run("UPDATE session SET session_indexes = 'i1'; UPDATE logout SET matching = 0");
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST((trial.store->admit(session_with("b", {"i9"})).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((trial.store->unfinished_logouts().error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(trial.store->keep_request(request_of("k")).has_value());
    file.run("UPDATE kept_request SET attempts = -1");
    BOOST_TEST((trial.store->take_due_requests(noon, noon, 1).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((trial.store->sessions_of(idp_id, "no number", 1).error().code == sp::StoreErrc::store_failed));
    for (const char* instants : {"noon", "1x", "1\n\n2"}) {
        file.run("UPDATE logout SET matching = 2, authn_instants = '" + std::string(instants) + "'");
        BOOST_TEST((trial.store->unfinished_logouts().error().code == sp::StoreErrc::store_failed), instants);
    }
    file.run("UPDATE logout SET authn_instants = ''");
    BOOST_TEST((trial.admit(session_with("b", {"i9"})) == sp::Admission::refused_by_logout));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
