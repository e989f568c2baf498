// saml-slo metadata import from a URL: a proven document is written, and no server and no attacker can cause any
// other write.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "desk.hpp"
#include "loopback_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

LoopbackServer server_of(const std::string& reply) {
    return LoopbackServer([reply](const std::string&) { return reply; }, LoopbackServer::usual_identity());
}

/// A Desk that knows the federation's signer and the CA of its server, and has imported one document.
class ImportDesk : public Desk {
public:
    ImportDesk() {
        fs::create_directory(trusted);
        fs::copy_file(fs::path(SLO_FIXTURES) / (believed_signer + ".crt.pem"), folder / "federation.pem");
        fs::copy_file(fs::path(SLO_FIXTURES) / "tls/server.pem", folder / "ca.pem");
        fs::copy_file(fs::path(SLO_FIXTURES) / "tls/other-ca.pem", folder / "other-ca.pem");
    }

    [[nodiscard]] static std::string import_of(const std::string& url, const std::string& more = "--ca ca.pem") {
        return "metadata import " + url + " --into trusted --signing-certificate federation.pem " + more;
    }
    /// The arguments for the client's certificate tests/fixtures/tls/<name>.pem.
    [[nodiscard]] static std::string client(const std::string& name) {
        const std::string file = std::string(SLO_FIXTURES) + "/tls/" + name;
        return " --client-certificate " + file + ".pem --client-key " + file + ".key";
    }
    /// File name -> content.
    [[nodiscard]] std::map<std::string, std::string> written() const {
        std::map<std::string, std::string> files;
        for (const auto& entry : fs::directory_iterator(trusted))
            files[entry.path().filename()] = content_of(entry.path());
        return files;
    }
    /// The files imported before stay unchanged, and there are no others.
    void check_refused(const std::string& arguments, int code, const std::string& text) const {
        fs::copy_file(folder / "idp.xml", trusted / "idp.example.org-saml.xml", fs::copy_options::overwrite_existing);
        const auto before = written();
        const Run made = run(arguments + " --accept");
        BOOST_TEST_CONTEXT(arguments) {
            BOOST_TEST(made.code == code);
            BOOST_TEST(made.err == "saml-slo: " + text + "\n");
            BOOST_TEST(made.out == "");
            BOOST_TEST((written() == before));
        }
    }
    void check_document_refused(const std::string& document, const std::string& why,
                                const std::string& remedy = "ask its publisher for the right document or key") const {
        const LoopbackServer server = server_of(reply_with(document));
        check_refused(import_of(server.url()), 3,
                      "the document isn't believed: " + why + "; nothing was changed; " + remedy);
    }
    void check_nothing_came(const std::string& arguments, const std::string& why) const {
        check_refused(arguments, 4, "no document came: " + why + "; check the URL and the way there");
    }

    fs::path trusted = folder / "trusted";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slo_import, ImportDesk)

BOOST_AUTO_TEST_CASE(writes_a_document_of_the_pinned_signer) {
    const std::string document = published();
    const LoopbackServer server = server_of(reply_with(document));
    check(import_of(server.url()), 1, "write --accept");
    BOOST_TEST(written().empty());
    check(import_of(server.url()) + " --accept", 0, "written: trusted/idp.example.org-saml.xml");
    BOOST_TEST((written() == std::map<std::string, std::string>{{"idp.example.org-saml.xml", document}}));
    check(import_of(server.url()), 0, "nothing changes in trust");
    BOOST_TEST(server.requests().front().starts_with("GET /metadata HTTP/1.1\r\n"));
    BOOST_TEST((server.requests().front().find("\r\nAccept: application/samlmetadata+xml\r\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(follows_a_redirect_within_https) {
    const std::string document = published();
    const LoopbackServer server(
        [&](const std::string& request) {
            if (request.starts_with("GET /metadata ")) return reply_with("", "Location: /all.xml\r\n", "302 Found");
            return reply_with(document);
        },
        LoopbackServer::usual_identity());
    check(import_of(server.url()) + " --accept", 0, "written: ");
    BOOST_TEST(written().begin()->second == document);
}

// MET-01
BOOST_AUTO_TEST_CASE(refuses_a_document_that_the_pinned_signer_did_not_sign) {
    check_document_refused(published("keys/stranger", "keys/stranger"), "sig.invalid");
    check_document_refused(ending_at(in_a_week(), idp_document("keys/stranger.crt.pem")),
                           "sig.missing (line 1: the root's first child isn't a ds:Signature)");
    std::string changed = published();
    changed.replace(changed.find("https://idp.example.org/sso"), 27, "https://idp.example.com/sso");
    check_document_refused(changed, "sig.invalid (the document doesn't have the signed digest)");
    check_document_refused("<html>canary</html>", "meta.not_metadata (it's a web page (HTML))");
}

// MET-05
BOOST_AUTO_TEST_CASE(refuses_a_document_without_an_end_in_sight) {
    const std::string endless = idp_document("keys/idp2.crt.pem");
    check_document_refused(signed_by(believed_signer, endless),
                           "meta.valid_until_missing (EntityDescriptor, line 2: no validUntil: only an https url of "
                           "[[metadata]] may do without, for max_age_without_valid_until)",
                           "to pin this one document by hand, compare its keys over another channel, and write "
                           "--sha256 with the hash of its octets instead of --signed-by: then it needs no validUntil");
    check_document_refused(signed_by(believed_signer, ending_at("2999-01-01T00:00:00Z", endless)),
                           "meta.valid_until_too_far (EntityDescriptor, line 2: validUntil is "
                           "2999-01-01T00:00:00Z)");
}

BOOST_AUTO_TEST_CASE(refuses_a_server_whose_certificate_no_trusted_ca_issued) {
    const LoopbackServer server = server_of(reply_with(published()));
    const std::string why = "http.tls (the certificate isn't accepted (self-signed certificate))";
    check_nothing_came(import_of(server.url(), ""), why);
    check_nothing_came(import_of(server.url(), "--ca other-ca.pem"), why);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(shows_our_certificate_to_a_server_that_wants_one) {
    const std::string document = published();
    const LoopbackServer wary([&](const std::string&) { return reply_with(document); },
                              LoopbackServer::identity_for_known_clients());
    const auto why = [](const std::string& alert) {
        return "http.tls (the server ends TLS (" + alert + " (SSL routines)))";
    };
    check_nothing_came(import_of(wary.url()), why("tlsv13 alert certificate required"));
    check_nothing_came(import_of(wary.url(), "--ca ca.pem" + client("stranger")), why("tlsv1 alert unknown ca"));
    BOOST_TEST(wary.requests().empty());
    fs::remove(trusted / "idp.example.org-saml.xml");
    check(import_of(wary.url(), "--ca ca.pem" + client("client")) + " --accept", 0, "written: ");
    BOOST_TEST(written().begin()->second == document);
}

BOOST_AUTO_TEST_CASE(takes_no_document_from_another_answer_than_200) {
    for (const std::string status : {"404 Not Found", "500 canary", "203 canary"}) {
        const LoopbackServer server = server_of(reply_with(published(), {}, status));
        check_refused(import_of(server.url()), 4,
                      "the server says " + status.substr(0, 3) + " and sends no document; check the URL");
    }
}

BOOST_AUTO_TEST_CASE(goes_nowhere_over_plain_http) {
    const LoopbackServer plain([](const std::string&) { return reply_with(published()); });
    const LoopbackServer server = server_of(reply_with("", "Location: " + plain.url() + "\r\n", "302 Found"));
    check_nothing_came(import_of(server.url()), "http.url (a redirect from https to http)");
    BOOST_TEST(server.requests().size() == 1U);
    check_refused(import_of(plain.url()), 2,
                  "plain http: whoever is on the way could answer instead; write https://, or --allow-http if what it "
                  "proves itself with is enough for you");
    BOOST_TEST(plain.connections() == 0U);
    fs::remove(trusted / "idp.example.org-saml.xml");
    check(import_of(plain.url()) + " --allow-http --accept", 0, "written: ");
}

BOOST_AUTO_TEST_CASE(reads_no_document_over_its_limit) {
    const std::string length = std::to_string(256U * 1024 * 1024 + 1);
    const LoopbackServer server =
        server_of("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n<x" + and_nothing_more);
    check_nothing_came(import_of(server.url()), "http.too_large (the body is larger than allowed)");
}

BOOST_AUTO_TEST_CASE(says_that_a_document_broke_off_or_never_came) {
    std::string where;
    {
        const LoopbackServer server = server_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<x/>");
        where = server.url();
        check_nothing_came(import_of(where), "http.reply (the reply broke off)");
    }
    check_nothing_came(import_of(where), "http.unreachable (no connection (Connection refused))");
}

BOOST_AUTO_TEST_CASE(refuses_words_that_mean_nothing) {
    check_refused(import_of("https://user@localhost/metadata"), 2,
                  "no URL that can be asked; write https://..., without user or fragment");
    const std::string why = "--ca and --client-certificate mean nothing to a file; remove them";
    check_refused(import_of("idp.xml"), 2, why);
    check_refused(import_of("idp.xml", client("client")), 2, why);
    check_refused(import_of("https://localhost/metadata", "--ca nowhere.pem"), 2,
                  "the CA certificates of the server can't be read from nowhere.pem (no reason given): check the path "
                  "and its permissions; it must be PEM");
}

BOOST_AUTO_TEST_SUITE_END()
