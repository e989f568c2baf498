// saml-slo as its user meets it: what it prints, how it exits, and what it writes.
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "http_client.hpp"
#include "operator.hpp"
#include "slo/saml/signed_stream.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
namespace fs = std::filesystem;

struct Run {
    int code = -1;
    std::string out;
    std::string err;
};

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder with a configuration whose keys roll over, and an IdP's metadata.
class Desk {
public:
    Desk() {
        std::string name = (fs::temp_directory_path() / "slo-tool-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        fs::copy_file(fs::path(SLO_FIXTURES) / "lasso/metadata.xml", folder / "idp.xml");
        configure("keys = \"keys\"");
    }
    ~Desk() { fs::remove_all(folder); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    void configure(const std::string& keys, std::uint16_t port = 8080, std::uint16_t local_port = 8081) const {
        std::ofstream(folder / "slo.toml")
            << "[sp]\nentity_id = \"https://sp.example.org/saml\"\nslo_url = \"http://127.0.0.1/saml/slo\"\n"
               "acs_url = \"https://sp.example.org/saml/acs\"\n"
            << keys
            << "\n[[idp]]\nmetadata = \"idp.xml\"\n[store]\nengine = \"memory\"\n[server]\nlisten = \"127.0.0.1:"
            << port << "\"\n[local]\nport = " << local_port << "\n";
    }
    /// Arguments are ours alone: words without blanks or quotes.
    [[nodiscard]] Run run(const std::string& arguments) const {
        const std::string command = "cd " + folder.string() + " && " SLO_TOOL " " + arguments + " >out 2>err";
        const int status = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(folder / "out"), content_of(folder / "err")};
    }
    /// What Python's json makes of the last output: the value of `expression` over `it`.
    [[nodiscard]] std::string json(const std::string& expression) const {
        std::ofstream(folder / "look.py") << "import json\nit = json.load(open('out'))\nprint(" << expression << ")\n";
        const std::string command = "cd " + folder.string() + " && /usr/bin/python3 look.py >value 2>&1";
        BOOST_TEST(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe)
        std::string value = content_of(folder / "value");
        return value.substr(0, value.find_last_not_of('\n') + 1);
    }
    void check(const std::string& arguments, int code, std::string_view out, std::string_view err = "") const {
        const Run made = run(arguments);
        BOOST_TEST_CONTEXT(arguments << "\n" << made.out << made.err) {
            BOOST_TEST(made.code == code);
            BOOST_TEST((made.out.find(out) != std::string::npos), out);
            BOOST_TEST((made.err.find(err) != std::string::npos), err);
            if (code >= 2) BOOST_TEST((made.err.starts_with("saml-slo: ") && made.out.empty()));
        }
    }

    fs::path folder;
};

/// An IdP's metadata with this key and endpoint.
std::string idp_document(const std::string& certificate_file, const std::string& more = "") {
    const auto certificate = saml::Certificate::parse(content_of(fs::path(SLO_FIXTURES) / certificate_file));
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_1" )"
           R"(entityID="https://idp.example.org/saml"><md:IDPSSODescriptor )"
           R"(protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">)"
           R"(<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>)" +
           certificate->base64() + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>" + more +
           R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
           R"(Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

std::string signed_by(const std::string& name, const std::string& document) {
    const fs::path base = fs::path(SLO_FIXTURES) / name;
    const auto key =
        saml::SigningKey::parse(content_of(base.string() + ".key.pem"), content_of(base.string() + ".crt.pem"));
    return saml::sign_document(key.value(), document).value();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slo, Desk)

BOOST_AUTO_TEST_CASE(explains_itself_and_its_exit_codes) {
    check("--help", 0, "Exit codes: 0 fine; 1 problems");
    check("metadata import --help", 0, "--signing-certificate");
    check("", 2, "", "subcommand is required");
    check("metadata", 2, "", "saml-slo --help");
    check("metadata shw idp.xml", 2, "", "saml-slo --help");
    check("keys rotate --config slo.toml --stage forward", 2, "", "--stage");
    check("metadata import idp.xml --into .", 2, "", "required");
    check("metadata generate --config nowhere.toml", 2, "", "check the path");
}

BOOST_AUTO_TEST_CASE(prints_our_metadata_as_the_endpoint_serves_it) {
    const Run made = run("metadata generate --config slo.toml");
    BOOST_TEST(made.code == 0);
    BOOST_TEST((made.out.find("<ds:Signature") != std::string::npos));
    BOOST_TEST(examples::TrustedSp::from_metadata(made.out).has_value());
    BOOST_TEST((run("metadata generate --config slo.toml --unsigned").out.find("<ds:Signature") == std::string::npos));
    check("metadata generate --config slo.toml --unsigned --sign", 2, "", "excludes");
    BOOST_TEST(run("--json metadata generate --config slo.toml").code == 0);
    BOOST_TEST(json("it['entity_id'], '<ds:Signature' in it['document']") == "https://sp.example.org/saml True");
}

BOOST_AUTO_TEST_CASE(shows_who_is_in_a_document) {
    const auto certificate = saml::Certificate::parse(content_of(fs::path(SLO_FIXTURES) / "lasso/idp.crt.pem"));
    check("metadata show idp.xml", 0, "IdP https://idp-lasso.example.org/metadata");
    check("metadata show idp.xml", 0, certificate->fingerprint());
    BOOST_TEST(run("metadata show idp.xml --json").code == 0);
    BOOST_TEST(json("it['idps'][0]['keys'][0]['sha256']") == certificate->fingerprint());
    check("metadata show nowhere.xml", 2, "", "nowhere.xml");
    std::ofstream(folder / "broken.xml") << "<EntityDescriptor/>";
    check("metadata show broken.xml", 1, "", "meta.not_metadata");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_its_line_and_rule) {
    BOOST_TEST(run("metadata validate idp.xml").code == 0);
    std::ofstream(folder / "bad.xml") << "<!-- one -->\n"
                                      << idp_document("keys/idp2.crt.pem",
                                                      "\n<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:"
                                                      "bindings:SOAP\" Location=\"ftp://idp.example.org/\"/>");
    check("metadata validate bad.xml", 1, "error");
    BOOST_TEST(run("--json metadata validate bad.xml").code == 1);
    BOOST_TEST(json("[f['line'] for f in it['findings'] if f['severity'] == 'error']") == "[3]");
}

BOOST_AUTO_TEST_CASE(shows_what_a_new_document_would_change_in_trust) {
    std::ofstream(folder / "old.xml") << idp_document("keys/idp2.crt.pem");
    std::ofstream(folder / "new.xml") << idp_document("keys/idp1-first.crt.pem");
    check("metadata diff old.xml old.xml", 0, "nothing changes in trust");
    check("metadata diff old.xml new.xml", 1, "key added");
    BOOST_TEST(run("--json metadata diff old.xml new.xml").code == 1);
    BOOST_TEST(json("sorted((c['change'], c['trust']) for c in it['changes'])") ==
               "[('key added', 'adds'), ('key removed', 'takes away')]");
    check("metadata diff old.xml slo.toml", 3, "", "isn't usable");
}

BOOST_AUTO_TEST_CASE(imports_what_proves_itself_once_somebody_has_looked) {
    std::ofstream(folder / "offered.xml") << signed_by("keys/idp1-first", idp_document("keys/idp2.crt.pem"));
    fs::copy_file(fs::path(SLO_FIXTURES) / "keys/idp1-first.crt.pem", folder / "federation.pem");
    fs::copy_file(fs::path(SLO_FIXTURES) / "keys/stranger.crt.pem", folder / "stranger.pem");
    const fs::path file = folder / "idp.example.org-saml.xml";
    const std::string offer = "metadata import offered.xml --into . ";
    check(offer + "--signing-certificate stranger.pem --accept", 3, "", "sig.invalid");
    check(offer + "--sha256 " + std::string(64, '0') + " --accept", 3, "", "isn't believed");
    check(offer + "--sha256 abc", 2, "", "64 hex digits");
    BOOST_TEST(!fs::exists(file));
    check(offer + "--signing-certificate federation.pem", 1, "write --accept");
    BOOST_TEST(!fs::exists(file));
    check(offer + "--signing-certificate federation.pem --accept", 0, "written: ");
    BOOST_TEST(content_of(file) == content_of(folder / "offered.xml"));
    // Nothing new gains trust: no question.
    check(offer + "--signing-certificate federation.pem", 0, "nothing changes in trust");

    std::ofstream(folder / "offered.xml") << signed_by("keys/idp1-first", idp_document("keys/idp1-second.crt.pem"));
    BOOST_TEST(run("--json " + offer + "--signing-certificate federation.pem").code == 1);
    BOOST_TEST(json("it['written'], 'adds' in [c['trust'] for c in it['changes']]") == "False True");
    check(offer + "--signing-certificate federation.pem --entity https://other.example.org", 3, "",
          "nothing was changed");
}

BOOST_AUTO_TEST_CASE(asks_every_source_once) {
    check("metadata refresh --config slo.toml", 0, "SOURCE");
    fs::copy_file(fs::path(SLO_FIXTURES) / "keys/idp1-first.crt.pem", folder / "federation.pem");
    std::ofstream(folder / "slo.toml", std::ios::app)
        << "[[metadata]]\nname = \"federation\"\nurl = \"https://127.0.0.1:" << examples::free_port()
        << "/metadata\"\nsigning_certificates = [\"federation.pem\"]\n";
    BOOST_TEST(run("--json metadata refresh --config slo.toml").code == 4);
    BOOST_TEST(json("[(s['source'], s['outcome'], s['idps']) for s in it['sources'] if s['source'] == 'federation']") ==
               "[('federation', 'unreachable', 0)]");
}

BOOST_AUTO_TEST_CASE(lets_no_octet_of_a_document_reach_the_terminal) {
    std::string document = idp_document("keys/idp2.crt.pem");
    document.replace(document.find("https://idp.example.org/saml"), 28,
                     "https://idp.example.org/\xc2\x9b[31m\xe2\x80\xae");
    std::ofstream(folder / "odd.xml") << document;
    for (const char* command : {"metadata show odd.xml", "metadata validate odd.xml", "metadata show odd.xml --json",
                                "metadata validate odd.xml --json"}) {
        const Run made = run(command);
        for (const char c : made.out + made.err) {
            BOOST_TEST_REQUIRE(((c >= ' ' && c <= '~') || c == '\n'), command);
        }
    }
}

BOOST_AUTO_TEST_CASE(makes_keys_and_never_writes_over_one) {
    check("keys new extra", 0, "mode 0600");
    BOOST_TEST(
        (fs::status(folder / "extra.key.pem").permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
    const std::string before = content_of(folder / "extra.key.pem");
    check("keys new extra", 2, "", "File exists");
    BOOST_TEST(content_of(folder / "extra.key.pem") == before);
    check("keys new curve --kind p256 --common-name Example --lifetime 30 --json", 0, "curve.crt.pem");
    BOOST_TEST(json("len(it['sha256'])") == "64");
    check("keys new x --kind dsa", 2, "", "--kind");
    check("keys new x --lifetime 0", 2, "", "--lifetime");
    check("keys new", 2, "", "--folder FOLDER");
    check("keys new nowhere/x", 2, "", "create its folder");
}

BOOST_AUTO_TEST_CASE(begins_a_folder_with_the_key_that_served) {
    for (const char* kind : {".key.pem", ".crt.pem"})
        fs::copy_file(fs::path(SLO_FIXTURES) / (std::string("keys/sp-old") + kind),
                      folder / (std::string("sp") + kind));
    check("keys new --folder keys --served-key sp.key.pem --served-certificate idp.xml", 2, "",
          "name those that serve");
    check("keys new --folder keys --served-key sp.key.pem --served-certificate sp.crt.pem", 0, "signing-1");
    check("keys new --folder keys", 2, "", "keys rotate --stage prepare");
    check("keys new --folder keys --purpose encryption", 0, "encryption-1");
    check("keys new --folder keys2 --purpose encryption --kind p256", 2, "", "must be RSA");
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("[(k['name'], k['stage']) for k in it['keys']]") ==
               "[('signing-1', 'active'), ('encryption-1', 'active')]");
}

BOOST_AUTO_TEST_CASE(walks_through_a_roll_over_and_refuses_a_step_too_early) {
    const std::string rotate = "keys rotate --config slo.toml --stage ";
    check(rotate + "list", 0, "to begin a roll-over: --stage prepare");
    check(rotate + "activate", 2, "", "prepare one");
    check(rotate + "prepare", 0, "every IdP must know the next certificate");
    check(rotate + "prepare", 2, "", "activate it");
    check(rotate + "activate", 3, "", "too early");
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("it['next_step'], [k['stage'] for k in it['keys']], 'not_before' in it") ==
               "activate ['active', 'next'] True");
    check(rotate + "activate --force", 0, "the old certificate is still published");
    check(rotate + "retire", 3, "", "too early");
    check(rotate + "retire --force", 0, "signing-2  signing  active");
    BOOST_TEST(!fs::exists(folder / "keys/signing-1.key.pem"));
    check(rotate + "prepare --purpose encryption --kind p384", 2, "", "must be RSA");
    configure("signing_key = \"a.key.pem\"\nsigning_certificate = \"a.crt.pem\"");
    check(rotate + "list", 2, "", "saml-slo keys new --folder");
}

BOOST_AUTO_TEST_CASE(a_running_endpoint_follows_each_step) {
    const std::uint16_t port = examples::free_port();
    configure("keys = \"keys\"", port, examples::free_port());
    auto process = examples::ChildProcess::start({SLO_SOAP_ENDPOINT, "--config", folder / "slo.toml"});
    BOOST_REQUIRE(process.has_value());
    const auto wait_for = [&](std::string_view part) {
        auto line = process->next_line(test::patience);
        while (line && line->find(part) == std::string::npos) line = process->next_line(test::patience);
        BOOST_REQUIRE_MESSAGE(line.has_value(), part);
    };
    const auto published = [&] {
        const auto answer = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
        return examples::TrustedSp::from_metadata(answer ? answer->body : "").value().certificates;
    };
    wait_for("local interface");
    const auto before = published();
    BOOST_TEST(before.size() == 1U);
    check("keys rotate --config slo.toml --stage prepare", 0, "next");
    wait_for("\"event\":\"keys\"");
    BOOST_TEST(published().size() == 2U);
    check("keys rotate --config slo.toml --stage activate --force", 0, "retiring");
    wait_for("\"event\":\"keys\"");
    BOOST_TEST(published().size() == 2U);
    BOOST_TEST(published().back().fingerprint() == before.front().fingerprint());
    // A state that can't be read changes nothing, and is told.
    const std::string state = content_of(folder / "keys/keys.toml");
    std::ofstream(folder / "keys/keys.toml") << "[[key]]\n";
    wait_for("\"stage\":\"config\"");
    BOOST_TEST(published().size() == 2U);
    std::ofstream(folder / "keys/keys.toml") << state;
    check("keys rotate --config slo.toml --stage retire --force", 0, "signing-2");
    wait_for("\"event\":\"keys\"");
    BOOST_TEST(published().size() == 1U);
    BOOST_TEST(published().front().fingerprint() != before.front().fingerprint());
    BOOST_TEST(process->stop(test::patience) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
