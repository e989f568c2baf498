// First-use preparation of the C libraries, inside this room.
#pragma once

namespace slo::saml {

/// ensure_runtime prepares libxml2 and xmlsec1 once per process, unless the host has done so, never undone; and libxml2
/// once per thread. Throws std::bad_alloc if this thread has no memory for that. Thread-safe.
void ensure_runtime();

/// runtime_ready says whether that worked. False means that nothing can be verified, so nothing is.
[[nodiscard]] bool runtime_ready() noexcept;

}  // namespace slo::saml
