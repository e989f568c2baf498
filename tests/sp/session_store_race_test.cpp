// Logins and logouts of one principal at once: no survivor, no wrong refusal (Core 3.7.3.1 l.2598-2616).
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <mutex>
#include <thread>

#include "redis_server.hpp"
#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

constexpr int login_threads = 4;
constexpr int logout_threads = 4;
constexpr std::int64_t index_count = 3;
constexpr std::size_t no_cap = 1'000'000;  // all are one user's, and on a busy machine the logouts may lag behind

using Tick = std::int64_t;

Instant instant_of(Tick tick) {
    return noon + std::chrono::milliseconds(tick);
}

struct Login {
    std::string id;
    Tick authn_instant = 0;
    Tick answered = 0;
    std::int64_t index = 0;
    bool admitted = false;
};

struct Logout {
    Tick as_of = 0;
    std::int64_t index = 0;  // index_count: all

    [[nodiscard]] bool covers(const Login& login) const {
        return (index == index_count || index == login.index) && login.authn_instant <= as_of;
    }
};

std::string index_text(std::int64_t index) {
    return "i" + std::to_string(index);
}

// Race runs one store under all threads. The IdP's clock ticks at each of its acts, so that no two share an instant.
class Race {
public:
    Race(sp::SessionStore& store, int operations_per_thread)
        : store_(store), operations_per_thread_(operations_per_thread) {}

    void run() {
        std::vector<std::thread> threads;
        for (int i = 0; i < login_threads; ++i) threads.emplace_back([this, i] { log_in(i); });
        for (int i = 0; i < logout_threads; ++i) threads.emplace_back([this, i] { log_out(i); });
        for (std::thread& thread : threads) thread.join();
    }

    [[nodiscard]] bool is_alive(const std::string& id) {
        return store_.find(parsed<sp::LocalSessionID>(id)).value().has_value();
    }

    [[nodiscard]] bool admits_one_more() {
        sp::Session session = session_with("the last", {"i0"});
        session.authn_instant = instant_of(idp_clock_++);
        return store_.admit(session).value() == sp::Admission::admitted && is_alive("the last");
    }

    std::array<std::vector<Login>, login_threads> logins;
    std::array<std::vector<Logout>, logout_threads> logouts;
    std::atomic<int> survivors_seen = 0;
    std::atomic<int> failures = 0;

private:
    void log_in(int thread) {
        start_.arrive_and_wait();
        for (int i = 0; i < operations_per_thread_; ++i) {
            Login login{.id = std::to_string(thread) + "." + std::to_string(i), .index = i % index_count};
            login.authn_instant = idp_clock_++;
            sp::Session session = session_with(login.id, {index_text(login.index)});
            session.authn_instant = instant_of(login.authn_instant);
            const auto admission = store_.admit(session);
            login.answered = idp_clock_++;
            if (!admission) ++failures;
            login.admitted = admission && *admission == sp::Admission::admitted;
            remember_last(login);
            // Looked for at once: any later logout would end a survivor and hide it.
            if (login.admitted && is_covered_by_acknowledged(login) && is_alive(login.id)) ++survivors_seen;
            logins[static_cast<std::size_t>(thread)].push_back(std::move(login));
        }
    }

    void log_out(int thread) {
        start_.arrive_and_wait();
        for (int i = 0; i < operations_per_thread_; ++i) {
            const Logout logout{.as_of = idp_clock_++, .index = i % (index_count + 1)};
            sp::LogoutOrder order = order_for_all("r" + std::to_string(thread) + "." + std::to_string(i));
            if (logout.index < index_count) order.session_indexes = indexes({index_text(logout.index)});
            order.as_of = instant_of(logout.as_of);
            const Login before = last();
            const auto begun = begin_logout(store_, order);
            acknowledge(logout);
            if (before.admitted && logout.covers(before) && is_alive(before.id)) ++survivors_seen;
            if (!begun || !complete(order, *begun)) ++failures;
            logouts[static_cast<std::size_t>(thread)].push_back(logout);
        }
    }

    bool complete(const sp::LogoutOrder& order, const sp::BegunLogout& begun) {
        const auto* fresh = std::get_if<sp::FreshLogout>(&begun);
        if (fresh == nullptr) return false;
        std::vector<sp::LocalSessionID> gone;
        for (const sp::Session& session : fresh->ending) gone.push_back(session.id);
        return complete_logout(store_, order.key, {}, gone).has_value();
    }

    void acknowledge(const Logout& logout) {
        for (std::int64_t index = 0; index < index_count; ++index) {
            if (!logout.covers({.id = {}, .index = index})) continue;
            auto& latest = acknowledged_[static_cast<std::size_t>(index)];
            for (Tick known = latest; known < logout.as_of && !latest.compare_exchange_weak(known, logout.as_of);) {
            }
        }
    }

    bool is_covered_by_acknowledged(const Login& login) const {
        return acknowledged_[static_cast<std::size_t>(login.index)] >= login.authn_instant;
    }

    void remember_last(const Login& login) {
        const std::lock_guard lock(last_mutex_);
        last_ = login;
    }
    Login last() {
        const std::lock_guard lock(last_mutex_);
        return last_;
    }

    sp::SessionStore& store_;
    int operations_per_thread_;
    std::atomic<Tick> idp_clock_ = 0;
    // For each index, the latest logout of which a caller has been told.
    std::array<std::atomic<Tick>, index_count> acknowledged_ = {-1, -1, -1};
    std::latch start_{login_threads + logout_threads};
    std::mutex last_mutex_;
    Login last_;
};

// The instants of the logouts that cover sessions of each index, in order.
std::array<std::vector<Tick>, index_count> instants_by_index(const Race& race) {
    std::array<std::vector<Tick>, index_count> instants;
    for (const auto& of_thread : race.logouts) {
        for (const Logout& logout : of_thread) {
            for (std::int64_t index = 0; index < index_count; ++index) {
                if (logout.index != index_count && logout.index != index) continue;
                instants[static_cast<std::size_t>(index)].push_back(logout.as_of);
            }
        }
    }
    for (auto& of_index : instants) std::ranges::sort(of_index);
    return instants;
}

void check_that_no_session_survives_or_is_refused_wrongly(sp::SessionStore& store, int operations_per_thread) {
    Race race(store, operations_per_thread);
    race.run();
    BOOST_TEST(race.failures == 0);
    BOOST_TEST(race.survivors_seen == 0);

    const auto instants = instants_by_index(race);
    int survivors = 0;
    int wrong_refusals = 0;
    int admitted = 0;
    for (const auto& of_thread : race.logins) {
        for (const Login& login : of_thread) {
            const auto& of_index = instants[static_cast<std::size_t>(login.index)];
            const auto covering = std::ranges::lower_bound(of_index, login.authn_instant);
            admitted += login.admitted ? 1 : 0;
            if (login.admitted && covering != of_index.end() && race.is_alive(login.id)) ++survivors;
            // A refusal needs a logout that was issued after the login and before the answer to it.
            const bool was_forbidden = covering != of_index.end() && *covering < login.answered;
            if (!login.admitted && !was_forbidden) ++wrong_refusals;
        }
    }
    BOOST_TEST(survivors == 0);
    BOOST_TEST(wrong_refusals == 0);
    BOOST_TEST(admitted > 0);
    BOOST_TEST(race.admits_one_more());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(session_store_race)

BOOST_AUTO_TEST_CASE(no_session_survives_and_no_login_is_refused_wrongly) {
    const FixedClock clock(noon);
    sp::MemorySessionStore store(clock, taken(saml::KeyedDigest::with_random_key()),
                                 {.max_sessions_per_principal = no_cap});
    check_that_no_session_survives_or_is_refused_wrongly(store, 12'500);  // 100,000 in all
}

BOOST_AUTO_TEST_CASE(of_the_sqlite_engine_no_session_survives_and_no_login_is_refused_wrongly) {
    const FixedClock clock(noon);
    const TemporaryFolder folder;
    const auto store = open_store(
        clock, folder.path(),
        {.max_logout_records = 20'000, .max_logout_records_per_idp = 20'000, .max_sessions_per_principal = no_cap});
    check_that_no_session_survives_or_is_refused_wrongly(*store, 2'500);
}

BOOST_AUTO_TEST_CASE(of_the_redis_engine_no_session_survives_and_no_login_is_refused_wrongly) {
    const FixedClock clock(noon);
    const RedisServer server;
    sp::RedisSessionStoreOptions options;
    options.servers.addresses = {server.address()};
    options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
    const auto store = taken(sp::RedisSessionStore::open(clock, options));
    check_that_no_session_survives_or_is_refused_wrongly(*store, 1'250);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
