#include "slo/sp/logout_error.hpp"

namespace slo::sp {

std::string_view name(LogoutErrc code) noexcept {
    switch (code) {
        case LogoutErrc::issuer_unknown:
            return "check.issuer_unknown";
        case LogoutErrc::content_type_not_accepted:
            return "http.content_type";
        case LogoutErrc::metadata_expired:
            return "check.metadata_expired";
        case LogoutErrc::metadata_unusable:
            return "check.metadata_unusable";
        case LogoutErrc::wire_not_accepted:
            return "http.wire";
        case LogoutErrc::session_index_missing:
            return "check.session_index";
        case LogoutErrc::request_repeated:
            return "check.repeat";
        case LogoutErrc::too_many_requests:
            return "check.rate";
    }
    return "unknown.unknown";
}

std::string_view name(AdmissionErrc code) noexcept {
    switch (code) {
        case AdmissionErrc::session_idp_unknown:
            return "session.idp_unknown";
        case AdmissionErrc::session_sp_unknown:
            return "session.sp_unknown";
        case AdmissionErrc::session_index_unfit:
            return "session.session_index";
        case AdmissionErrc::authn_instant_in_future:
            return "session.authn_instant";
    }
    return "unknown.unknown";
}

std::string_view name(StartErrc code) noexcept {
    switch (code) {
        case StartErrc::no_session:
            return "store.no_session";
        case StartErrc::no_session_index:
            return "request.no_session_index";
        case StartErrc::no_link:
            return "request.no_link";
        case StartErrc::outcome_unknown:
            return "store.outcome_unknown";
    }
    return "unknown.unknown";
}

std::error_code make_error_code(LogoutErrc code) noexcept {
    return rule_code(code, "slo.sp.logout");
}

std::error_code make_error_code(AdmissionErrc code) noexcept {
    return rule_code(code, "slo.sp.admission");
}

std::error_code make_error_code(StartErrc code) noexcept {
    return rule_code(code, "slo.sp.start");
}

}  // namespace slo::sp
