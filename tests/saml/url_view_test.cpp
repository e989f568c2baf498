// The one host grammar: which URLs can be connected to (RFC 3986, RFC 1123), and what their parts are.
#include "slo/saml/url_view.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using saml::EndpointUrl;

BOOST_AUTO_TEST_SUITE(url_view)

BOOST_AUTO_TEST_CASE(a_url_has_the_parts_that_are_written) {
    const std::string text = "http://[2001:DB8::8.8.8.8]:8080/slo?a=http://b:1/";
    const auto url = saml::split_url(text);
    BOOST_TEST_REQUIRE(url.has_value());
    BOOST_TEST(url->scheme == "http");
    BOOST_TEST(url->host == "2001:DB8::8.8.8.8");
    BOOST_TEST((url->ipv6 == saml::UrlView::Ipv6{0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8}));
    BOOST_TEST(url->port.value() == 8080);
    BOOST_TEST(url->path_and_query == "/slo?a=http://b:1/");

    const auto bare = saml::split_url("https://sp");
    BOOST_TEST_REQUIRE(bare.has_value());
    BOOST_TEST(bare->scheme == "https");
    BOOST_TEST(bare->host == "sp");
    BOOST_TEST((!bare->ipv6 && !bare->port && bare->path_and_query.empty()));
    BOOST_TEST(saml::split_url("https://sp?a:b@c")->path_and_query == "?a:b@c");
}

BOOST_AUTO_TEST_CASE(a_port_is_1_to_65535) {
    BOOST_TEST(saml::split_url("https://sp:1/")->port.value() == 1);
    BOOST_TEST(saml::split_url("https://sp:00443/")->port.value() == 443);
    BOOST_TEST(saml::split_url("https://sp:65535")->port.value() == 65'535);
    for (const std::string port : {"", "0", "00000", "65536", "000443", "-1", "+1", " 1", "1 ", "0x1", "1:1", "http"}) {
        BOOST_TEST(!saml::split_url("https://sp:" + port + "/"), port);
        BOOST_TEST(!saml::split_url("https://[::1]:" + port + "/"), port);
    }
}

// A name is whatever RFC 3986 takes for one without an escape; the resolver and check_endpoint judge what it means.
BOOST_AUTO_TEST_CASE(a_name_or_an_ipv4_address_is_a_host_as_it_is_written) {
    for (const std::string& host : std::vector<std::string>{"sp",
                                                            "SP.Example.org",
                                                            "8.8.8.8",
                                                            "127.1",
                                                            "0x7f.1",
                                                            "010.8.8.8",
                                                            "256.1.1.1",
                                                            "1.2.3.4.5",
                                                            "1e100.net",
                                                            "xn--bcher-kva.example",
                                                            "x--1.de",
                                                            "-a-",
                                                            "a.example.",
                                                            ".",
                                                            "a..b",
                                                            ".a",
                                                            "a_b.example",
                                                            std::string(64, 'a') + ".example",
                                                            std::string(300, 'a'),
                                                            "~!$&'()*+,;=-._"}) {
        const std::string text = "https://" + host + ":8443/slo";
        const auto url = saml::split_url(text);
        BOOST_TEST_REQUIRE(url.has_value(), host);
        BOOST_TEST(url->host == host);
        BOOST_TEST(!url->ipv6.has_value(), host);
        BOOST_TEST(EndpointUrl::parse("https://" + host + "/").has_value(), host);
    }
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_stands_in_brackets) {
    for (const std::string host : {"::", "::1", "fe80::1", "2001:db8::FFFF", "1:2:3:4:5:6:7:8",
                                   "1:2:3:4:5:6:7::", "::ffff:8.8.8.8", "1:2:3:4:5:6:255.255.255.255"}) {
        const std::string text = "https://[" + host + "]/slo";
        const auto url = saml::split_url(text);
        BOOST_TEST_REQUIRE(url.has_value(), host);
        BOOST_TEST(url->host == host);
        BOOST_TEST(url->ipv6.has_value(), host);
        BOOST_TEST(EndpointUrl::parse("https://[" + host + "]").has_value(), host);
    }
}

// What the brackets hold is an IPv6address of RFC 3986, without a zone (RFC 6874), or it's no URL: else one reader
// would take it for the name that another one refuses.
BOOST_AUTO_TEST_CASE(nothing_else_stands_in_brackets) {
    for (const std::string host : {"",
                                   " ",
                                   ":",
                                   "1:",
                                   ":1",
                                   ":::",
                                   "::1::",
                                   "1:2:3:4:5:6:7",
                                   "1:2:3:4:5:6:7:8:9",
                                   "12345::",
                                   "g::1",
                                   "1::2::3",
                                   "::ffff:1.2.3",
                                   "::ffff:1.2.3.4.5",
                                   "::ffff:010.0.0.1",
                                   "::ffff:256.1.1.1",
                                   "::1.2.3.4:1",
                                   "8.8.8.8",
                                   "sp",
                                   "sp.example.org",
                                   "v1.x",
                                   "::1%25eth0",
                                   "fe80::1%25eth0",
                                   "fe80::1%eth0",
                                   "fe80::%31",
                                   "[::1]",
                                   "::1]["}) {
        BOOST_TEST(!saml::split_url("https://[" + host + "]/slo"), host);
    }
    BOOST_TEST(!saml::split_url("https://[" + std::string(1000, ':') + "]/"));
    BOOST_TEST(!saml::split_url("https://[::1]x/"));
    BOOST_TEST(!saml::split_url("https://[::1]x443/"));
    BOOST_TEST(!saml::split_url("https://[::1/"));
    BOOST_TEST(!saml::split_url("https://x[::1]/"));
}

BOOST_AUTO_TEST_CASE(a_host_with_characters_outside_of_names_is_refused) {
    for (const std::string host :
         {"", "%6cocalhost", "127.0.0.%31", "a%", "%zz", "a%2Eb", "user@sp", "@sp", "sp@", "a b",
          "b\xC3\xBC"
          "cher.example",
          "a\\b", "a|b", "a\"b", "a<b", "::1", "a]", "a\tb"}) {
        const std::string text = "https://" + host + "/slo";
        BOOST_TEST(!saml::split_url(text), host);
        const auto url = EndpointUrl::parse(text);
        BOOST_TEST((!url && saml::is(url.error(), saml::Errc::uri_malformed)), host);
    }
}

BOOST_AUTO_TEST_CASE(only_http_urls_with_an_authority_are_split) {
    for (const std::string text :
         {"", "https", "https:", "https:/sp", "https:sp", "https//sp", "//sp/", "ftp://sp/", "HTTPS://sp/",
          "httpsx://sp/", "https:// sp", "https://sp/#", "https://sp#f", "https://sp/\xC3\xA4"}) {
        BOOST_TEST(!saml::split_url(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
