// KeyDescriptor, read (SAML Metadata 2.4.1.1; metadata interoperability profile 2.5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

/// SkippedKey is why a well-formed KeyDescriptor gives no usable key. One such key must not cost the others: an IdP may
/// announce an unknown kind of key beside a known one.
struct SkippedKey {
    std::string why;
};

/// KeyMaterial is a key, and the certificate that carried it, if one did.
struct KeyMaterial {
    saml::VerificationKey key;
    std::optional<saml::Certificate> certificate;
};

/// CertificateKeys reads certificates and remembers them: most IdPs name one certificate twice, and entities of one
/// operator share theirs. Each is parsed once, and kept once.
class CertificateKeys {
public:
    /// read reads the content of ds:X509Certificate. Errors: Errc::no_usable_key; `detail` says why.
    [[nodiscard]] Result<KeyMaterial> read(std::string_view base64);

private:
    std::unordered_map<std::string_view, KeyMaterial> by_base64_;  // the views are into the certificates
};

/// read_key_descriptor reads an element that is an md:KeyDescriptor. The key is that of X509Data/X509Certificate (of a
/// chain, the end entity's), and that of KeyValue (RSAKeyValue, or dsig11:ECKeyValue with a NamedCurve) only where no
/// certificate stands beside it; KeyName alone names no key. Errors: Errc::schema_violation.
[[nodiscard]] Result<std::variant<KeyDescriptor, SkippedKey>> read_key_descriptor(const saml::xml::Element& element,
                                                                                  CertificateKeys& known);

}  // namespace slo::metadata
