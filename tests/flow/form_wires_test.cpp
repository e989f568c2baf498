// LogoutRequests in forms that no browser sends: octets in, octets out.
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <string>

#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"
#include "xmlsec1.hpp"

using namespace slo;
using namespace slo::test;
using idp_adapter::FormAnswer;
using idp_adapter::InteropProfile;
using idp_adapter::Wire;

namespace {

constexpr std::string_view form_url = "https://sp.example.com/saml/slo/form";
constexpr std::string_view form_path = "/saml/slo/form";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char octet[4];
        std::snprintf(octet, sizeof octet, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += octet;
    }
    return out;
}

std::string saml_request(std::string_view octets) {
    return "SAMLRequest=" + escaped(saml::encode_base64(octets));
}

LogoutRequestText to_form() {
    return {.destination = std::string(form_url)};
}

InteropProfile profile_of(std::string_view name) {
    return idp_adapter::preset(name).value();
}

/// A service provider with both endpoints, and IdP1 with that profile.
struct Site : ServiceProvider {
    explicit Site(InteropProfile profile, sp::Policy policy = {})
        : ServiceProvider({.destinations = {std::string(our_soap_url), std::string(form_url)},
                           .idps = {idp1(std::move(profile)), idp2()},
                           .policy = policy,
                           .endpoint = {.form_path = std::string(form_path), .metadata = {}}}) {
        admit_baseline();
    }
    Reply post_query(const std::string& query, std::string body = {}, std::string_view path = form_path) {
        return post_form(std::move(body), std::string(path) + "?" + query);
    }
    Reply post_form(std::string body, std::string_view path = form_path,
                    std::string type = "application/x-www-form-urlencoded") {
        return send({.method = "POST",
                     .target = std::string(path),
                     .headers = {{"Content-Type", std::move(type)}},
                     .body = std::move(body)});
    }
};

void expect_bare(const Reply& reply, int status) {
    BOOST_TEST(reply.http_status == status);
    BOOST_TEST(reply.body == "");
    BOOST_TEST(!reply.header("Content-Type").has_value());
    BOOST_TEST(!reply.header("Location").has_value());
    BOOST_TEST(reply.header("Cache-Control").value_or("") == "no-cache, no-store, must-revalidate, private");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(form_wires)

BOOST_AUTO_TEST_CASE(a_form_request_ends_its_sessions_and_gets_an_empty_200) {
    Site site(profile_of("keycloak"));
    expect_bare(site.post_form(saml_request(to_form().signed_xml()) + "&BACK_CHANNEL_LOGOUT=BACK_CHANNEL_LOGOUT"), 200);
    BOOST_TEST(site.alive() == "S2 S3 S4");
    BOOST_TEST(site.told() == "S1");
    BOOST_TEST(site.audit.last().event == "logout");
    BOOST_TEST(site.audit.last().status == "Success");
}

BOOST_AUTO_TEST_CASE(the_same_form_request_gets_the_same_answer) {
    Site site(profile_of("wso2"));
    const std::string body = saml_request(to_form().signed_xml());
    const auto first = site.post_form(body);
    const auto second = site.post_form(body);
    BOOST_TEST(first.http_status == 200);
    BOOST_TEST(second.http_status == 200);
    BOOST_TEST(site.audit.last().event == "repeat");
    BOOST_TEST(site.told() == "S1");
}

BOOST_AUTO_TEST_CASE(wso2s_form_is_answered_with_a_signed_response_in_base64) {
    Site site(profile_of("wso2"));
    const auto reply = site.post_form(saml_request(soap(to_form())));
    BOOST_TEST(reply.http_status == 200);
    BOOST_TEST(reply.header("Content-Type").value_or("") == saml::form::answer_content_type);
    const auto xml = saml::decode_base64(reply.body, 64 * 1024);
    BOOST_TEST_REQUIRE(xml.has_value());
    BOOST_TEST(xml->starts_with("<samlp:LogoutResponse "));
    BOOST_TEST(xml->find("InResponseTo=\"_r1\"") != std::string::npos);
    BOOST_TEST(xml->find("status:Success\"") != std::string::npos);
    BOOST_TEST(verify_xml(*xml, fixture("sp/sp.crt.pem")));
    BOOST_TEST(site.alive() == "S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(a_sender_that_reads_the_body_gets_a_failure_by_status_and_body) {
    Site site(profile_of("wso2"));
    site.applications.front()->answer_all(sp::Ended::failed);
    const auto reply = site.post_form(saml_request(to_form().signed_xml()));
    BOOST_TEST(reply.http_status == 500);
    const auto xml = saml::decode_base64(reply.body, 64 * 1024);
    BOOST_TEST_REQUIRE(xml.has_value());
    BOOST_TEST(xml->find("status:Responder\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(cas_envelopes_arrive_at_either_path) {
    for (const auto path : {form_path, std::string_view("/saml/slo/soap")}) {
        for (const std::string_view name : {"logoutRequest=", "SAMLRequest=", ""}) {
            Site site(profile_of("cas"));
            const bool is_form_path = path == form_path;
            const std::string envelope = soap({.destination = std::string(is_form_path ? form_url : our_soap_url)});
            expect_bare(site.post_form(name.empty() ? envelope : std::string(name) + escaped(envelope), path), 200);
            BOOST_TEST(site.alive() == "S2 S3 S4");
        }
    }
}

BOOST_AUTO_TEST_CASE(cas_puts_the_request_into_the_query_of_a_post_without_a_body) {
    Site site(profile_of("cas"));
    const std::string query = saml_request(to_form().signed_xml());
    expect_bare(site.post_query(query), 200);
    BOOST_TEST(site.alive() == "S2 S3 S4");
    BOOST_TEST(site.audit.last().event == "logout");
    expect_bare(site.post_query(query), 200);
    BOOST_TEST(site.audit.last().event == "repeat");
    BOOST_TEST(site.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_query_is_one_message_alone_without_a_body) {
    const std::string good = saml_request(to_form().signed_xml());
    auto other = to_form();
    other.id = "_r2";
    const std::string another = saml_request(other.signed_xml());
    const struct {
        std::string query;
        std::string body;
        std::string_view rule;
    } cases[] = {{good, another, "form.fields"},
                 {good, "x", "form.fields"},
                 {"", good, "form.fields"},
                 {"", "", "form.fields"},
                 {good + "&" + another, "", "form.fields"},
                 {good + "&RelayState=x", "", "form.fields"},
                 {"logoutRequest=" + escaped(soap(to_form())), "", "form.fields"},
                 {"SAMLResponse=" + good, "", "form.fields"},
                 {"x", "", "form.malformed"},
                 {saml_request(soap(to_form())), "", "saml.not_a_request"},
                 {saml_request(to_form().unsigned_xml()), "", "sig.missing"},
                 {saml_request(to_form().signed_xml("keys/stranger.key.pem")), "", "sig.invalid"},
                 {saml_request(LogoutRequestText{}.signed_xml()), "", "check.destination"}};
    for (const auto& one : cases) {
        Site site(profile_of("cas"));
        BOOST_TEST_CONTEXT(one.rule << " " << one.query.substr(0, 40)) {
            expect_bare(site.post_query(one.query, one.body), one.rule == "sig.missing" ? 403 : 400);
            BOOST_TEST(site.audit.last().rule == one.rule);
            BOOST_TEST(site.alive() == "S1 S2 S3 S4");
            BOOST_TEST(site.told() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_query_is_read_only_behind_the_forms_path_and_from_idps_with_that_wire) {
    const std::string at_form = saml_request(to_form().signed_xml());
    Site cas(profile_of("cas"));
    for (const std::string_view path : {"/saml/slo/soap", "/saml/slo/form/", "/saml/slo/Form", "/saml/metadata"}) {
        BOOST_TEST(cas.post_query(at_form, {}, path).http_status == 404);
        BOOST_TEST(cas.audit.last().rule == "http.path");
        BOOST_TEST(cas.audit.last().path == "other");
    }
    const auto in_query = std::string(form_path) + "?" + at_form;
    const auto get = cas.send({.method = "GET", .target = in_query, .headers = {}, .body = {}});
    BOOST_TEST(get.http_status == 405);
    BOOST_TEST(cas.audit.last().path == form_path);
    BOOST_TEST(cas.audit.last().detail == "POST goes to " + std::string(form_path));
    expect_bare(cas.send({.method = "POST", .target = in_query, .headers = {}, .body = {}}), 415);
    BOOST_TEST(cas.audit.last().path == form_path);
    BOOST_TEST(cas.alive() == "S1 S2 S3 S4");

    Site authentik(profile_of("authentik"));
    BOOST_TEST(authentik.post_query(at_form).http_status == 404);
    BOOST_TEST(authentik.audit.last().rule == "http.path");
    Site in_bodies(InteropProfile{.wires = {Wire::form, Wire::form_with_envelope, Wire::form_logout_request}});
    BOOST_TEST(in_bodies.post_query(at_form).http_status == 404);
    Site in_queries(InteropProfile{.wires = {Wire::form_in_query}});
    expect_bare(in_queries.post_form(at_form), 415);
    BOOST_TEST(in_queries.audit.last().rule == "http.wire");
    for (Site* site : {&authentik, &in_bodies, &in_queries}) BOOST_TEST(site->alive() == "S1 S2 S3 S4");
    expect_bare(in_queries.post_query(at_form), 200);
    BOOST_TEST(in_queries.alive() == "S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(another_idp_may_not_use_a_query_that_cas_brought_here) {
    Site site(profile_of("cas"));
    auto of_idp2 = to_form();
    of_idp2.issuer = issuer_of(idp2_entity_id);
    expect_bare(site.post_query(saml_request(of_idp2.signed_xml("keys/idp2.key.pem"))), 415);
    BOOST_TEST(site.audit.last().rule == "http.wire");
    BOOST_TEST(site.audit.last().detail ==
               "it came by a SAMLRequest in the URL's query, which isn't among the wires of the IdP's profile");
    BOOST_TEST(site.alive() == "S1 S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(forms_are_taken_only_from_idps_with_that_wire) {
    const struct {
        std::set<Wire> wires;
        std::string body;
    } cases[] = {
        {{Wire::soap}, saml_request(to_form().signed_xml())},
        {{Wire::soap, Wire::form_with_envelope, Wire::form_logout_request}, saml_request(to_form().signed_xml())},
        {{Wire::soap, Wire::form, Wire::form_logout_request}, saml_request(soap(to_form()))},
        {{Wire::soap, Wire::form, Wire::form_with_envelope}, "logoutRequest=" + escaped(soap(to_form()))},
        {{Wire::soap, Wire::form, Wire::form_with_envelope}, soap(to_form())}};
    for (const auto& one : cases) {
        Site site(InteropProfile{.wires = one.wires});
        expect_bare(site.post_form(one.body), 415);
        BOOST_TEST(site.audit.last().rule == "http.wire");
        BOOST_TEST(site.alive() == "S1 S2 S3 S4");
    }
    Site site(profile_of("authentik"));
    BOOST_TEST(site.post(soap(LogoutRequestText{})).http_status == 415);
    BOOST_TEST(site.audit.last().rule == "http.wire");
    BOOST_TEST(site.alive() == "S1 S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(the_form_endpoint_takes_posted_forms_only) {
    Site site(profile_of("keycloak"));
    const std::string body = saml_request(to_form().signed_xml());
    expect_bare(site.post_form(body, form_path, "text/xml"), 415);
    expect_bare(site.post_form(body, form_path, "application/x-www-form-urlencoded; charset=UTF-16"), 415);
    expect_bare(site.send({.method = "POST", .target = std::string(form_path), .headers = {}, .body = body}), 415);
    const auto get = site.send({.method = "GET", .target = std::string(form_path), .headers = {}, .body = {}});
    expect_bare(get, 405);
    BOOST_TEST(get.header("Allow").value_or("") == "POST");
    // No partner here posts envelopes as forms, so the SOAP endpoint takes none.
    expect_bare(site.post_form(body, "/saml/slo/soap"), 415);
    BOOST_TEST(site.post_form(body, "/saml/slo/form?x").http_status == 404);
    BOOST_TEST(site.alive() == "S1 S2 S3 S4");
    expect_bare(site.post_form(body, form_path, "Application/X-WWW-Form-UrlEncoded; charset=UTF-8"), 200);
}

// HttpClient 4 labels each form with ISO-8859-1, whatever it holds.
BOOST_AUTO_TEST_CASE(forms_take_a_charset_that_does_not_matter_and_no_other) {
    const std::string latin1 = "application/x-www-form-urlencoded; charset=ISO-8859-1";
    const std::string utf_16 = "application/x-www-form-urlencoded; charset=UTF-16";
    const std::string e_acute = "\xc3\xa9";
    Site keycloak(profile_of("keycloak"));
    const std::string form = saml_request(to_form().signed_xml());
    expect_bare(keycloak.post_form(form, form_path, utf_16), 415);
    BOOST_TEST(keycloak.audit.last().rule == "http.content_type");
    expect_bare(keycloak.post_form(form, form_path, latin1), 200);
    BOOST_TEST(keycloak.alive() == "S2 S3 S4");

    Site cas(profile_of("cas"));
    const std::string body_begin = "<soap:Body>";
    const std::string header = "<soap:Header><u:h xmlns:u=\"urn:u\">" + e_acute + "</u:h></soap:Header>";
    const std::string envelope = replaced(soap(to_form()), body_begin, header + body_begin);
    for (const std::string& body : {"logoutRequest=" + escaped(envelope), envelope}) {
        expect_bare(cas.post_form(body, form_path, latin1), 415);
        BOOST_TEST(cas.audit.last().detail == "the only charset is utf-8");
    }
    BOOST_TEST(cas.alive() == "S1 S2 S3 S4");
    expect_bare(cas.post_form("logoutRequest=" + escaped(soap(to_form())), form_path, latin1), 200);
    BOOST_TEST(cas.alive() == "S2 S3 S4");
    expect_bare(cas.post_form("logoutRequest=" + escaped(envelope)), 200);  // a repeat, in UTF-8
}

BOOST_AUTO_TEST_CASE(the_form_endpoint_is_no_destination_of_the_soap_endpoint,
                     *boost::unit_test::description("SAML Core 3.2.1 l.1480")) {
    Site site(profile_of("keycloak"));
    expect_bare(site.post_form(saml_request(LogoutRequestText{}.signed_xml())), 400);
    BOOST_TEST(site.audit.last().rule == "check.destination");
    const auto at_soap = site.post(soap(to_form()));
    BOOST_TEST(at_soap.body.find("status:Requester\"") != std::string::npos);
    BOOST_TEST(site.audit.last().rule == "check.destination");
    BOOST_TEST(site.alive() == "S1 S2 S3 S4");
    expect_bare(site.post_form(saml_request(to_form().signed_xml())), 200);
    BOOST_TEST(site.post(soap({.id = "_r2", .session_indexes = {"i2"}})).http_status == 200);
    BOOST_TEST(site.alive() == "S3 S4");
}

BOOST_AUTO_TEST_CASE(forms_are_off_without_a_path) {
    ServiceProvider provider({.idps = {idp1(profile_of("keycloak"))}});
    provider.admit_baseline();
    const auto reply = provider.send({.method = "POST",
                                      .target = "",
                                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                                      .body = saml_request(to_form().signed_xml())});
    BOOST_TEST(reply.http_status == 404);
}

BOOST_AUTO_TEST_CASE(forms_are_refused_with_a_status_alone_and_the_rule_in_the_audit) {
    auto no_destination = to_form();
    no_destination.destination.reset();
    auto expired = to_form();
    expired.not_on_or_after = "2030-01-15T09:00:00Z";
    auto stranger = to_form();
    stranger.issuer = issuer_of("https://stranger.example.org/");
    auto too_high = to_form();
    too_high.version = "3.0";
    const std::string huge = "SAMLRequest=" + std::string(64 * 1024, 'A');
    const struct {
        std::string body;
        int status;
        std::string_view rule;
    } cases[] = {{"", 400, "form.fields"},
                 {"SAMLRequest=%", 400, "form.malformed"},
                 {"SAMLRequest=%21", 400, "saml.base64"},
                 {"SAMLRequest=eA==&SAMLRequest=eA==", 400, "form.fields"},
                 {"SAMLRequest=eA==&logoutRequest=eA==", 400, "form.fields"},
                 {"SAMLResponse=eA==", 400, "form.fields"},
                 {saml_request("<!DOCTYPE x><x/>"), 400, "xml.doctype"},
                 {saml_request("<secret-of-the-peer/>"), 400, "saml.not_a_request"},
                 {saml_request(to_form().unsigned_xml()), 403, "sig.missing"},
                 {saml_request(to_form().signed_xml("keys/stranger.key.pem")), 400, "sig.invalid"},
                 {saml_request(stranger.signed_xml()), 403, "check.issuer_unknown"},
                 {saml_request(no_destination.signed_xml()), 400, "check.destination_missing"},
                 {saml_request(expired.signed_xml()), 400, "check.not_on_or_after"},
                 {saml_request(too_high.signed_xml()), 400, "saml.version_too_high"}};
    for (const auto& one : cases) {
        Site site(profile_of("keycloak"));
        BOOST_TEST_CONTEXT(one.body.substr(0, 40)) {
            expect_bare(site.post_form(one.body), one.status);
            BOOST_TEST(site.audit.last().rule == one.rule);
            BOOST_TEST(site.alive() == "S1 S2 S3 S4");
            BOOST_TEST(site.told() == "");
        }
    }
    Site site(profile_of("keycloak"));
    expect_bare(site.post_form(huge), 413);
}

BOOST_AUTO_TEST_CASE(the_body_returns_no_text_of_the_peer) {
    Site site(profile_of("wso2"));
    auto marked = to_form();
    marked.id = "_marked-by-the-peer";
    marked.session_indexes = {"marked-index"};
    marked.identifier = transient_name_id("marked-name");
    const auto reply = site.post_form(saml_request(marked.signed_xml()) + "&RelayState=marked-state");
    const auto xml = saml::decode_base64(reply.body, 64 * 1024);
    BOOST_TEST_REQUIRE(xml.has_value());
    for (const auto* text : {"marked-index", "marked-name", "marked-state"}) {
        BOOST_TEST(xml->find(text) == std::string::npos, text);
    }
}

BOOST_AUTO_TEST_CASE(forms_never_get_200_while_a_session_lives) {
    Site site(profile_of("keycloak"));
    site.applications.front()->answer_all(sp::Ended::failed);
    expect_bare(site.post_form(saml_request(to_form().signed_xml())), 500);
    BOOST_TEST(site.audit.last().status == "Responder");
    site.store.inject(FailingStore::Fault::begin_fails);
    auto other = to_form();
    other.id = "_r2";
    expect_bare(site.post_form(saml_request(other.signed_xml())), 500);
}

BOOST_AUTO_TEST_CASE(forms_of_an_idp_over_its_rate_get_429) {
    Site site(profile_of("keycloak"), {.requests_per_second_per_idp = 1});
    int denied = 0;
    for (int i = 0; i < 5; ++i) {
        auto request = to_form();
        request.id = "_r" + std::to_string(i);
        const auto reply = site.post_form(saml_request(request.signed_xml()));
        if (reply.http_status == 429) ++denied;
    }
    BOOST_TEST(denied > 0);
    BOOST_TEST(site.audit.last().rule == "check.rate");
}

BOOST_AUTO_TEST_SUITE_END()
