// Our own enveloped signature, put into octets that are canonical already.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// key_info_of writes ds:KeyInfo with the certificate, `ds` being the signature's prefix. It can be made once.
[[nodiscard]] std::string key_info_of(const Certificate& certificate, std::string_view ds = "ds");

/// seal puts ds:Signature between `before` and `after`, which together are the exclusive canonical form of the element
/// with that ID. rsa-sha256 or the key's algorithm, a SHA-2 digest of the same size. Errors: KeyErrc::crypto_failure.
[[nodiscard]] Result<std::string> seal(const SigningKey& key, const std::string& key_info, const MessageID& id,
                                       std::string_view before, std::string_view after, std::string_view ds = "ds");

}  // namespace slo::saml
