// The exit code of each command for each way in which it can fail. The codes' meanings are in one table, which
// --help prints and docs/idps.md repeats.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "aggregate.hpp"
#include "http_client.hpp"
#include "loopback_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

struct Row {
    std::string situation;
    std::string command;
    int code;
    std::function<void(const FederationDesk&)> prepare = [](const FederationDesk&) {};
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        const FederationDesk desk;
        row.prepare(desk);
        const Run made = desk.run(row.command);
        BOOST_TEST_CONTEXT(row.command << ": " << row.situation << "\n" << made.out << made.err) {
            BOOST_TEST(made.code == row.code);
        }
    }
}

/// A file in the Desk's folder with this text.
std::function<void(const FederationDesk&)> with_file(const std::string& name, const std::string& text) {
    return [=](const FederationDesk& desk) { std::ofstream(desk.folder / name) << text; };
}
std::function<void(const FederationDesk&)> offering(const std::string& document) {
    return [=](const FederationDesk& desk) { desk.offer(document); };
}
/// The first document is imported, the second is offered.
std::function<void(const FederationDesk&)> after(const std::string& first, const std::string& second) {
    return [=](const FederationDesk& desk) {
        desk.offer(first);
        BOOST_REQUIRE(desk.run(FederationDesk::take("--name it.xml --accept")).code == 0);
        desk.offer(second);
    };
}
/// The configuration with these tables in place of its [[idp]].
std::function<void(const FederationDesk&)> with_sources(const std::string& tables, const std::string& document = "") {
    return [=](const FederationDesk& desk) {
        std::string text = content_of(desk.folder / "slo.toml");
        const auto begin = text.find("[[idp]]");
        std::ofstream(desk.folder / "slo.toml") << text.replace(begin, text.find("[store]") - begin, tables);
        if (!document.empty()) std::ofstream(desk.folder / "it.xml") << document;
    };
}

std::string idp() {
    return idp_document("keys/idp2.crt.pem");
}
std::string idp_at_home() {
    return idp_document("keys/idp2.crt.pem", logout_at("https://10.0.0.7/slo"));
}
std::string expired() {
    return ending_at("2020-01-01T00:00:00Z", idp());
}

const std::string endpoint = " --config slo.toml";
const std::string by_federation = "signing_certificates = [\"federation.pem\"]\n";

std::string source_at(const std::string& url, const std::string& more = "") {
    return "[[metadata]]\nname = \"it\"\nurl = \"" + url + "\"\nca = \"server.pem\"\n" + by_federation + more;
}
/// The same with a server's certificate at hand.
std::function<void(const FederationDesk&)> with_remote(const std::string& url, const std::string& more = "") {
    return [=](const FederationDesk& desk) {
        fs::copy_file(fs::path(SLO_FIXTURES) / "tls/server.pem", desk.folder / "server.pem");
        with_sources(source_at(url, more))(desk);
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(saml_slo_exit_codes)

BOOST_AUTO_TEST_CASE(exit_codes_are_one_table_in_the_help_and_in_the_readme) {
    const FederationDesk desk;
    std::istringstream help(desk.run("--help").out);
    const std::string readme = content_of(fs::path(SLO_SOURCE_DIR) / "docs/idps.md");
    int next = 0;
    bool inside = false;
    for (std::string line; std::getline(help, line);) {
        if (line == "Exit codes:") {
            inside = true;
        } else if (inside && line.starts_with("  " + std::to_string(next) + "  ")) {
            const std::string row = "| " + std::to_string(next) + " | " + line.substr(5) + " |\n";
            BOOST_TEST((readme.find(row) != std::string::npos), row);
            ++next;
        }
    }
    BOOST_TEST(next >= 5);
}

BOOST_AUTO_TEST_CASE(exit_codes_of_a_malformed_command_line) {
    check_rows({{"no command", "", 2},
                {"half a command", "metadata", 2},
                {"an unknown command", "metadata shw idp.xml", 2},
                {"an unknown option", "metadata show idp.xml --al", 2},
                {"no source", "metadata import --into .", 2},
                {"no proof", "metadata import idp.xml --into .", 2},
                {"a hash that is none", "metadata import idp.xml --into . --sha256 abc", 2},
                {"half a client", "metadata import https://x.example --into . --sha256 abc --client-key x", 2},
                {"an unknown stage", "keys rotate --config slo.toml --stage forward", 2},
                {"an unknown kind", "keys new x --kind dsa", 2},
                {"help", "--help", 0}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_generate) {
    check_rows({{"fine", "metadata generate" + endpoint, 0},
                {"no configuration", "metadata generate --config nowhere.toml", 2},
                {"a broken configuration", "metadata generate" + endpoint, 2, with_file("slo.toml", "[sp")},
                {"an IdP's file is broken", "metadata generate" + endpoint, 0, with_file("idp.xml", "<x/>")}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_show) {
    const std::string show = "metadata show it.xml";
    check_rows(
        {{"fine", show, 0, with_file("it.xml", idp())},
         {"an entity of it is refused", show, 0, with_file("it.xml", aggregate(member("a", logout_at("ftp://a"))))},
         {"no file", show, 2},
         {"a folder", "metadata show trusted", 2},
         {"no metadata", show, 1, with_file("it.xml", "<x/>")},
         {"expired", show, 1, with_file("it.xml", expired())},
         {"a private address that sends messages", show, 0, with_file("it.xml", idp_at_home())},
         {"and is asked", show + " --for asking", 1, with_file("it.xml", idp_at_home())},
         {"and that is allowed", show + " --for asking --allow-private-addresses", 0,
          with_file("it.xml", idp_at_home())},
         {"both purposes at once", show + endpoint + " --for asking", 2, with_file("it.xml", idp())},
         {"no configuration", show + " --config nowhere.toml", 2, with_file("it.xml", idp())},
         {"the configuration doesn't have it", show + endpoint, 2, with_file("it.xml", idp())},
         {"nor the source", show + endpoint + " --as idp-2", 2, with_file("it.xml", idp())},
         {"unsigned, where a signature is asked for", show + endpoint, 1,
          with_sources("[[idp]]\nmetadata = \"it.xml\"\n" + by_federation, idp())}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_validate) {
    const std::string validate = "metadata validate it.xml";
    check_rows(
        {{"fine", validate, 0, with_file("it.xml", idp())},
         {"no file", validate, 2},
         {"no metadata", validate, 1, with_file("it.xml", "<x/>")},
         {"plain http that sends messages", validate, 0,
          with_file("it.xml", idp_document("keys/idp2.crt.pem", logout_at("http://idp.example.org/slo")))},
         {"and is asked", validate + " --for asking", 1,
          with_file("it.xml", idp_document("keys/idp2.crt.pem", logout_at("http://idp.example.org/slo")))},
         {"an entity of it is refused", validate, 1, with_file("it.xml", aggregate(member("a", logout_at("ftp://a"))))},
         {"the configuration doesn't have it", validate + endpoint, 2, with_file("it.xml", idp())},
         {"more than the one IdP of an [[idp]]", validate + endpoint, 1,
          with_sources("[[idp]]\nmetadata = \"it.xml\"\n", aggregate(member("a") + member("b")))}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_diff) {
    const std::string diff = "metadata diff old.xml new.xml";
    const auto files = [](const std::string& old, const std::string& fresh) {
        return [=](const FederationDesk& desk) {
            with_file("old.xml", old)(desk);
            with_file("new.xml", fresh)(desk);
        };
    };
    const std::string other = idp_document("keys/idp1-first.crt.pem");
    const std::string end = in_a_week();
    check_rows({{"nothing changes", diff, 0, files(idp(), idp())},
                {"trust is added", diff, 1, files(idp(), other)},
                {"trust is taken away", diff, 0,
                 files(aggregate(member("a") + member("b"), end), aggregate(member("a"), end))},
                {"an IdP can't be compared", diff, 1,
                 files(aggregate(member("a"), end), aggregate(member("a") + member("b", logout_at("ftp://b")), end))},
                {"no file", diff, 2, with_file("old.xml", idp())},
                {"the old one isn't usable", diff, 3, files("<x/>", idp())},
                {"the new one isn't usable", diff, 3, files(idp(), "<x/>")},
                {"the configuration has neither", diff + endpoint, 2, files(idp(), idp())}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_import_from_a_file) {
    const std::string take = FederationDesk::take("--name it.xml --accept");
    const std::string ask = FederationDesk::take("--name it.xml");
    const std::string no_source = "metadata import nowhere.xml --into trusted --signing-certificate federation.pem";
    const std::string two = aggregate(member("a") + member("b"));
    const auto dated = [](const std::string& time) { return aggregate(published_at(time) + member("a")); };
    check_rows(
        {{"written", take, 0, offering(ending_at(in_a_week(), idp()))},
         {"trust would be added", ask, 1, offering(idp())},
         {"nothing changes", ask, 0, after(idp(), idp())},
         {"an IdP that was named is gone", ask + FederationDesk::entity("a") + FederationDesk::entity("b"), 1,
          after(two, aggregate(member("a")))},
         {"all that were named are gone", take + FederationDesk::entity("c"), 3, offering(two)},
         {"an IdP can't be used", take, 3, offering(aggregate(member("a") + member("b", logout_at("ftp://b"))))},
         {"a private address", take, 3, offering(idp_at_home())},
         {"and that is allowed", take + " --allow-private-addresses", 0, offering(idp_at_home())},
         {"no IdP in it", take, 3, offering(aggregate(service_provider("urn:sp")))},
         {"another's document", take + FederationDesk::entity("other"), 3, offering(idp())},
         {"expired", take, 3, offering(expired())},
         {"unsigned", take, 3, with_file("offered.xml", idp())},
         {"another hash", "metadata import idp.xml --into trusted --accept --sha256 " + std::string(64, '0'), 3},
         {"older than what is there", take, 3, after(dated("2026-02-02T00:00:00Z"), dated("2026-02-01T00:00:00Z"))},
         {"no document", no_source, 2},
         {"no certificate", "metadata import idp.xml --into trusted --signing-certificate idp.xml", 2},
         {"no entityID", take + " --entity a", 2, offering(idp())},
         {"many IdPs and no name", FederationDesk::take("--accept"), 2, offering(two)},
         {"no folder", "metadata import offered.xml --into nowhere --accept --signing-certificate federation.pem", 2,
          offering(idp())},
         {"what is there is no metadata", take, 2,
          [](const FederationDesk& desk) {
              desk.offer(idp());
              std::ofstream(desk.trusted / "it.xml") << "<x/>";
          }},
         {"what is there is a folder", take, 2,
          [](const FederationDesk& desk) {
              desk.offer(idp());
              fs::create_directory(desk.trusted / "it.xml");
          }},
         {"it can't be written", take, 2,
          [](const FederationDesk& desk) {
              desk.offer(idp());
              fs::create_directories(desk.trusted / "it.xml.new/full");
          }},
         {"the configuration doesn't have the file", take + endpoint, 2, offering(idp())},
         {"its source wouldn't believe it", take + endpoint, 3,
          [](const FederationDesk& desk) {
              desk.offer(idp());
              with_sources("[[idp]]\nmetadata = \"trusted/it.xml\"\nsha256 = \"" + std::string(64, '0') + "\"\n")(desk);
          }},
         {"a server's CA for a file", take + " --ca federation.pem", 2, offering(idp())}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_import_from_a_url) {
    const auto serve = [](const std::string& reply) {
        return LoopbackServer([=](const std::string&) { return reply; }, LoopbackServer::usual_identity());
    };
    const LoopbackServer good = serve(reply_with(published()));
    const LoopbackServer missing = serve(reply_with("", {}, "404 Not Found"));
    const LoopbackServer html = serve(reply_with("<html/>"));
    const LoopbackServer endless = serve(reply_with(signed_by(believed_signer, idp())));
    const auto from = [](const std::string& url) {
        return "metadata import " + url + " --into trusted --signing-certificate federation.pem --accept --ca " +
               std::string(SLO_FIXTURES) + "/tls/server.pem";
    };
    const std::string nobody = "https://127.0.0.1:" + std::to_string(examples::free_port()) + "/metadata";
    check_rows(
        {{"written", from(good.url()), 0},
         {"no server there", from(nobody), 4},
         {"no document there", from(missing.url()), 4},
         {"a page", from(html.url()), 3},
         {"no end in sight", from(endless.url()), 3},
         {"a server without a trusted certificate", from(good.url()) + " --ca federation.pem", 2},
         {"a CA that isn't there",
          "metadata import " + good.url() + " --into trusted --ca nowhere.pem --sha256 " + std::string(64, '0'), 2},
         {"another CA",
          "metadata import " + good.url() + " --into trusted --ca federation.pem --sha256 " + std::string(64, '0'), 4},
         {"plain http", from("http://127.0.0.1/metadata"), 2},
         {"no URL", from("https://user@localhost/metadata"), 2}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_metadata_refresh) {
    const LoopbackServer good([](const std::string&) { return reply_with(published()); },
                              LoopbackServer::usual_identity());
    const LoopbackServer strangers(
        [](const std::string&) { return reply_with(published("keys/idp2", "keys/stranger")); },
        LoopbackServer::usual_identity());
    const LoopbackServer missing([](const std::string&) { return reply_with("", {}, "404 Not Found"); },
                                 LoopbackServer::usual_identity());
    const LoopbackServer ending(
        [](const std::string&) {
            const auto tomorrow = saml::format_instant(sp::SystemClock().now() + std::chrono::hours(24));
            return reply_with(signed_by(believed_signer, ending_at(tomorrow, idp())));
        },
        LoopbackServer::usual_identity());
    const std::string nobody = "https://127.0.0.1:" + std::to_string(examples::free_port()) + "/metadata";
    const std::string refresh = "metadata refresh" + endpoint;
    const std::string idp_table = "[[idp]]\nmetadata = \"it.xml\"\n";
    const std::string file_table = "[[metadata]]\nname = \"it\"\nfile = \"it.xml\"\n";
    const auto blocked = [&](const std::string& what) {
        return [&, what](const FederationDesk& desk) {
            with_remote(good.url())(desk);
            BOOST_REQUIRE(desk.run("metadata refresh" + endpoint).code == 0);
            for (const auto& entry : fs::directory_iterator(desk.folder / "metadata-cache/it"))
                if (entry.path().extension() == ".state") fs::remove(entry.path());
            fs::create_directories(desk.folder / "metadata-cache/it" / what / "full");
        };
    };
    check_rows(
        {{"fine", refresh, 0, with_remote(good.url())},
         {"a file that is believed", refresh, 0, with_sources(file_table + by_federation, published())},
         {"it ends soon", refresh, 1, with_remote(ending.url())},
         {"no configuration", "metadata refresh --config nowhere.toml", 2},
         {"what saml-slod refuses in its own sections", refresh, 2,
          with_sources(file_table + by_federation + "[process]\nseccomp = \"maybe\"\n", published())},
         {"the file of an [[idp]] isn't there", refresh, 2, with_sources(idp_table)},
         {"the file of an [[idp]] isn't believed", refresh, 3, with_sources(idp_table + by_federation, idp())},
         {"the file of a [[metadata]] isn't there", refresh, 2, with_sources(file_table)},
         {"the file of a [[metadata]] is too large", refresh, 2,
          with_sources(file_table + "max_octets = 4096\n", idp() + std::string(5000, ' '))},
         {"the file of a [[metadata]] isn't signed", refresh, 3, with_sources(file_table + by_federation, idp())},
         {"the file of a [[metadata]] has expired", refresh, 3, with_sources(file_table, expired())},
         {"a document isn't believed", refresh, 3, with_remote(strangers.url())},
         {"no server there", refresh, 4, with_remote(nobody)},
         {"no document there", refresh, 4, with_remote(missing.url())},
         {"no folder for the cache", refresh, 2, with_remote(good.url(), "cache = \"idp.xml\"\n")},
         {"no copy can be made in it", refresh, 2, blocked("document.state")},
         {"a client certificate that isn't there", refresh, 2,
          with_remote(good.url(), "client_certificate = \"x.pem\"\nclient_key = \"x.pem\"\n")},
         {"of two sources, the highest", refresh, 4, [&](const FederationDesk& desk) {
              fs::copy_file(fs::path(SLO_FIXTURES) / "tls/server.pem", desk.folder / "server.pem");
              with_sources(file_table + by_federation + source_at(nobody).replace(21, 2, "or"), idp())(desk);
          }}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_explain) {
    check_rows({{"a rule", "explain sig.invalid", 0},
                {"all of them", "explain", 0},
                {"no such rule", "explain sig.invalidity", 2}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_try) {
    const std::string judge = "try it.xml" + endpoint;
    const auto with_keys = [](const std::string& captured) {
        return [=](const FederationDesk& desk) {
            BOOST_REQUIRE(desk.run("keys new --folder keys --kind p256").code == 0);
            with_file("it.xml", captured)(desk);
        };
    };
    check_rows({{"the endpoint wouldn't take it", judge, 3, with_keys("<a/>")},
                {"HTTP alone refuses it", judge, 3, with_keys("GET / HTTP/1.1\r\n\r\n")},
                {"no message", judge, 2, with_keys("{}")},
                {"no file", judge, 2},
                {"no key, and none is made", judge, 2, with_file("it.xml", "<a/>")},
                {"no configuration", "try it.xml --config nowhere.toml", 2, with_file("it.xml", "<a/>")},
                {"no time", judge + " --at noon", 2, with_file("it.xml", "<a/>")}});
}

// The steps of the keys have codes of their own, with them.
BOOST_AUTO_TEST_CASE(exit_codes_of_keys_new) {
    check_rows({{"made", "keys new x --kind p256", 0},
                {"it's there", "keys new x --kind p256", 2, with_file("x.key.pem", "x")},
                {"no folder", "keys new nowhere/x --kind p256", 2},
                {"no place", "keys new", 2},
                {"no configuration", "keys list --config nowhere.toml", 2}});
}

BOOST_AUTO_TEST_CASE(exit_codes_of_an_unwritable_output) {
    const FederationDesk desk;
    const std::string command =
        "cd " + desk.folder.string() + " && " SLO_TOOL " metadata show idp.xml >/dev/full 2>err";
    BOOST_TEST(WEXITSTATUS(std::system(command.c_str())) == 2);  // NOLINT(concurrency-mt-unsafe): a lock in glibc
}

BOOST_AUTO_TEST_SUITE_END()
