// SHA-2 (and SHA-1) of octets.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/algorithms.hpp"

namespace slo::saml {

/// The digest as octets; empty if OpenSSL fails, which equals no digest.
[[nodiscard]] std::string digest(DigestAlgorithm algorithm, std::string_view octets);

}  // namespace slo::saml
