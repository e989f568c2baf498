// The two ways in which an ECDSA signature is written.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slo::saml {

/// p1363_from_der returns r||s, `octets` together (RFC 6931, section 2.3.6; IEEE P1363), from DER of two positive
/// integers. std::nullopt for any other octets: another encoding of the same numbers, or any octet behind them.
[[nodiscard]] std::optional<std::string> p1363_from_der(std::string_view der, std::size_t octets);

/// der_from_p1363 is the way back, as OpenSSL reads it. std::nullopt where memory lacks.
[[nodiscard]] std::optional<std::string> der_from_p1363(std::string_view both);

}  // namespace slo::saml
