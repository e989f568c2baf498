#include "slo/sp/sign_on_error.hpp"

namespace slo::sp {

std::string_view name(SignOnErrc code) noexcept {
    switch (code) {
        case SignOnErrc::no_endpoint:
            return "sign_on.no_endpoint";
        case SignOnErrc::force_authn_untrusted:
            return "sign_on.force_authn";
        case SignOnErrc::flow_missing:
            return "sign_on.flow";
        case SignOnErrc::flow_expired:
            return "sign_on.flow_expired";
        case SignOnErrc::other_browser:
            return "sign_on.other_browser";
        case SignOnErrc::idp_not_asked:
            return "sign_on.idp_not_asked";
        case SignOnErrc::unsolicited:
            return "sign_on.unsolicited";
        case SignOnErrc::replayed:
            return "sign_on.replayed";
        case SignOnErrc::not_allowed:
            return "sign_on.not_allowed";
        case SignOnErrc::logged_out:
            return "sign_on.logged_out";
        case SignOnErrc::not_admitted:
            return "sign_on.not_admitted";
    }
    return "sign_on.unknown";
}

std::error_code make_error_code(SignOnErrc code) noexcept {
    return rule_code(code, "slo.sign_on");
}

}  // namespace slo::sp
