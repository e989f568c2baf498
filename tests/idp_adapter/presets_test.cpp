// The presets as data; tests/flow/presets_flow_test.cpp holds them against captured messages.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

#include "slo/idp_adapter/interop_profile.hpp"

using namespace slo;
using idp_adapter::preset;

BOOST_AUTO_TEST_SUITE(presets)

BOOST_AUTO_TEST_CASE(a_preset_exists_for_each_name_and_for_no_other) {
    std::set<std::string_view> seen;
    for (const auto name : idp_adapter::preset_names()) {
        BOOST_TEST(preset(name).has_value(), name);
        BOOST_TEST(seen.insert(name).second, name);
    }
    for (const auto* name :
         {"keycloak", "shibboleth", "lemonldap", "authentic2", "openam", "pingfederate", "pysaml2", "wso2", "cas",
          "authentik", "zitadel", "simplesamlphp", "adfs", "entra", "okta", "google", "onelogin", "auth0"}) {
        BOOST_TEST(seen.contains(name), name);
    }
    for (const auto* name : {"", "Keycloak", "keycloak ", "adfs 2022"}) BOOST_TEST(!preset(name), name);
}

BOOST_AUTO_TEST_CASE(no_preset_makes_a_signature_prove_less) {
    for (const auto name : idp_adapter::preset_names()) {
        const auto profile = preset(name).value();
        BOOST_TEST((profile.algorithms.sha1 == saml::AlgorithmPolicy::Sha1::refused), name);
        BOOST_TEST((profile.algorithms.cbc == saml::AlgorithmPolicy{}.cbc), name);
        BOOST_TEST((profile.destination == saml::DestinationRule::required), name);
        BOOST_TEST((profile.name_id_matching == saml::NameIDMatching::default_qualifiers), name);
        BOOST_TEST(profile.issuer_aliases.empty(), name);
        BOOST_TEST((profile.outgoing.http.http == idp_adapter::HttpClientOptions::Http::refused), name);
        BOOST_TEST(profile.outgoing.http.max_body == 64U * 1024, name);
    }
}

BOOST_AUTO_TEST_CASE(no_preset_takes_a_sign_on_that_proves_less) {
    const idp_adapter::SignOnProfile strict;
    for (const auto name : idp_adapter::preset_names()) {
        const auto sign_on = preset(name)->sign_on;
        BOOST_TEST((sign_on.unsolicited == idp_adapter::Unsolicited::converted), name);
        BOOST_TEST((sign_on.name_id == idp_adapter::NameIDNeed::required), name);
        BOOST_TEST((sign_on.destination == saml::UrlMatching::exact), name);
        BOOST_TEST((sign_on.max_window == strict.max_window), name);
        BOOST_TEST(sign_on.name_id_policy.format.empty(), name);
        BOOST_TEST(sign_on.authn_contexts.empty(), name);
        BOOST_TEST((sign_on.request_binding == idp_adapter::RequestBinding::by_length), name);
    }
    BOOST_TEST((strict.signature_on == saml::SignatureOn::either));
    BOOST_TEST((strict.cbc == saml::AlgorithmPolicy::Cbc::accepted_once_authenticated));
    BOOST_TEST(strict.max_window.count() == 300);
}

BOOST_AUTO_TEST_CASE(presets_know_who_signs_each_response_and_who_ignores_force_authn) {
    std::string signed_responses;
    std::string never_ask_again;
    for (const auto name : idp_adapter::preset_names()) {
        const auto sign_on = preset(name)->sign_on;
        BOOST_TEST(
            (sign_on.signature_on == saml::SignatureOn::response || sign_on.signature_on == saml::SignatureOn::either),
            name);
        if (sign_on.signature_on == saml::SignatureOn::response) signed_responses.append(name).append(" ");
        if (sign_on.force_authn == idp_adapter::ForcedAuthn::untrusted) never_ask_again.append(name).append(" ");
    }
    BOOST_TEST(signed_responses == "keycloak shibboleth cas simplesamlphp ");
    BOOST_TEST(never_ask_again == "google ");
}

BOOST_AUTO_TEST_CASE(presets_know_who_makes_a_name_id_only_if_the_request_has_a_name_id_policy) {
    std::string needs_a_policy;
    for (const auto name : idp_adapter::preset_names()) {
        if (preset(name)->sign_on.name_id_policy == idp_adapter::NameIDPolicyRule{}) continue;
        needs_a_policy.append(name).append(" ");
    }
    BOOST_TEST(needs_a_policy == "lemonldap ");
    BOOST_TEST((preset("lemonldap")->sign_on.name_id_policy.policy == idp_adapter::NameIDPolicyRule::Policy::any));
}

BOOST_AUTO_TEST_CASE(presets_know_whose_success_proves_nothing) {
    std::string unbelieved;
    for (const auto name : idp_adapter::preset_names()) {
        if (preset(name)->outgoing.success == idp_adapter::SuccessProves::nothing) unbelieved.append(name).append(" ");
    }
    BOOST_TEST(unbelieved == "keycloak zitadel ");
}

BOOST_AUTO_TEST_CASE(presets_know_which_idps_read_one_session_index) {
    std::string one_each;
    for (const auto name : idp_adapter::preset_names()) {
        const auto sent = preset(name)->outgoing.session_indexes;
        if (sent == idp_adapter::IndexesSent::of_one_session) one_each.append(name).append(" ");
    }
    BOOST_TEST(one_each == "lemonldap openam ");
}

BOOST_AUTO_TEST_SUITE_END()
