// The version of the library.
#pragma once

#include <string_view>

// The version of the headers, for #if. Before 1.0 another minor version may have another API and ABI.
#define SLO_VERSION_MAJOR 0
#define SLO_VERSION_MINOR 2
#define SLO_VERSION_PATCH 0
#define SLO_VERSION "0.2.0"

namespace slo {

/// version returns the version of the linked library, as "0.2.0"; it should equal SLO_VERSION. Static storage,
/// thread-safe.
[[nodiscard]] std::string_view version() noexcept;

}  // namespace slo
