#include "slo/sp/http_endpoint.hpp"

#include <boost/test/unit_test.hpp>

#include "content_type.hpp"
#include "service_under_test.hpp"

namespace slo::sp {

namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

/// What the endpoint lets through is answered with a Fault, because the body is no XML.
constexpr int let_through = 500;

std::string header_of(const HttpReply& reply, std::string_view name) {
    std::string value;
    for (const auto& [key, text] : reply.headers) {
        if (key == name) value += text;
    }
    return value;
}

struct Fixture : ServiceUnderTest {
    Fixture() { parts.idps = directory_of({idp_with_first_key(profile_with_soap_12_type())}); }

    HttpReply send(const HttpRequest& request) {
        HttpEndpoint endpoint(service(), options);
        return wait_for(endpoint.handle(request));
    }
    HttpReply post(HttpHeaders headers, std::string body = "x") {
        return send({"POST", options.soap_path, std::move(headers), std::move(body)});
    }
    int status_of_type(const std::string& content_type) { return post({{"Content-Type", content_type}}).status; }

    HttpEndpointOptions options{.metadata = "<metadata/>"};
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
    }
    BOOST_TEST(audit.entries().empty());
}

BOOST_AUTO_TEST_CASE(takes_soap_by_post_only) {
    for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS", "DELETE", "post", "M-POST"}) {
        const HttpReply reply = send({method, options.soap_path, {{"Content-Type", "text/xml"}}, "x"});
        BOOST_TEST(reply.status == 405);
        BOOST_TEST(header_of(reply, "Allow") == "POST");
        BOOST_TEST(reply.body == "");
    }
    BOOST_TEST(audit.entries().empty());
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
    BOOST_TEST(audit.entries().empty());
}

BOOST_AUTO_TEST_CASE(refuses_what_is_compressed) {
    for (const char* coding : {"gzip", "deflate", "br", "", "identity, gzip"}) {
        BOOST_TEST_CONTEXT(coding) BOOST_TEST(post({{"Content-Encoding", coding}}).status == 415);
    }
    BOOST_TEST(post({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}).status == 415);
    BOOST_TEST(post({{"Content-Encoding", "UTF-8"}}).status == let_through);
    BOOST_TEST(post({{"Content-Encoding", "identity"}}).status == let_through);
}

BOOST_AUTO_TEST_CASE(refuses_a_body_over_its_limit) {
    options.max_body = 10;
    BOOST_TEST(post({}, std::string(11, 'x')).status == 413);
    BOOST_TEST(audit.entries().empty());
    BOOST_TEST(post({}, std::string(10, 'x')).status == let_through);
}

BOOST_AUTO_TEST_CASE(lets_nobody_keep_an_answer) {
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
    BOOST_TEST(header_of(posted, "Allow") == "GET");
    options.metadata.clear();
    BOOST_TEST(send({"GET", options.metadata_path, {}, ""}).status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(content_type)

BOOST_AUTO_TEST_CASE(reads_the_media_type_and_its_charsets) {
    const auto type = ContentType::parse("Text/XML; Charset=\"ut\\f-8\"; a=b; CHARSET=Latin1");
    BOOST_TEST_REQUIRE(type.has_value());
    BOOST_TEST(type->media_type == "text/xml");
    BOOST_TEST((type->charsets == std::vector<std::string>{"utf-8", "latin1"}));
    BOOST_TEST(!type->is_utf8());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
