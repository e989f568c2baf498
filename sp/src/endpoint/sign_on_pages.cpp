#include "sign_on_pages.hpp"

#include <string_view>

#include "slo/saml/assertion_error.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/sign_on_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

PageCode of(saml::AssertionErrc rule) noexcept {
    using saml::AssertionErrc;
    switch (rule) {
        case AssertionErrc::response_structure:
            return PageCode::structure;
        case AssertionErrc::response_status:
            return PageCode::status_unproven;
        case AssertionErrc::signature_insufficient:
        case AssertionErrc::cbc_unauthenticated:
            return PageCode::sig;
        case AssertionErrc::confirmation_time:
        case AssertionErrc::condition_time:
        case AssertionErrc::assertion_age:
        case AssertionErrc::authn_instant:
            return PageCode::clock;
        case AssertionErrc::authn_stale:
        case AssertionErrc::authn_session_ended:
            return PageCode::stale;
        case AssertionErrc::authn_context:
            return PageCode::authn_context;
        case AssertionErrc::subject_missing:
        case AssertionErrc::name_id_unexpected:
        case AssertionErrc::confirmation_method:
        case AssertionErrc::confirmation_recipient:
        case AssertionErrc::confirmation_in_response_to:
        case AssertionErrc::condition_audience:
        case AssertionErrc::condition_unknown:
        case AssertionErrc::authn_missing:
            return PageCode::assertion;
    }
    return PageCode::assertion;
}

PageCode of(SignOnErrc rule) noexcept {
    switch (rule) {
        case SignOnErrc::no_endpoint:
        case SignOnErrc::force_authn_untrusted:
            return PageCode::unavailable;
        case SignOnErrc::flow_missing:
            return PageCode::flow;
        case SignOnErrc::flow_expired:
            return PageCode::flow_expired;
        case SignOnErrc::other_browser:
            return PageCode::other_browser;
        case SignOnErrc::idp_not_asked:
            return PageCode::issuer;
        case SignOnErrc::unsolicited:
            return PageCode::unsolicited;
        case SignOnErrc::replayed:
            return PageCode::replay;
        case SignOnErrc::not_allowed:
        case SignOnErrc::not_admitted:
            return PageCode::not_allowed;
        case SignOnErrc::logged_out:
            return PageCode::logged_out;
    }
    return PageCode::unavailable;
}

/// The stage in front of the dot tells a message's rules apart.
PageCode of(saml::Errc rule) noexcept {
    if (rule == saml::Errc::issuer_mismatch) return PageCode::issuer;
    if (rule == saml::Errc::destination_missing || rule == saml::Errc::destination_mismatch) {
        return PageCode::destination;
    }
    if (rule == saml::Errc::in_response_to_mismatch) return PageCode::flow;
    if (rule == saml::Errc::base64_malformed || rule == saml::Errc::xml_encoding ||
        rule == saml::Errc::message_too_large) {
        return PageCode::encoding;
    }
    const std::string_view stage = saml::stage(rule);
    if (stage == "sig" || stage == "id") return PageCode::sig;
    if (stage == "form") return PageCode::form;
    return PageCode::structure;
}

}  // namespace

PageCode page_code(const Failure& why) noexcept {
    if (const auto rule = rule_as<SignOnErrc>(why)) return of(*rule);
    if (const auto rule = rule_as<saml::AssertionErrc>(why)) return of(*rule);
    if (const auto rule = rule_as<saml::Errc>(why)) return of(*rule);
    if (is(why, LogoutErrc::issuer_unknown)) return PageCode::issuer;
    return PageCode::unavailable;
}

}  // namespace slo::sp
