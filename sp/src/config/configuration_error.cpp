#include "slo/sp/configuration_error.hpp"

namespace slo::sp {

std::string_view name(ConfigurationErrc code) noexcept {
    switch (code) {
        case ConfigurationErrc::configuration_invalid:
            return "config";
    }
    return "unknown.unknown";
}

std::error_code make_error_code(ConfigurationErrc code) noexcept {
    return rule_code(code, "slo.sp.configuration");
}

}  // namespace slo::sp
