// saml-slo try: each check refuses a captured message with its own rule, and nothing is written.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "desk.hpp"
#include "fixtures.hpp"
#include "http_client.hpp"
#include "logout_request_text.hpp"
#include "loopback_server.hpp"
#include "operator.hpp"
#include "service_provider.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/redirect.hpp"

using namespace slo;
using namespace slo::test;

namespace {

const std::string at_its_time = " --at 2030-01-15T10:00:30Z";

/// An endpoint's configuration that believes IdP1, and a captured message.
struct TryDesk : Desk {
    TryDesk() {
        for (const std::string kind : {".key.pem", ".crt.pem"}) {
            fs::copy_file(fs::path(SLO_FIXTURES) / ("sp/sp" + kind), folder / ("sp" + kind));
        }
        fs::permissions(folder / "sp.key.pem", fs::perms::owner_read | fs::perms::owner_write);
        believe({});
    }
    /// `more` belongs to the [[idp]], `of_sp` to [sp].
    void believe(const std::string& more, const std::string& of_sp = "", const std::string& metadata = idp1_document(),
                 std::uint16_t local_port = 8081) const {
        std::ofstream(folder / "idp.xml") << metadata;
        std::ofstream(folder / "slo.toml")
            << "[sp]\nentity_id = \"" << our_entity_id << "\"\nslo_url = \"" << our_soap_url
            << "\"\nacs_url = \"https://sp.example.com/saml/acs\"\nsigning_key = \"sp.key.pem\"\n"
               "signing_certificate = \"sp.crt.pem\"\nencryption_key = \"sp.key.pem\"\n"
               "encryption_certificate = \"sp.crt.pem\"\n"
            << of_sp << "\n[[idp]]\nmetadata = \"idp.xml\"\n"
            << more
            << "\n[store]\nengine = \"memory\"\n[server]\nlisten = \"127.0.0.1:8080\"\n[local]\nport = " << local_port
            << "\n";
    }
    [[nodiscard]] static std::string idp1_document() {
        return idp_metadata(idp1_entity_id,
                            {{"signing", "keys/idp1-first.crt.pem"}, {"signing", "keys/idp1-second.crt.pem"}});
    }
    void capture(const std::string& octets) const { std::ofstream(folder / "it", std::ios::binary) << octets; }
    /// The tool's judgement of the captured message.
    [[nodiscard]] Run judge(const std::string& more = at_its_time) const {
        return run("try it --config slo.toml --json" + more);
    }
    /// All files, with their content and their time of change; but for the output that run() takes.
    [[nodiscard]] std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const std::string name = entry.path().string();
            if (entry.path().filename() == "out" || entry.path().filename() == "err") continue;
            const auto changed = fs::last_write_time(entry.path()).time_since_epoch().count();
            found[name] =
                std::to_string(changed) + " " + (entry.is_regular_file() ? content_of(entry.path()) : "folder");
        }
        return found;
    }
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string verdict(const std::string& check, const std::string& verdict, const std::string& note) {
    return R"({"check":")" + check + R"(","verdict":")" + verdict + R"(","note":")" + note + "\"";
}

std::string refused(const std::string& check, const std::string& rule) {
    return verdict(check, "refused", "") + R"(,"rule":")" + rule + "\"";
}

struct Row {
    std::string check;
    std::string rule;
    std::string captured;
    std::string more_of_idp = {};
    std::string more_of_sp = {};
};

/// Each row is refused at its check, with its rule, and each check behind it isn't reached.
void check_rows(const std::vector<Row>& rows) {
    static const std::vector<std::string> checks{"transport",     "xml",         "kind",          "idp",
                                                 "wire",          "metadata",    "signature",     "schema",
                                                 "issuer",        "destination", "issue_instant", "not_on_or_after",
                                                 "session_index", "name_id"};
    const TryDesk desk;
    for (const Row& row : rows) {
        desk.believe(row.more_of_idp, row.more_of_sp);
        desk.capture(row.captured);
        const Run made = desk.judge();
        BOOST_TEST_CONTEXT(row.check << ": " << row.rule << "\n" << made.out << made.err) {
            BOOST_TEST(made.code == 3);
            BOOST_TEST(has(made.out, refused(row.check, row.rule)));
            BOOST_TEST(has(made.out, R"("taken":false)"));
            BOOST_TEST(made.err.starts_with("saml-slo: it would be refused: " + row.rule));
            BOOST_TEST(has(made.err, "saml-slo explain " + row.rule));
            BOOST_TEST(!has(made.out, "\"names\":"));
            bool behind = false;
            for (const std::string& check : checks) {
                const std::string expected = check == row.check ? "refused" : behind ? "not reached" : "ok";
                BOOST_TEST(has(made.out, R"({"check":")" + check + R"(","verdict":")" + expected + "\""), check);
                behind = behind || check == row.check;
            }
        }
    }
}

std::string with(const std::function<void(LogoutRequestText&)>& change) {
    LogoutRequestText request;
    change(request);
    return soap(request);
}

std::string form_of(const std::string& xml) {
    return "SAMLRequest=" + examples::escape(saml::encode_base64(xml));
}

std::string posted(const std::string& path, const std::string& type, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: sp.example.com\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string form_url = "form_url = \"https://sp.example.com/saml/slo/form\"";
const std::string form_type = "application/x-www-form-urlencoded";
const std::string form_wire = "wires = [\"form\"]";

std::string to_form_url() {
    LogoutRequestText request;
    request.destination = "https://sp.example.com/saml/slo/form";
    return request.signed_xml();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(saml_slo_try)

BOOST_AUTO_TEST_CASE(tells_of_each_check_of_a_request_that_would_be_taken) {
    const TryDesk desk;
    desk.capture(with([](LogoutRequestText& request) { request.session_indexes = {"i1", "i2"}; }));
    const Run made = desk.judge();
    BOOST_TEST_CONTEXT(made.out << made.err) {
        BOOST_TEST(made.code == 0);
        BOOST_TEST(made.err.empty());
        for (const std::string& expected :
             {verdict("transport", "ok", "SOAP"), verdict("idp", "ok", std::string(idp1_entity_id)),
              verdict("signature", "ok", "rsa-sha256, key 1 of 2"),
              verdict("destination", "ok", std::string(our_soap_url)),
              verdict("issue_instant", "ok", "2030-01-15T10:00:00Z, 30 s ago"),
              verdict("not_on_or_after", "ok", "2030-01-15T10:05:00Z, 270 s ahead"),
              verdict("session_index", "ok", "2 named"), verdict("name_id", "ok", "not encrypted"),
              std::string(
                  R"("names":{"session_indexes":2,"format":"urn:oasis:names:tc:SAML:2.0:nameid-format:transient",)"
                  R"("name_id_matching":"default_qualifiers"})")}) {
            BOOST_TEST(has(made.out, expected), expected);
        }
    }
    const Run table = desk.run("try it --config slo.toml" + at_its_time);
    BOOST_TEST(has(table.out, "it names 2 SessionIndexes; its NameID has the Format urn:"), table.out);
    BOOST_TEST(has(table.out, "--live asks the running daemon"), table.out);
}

BOOST_AUTO_TEST_CASE(tells_which_key_verified_the_signature) {
    const TryDesk desk;
    desk.capture(soap({}, "keys/idp1-second.key.pem"));
    BOOST_TEST(has(desk.judge().out, "rsa-sha256, key 2 of 2"));
}

BOOST_AUTO_TEST_CASE(the_transport_is_refused_as_by_the_endpoint) {
    check_rows(
        {{"transport", "form.fields", "SAMLResponse=PGE", "", form_url},
         {"transport", "saml.base64", "SAMLRequest=abc", "", form_url},
         {"transport", "form.malformed", "SAMLRequest=%zz", form_wire, form_url},
         {"transport", "form.fields", posted("/saml/slo/form?SAMLRequest=PGE", form_type, "x"), form_wire, form_url},
         {"transport", "xml.size", "<a>" + std::string(70'000, ' ') + "</a>"},
         {"transport", "http.content_type", posted("/saml/slo/soap", "application/json", soap({}))}});
}

BOOST_AUTO_TEST_CASE(xml_that_attacks_a_parser_is_refused_as_by_the_endpoint) {
    std::string bomb = "<!DOCTYPE a [<!ENTITY b0 \"b\">";
    for (int i = 1; i < 20; ++i) {
        const std::string before = "&b" + std::to_string(i - 1) + ";";
        bomb += "<!ENTITY b" + std::to_string(i) + " \"" + before + before + "\">";
    }
    std::string deep;
    for (int i = 0; i < 5'000; ++i) deep += "<a>";
    check_rows({{"xml", "xml.doctype", bomb + "]><a>&b19;</a>"},
                {"xml", "xml.doctype", form_of(bomb + "]><a>&b19;</a>"), form_wire, form_url},
                {"xml", "xml.limits", deep},
                {"xml", "xml.comment", replaced(soap({}), "<soap:Body>", "<soap:Body><!-- -->")},
                {"xml", "xml.malformed", soap({}) + "<"}});
}

BOOST_AUTO_TEST_CASE(another_kind_of_message_or_envelope_is_refused) {
    const std::string request = LogoutRequestText{}.signed_xml();
    check_rows(
        {{"kind", "soap.body_count", envelope(request + request)},
         {"kind", "soap.structure", envelope("", "<soap:Header>text</soap:Header>")},
         {"kind", "saml.unsupported_request", with([](LogoutRequestText& it) { it.element = "samlp:AuthnRequest"; })},
         {"kind", "saml.issuer", with([](LogoutRequestText& it) { it.issuer = ""; })},
         {"kind", "saml.version_too_low", with([](LogoutRequestText& it) { it.version = "1.1"; })}});
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_not_ours_is_refused_by_its_rule) {
    check_rows({{"idp", "check.issuer_unknown",
                 with([](LogoutRequestText& it) { it.issuer = issuer_of("https://stranger.example.org"); })},
                {"wire", "http.wire", form_of(to_form_url()), "", form_url},
                {"signature", "sig.invalid", soap({}, "keys/stranger.key.pem")},
                {"signature", "sig.missing", unsigned_soap({})},
                {"signature", "sig.algorithm", with([](LogoutRequestText& it) {
                     it.signature.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
                 })}});
}

BOOST_AUTO_TEST_CASE(content_that_is_not_expected_is_refused_by_its_rule) {
    EncryptedText for_another;
    for_another.certificate = "keys/sp-old.crt.pem";
    check_rows({{"schema", "saml.schema", with([](LogoutRequestText& it) { it.more_attributes = " Odd=\"x\""; })},
                {"destination", "check.destination",
                 with([](LogoutRequestText& it) { it.destination = "https://sp.example.com/other"; })},
                {"destination", "check.destination_missing", with([](LogoutRequestText& it) { it.destination = {}; })},
                {"session_index", "check.session_index", with([](LogoutRequestText& it) { it.session_indexes = {}; }),
                 "session_index = \"required\""},
                {"name_id", "id.decryption", with([&](LogoutRequestText& it) { it.identifier = for_another.xml(); })}});
}

BOOST_AUTO_TEST_CASE(metadata_that_has_ended_is_named_as_the_reason) {
    const TryDesk desk;
    desk.believe("entity_id = \"" + std::string(idp1_entity_id) + "\"", "",
                 ending_at("2030-01-01T00:00:00Z", TryDesk::idp1_document()));
    desk.capture(soap({}));
    const Run made = desk.judge();
    BOOST_TEST(made.code == 3);
    BOOST_TEST(has(made.out, refused("idp", "check.metadata_expired")), made.out);
    const Run told = desk.run("try it --config slo.toml" + at_its_time);
    BOOST_TEST(has(told.out, "validUntil was 2030-01-01T00:00:00Z"), told.out);
    BOOST_TEST(has(told.out,
                   "as of 2030-01-15T10:00:30Z, at which this is judged, the IdP's metadata has ended; if the "
                   "request came before that end, write --at with the time at which it came\n"),
               told.out);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_only_too_old_is_judged_on_as_of_its_own_time) {
    const TryDesk desk;
    desk.capture(soap({}));
    const Run late = desk.judge(" --at 2030-01-15T11:00:00Z");
    BOOST_TEST(late.code == 3);
    BOOST_TEST(has(late.out, refused("not_on_or_after", "check.not_on_or_after")), late.out);
    BOOST_TEST(has(late.out, verdict("name_id", "ok", "not encrypted")), late.out);
    BOOST_TEST(has(late.out, R"("acceptable_at":"2030-01-15T10:00:00Z")"), late.out);
    BOOST_TEST(has(desk.run("try it --config slo.toml --at 2030-01-15T11:00:00Z").out,
                   "only its age: with --at 2030-01-15T10:00:00Z it would be taken"));
    BOOST_TEST(desk.judge(" --at 2030-01-15T10:00:00Z").code == 0);

    const Run early = desk.judge(" --at 2030-01-15T09:00:00Z");
    BOOST_TEST(has(early.out, refused("issue_instant", "check.issue_instant")), early.out);
    BOOST_TEST(has(early.out, R"("acceptable_at":"2030-01-15T10:00:00Z")"), early.out);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_old_and_wrong_otherwise_is_told_both) {
    const TryDesk desk;
    desk.believe("session_index = \"required\"");
    desk.capture(with([](LogoutRequestText& request) { request.session_indexes = {}; }));
    const Run made = desk.judge(" --at 2030-01-15T11:00:00Z");
    BOOST_TEST(has(made.out, refused("not_on_or_after", "check.not_on_or_after")), made.out);
    BOOST_TEST(has(made.out, refused("session_index", "check.session_index")), made.out);
    BOOST_TEST(has(made.out, R"("acceptable_at":"")"), made.out);
    desk.believe("");
    desk.capture(with([](LogoutRequestText& request) { request.not_on_or_after = "2030-01-15T09:00:00Z"; }));
    BOOST_TEST(has(desk.judge().out, R"("acceptable_at":"")"));  // before its IssueInstant: no time mends that
}

BOOST_AUTO_TEST_CASE(recognises_what_was_captured) {
    const TryDesk desk;
    const std::string message = LogoutRequestText{}.signed_xml();
    const std::string body = soap({});
    const std::string chunked =
        "POST /saml/slo/soap HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n";
    const auto chunk = [](const std::string& part) {
        char size[17];
        std::snprintf(size, sizeof size, "%zx", part.size());
        return std::string(size) + "\r\n" + part + "\r\n";
    };
    for (const auto& captured :
         {body, message, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + message + "\n",
          posted("/saml/slo/soap", "text/xml; charset=utf-8", body),
          replaced(posted("/saml/slo/soap", "text/xml", body), "POST /", "POST https://sp.example.com/"),
          chunked + chunk(body.substr(0, 100)) + chunk(body.substr(100)) + "0\r\n\r\n"}) {
        desk.capture(captured);
        const Run made = desk.judge();
        BOOST_TEST(made.code == 0, captured.substr(0, 60) << made.out << made.err);
    }
    desk.believe(form_wire, form_url);
    const std::string form_path = "/saml/slo/form";
    for (const auto& captured :
         {form_of(to_form_url()), form_of(to_form_url()) + "\n", saml::encode_base64(to_form_url()),
          posted(form_path, form_type, form_of(to_form_url()))}) {
        desk.capture(captured);
        const Run made = desk.judge();
        BOOST_TEST(made.code == 0, captured.substr(0, 60) << made.out << made.err);
        BOOST_TEST(has(made.out, verdict("transport", "ok", "a form's SAMLRequest")));
    }
    desk.capture(to_form_url());
    BOOST_TEST(desk.judge(at_its_time + " --form").code == 0);
    BOOST_TEST(desk.judge(at_its_time + " --soap").code == 3);
}

BOOST_AUTO_TEST_CASE(a_request_in_the_query_of_a_captured_post_is_judged_too) {
    const TryDesk desk;
    desk.believe("wires = [\"form_in_query\"]", form_url);
    desk.capture(posted("/saml/slo/form?" + form_of(to_form_url()), form_type, ""));
    const Run made = desk.judge();
    BOOST_TEST(made.code == 0, made.out << made.err);
    BOOST_TEST(has(made.out, verdict("transport", "ok", "a SAMLRequest in the URL's query")));
    BOOST_TEST(has(made.out, "rsa-sha256, key 1 of 2"));
    desk.capture(posted("/saml/slo/soap?x", "text/xml", soap({})));
    BOOST_TEST(has(desk.judge().out, "its path is none of ours (http.path)"));
}

BOOST_AUTO_TEST_CASE(a_captured_redirect_is_judged_by_the_signature_of_its_query) {
    const TryDesk desk;
    const std::string browser_url = "https://sp.example.com/saml/slo";
    desk.believe("wires = [\"redirect\"]", "browser_slo_url = \"" + browser_url + "\"");
    saml::NameID alice;
    alice.value = "alice";
    const saml::LogoutRequest request{.id = saml::MessageID::parse("_r1").value(),
                                      .version = {},
                                      .issue_instant = saml::parse_instant("2030-01-15T10:00:00Z").value(),
                                      .destination = browser_url,
                                      .consent = std::nullopt,
                                      .issuer = saml::EntityID::parse(idp1_entity_id).value(),
                                      .asynchronous = false,
                                      .identifier = alice,
                                      .session_indexes = {},
                                      .not_on_or_after = std::nullopt,
                                      .reason = std::nullopt};
    const auto key =
        saml::SigningKey::parse(fixture("keys/idp1-second.key.pem"), fixture("keys/idp1-second.crt.pem")).value();
    const std::string url = saml::redirect::encode(request, std::nullopt, key).value().url();
    const std::string query = url.substr(url.find('?') + 1);
    for (const std::string& captured : {url, url + "\n", "?" + query, query,
                                        "GET /saml/slo?" + query + " HTTP/1.1\r\nHost: sp.example.com\r\n\r\n"}) {
        desk.capture(captured);
        const Run made = desk.judge();
        BOOST_TEST(made.code == 0, captured << made.out << made.err);
        BOOST_TEST(has(made.out, verdict("transport", "ok", "HTTP-Redirect")));
        BOOST_TEST(has(made.out, "rsa-sha256, key 2 of 2"));
    }
    std::string changed = url;
    changed.replace(changed.find("&SigAlg="), 8, "&RelayState=x&SigAlg=");
    desk.capture(changed);
    BOOST_TEST(has(desk.judge().out, refused("signature", "sig.invalid")));
    desk.capture("GET /saml/slo?SAMLRequest=x HTTP/1.1\r\n\r\n");
    BOOST_TEST(has(desk.judge().out, refused("transport", "saml.base64")));
    desk.believe("wires = [\"redirect\"]");
    desk.capture(url);
    BOOST_TEST(has(desk.judge().out, "no browser_slo_url is in [sp]"));
}

BOOST_AUTO_TEST_CASE(says_what_it_cannot_judge) {
    const TryDesk desk;
    const auto rejects = [&](const std::string& captured, int code, const std::string& why) {
        desk.capture(captured);
        desk.check("try it --config slo.toml", code, "", why);
    };
    rejects("{\"json\": true}", 2, "--soap or --form");
    rejects("", 2, "--soap or --form");
    rejects("HTTP/1.1 200 OK\r\n\r\n", 2, "answer");
    rejects("PUT /saml/slo HTTP/1.1\r\n\r\n", 3, "http.method");
    rejects("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n<a/>", 2, "incomplete");
    rejects("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a/>", 2, "incomplete");
    rejects("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\nxxxx", 3, "http.content_coding");
    desk.capture(soap({}));
    desk.check("try nowhere --config slo.toml", 2, "", "nowhere");
    desk.check("try it --config nowhere.toml", 2, "", "nowhere.toml");
    desk.check("try it", 2, "", "--config");
    desk.check("try it --config slo.toml --at yesterday", 2, "", "--at");
    desk.check("try it --config slo.toml --soap --form", 2, "", "excludes");
}

BOOST_AUTO_TEST_CASE(shows_a_name_id_only_if_asked_to) {
    const TryDesk desk;
    desk.capture(with([](LogoutRequestText& request) { request.identifier = transient_name_id("secret-name"); }));
    const Run made = desk.judge();
    BOOST_TEST(made.code == 0);
    BOOST_TEST(!has(made.out + made.err, "secret-name"));
    BOOST_TEST(!has(desk.run("try it --config slo.toml" + at_its_time).out, "secret-name"));
    BOOST_TEST(has(desk.judge(at_its_time + " --show-name-id").out, R"("name_id":"secret-name")"));
    BOOST_TEST(has(desk.run("try it --config slo.toml --show-name-id" + at_its_time).out, "NameID: secret-name"));
}

BOOST_AUTO_TEST_CASE(lets_no_octet_of_a_message_reach_the_terminal) {
    const TryDesk desk;
    desk.capture(with([](LogoutRequestText& request) {
        request.identifier = transient_name_id("\xc2\xa0\xe2\x80\xae");
        request.session_indexes = {"\xe2\x80\xae"};
    }));
    for (const std::string& format : {std::string(" --json"), std::string()}) {
        const Run made = desk.run("try it --config slo.toml --show-name-id" + at_its_time + format);
        BOOST_TEST(made.code == 0, made.out << made.err);
        for (const char c : made.out + made.err) {
            BOOST_TEST_REQUIRE(((c >= ' ' && c <= '~') || c == '\n'), format);
        }
    }
}

BOOST_AUTO_TEST_CASE(writes_no_file_and_makes_no_key) {
    const TryDesk desk;
    desk.capture(soap({}));
    const auto before = desk.files();
    BOOST_TEST(desk.judge().code == 0);
    BOOST_TEST((desk.files() == before));
    fs::remove(desk.folder / "sp.key.pem");
    fs::remove(desk.folder / "sp.crt.pem");
    const auto without_keys = desk.files();
    BOOST_TEST(desk.judge().code == 2);
    BOOST_TEST((desk.files() == without_keys));
}

/// The endpoint's cache is read as it is: its folder may belong to another user, and isn't made.
BOOST_AUTO_TEST_CASE(believes_the_copies_in_the_cache_and_asks_no_server) {
    const TryDesk desk;
    fs::copy_file(fs::path(SLO_FIXTURES) / "keys/idp1-first.crt.pem", desk.folder / "federation.pem");
    fs::copy_file(fs::path(SLO_FIXTURES) / "tls/server.pem", desk.folder / "server.pem");
    const std::string document =
        signed_by(believed_signer, ending_at(in_a_week(), replaced(idp_document("keys/idp1-second.crt.pem"),
                                                                   "https://idp.example.org/saml", idp1_entity_id)));
    const LoopbackServer server([&](const std::string&) { return reply_with(document); },
                                LoopbackServer::usual_identity());
    const std::string before = content_of(desk.folder / "slo.toml");
    std::ofstream(desk.folder / "slo.toml")
        << replaced(before, "[[idp]]\nmetadata = \"idp.xml\"\n",
                    "[[metadata]]\nname = \"federation\"\nurl = \"" + server.url() +
                        "\"\nsigning_certificates = [\"federation.pem\"]\nca = \"server.pem\"\n");
    LogoutRequestText request;
    const Instant now = sp::SystemClock().now();
    request.issue_instant = saml::format_instant(now);
    request.not_on_or_after = saml::format_instant(now + std::chrono::minutes(5));
    desk.capture(soap(request, "keys/idp1-second.key.pem"));

    const auto without_cache = desk.files();
    const Run unknown = desk.judge("");
    BOOST_TEST(has(unknown.out, refused("idp", "check.issuer_unknown")), unknown.out << unknown.err);
    BOOST_TEST((desk.files() == without_cache));
    BOOST_TEST(server.requests().empty());

    BOOST_REQUIRE(desk.run("metadata refresh --config slo.toml").code == 0);
    const auto asked = server.requests().size();
    const auto with_cache = desk.files();
    const Run known = desk.judge("");
    BOOST_TEST(known.code == 0, known.out << known.err);
    BOOST_TEST((desk.files() == with_cache));
    BOOST_TEST(server.requests().size() == asked);
}

BOOST_AUTO_TEST_CASE(asks_the_running_daemon_which_sessions_would_end) {
    const TryDesk desk;
    const std::uint16_t local_port = examples::free_port();
    desk.believe(form_wire.substr(0, form_wire.size() - 1) + ", \"soap\"]", form_url, TryDesk::idp1_document(),
                 local_port);
    std::string text = content_of(desk.folder / "slo.toml");
    std::ofstream(desk.folder / "slo.toml")
        << replaced(text, "127.0.0.1:8080", "127.0.0.1:" + std::to_string(examples::free_port()));
    const Instant now = sp::SystemClock().now();
    LogoutRequestText request;
    request.issue_instant = saml::format_instant(now);
    request.not_on_or_after = saml::format_instant(now + std::chrono::minutes(5));
    desk.capture(soap(request));
    desk.check("try it --config slo.toml --live", 4, "", "no daemon answers");

    auto process = examples::ChildProcess::start({SLO_DAEMON, "--config", desk.folder / "slo.toml"});
    BOOST_REQUIRE(process.has_value());
    while (const auto line = process->next_line(patience)) {
        if (has(*line, "local interface on")) break;
    }
    const std::string session =
        "local_id=cookie-1&idp=" + examples::escape(idp1_entity_id) +
        "&name_id=N1&format=" + examples::escape("urn:oasis:names:tc:SAML:2.0:nameid-format:transient") +
        "&session_index=i1&authn_instant=" + examples::escape(saml::format_instant(now - std::chrono::hours(1))) +
        "&expires=" + examples::escape(saml::format_instant(now + std::chrono::hours(1)));
    const auto made = examples::call(
        local_port,
        {.method = "POST", .path = "/sessions", .content_type = "application/x-www-form-urlencoded", .body = session});
    BOOST_REQUIRE((made && made->status == 201));
    const Run soap_run = desk.run("try it --config slo.toml --live");
    BOOST_TEST(soap_run.code == 0);
    BOOST_TEST(has(soap_run.out, "would end 1 session\n  cookie-1\n"), soap_run.out << soap_run.err);

    request.destination = "https://sp.example.com/saml/slo/form";
    desk.capture(form_of(request.signed_xml()));
    const Run form_run = desk.run("try it --config slo.toml --live");
    BOOST_TEST(has(form_run.out, "would end 1 session\n  cookie-1\n"), form_run.out << form_run.err);

    desk.capture(soap({}));
    const Run old = desk.run("try it --config slo.toml --live" + at_its_time);
    BOOST_TEST(has(old.out, "refuses it, as of now: {\"refused\":\"check."), old.out << old.err);
    // It was only asked: the session is alive.
    const auto alive = examples::call(local_port, {.method = "GET", .path = "/sessions/cookie-1"});
    BOOST_TEST((alive && alive->status == 200));
}

BOOST_AUTO_TEST_SUITE_END()
