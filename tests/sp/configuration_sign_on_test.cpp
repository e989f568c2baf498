// [sign_on]: what it accepts, and the store that it opens.
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <string>
#include <variant>

#include "configuration_workspace.hpp"
#include "ports.hpp"
#include "slo/metadata/sp_metadata.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/store_error.hpp"
#include "values.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

const std::string login = "login_url = \"https://sp.example.org/login\"\n";

/// [sign_on] is in line 11, its login_url in line 12, `lines` from line 13 on.
std::string sign_on(std::string_view lines = {}) {
    return good + "[sign_on]\n" + login + std::string(lines);
}

/// The same with another acs_url, which is in line 4.
std::string with_acs(const std::string& acs, const std::string& login_url) {
    return with("https://sp.example.org/saml/acs", acs) + "[sign_on]\nlogin_url = \"" + login_url + "\"\n";
}

/// The section of the documented example, uncommented.
std::string documented_section() {
    const std::string all = daemon_s_example();
    auto at = all.find("#   [sign_on]");
    BOOST_REQUIRE(at != std::string::npos);
    std::string section;
    std::istringstream lines(all.substr(at, all.find("\n\n", at) - at));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#   ")) section += line.substr(4) + "\n";
    }
    return section;
}

mode_t mode_of(const fs::path& file) {
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_sign_on, Workspace)

BOOST_AUTO_TEST_CASE(no_section_means_no_sign_on) {
    BOOST_TEST(!accept(good).sign_on.has_value());
    BOOST_TEST(!fs::exists(folder / "sign-on.key"));
}

BOOST_AUTO_TEST_CASE(the_login_url_alone_is_enough) {
    const auto configuration = accept(sign_on());
    BOOST_REQUIRE(configuration.sign_on.has_value());
    const sp::SignOnOptions& options = configuration.sign_on->options;
    BOOST_TEST(options.assertion_consumer_service.str() == "https://sp.example.org/saml/acs");
    BOOST_TEST(options.landing.url() == "https://sp.example.org/");
    BOOST_TEST((options.flow_lifetime == 10min));
    BOOST_TEST((options.session_lifetime == 8h));
    BOOST_TEST(configuration.sign_on->endpoint.login_url.str() == "https://sp.example.org/login");
}

BOOST_AUTO_TEST_CASE(the_documented_values_are_the_defaults) {
    const auto written = accept(good + documented_section());
    const auto usual = accept(sign_on());
    const sp::SignOnOptions& options = written.sign_on->options;
    BOOST_TEST((options.flow_lifetime == usual.sign_on->options.flow_lifetime));
    BOOST_TEST((options.session_lifetime == usual.sign_on->options.session_lifetime));
    BOOST_TEST(options.landing.url() == usual.sign_on->options.landing.url());
    BOOST_TEST(options.targets.prefix == usual.sign_on->options.targets.prefix);
    BOOST_TEST(written.sign_on->endpoint.starts_per_second_per_peer ==
               usual.sign_on->endpoint.starts_per_second_per_peer);
    BOOST_TEST(written.sign_on->flows.secret == usual.sign_on->flows.secret);
    const auto& flows = std::get<sp::SqliteFlowStoreOptions>(written.sign_on->flows.engine);
    const auto& usual_flows = std::get<sp::SqliteFlowStoreOptions>(usual.sign_on->flows.engine);
    BOOST_TEST(flows.folder == usual_flows.folder);
    BOOST_TEST(flows.max_flows == usual_flows.max_flows);
    BOOST_TEST(flows.max_claims == usual_flows.max_claims);
}

BOOST_AUTO_TEST_CASE(reads_every_setting_of_sign_on) {
    const auto configuration =
        accept(sign_on("landing = \"/app/home\"\ntarget_prefix = \"/app/\"\n"
                       "targets = [\"https://other.example.org/in\"]\nflow_lifetime = \"2m\"\n"
                       "session_lifetime = \"30m\"\nmax_flows = 7\nmax_claims = 8\n"
                       "starts_per_second_per_address = 9\nkey = \"flows.key\"\n"));
    const auto& [options, endpoint, flows] = *configuration.sign_on;
    BOOST_TEST(options.landing.str() == "/app/home");
    BOOST_TEST(sp::LocalTarget::parse("https://other.example.org/in", options.targets).has_value());
    BOOST_TEST(!sp::LocalTarget::parse("/elsewhere", options.targets).has_value());
    BOOST_TEST((options.flow_lifetime == 2min));
    BOOST_TEST((options.session_lifetime == 30min));
    BOOST_TEST(endpoint.starts_per_second_per_peer == 9U);
    const auto& sqlite = std::get<sp::SqliteFlowStoreOptions>(flows.engine);
    BOOST_TEST(sqlite.max_flows == 7U);
    BOOST_TEST(sqlite.max_claims == 8U);
    BOOST_TEST(fs::exists(folder / "flows.key"));
    BOOST_TEST(accept(sign_on("target_prefix = \"/app/\"\n")).sign_on->options.landing.str() == "/app/");
}

BOOST_AUTO_TEST_CASE(refuses_a_login_url_that_browsers_or_other_endpoints_could_not_share) {
    refuse(good + "[sign_on]\n", 11, "lacks login_url", "https://sp.example.org/login");
    refuse(with_acs("https://sp.example.org/saml/acs", "http://sp.example.org/login"), 12, "login_url", "https://");
    refuse(with_acs("http://sp.example.org/saml/acs", "http://sp.example.org/login"), 4, "acs_url", "https://");
    refuse(with_acs("https://sp.example.org/saml/acs", "https://www.example.org/login"), 12, "no cookie", "one name");
    refuse(with_acs("https://sp.example.org/saml/acs", "https://sp.example.org:444/login"), 12, "no cookie",
           "one name");
    refuse(with_acs("https://sp.example.org/saml/acs", "https://sp.example.org/saml/slo"), 12, "another endpoint",
           "another path");
    refuse(with_acs("https://sp.example.org/saml/slo", "https://sp.example.org/login"), 4, "another endpoint",
           "another path");
    refuse(with_acs("https://sp.example.org/login", "https://sp.example.org/login"), 12, "login_url is acs_url",
           "another path");
    refuse(with_acs("https://sp.example.org/saml/acs", "https://sp.example.org/login?x=1"), 12, "has a query",
           "without one");
    BOOST_TEST(accept(with_acs("http://127.0.0.1:8080/acs", "http://127.0.0.1:8080/login")).sign_on.has_value());
}

BOOST_AUTO_TEST_CASE(refuses_targets_outside_of_this_service) {
    refuse(sign_on("landing = \"//evil.example.org\"\n"), 13, "landing can't be", "below target_prefix");
    refuse(sign_on("target_prefix = \"app\"\n"), 13, "target_prefix can't be", "\"/app/\"");
    refuse(sign_on("target_prefix = \"/app/\"\nlanding = \"/x\"\n"), 14, "landing can't be", "below target_prefix");
    refuse(sign_on("targets = [\"http://other.example.org/\"]\n"), 13, "plain http", "https://");
    refuse(sign_on("flow_lifetime = \"2h\"\n"), 13, "flow_lifetime is out of range", "3600s");
    refuse(sign_on("session_lifetime = \"1s\"\n"), 13, "session_lifetime is out of range", "60s");
}

BOOST_AUTO_TEST_CASE(metadata_promises_signed_requests_and_nothing_may_deny_it) {
    BOOST_TEST((accept(sign_on()).publication.content.authn_requests == metadata::AuthnRequests::signed_always));
    refuse(with("[[idp]]", "authn_requests_signed = false\n[[idp]]") + "[sign_on]\n" + login, 7,
           "authn_requests_signed = false beside [sign_on]", "remove it");
}

BOOST_AUTO_TEST_CASE(a_discovery_service_sends_users_back_to_the_login_url) {
    const auto configuration = accept(sign_on("discovery_service = \"https://ds.example.org/\"\n"));
    BOOST_TEST(configuration.sign_on->endpoint.discovery_service->str() == "https://ds.example.org/");
    const auto& returns = configuration.publication.content.discovery_responses;
    BOOST_REQUIRE(returns.size() == 1U);
    BOOST_TEST(returns.front().location.str() == "https://sp.example.org/login");
    BOOST_TEST(accept(sign_on()).publication.content.discovery_responses.empty());
    refuse(sign_on("discovery_service = \"http://ds.example.org/\"\n"), 13, "plain http", "https://");
}

BOOST_AUTO_TEST_CASE(the_key_is_made_once_and_only_for_sqlite) {
    const auto first = accept(sign_on());
    BOOST_TEST(has_note(first, "made a new key for sign-ons (mode 0600)"));
    BOOST_TEST(mode_of(folder / "sign-on.key") == 0600U);
    const auto second = accept(sign_on());
    BOOST_TEST(!has_note(second, "new key for sign-ons"));
    BOOST_TEST(first.sign_on->flows.secret.size() == 32U);
    BOOST_TEST((first.sign_on->flows.secret == second.sign_on->flows.secret));
    write("sign-on.key", "abc\n");
    refuse(sign_on(), 11, "holds no key of sign-ons", "openssl rand -hex 32");
    fs::remove(folder / "sign-on.key");
    const std::string memory = sign_on() + "[store]\nengine = \"memory\"\n";
    BOOST_TEST((std::holds_alternative<sp::MemoryFlowStoreOptions>(accept(memory).sign_on->flows.engine)));
    BOOST_TEST(!fs::exists(folder / "sign-on.key"));
    refuse(sign_on("key = \"x\"\n") + "[store]\nengine = \"memory\"\n", 13, "key means nothing", "with the process");
    refuse(sign_on("key = \"x\"\n") + "[store]\nengine = \"redis\"\n", 13, "key means nothing", "[store.redis]");
}

BOOST_AUTO_TEST_CASE(a_tool_that_only_reads_makes_no_key) {
    write("slo.toml", sign_on());
    const auto read = sp::load_configuration(folder / "slo.toml", some_day, sp::MissingKeys::refused);
    BOOST_REQUIRE(!read);
    BOOST_TEST(
        (read.error().detail.find("there is no key for sign-ons yet; start the endpoint once") != std::string::npos),
        read.error().detail);
    BOOST_TEST(!fs::exists(folder / "sign-on.key"));
}

BOOST_AUTO_TEST_CASE(redis_serves_sign_ons_with_the_servers_and_keys_of_its_sessions) {
    const auto configuration =
        accept(sign_on("max_flows = 7\n") +
               "[store]\nengine = \"redis\"\n[store.redis]\nprefix = \"x\"\nreplica_shortfall = \"report\"\n");
    const auto& sessions = std::get<sp::RedisSessionStoreOptions>(configuration.store);
    const auto& flows = std::get<sp::RedisFlowStoreOptions>(configuration.sign_on->flows.engine);
    BOOST_TEST((flows.servers.addresses == sessions.servers.addresses));
    BOOST_TEST((flows.keys.index_key == sessions.keys.index_key));
    BOOST_TEST((flows.keys.sealing_keys == sessions.keys.sealing_keys));
    BOOST_TEST(flows.prefix == "x");
    BOOST_TEST((flows.replica_shortfall == sp::ReplicaShortfall::report));
    BOOST_TEST(flows.max_flows == 7U);
}

BOOST_AUTO_TEST_CASE(what_sqlite_keeps_and_seals_is_read_again_after_a_restart) {
    const FixedClock clock(some_day);
    fs::create_directory(folder / "sessions");
    fs::permissions(folder / "sessions", fs::perms::owner_all);
    const auto handle = parsed<sp::FlowHandle>("0123456789012345678901234567890123456789");
    {
        const auto opened = taken(sp::open_flow_store(clock, accept(sign_on()).sign_on->flows));
        const auto sealed = taken(opened.cipher.seal("alice", "here"));
        BOOST_REQUIRE(opened.store->keep(handle, sealed, some_day + 1min).has_value());
    }
    {
        const auto opened = taken(sp::open_flow_store(clock, accept(sign_on()).sign_on->flows));
        const auto kept = taken(opened.store->take(handle));
        BOOST_REQUIRE(kept.has_value());
        BOOST_TEST(taken(opened.cipher.open(*kept, "here")) == "alice");
    }
    fs::remove(folder / "sign-on.key");
    const auto with_another_key = sp::open_flow_store(clock, accept(sign_on()).sign_on->flows);
    BOOST_REQUIRE(!with_another_key);
    BOOST_TEST((with_another_key.error().code == sp::StoreErrc::store_unusable));
}

BOOST_AUTO_TEST_CASE(a_secret_of_another_length_opens_nothing) {
    const FixedClock clock(some_day);
    const auto opened = sp::open_flow_store(clock, {.engine = sp::SqliteFlowStoreOptions{.folder = folder}});
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == saml::KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_SUITE_END()
