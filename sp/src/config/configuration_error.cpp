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
    static const RuleCategory category("slo.sp.configuration",
                                       [](int value) noexcept { return name(static_cast<ConfigurationErrc>(value)); });
    return {static_cast<int>(code), category};
}

}  // namespace slo::sp
