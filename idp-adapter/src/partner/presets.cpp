// Known properties of products, as data. Captured messages are in tests/fixtures; other sources are named with the
// version that was read. No preset turns on SHA-1 or AES-CBC, even if a product defaults to them: that stays a choice
// of the operator's, with one exception: the CBC of an EncryptedAssertion under the Response's own signature. Nor does
// any take requests without signature (Shibboleth on another port than 443, PingFederate, OpenAM): if such an IdP can't
// be made to sign, the operator writes accepted_authentication.
//
// Of sign-on, a preset demands a signed Response where the product signs each by default: it then proves the status,
// too. Where products let administrators choose (or sign the assertion alone), either signature suffices. No preset has
// a longer max_window, not even where conditions last for hours: all of them make an assertion when they are asked for
// it.
#include <algorithm>
#include <array>

#include "slo/idp_adapter/interop_profile.hpp"

namespace slo::idp_adapter {
namespace {

struct Preset {
    std::string_view name;
    InteropProfile (*profile)();
};

constexpr std::array presets{
    // 26.4.7, captured in keycloak/. Without a SOAP URL it posts a form, and reads nothing of the answer
    // (form-request.http). It says Success for a SessionIndex that it never gave out
    // (idp-answer-to-unknown-index.http). Sign-on, 26.7.3 played live: each Response is signed, errors too, and an
    // Assertion where our metadata wants it; ForceAuthn is honoured; conditions end after 58 s. Its transient NameIDs
    // are new at each sign-on: then name_id_matching = "session_index" finds them all, which isn't set here, as
    // persistent ones don't need it.
    Preset{"keycloak",
           [] {
               return InteropProfile{.wires = {Wire::soap, Wire::form},
                                     .form_answer = FormAnswer::empty,
                                     .outgoing = {.success = SuccessProves::nothing},
                                     .sign_on = {.signature_on = saml::SignatureOn::response}};
           }},
    // 4 and 5: java-identity-provider 70cacdf, java-opensaml 5.2.1. Signed SOAP with Destination, and nothing else. Its
    // Content-Encoding: UTF-8 is no coding, and tolerated from every IdP. Sign-on, its documentation of
    // SAML2SSOConfiguration: signResponses is on, signAssertions off, and assertions are encrypted for an SP with a
    // key.
    Preset{"shibboleth", [] { return InteropProfile{.sign_on = {.signature_on = saml::SignatureOn::response}}; }},
    // 2.16.1, captured in lemonldap/. Played live: it finds its session by the first SessionIndex, ends that one whole,
    // and answers with its login page (HTTP 200, text/html) where it doesn't know it. Sign-on, its documentation and
    // Lasso played: which of Response and Assertion is signed is an option for each SP; conditions last 20 h
    // (samlNotOnOrAfterTimeout). Played live: to a request without NameIDPolicy it answers with an empty NameID if the
    // Format that it has for us is persistent; with one without Format, every Format that it has for us is filled in.
    Preset{"lemonldap",
           [] {
               return InteropProfile{.outgoing = {.session_indexes = IndexesSent::of_one_session},
                                     .sign_on = {.name_id_policy = {.policy = NameIDPolicyRule::Policy::any}}};
           }},
    // authentic2 e5a90b1, saml2_endpoints.py: it takes text/xml, and requires NameID and SessionIndex.
    Preset{"authentic2", [] { return InteropProfile{}; }},
    // 2.8.1, captured in lasso/: every SessionIndex of the NameID in one request, both ways.
    Preset{"lasso", [] { return InteropProfile{}; }},
    // OpenAM 958688e, IDPSingleLogout.java: of several SessionIndexes it reads the first. It may send none for all.
    // Sign-on: it signs what the SP's entry wants (wantPOSTResponseSigned, WantAssertionsSigned), so either.
    Preset{"openam",
           [] {
               return InteropProfile{.session_index = SessionIndexRule::optional,
                                     .outgoing = {.session_indexes = IndexesSent::of_one_session}};
           }},
    // Its documentation of SLO endpoints and back-channel authentication: SOAP, with a signature if that is chosen.
    // Sign-on, its documentation of signature policies: the Assertion or the Response, as the connection says.
    Preset{"pingfederate", [] { return InteropProfile{}; }},
    // 7.0.1, captured in pysaml2/: SOAP 1.1 under SOAP 1.2's media type, as client and as server. It writes a message
    // anew before it verifies it, so only signatures over its own prefixes hold.
    Preset{"pysaml2",
           [] {
               return InteropProfile{.extra_content_types = {"application/soap+xml"},
                                     .prefixes = saml::NamespacePrefixes::numbered,
                                     .outgoing = {.extra_reply_types = {"application/soap+xml"}}};
           }},
    // identity-inbound-auth-saml 814600a, LogoutRequestSender.java: a form, with an envelope in it where its SOAP
    // binding is on. It looks for base64 of a LogoutResponse in the answer, and comes again with the same request.
    Preset{"wso2",
           [] {
               return InteropProfile{.wires = {Wire::form, Wire::form_with_envelope},
                                     .repeats = RepeatRule::answer_again,
                                     .form_answer = FormAnswer::logout_response};
           }},
    // 6 and 7, SamlIdPSingleLogoutServiceMessageHandler and LogoutHttpMessage: a form, or its SAMLRequest in the query
    // of a POST; as "SOAP", the envelope as text in logoutRequest or SAMLRequest, or without a name. It reads the HTTP
    // status alone. Sign-on, 7, SamlRegisteredService: signResponses is on, signAssertions off.
    Preset{"cas",
           [] {
               return InteropProfile{.wires = {Wire::form, Wire::form_in_query, Wire::form_logout_request},
                                     .form_answer = FormAnswer::empty,
                                     .sign_on = {.signature_on = saml::SignatureOn::response}};
           }},
    // 2025.10, providers/saml/tasks.py: a form; an HTTP status from 400 on is a failure, and the body isn't read.
    // Sign-on, providers/saml/models.py: the Assertion is signed, the Response by another switch. Its provider needs
    // our entityID as its audience: where that is empty, no AudienceRestriction is written, and we refuse.
    Preset{"authentik", [] { return InteropProfile{.wires = {Wire::form}, .form_answer = FormAnswer::empty}; }},
    // zitadel/saml 883f36a, logout.go: always Success, and no session ends. Sign-on, the same: Recipient is our
    // AssertionConsumerServiceURL, which each of our requests has.
    Preset{"zitadel", [] { return InteropProfile{.outgoing = {.success = SuccessProves::nothing}}; }},
    // 1.19.7, played live: Response and Assertion are signed by default (saml20.sign.response, .assertion), errors too.
    // Its logout goes through the browser.
    Preset{"simplesamlphp", [] { return InteropProfile{.sign_on = {.signature_on = saml::SignatureOn::response}}; }},
    // AD FS 2016 to 2022, Microsoft's documentation of Set-AdfsRelyingPartyTrust: SamlResponseSignature is
    // AssertionOnly, MessageOnly or MessageAndAssertion. It answers a NameIDPolicy that no claim rule serves with an
    // error, so none is sent. Its logout goes through the browser, as that of the following ones does.
    Preset{"adfs", [] { return InteropProfile{}; }},
    // Microsoft's documentation of the single sign-on protocol and of signing options: the Assertion, the Response or
    // both. A RequestedAuthnContext that doesn't fit the user's login is AADSTS75011, so none is sent.
    Preset{"entra", [] { return InteropProfile{}; }},
    // Its documentation of SAML app settings: Response and Assertion signed, each by a switch. A NameIDPolicy must have
    // the app's own format, so none is sent. A click on its dashboard comes unsolicited.
    Preset{"okta", [] { return InteropProfile{}; }},
    // Workspace, its administrators' help: the Assertion is signed, or the Response instead ("signed response"); clicks
    // in its launcher come unsolicited; no single logout. Threads report that ForceAuthn is ignored.
    Preset{"google", [] { return InteropProfile{.sign_on = {.force_authn = ForcedAuthn::untrusted}}; }},
    // Its documentation of the SAML connector: "SAML signature element" is Response, Assertion or both.
    Preset{"onelogin", [] { return InteropProfile{}; }},
    // samlp 8.0.0, its published library, played: the Assertion is signed, or with signResponse the Response;
    // conditions last an hour.
    Preset{"auth0", [] { return InteropProfile{}; }},
};

constexpr auto names = [] {
    std::array<std::string_view, presets.size()> all;
    std::transform(presets.begin(), presets.end(), all.begin(), [](const Preset& preset) { return preset.name; });
    return all;
}();

}  // namespace

std::optional<InteropProfile> preset(std::string_view name) {
    const auto* found = std::find_if(presets.begin(), presets.end(), [&](const Preset& p) { return p.name == name; });
    if (found == presets.end()) return std::nullopt;
    return found->profile();
}

std::span<const std::string_view> preset_names() noexcept {
    return names;
}

}  // namespace slo::idp_adapter
