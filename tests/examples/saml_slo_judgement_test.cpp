// The tool and the endpoint judge alike: the same documents, under the same settings, before both.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "aggregate.hpp"
#include "child_process.hpp"
#include "http_client.hpp"
#include "operator.hpp"

using namespace slo;
using namespace slo::test;

namespace {

struct Document {
    std::string name;
    std::string text;
};

/// The lines of the one source, and the switches of the tool that mean the same; "-" where there are none.
struct Settings {
    std::string table;
    std::string switches;
    std::string takes;  ///< the names of the documents that are believed
};

const std::string at_home = "https://10.0.0.7/slo";

std::vector<Document> documents() {
    const std::string plain = idp_document("keys/idp2.crt.pem");
    std::string without_key = plain;
    const auto key = without_key.find("<md:KeyDescriptor");
    const std::string end = "</md:KeyDescriptor>";
    without_key.erase(key, without_key.find(end) + end.size() - key);
    std::string named = plain;
    const auto name = named.find("entityID=\"") + std::string("entityID=\"").size();
    named.replace(name, named.find('"', name) - name, "localhost");
    const auto reached = [](const std::string& location) {
        return idp_document("keys/idp2.crt.pem", logout_at(location));
    };
    return {{"plain", plain},
            {"signed", published()},
            {"strangers", published("keys/idp2", "keys/stranger")},
            {"private", reached(at_home)},
            {"localhost", reached("https://localhost:8443/slo")},
            {"http", reached("http://idp.example.org/slo")},
            {"http-private", reached("http://192.168.1.2/slo")},
            {"ftp", reached("ftp://idp.example.org/slo")},
            {"expired", ending_at("2020-01-01T00:00:00Z", plain)},
            {"far", ending_at("2999-01-01T00:00:00Z", plain)},
            {"keyless", without_key},
            {"named", named},
            {"group", aggregate(member("a"))},
            {"two", aggregate(member("a") + member("b"))},
            {"sp", service_provider("urn:sp")},
            {"html", "<html/>"}};
}

const std::string usual = "plain signed strangers far group";
const std::string private_ones = " private localhost";

std::vector<Settings> settings() {
    const std::string idp = "[[idp]]\nmetadata = \"it.xml\"\n";
    const std::string source = "[[metadata]]\nname = \"it\"\nfile = \"it.xml\"\n";
    const std::string by = "signing_certificates = [\"federation.pem\"]\n";
    return {
        {idp, "-", usual + private_ones + " http http-private"},
        {idp + by, "-", "signed"},
        {idp + "opaque_entity_id = true\n", "-", usual + private_ones + " http http-private named"},
        {source, "--for asking", usual + " two"},
        {source + "allow_private_addresses = true\n", "--for asking --allow-private-addresses",
         usual + " two" + private_ones},
        {source + "allow_http = true\n", "--for asking --allow-http", usual + " two http"},
        {source + "allow_http = true\nallow_private_addresses = true\n",
         "--for asking --allow-http --allow-private-addresses", usual + " two" + private_ones + " http http-private"},
        {source + by, "-", "signed"},
        {source + "max_validity = \"14d\"\n", "-", "signed strangers group two"},
        {source + "entities = [\"" + idp_name("b") + "\"]\n", "-", "two"},
    };
}

bool is_in(const std::string& name, const std::string& list) {
    return (" " + list + " ").find(" " + name + " ") != std::string::npos;
}

class Court : public FederationDesk {
public:
    Court() { fs::remove(folder / "idp.xml"); }

    void use(const Settings& settings) {
        in_use_ = settings;
        const auto port = examples::free_port();
        auto local_port = examples::free_port();
        while (local_port == port) local_port = examples::free_port();
        configure("keys = \"keys\"", port, local_port);
        std::string text = content_of(folder / "slo.toml");
        const auto begin = text.find("[[idp]]");
        std::ofstream(folder / "slo.toml") << text.replace(begin, text.find("[store]") - begin, settings.table);
    }
    /// Whether the endpoint has an IdP to serve after its start.
    [[nodiscard]] bool endpoint_takes() {
        use(in_use_);  // with ports that are free now
        auto process = examples::ChildProcess::start({SLO_DAEMON, "--config", folder / "slo.toml"});
        BOOST_REQUIRE(process.has_value());
        bool knows_some = true;
        for (auto line = process->next_line(patience); line; line = process->next_line(patience)) {
            if (line->find("no IdP is known yet") != std::string::npos) knows_some = false;
            if (line->find("local interface") == std::string::npos) continue;
            BOOST_TEST(process->stop(patience) == 0);
            return knows_some;
        }
        BOOST_TEST(process->wait(patience) == 2);
        return false;
    }
    /// What `arguments` of the tool say of it.xml: that it can be shown, and that nothing is wrong with it.
    [[nodiscard]] bool tool_takes(const std::string& arguments) const {
        const int shown = run("--json metadata show it.xml " + arguments).code;
        BOOST_TEST((shown == 0 || shown == 1));
        const bool takes = shown == 0 && json("len(it['idps']) > 0") == "True";
        return takes;
    }
    [[nodiscard]] bool tool_validates(const std::string& arguments) const {
        const int code = run("metadata validate it.xml " + arguments).code;
        BOOST_TEST((code == 0 || code == 1));
        return code == 0;
    }

private:
    Settings in_use_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slo_judgement, Court)

BOOST_AUTO_TEST_CASE(the_tool_and_the_endpoint_judge_alike) {
    for (const Settings& settings : settings()) {
        use(settings);
        for (const Document& document : documents()) {
            std::ofstream(folder / "it.xml") << document.text;
            BOOST_TEST_CONTEXT(settings.table << document.name) {
                const bool expected = is_in(document.name, settings.takes);
                BOOST_TEST(endpoint_takes() == expected);
                BOOST_TEST(tool_takes("--config slo.toml") == expected);
                if (settings.switches != "-") BOOST_TEST(tool_takes(settings.switches) == expected);
                // An aggregate that lacks wanted IdPs is no mistake: that revokes them.
                const bool lacks = document.name == "group" && settings.table.find("entities") != std::string::npos;
                if (!lacks) BOOST_TEST(tool_validates("--config slo.toml") == expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_uri_is_reported_with_the_setting_that_takes_it) {
    use({.table = "[[idp]]\nmetadata = \"it.xml\"\nopaque_entity_id = true\n", .switches = "-", .takes = ""});
    for (const Document& document : documents()) {
        if (document.name == "named") std::ofstream(folder / "it.xml") << document.text;
    }
    check("metadata validate it.xml", 1, "another name takes opaque_entity_id = true");
    BOOST_TEST(run("metadata validate it.xml --config slo.toml").code == 0);
    check("metadata import it.xml --into . --sha256 " + std::string(64, '0') + " --entity localhost", 2, "",
          "opaque_entity_id = true in its [[idp]]");
}

BOOST_AUTO_TEST_CASE(options_for_settings_exclude_a_configuration) {
    use(settings().front());
    std::ofstream(folder / "it.xml") << idp_document("keys/idp2.crt.pem");
    for (const std::string command : {"show it.xml", "validate it.xml", "diff it.xml it.xml"}) {
        check("metadata " + command + " --config slo.toml --allow-http", 2, "", "excludes");
        check("metadata " + command + " --config slo.toml --allow-private-addresses", 2, "", "excludes");
        check("metadata " + command + " --as idp-1", 2, "", "--config");
        check("metadata " + command + " --config slo.toml --as idp-1", 0, "");
        check("metadata " + command + " --config slo.toml --as idp-2", 2, "", "it has no source idp-2; name with --as");
    }
}

BOOST_AUTO_TEST_SUITE_END()
