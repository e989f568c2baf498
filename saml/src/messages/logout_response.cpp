#include "slo/saml/logout_response.hpp"

namespace slo::saml {

std::string_view uri(TopLevelStatus status) noexcept {
    switch (status) {
        case TopLevelStatus::success:
            return "urn:oasis:names:tc:SAML:2.0:status:Success";
        case TopLevelStatus::requester:
            return "urn:oasis:names:tc:SAML:2.0:status:Requester";
        case TopLevelStatus::responder:
            return "urn:oasis:names:tc:SAML:2.0:status:Responder";
        case TopLevelStatus::version_mismatch:
            return "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch";
    }
    return {};
}

std::string_view uri(SecondLevelStatus status) noexcept {
    switch (status) {
        case SecondLevelStatus::request_denied:
            return "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
        case SecondLevelStatus::request_unsupported:
            return "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported";
        case SecondLevelStatus::unknown_principal:
            return "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal";
        case SecondLevelStatus::partial_logout:
            return "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
        case SecondLevelStatus::request_version_too_high:
            return "urn:oasis:names:tc:SAML:2.0:status:RequestVersionTooHigh";
        case SecondLevelStatus::request_version_too_low:
            return "urn:oasis:names:tc:SAML:2.0:status:RequestVersionTooLow";
    }
    return {};
}

}  // namespace slo::saml
