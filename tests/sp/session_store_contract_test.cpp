// The memory engine keeps the contract, and has properties of its own.
#include "session_store_contract.hpp"
#include "rounds.hpp"

#include <boost/test/unit_test.hpp>

#include "memory_shard.hpp"
#include "round_table.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

saml::KeyedDigest some_digest() {
    return taken(saml::KeyedDigest::with_key("0123456789abcdef"));
}

std::unique_ptr<sp::SessionStore> make_memory_store(const sp::Clock& clock, const StoreSettings& settings) {
    return std::make_unique<sp::MemorySessionStore>(
        clock, some_digest(),
        sp::MemorySessionStoreOptions{.max_sessions = settings.max_sessions,
                                      .max_logout_records = settings.max_logout_records,
                                      .max_logout_records_per_idp = settings.max_logout_records_per_idp,
                                      .max_kept_requests = settings.max_kept_requests,
                                      .max_sessions_per_principal = settings.max_sessions_per_principal,
                                      .relogin = settings.relogin});
}

void sweep_all(sp::MemorySessionStore& store) {
    for (std::size_t i = 0; i < sp::shard_count; ++i) store.sweep_some();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

const StoreContract memory_engine("memory_session_store", &make_memory_store,
                                  {admission_contract(), matching_contract(), completion_contract(), round_contract(),
                                   listing_contract(), request_contract(), principal_contract(), pieces_contract(),
                                   limits_contract()});

BOOST_AUTO_TEST_SUITE(memory_session_store_itself)

BOOST_AUTO_TEST_CASE(an_engine_without_servers_has_nothing_to_tell_operators) {
    const FixedClock clock(noon);
    const auto store = make_memory_store(clock, {});
    BOOST_TEST((store->health() == sp::StoreHealth{}));
    BOOST_TEST(store->notes().empty());
}

BOOST_AUTO_TEST_CASE(sweeps_expired_records_and_no_others) {
    FixedClock clock(noon);
    sp::MemorySessionStore store(clock, some_digest());
    for (int i = 0; i < 100; ++i) {
        sp::Session session = session_of("s" + std::to_string(i));
        session.name_id.value = "N" + std::to_string(i % 7);
        if (i % 2 == 0) session.expires = noon + 1min;
        BOOST_TEST((store.admit(session).value() == sp::Admission::admitted));
    }
    sp::LogoutOrder order = order_for_all("r");  // ends N1's 14 or 15 sessions, half of which expire early
    const auto begun = taken(begin_logout(store, order));
    const std::size_t ending = std::get<sp::FreshLogout>(begun).ending.size();
    sweep_all(store);
    BOOST_TEST(store.size().sessions == 100u);

    clock.set(noon + 1min);
    sweep_all(store);
    const std::size_t kept = store.size().sessions;
    BOOST_TEST(kept == 50u + ending / 2);
    clock.set(session_of("any").expires);
    sweep_all(store);
    BOOST_TEST(store.size().sessions == ending);
    BOOST_TEST(store.size().logout_records == 1u);

    std::vector<sp::LocalSessionID> gone;
    for (const sp::Session& session : std::get<sp::FreshLogout>(begun).ending) gone.push_back(session.id);
    static_cast<void>(taken(complete_logout(store, order.key, {}, gone)));
    BOOST_TEST(store.size().sessions == 0u);
    sweep_all(store);
    BOOST_TEST(store.size().logout_records == 0u);
    BOOST_TEST(std::holds_alternative<sp::FreshLogout>(taken(begin_logout(store, order))));
}

BOOST_AUTO_TEST_CASE(sweeps_logouts_no_longer_kept_and_no_others) {
    FixedClock clock(noon);
    sp::MemorySessionStore store(clock, some_digest());
    constexpr int logouts = 3 * sp::shard_count;  // so that many a shard has some of both
    for (int i = 0; i < logouts; ++i) {
        sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
        if (i % 2 == 0) order.keep_until += 1h;
        static_cast<void>(taken(begin_logout(store, order)));
        static_cast<void>(taken(complete_logout(store, order.key, {}, {})));
    }
    sweep_all(store);
    BOOST_TEST(store.size().logout_records == std::size_t{logouts});
    clock.set(order_for_all("any").keep_until);
    sweep_all(store);
    BOOST_TEST(store.size().logout_records == std::size_t{logouts / 2});
    clock.advance(1h);
    sweep_all(store);
    BOOST_TEST(store.size().logout_records == 0u);
}

BOOST_AUTO_TEST_CASE(sweeps_requests_an_hour_too_late) {
    FixedClock clock(noon);
    sp::MemorySessionStore store(clock, some_digest());
    for (int i = 0; i < 3; ++i) {
        sp::KeptRequest request = request_of("r" + std::to_string(i));
        request.not_on_or_after = noon + std::chrono::minutes(i);
        BOOST_TEST(store.keep_request(request).has_value());
    }
    clock.set(noon + 1h + 1min - 1ms);
    BOOST_TEST(store.sweep_some() == 1u);
    clock.set(noon + 1h + 1min);
    BOOST_TEST(store.sweep_some() == 1u);
    BOOST_TEST(taken(store.take_due_requests(noon, noon, 9)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_place_where_no_page_ended_is_refused) {
    FixedClock clock(noon);
    sp::MemorySessionStore store(clock, some_digest());
    for (const char* after : {"x", "1", "1-", "-1", "1-2x", "99999999999999999999-1"}) {
        BOOST_TEST((store.sessions_of(idp_id, after, 1).error().code == sp::StoreErrc::store_failed), after);
    }
    BOOST_TEST(store.sessions_of(idp_id, "4096-0", 1).has_value());
}

// A table of rounds looks for those that are over when it is as large as it may be.
BOOST_AUTO_TEST_CASE(a_round_makes_room_when_its_time_has_come_and_no_earlier) {
    std::vector<sp::Session> sessions;
    for (int i = 0; i < 1024; ++i) sessions.push_back(session_of("s" + std::to_string(i)));
    const sp::RoundClaim first{.round = {.node = 7, .number = 1}, .until = noon + 1min};
    const sp::RoundClaim other{.round = {.node = 7, .number = 2}, .until = noon + 1h};
    for (const auto& [now, is_kept] : {std::pair(noon + 1min - 1ms, true), std::pair(noon + 1min, false)}) {
        sp::RoundTable rounds;
        static_cast<void>(rounds.grant(first, sessions, noon));
        static_cast<void>(rounds.grant(other, {session_of("another")}, now));
        BOOST_TEST(rounds.has(first.round, sessions.back().id) == is_kept);
        BOOST_TEST(rounds.has(other.round, session_of("another").id));
    }
}

// More scopes than the table takes: an IdP that qualifies every user's name in another way.
BOOST_AUTO_TEST_CASE(keeps_every_field_when_no_more_scopes_are_shared) {
    FixedClock clock(noon);
    sp::MemorySessionStore store(clock, some_digest());
    const auto session_at = [](int i) {
        sp::Session session = session_of("s" + std::to_string(i));
        session.name_id.name_qualifier = std::to_string(i) + std::string(1000, 'q');
        session.name_id.sp_name_qualifier = std::string(1000, 'p');
        session.name_id.sp_provided_id = "provided";
        return session;
    };
    constexpr int more_than_16_mib = 9'000;
    for (int i = 0; i < more_than_16_mib; ++i) static_cast<void>(taken(store.admit(session_at(i))));
    int intact = 0;
    for (int i = 0; i < more_than_16_mib; ++i) intact += taken(store.find(session_at(i).id)) == session_at(i) ? 1 : 0;
    BOOST_TEST(intact == more_than_16_mib);

    sp::LogoutOrder order = order_for_all("r");
    order.name_id = session_at(more_than_16_mib - 1).name_id;
    const auto begun = taken(begin_logout(store, order));
    BOOST_TEST(ids_of(std::get<sp::FreshLogout>(begun).ending) == "s" + std::to_string(more_than_16_mib - 1));
    const auto unfinished = taken(store.unfinished_logouts());
    BOOST_TEST_REQUIRE(unfinished.size() == 1u);
    BOOST_TEST((unfinished.front().key == order.key));
}

BOOST_AUTO_TEST_CASE(records_that_share_a_place_are_told_apart) {
    const sp::KeyPlace place{7};
    sp::PrincipalShard principals;
    sp::SessionShard ids;
    std::vector<sp::PackedSession::Owned> owned;
    for (const char* name : {"N1", "N2"}) {
        sp::Session session = session_named(name, name);
        session.idp = name == std::string_view("N1") ? idp_id : other_idp_id;
        owned.push_back(sp::PackedSession::pack(session, nullptr, place, place, {}));
        principals.add(owned.back().get(), owned.back()->principal_key());
        ids.sessions.add(owned.back().get());
    }
    BOOST_TEST(principals.principals.find({idp_id.str(), {sp::NamedBy::name_id, "N1"}, place}) == owned[0].get());
    BOOST_TEST(principals.principals.find({other_idp_id.str(), {sp::NamedBy::name_id, "N2"}, place}) == owned[1].get());
    BOOST_TEST(principals.principals.find({idp_id.str(), {sp::NamedBy::name_id, "N2"}, place}) == nullptr);
    BOOST_TEST(ids.sessions.find({"N1", place}) == owned[0].get());
    BOOST_TEST(ids.sessions.find({"N3", place}) == nullptr);
}

BOOST_AUTO_TEST_CASE(barriers_that_share_a_place_are_told_apart) {
    const sp::KeyPlace place{7};
    const sp::Principal n1{sp::NamedBy::name_id, "N1"};
    const sp::Principal n2{sp::NamedBy::name_id, "N2"};
    sp::LogoutOrder order = order_for("r", {"i1"});
    order.authn_instants = {noon};
    sp::Quota quota(1);
    sp::LogoutRecord logout(order, nullptr, place, {idp_id.str(), n1, place}, some_digest(), quota);
    for (sp::Barrier& barrier : logout.barriers) barrier.place = place;
    sp::PrincipalShard shard;
    shard.put_up(logout);
    BOOST_TEST(shard.barriers.find({idp_id.str(), n1, "i1", {}, place}) == &logout.barriers.front());
    BOOST_TEST(shard.barriers.find({idp_id.str(), n1, "i2", {}, place}) == nullptr);
    BOOST_TEST(shard.barriers.find({idp_id.str(), n1, std::nullopt, {}, place}) == nullptr);
    BOOST_TEST(shard.barriers.find({idp_id.str(), n2, "i1", {}, place}) == nullptr);
    BOOST_TEST(shard.barriers.find({other_idp_id.str(), n1, "i1", {}, place}) == nullptr);
    BOOST_TEST(shard.barriers.find({idp_id.str(), {sp::NamedBy::session_index, "N1"}, "i1", {}, place}) == nullptr);
    BOOST_TEST(shard.barriers.find({idp_id.str(), n1, {}, noon, place}) == &logout.barriers.back());
    BOOST_TEST(shard.barriers.find({idp_id.str(), n1, {}, noon + 1ms, place}) == nullptr);
    shard.take_down(logout);
    BOOST_TEST(shard.barriers.empty());
}

// Otherwise a principal that logs out all day makes each of its logins slower.
BOOST_AUTO_TEST_CASE(logouts_of_one_principal_leave_one_barrier) {
    const saml::KeyedDigest digest = some_digest();
    const sp::PrincipalKey principal = sp::principal_key(digest, idp_id.str(), {sp::NamedBy::name_id, "N1"});
    sp::Quota quota(1'000);
    sp::PrincipalShard shard;
    std::vector<std::unique_ptr<sp::LogoutRecord>> logouts;
    for (int i = 0; i < 100; ++i) {
        sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
        order.as_of += std::chrono::seconds(i);
        order.keep_until += std::chrono::seconds(i);
        logouts.push_back(std::make_unique<sp::LogoutRecord>(order, nullptr, sp::KeyPlace{}, principal, digest, quota));
        shard.put_up(*logouts.back());
        shard.take_down_redundant(*logouts.back());
    }
    std::size_t standing = 0;
    for (const auto& logout : logouts) standing += logout->barriers.front().linked ? 1 : 0;
    BOOST_TEST(standing == 1u);
    BOOST_TEST(logouts.back()->barriers.front().linked);
    for (const auto& logout : logouts) shard.take_down(*logout);
    BOOST_TEST(shard.barriers.empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
