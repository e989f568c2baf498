// saml-slod's own sections of its configuration.
#include "settings.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "configuration_workspace.hpp"
#include "slo/sp/configured_source.hpp"

namespace {

using namespace slo;
using namespace slo::test;

class DaemonWorkspace : public Workspace {
public:
    [[nodiscard]] Result<daemon::Configuration> load(const std::string& text) const {
        write("slo.toml", text);
        return daemon::load_configuration(folder / "slo.toml", some_day);
    }
    [[nodiscard]] daemon::Configuration accept(const std::string& text) const {
        auto configuration = load(text);
        if (!configuration) BOOST_TEST_MESSAGE(configuration.error().detail);
        BOOST_REQUIRE(configuration.has_value());
        return *std::move(configuration);
    }
    void refuse(const std::string& text, unsigned line, std::string_view what, std::string_view mend) const {
        expect_refusal(text, load(text), line, what, mend);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(settings, DaemonWorkspace)

BOOST_AUTO_TEST_CASE(defaults_are_no_local_interface_and_a_filter) {
    const auto configuration = accept(good);
    BOOST_TEST(configuration.entity_id.str() == "https://sp.example.org/saml");
    BOOST_TEST(configuration.local.port == 0U);
    BOOST_TEST(configuration.process.user.empty());
    BOOST_TEST((configuration.process.seccomp == daemon::SystemCallFilter::on));
}

BOOST_AUTO_TEST_CASE(documented_example_is_accepted_and_states_the_defaults) {
    copy_key("keys/sp-old", "sp-signing");
    BOOST_TEST(accept(daemon_s_example()).local.port == 8081U);
    const std::string example = daemon_s_example();
    const auto ours = example.find("# The interface for your application");
    const auto written = accept(good + with_defaults_written_out(example.substr(ours)));
    BOOST_TEST(written.local.port == 8081U);
    BOOST_TEST(written.process.user == "saml-slo");
    BOOST_TEST((written.process.seccomp == daemon::ProcessOptions().seccomp));
}

BOOST_AUTO_TEST_CASE(settings_define_the_restrictions_of_the_process) {
    const auto process = accept(good + "[process]\nuser = \"saml-slo\"\nseccomp = \"off\"\n").process;
    BOOST_TEST(process.user == "saml-slo");
    BOOST_TEST((process.seccomp == daemon::SystemCallFilter::off));
    refuse(good + "[process]\nseccomp = \"maybe\"\n", 12, "seccomp can't be \"maybe\"", "\"on\", \"off\"");
    refuse(good + "[process]\nseccomp = true\n", 12, "seccomp isn't a text", "seccomp = \"...\"");
    refuse(good + "[process]\nuser = \"\"\n", 12, "user is empty", "give it a value");
    refuse(good + "[process]\nuser = 1000\n", 12, "user isn't a text", "user = \"...\"");
    refuse(good + "[process]\ngroup = \"x\"\n", 12, "unknown key \"group\" in [process]", "user, seccomp");
}

BOOST_AUTO_TEST_CASE(settings_say_where_the_local_interface_is) {
    BOOST_TEST(accept(good + "[local]\nport = 8081\n").local.port == 8081U);
    refuse(good + "[local]\nport = 8080\n", 12, "[local] and [server] have the same port", "another one");
    refuse(good + "[local]\nport = 65536\n", 12, "port is out of range", "1 to 65535");
    refuse(good + "[local]\nprot = 1\n", 12, "unknown key \"prot\" in [local]", "did you mean \"port\"?");
}

BOOST_AUTO_TEST_CASE(sign_on_needs_an_interface_that_tells_of_it) {
    remove_keys();
    const std::string sign_on = "[sign_on]\nlogin_url = \"https://sp.example.org/login\"\n";
    refuse(good + sign_on, 0, "[sign_on] without [local]", "with a port");
    refuse(good + "[local]\nport = 8081\nidentity_headers = [\"X-Mail: mail\"]\n", 13, "mean nothing without",
           "write [sign_on]");
    const auto headers = [&](const std::string& list) {
        return good + sign_on + "[local]\nport = 8081\nidentity_headers = " + list + "\n";
    };
    for (const std::string wrong :
         {"X-Mail", "X-Mail:mail", "X-Mail: ", "Location: mail", "X-Ma il: mail", "X-Saml-IdP: x"})
        refuse(headers("[\"" + wrong + "\"]"), 15, "no header and attribute", "\"X-Mail: urn:oid:");
    refuse(headers(R"(["X-Mail: mail", "X-Mail: email"])"), 15, "names a header twice", "remove one");
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
    const auto accepted = accept(headers(R"(["Remote-User: urn:oid:0.9.2342.19200300.100.1.1", "X-Groups: groups"])"));
    BOOST_REQUIRE(accepted.local.identity_headers.size() == 2U);
    BOOST_TEST(accepted.local.identity_headers[0].name == "Remote-User");
    BOOST_TEST(accepted.local.identity_headers[0].attribute == "urn:oid:0.9.2342.19200300.100.1.1");
    BOOST_TEST(accepted.local.identity_headers[1].name == "X-Groups");
}

BOOST_AUTO_TEST_CASE(only_daemon_and_library_sections_are_accepted) {
    refuse(good + "[lokal]\nport = 8081\n", 11, "unknown key \"lokal\" in the file", "did you mean \"local\"?");
    refuse(good + "[application]\n", 11, "unknown key \"application\" in the file", "known here: sp, idp");
}

BOOST_AUTO_TEST_CASE(wrong_settings_leave_no_key_behind) {
    remove_keys();
    refuse(good + "[local]\nport = 8080\n", 12, "the same port", "another one");
    refuse(good + "[process]\nseccomp = \"maybe\"\n", 12, "seccomp can't be", "on");
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
}

BOOST_AUTO_TEST_CASE(readers_of_the_sources_alone_know_the_settings) {
    const auto look = [&](const std::string& text) {
        write("slo.toml", text);
        return daemon::read_configuration(folder / "slo.toml");
    };
    const auto good_one = look(good + "[process]\nuser = \"saml-slo\"\n").value();
    BOOST_TEST(good_one.sources(some_day).value().size() == 1U);
    BOOST_TEST(good_one.process.user == "saml-slo");
    for (const auto& [wrong, what, mend] :
         {std::tuple("[process]\nusr = \"saml-slo\"\n", "unknown key \"usr\" in [process]", "did you mean \"user\"?"),
          std::tuple("[process]\nseccomp = \"maybe\"\n", "seccomp can't be", "on"),
          std::tuple("[local]\nport = 8080\n", "the same port", "another one")}) {
        expect_refusal(good + wrong, look(good + wrong), 12, what, mend);
    }
}

BOOST_AUTO_TEST_SUITE_END()
