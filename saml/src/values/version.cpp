#include "slo/version.hpp"

namespace slo {

std::string_view version() noexcept {
    return SLO_VERSION;
}

}  // namespace slo
