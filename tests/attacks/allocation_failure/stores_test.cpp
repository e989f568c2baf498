// The three engines with too little memory (MEM-15): an operation is done or refused, and then works.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "every_allocation.hpp"
#include "redis_server.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/memory_flow_store.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/redis_flow_store.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "slo/sp/sqlite_flow_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace slo::test;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;
namespace saml = slo::saml;
namespace sp = slo::sp;

constexpr Failing both_ways[] = {Failing::the_nth, Failing::from_the_nth};

/// Is told of sessions that end, so that the store listens.
class Listener final : public sp::SessionEndedListener {
public:
    void session_ended(const sp::LocalSessionID&) noexcept override {}
    void may_have_missed() noexcept override {}
};

std::unique_ptr<sp::SessionStore> memory_store(const sp::Clock& clock, const TemporaryFolder&) {
    return std::make_unique<sp::MemorySessionStore>(clock, saml::KeyedDigest::with_key("0123456789abcdef").value());
}
std::unique_ptr<sp::SessionStore> sqlite_store(const sp::Clock& clock, const TemporaryFolder& folder) {
    return sp::SqliteSessionStore::open(clock, {.folder = folder.path() / "store"}).value();
}
const RedisServer& shared_server() {
    static const RedisServer server;
    return server;
}
std::unique_ptr<sp::SessionStore> redis_store(const sp::Clock& clock, const TemporaryFolder& folder) {
    const RedisServer& server = shared_server();
    server.ask({"FLUSHALL"});
    return sp::RedisSessionStore::open(
               clock, {.servers = {.addresses = {server.address()}, .deadline = 10s},
                       .keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}},
                       .prefix = folder.path().filename().string(),  // a deployment for each test
                       .listener = std::make_shared<Listener>()})
        .value();
}

struct Engine {
    const char* name;
    std::function<std::unique_ptr<sp::SessionStore>(const sp::Clock&, const TemporaryFolder&)> make;
};
std::ostream& operator<<(std::ostream& out, const Engine& engine) {
    return out << engine.name;
}
const std::vector<Engine> engines = {{"memory", memory_store}, {"sqlite", sqlite_store}, {"redis", redis_store}};

/// One user after the other, each with one session. What the store is given is made before memory runs short.
class Users {
public:
    explicit Users(const Engine& engine) : store_(engine.make(clock_, folder_)) { next(); }

    void next() {
        const std::string name = std::to_string(++number_);
        session = session_with("S" + name, {"_an-index-of-its-own-" + name});
        session.name_id.value = "N" + name;
        order = order_for_all("_r" + name);
        order.name_id = session.name_id;
        naming = order.naming();
        claim = {{7, number_}, noon + 1min};
        report = {.round = claim.round, .ended = 1, .gone = {session.id}};
    }
    void login() { BOOST_TEST_REQUIRE((store().admit(session).value() == sp::Admission::admitted)); }
    void begin() { BOOST_TEST_REQUIRE(store().begin_logout(order, claim).has_value()); }
    void keep() { BOOST_TEST_REQUIRE(store().keep_request(kept).has_value()); }

    [[nodiscard]] sp::SessionStore& store() { return *store_; }
    [[nodiscard]] bool is_alive() { return store().find(session.id).value().has_value(); }
    [[nodiscard]] bool would_admit_another() {
        sp::Session another = session;
        another.id = session_of("another").id;
        return store().would_admit(another).value() == sp::Admission::admitted;
    }
    /// The end of every logout: the session is gone, and stays gone.
    void log_out() {
        begin();
        BOOST_TEST(store().complete_logout(order.key, report).value().complete());
        BOOST_TEST(!is_alive());
        BOOST_TEST((store().admit(session).value() == sp::Admission::refused_by_logout));
    }
    [[nodiscard]] std::size_t due_at(slo::Instant now) {
        return store().take_due_requests(now, now + 1min, 10).value().size();
    }

    sp::Session session = session_of("S");
    sp::LogoutOrder order = order_for_all("_r");
    sp::SessionNaming naming = order.naming();
    sp::RoundClaim claim;
    sp::RoundReport report;
    const sp::KeptRequest kept = request_of("_kept");

private:
    FixedClock clock_{noon};
    TemporaryFolder folder_;
    std::unique_ptr<sp::SessionStore> store_;
    std::size_t number_ = 0;
};

struct Operation {
    const char* name;
    std::function<void(Users&)> before;
    std::function<slo::Result<void>(Users&)> act;
    std::function<void(Users&)> after;
    std::size_t most = 1000;  ///< allocations; the walk through all keys has more of them with each user
};

template <class T>
slo::Result<void> without_value(const slo::Result<T>& result) {
    if (!result) return result.error();
    return slo::Done{};
}

void login(Users& users) {
    users.login();
}
void login_and_begin(Users& users) {
    users.login();
    users.begin();
}
void login_and_keep(Users& users) {
    users.login();
    users.keep();
}
void expect_life_and_log_out(Users& users) {
    BOOST_TEST(users.is_alive());
    users.log_out();
}
void log_out(Users& users) {
    users.log_out();
}
/// A logout that was refused hasn't begun: it ends nothing, bars no login, and isn't there to be recovered.
void expect_all_or_nothing_and_log_out(Users& users) {
    const bool has_begun = !users.is_alive();
    BOOST_TEST(users.would_admit_another() != has_begun);
    BOOST_TEST(users.store().unfinished_logouts().value().size() == (has_begun ? 1U : 0U));
    users.log_out();
}

const std::vector<Operation> operations = {
    {"admit", [](Users&) {}, [](Users& users) { return without_value(users.store().admit(users.session)); },
     [](Users& users) {
         users.login();
         expect_life_and_log_out(users);
     }},
    {"would_admit", login, [](Users& users) { return without_value(users.store().would_admit(users.session)); },
     expect_life_and_log_out},
    {"find", login, [](Users& users) { return without_value(users.store().find(users.session.id)); },
     expect_life_and_log_out},
    {"begin_logout", login,
     [](Users& users) { return without_value(users.store().begin_logout(users.order, users.claim)); },
     expect_all_or_nothing_and_log_out},
    {"resume_logout", login_and_begin,
     [](Users& users) { return without_value(users.store().resume_logout(users.order.key, users.claim)); }, log_out},
    {"complete_logout", login_and_begin,
     [](Users& users) { return without_value(users.store().complete_logout(users.order.key, users.report)); }, log_out},
    {"unfinished_logouts", login_and_begin,
     [](Users& users) { return without_value(users.store().unfinished_logouts()); }, log_out},
    {"named_by", login, [](Users& users) { return without_value(users.store().named_by(users.naming)); },
     expect_life_and_log_out},
    {"near_misses", login, [](Users& users) { return without_value(users.store().near_misses(users.order)); },
     expect_life_and_log_out},
    {"sessions_of", login,
     [](Users& users) { return without_value(users.store().sessions_of(users.session.idp, {}, 10)); },
     expect_life_and_log_out, 150},
    {"idps_of_sessions", login, [](Users& users) { return without_value(users.store().idps_of_sessions()); },
     expect_life_and_log_out},
    {"keep_request", login, [](Users& users) { return users.store().keep_request(users.kept); },
     [](Users& users) {
         users.keep();
         BOOST_TEST(users.due_at(noon) == 1U);
         users.log_out();
     }},
    {"take_due_requests", login_and_keep,
     [](Users& users) { return without_value(users.store().take_due_requests(noon, noon + 1min, 10)); },
     [](Users& users) {
         BOOST_TEST(users.due_at(noon + 2min) == 1U);  // requests whose answer was lost are due again after their time
         users.log_out();
     }},
    {"drop_request", login_and_keep, [](Users& users) { return users.store().drop_request(users.kept.order.key); },
     [](Users& users) {
         BOOST_TEST(users.store().drop_request(users.kept.order.key).has_value());
         BOOST_TEST(users.due_at(noon) == 0U);
         users.log_out();
     }},
    {"sweep_some", login,
     [](Users& users) -> slo::Result<void> {
         static_cast<void>(users.store().sweep_some());
         return slo::Done{};
     },
     expect_life_and_log_out},
};

using MakeFlows = std::unique_ptr<sp::FlowStore> (*)(const sp::Clock&, const TemporaryFolder&);
const std::vector<MakeFlows> flow_engines = {
    [](const sp::Clock& clock, const TemporaryFolder&) -> std::unique_ptr<sp::FlowStore> {
        return std::make_unique<sp::MemoryFlowStore>(clock, saml::KeyedDigest::with_key("0123456789abcdef").value());
    },
    [](const sp::Clock& clock, const TemporaryFolder& folder) -> std::unique_ptr<sp::FlowStore> {
        const auto digest = saml::KeyedDigest::with_key("0123456789abcdef").value();
        return sp::SqliteFlowStore::open(clock, digest, {.folder = folder.path() / "store"}).value();
    },
    [](const sp::Clock& clock, const TemporaryFolder& folder) -> std::unique_ptr<sp::FlowStore> {
        return sp::RedisFlowStore::open(
                   clock, {.servers = {.addresses = {shared_server().address()}, .deadline = 10s},
                           .keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}},
                           .prefix = folder.path().filename().string()})
            .value();
    },
};

/// One sign-on after the other.
class SignOns {
public:
    explicit SignOns(MakeFlows make) : store_(make(clock_, folder_)) { next(); }

    void next() {
        const std::string number = std::to_string(++number_);
        handle = parsed<sp::FlowHandle>(std::string(40 - number.size(), '0') + number);
        assertion = parsed<saml::MessageID>("_" + number);
        firsts_ = 0;
        has_failed_ = false;
    }
    [[nodiscard]] sp::FlowStore& store() { return *store_; }
    slo::Result<void> keep() { return store().keep(handle, record, until); }
    slo::Result<void> claim() {
        const auto use = store().claim(idp_id, assertion, until);
        if (use && *use == sp::AssertionUse::first) ++firsts_;
        if (!use) has_failed_ = true;
        return without_value(use);
    }
    /// The answer of a claim that failed may have been the one that said so.
    [[nodiscard]] bool is_used_once() const { return firsts_ == 1 || (firsts_ == 0 && has_failed_); }

    const std::string record = std::string(600, 'r');
    const slo::Instant until = noon + 10min;
    sp::FlowHandle handle = parsed<sp::FlowHandle>(std::string(40, '0'));
    saml::MessageID assertion = parsed<saml::MessageID>("_0");

private:
    FixedClock clock_{noon};
    TemporaryFolder folder_;
    std::unique_ptr<sp::FlowStore> store_;
    std::size_t number_ = 0;
    int firsts_ = 0;
    bool has_failed_ = false;
};

struct Step {
    const char* name;
    slo::Result<void> (*act)(SignOns&);
    void (*after)(SignOns&);
};
void expect_one_use(SignOns& flow) {
    BOOST_TEST(flow.keep().has_value());
    BOOST_TEST(flow.claim().has_value());
    BOOST_TEST(flow.claim().has_value());
    BOOST_TEST(flow.is_used_once());
    BOOST_TEST((flow.store().take(flow.handle).value() == flow.record));
    BOOST_TEST(!flow.store().peek(flow.handle).value().has_value());
}
const Step steps[] = {
    {"keep", [](SignOns& flow) { return flow.keep(); }, expect_one_use},
    {"claim", [](SignOns& flow) { return flow.claim(); }, expect_one_use},
    {"peek", [](SignOns& flow) { return without_value(flow.store().peek(flow.handle)); }, expect_one_use},
    {"take", [](SignOns& flow) { return without_value(flow.store().take(flow.handle)); }, expect_one_use},
    {"forget_expired",
     [](SignOns& flow) -> slo::Result<void> {
         static_cast<void>(flow.store().forget_expired());
         return slo::Done{};
     },
     expect_one_use},
};

std::string outcome(const slo::Result<void>& result) {
    return result ? "done" : result.error().code.message();
}

/// `attempt(users, operation, n)` says whether there was too little memory.
template <class Attempt>
void with_every_operation(const Engine& engine, Attempt attempt) {
    for (const Operation& operation : operations) {
        Users users(engine);
        bool was_short = true;
        for (std::size_t n = 1; was_short && n <= operation.most; ++n) {
            BOOST_TEST_CONTEXT(operation.name << ", allocation " << n) {
                users.next();
                operation.before(users);
                was_short = attempt(users, operation, n);
                operation.after(users);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_DATA_TEST_CASE(an_operation_of_a_store_is_done_or_refused_and_then_works, data::make(engines), engine) {
    for (const Failing failing : both_ways) {
        with_every_operation(engine, [&](Users& users, const Operation& operation, std::size_t n) {
            const ShortRun run = with_shortage(failing, n, [&] { return outcome(operation.act(users)); });
            BOOST_TEST((run.said == "done" || run.said == "store.failed"), run.said);
            BOOST_TEST(run.left_clean);
            return run.was_short;
        });
    }
}

BOOST_DATA_TEST_CASE(a_flow_store_without_memory_refuses_and_lets_an_assertion_be_used_once, data::xrange(3), engine) {
    for (const Failing failing : both_ways) {
        for (const Step& step : steps) {
            SignOns flow(flow_engines[static_cast<std::size_t>(engine)]);
            bool was_short = true;
            for (std::size_t n = 1; was_short && n <= 1000; ++n) {
                BOOST_TEST_CONTEXT(step.name << ", allocation " << n) {
                    flow.next();
                    if (n % 2 == 0) BOOST_TEST(flow.keep().has_value());
                    const ShortRun run = with_shortage(failing, n, [&] { return outcome(step.act(flow)); });
                    BOOST_TEST((run.said == "done" || run.said == "store.failed"), run.said);
                    BOOST_TEST(run.left_clean);
                    was_short = run.was_short;
                    step.after(flow);
                }
            }
        }
    }
}

// The thread in which the client of Redis speaks with its servers.
BOOST_AUTO_TEST_CASE(a_client_of_redis_without_memory_refuses_a_request_and_then_works) {
    for (const std::size_t count : {1, 20}) {
        with_every_operation(engines.back(), [&](Users& users, const Operation& operation, std::size_t n) {
            const ShortageElsewhere shortage(n, count);
            const std::string said = outcome(operation.act(users));
            BOOST_TEST((said == "done" || said == "store.failed"), said);
            return ShortageElsewhere::has_hit();
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
