// Where a redirect may lead.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "address_kind.hpp"
#include "connect_proxy.hpp"
#include "loopback_server.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using test::LoopbackServer;
using test::reply_with;

HttpClientOptions plain() {
    HttpClientOptions options;
    options.http = HttpClientOptions::Http::accepted;
    options.max_redirects = 3;
    return options;
}

std::string to_other(const std::string& url) {
    return reply_with("", "Location: " + url + "\r\n", "302 Found");
}

void check_refused(const std::string& url, const HttpClientOptions& options) {
    auto client = HttpClient::open(options);
    BOOST_REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().detail));
    const auto head =
        client->call({.url = *saml::EndpointUrl::parse(url)}, [](std::string_view) { return Result<void>(Done{}); });
    BOOST_REQUIRE(!head);
    BOOST_TEST(head.error().code == make_error_code(HttpErrc::redirect_refused), head.error().detail);
    BOOST_TEST((head.error().detail.find("canary") == std::string::npos), head.error().detail);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_redirects_between_networks)

BOOST_AUTO_TEST_CASE(an_address_is_of_one_part_of_the_network_however_it_is_written) {
    const auto check = [](AddressKind kind, const std::vector<std::string>& hosts) {
        for (const std::string& host : hosts) BOOST_TEST((kind_of_address(host) == kind), host);
    };
    check(AddressKind::loopback, {"127.0.0.1", "127.9.9.9", "127.1", "0x7f000001", "2130706433", "017700000001", "::1",
                                  "::ffff:127.0.0.1", "0.0.0.0", "::", "localhost"});
    check(AddressKind::link_local, {"169.254.169.254", "0xa9fea9fe", "fe80::1", "::ffff:169.254.169.254"});
    check(AddressKind::private_network, {"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "10.1",
                                         "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "224.0.0.1", "a.localhost"});
    check(AddressKind::anybody_s, {"93.184.216.34", "2606:2800:220:1::1", "md.example.org", "::ffff:93.184.216.34"});
}

BOOST_AUTO_TEST_CASE(one_leads_to_the_internet_or_to_where_the_first_url_led) {
    const std::vector all{AddressKind::anybody_s, AddressKind::private_network, AddressKind::link_local,
                          AddressKind::loopback};
    for (const auto first : all) {
        for (const auto next : all) {
            BOOST_TEST(may_lead_to(first, next) == (next == AddressKind::anybody_s || next == first));
        }
    }
}

BOOST_AUTO_TEST_CASE(none_leads_from_this_machine_into_a_network) {
    for (const std::string to : {"http://10.0.0.1/canary", "http://169.254.169.254/canary", "http://[fe80::1]/canary",
                                 "https://192.168.1.1/canary", "http://[::ffff:10.0.0.1]/canary"}) {
        BOOST_TEST_CONTEXT(to) {
            const LoopbackServer server([&](const std::string&) { return to_other(to); });
            check_refused(server.url(), plain());
        }
    }
}

BOOST_AUTO_TEST_CASE(none_leads_from_the_internet_to_this_machine_or_into_a_network) {
    const LoopbackServer here([](const std::string&) { return reply_with("<x/>"); });
    const std::string port = ":" + std::to_string(here.port());
    auto options = plain();
    for (const std::string& to :
         {here.url(), "http://localhost" + port + "/", "http://127.1" + port + "/", "http://0.0.0.0" + port + "/",
          "http://[::1]" + port + "/", "http://[::ffff:127.0.0.1]" + port + "/", std::string("http://10.0.0.1/"),
          std::string("http://169.254.169.254/latest"), std::string("http://[fe80::1]/")}) {
        BOOST_TEST_CONTEXT(to) {
            const LoopbackServer far([&](const std::string&) { return to_other(to); });
            const test::ConnectProxy proxy(far.port());  // that's where every name and address leads
            options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
            check_refused("http://md.example.org/all", options);
            BOOST_TEST(proxy.requests().size() == 1U);
        }
    }
    BOOST_TEST(here.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
