// Where a partner's metadata may send us (MET-10).
#include <boost/test/unit_test.hpp>

#include <string>

#include "slo/metadata/metadata_document.hpp"

namespace {

using namespace slo;
using metadata::EndpointRule;

bool allowed(std::string_view url, const EndpointRule& rule = {}) {
    const auto checked = check_endpoint(saml::EndpointUrl::parse(url).value(), rule);
    if (!checked) BOOST_TEST(checked.error().code == make_error_code(metadata::Errc::endpoint_not_allowed));
    return checked.has_value();
}

constexpr EndpointRule any_scheme{.http = EndpointRule::Http::accepted,
                                  .private_addresses = EndpointRule::PrivateAddresses::refused};
constexpr EndpointRule any_address{.http = EndpointRule::Http::refused,
                                   .private_addresses = EndpointRule::PrivateAddresses::accepted};

BOOST_AUTO_TEST_SUITE(check_endpoint)

BOOST_AUTO_TEST_CASE(accepts_public_names_and_addresses) {
    for (const std::string_view host : {"idp.example.org",
                                        "IDP.EXAMPLE.ORG:8443",
                                        "8.8.8.8",
                                        "172.15.0.1",
                                        "172.32.0.1",
                                        "100.63.0.1",
                                        "100.128.0.1",
                                        "192.167.0.1",
                                        "169.253.0.1",
                                        "198.20.0.1",
                                        "223.255.255.255",
                                        "1.1",
                                        "0x08080808",
                                        "134744072",
                                        "010.8.8.8",
                                        "[2001:4860:4860::8888]",
                                        "[2a00::1]:443",
                                        "[::ffff:8.8.8.8]",
                                        "[::8.8.8.8]",
                                        "[64:ff9b::8.8.8.8]",
                                        "[2002:808:808::1]",
                                        "localhost.example.org",
                                        "1e100.net",
                                        "10.example",
                                        "127.0.0.1.example.org",
                                        "0xcafe.example",
                                        "x--1.de"}) {
        BOOST_TEST(allowed("https://" + std::string(host) + "/slo"), host);
    }
}

BOOST_AUTO_TEST_CASE(refuses_private_ipv4_in_every_way_of_writing) {
    for (const std::string_view host :
         {"127.0.0.1",  "127.1",           "127.0.1",        "2130706433", "0x7f000001",  "0x7F.1",
          "0177.0.0.1", "017700000001",    "0x7f.0x0.0x0.1", "127.0.0.1.", "0",           "0.0.0.0",
          "0x",         "10.0.0.1",        "10.1",           "012.1",      "167772161",   "172.16.0.1",
          "172.31.9.9", "192.168.0.1",     "192.168.257",    "3232235521", "0300.0250.1", "169.254.169.254",
          "2852039166", "0xa9fea9fe",      "169.16689662",   "100.64.0.1", "100.127.1.1", "198.18.0.1",
          "224.0.0.1",  "255.255.255.255", "240.0.0.1",      "192.0.0.8",  "4294967295"}) {
        BOOST_TEST(!allowed("https://" + std::string(host) + "/slo"), host);
    }
}

BOOST_AUTO_TEST_CASE(refuses_private_ipv6_and_ipv4_inside_it) {
    for (const std::string_view host : {"[::1]",
                                        "[::]",
                                        "[0:0:0:0:0:0:0:1]",
                                        "[fe80::1]",
                                        "[febf::1]",
                                        "[fc00::1]",
                                        "[fd12:3456::1]",
                                        "[fec0::1]",
                                        "[ff02::1]",
                                        "[::ffff:127.0.0.1]",
                                        "[::ffff:7f00:1]",
                                        "[0:0:0:0:0:ffff:a9fe:a9fe]",
                                        "[::ffff:10.0.0.1]",
                                        "[::127.0.0.1]",
                                        "[64:ff9b::10.0.0.1]",
                                        "[64:ff9b:1::1]",
                                        "[2002:7f00:1::]",
                                        "[2002:a9fe:a9fe::1]",
                                        "[2002:a08:808:808::]",
                                        "[2001::1]",
                                        "[100::1]",
                                        "[::FFFF:192.168.1.1]:8443"}) {
        BOOST_TEST(!allowed("https://" + std::string(host) + "/slo"), host);
    }
}

BOOST_AUTO_TEST_CASE(refuses_hosts_that_can_not_be_judged) {
    for (const std::string_view host :
         {"localhost", "LOCALHOST", "localhost.", "LocalHost:8443", "a.localhost", "localhost.localdomain",
          "256.256.256.256", "1.2.3.4.5", "08.8.8.8", "1.2.3.0x", "foo.1", "foo.0x7f", "99999999999999999999", "."}) {
        BOOST_TEST(!allowed("https://" + std::string(host) + "/slo"), host);
    }
}

BOOST_AUTO_TEST_CASE(refuses_http_unless_it_is_accepted) {
    BOOST_TEST(!allowed("http://idp.example.org/slo"));
    BOOST_TEST(allowed("http://idp.example.org/slo", any_scheme));
    BOOST_TEST(!allowed("http://127.0.0.1/slo", any_scheme));
    BOOST_TEST(!allowed("http://idp.example.org/slo", any_address));
    BOOST_TEST(allowed("https://127.0.0.1/slo", any_address));
    BOOST_TEST(allowed("https://localhost?x=1", any_address));
}

BOOST_AUTO_TEST_CASE(looks_at_the_host_alone) {
    BOOST_TEST(!allowed("https://127.0.0.1?idp.example.org/"));
    BOOST_TEST(!allowed("https://127.0.0.1"));
    BOOST_TEST(allowed("https://idp.example.org/127.0.0.1"));
    BOOST_TEST(allowed("https://idp.example.org?127.0.0.1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
