// The shared engine keeps the contract, on one server and on a Cluster, and has properties of its own.
#include "slo/sp/redis_session_store.hpp"
#include "rounds.hpp"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <latch>
#include <mutex>
#include <sstream>
#include <thread>

#include "redis_nodes.hpp"
#include "redis_server.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

const std::string index_key(32, 'i');
const std::string sealing_key(32, 's');

/// One server for most cases, each of which has a prefix of its own.
RedisServer& shared_server() {
    static RedisServer one;
    return one;
}

std::string fresh_prefix() {
    static std::atomic<int> stores = 0;
    return "case" + std::to_string(++stores);
}

sp::RedisSessionStoreOptions options_for(const RedisServer& server, std::string prefix = fresh_prefix()) {
    sp::RedisSessionStoreOptions options;
    options.servers.addresses = {server.address()};
    options.servers.deadline = 30s;  // for a busy machine; nothing waits for it
    options.keys = {.index_key = index_key, .sealing_keys = {sealing_key}};
    options.prefix = std::move(prefix);
    return options;
}

std::unique_ptr<sp::RedisSessionStore> open(const sp::Clock& clock, const sp::RedisSessionStoreOptions& options) {
    return taken(sp::RedisSessionStore::open(clock, options));
}

/// One that gives a server up soon. A busy machine may need that deadline more than once to open it.
std::unique_ptr<sp::RedisSessionStore> open_impatient(const sp::Clock& clock, sp::RedisSessionStoreOptions options) {
    options.servers.deadline = 200ms;
    std::unique_ptr<sp::RedisSessionStore> store;
    await("an impatient store", [&] {
        auto opened = sp::RedisSessionStore::open(clock, options);
        if (opened) store = *std::move(opened);
        return store != nullptr;
    });
    return store;
}

std::unique_ptr<sp::SessionStore> make_redis_store(const sp::Clock& clock, const StoreSettings& settings) {
    sp::RedisSessionStoreOptions options = options_for(shared_server());
    options.relogin = settings.relogin;
    options.max_sessions_per_principal = settings.max_sessions_per_principal;
    options.max_logout_records = settings.max_logout_records;
    options.max_logout_records_per_idp = settings.max_logout_records_per_idp;
    return open(clock, options);
}

std::unique_ptr<sp::SessionStore> make_cluster_store(const sp::Clock& clock, const StoreSettings& settings) {
    sp::RedisSessionStoreOptions options = options_for(shared_server());
    options.servers.addresses = shared_cluster().addresses();
    options.servers.topology = sp::RedisTopology::cluster;
    options.relogin = settings.relogin;
    options.max_sessions_per_principal = settings.max_sessions_per_principal;
    options.max_logout_records = settings.max_logout_records;
    options.max_logout_records_per_idp = settings.max_logout_records_per_idp;
    return open(clock, options);
}

/// The limit of sessions is the server's memory, that of requests holds for each part, and records count until they
/// aren't kept, be they finished or not: these are tried below.
std::vector<ContractCase> shared_limits_contract() {
    constexpr std::string_view held[] = {"a_store_full_of_logouts_refuses_and_forgets_none",
                                         "a_kept_logout_makes_no_room", "one_idp_fills_its_own_share_only",
                                         "however_many_idps_fill_their_shares_another_one_has_some",
                                         "idps_never_take_the_room_of_a_logout_that_starts_here"};
    std::vector<ContractCase> cases = limits_contract();
    std::erase_if(cases, [&held](const ContractCase& one) {
        return std::ranges::find(held, one.name) == std::end(held) &&
               std::string_view(one.name).find("barrier") == std::string_view::npos;
    });
    return cases;
}

std::string why_unusable(const sp::RedisSessionStoreOptions& options) {
    const FixedClock clock(noon);
    const auto store = sp::RedisSessionStore::open(clock, options);
    BOOST_TEST_REQUIRE(!store.has_value());
    BOOST_TEST((store.error().code == sp::StoreErrc::store_unusable));
    return store.error().detail;
}

std::string contents(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

bool is_alive(sp::SessionStore& store, std::string_view id) {
    return taken(store.find(parsed<sp::LocalSessionID>(id))).has_value();
}

std::string begun_at(sp::SessionStore& store, const sp::LogoutOrder& order) {
    const sp::BegunLogout begun = taken(begin_logout(store, order));
    const auto* const fresh = std::get_if<sp::FreshLogout>(&begun);
    return fresh != nullptr ? ids_of(fresh->ending) : "repeated: " + ids_of(std::get<sp::RepeatedLogout>(begun).ending);
}

/// Remembers the events that it gets.
class Ear final : public sp::SessionEndedListener {
public:
    void session_ended(const sp::LocalSessionID& id) noexcept override {
        const std::lock_guard lock(mutex_);
        ended_.insert(std::ranges::upper_bound(ended_, id.str()), id.str());
    }
    void may_have_missed() noexcept override { ++gaps_; }

    [[nodiscard]] std::vector<std::string> ended() const {
        const std::lock_guard lock(mutex_);
        return ended_;
    }
    [[nodiscard]] int gaps() const { return gaps_; }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> ended_;
    std::atomic<int> gaps_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

const StoreContract redis_engine("redis_session_store", &make_redis_store,
                                 {admission_contract(), matching_contract(), completion_contract(), round_contract(),
                                  listing_contract(), request_contract(), principal_contract(), pieces_contract(),
                                  shared_limits_contract()});
const StoreContract redis_cluster_engine("redis_session_store_on_a_cluster", &make_cluster_store,
                                         {admission_contract(), matching_contract(), completion_contract(),
                                          round_contract(), listing_contract(), request_contract(),
                                          principal_contract(), pieces_contract(), shared_limits_contract()});

BOOST_AUTO_TEST_SUITE(redis_session_store_itself)

BOOST_AUTO_TEST_CASE(a_session_that_ends_at_one_node_is_dead_at_all) {
    const FixedClock clock(noon);
    const auto options = options_for(shared_server());
    const auto a = open(clock, options);
    const auto b = open(clock, options);
    static_cast<void>(taken(a->admit(session_of("s"))));
    BOOST_TEST(is_alive(*b, "s"));
    BOOST_TEST(begun_at(*b, order_for_all("r")) == "s");
    BOOST_TEST(!is_alive(*a, "s"));
    BOOST_TEST((taken(a->admit(session_of("late"))) == sp::Admission::refused_by_logout));
    BOOST_TEST(begun_at(*a, order_for_all("r")) == "repeated: s");
}

BOOST_AUTO_TEST_CASE(another_node_recovers_a_logout_that_one_has_begun) {
    const FixedClock clock(noon);
    const auto options = options_for(shared_server());
    const auto b = open(clock, options);
    {
        const auto a = open(clock, options);
        static_cast<void>(taken(a->admit(session_of("s"))));
        static_cast<void>(begun_at(*a, order_for_all("r")));
    }
    const auto unfinished = taken(b->unfinished_logouts());
    BOOST_TEST_REQUIRE(unfinished.size() == 1u);
    BOOST_TEST((unfinished.front().key == order_for_all("r").key));
    BOOST_TEST(ids_of(unfinished.front().ending) == "s");
    static_cast<void>(taken(complete_logout(*b, unfinished.front().key, {.ended = 1}, {session_of("s").id})));
    BOOST_TEST(taken(b->unfinished_logouts()).empty());
}

BOOST_AUTO_TEST_CASE(a_request_kept_by_one_node_is_taken_by_another) {
    const FixedClock clock(noon);
    const auto options = options_for(shared_server());
    const auto b = open(clock, options);
    BOOST_TEST(open(clock, options)->keep_request(request_of("r")).has_value());
    const std::vector<sp::KeptRequest> kept{request_of("r", noon + 1min)};
    BOOST_TEST((taken(b->take_due_requests(noon, noon + 1min, 9)) == kept));
}

BOOST_AUTO_TEST_CASE(each_part_takes_its_share_of_requests_and_no_more) {
    const FixedClock clock(noon);
    auto options = options_for(shared_server());
    options.max_kept_requests = 32;
    const auto store = open(clock, options);
    std::size_t kept = 0;
    std::string one;
    for (int i = 0; i < 1'000; ++i) {
        const auto keeps = store->keep_request(request_of("r" + std::to_string(i)));
        if (keeps) one = "r" + std::to_string(i);
        if (keeps) ++kept;
        if (!keeps) BOOST_TEST_REQUIRE((keeps.error().code == sp::StoreErrc::store_full));
    }
    BOOST_TEST(kept == 32u);
    BOOST_TEST(store->keep_request(request_of(one)).has_value());
    options.max_kept_requests = 16;  // lowered: one that goes makes no room yet
    const auto lowered = open(clock, options);
    BOOST_TEST(lowered->keep_request(request_of(one)).has_value());
    BOOST_TEST((lowered->keep_request(request_of("another")).error().code == sp::StoreErrc::store_full));
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1min, 100)).size() == 32u);
    BOOST_TEST(store->drop_request(request_of(one).order.key).has_value());
    BOOST_TEST(store->keep_request(request_of(one)).has_value());
    sp::KeptRequest large = request_of(one);
    large.order.name_id.value.assign(2'100, 'n');
    BOOST_TEST(store->keep_request(large).has_value());  // in its own place
    BOOST_TEST(store->drop_request(large.order.key).has_value());
    BOOST_TEST((store->keep_request(large).error().code == sp::StoreErrc::store_full));  // a part has room for two
}

// A restarted server deals out its keys anew: the positions that it gave before mean nothing any more.
BOOST_AUTO_TEST_CASE(a_walk_over_sessions_goes_back_to_its_beginning_when_a_server_restarts) {
    RedisServer server({.configuration = {"appendonly yes", "appendfsync always"}});
    const FixedClock clock(noon);
    const auto store = open(clock, options_for(server));
    constexpr std::size_t count = 300;
    for (std::size_t i = 0; i < count; ++i) {
        sp::Session session = session_of("s" + std::to_string(i));
        session.name_id.value = "N" + std::to_string(i);
        static_cast<void>(taken(store->admit(session)));
    }
    std::string after;
    for (int pages = 0; pages < 5; ++pages) after = taken(store->sessions_of(idp_id, after, 20)).next;
    BOOST_TEST_REQUIRE(!after.empty());
    BOOST_TEST(taken(store->sessions_of(idp_id, after, count)).sessions.size() < count);
    server.kill();
    server.start();
    await("the reconnection", [&] { return store->find(session_of("s0").id).has_value(); });
    const sp::SessionPage rest = taken(store->sessions_of(idp_id, after, count + 1));
    BOOST_TEST(rest.sessions.size() == count);
    BOOST_TEST(rest.next.empty());
}

BOOST_AUTO_TEST_CASE(sessions_of_another_prefix_are_not_listed) {
    const FixedClock clock(noon);
    const RedisServer server;
    const auto store = open(clock, options_for(server, "a[b]*"));  // means itself, and nothing that it would match
    const auto other = open(clock, options_for(server, "ab"));
    static_cast<void>(taken(store->admit(session_of("mine"))));
    static_cast<void>(taken(other->admit(session_of("theirs"))));
    BOOST_TEST(ids_of(taken(store->sessions_of(idp_id, "", 9)).sessions) == "mine");
    BOOST_TEST(ids_of(taken(other->sessions_of(idp_id, "", 9)).sessions) == "theirs");
}

BOOST_AUTO_TEST_CASE(nothing_that_is_stored_shows_whose_it_is) {
    const RedisServer server({.configuration = {"rdbcompression no"}});
    const FixedClock clock(noon);
    const auto store = open(clock, options_for(server));
    sp::Session session = session_with("local-id-of-a-session", {"index-of-a-session"});
    session.name_id = {"name-of-a-principal", "urn:format-of-a-name", "qualifier-of-a-name", {}, {}};
    static_cast<void>(taken(store->admit(session)));
    sp::LogoutOrder order = order_for("request-id", {"index-of-a-session"});
    order.name_id = session.name_id;
    BOOST_TEST(begun_at(*store, order) == "local-id-of-a-session");
    sp::KeptRequest request = request_of("id-of-our-request");
    request.order.name_id = session.name_id;
    request.reason = "urn:reason-of-a-request";
    BOOST_TEST(store->keep_request(request).has_value());
    server.ask({"SAVE"});
    const std::string stored = contents(server.directory() / "dump.rdb");
    BOOST_TEST(stored.find("sessions") != std::string::npos);
    for (const std::string& secret :
         {session.id.str(), session.idp.str(), session.sp.str(), session.name_id.value, *session.name_id.format,
          *session.name_id.name_qualifier, session.session_indexes.front().str(), order.key.request_id.str(),
          request.order.key.request_id.str(), request.reason}) {
        BOOST_TEST(stored.find(secret) == std::string::npos, secret);
    }
}

BOOST_AUTO_TEST_CASE(a_rotated_key_opens_its_records_and_a_dropped_one_is_reported) {
    const FixedClock clock(noon);
    auto options = options_for(shared_server());
    static_cast<void>(taken(open(clock, options)->admit(session_of("s"))));
    const std::string new_key(32, 'n');
    options.keys.sealing_keys = {new_key, sealing_key};
    BOOST_TEST(is_alive(*open(clock, options), "s"));
    options.keys.sealing_keys = {new_key};
    const auto found = open(clock, options)->find(session_of("s").id);
    BOOST_TEST_REQUIRE(!found.has_value());
    BOOST_TEST((found.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(found.error().detail == "a record of the store is sealed under another key, or was changed");
}

BOOST_AUTO_TEST_CASE(another_deployment_under_the_same_prefix_is_refused) {
    const FixedClock clock(noon);
    auto options = options_for(shared_server());
    static_cast<void>(open(clock, options));
    options.keys.index_key = std::string(32, 'x');
    BOOST_TEST(why_unusable(options).starts_with("another deployment's sessions are under this prefix"));
}

BOOST_AUTO_TEST_CASE(a_server_that_may_evict_logouts_is_refused) {
    for (const char* policy : {"allkeys-lru", "volatile-ttl"}) {
        const RedisServer server({.configuration = {std::string("maxmemory-policy ") + policy}});
        BOOST_TEST(why_unusable(options_for(server)).ends_with("set maxmemory-policy noeviction"));
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_forgets_in_a_restart_is_noted) {
    const FixedClock clock(noon);
    BOOST_TEST(open(clock, options_for(shared_server()))->notes().size() == 1u);
    const RedisServer durable({.configuration = {"appendonly yes"}});
    BOOST_TEST(open(clock, options_for(durable))->notes().empty());
}

BOOST_AUTO_TEST_CASE(a_server_whose_clock_is_not_ours_is_counted) {
    const sp::SystemClock right;
    const auto store = open(right, options_for(shared_server()));
    BOOST_TEST(store->sweep_some() == 0u);
    BOOST_TEST(store->health().clock_differences == 0u);
    BOOST_TEST(store->health().clock_leaps == 0u);
    const FixedClock wrong(right.now() + 1h);
    BOOST_TEST(open(wrong, options_for(shared_server()))->health().clock_differences == 1u);
}

BOOST_AUTO_TEST_CASE(keys_that_are_none_and_servers_that_are_none_are_refused) {
    auto options = options_for(shared_server());
    options.keys.index_key = "short";
    BOOST_TEST(why_unusable(options) == "the store's keys: a store's keys have 32 octets");
    options = options_for(shared_server());
    options.servers.addresses = {"unix:/nowhere/at/all"};
    options.servers.deadline = 100ms;
    BOOST_TEST(!why_unusable(options).empty());
}

BOOST_AUTO_TEST_CASE(every_node_hears_of_each_session_that_ends) {
    const FixedClock clock(noon);
    auto options = options_for(shared_server());
    const auto a = open(clock, options);
    const auto ear = std::make_shared<Ear>();
    options.listener = ear;
    const auto b = open(clock, options);
    await("the subscription", [&] { return ear->gaps() > 0; });
    for (const char* id : {"s1", "s2"}) static_cast<void>(taken(a->admit(session_of(id))));
    static_cast<void>(taken(a->admit(session_with("other", {"i9"}))));
    static_cast<void>(begun_at(*a, order_for("r", {"i1"})));
    await("both sessions", [&] { return ear->ended().size() >= 2; });
    BOOST_TEST((ear->ended() == std::vector<std::string>{"s1", "s2"}));
}

BOOST_AUTO_TEST_CASE(a_full_server_refuses_and_forgets_neither_session_nor_logout) {
    const RedisServer server({.configuration = {"maxmemory 8mb"}});
    FixedClock clock(noon);
    const auto store = open(clock, options_for(server));
    static_cast<void>(taken(store->admit(session_with("gone", {"i0"}))));
    static_cast<void>(begun_at(*store, order_for("r0", {"i0"})));
    static_cast<void>(begun_at(*store, order_for("of-nobody", {"i9"})));
    BOOST_TEST(store->keep_request(request_of("kept")).has_value());
    int admitted = 0;
    Result<sp::Admission> admission = sp::Admission::admitted;
    while (admission && admitted < 100'000) {
        sp::Session session = session_of("s" + std::to_string(admitted));
        session.name_id.value = "P" + std::to_string(admitted);
        admission = store->admit(session);
        if (admission) ++admitted;
    }
    BOOST_TEST_REQUIRE(!admission.has_value());
    BOOST_TEST((admission.error().code == sp::StoreErrc::store_full));
    BOOST_TEST(admitted > 100);
    for (int i = 0; i < admitted; ++i) BOOST_TEST_REQUIRE(is_alive(*store, "s" + std::to_string(i)));
    BOOST_TEST(!is_alive(*store, "gone"));

    // The memory that a server takes for itself varies; this is less than any has.
    server.ask({"CONFIG", "SET", "maxmemory", "1mb"});
    const auto begun = begin_logout(*store, order_for_all("r1"));
    BOOST_TEST_REQUIRE(!begun.has_value());
    BOOST_TEST((begun.error().code == sp::StoreErrc::store_full));
    // A logout that starts here is recorded all the same.
    sp::LogoutOrder ours = order_for_all("u1");
    ours.name_id.value = "P0";
    ours.origin = sp::LogoutOrigin::here;
    BOOST_TEST(begun_at(*store, ours) == "s0");
    BOOST_TEST(!is_alive(*store, "s0"));
    const sp::LogoutOutcome one{.ended = 1, .already_gone = 0, .failed = 0};
    BOOST_TEST((taken(complete_logout(*store, ours.key, one, {session_of("s0").id})) == one));
    BOOST_TEST((begin_logout(*store, order_for_all("r1")).error().code == sp::StoreErrc::store_full));
    // A logout that has begun can be finished, or there would never be room again.
    const sp::LogoutKey unfinished = order_for_all("r0").key;
    BOOST_TEST(ids_of(taken(store->resume_logout(unfinished, claim_of(unfinished))).ending) == "gone");
    BOOST_TEST(complete_logout(*store, order_for_all("of-nobody").key, {}, {}).has_value());
    BOOST_TEST((store->keep_request(request_of("another")).error().code == sp::StoreErrc::store_full));
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1min, 9)).size() == 1u);
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1min, 9)).empty());
    BOOST_TEST(store->drop_request(request_of("kept").order.key).has_value());
    const sp::LogoutOutcome ended{.ended = 1, .already_gone = 0, .failed = 0};
    BOOST_TEST((taken(complete_logout(*store, order_for_all("r0").key, ended, {session_of("gone").id})) == ended));

    server.ask({"CONFIG", "SET", "maxmemory", "0"});
    BOOST_TEST((taken(store->admit(session_with("late", {"i0"}))) == sp::Admission::refused_by_logout));
    BOOST_TEST(taken(store->unfinished_logouts()).empty());
    BOOST_TEST(begun_at(*store, order_for_all("r1")) == "");
}

BOOST_AUTO_TEST_CASE(a_killed_server_is_neither_alive_nor_dead_and_comes_back_with_all_it_acknowledged) {
    RedisServer server({.configuration = {"appendonly yes", "appendfsync always"}});
    const FixedClock clock(noon);
    const auto options = options_for(server);
    const auto store = open(clock, options);
    const auto impatient = open_impatient(clock, options);
    for (const char* id : {"dead", "alive"}) static_cast<void>(taken(store->admit(session_with(id, {id}))));
    static_cast<void>(begun_at(*store, order_for("r", {"dead"})));
    for (const char* id : {"kept", "taken", "dropped"}) BOOST_TEST(store->keep_request(request_of(id)).has_value());
    BOOST_TEST(store->drop_request(request_of("dropped").order.key).has_value());
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1min, 1)).size() == 1u);
    server.kill();
    const auto found = impatient->find(session_of("alive").id);
    BOOST_TEST_REQUIRE(!found.has_value());
    BOOST_TEST((found.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((begin_logout(*impatient, order_for_all("r2")).error().code == sp::StoreErrc::store_failed));

    server.start();
    await("the reconnection", [&] { return impatient->find(session_of("alive").id).has_value(); });
    BOOST_TEST(is_alive(*store, "alive"));
    BOOST_TEST(!is_alive(*store, "dead"));
    BOOST_TEST((taken(store->admit(session_with("late", {"dead"}))) == sp::Admission::refused_by_logout));
    BOOST_TEST(begun_at(*store, order_for("r", {"dead"})) == "repeated: dead");
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1h, 9)).size() == 1u);
    BOOST_TEST(taken(store->take_due_requests(noon + 1min, noon + 1h, 9)).size() == 1u);
    BOOST_TEST(store->health().reconnects > 0u);
}

// Places lie in slots of their own, so another server may have lost one.
BOOST_AUTO_TEST_CASE(after_a_place_is_lost_no_login_takes_a_live_session_over_and_no_ending_one_comes_back) {
    const RedisServer server;
    const FixedClock clock(noon);
    const auto store = open(clock, options_for(server, "p"));
    const auto lose_the_place = [&server] {
        std::istringstream keys(server.ask({"KEYS", "p:session:*"}));
        for (std::string key; keys >> key;) server.ask({"DEL", key});
    };
    static_cast<void>(taken(store->admit(session_of("s"))));
    lose_the_place();
    const auto admission = store->admit(session_with("s", {"i2"}));
    BOOST_TEST_REQUIRE(!admission.has_value());
    BOOST_TEST((admission.error().code == sp::StoreErrc::session_id_taken));
    BOOST_TEST((taken(store->admit(session_of("s"))) == sp::Admission::admitted));
    BOOST_TEST(is_alive(*store, "s"));

    sp::Session newer = session_of("newer");
    newer.authn_instant = noon + 1s;
    static_cast<void>(taken(store->admit(newer)));
    static_cast<void>(begun_at(*store, order_for_all("r")));
    lose_the_place();
    BOOST_TEST((taken(store->admit(newer)) == sp::Admission::refused_by_logout));
    BOOST_TEST(!is_alive(*store, "newer"));
}

// The server removes expired records, but none that a logout waits for: only the application's report removes those.
BOOST_AUTO_TEST_CASE(the_server_drops_expired_records_in_time_and_none_that_a_logout_waits_for) {
    const RedisServer server;
    const FixedClock clock(noon);
    const auto store = open(clock, options_for(server, "p"));
    const auto kept_for_ever = [&server] {
        std::istringstream keys(server.ask({"KEYS", "p:*"}));
        std::vector<std::string> kept;
        for (std::string key; keys >> key;) {
            const auto colon = key.find_first_of(":", 2);
            if (server.ask({"PTTL", key}) == "-1") kept.push_back(colon == key.npos ? key : key.substr(colon));
        }
        std::ranges::sort(kept);
        return kept;
    };
    for (const char* id : {"s1", "s2"}) static_cast<void>(taken(store->admit(session_with(id, {id}))));
    BOOST_TEST((kept_for_ever() == std::vector<std::string>{"p:deployment"}));
    static_cast<void>(begun_at(*store, order_for("r", {"s1"})));
    BOOST_TEST(kept_for_ever().size() == 5u);  // besides: the sessions, the logout, its place, the journal
    static_cast<void>(taken(complete_logout(*store, order_for("r", {"s1"}).key, {.ended = 1}, {session_of("s1").id})));
    BOOST_TEST((kept_for_ever() == std::vector<std::string>{"p:deployment"}));
    BOOST_TEST(store->keep_request(request_of("kept")).has_value());
    BOOST_TEST((kept_for_ever() == std::vector<std::string>{"p:deployment"}));
    BOOST_TEST(taken(store->take_due_requests(noon, noon + 1min, 9)).size() == 1u);
    BOOST_TEST((kept_for_ever() == std::vector<std::string>{"p:deployment"}));
}

// Only one of them may have it, or a logout of the other's principal would miss a session that is found.
BOOST_AUTO_TEST_CASE(of_many_principals_who_take_one_local_id_exactly_one_gets_it) {
    const FixedClock clock(noon);
    const auto options = options_for(shared_server());
    const auto a = open(clock, options);
    const auto b = open(clock, options);
    constexpr int callers = 16;
    for (int round = 0; round < 20; ++round) {
        std::latch start(callers);
        std::atomic<int> admitted = 0;
        std::atomic<int> taken_ids = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < callers; ++i) {
            threads.emplace_back([&, i] {
                sp::Session session = session_of("id" + std::to_string(round));
                session.name_id.value = "N" + std::to_string(i);
                start.arrive_and_wait();
                const auto admission = (i % 2 == 0 ? a : b)->admit(session);
                if (admission) ++admitted;
                if (!admission && admission.error().code == sp::StoreErrc::session_id_taken) ++taken_ids;
            });
        }
        threads.clear();
        BOOST_TEST(admitted == 1);
        // Another may give up in the crowd: what counts is that no two are admitted.
        BOOST_TEST(taken_ids > 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
