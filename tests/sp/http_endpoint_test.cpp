#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/configuration_error.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <new>
#include <set>

#include "http_reply.hpp"
#include "service_under_test.hpp"

namespace slo::sp {

namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

/// An accepted request is answered with a Fault, because the body is no XML.
constexpr int let_through = 500;

std::string header_of(const HttpReply& reply, std::string_view name) {
    std::string value;
    for (const auto& [key, text] : reply.headers) {
        if (key == name) value += text;
    }
    return value;
}

struct Fixture : ServiceUnderTest {
    Fixture() {
        parts.idps = directory_of({idp_with_first_key(profile_with_soap_12_type())});
        parts.audit_sampling = {.lines_per_rule = 1000, .lines_in_all = 1000};
    }

    HttpReply send(const HttpRequest& request) {
        HttpEndpoint endpoint(service(), options);
        return wait_for(endpoint.handle(request));
    }
    /// "peer path status rule: detail" of the last line.
    [[nodiscard]] std::string last_told() const {
        const AuditLine line = audit.last();
        BOOST_TEST(line.event == "http_refused");
        BOOST_TEST((line.lane == AuditLane::sampled));
        return line.peer + " " + line.path + " " + line.status + " " + line.rule + ": " + line.detail;
    }
    HttpReply post(HttpHeaders headers, std::string body = "x") {
        return send({"POST", options.soap_path, std::move(headers), std::move(body)});
    }
    int status_of_type(const std::string& content_type) { return post({{"Content-Type", content_type}}).status; }

    metadata::PublishedDocument document{.octets = "<metadata/>",
                                         .entity_tag = "\"abc\"",
                                         .last_modified = *saml::parse_instant("1994-11-06T08:49:37Z"),
                                         .max_age = std::chrono::seconds(300),
                                         .valid_until = {}};
    HttpEndpointOptions options{.metadata = [this]() -> Result<std::shared_ptr<const metadata::PublishedDocument>> {
        return std::make_shared<const metadata::PublishedDocument>(document);
    }};
    HttpReply ask(HttpHeaders headers, std::string method = "GET") {
        return send({std::move(method), options.metadata_path, std::move(headers), ""});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_endpoint, Fixture)

BOOST_AUTO_TEST_CASE(answers_a_logout_request) {
    store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})});
    const HttpReply reply = post({{"Content-Type", "text/xml"}}, signed_body(baseline_request()));
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body.find("status:Success\"") != std::string::npos);
    BOOST_TEST(header_of(reply, "Content-Type") == "text/xml; charset=utf-8");
    BOOST_TEST(application.told() == "S1");
}

// RFC 9110, 8.6
BOOST_AUTO_TEST_CASE(a_204_goes_without_a_length) {
    const HttpReply silent{.status = 204, .headers = {}, .body = {}};
    BOOST_TEST(serialise(silent, ReplyBody::send, AfterReply::close) ==
               "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    const HttpReply empty{.status = 200, .headers = {}, .body = {}};
    BOOST_TEST(serialise(empty, ReplyBody::send, AfterReply::close) ==
               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

// RFC 9112, 4: a status without a phrase may still be sent.
BOOST_AUTO_TEST_CASE(each_status_that_is_sent_here_has_its_phrase) {
    const auto phrase_of = [](int status) {
        const std::string octets =
            serialise({.status = status, .headers = {}, .body = {}}, ReplyBody::omit, AfterReply::close);
        return octets.substr(13, octets.find('\r') - 13);
    };
    for (const int status :
         {200, 201, 204, 304, 400, 403, 404, 405, 408, 409, 413, 415, 417, 421, 422, 429, 431, 500, 501, 503, 505}) {
        BOOST_TEST(!phrase_of(status).empty(), status);
    }
    BOOST_TEST(phrase_of(422) == "Unprocessable Content");  // RFC 9110's name
    BOOST_TEST(phrase_of(299).empty());
}

BOOST_AUTO_TEST_CASE(hands_a_pending_logout_to_the_server) {
    store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})});
    application.hold_back();
    HttpEndpoint endpoint(service(), options);
    HttpStep step = endpoint.handle({"POST", options.soap_path, {}, signed_body(baseline_request())});
    BOOST_TEST_REQUIRE(std::holds_alternative<PendingReply>(step));
    auto& pending = std::get<PendingReply>(step);
    BOOST_TEST((pending.budget <= parts.policy.application_deadline));
    int done = 0;
    pending.start([&done] { ++done; });
    BOOST_TEST(done == 0);
    application.release();
    BOOST_TEST(done == 1);
    const HttpReply reply = pending.finish();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(header_of(reply, "Pragma") == "no-cache");
}

BOOST_AUTO_TEST_CASE(knows_paths_byte_by_byte) {
    for (const char* target : {"/", "/saml/slo/soap/", "/saml/slo/soap?x=1", "/saml/slo/Soap", "/saml//slo/soap",
                               "/saml/slo/%73oap", "", "*", "/saml/metadata?x"}) {
        BOOST_TEST(send({"POST", target, {}, "x"}).status == 404);
        BOOST_TEST(send({"GET", target, {}, ""}).status == 404);
        BOOST_TEST(audit.last().path == (std::string(target).empty() ? "" : "other"));
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_path_is_reported_with_the_right_ones) {
    const auto told = [this](const char* target) {
        static_cast<void>(send({.method = "POST", .target = target, .headers = {}, .body = "x", .peer = "192.0.2.7"}));
        return last_told();
    };
    const std::string here = "192.0.2.7 other 404 http.path: POST goes to /saml/slo/soap, GET to /saml/metadata";
    const std::string nearly = "; this was /saml/slo/soap but for a query, a slash or letter case";
    BOOST_TEST(told("/do-not-repeat") == here);
    for (const char* target : {"/saml/slo/soap/", "/saml/slo/soap?do-not=repeat", "/saml/slo/Soap", "/saml/slo/soap//"})
        BOOST_TEST(told(target) == here + nearly);
    BOOST_TEST(told("/saml/slo/%73oap") == here);
    options.metadata = nullptr;
    options.form_path = "/saml/slo/form";
    BOOST_TEST(told("/") == "192.0.2.7 other 404 http.path: POST goes to /saml/slo/soap or /saml/slo/form");
    BOOST_TEST(store.calls == "");
}

BOOST_AUTO_TEST_CASE(refusals_by_the_server_are_audited_without_text_of_the_peer) {
    HttpEndpoint endpoint(service(), options);
    endpoint.refused({.rule = HttpRule::size,
                      .status = 413,
                      .peer = "192.0.2.7",
                      .target = "/saml/slo/soap",
                      .detail = "a body's most octets are 65536"});
    BOOST_TEST(last_told() == "192.0.2.7 /saml/slo/soap 413 http.size: a body's most octets are 65536");
    endpoint.refused({.rule = HttpRule::tls_handshake, .peer = "2001:db8::7", .detail = "no shared cipher"});
    BOOST_TEST(last_told() == "2001:db8::7   tls.handshake: no shared cipher");
    BOOST_TEST(audit.last().stage == "tls");
    endpoint.refused({.rule = HttpRule::host, .status = 421, .peer = "192.0.2.7", .target = "/do-not-repeat"});
    BOOST_TEST(last_told() == "192.0.2.7 other 421 http.host: ");
}

BOOST_AUTO_TEST_CASE(a_request_ended_by_an_exception_is_reported) {
    options.metadata = []() -> Result<std::shared_ptr<const metadata::PublishedDocument>> { throw std::bad_alloc(); };
    BOOST_TEST(ask({}).status == 500);
    BOOST_TEST(last_told() == " /saml/metadata 500 internal.exception: memory ran out, or our metadata's source threw");
}

BOOST_AUTO_TEST_CASE(each_rule_of_https_has_its_row_in_the_documentation) {
    std::ifstream file(SLO_SOURCE_DIR "/docs/audit.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::set<std::string_view> names;
    constexpr int last = static_cast<int>(HttpRule::tls_handshake);
    for (int rule = 1; rule <= last; ++rule) names.insert(name(static_cast<HttpRule>(rule)));
    BOOST_TEST(names.size() == std::size_t{last});
    for (const std::string_view rule : names)
        BOOST_TEST(text.find("| `" + std::string(rule) + "` |") != std::string::npos, rule);
}

BOOST_AUTO_TEST_CASE(unproven_senders_write_no_more_audit_lines_than_their_share) {
    parts.audit_sampling = {.lines_per_rule = 2, .lines_in_all = 3};
    for (int i = 0; i < 100; ++i) static_cast<void>(send({"POST", "/", {}, "x"}));
    BOOST_TEST(audit.entries().size() == 2U);
    static_cast<void>(post({{"Content-Type", "text/xml"}}, signed_body(baseline_request())));
    BOOST_TEST(audit.last().event == "logout");
}

BOOST_AUTO_TEST_CASE(takes_a_destination_that_leads_to_another_path_for_a_wrong_one) {
    options.form_path = "/inner/form";
    options.soap_path = "/inner/soap";
    parts.destinations.push_back(parsed<saml::EndpointUrl>("https://sp.example.com/saml/slo/form"));
    const auto rule_with = [&](std::vector<saml::EndpointUrl> soap_urls) {
        options.soap_urls = std::move(soap_urls);
        store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})});
        static_cast<void>(post({{"Content-Type", "text/xml"}}, signed_body(baseline_request())));
        return audit.last().rule;
    };
    BOOST_TEST(rule_with({parts.destinations.back()}) == "check.destination");
    BOOST_TEST(rule_with({}) == "check.destination", "no URL has the path that a proxy made");
    BOOST_TEST(application.told() == "");
    BOOST_TEST(rule_with({parts.destinations.front()}) == "");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(takes_every_name_of_its_only_path) {
    options.soap_path = "/inner/soap";
    parts.destinations.push_back(parsed<saml::EndpointUrl>("https://new.example.com/saml/slo/soap"));
    auto request = baseline_request();
    request.destination = parts.destinations.back().str();
    store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})});
    BOOST_TEST(post({{"Content-Type", "text/xml"}}, signed_body(request)).status == 200);
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(takes_soap_by_post_only) {
    for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS", "DELETE", "post", "M-POST"}) {
        const HttpReply reply = send({method, options.soap_path, {{"Content-Type", "text/xml"}}, "x"});
        BOOST_TEST(reply.status == 405);
        BOOST_TEST(header_of(reply, "Allow") == "POST");
        BOOST_TEST(reply.body == "");
        BOOST_TEST(last_told() == " /saml/slo/soap 405 http.method: POST goes to /saml/slo/soap");
    }
}

BOOST_AUTO_TEST_CASE(takes_the_content_types_of_our_partners) {
    for (const char* type : {"text/xml", "TEXT/XML", "text/xml; charset=utf-8", "text/xml;charset=\"UTF-8\"",
                             "text/xml ; charset=UTF-8", "text/xml; action=\"a;charset=latin1\"", "text/xml;",
                             "application/soap+xml; charset=utf-8; action=x", "\ttext/xml "}) {
        BOOST_TEST_CONTEXT(type) BOOST_TEST(status_of_type(type) != 415);
    }
    BOOST_TEST(post({}).status == let_through);
}

BOOST_AUTO_TEST_CASE(refuses_other_content_types) {
    for (const char* type :
         {"application/json", "application/xml", "text/xmlx", "text", "text/", "", "text/xml; charset",
          "text/xml; charset=iso-8859-1", "text/xml; charset=\"utf-16\"", "text/xml; charset=\"utf-8",
          "text/xml; charset=", "text/xml; charset\"utf-8\"", "text/xml; charset=utf-8; charset=latin1",
          "text/xml, text/xml", "text/xml; charset=utf-8 x", "text /xml"}) {
        BOOST_TEST_CONTEXT(type) BOOST_TEST(status_of_type(type) == 415);
    }
    BOOST_TEST(post({{"Content-Type", "text/xml"}, {"content-type", "text/xml"}}).status == 415);
    BOOST_TEST(last_told() == " /saml/slo/soap 415 http.content_type: Content-Type is one field with one media type");
    BOOST_TEST(status_of_type("application/json") == 415);
    BOOST_TEST(last_told() ==
               " /saml/slo/soap 415 http.content_type: application/json isn't among this endpoint's content types: "
               "application/soap+xml, text/xml");
}

BOOST_AUTO_TEST_CASE(refuses_a_compressed_body) {
    for (const char* coding : {"gzip", "deflate", "br", "", "identity, gzip"}) {
        BOOST_TEST_CONTEXT(coding) BOOST_TEST(post({{"Content-Encoding", coding}}).status == 415);
        BOOST_TEST(last_told() == " /saml/slo/soap 415 http.content_coding: a body comes without Content-Encoding");
    }
    BOOST_TEST(post({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}).status == 415);
    BOOST_TEST(post({{"Content-Encoding", "UTF-8"}}).status == let_through);
    BOOST_TEST(post({{"Content-Encoding", "identity"}}).status == let_through);
}

BOOST_AUTO_TEST_CASE(refuses_a_body_over_its_limit) {
    options.max_body = 10;
    BOOST_TEST(post({}, std::string(11, 'x')).status == 413);
    BOOST_TEST(last_told() == " /saml/slo/soap 413 http.size: a message's most octets are 10");
    BOOST_TEST(post({}, std::string(10, 'x')).status == let_through);
}

BOOST_AUTO_TEST_CASE(forbids_caches_to_keep_an_answer) {
    const HttpHeaders bad_type{{"Content-Type", "application/json"}};
    const std::vector<HttpReply> replies{
        post({}),
        post({}, signed_body(baseline_request())),
        post({}, replaced(signed_body(baseline_request()), "https://idp1.", "https://idp9.")),
        post(bad_type),
        post({}, std::string(options.max_body + 1, 'x')),
        send({"GET", options.soap_path, {}, ""}),
    };
    const std::vector<int> statuses{500, 200, 403, 415, 413, 405};
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const HttpReply& reply = replies[i];
        BOOST_TEST(reply.status == statuses[i]);
        BOOST_TEST(header_of(reply, "Cache-Control") == "no-cache, no-store, must-revalidate, private");
        BOOST_TEST(header_of(reply, "Pragma") == "no-cache");
        BOOST_TEST(header_of(reply, "X-Content-Type-Options") == "nosniff");
        BOOST_TEST(header_of(reply, "Content-Type") == (reply.body.empty() ? "" : "text/xml; charset=utf-8"));
        for (const char* name : {"ETag", "Last-Modified", "Set-Cookie"}) BOOST_TEST(header_of(reply, name) == "");
    }
}

BOOST_AUTO_TEST_CASE(is_not_swayed_by_other_headers) {
    const HttpReply reply = post({{"Host", "evil.example"},
                                  {"X-Forwarded-Host", "evil.example"},
                                  {"X-Forwarded-Proto", "http"},
                                  {"SOAPAction", "urn:other"},
                                  {"Authorization", "Basic eDp5"},
                                  {"Cookie", "session=1"}},
                                 signed_body(baseline_request()));
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body.find("status:Success\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_our_metadata) {
    const HttpReply reply = send({"GET", options.metadata_path, {}, ""});
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == "<metadata/>");
    BOOST_TEST(header_of(reply, "Content-Type") == "application/samlmetadata+xml");
    const HttpReply posted = send({"POST", options.metadata_path, {}, ""});
    BOOST_TEST(posted.status == 405);
    BOOST_TEST(header_of(posted, "Allow") == "GET, HEAD");
    BOOST_TEST(last_told() == " /saml/metadata 405 http.method: GET goes to /saml/metadata, POST to /saml/slo/soap");
    options.metadata = nullptr;
    BOOST_TEST(send({"GET", options.metadata_path, {}, ""}).status == 404);
}

BOOST_AUTO_TEST_CASE(tells_caches_how_long_our_metadata_is_good,
                     *boost::unit_test::description("SAML Metadata 4.3.2 l.1402-1405")) {
    for (const char* method : {"GET", "HEAD"}) {
        const HttpReply reply = ask({}, method);
        BOOST_TEST(reply.status == 200);
        BOOST_TEST(header_of(reply, "ETag") == "\"abc\"");
        BOOST_TEST(header_of(reply, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
        BOOST_TEST(header_of(reply, "Cache-Control") == "public, max-age=300");
        BOOST_TEST(reply.body == "<metadata/>");
    }
}

BOOST_AUTO_TEST_CASE(sends_our_metadata_only_to_clients_without_the_present_copy) {
    for (const char* tags : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"}) {
        const HttpReply reply = ask({{"If-None-Match", tags}});
        BOOST_TEST(reply.status == 304, tags);
        BOOST_TEST(reply.body.empty());
        BOOST_TEST(header_of(reply, "ETag") == "\"abc\"");
        BOOST_TEST(header_of(reply, "Cache-Control") == "public, max-age=300");
    }
    for (const char* tags : {"\"abcd\"", "abc", "\"x\"", ""})
        BOOST_TEST(ask({{"If-None-Match", tags}}).status == 200, tags);
    const std::string same = "Sun, 06 Nov 1994 08:49:37 GMT";
    BOOST_TEST(ask({{"If-Modified-Since", same}}).status == 304);
    BOOST_TEST(ask({{"If-Modified-Since", "Mon, 07 Nov 1994 00:00:00 GMT"}}).status == 304);
    // RFC 9110, 13.1.3: the tag alone counts where there is one.
    BOOST_TEST(ask({{"If-Modified-Since", same}, {"If-None-Match", "\"x\""}}).status == 200);
    for (const char* date :
         {"Sun, 06 Nov 1994 08:49:36 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "now", "", "Sun, 31 Feb 1995 08:49:37 GMT",
          "Sun, 06 Nov 2094 24:49:37 GMT", "Sun, 06 Nov 2094 08:49:37 CET", "Sun, -6 Nov 2094 08:49:37 GMT"}) {
        BOOST_TEST(ask({{"If-Modified-Since", date}}).status == 200, date);
    }
}

BOOST_AUTO_TEST_CASE(publishes_nothing_that_a_request_says, *boost::unit_test::description("MET-16")) {
    const HttpReply plain = ask({{"Host", "sp.example.com"}});
    const HttpReply claimed = ask({{"Host", "evil.example"},
                                   {"X-Forwarded-Host", "evil.example"},
                                   {"X-Forwarded-Proto", "http"},
                                   {"Forwarded", "host=evil.example"}});
    BOOST_TEST(claimed.body == plain.body);
    BOOST_TEST((claimed.headers == plain.headers));
}

BOOST_AUTO_TEST_CASE(says_503_while_it_has_no_metadata_that_is_still_valid) {
    options.metadata = []() -> Result<std::shared_ptr<const metadata::PublishedDocument>> {
        return fail(ConfigurationErrc::configuration_invalid);
    };
    const HttpReply reply = ask({});
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(header_of(reply, "Cache-Control") == "no-cache, no-store, must-revalidate, private");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_request)

BOOST_AUTO_TEST_CASE(has_the_media_type_of_its_one_content_type_in_utf_8) {
    const auto media_type = [](HttpHeaders headers) {
        return HttpRequest{.method = "POST", .target = "/", .headers = std::move(headers), .body = {}}.media_type();
    };
    BOOST_TEST(media_type({{"content-type", "Application/JSON; Charset=UTF-8"}}).value() == "application/json");
    BOOST_TEST(media_type({{"Content-Type", "text/xml"}}).value() == "text/xml");
    BOOST_TEST(!media_type({}));
    BOOST_TEST(!media_type({{"Content-Type", "text/xml"}, {"Content-Type", "text/xml"}}));
    BOOST_TEST(!media_type({{"Content-Type", "text/xml; charset=latin1"}}));
    BOOST_TEST(!media_type({{"Content-Type", "text/xml; charset"}}));
}

BOOST_AUTO_TEST_CASE(a_form_with_an_irrelevant_charset_is_a_form) {
    const auto is_form = [](const std::string& parameters, const std::string& body) {
        return HttpRequest{.method = "POST",
                           .target = "/",
                           .headers = {{"Content-Type", "application/x-www-form-urlencoded" + parameters}},
                           .body = body}
            .is_form();
    };
    for (const char* charset :
         {"ISO-8859-1", "us-ascii", "\"iso-8859-15\"", "windows-1252", "utf-8; charset=iso-8859-1"}) {
        const std::string parameters = std::string("; charset=") + charset;
        BOOST_TEST(is_form(parameters, "a=b%3D+%7E&c=%00"), charset);
        for (const char* body : {"a=%80", "a=%e9", "a=%E9", "%c3%a9=b", "a=\xe9", "<a>\xc3\xa9</a>"})
            BOOST_TEST(!is_form(parameters, body), charset << " " << body);
    }
    for (const char* charset : {"utf-16", "utf-7", "ibm037", "iso-8859-1; charset=utf-16", ""})
        BOOST_TEST(!is_form(std::string("; charset=") + charset, "a=b"), charset);
    BOOST_TEST(is_form("", "a=%e9"));
    BOOST_TEST(is_form("; charset=utf-8", "a=%e9"));
    const HttpRequest untold{.method = "POST", .target = "/", .headers = {}, .body = "a=b"};
    BOOST_TEST(!untold.is_form());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
