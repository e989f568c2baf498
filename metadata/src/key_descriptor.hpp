// KeyDescriptor, read (SAML Metadata 2.4.1.1; metadata interoperability profile 2.5.1).
#pragma once

#include <string>
#include <variant>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

/// Why a well-formed KeyDescriptor gives no key that we could use. One such key must not cost the others: an IdP may
/// announce a kind of key that we don't know beside one that we do.
struct SkippedKey {
    std::string why;
};

/// read_key_descriptor reads an element that is an md:KeyDescriptor. The key is that of X509Data/X509Certificate, and
/// that of KeyValue/RSAKeyValue only where no certificate stands beside it; KeyName alone names no key.
/// Errors: Errc::schema_violation.
[[nodiscard]] Result<std::variant<KeyDescriptor, SkippedKey>> read_key_descriptor(const saml::xml::Element& element);

}  // namespace slo::metadata
