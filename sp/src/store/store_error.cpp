#include "slo/sp/store_error.hpp"

namespace slo::sp {

std::string_view name(StoreErrc code) noexcept {
    switch (code) {
        case StoreErrc::local_session_id_malformed:
            return "store.session_id";
        case StoreErrc::session_id_taken:
            return "store.session_id_taken";
        case StoreErrc::session_malformed:
            return "store.session";
        case StoreErrc::request_id_reused:
            return "check.request_id";
        case StoreErrc::store_full:
            return "store.full";
        case StoreErrc::principal_full:
            return "store.principal_full";
        case StoreErrc::store_failed:
            return "store.failed";
        case StoreErrc::store_unusable:
            return "store.unusable";
        case StoreErrc::flow_handle_malformed:
            return "store.flow_handle";
        case StoreErrc::flow_handle_taken:
            return "store.flow_handle_taken";
        case StoreErrc::flow_malformed:
            return "store.flow";
    }
    return "unknown.unknown";
}

std::error_code make_error_code(StoreErrc code) noexcept {
    return rule_code(code, "slo.sp.store");
}

}  // namespace slo::sp
