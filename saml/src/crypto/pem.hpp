// PEM blocks (RFC 7468), taken out of text without ever asking anybody for a passphrase.
#pragma once

#include <string>
#include <string_view>

#include "owned.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// The DER of the one certificate in `pem`. Explanatory text may stand in front of it, nothing after it.
/// Errors: KeyErrc::certificate_unreadable.
[[nodiscard]] Result<std::string> certificate_der_from_pem(std::string_view pem);

/// The one unencrypted private key in `pem` (PKCS #8, PKCS #1 or SEC 1). Errors: KeyErrc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> private_key_from_pem(std::string_view pem);

}  // namespace slo::saml
