// Known properties of products, as data. Captured messages are in tests/fixtures; other sources are named with the
// version that was read. No preset turns on SHA-1 or AES-CBC, even if a product defaults to them: that stays a
// choice of the operator's. Nor does any take requests without signature (Shibboleth on another port than 443,
// PingFederate, OpenAM): if such an IdP can't be made to sign, the operator writes accepted_authentication.
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
    // (idp-answer-to-unknown-index.http).
    Preset{"keycloak",
           [] {
               return InteropProfile{.wires = {Wire::soap, Wire::form},
                                     .form_answer = FormAnswer::empty,
                                     .outgoing = {.success = SuccessProves::nothing}};
           }},
    // 4 and 5: java-identity-provider 70cacdf, java-opensaml 5.2.1. Signed SOAP with Destination, and nothing else. Its
    // Content-Encoding: UTF-8 is no coding, and tolerated from every IdP.
    Preset{"shibboleth", [] { return InteropProfile{}; }},
    // 2.16.1, captured in lemonldap/. Played live: it finds its session by the first SessionIndex, ends that one whole,
    // and answers with its login page (HTTP 200, text/html) where it doesn't know it.
    Preset{"lemonldap", [] { return InteropProfile{.outgoing = {.session_indexes = IndexesSent::of_one_session}}; }},
    // authentic2 e5a90b1, saml2_endpoints.py: it takes text/xml, and requires NameID and SessionIndex.
    Preset{"authentic2", [] { return InteropProfile{}; }},
    // 2.8.1, captured in lasso/: every SessionIndex of the NameID in one request, both ways.
    Preset{"lasso", [] { return InteropProfile{}; }},
    // OpenAM 958688e, IDPSingleLogout.java: of several SessionIndexes it reads the first. It may send none for all.
    Preset{"openam",
           [] {
               return InteropProfile{.session_index = SessionIndexRule::optional,
                                     .outgoing = {.session_indexes = IndexesSent::of_one_session}};
           }},
    // Its documentation of SLO endpoints and back-channel authentication: SOAP, with a signature if that is chosen.
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
    // 6 and 7, SamlIdPSingleLogoutServiceMessageHandler and LogoutHttpMessage: a form; as "SOAP", the envelope as text
    // in logoutRequest, or without that name. It reads the HTTP status alone.
    Preset{
        "cas",
        [] {
            return InteropProfile{.wires = {Wire::form, Wire::form_logout_request}, .form_answer = FormAnswer::empty};
        }},
    // 2025.10, providers/saml/tasks.py: a form; an HTTP status from 400 on is a failure, and the body isn't read.
    Preset{"authentik", [] { return InteropProfile{.wires = {Wire::form}, .form_answer = FormAnswer::empty}; }},
    // zitadel/saml 883f36a, logout.go: always Success, and no session ends.
    Preset{"zitadel", [] { return InteropProfile{.outgoing = {.success = SuccessProves::nothing}}; }},
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
