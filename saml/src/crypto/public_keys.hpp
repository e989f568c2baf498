// Public keys from their numbers, as KeyValue carries them (XMLDSig 1.1, sections 4.5.2 and 4.5.2.3).
#pragma once

#include <string_view>

#include "owned.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// number reads big-endian octets. Null where memory lacks.
[[nodiscard]] OwnedBignum number(std::string_view octets);

/// rsa_public_key takes modulus and exponent as big-endian octets. Errors: KeyErrc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> rsa_public_key(std::string_view modulus, std::string_view exponent);

/// ec_public_key takes an uncompressed point (0x04, x, y) and sees that it lies on the curve. Errors:
/// KeyErrc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> ec_public_key(NamedCurve curve, std::string_view point);

}  // namespace slo::saml
