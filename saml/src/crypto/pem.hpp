// PEM blocks (RFC 7468), taken out of text without ever asking for a passphrase.
#pragma once

#include <string>
#include <string_view>

#include "owned.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// certificate_der_from_pem returns the DER of the one certificate in `pem`. Explanatory text may precede it, nothing
/// may follow it. Errors: KeyErrc::certificate_unreadable.
[[nodiscard]] Result<std::string> certificate_der_from_pem(std::string_view pem);

/// private_key_from_pem takes the one unencrypted key (PKCS #8, PKCS #1 or SEC 1). Errors: KeyErrc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> private_key_from_pem(std::string_view pem);

}  // namespace slo::saml
