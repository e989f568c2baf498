// The engines of the FlowStore keep the contract, and have properties of their own.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <filesystem>

#include "faulty_disk.hpp"
#include "flow_store_contract.hpp"
#include "redis/flow_operations.hpp"
#include "redis_nodes.hpp"
#include "slo/sp/memory_flow_store.hpp"
#include "slo/sp/redis_flow_store.hpp"
#include "slo/sp/sqlite_flow_store.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

saml::KeyedDigest some_digest() {
    return taken(saml::KeyedDigest::with_key("0123456789abcdef"));
}

std::unique_ptr<sp::FlowStore> make_memory_store(const sp::Clock& clock, const FlowSettings& settings) {
    return std::make_unique<sp::MemoryFlowStore>(
        clock, some_digest(),
        sp::MemoryFlowStoreOptions{.max_flows = settings.max_flows, .max_claims = settings.max_claims});
}

std::unique_ptr<sp::SqliteFlowStore> open_flows(const sp::Clock& clock, const std::filesystem::path& folder,
                                                const FlowSettings& settings = {}) {
    return taken(sp::SqliteFlowStore::open(
        clock, some_digest(), {.folder = folder, .max_flows = settings.max_flows, .max_claims = settings.max_claims}));
}

std::unique_ptr<sp::FlowStore> make_sqlite_flow_store(const sp::Clock& clock, const FlowSettings& settings) {
    static std::deque<TemporaryFolder> folders;  // a case's store is gone before the program ends
    return open_flows(clock, folders.emplace_back().path(), settings);
}

/// A store over a disk that fails when it is told to.
struct FlowsOnDisk {
    FaultyDisk disk;
    TemporaryFolder folder;
    FixedClock clock{flow_noon};
    std::unique_ptr<sp::SqliteFlowStore> store;

    FlowsOnDisk() {
        disk.remember_syncs(folder.path());
        store = open_flows(clock, folder.path());
    }
    [[nodiscard]] Result<void> keep(unsigned number) {
        return store->keep(handle(number), "record", flow_noon + 10min);
    }
    [[nodiscard]] Result<sp::AssertionUse> claim(const std::string& id) { return claim_at(*store, id); }
    [[nodiscard]] static Result<sp::AssertionUse> claim_at(sp::FlowStore& store, const std::string& id) {
        return store.claim(idp_id, assertion_id(id), flow_noon + 10min);
    }
};

const saml::StoreKeys store_keys{.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};

std::string fresh_flow_prefix() {
    static int stores = 0;
    return "flows" + std::to_string(++stores);
}

sp::RedisFlowStoreOptions redis_options(std::string prefix = fresh_flow_prefix(), const FlowSettings& settings = {}) {
    sp::RedisFlowStoreOptions options;
    options.servers.addresses = {Site::server().address()};
    options.servers.deadline = 30s;  // for a busy machine; nothing waits for it
    options.keys = store_keys;
    options.prefix = std::move(prefix);
    options.max_flows = settings.max_flows;
    options.max_claims = settings.max_claims;
    return options;
}

std::unique_ptr<sp::FlowStore> make_redis_flow_store(const sp::Clock& clock, const FlowSettings& settings) {
    return taken(sp::RedisFlowStore::open(clock, redis_options(fresh_flow_prefix(), settings)));
}

std::unique_ptr<sp::FlowStore> make_cluster_flow_store(const sp::Clock& clock, const FlowSettings& settings) {
    sp::RedisFlowStoreOptions options = redis_options(fresh_flow_prefix(), settings);
    options.servers.addresses = shared_cluster().addresses();
    options.servers.topology = sp::RedisTopology::cluster;
    return taken(sp::RedisFlowStore::open(clock, options));
}

/// Servers to which each request is sent twice, as a client does whose connection breaks before the first answer.
class Repeating final : public sp::redis::Servers {
public:
    explicit Repeating(Servers& servers) : servers_(servers) {}

    Result<sp::redis::Answer> call(sp::redis::Request request) override {
        static_cast<void>(servers_.call(request));
        return servers_.call(std::move(request));
    }
    std::vector<Result<sp::redis::Answer>> call_all(std::vector<sp::redis::Request> requests) override {
        return servers_.call_all(std::move(requests));
    }
    Result<std::vector<sp::redis::Address>> masters() override { return servers_.masters(); }
    std::vector<Result<sp::redis::Answer>> call_at(const std::vector<sp::redis::Address>& masters,
                                                   const std::vector<std::string>& words) override {
        return servers_.call_at(masters, words);
    }

private:
    Servers& servers_;
};

/// FlowNode is one of a site's, with a line of its own.
struct FlowNode {
    explicit FlowNode(Site& site, Instant now = flow_noon) : FlowNode(site, redis_options(site.prefix()), now) {}
    FlowNode(Site& site, sp::RedisFlowStoreOptions options, Instant now = flow_noon)
        : clock(now),
          line(site.servers()),
          repeating(line),
          store(clock, options, cipher(), line),
          store_over_repeating(clock, options, cipher(), repeating) {}
    static saml::RecordCipher cipher() { return taken(saml::RecordCipher::with_keys(store_keys)); }

    [[nodiscard]] Result<void> keep(unsigned number) { return store.keep(handle(number), "record", flow_noon + 10min); }
    [[nodiscard]] Result<sp::AssertionUse> claim(const std::string& id) {
        return store.claim(idp_id, assertion_id(id), flow_noon + 10min);
    }

    FixedClock clock;
    Line line;
    Repeating repeating;
    sp::RedisFlowOperations store;
    sp::RedisFlowOperations store_over_repeating;
};

bool is_refused(const sp::Clock& clock, const std::filesystem::path& folder, saml::KeyedDigest digest,
                std::string_view reason) {
    const auto opened = sp::SqliteFlowStore::open(clock, digest, {.folder = folder});
    if (opened) return false;
    BOOST_TEST((opened.error().code == sp::StoreErrc::store_unusable));
    return opened.error().detail.find(reason) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

const FlowContract memory_engine("memory_flow_store", &make_memory_store, {flow_contract(), flow_room_contract()});
const FlowContract sqlite_engine("sqlite_flow_store", &make_sqlite_flow_store, {flow_contract(), flow_room_contract()});

const FlowContract redis_engine("redis_flow_store", &make_redis_flow_store, {flow_contract()});
const FlowContract redis_cluster_engine("redis_flow_store_on_a_cluster", &make_cluster_flow_store, {flow_contract()});

BOOST_AUTO_TEST_SUITE(flow_handle)

BOOST_AUTO_TEST_CASE(a_random_handle_has_160_bits_and_fits_in_a_relay_state) {
    const sp::FlowHandle one = taken(sp::random_flow_handle());
    BOOST_TEST(one.str().size() == 40u);
    BOOST_TEST(one.str().find_first_not_of("0123456789abcdef") == std::string::npos);
    BOOST_TEST((one != taken(sp::random_flow_handle())));
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_handle) {
    const std::string good(40, 'a');
    BOOST_TEST(sp::FlowHandle::parse(good).has_value());
    for (const std::string& text :
         {std::string(), good.substr(1), good + "a", "A" + good.substr(1), "g" + good.substr(1), " " + good.substr(1),
          good.substr(1) + std::string(1, '\0'), "/" + good.substr(1), ":" + good.substr(1), "`" + good.substr(1)}) {
        const auto parsed = sp::FlowHandle::parse(text);
        BOOST_TEST_REQUIRE(!parsed.has_value());
        BOOST_TEST((parsed.error().code == sp::StoreErrc::flow_handle_malformed));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(memory_flow_store_itself)

BOOST_AUTO_TEST_CASE(says_how_many_octets_its_records_take) {
    FixedClock clock(flow_noon);
    sp::MemoryFlowStore store(clock, some_digest());
    BOOST_TEST(store.size().octets == 0u);
    for (unsigned i = 0; i < 100; ++i) {
        BOOST_TEST(store.keep(handle(i), std::string(600, 'x'), flow_noon + 1min).has_value());
        const auto id = assertion_id("a" + std::to_string(i));
        BOOST_TEST((taken(store.claim(idp_id, id, flow_noon + 2min)) == sp::AssertionUse::first));
    }
    const std::size_t a_flow = 600 + sp::MemoryFlowStore::octets_beside_record;
    BOOST_TEST(store.size().flows == 100u);
    BOOST_TEST(store.size().claims == 100u);
    BOOST_TEST(store.size().octets == 100 * (a_flow + sp::MemoryFlowStore::octets_of_claim));
    BOOST_TEST(sp::MemoryFlowStore::octets_beside_record <= 40u);
    BOOST_TEST(sp::MemoryFlowStore::octets_of_claim <= 24u);

    BOOST_TEST(taken(store.take(handle(7))).has_value());
    BOOST_TEST(store.size().octets == 99 * a_flow + 100 * sp::MemoryFlowStore::octets_of_claim);
    clock.set(flow_noon + 1min);
    std::size_t forgotten = 0;
    for (int i = 0; i < 256; ++i) forgotten += store.forget_expired();
    BOOST_TEST(forgotten == 99u);
    BOOST_TEST(store.size().octets == 100 * sp::MemoryFlowStore::octets_of_claim);
    clock.set(flow_noon + 2min);
    for (int i = 0; i < 256; ++i) forgotten += store.forget_expired();
    BOOST_TEST(forgotten == 199u);
    BOOST_TEST(store.size().octets == 0u);
}

BOOST_AUTO_TEST_CASE(forgets_what_has_expired_and_what_expires_later_in_its_turn) {
    FixedClock clock(flow_noon);
    sp::MemoryFlowStore store(clock, some_digest());
    const auto forget_all = [&store] {
        for (int i = 0; i < 256; ++i) static_cast<void>(store.forget_expired());
    };
    constexpr unsigned count = 1000;  // so that many a shard has some of each end
    for (unsigned i = 0; i < count; ++i) {
        const Instant until = flow_noon + std::chrono::minutes(i % 2 + 1);
        BOOST_TEST(store.keep(handle(i), "record", until).has_value());
        BOOST_TEST(store.claim(idp_id, assertion_id("a" + std::to_string(i)), until + 2min).has_value());
    }
    for (const auto& [minute, flows, claims] :
         {std::tuple{1, count / 2, count}, {2, 0U, count}, {3, 0U, count / 2}, {4, 0U, 0U}}) {
        clock.set(flow_noon + std::chrono::minutes(minute));
        forget_all();
        BOOST_TEST(store.size().flows == flows);
        BOOST_TEST(store.size().claims == claims);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sqlite_flow_store_itself)

BOOST_AUTO_TEST_CASE(a_restart_forgets_nothing) {
    FlowsOnDisk trial;
    BOOST_TEST(trial.keep(1).has_value());
    BOOST_TEST(trial.keep(2).has_value());
    BOOST_TEST(taken(trial.store->take(handle(2))).has_value());
    BOOST_TEST((taken(trial.claim("a")) == sp::AssertionUse::first));
    trial.store.reset();
    trial.store = open_flows(trial.clock, trial.folder.path(), {.max_flows = 1, .max_claims = 1});
    BOOST_TEST((taken(trial.claim("a")) == sp::AssertionUse::seen));
    BOOST_TEST((trial.claim("b").error().code == sp::StoreErrc::store_full));
    BOOST_TEST((trial.keep(3).error().code == sp::StoreErrc::store_full));
    BOOST_TEST(!taken(trial.store->peek(handle(2))).has_value());
    BOOST_TEST((taken(trial.store->take(handle(1))) == "record"));
}

// A copy of the open files is what a process leaves that is killed.
BOOST_AUTO_TEST_CASE(a_killed_process_loses_nothing) {
    FlowsOnDisk trial;
    BOOST_TEST((taken(trial.claim("a")) == sp::AssertionUse::first));
    BOOST_TEST(trial.keep(1).has_value());
    BOOST_TEST(trial.keep(2).has_value());
    BOOST_TEST(taken(trial.store->take(handle(2))).has_value());
    const TemporaryFolder afterwards;
    for (const char* const name : {"flows.db", "flows.db-wal"}) {
        std::filesystem::copy_file(trial.folder.path() / name, afterwards.path() / name);
    }
    const auto restarted = open_flows(trial.clock, afterwards.path());
    BOOST_TEST((taken(FlowsOnDisk::claim_at(*restarted, "a")) == sp::AssertionUse::seen));
    BOOST_TEST((taken(restarted->peek(handle(1))) == "record"));
    BOOST_TEST(!taken(restarted->peek(handle(2))).has_value());
}

// What it loses costs the user another try.
BOOST_AUTO_TEST_CASE(a_power_cut_loses_no_claim) {
    FlowsOnDisk trial;
    for (unsigned i = 0; i < 12; ++i) {
        const std::string number = std::to_string(i);
        BOOST_TEST(trial.keep(2 * i).has_value());
        BOOST_TEST((taken(trial.claim("a" + number)) == sp::AssertionUse::first));
        BOOST_TEST(trial.keep(2 * i + 1).has_value());  // and no claim after it
        const TemporaryFolder afterwards;
        trial.disk.write_remembered(afterwards.path());
        const auto restarted = open_flows(trial.clock, afterwards.path());
        BOOST_TEST((taken(FlowsOnDisk::claim_at(*restarted, "a" + number)) == sp::AssertionUse::seen));
        BOOST_TEST((taken(FlowsOnDisk::claim_at(*restarted, "a0")) == sp::AssertionUse::seen));
        BOOST_TEST(taken(restarted->peek(handle(2 * i))).has_value());
        BOOST_TEST(!taken(restarted->peek(handle(2 * i + 1))).has_value());  // which needed no wait for the disk
    }
}

BOOST_AUTO_TEST_CASE(after_a_failure_of_the_disk_a_claim_can_be_made_and_once) {
    FlowsOnDisk trial;
    int failures = 0;
    for (int n = 1;; ++n) {
        const std::string id = "a" + std::to_string(n);
        trial.disk.fail_nth(n);
        const auto claimed = trial.claim(id);
        const bool has_failed = trial.disk.has_failed();
        trial.disk.mend();
        if (!has_failed) break;
        BOOST_TEST((claimed.error().code == sp::StoreErrc::store_failed));
        BOOST_TEST((taken(trial.claim(id)) == sp::AssertionUse::first));
        BOOST_TEST((taken(trial.claim(id)) == sp::AssertionUse::seen));
        ++failures;
    }
    BOOST_TEST(failures >= 2);
}

BOOST_AUTO_TEST_CASE(a_full_disk_takes_no_record_and_no_claim) {
    FlowsOnDisk trial;
    BOOST_TEST(trial.keep(1).has_value());
    trial.disk.fill_up();
    BOOST_TEST((trial.keep(2).error().code == sp::StoreErrc::store_full));
    BOOST_TEST((trial.claim("a").error().code == sp::StoreErrc::store_full));
    BOOST_TEST((trial.store->take(handle(1)).error().code == sp::StoreErrc::store_full));
    BOOST_TEST((taken(trial.store->peek(handle(1))) == "record"));
    trial.disk.mend();
    BOOST_TEST((taken(trial.claim("a")) == sp::AssertionUse::first));
    BOOST_TEST((taken(trial.store->take(handle(1))) == "record"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_moved_away_accepts_nothing_any_more) {
    FlowsOnDisk trial;
    BOOST_TEST(trial.keep(1).has_value());
    std::filesystem::rename(trial.folder.path() / "flows.db", trial.folder.path() / "elsewhere.db");
    BOOST_TEST((trial.claim("a").error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((trial.keep(2).error().code == sp::StoreErrc::store_failed));
    const auto peeked = trial.store->peek(handle(1));
    BOOST_TEST_REQUIRE(!peeked.has_value());
    BOOST_TEST((peeked.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((peeked.error().detail.find("assertions that were used lately") != std::string::npos));
    BOOST_TEST((trial.store->take(handle(1)).error().code == sp::StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(a_file_under_another_key_is_refused) {
    const FixedClock clock(flow_noon);
    const TemporaryFolder folder;
    BOOST_TEST((taken(FlowsOnDisk::claim_at(*open_flows(clock, folder.path()), "a")) == sp::AssertionUse::first));
    const auto other = taken(saml::KeyedDigest::with_key("0123456789abcdeF"));
    BOOST_TEST(is_refused(clock, folder.path(), other, "under another key"));
    BOOST_TEST((taken(FlowsOnDisk::claim_at(*open_flows(clock, folder.path()), "a")) == sp::AssertionUse::seen));
}

BOOST_AUTO_TEST_CASE(a_folder_may_have_sessions_too_and_one_process_has_either) {
    const FixedClock clock(flow_noon);
    const TemporaryFolder folder;
    const auto sessions = open_store(clock, folder.path());
    const auto flows = open_flows(clock, folder.path());
    BOOST_TEST(is_refused(clock, folder.path(), some_digest(), "another process has this store open"));
    BOOST_TEST((taken(FlowsOnDisk::claim_at(*flows, "a")) == sp::AssertionUse::first));
}

BOOST_AUTO_TEST_CASE(a_file_of_sessions_is_no_file_of_sign_ons) {
    const FixedClock clock(flow_noon);
    const TemporaryFolder folder;
    static_cast<void>(open_store(clock, folder.path()));
    std::filesystem::rename(folder.path() / "sessions.db", folder.path() / "flows.db");
    BOOST_TEST(is_refused(clock, folder.path(), some_digest(), "another program's database"));
}

BOOST_AUTO_TEST_CASE(nothing_that_names_a_handle_or_an_assertion_is_in_the_file) {
    FlowsOnDisk trial;
    BOOST_TEST(trial.keep(1).has_value());
    BOOST_TEST((taken(trial.claim("an-assertion")) == sp::AssertionUse::first));
    Sqlite file(trial.folder.path() / "flows.db");
    BOOST_TEST(file.ask("SELECT length(name) FROM flow") == "16\n");
    BOOST_TEST(file.ask("SELECT length(name) FROM claim") == "16\n");
    BOOST_TEST(file.ask("SELECT count(*) FROM pragma_table_info('claim')") == "2\n");
    BOOST_TEST(file.ask("SELECT count(*) FROM claim WHERE instr(name, 'assertion') > 0") == "0\n");
    BOOST_TEST(file.ask("SELECT record FROM flow") == "record\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(redis_flow_store_itself)

BOOST_AUTO_TEST_CASE(what_one_node_keeps_another_takes_and_what_one_claims_none_accepts) {
    Site site;
    FlowNode a(site);
    FlowNode b(site);
    BOOST_TEST(a.keep(1).has_value());
    BOOST_TEST((taken(b.store.peek(handle(1))) == "record"));
    BOOST_TEST((taken(b.store.take(handle(1))) == "record"));
    BOOST_TEST(!taken(a.store.take(handle(1))).has_value());
    BOOST_TEST((taken(b.claim("a")) == sp::AssertionUse::first));
    BOOST_TEST((taken(a.claim("a")) == sp::AssertionUse::seen));
}

BOOST_AUTO_TEST_CASE(a_command_that_the_client_repeats_counts_once) {
    Site site;
    FlowNode node(site);
    auto& repeating = node.store_over_repeating;
    BOOST_TEST(repeating.keep(handle(1), "record", flow_noon + 10min).has_value());
    BOOST_TEST((taken(repeating.claim(idp_id, assertion_id("a"), flow_noon + 10min)) == sp::AssertionUse::first));
    BOOST_TEST((taken(repeating.claim(idp_id, assertion_id("a"), flow_noon + 10min)) == sp::AssertionUse::seen));
    BOOST_TEST((taken(repeating.peek(handle(1))) == "record"));
    BOOST_TEST(!taken(repeating.take(handle(1))).has_value());  // the first one took it, perhaps for another caller
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_a_record_is_kept_again_and_an_assertion_is_seen) {
    Site site;
    FlowNode other(site);
    const auto cut = [&site](Cut where) {
        auto node = std::make_unique<FlowNode>(site);
        node->line.cut_after(0, where);
        return node;
    };
    BOOST_TEST((cut(Cut::before_answer)->keep(1).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(other.keep(1).has_value());
    BOOST_TEST((cut(Cut::before_answer)->claim("a").error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((taken(other.claim("a")) == sp::AssertionUse::seen));
    BOOST_TEST((taken(other.claim("of-the-next-sign-on")) == sp::AssertionUse::first));
    BOOST_TEST((cut(Cut::before_answer)->store.take(handle(1)).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(!taken(other.store.take(handle(1))).has_value());
    BOOST_TEST((cut(Cut::before_request)->claim("b").error().code == sp::StoreErrc::store_failed));
    BOOST_TEST((taken(other.claim("b")) == sp::AssertionUse::first));
}

// The nodes' clocks decide, and the server's only tidies.
BOOST_AUTO_TEST_CASE(servers_keep_everything_for_an_hour_longer) {
    Site site;
    FlowNode node(site);
    BOOST_TEST(node.keep(1).has_value());
    BOOST_TEST((taken(node.claim("a")) == sp::AssertionUse::first));
    for (const std::string pattern : {":flow:*", ":claim:*"}) {
        const auto left = site.time_to_live(pattern);
        BOOST_TEST((left <= 70min && left > 60min));
    }
    node.clock.set(flow_noon + 10min);
    BOOST_TEST(!taken(node.store.peek(handle(1))).has_value());
    BOOST_TEST((taken(node.store.claim(idp_id, assertion_id("a"), flow_noon + 20min)) == sp::AssertionUse::seen));
    FlowNode behind(site, flow_noon + 10min - 1ms);
    BOOST_TEST((taken(behind.store.peek(handle(1))) == "record"));
}

BOOST_AUTO_TEST_CASE(a_claim_counts_only_with_the_replicas_that_it_needs) {
    Site site;  // has none
    sp::RedisFlowStoreOptions options = redis_options(site.prefix());
    options.servers.replicas = 1;
    FlowNode refusing(site, options);
    BOOST_TEST((refusing.claim("a").error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(refusing.store.replica_shortfalls == 1u);
    BOOST_TEST(refusing.keep(1).has_value());  // which waits for none
    BOOST_TEST((taken(refusing.store.take(handle(1))) == "record"));
    BOOST_TEST(refusing.store.replica_shortfalls == 1u);
    options.replica_shortfall = sp::ReplicaShortfall::report;
    FlowNode reporting(site, options);
    BOOST_TEST((taken(reporting.claim("b")) == sp::AssertionUse::first));
    BOOST_TEST(reporting.store.replica_shortfalls == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_without_memory_is_full) {
    Site site;
    FlowNode node(site);
    using sp::redis::Reply;
    const Reply out_of_memory{.kind = Reply::Kind::error, .text = "OOM command not allowed", .elements = {}};
    node.line.garble_after(0, out_of_memory);
    BOOST_TEST((node.keep(1).error().code == sp::StoreErrc::store_full));
    node.line.garble_after(0, out_of_memory);
    BOOST_TEST((node.claim("a").error().code == sp::StoreErrc::store_full));
}

BOOST_AUTO_TEST_CASE(what_no_node_has_written_is_no_record) {
    Site site;
    FlowNode node(site);
    BOOST_TEST(node.keep(1).has_value());
    const std::string key = site.key(":flow:*");
    for (const char* const rubbish : {"record", "x record", " record", "12x record", "99999999999999"}) {
        BOOST_TEST(Site::server().ask({"SET", key, rubbish}) == "OK");
        BOOST_TEST((node.store.peek(handle(1)).error().code == sp::StoreErrc::store_failed), rubbish);
        BOOST_TEST((node.store.take(handle(1)).error().code == sp::StoreErrc::store_failed), rubbish);
    }
    using sp::redis::Reply;
    const Reply list{.kind = Reply::Kind::array, .text = {}, .elements = {}};
    node.line.garble_after(0, list);
    BOOST_TEST((node.claim("a").error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(Site::server().ask({"SET", site.key(":claim:*"), "rubbish"}) == "OK");
    BOOST_TEST((taken(node.claim("a")) == sp::AssertionUse::seen));
}

BOOST_AUTO_TEST_CASE(neither_a_key_nor_a_claim_names_anything) {
    Site site;
    FlowNode node(site);
    BOOST_TEST(node.keep(1).has_value());
    BOOST_TEST((taken(node.claim("an-assertion")) == sp::AssertionUse::first));
    BOOST_TEST(site.count_keys("*") == 2u);
    for (const std::string kind : {":flow:", ":claim:"}) {
        const std::string name = site.key(kind + "*").substr(site.prefix().size() + kind.size());
        BOOST_TEST(name.size() == 32u);
        BOOST_TEST(name.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    const std::string value = Site::server().ask({"GET", site.key(":claim:*")});
    BOOST_TEST(value.size() == 16u);
    BOOST_TEST(value.find_first_not_of("0123456789abcdef") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_deployment_has_one_key_for_sessions_and_sign_ons) {
    const FixedClock clock(flow_noon);
    sp::RedisFlowStoreOptions options = redis_options();
    sp::RedisSessionStoreOptions of_sessions;
    of_sessions.servers = options.servers;
    of_sessions.keys = options.keys;
    of_sessions.prefix = options.prefix;
    const auto sessions = taken(sp::RedisSessionStore::open(clock, of_sessions));
    const auto flows = taken(sp::RedisFlowStore::open(clock, options));
    BOOST_TEST((flows->notes() == sessions->notes()));
    BOOST_TEST(flows->health().replica_shortfalls == 0u);
    BOOST_TEST(flows->forget_expired() == 0u);
    options.keys.index_key = std::string(32, 'j');
    const auto other = sp::RedisFlowStore::open(clock, options);
    BOOST_TEST_REQUIRE(!other.has_value());
    BOOST_TEST((other.error().code == sp::StoreErrc::store_unusable));
    options.keys.index_key = "short";
    BOOST_TEST((sp::RedisFlowStore::open(clock, options).error().code == sp::StoreErrc::store_unusable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
