// [store]: engines, their keys, and what their refusals must not say.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include <string>

#include "configuration_workspace.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

/// [store] is in line 11, its first key in 12.
std::string store(std::string_view lines) {
    return good + "[store]\n" + std::string(lines) + "\n";
}
/// [store.redis] is in line 13, its first key in 14.
std::string redis(std::string_view lines) {
    return store("engine = \"redis\"\n[store.redis]\n" + std::string(lines));
}

const std::string some_key(64, 'a');
const std::string other_key(64, 'B');

class StoreWorkspace : public Workspace {
public:
    StoreWorkspace() {
        write("store-index.key", some_key + "\n");
        write("store-sealing.key", other_key);
    }
    [[nodiscard]] sp::RedisSessionStoreOptions accept_redis(std::string_view lines) const {
        return std::get<sp::RedisSessionStoreOptions>(accept(redis(lines)).store);
    }
    void remove_store_keys() const {
        fs::remove(folder / "store-index.key");
        fs::remove(folder / "store-sealing.key");
    }
    [[nodiscard]] mode_t mode_of(const std::string& name) const {
        struct stat status {};
        BOOST_REQUIRE(::stat((folder / name).c_str(), &status) == 0);
        return status.st_mode & 0777U;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(load_configuration_store, StoreWorkspace)

BOOST_AUTO_TEST_CASE(sqlite_is_the_default_and_lives_beside_the_file) {
    const auto configuration = accept(good);
    BOOST_TEST(std::get<sp::SqliteSessionStoreOptions>(configuration.store).folder == folder / "sessions");
    BOOST_TEST(configuration.server.handler_threads == 32U);
    BOOST_TEST(!fs::exists(folder / "sessions"));
}

BOOST_AUTO_TEST_CASE(reads_every_key_of_sqlite) {
    const auto configuration =
        accept(store("engine = \"sqlite\"\nfolder = \"/var/lib/x\"\nmax_sessions = 5\n"
                     "max_logout_records = 6\nmax_logout_records_per_idp = 7\nmax_kept_requests = 8\n"
                     "max_sessions_per_principal = 9"));
    const auto& options = std::get<sp::SqliteSessionStoreOptions>(configuration.store);
    BOOST_TEST(options.folder == "/var/lib/x");
    BOOST_TEST(options.max_sessions == 5U);
    BOOST_TEST(options.max_logout_records == 6U);
    BOOST_TEST(options.max_logout_records_per_idp == 7U);
    BOOST_TEST(options.max_kept_requests == 8U);
    BOOST_TEST(options.max_sessions_per_principal == 9U);
}

BOOST_AUTO_TEST_CASE(reads_every_key_of_memory) {
    const auto configuration =
        accept(store("engine = \"memory\"\nmax_sessions = 5\nmax_logout_records = 6\n"
                     "max_logout_records_per_idp = 7\nmax_kept_requests = 8\nmax_sessions_per_principal = 9\n"
                     "[policy]\nrelogin = \"strict\""));
    const auto& options = std::get<sp::MemorySessionStoreOptions>(configuration.store);
    BOOST_TEST(options.max_sessions == 5U);
    BOOST_TEST(options.max_logout_records == 6U);
    BOOST_TEST(options.max_logout_records_per_idp == 7U);
    BOOST_TEST(options.max_kept_requests == 8U);
    BOOST_TEST(options.max_sessions_per_principal == 9U);
    BOOST_TEST((options.relogin == sp::ReloginRule::strict));
    BOOST_TEST(configuration.server.handler_threads == 0U);
}

BOOST_AUTO_TEST_CASE(the_number_of_handler_threads_can_be_told) {
    BOOST_TEST(accept(good + "handler_threads = 3\n").server.handler_threads == 3U);
    BOOST_TEST(accept(good + "handler_threads = 0\n").server.handler_threads == 0U);
    refuse(good + "handler_threads = 1025\n", 11, "handler_threads is out of range", "from 0 to 1024");
}

BOOST_AUTO_TEST_CASE(redis_needs_no_more_than_its_name) {
    const auto configuration = accept(store("engine = \"redis\""));
    const auto& options = std::get<sp::RedisSessionStoreOptions>(configuration.store);
    BOOST_TEST(options.servers.addresses == std::vector<std::string>{"127.0.0.1:6379"},
               boost::test_tools::per_element());
    BOOST_TEST(options.keys.index_key == std::string(32, '\xaa'));
    BOOST_REQUIRE(options.keys.sealing_keys.size() == 1U);
    BOOST_TEST(options.keys.sealing_keys.front() == std::string(32, '\xbb'));
    BOOST_TEST(configuration.server.handler_threads == 32U);
    BOOST_TEST(configuration.notes.empty());
}

BOOST_AUTO_TEST_CASE(redis_keeps_as_many_requests_as_it_is_told) {
    const auto configuration =
        accept(store("engine = \"redis\"\nmax_kept_requests = 9\nmax_sessions_per_principal = 10"));
    const auto& options = std::get<sp::RedisSessionStoreOptions>(configuration.store);
    BOOST_TEST(options.max_kept_requests == 9U);
    BOOST_TEST(options.max_sessions_per_principal == 10U);
}

BOOST_AUTO_TEST_CASE(reads_every_key_of_redis) {
    write("password", "s3cret\nand more\n");
    write("sentinel-password", "0ther\r\n");
    write("new.key", std::string(64, '0') + "\n");
    copy_key("keys/sp-old", "client");
    write("ca.pem", "x");
    const auto options = accept_redis(R"(servers = ["a.example:26379", "[::1]:26379"]
topology = "sentinel"
sentinel_master = "sessions"
user = "slo"
password_file = "password"
sentinel_user = "watcher"
sentinel_password_file = "sentinel-password"
deadline = "500ms"
replicas = 2
replica_shortfall = "report"
prefix = "app-1.slo"
sealing_keys = ["new.key", "store-sealing.key"]
[store.redis.tls]
ca = "ca.pem"
certificate = "client.crt.pem"
key = "client.key.pem"
server_name = "redis.example"
[policy]
relogin = "strict")");
    BOOST_TEST(options.servers.addresses.size() == 2U);
    BOOST_TEST((options.servers.topology == sp::RedisTopology::sentinel));
    BOOST_TEST(options.servers.sentinel_master == "sessions");
    BOOST_TEST(options.servers.user == "slo");
    BOOST_TEST(options.servers.password == "s3cret");
    BOOST_TEST(options.servers.sentinel_user == "watcher");
    BOOST_TEST(options.servers.sentinel_password == "0ther");
    BOOST_TEST((options.servers.deadline == 500ms));
    BOOST_TEST(options.servers.replicas == 2U);
    BOOST_TEST((options.replica_shortfall == sp::ReplicaShortfall::report));
    BOOST_TEST(options.prefix == "app-1.slo");
    BOOST_REQUIRE(options.keys.sealing_keys.size() == 2U);
    BOOST_TEST(options.keys.sealing_keys.front() == std::string(32, '\0'));
    BOOST_REQUIRE(options.servers.tls.has_value());
    BOOST_TEST(options.servers.tls->ca_file == (folder / "ca.pem").string());
    BOOST_TEST(options.servers.tls->certificate_file == (folder / "client.crt.pem").string());
    BOOST_TEST(options.servers.tls->private_key_file == (folder / "client.key.pem").string());
    BOOST_TEST(options.servers.tls->server_name == "redis.example");
    BOOST_TEST((options.relogin == sp::ReloginRule::strict));
}

BOOST_AUTO_TEST_CASE(the_documented_defaults_of_redis_are_the_defaults) {
    for (const char* file : {"redis.password", "redis-ca.pem"}) write(file, "x");
    copy_key("keys/sp-old", "sp-signing");
    copy_key("keys/sp-old", "redis-client");
    std::string example = cut(documented_example(), "#engine = \"sqlite\"", "# With engine = \"redis\"");
    example = cut(example, "#sentinel_master", "# How long one request");
    const auto at = example.find("[store]\n");
    example.insert(at + 8, "engine = \"redis\"\n");
    // The rest of the file has a test of its own.
    const auto end = example.find("# The HTTP server");
    const auto begin = example.find("[store]\n");
    const auto written = accept(example.substr(0, begin) +
                                with_defaults_written_out(example.substr(begin, end - begin)) + example.substr(end));
    const auto& options = std::get<sp::RedisSessionStoreOptions>(written.store);
    const sp::RedisSessionStoreOptions defaults;
    BOOST_TEST(options.servers.addresses.front() == "127.0.0.1:6379");
    BOOST_TEST((options.servers.topology == defaults.servers.topology));
    BOOST_TEST((options.servers.deadline == defaults.servers.deadline));
    BOOST_TEST(options.servers.replicas == defaults.servers.replicas);
    BOOST_TEST((options.replica_shortfall == defaults.replica_shortfall));
    BOOST_TEST(options.prefix == defaults.prefix);
    BOOST_TEST(options.keys.index_key == std::string(32, '\xaa'));
}

BOOST_AUTO_TEST_CASE(refuses_an_engine_that_there_is_not) {
    refuse(store("engine = \"postgres\""), 12, "engine can't be \"postgres\"", R"("sqlite", "memory", "redis")");
    refuse(store("engin = \"redis\""), 12, "unknown key \"engin\" in [store]", "did you mean \"engine\"?");
    refuse(good + "[store.radis]\n", 11, "unknown key \"radis\" in [store]", "did you mean \"redis\"?");
    refuse(redis("server = \"a:1\""), 14, "unknown key \"server\" in [store.redis]", "did you mean \"servers\"?");
    refuse(redis("[store.redis.tls]\nc = \"x\""), 15, "unknown key \"c\" in [store.redis.tls]", "ca");
}

BOOST_AUTO_TEST_CASE(refuses_keys_that_belong_to_another_engine) {
    refuse(store("engine = \"memory\"\nfolder = \"x\""), 13, "folder means nothing to engine = \"memory\"",
           "engine = \"sqlite\"");
    refuse(store("folder = \"x\"\n[store.redis]\nprefix = \"x\""), 13, "redis means nothing to engine = \"sqlite\"",
           "engine = \"redis\"");
    refuse(store("engine = \"redis\"\nmax_sessions = 5"), 13, "max_sessions means nothing", "remove it");
    refuse(store("max_sessions = 0"), 12, "max_sessions is out of range", "from 1 to");
    for (const std::string engine : {"sqlite", "memory", "redis"}) {
        refuse(store("engine = \"" + engine + "\"\nmax_sessions_per_principal = 0"), 13,
               "max_sessions_per_principal is out of range", "from 1 to");
    }
}

BOOST_AUTO_TEST_CASE(refuses_servers_that_cannot_be) {
    for (const char* server :
         {"localhost", "localhost:", ":6379", "a:65536", "a:0", "unix:redis", "unix:", "redis://a:1"}) {
        refuse(redis("servers = \"" + std::string(server) + "\""), 14, "is no server", "\"host:port\"");
    }
    refuse(redis("servers = [\"a:1\", \"b:1\"]"), 14, "servers names several", "topology = \"cluster\"");
    refuse(redis("topology = \"ring\""), 14, "topology can't be \"ring\"", "\"single\", \"sentinel\", \"cluster\"");
    BOOST_TEST(accept_redis("servers = \"unix:/run/redis.sock\"").servers.addresses.front() == "unix:/run/redis.sock");
    refuse(redis("servers = \"unix:/run/redis.sock\"\n[store.redis.tls]\nca = \"x\""), 14, "beside [store.redis.tls]",
           "leaves no machine");
}

BOOST_AUTO_TEST_CASE(refuses_half_a_sentinel) {
    refuse(redis("topology = \"sentinel\""), 13, "[store.redis] lacks sentinel_master", "sentinel_master = ");
    for (const char* key : {"sentinel_master", "sentinel_user", "sentinel_password_file"}) {
        refuse(redis(std::string(key) + " = \"x\""), 14, std::string(key) + " without Sentinels",
               "topology = \"sentinel\"");
    }
}

BOOST_AUTO_TEST_CASE(refuses_values_out_of_range) {
    refuse(redis("deadline = \"1ms\""), 14, "deadline is out of range", "50ms to 30s");
    refuse(redis("deadline = 2"), 14, "deadline isn't a time with its unit", "50ms to 30s");
    refuse(redis("replicas = 17"), 14, "replicas is out of range", "from 0 to 16");
    refuse(redis("replica_shortfall = \"ignore\""), 14, "replica_shortfall can't be", "\"refuse\", \"report\"");
    for (const char* prefix : {"{slo}", "slo*", "s o", "\xc3\xa4"}) {
        refuse(redis("prefix = \"" + std::string(prefix) + "\""), 14, "prefix can't be", "letters, digits");
    }
    refuse(redis("prefix = \"" + std::string(65, 'x') + "\""), 14, "prefix can't be", "at most 64");
}

BOOST_AUTO_TEST_CASE(refuses_a_password_that_is_not_there) {
    refuse(redis("user = \"slo\""), 14, "user without password_file", "password_file = ");
    refuse(redis("password_file = \"nowhere\""), 14, "nowhere\" (No such file", "check the path");
    write("password", "\nlate");
    refuse(redis("password_file = \"password\""), 14, "is no password", "write the password there");
    write("password", std::string(5000, 'x'));
    refuse(redis("password_file = \"password\""), 14, "larger than 4096 octets", "the right file");
}

BOOST_AUTO_TEST_CASE(notes_secrets_that_others_may_read) {
    write("password", "s3cret");
    for (const char* file : {"password", "store-index.key"})
        fs::permissions(folder / file, fs::perms::others_read, fs::perm_options::add);
    const auto configuration = accept(redis("password_file = \"password\""));
    BOOST_TEST(has_note(configuration, "slo.toml:14: note: others may read the password in"));
    BOOST_TEST(has_note(configuration, "slo.toml:13: note: others may read the key in"));
    for (const std::string& note : configuration.notes) BOOST_TEST((note.find("s3cret") == std::string::npos), note);
}

BOOST_AUTO_TEST_CASE(makes_missing_store_keys_once) {
    remove_store_keys();
    const auto first = accept(redis(""));
    BOOST_TEST(has_note(first, "made new keys of the shared store (mode 0600)"));
    BOOST_TEST(has_note(first, "every node needs the same"));
    const auto& keys = std::get<sp::RedisSessionStoreOptions>(first.store).keys;
    BOOST_TEST(keys.index_key.size() == 32U);
    BOOST_TEST((keys.index_key != keys.sealing_keys.at(0)));
    for (const char* file : {"store-index.key", "store-sealing.key"}) BOOST_TEST(mode_of(file) == 0600U);

    const auto second = accept(redis(""));
    BOOST_TEST(second.notes.empty());
    BOOST_TEST((std::get<sp::RedisSessionStoreOptions>(second.store).keys.index_key == keys.index_key));
}

BOOST_AUTO_TEST_CASE(makes_no_store_key_for_a_configuration_that_is_wrong_elsewhere) {
    remove_store_keys();
    refuse(redis("[[idp]]\nmetadata = \"idp.xml\""), 14, "is configured twice", "keep one");
    BOOST_TEST(!fs::exists(folder / "store-index.key"));
    refuse(redis("sealing_keys = \"no/such/folder.key\"\nindex_key = \"new-index.key\""), 14, "can't create",
           "create its folder");
    BOOST_TEST(!fs::exists(folder / "new-index.key"));
    BOOST_TEST(accept(good).notes.empty());  // nor for an engine that has none
    BOOST_TEST(!fs::exists(folder / "store-index.key"));
}

BOOST_AUTO_TEST_CASE(refuses_store_keys_of_which_some_are_missing) {
    refuse(redis("sealing_keys = [\"new.key\", \"store-sealing.key\"]"), 14, "new.key\" doesn't exist, but other keys",
           "copy it from another node");
    fs::remove(folder / "store-index.key");
    refuse(redis(""), 13, "store-index.key\" doesn't exist, but other keys", "copy it from another node");
}

BOOST_AUTO_TEST_CASE(refuses_store_keys_that_cannot_be_and_shows_none) {
    const auto refuse_key = [this](const std::string& text) {
        write("store-sealing.key", text);
        refuse(redis("sealing_keys = \"store-sealing.key\""), 14, "holds no key of a shared store", "openssl rand");
        const auto configuration = load(redis(""));
        BOOST_TEST((text.empty() || configuration.error().detail.find(text) == std::string::npos));
    };
    refuse_key("");
    refuse_key(std::string(63, 'a'));
    refuse_key(std::string(66, 'a'));
    refuse_key(std::string(63, 'a') + "g");
    refuse_key("0x" + std::string(62, 'a'));
    refuse_key(std::string(32, '\x01'));
    write("store-sealing.key", some_key);
    refuse(redis("sealing_keys = \"store-sealing.key\""), 14, "holds the same key as another file", "a key of its own");
    refuse(redis("sealing_keys = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"), 14, "more than 8",
           "drop the last ones");
}

BOOST_AUTO_TEST_CASE(refuses_tls_to_redis_that_cannot_work) {
    copy_key("keys/sp-old", "client");
    write("ca.pem", "x");
    refuse(redis("[store.redis.tls]\nserver_name = \"x\""), 14, "[store.redis.tls] lacks ca", "ca = ");
    refuse(redis("[store.redis.tls]\nca = \"nowhere.pem\""), 15, "nowhere.pem\" (No such file", "check the path");
    refuse(redis("[store.redis.tls]\nca = \"ca.pem\"\nkey = \"client.key.pem\""), 16, "don't pair up", "name both");
    refuse(redis("[store.redis.tls]\nca = \"ca.pem\"\ncertificate = \"client.crt.pem\""), 16, "don't pair up", "none");
    const std::string tls = "[store.redis.tls]\nca = \"ca.pem\"\ncertificate = \"client.crt.pem\"\nkey = ";
    refuse(redis(tls + "\"nowhere.pem\""), 17, "nowhere.pem\" (No such file", "check the path");
    fs::permissions(folder / "client.key.pem", fs::perms::group_read, fs::perm_options::add);
    BOOST_TEST(
        has_note(accept(redis(tls + "\"client.key.pem\"")), "slo.toml:17: note: others may read the private key in"));
}

BOOST_AUTO_TEST_SUITE_END()
