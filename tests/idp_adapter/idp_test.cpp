#include "slo/idp_adapter/idp.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include "fixtures.hpp"
#include "idp_document.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace {

using namespace slo;

metadata::EntityDescriptor descriptor_of(std::string_view file) {
    const auto now = saml::parse_instant("2030-01-15T10:00:00Z").value();
    return metadata::parse_entity_descriptor(test::fixture(file), now, std::chrono::seconds{180}).value();
}

constexpr std::string_view idp_files[] = {"lasso/metadata.xml", "lemonldap/idp-metadata.xml", "pysaml2/metadata.xml",
                                          "samlify/metadata.xml", "wire-keys/lasso-idp-9101.xml"};
constexpr std::string_view sp_files[] = {"lemonldap/sp-lasso-metadata.xml", "lemonldap/sp-shib-metadata.xml",
                                         "pysaml2/sp/metadata.xml", "shibboleth/sp-metadata.xml", "sp/metadata.xml"};

BOOST_AUTO_TEST_SUITE(make_idp)

BOOST_DATA_TEST_CASE(takes_keys_and_endpoints_from_the_metadata_of_an_idp, boost::unit_test::data::make(idp_files),
                     file) {
    auto descriptor = descriptor_of(file);
    descriptor.valid_until = saml::parse_instant("2031-01-01T00:00:00Z").value();
    const auto idp = idp_adapter::make_idp(descriptor, {});
    BOOST_TEST_REQUIRE(idp.has_value());
    BOOST_TEST((idp->entity_id == descriptor.entity_id));
    BOOST_TEST(idp->keys.size() == 1U);
    BOOST_TEST(idp->single_logout_services.size() == descriptor.idp->single_logout_services.size());
    BOOST_TEST((idp->valid_until == descriptor.valid_until));
}

BOOST_AUTO_TEST_CASE(keeps_the_interop_profile) {
    idp_adapter::InteropProfile profile;
    profile.destination = saml::DestinationRule::optional;
    profile.max_age = std::chrono::seconds{77};
    profile.extra_content_types = {"application/soap+xml"};
    const auto idp = idp_adapter::make_idp(descriptor_of("pysaml2/metadata.xml"), profile);
    BOOST_TEST_REQUIRE(idp.has_value());
    BOOST_TEST((idp->profile.destination == saml::DestinationRule::optional));
    BOOST_TEST(idp->profile.max_age.count() == 77);
    BOOST_TEST(idp->profile.extra_content_types.size() == 1U);
}

BOOST_DATA_TEST_CASE(refuses_the_metadata_of_an_sp, boost::unit_test::data::make(sp_files), file) {
    const auto idp = idp_adapter::make_idp(descriptor_of(file), {});
    BOOST_TEST_REQUIRE(!idp.has_value());
    BOOST_TEST(idp.error().code == metadata::Errc::not_metadata);
}

BOOST_AUTO_TEST_CASE(refuses_an_idp_whose_keys_may_not_verify) {
    auto descriptor = descriptor_of("lasso/metadata.xml");
    for (auto& key : descriptor.idp->keys) key.use = metadata::KeyUse::encryption;
    const auto idp = idp_adapter::make_idp(descriptor, {});
    BOOST_TEST_REQUIRE(!idp.has_value());
    BOOST_TEST(idp.error().code == metadata::Errc::no_usable_key);
}

using metadata::SignOnBinding;

/// Where `idp` takes a request with a query of `octets`: the binding's name and the URL.
std::string sign_on_at(const idp_adapter::Idp& idp, std::size_t octets) {
    const auto* const endpoint = idp_adapter::sign_on_endpoint(idp, octets);
    if (endpoint == nullptr) return {};
    return std::string(metadata::name(endpoint->binding)) + " " + endpoint->location.str();
}

idp_adapter::Idp idp_with(std::vector<std::pair<SignOnBinding, std::string>> endpoints) {
    auto idp = idp_adapter::make_idp(descriptor_of("lasso/metadata.xml"), {}).value();
    idp.sign_on.endpoints.clear();
    for (const auto& [binding, url] : endpoints) {
        idp.sign_on.endpoints.push_back({binding, saml::EndpointUrl::parse(url).value()});
    }
    return idp;
}

BOOST_AUTO_TEST_CASE(takes_places_of_sign_on_from_the_metadata) {
    const auto idp = idp_adapter::make_idp(descriptor_of("lasso/metadata.xml"), {}).value();
    BOOST_TEST(idp.sign_on.endpoints.size() == 2U);
    BOOST_TEST(idp.sign_on.name_id_formats.size() == 3U);
    BOOST_TEST(sign_on_at(idp, 100) == "HTTP-Redirect https://idp-lasso.example.org/sso");
    BOOST_TEST(idp_adapter::why_no_sign_on(idp).empty());
}

BOOST_AUTO_TEST_CASE(a_long_request_is_posted_where_that_is_possible, *boost::unit_test::description("CORE-AQ-18")) {
    const auto both = idp_with({{SignOnBinding::post, "https://idp.example.org/post"},
                                {SignOnBinding::redirect, "https://idp.example.org/first"},
                                {SignOnBinding::redirect, "https://idp.example.org/second"}});
    BOOST_TEST(sign_on_at(both, 2048) == "HTTP-Redirect https://idp.example.org/first");
    BOOST_TEST(sign_on_at(both, 2049) == "HTTP-POST https://idp.example.org/post");
    const auto redirect = idp_with({{SignOnBinding::redirect, "https://idp.example.org/sso"}});
    BOOST_TEST(sign_on_at(redirect, 5000) == "HTTP-Redirect https://idp.example.org/sso");
    const auto post = idp_with({{SignOnBinding::post, "https://idp.example.org/sso"}});
    BOOST_TEST(sign_on_at(post, 1) == "HTTP-POST https://idp.example.org/sso");
    BOOST_TEST(sign_on_at(idp_with({}), 1).empty());
}

BOOST_AUTO_TEST_CASE(the_profile_may_choose_the_binding_of_requests) {
    auto both = idp_with({{SignOnBinding::post, "https://idp.example.org/post"},
                          {SignOnBinding::redirect, "https://idp.example.org/redirect"}});
    both.profile.sign_on.request_binding = idp_adapter::RequestBinding::redirect;
    BOOST_TEST(sign_on_at(both, 5000) == "HTTP-Redirect https://idp.example.org/redirect");
    both.profile.sign_on.request_binding = idp_adapter::RequestBinding::post;
    BOOST_TEST(sign_on_at(both, 1) == "HTTP-POST https://idp.example.org/post");
    both.sign_on.endpoints.erase(both.sign_on.endpoints.begin());
    BOOST_TEST(sign_on_at(both, 1).empty());
    BOOST_TEST(idp_adapter::why_no_sign_on(both) ==
               "its metadata has sign-on by HTTP-Redirect alone, which request_binding in its [idp.sign_on] excludes");
}

BOOST_AUTO_TEST_CASE(a_browser_is_sent_to_plain_http_only_where_that_is_allowed) {
    auto idp = idp_with({{SignOnBinding::redirect, "http://idp.example.org/plain"},
                         {SignOnBinding::redirect, "https://idp.example.org/tls"}});
    BOOST_TEST(sign_on_at(idp, 1) == "HTTP-Redirect https://idp.example.org/tls");
    idp.sign_on.endpoints.pop_back();
    BOOST_TEST(sign_on_at(idp, 1).empty());
    BOOST_TEST(idp_adapter::why_no_sign_on(idp) ==
               "its sign-on is at plain http, which allow_http in its [idp.logout] would accept");
    idp.profile.outgoing.http.http = idp_adapter::HttpClientOptions::Http::accepted;
    BOOST_TEST(sign_on_at(idp, 1) == "HTTP-Redirect http://idp.example.org/plain");
    idp.sign_on.endpoints.clear();
    BOOST_TEST(idp_adapter::why_no_sign_on(idp) == "its metadata has no SingleSignOnService");
}

BOOST_AUTO_TEST_CASE(the_query_of_a_location_stays_before_ours, *boost::unit_test::description("Bindings 3.4.3")) {
    const auto at = [](const char* location) {
        return idp_adapter::redirect_url(saml::EndpointUrl::parse(location).value(), "SAMLRequest=a%2Bb");
    };
    BOOST_TEST(at("https://idp.example.org/sso") == "https://idp.example.org/sso?SAMLRequest=a%2Bb");
    BOOST_TEST(at("https://idp.example.org/sso?idpid=C01&x=%20") ==
               "https://idp.example.org/sso?idpid=C01&x=%20&SAMLRequest=a%2Bb");
    BOOST_TEST(at("https://idp.example.org/sso?") == "https://idp.example.org/sso?SAMLRequest=a%2Bb");
    BOOST_TEST(at("https://idp.example.org/sso?a=1&") == "https://idp.example.org/sso?a=1&SAMLRequest=a%2Bb");
}

BOOST_AUTO_TEST_CASE(an_idp_s_summary_says_by_which_wires_logouts_pass) {
    using idp_adapter::BrowserLogouts;
    using idp_adapter::Wire;
    const auto ways = [](const std::string& binding, std::set<Wire> wires, const std::string& scheme = "https",
                         BrowserLogouts browser = BrowserLogouts::not_taken) {
        std::string text = test::text_of({.root_attributes = ""});
        const std::string soap = "bindings:SOAP";
        if (binding.empty()) {
            const auto at = text.find("<md:SingleLogoutService");
            text.erase(at, text.find("<md:SingleSignOnService") - at);
        } else {
            text.replace(text.find(soap), soap.size(), "bindings:" + binding);
            text.replace(text.find("https://idp.example.org/slo"), 5, scheme);
        }
        const auto now = saml::parse_instant("2030-01-15T10:00:00Z").value();
        idp_adapter::InteropProfile profile;
        profile.wires = std::move(wires);
        const auto parsed = metadata::parse_entity_descriptor(text, now, std::chrono::seconds{180}).value();
        return idp_adapter::logout_ways(idp_adapter::make_idp(parsed, profile).value(), browser);
    };
    const auto check = [](const idp_adapter::LogoutWays& is, std::size_t sent, bool asked, std::string_view summary) {
        BOOST_TEST(is.it_sends.size() == sent);
        BOOST_TEST(is.can_be_asked == asked);
        BOOST_TEST(is.summary.starts_with(summary), is.summary);
    };
    check(ways("SOAP", {Wire::soap}), 1, true, "its logouts end sessions here by SOAP; it can be asked over SOAP");
    check(ways("SOAP", {Wire::soap, Wire::form}), 2, true, "its logouts end sessions here by SOAP and a form; it can");
    check(ways("SOAP", {Wire::soap}, "http"), 1, false,
          "its logouts end sessions here by SOAP; it can't be asked: its SOAP endpoint is plain http");
    check(ways("HTTP-POST", {Wire::form}), 1, false,
          "its logouts end sessions here by a form; it can't be asked: its metadata has single logout over "
          "\"HTTP-POST\"");
    check(ways("HTTP-Redirect", {Wire::soap}), 0, false,
          "NO LOGOUT of it can end a session here: its metadata has single logout over \"HTTP-Redirect\" alone, which "
          "goes through the user's browser; nor can it be asked; write browser_slo_url in [sp], and give the IdP our "
          "new metadata");
    check(
        ways("HTTP-Redirect", {Wire::soap}, "https", BrowserLogouts::taken), 1, false,
        "its logouts end sessions here by the browser; it can't be asked: its metadata has single logout over "
        "\"HTTP-Redirect\" alone, which goes through the user's browser, and logouts that start here don't go that way "
        "yet");
    check(ways("SOAP", {Wire::soap}, "https", BrowserLogouts::taken), 1, true,
          "its logouts end sessions here by SOAP; it can");
    check(ways("", {Wire::soap}), 0, false,
          "NO LOGOUT of it can end a session here: its metadata has no single logout; nor can it be asked");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
