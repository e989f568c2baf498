// Whether a URL in a message is ours.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/response_verifier.hpp"

namespace slo::saml {

/// is_ours compares `theirs` with `ours` as `matching` says.
[[nodiscard]] bool is_ours(std::string_view theirs, const EndpointUrl& ours, UrlMatching matching) noexcept;

}  // namespace slo::saml
