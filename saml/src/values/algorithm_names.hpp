// What an operator calls an algorithm.
#pragma once

#include <string_view>

namespace slo::saml {

/// algorithm_name returns the short standard name of the algorithm that `uri` identifies, supported here or not
/// ("RSA-SHA1", "RSA-PSS with SHA-256 (sha256-rsa-MGF1)", "XPath"); for any other URI "an algorithm that is not known
/// here". So a peer's text never gets into a log. Static storage.
[[nodiscard]] std::string_view algorithm_name(std::string_view uri) noexcept;

}  // namespace slo::saml
