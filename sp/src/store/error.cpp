#include "slo/sp/error.hpp"

namespace slo::sp {

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::issuer_unknown:
            return "check.issuer_unknown";
        case Errc::content_type_not_accepted:
            return "http.content_type";
        case Errc::metadata_expired:
            return "check.metadata_expired";
        case Errc::wire_not_accepted:
            return "http.wire";
        case Errc::session_index_missing:
            return "check.session_index";
        case Errc::request_repeated:
            return "check.repeat";
        case Errc::local_session_id_malformed:
            return "store.session_id";
        case Errc::session_id_taken:
            return "store.session_id_taken";
        case Errc::session_malformed:
            return "store.session";
        case Errc::session_idp_unknown:
            return "session.idp_unknown";
        case Errc::session_sp_unknown:
            return "session.sp_unknown";
        case Errc::session_index_unfit:
            return "session.session_index";
        case Errc::authn_instant_in_future:
            return "session.authn_instant";
        case Errc::too_many_requests:
            return "check.rate";
        case Errc::request_id_reused:
            return "check.request_id";
        case Errc::store_full:
            return "store.full";
        case Errc::principal_full:
            return "store.principal_full";
        case Errc::store_failed:
            return "store.failed";
        case Errc::outcome_unknown:
            return "store.outcome_unknown";
        case Errc::store_unusable:
            return "store.unusable";
        case Errc::no_session:
            return "store.no_session";
        case Errc::no_session_index:
            return "request.no_session_index";
        case Errc::no_link:
            return "request.no_link";
        case Errc::configuration_invalid:
            return "config";
        case Errc::address_in_use:
            return "server.address";
        case Errc::tls_setup_failed:
            return "server.tls";
    }
    return "unknown";
}

const std::error_category& error_category() noexcept {
    static const class Category final : public std::error_category {
        [[nodiscard]] const char* name() const noexcept override { return "slo.sp"; }
        [[nodiscard]] std::string message(int code) const override {
            return std::string(sp::name(static_cast<Errc>(code)));
        }
    } category;
    return category;
}

}  // namespace slo::sp
