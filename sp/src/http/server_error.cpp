#include "slo/sp/server_error.hpp"

namespace slo::sp {

std::string_view name(ServerErrc code) noexcept {
    switch (code) {
        case ServerErrc::address_in_use:
            return "server.address";
        case ServerErrc::tls_setup_failed:
            return "server.tls";
        case ServerErrc::options_invalid:
            return "server.options";
    }
    return "unknown.unknown";
}

std::error_code make_error_code(ServerErrc code) noexcept {
    return rule_code(code, "slo.sp.server");
}

}  // namespace slo::sp
