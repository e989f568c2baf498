// saml-slo as its user meets it: what it prints, how it exits, and what it writes.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "desk.hpp"
#include "http_client.hpp"
#include "loopback_server.hpp"
#include "operator.hpp"
#include "test_idp.hpp"

using namespace slo;
using namespace slo::test;

BOOST_FIXTURE_TEST_SUITE(saml_slo, Desk)

BOOST_AUTO_TEST_CASE(explains_itself_and_its_exit_codes) {
    check("--help", 0, "Exit codes:\n  0  done");
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

BOOST_AUTO_TEST_CASE(shows_the_entities_of_a_document) {
    const auto certificate = saml::Certificate::parse(content_of(fs::path(SLO_FIXTURES) / "lasso/idp.crt.pem"));
    check("metadata show idp.xml", 0, "IdP https://idp-lasso.example.org/metadata");
    check("metadata show idp.xml", 0, certificate->fingerprint());
    BOOST_TEST(run("metadata show idp.xml --json").code == 0);
    BOOST_TEST(json("it['idps'][0]['keys'][0]['sha256']") == certificate->fingerprint());
    BOOST_TEST(json("it['idps'][0]['sign_on']['usable']") == "True");
    BOOST_TEST(json("[e['binding'] + ' ' + e['location'] for e in it['idps'][0]['sign_on']['endpoints']]") ==
               "['HTTP-Redirect https://idp-lasso.example.org/sso', 'HTTP-POST https://idp-lasso.example.org/sso']");
    check("metadata show idp.xml", 0, "sign-on by HTTP-POST");
    check("metadata show idp.xml", 0, "users can sign on");
    check("metadata show nowhere.xml", 2, "", "nowhere.xml");
    std::ofstream(folder / "broken.xml") << "<EntityDescriptor/>";
    check("metadata show broken.xml", 1, "", "meta.not_metadata");
}

BOOST_AUTO_TEST_CASE(says_whether_users_can_sign_on_at_an_idp_and_why_not) {
    const std::string ours = idp_document("keys/idp2.crt.pem");
    const auto with = [&](const std::string& name, const std::string& attributes) {
        std::string text = ours;
        const std::string end = "</md:IDPSSODescriptor>";
        const std::string service = attributes.empty() ? "" : "<md:SingleSignOnService " + attributes + "/>";
        text.insert(text.find(end), service);
        for (auto at = text.find("<md:SingleSignOnService"); service.empty() && at != std::string::npos;
             at = text.find("<md:SingleSignOnService")) {
            text.erase(at, text.find("/>", at) + 2 - at);
        }
        std::ofstream(folder / name) << text;
    };
    with("none.xml", "");
    check("metadata show none.xml", 0, "users can't sign on: its metadata has no SingleSignOnService");
    check("metadata validate none.xml", 0, "no sign-on: users can't be sent to it");
    BOOST_TEST(run("metadata show none.xml --json").code == 0);
    BOOST_TEST(json("(it['idps'][0]['sign_on']['usable'], it['idps'][0]['sign_on']['why_not'])") ==
               "(False, 'its metadata has no SingleSignOnService')");
    with("broken.xml", "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"javascript:canary\"");
    check("metadata show broken.xml", 0, "not used: SingleSignOnService, line");
    check("metadata validate broken.xml", 0, "it isn't used: SingleSignOnService, line");
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

BOOST_AUTO_TEST_CASE(shows_the_changes_that_a_new_document_would_make_in_trust) {
    std::ofstream(folder / "old.xml") << idp_document("keys/idp2.crt.pem");
    std::ofstream(folder / "new.xml") << idp_document("keys/idp1-first.crt.pem");
    check("metadata diff old.xml old.xml", 0, "nothing changes in trust");
    check("metadata diff old.xml new.xml", 1, "key added");
    BOOST_TEST(run("--json metadata diff old.xml new.xml").code == 1);
    BOOST_TEST(json("sorted((c['change'], c['trust']) for c in it['changes'])") ==
               "[('key added', 'adds'), ('key removed', 'takes away')]");
    check("metadata diff old.xml slo.toml", 3, "", "isn't usable");
}

BOOST_AUTO_TEST_CASE(imports_a_proven_document_after_its_review) {
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

BOOST_AUTO_TEST_CASE(asks_the_sources_without_making_a_key) {
    const auto names = [&] {
        std::set<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) found.insert(entry.path());
        return found;
    };
    check("--help", 0, "");  // its output's files are there
    const auto before = names();
    check("metadata refresh --config slo.toml", 0, "idp-1");
    BOOST_TEST((names() == before));
    configure("signing_key = \"a.key.pem\"\nsigning_certificate = \"a.crt.pem\"");
    check("metadata refresh --config slo.toml", 0, "idp-1");
    BOOST_TEST((names() == before));
}

BOOST_AUTO_TEST_CASE(shows_its_certificate_to_a_source_that_asks_for_it) {
    const std::string document = published();
    const LoopbackServer server([&](const std::string&) { return reply_with(document); },
                                LoopbackServer::identity_for_known_clients());
    fs::copy_file(fs::path(SLO_FIXTURES) / "keys/idp1-first.crt.pem", folder / "federation.pem");
    for (const std::string file : {"server.pem", "client.pem", "client.key", "stranger.pem", "stranger.key"})
        fs::copy_file(fs::path(SLO_FIXTURES) / "tls" / file, folder / file);
    const std::string before = content_of(folder / "slo.toml");
    const auto refresh_as = [&](const std::string& client) {
        std::ofstream(folder / "slo.toml") << before << "[[metadata]]\nname = \"federation\"\nurl = \"" << server.url()
                                           << "\"\nsigning_certificates = [\"federation.pem\"]\nca = \"server.pem\"\n"
                                           << client;
        const int code = run("--json metadata refresh --config slo.toml").code;
        return std::to_string(code) + " " +
               json("[(s['outcome'], s['idps']) for s in it['sources'] if s['source'] == 'federation']");
    };
    BOOST_TEST(refresh_as("") == "4 [('unreachable', 0)]");
    BOOST_TEST(refresh_as("client_certificate = \"stranger.pem\"\nclient_key = \"stranger.key\"\n") ==
               "4 [('unreachable', 0)]");
    BOOST_TEST(server.requests().empty());
    BOOST_TEST(refresh_as("client_certificate = \"client.pem\"\nclient_key = \"client.key\"\n") ==
               "0 [('updated', 1)]");
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
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("[(k['name'], k['stage']) for k in it['keys']]") ==
               "[('signing-1', 'active'), ('encryption-1', 'active')]");
}

BOOST_AUTO_TEST_CASE(walks_through_a_roll_over_and_refuses_a_step_too_early) {
    const std::string rotate = "keys rotate --config slo.toml --stage ";
    check("keys new --folder keys", 0, "signing-1");
    check(rotate + "list", 0, "to begin a roll-over: --stage prepare");
    check(rotate + "activate", 2, "", "prepare one");
    check(rotate + "prepare", 0, "every IdP must know the next certificate");
    check(rotate + "prepare", 2, "", "activate it");
    check(rotate + "activate --risk-unpublished", 3, "", "too early");
    BOOST_TEST(run("keys list --config slo.toml --json").code == 0);
    BOOST_TEST(json("it['next_step'], [k['stage'] for k in it['keys']], 'not_before' in it") ==
               "activate ['active', 'next'] True");
    check(rotate + "activate --force --risk-unpublished", 0, "the old certificate is still published");
    check(rotate + "retire --risk-unpublished", 3, "", "too early");
    check(rotate + "retire --force --risk-unpublished", 0, "signing-2  signing  active");
    BOOST_TEST(!fs::exists(folder / "keys/signing-1.key.pem"));
    check(rotate + "prepare --purpose encryption --kind p384", 2, "", "must be RSA");
    check("keys new a", 0, "a.key.pem");
    configure("signing_key = \"a.key.pem\"\nsigning_certificate = \"a.crt.pem\"");
    check(rotate + "list", 2, "", "saml-slo keys new --folder");
}

BOOST_AUTO_TEST_CASE(a_running_endpoint_follows_each_step) {
    const std::uint16_t port = examples::free_port();
    configure("keys = \"keys\"", port, examples::free_port());
    auto process = examples::ChildProcess::start({SLO_DAEMON, "--config", folder / "slo.toml"});
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
    wait_for(R"("detail":"signing-1 active, signing-2 next")");
    BOOST_TEST(published().size() == 2U);
    check("keys rotate --config slo.toml --stage activate --force", 0, "retiring");
    wait_for(R"("detail":"signing-2 active, signing-1 retiring")");
    BOOST_TEST(published().size() == 2U);
    BOOST_TEST(published().back().fingerprint() == before.front().fingerprint());
    // A state that can't be read changes nothing, and is told.
    const std::string state = content_of(folder / "keys/keys.toml");
    std::ofstream(folder / "keys/keys.toml") << "[[key]]\n";
    wait_for("\"stage\":\"config\"");
    BOOST_TEST(published().size() == 2U);
    std::ofstream(folder / "keys/keys.toml") << state;
    check("keys rotate --config slo.toml --stage retire --force", 0, "signing-2");
    wait_for(R"("detail":"signing-2 active")");
    BOOST_TEST(published().size() == 1U);
    BOOST_TEST(published().front().fingerprint() != before.front().fingerprint());
    BOOST_TEST(process->stop(test::patience) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
