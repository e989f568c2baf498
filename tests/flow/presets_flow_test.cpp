// Each preset against its product's messages: accepted with it, and refused without if the preset is for that.
#include <boost/property_tree/json_parser.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

#include "captured.hpp"
#include "expectations.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/saml/form.hpp"

using namespace slo;
using namespace slo::test;
using idp_adapter::InteropProfile;

namespace {

/// A captured request, and its recipient.
struct Case {
    std::string metadata;  ///< of the IdP, below tests/fixtures
    std::string entity_id{our_entity_id};
    std::string destination{our_soap_url};
    std::string now;
    sp::HttpRequest request;
};

std::string path_of(const std::string& url) {
    return url.substr(url.find('/', url.find("//") + 2));
}

Case from_http(const std::string& file, const std::string& metadata, const std::string& entity_id,
               const std::string& destination, const std::string& now) {
    return {metadata, entity_id, destination, now, captured_http(file).request()};
}

/// A message of the index, with the Content-Type that its sender gave it.
Case from_soap(const std::string& folder, const std::string& name, const std::string& content_type) {
    boost::property_tree::ptree about;
    boost::property_tree::read_json(fixture_path(folder + "/" + name + ".json"), about);
    Case made{.metadata = folder + "/metadata.xml", .now = about.get<std::string>("judge_at"), .request = {}};
    made.request = {.method = "POST",
                    .target = path_of(made.destination),
                    .headers = {{"Content-Type", content_type}},
                    .body = fixture(folder + "/" + name + ".soap.xml")};
    return made;
}

/// A service provider's result with that profile: the HTTP status and the rule that is broken, if any.
struct Outcome {
    int http_status;
    std::string rule;
    std::string event;
    friend bool operator==(const Outcome&, const Outcome&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
        return out << outcome.http_status << " " << outcome.rule << " " << outcome.event;
    }
};

Outcome play(const Case& one, InteropProfile profile) {
    const bool is_form = one.destination.ends_with("/post");
    ServiceProviderOptions options{.entity_id = one.entity_id,
                                   .destinations = {one.destination},
                                   .idps = {idp_from(fixture(one.metadata), std::move(profile))},
                                   .endpoint = {.soap_path = is_form ? "/soap" : path_of(one.destination),
                                                .form_path = is_form ? path_of(one.destination) : "",
                                                .metadata = {}},
                                   .now = at(one.now)};
    ServiceProvider provider(std::move(options));
    const auto reply = provider.send(one.request);
    const bool reached = !provider.audit.entries().empty();
    return {reply.http_status, reached ? provider.audit.last().rule : "", reached ? provider.audit.last().event : ""};
}

const Outcome accepted{200, "", "logout"};

InteropProfile of(std::string_view name) {
    return idp_adapter::preset(name).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(presets_flow)

BOOST_AUTO_TEST_CASE(keycloak_sends_soap) {
    for (const auto* name : {"request-user-logout", "request-admin-logout"}) {
        const auto now = std::string(name) == "request-user-logout" ? "2026-11-23T05:07:28Z" : "2026-11-23T05:07:30Z";
        const auto one = from_http("keycloak/" + std::string(name) + ".http", "keycloak/idp-metadata.xml",
                                   "http://127.0.0.1:36005/saml/metadata", "http://127.0.0.1:36005/saml/slo/soap", now);
        BOOST_TEST(play(one, of("keycloak")) == accepted);
        BOOST_TEST(play(one, {}) == accepted);
    }
}

BOOST_AUTO_TEST_CASE(keycloak_posts_a_form_where_it_knows_no_soap_url) {
    const auto one = from_http("keycloak/form-request.http", "keycloak/idp-metadata.xml", std::string(our_entity_id),
                               "http://127.0.0.1:32779/saml/slo/post", "2026-11-23T05:07:32Z");
    BOOST_TEST(play(one, of("keycloak")) == accepted);
    BOOST_TEST(play(one, of("authentik")) == accepted);  // the same wire
    BOOST_TEST(play(one, {}) == (Outcome{415, "http.wire", "refused"}));
}

BOOST_AUTO_TEST_CASE(lemonldap_sends_soap) {
    const auto one =
        from_http("lemonldap/request-to-lassosp.http", "lemonldap/idp-metadata.xml", "http://127.0.0.1:9102/metadata",
                  "http://127.0.0.1:9312/slo/soap", "2026-11-22T15:08:56Z");
    BOOST_TEST(play(one, of("lemonldap")) == accepted);
    BOOST_TEST(play(one, {}) == accepted);
}

BOOST_AUTO_TEST_CASE(lasso_and_what_is_built_on_it_send_soap_and_sha1_stays_a_choice_of_its_own) {
    for (const auto* name : {"lasso", "authentic2"}) {
        for (const auto* message : {"request-persistent", "request-three-indexes", "request-transient"}) {
            BOOST_TEST(play(from_soap("lasso", message, "text/xml"), of(name)) == accepted, message);
        }
        const auto with_sha1 = play(from_soap("lasso", "request-sha1", "text/xml"), of(name));
        BOOST_TEST(with_sha1.rule == "sig.algorithm");
    }
}

BOOST_AUTO_TEST_CASE(pysaml2_calls_soap_1_1_by_the_name_of_1_2) {
    for (const auto* message :
         {"request-persistent", "request-two-indexes", "request-no-index", "request-empty-reason"}) {
        const auto one = from_soap("pysaml2", message, "application/soap+xml");
        BOOST_TEST(play(one, of("pysaml2")) == accepted, message);
        BOOST_TEST(play(one, {}).http_status == 415, message);
    }
}

BOOST_AUTO_TEST_CASE(shibboleth_sends_plain_soap_with_an_encoding_that_is_none) {
    auto one = from_soap("lasso", "request-persistent", "text/xml; charset=UTF-8");
    one.request.headers.emplace_back("Content-Encoding", "UTF-8");
    one.request.headers.emplace_back("SOAPAction", "http://www.oasis-open.org/committees/security");
    for (const auto* name : {"shibboleth", "openam", "pingfederate"}) BOOST_TEST(play(one, of(name)) == accepted, name);
}

BOOST_AUTO_TEST_SUITE_END()
