// saml-slod with a store that outlives it, under everything that it does to its own process.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <thread>

#include "audit_line.hpp"
#include "clock_alarms.hpp"
#include "localhost.hpp"
#include "process.hpp"
#include "redis_server.hpp"
#include "replica_shortfalls.hpp"
#include "rounds.hpp"
#include "site.hpp"
#include "slo/sp/sqlite_session_store.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;
using test::is_root;
using test::now;
using test::patience;
using test::statuses;
namespace fs = std::filesystem;

std::optional<test::AuditLine> told(const std::optional<sp::AuditEntry>& entry) {
    if (!entry) return std::nullopt;
    return test::line_of(*entry);
}

class StoreSite : public test::Site {
public:
    void keep_in(const std::string& lines) {
        store = lines;
        configure("127.0.0.1", port, local_port);
        // The serving user must get to the parent folder, which mkdtemp() made for us alone.
        fs::permissions(folder, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
        become_nobody();
    }
    void keep_in_a_folder() { keep_in("engine = \"sqlite\"\n"); }
    void keep_at(const std::string& address, const std::string& lines = "") {
        keep_in("engine = \"redis\"\n[store.redis]\nservers = \"" + address + "\"\ndeadline = \"2s\"\n" + lines);
    }
    static void expect_confined(pid_t process) {
        for (const std::string& status : statuses(process)) {
            if (!daemon::instrumented) BOOST_TEST((status.find("Seccomp:\t2\n") != std::string::npos), status);
        }
    }
    void log_alice_out(const examples::SentLogout& order) const {
        const auto answer = post(order.body);
        BOOST_REQUIRE(answer.has_value());
        expect_success(answer->body, order);
    }
    /// As an IdP does that is told to come again.
    void insist_on_logging_alice_out(const examples::SentLogout& order) const {
        const auto end = std::chrono::steady_clock::now() + patience;
        auto answer = post(order.body);
        while (answer && answer->body.find("status:Responder") != std::string::npos &&
               std::chrono::steady_clock::now() < end) {
            answer = post(order.body);
        }
        BOOST_REQUIRE(answer.has_value());
        expect_success(answer->body, order);
    }
    /// The next line with `part` in it.
    static std::string line_with(std::string_view part, examples::ChildProcess& process) {
        std::string line = next_line(process);
        while (line.find(part) == std::string::npos && line != "nothing") line = next_line(process);
        return line;
    }
    /// Until the store answers again.
    void wait_for_the_store() const {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (ask_for("c1") == 503 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    }
};

test::RedisServerOptions durable() {
    return {.configuration = {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"}, .tcp = true};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_endpoint, StoreSite)

BOOST_AUTO_TEST_CASE(with_sqlite_a_crash_revives_no_session_and_loses_none) {
    keep_in_a_folder();
    std::optional<examples::SentLogout> order;
    {
        auto process = open();
        order = sign_in_and_order_logout();
        BOOST_TEST(sign_in("c2", "bob") == 201);
        log_alice_out(*order);
        expect_confined(process.id());
    }  // kill -9
    auto process = open();
    BOOST_TEST(ask_for("c1") == 404);
    BOOST_TEST(ask_for("c2") == 200);
    log_alice_out(*order);
    BOOST_TEST((next_line(process).find(R"("event":"repeat")") != std::string::npos));
    BOOST_TEST(sign_in("c3", "alice", order->issue_instant - 1min) == 409);
    BOOST_TEST(sign_in("c4", "bob", order->issue_instant - 1min) == 201);
    BOOST_TEST(process.stop(patience) == 0);

    auto orderly = open();  // and once more, after an orderly end
    BOOST_TEST(ask_for("c1") == 404);
    BOOST_TEST(ask_for("c4") == 200);
    BOOST_TEST(orderly.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(the_folder_is_for_its_user_alone) {
    keep_in_a_folder();
    auto process = open();
    for (const char* name : {"sessions", "sessions/sessions.db"}) {
        struct stat status {};
        BOOST_REQUIRE(::stat((folder / name).c_str(), &status) == 0);
        BOOST_TEST((status.st_mode & 077U) == 0U);
        if (is_root()) BOOST_TEST(status.st_uid == 65534U);
    }
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_taken_away_makes_it_confirm_nothing_until_it_is_back) {
    keep_in_a_folder();
    auto process = open();
    const auto order = sign_in_and_order_logout();
    expect_confined(process.id());
    for (const char* name : {"sessions", "sessions/sessions.db", "sessions/sessions.db-wal"}) {
        fs::rename(folder / name, folder / "elsewhere");
        BOOST_TEST(ask_for("c1") == 503, name);
        BOOST_TEST(sign_in("c2", "bob") == 503, name);
        const auto refused = post(order.body);
        BOOST_REQUIRE(refused.has_value());
        BOOST_TEST((refused->body.find("status:Responder") != std::string::npos), name);
        BOOST_TEST((refused->body.find("status:Success") == std::string::npos), name);
        const std::string line = line_with(R"("rule":"store.failed","detail":")", process);
        BOOST_TEST((line.find("can't be found any more") != std::string::npos), line);
        fs::rename(folder / "elsewhere", folder / name);
    }
    log_alice_out(order);
    fs::remove(folder / "sessions/sessions.db");
    BOOST_TEST(ask_for("c1") == 503);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(finishes_at_the_start_a_logout_that_a_crash_left_unfinished) {
    store = "engine = \"sqlite\"\n";
    configure("127.0.0.1", port, local_port);
    {
        const sp::SystemClock clock;
        const auto left = sp::SqliteSessionStore::open(clock, {.folder = folder / "sessions"});
        BOOST_REQUIRE(left.has_value());
        const auto entity = *saml::EntityID::parse("https://sp.example.org/saml");
        BOOST_REQUIRE((*left)->admit({.id = *sp::LocalSessionID::parse("c1"),
                                      .idp = idp.entity_id(),
                                      .sp = entity,
                                      .name_id = examples::persistent_name("alice"),
                                      .session_indexes = {},
                                      .authn_instant = now() - 1min,
                                      .expires = now() + 1h}));
        BOOST_REQUIRE(test::begin_logout(**left, {.key = {idp.entity_id(), *saml::MessageID::parse("_r1")},
                                                  .sp = entity,
                                                  .name_id = examples::persistent_name("alice"),
                                                  .session_indexes = {},
                                                  .as_of = now(),
                                                  .keep_until = now() + 1h}));
    }
    auto process = open();
    BOOST_TEST(ask_for("c1") == 404);
    const std::string line = next_line(process);
    BOOST_TEST((line.find(R"("event":"recover")") != std::string::npos), line);
    BOOST_TEST((line.find(R"("request_id":"_r1")") != std::string::npos), line);
    BOOST_TEST((line.find(R"("ended":1)") != std::string::npos), line);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(starts_with_no_store_that_it_cannot_use_and_says_how_to_mend_it) {
    store = "engine = \"sqlite\"\nfolder = \"no/such/sessions\"\n";
    configure("127.0.0.1", port, local_port);
    expect_refusal(start_configured(), "can't make the folder", "make it yourself");

    store = "engine = \"sqlite\"\n";
    configure("127.0.0.1", port, local_port);
    auto process = open();
    configure("127.0.0.1", examples::free_port(), examples::free_port());
    expect_refusal(start_configured(), "another process has this store open", "end it first");
    BOOST_TEST(process.stop(patience) == 0);
    fs::permissions(folder / "sessions/sessions.db", fs::perms::group_read, fs::perm_options::add);
    expect_refusal(start_configured(), "others may read or write the file", "chmod 600");

    store = "engine = \"redis\"\n[store.redis]\nservers = \"127.0.0.1:" + std::to_string(examples::free_port()) +
            "\"\ndeadline = \"2s\"\n";
    configure("127.0.0.1", port, local_port);
    expect_refusal(start_configured(), "127.0.0.1:", "; ");
}

BOOST_AUTO_TEST_CASE(with_redis_it_connects_again_and_pretends_nothing_meanwhile) {
    test::RedisServer server(durable());
    keep_at(server.tcp_address());
    auto process = open();
    const auto order = sign_in_and_order_logout();
    expect_confined(process.id());

    server.kill();
    BOOST_TEST(ask_for("c1") == 503);
    BOOST_TEST(sign_in("c2", "bob") == 503);
    const auto refused = post(order.body);
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST((refused->body.find("status:Responder") != std::string::npos));
    const std::string line = next_line(process);
    BOOST_TEST((line.find(R"("rule":"store.failed","detail":")") != std::string::npos), line);

    server.start();
    wait_for_the_store();
    BOOST_TEST(ask_for("c1") == 200);
    log_alice_out(order);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(with_redis_it_looks_up_the_servers_name_again_under_its_filter) {
    test::RedisServer server(durable());
    keep_at(test::localhost() + ":" + std::to_string(server.port()));
    auto process = open();
    const auto order = sign_in_and_order_logout();
    expect_confined(process.id());
    server.kill();
    BOOST_TEST(ask_for("c1") == 503);
    server.start();
    wait_for_the_store();
    BOOST_TEST(ask_for("c1") == 200);
    log_alice_out(order);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(a_logout_that_too_few_replicas_have_shows_in_the_audit) {
    test::RedisServer primary(durable());
    const auto replica = test::replica_of(primary);
    keep_at(primary.tcp_address(), "replicas = 1\nreplica_shortfall = \"report\"\n");
    auto process = open();
    insist_on_logging_alice_out(sign_in_and_order_logout());
    BOOST_TEST(sign_in("c2", "alice") == 201);
    const auto order = idp.order({.destination = "http://127.0.0.1/saml/slo",
                                  .name_id = examples::persistent_name("alice"),
                                  .session_indexes = {}},
                                 now() + 1ms);
    BOOST_REQUIRE(order.has_value());
    replica->pause();
    static_cast<void>(post(order->body));
    const std::string line = line_with("replica_shortfall", process);
    BOOST_TEST((line.find(R"("event":"store")") != std::string::npos), line);
    BOOST_TEST((line.find(R"("rule":"store.replica_shortfall","detail":")") != std::string::npos), line);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(the_audit_is_told_of_shortfalls_only_where_there_are_more) {
    daemon::ReplicaShortfalls shortfalls{"steps of logouts"};
    BOOST_TEST(!shortfalls.look(0, now()).has_value());
    const auto first = told(shortfalls.look(3, now()));
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->event == "store");
    BOOST_TEST(first->rule == "store.replica_shortfall");
    BOOST_TEST(first->detail.starts_with("3 more "));
    BOOST_TEST(!shortfalls.look(3, now()).has_value());
    const auto second = told(shortfalls.look(4, now()));
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST(second->detail.starts_with("1 more "));
    BOOST_TEST((second->detail.find(" 4 since the start") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(the_audit_is_told_once_of_a_server_s_clock) {
    daemon::ClockAlarms clocks;
    sp::StoreHealth health;
    BOOST_TEST(!clocks.look(health, now()).has_value());
    health.clock_differences = 1;
    const auto differs = told(clocks.look(health, now()));
    BOOST_REQUIRE(differs.has_value());
    BOOST_TEST(differs->event == "store");
    BOOST_TEST(differs->rule == "store.server_clock_differs");
    BOOST_TEST(differs->detail.ends_with("let NTP set both"));
    BOOST_TEST(!clocks.look(health, now()).has_value());
    health.clock_leaps = 1;
    health.last_clock_leap = 2h;
    const auto leapt = told(clocks.look(health, now()));
    BOOST_REQUIRE(leapt.has_value());
    BOOST_TEST(leapt->rule == "store.server_clock_leapt");
    BOOST_TEST((leapt->detail.find("leapt by 7200 s") != std::string::npos), leapt->detail);
    BOOST_TEST(!clocks.look(health, now()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
