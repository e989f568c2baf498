// Targets, cookies and query values: nothing that a browser brings leads elsewhere or into a header.
#include <boost/test/unit_test.hpp>

#include "query_text.hpp"
#include "slo/saml/form.hpp"
#include "slo/sp/cookies.hpp"
#include "slo/sp/local_target.hpp"
#include "values.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using namespace std::chrono_literals;

namespace {

const auto start_url = parsed<saml::EndpointUrl>("https://sp.example.com/login");
const TargetRules at_the_root{.origin = start_url, .others = {"https://portal.example.com/home"}};
const TargetRules below_app{.origin = start_url, .prefix = "/app", .others = {}};

std::string sent(CookieValue value) {
    if (std::holds_alternative<NoCookie>(value)) return "none";
    if (std::holds_alternative<RepeatedCookie>(value)) return "repeated";
    return "=" + std::get<std::string>(value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(browser)

BOOST_AUTO_TEST_CASE(a_value_in_a_query_or_cookie_has_unreserved_characters_alone) {
    BOOST_TEST(saml::form::escape("aZ9-._~ +&=#%/?\r\n;,\"\xC3\xBC") ==
               "aZ9-._~%20%2B%26%3D%23%25%2F%3F%0D%0A%3B%2C%22%C3%BC");
    BOOST_TEST(percent_decoded("%41%4a%zz%4%+%") == "AJ%zz%4%+%");
}

// Targets

BOOST_AUTO_TEST_CASE(a_path_of_ours_is_a_target_and_keeps_its_query_and_fragment) {
    for (const std::string path : {"/", "/inbox", "/a?b=%2F#", "/a?next=//x&u=https://y/", "/a/../b", "/%C3%BC%20x",
                                   "/a%2fb", "/a?q=100%", "/a//b", "/.."}) {
        const auto target = LocalTarget::parse(path, at_the_root);
        BOOST_REQUIRE_MESSAGE(target, path);
        BOOST_TEST(target->str() == path);
        BOOST_TEST(target->url() == "https://sp.example.com" + path);
    }
    BOOST_TEST(LocalTarget::parse("https://portal.example.com/home", at_the_root)->url() ==
               "https://portal.example.com/home");
}

BOOST_AUTO_TEST_CASE(what_could_lead_to_another_host_or_into_a_header_is_no_target) {
    for (const std::string_view text : {"",
                                        "inbox",
                                        "https://evil.example",
                                        "https://portal.example.com/home/",
                                        "HTTPS://portal.example.com/home",
                                        "//evil",
                                        "///evil",
                                        "//../evil",
                                        "/%2f../evil",
                                        "/\\evil",
                                        "\\\\evil",
                                        "/a\\b",
                                        "/%5cevil",
                                        "/%255cevil",
                                        "/%5Cevil",
                                        "/\t/evil",
                                        "/%09/evil",
                                        "javascript:alert(1)",
                                        "data:text/html,x",
                                        "/%2fevil",
                                        "/%2f%2fevil",
                                        "/%252fevil",
                                        "/..//evil",
                                        "/%2e%2e//evil",
                                        "/a/..//evil",
                                        "/.//evil",
                                        "/a/%2e./%2fevil",
                                        "/a%0d%0aSet-Cookie:x=1",
                                        "/a%250d%250aX:1",
                                        "/a?b=%00",
                                        "/a?b=%2500",
                                        "/a#%0a",
                                        "/a b",
                                        "/a\r\nb",
                                        "/a\x7f",
                                        "/\xE3\x80\x82",
                                        "/a?b=\\",
                                        "?x=1",
                                        "#x",
                                        "/%%30d",
                                        "/a?%%35c"}) {
        BOOST_TEST(!LocalTarget::parse(text, at_the_root), text);
    }
    BOOST_TEST(LocalTarget::parse("/" + std::string(2047, 'a'), at_the_root).has_value());
    BOOST_TEST(!LocalTarget::parse("/" + std::string(2048, 'a'), at_the_root));
}

BOOST_AUTO_TEST_CASE(a_target_stays_below_the_prefix_however_often_it_is_decoded) {
    for (const std::string_view text : {"/app", "/app/", "/app?x", "/app/a/../b", "/app/a%2f..%2fb", "/x/../app/y"}) {
        BOOST_TEST(LocalTarget::parse(text, below_app).has_value(), text);
    }
    for (const std::string_view text :
         {"/", "/apple", "/other", "/app/../x", "/app/%2e%2e/x", "/app/%252e%252e/x", "/app/..", "/app/a%2f..%2f..%2fx",
          "/app/%3f/../../x", "/app/%3f%2f..%2f..%2fx", "/App"}) {
        BOOST_TEST(!LocalTarget::parse(text, below_app), text);
    }
}

BOOST_AUTO_TEST_CASE(a_link_to_the_start_keeps_the_query_that_the_start_has) {
    const auto tenant = parsed<saml::EndpointUrl>("https://sp.example.com/login?tenant=1");
    BOOST_TEST(StartLink(tenant, nullptr, nullptr, RememberIdp::yes).href() ==
               "https://sp.example.com/login?tenant=1&remember=1");
}

// Cookies

BOOST_AUTO_TEST_CASE(a_cookie_is_of_this_host_alone_and_no_script_reads_it) {
    BOOST_TEST(set_cookie({.name = "flow", .same_site = SameSite::none}, "5f00ba", 10min) ==
               "__Host-flow=5f00ba; Path=/; HttpOnly; Max-Age=600; Secure; SameSite=None");
    BOOST_TEST(set_cookie({.name = "s"}, "a;b=c\r\n", 1h) ==
               "__Host-s=a%3Bb%3Dc%0D%0A; Path=/; HttpOnly; Max-Age=3600; Secure; SameSite=Lax");
    BOOST_TEST(clear_cookie({.name = "s"}) == "__Host-s=; Path=/; HttpOnly; Max-Age=0; Secure; SameSite=Lax");
}

BOOST_AUTO_TEST_CASE(over_plain_http_a_cookie_has_neither_the_prefix_nor_what_needs_https) {
    const CookieKind kind{
        .name = "flow", .same_site = SameSite::none, .transport = CookieTransport::plain_http_for_development};
    BOOST_TEST(set_cookie(kind, "x", 1s) == "flow=x; Path=/; HttpOnly; Max-Age=1; SameSite=Lax");
    BOOST_TEST(sent(cookie_value(kind, {{"Cookie", "flow=x"}})) == "=x");
}

BOOST_AUTO_TEST_CASE(a_cookie_is_found_among_others_and_two_of_its_name_are_none) {
    const CookieKind flow{.name = "flow"};
    BOOST_TEST(sent(cookie_value(flow, {})) == "none");
    BOOST_TEST(sent(cookie_value(flow, {{"cookie", "a=1; __Host-flow=a%3Bb ;c=2"}})) == "=a;b");
    BOOST_TEST(sent(cookie_value(flow, {{"Cookie", "__Host-flow="}})) == "=");
    BOOST_TEST(sent(cookie_value(flow, {{"Cookie", "a=1"}, {"Cookie", "__Host-flow=x"}})) == "=x");
    BOOST_TEST(sent(cookie_value(flow, {{"Cookie", "__Host-flow=x; __Host-flow=x"}})) == "repeated");
    BOOST_TEST(sent(cookie_value(flow, {{"Cookie", "__Host-flow=x"}, {"Cookie", "__Host-flow=y"}})) == "repeated");
    for (const std::string other :
         {"flow=x", "__Host-flow2=x", "x__Host-flow=x", "__host-flow=x", "__Host-flow", "a=__Host-flow=x"}) {
        BOOST_TEST(sent(cookie_value(flow, {{"Cookie", other}})) == "none", other);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
