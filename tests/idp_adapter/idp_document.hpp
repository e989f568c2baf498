// Metadata of IdPs that are made up, signed by keys of tests/fixtures.
#pragma once

#include <string>

#include "fixtures.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/time.hpp"

namespace slo::test {

struct IdpText {
    std::string entity_id = "https://idp1.example.org/saml";
    std::string certificate = "keys/idp1-first.crt.pem";  ///< below tests/fixtures
    std::string root_attributes = R"( ID="d" validUntil="2027-01-08T00:00:00Z")";
    std::string published = {};
};

inline std::string text_of(const IdpText& idp) {
    const std::string extensions =
        idp.published.empty()
            ? ""
            : R"(<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" )"
              R"(publisher="https://f.example.org" creationInstant=")" +
                  idp.published + "\"/></md:Extensions>";
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID=")" + idp.entity_id + "\"" +
           idp.root_attributes + ">" + extensions +
           R"(<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">)"
           R"(<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>)"
           R"(<ds:X509Certificate>)" +
           certificate_base64(idp.certificate) +
           R"(</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>)"
           R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" )"
           R"(Location="https://idp.example.org/slo"/>)"
           R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
           R"(Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

/// Signed by tests/fixtures/<signer>.key.pem.
inline std::string signed_octets(const std::string& text, const std::string& signer = "keys/idp2") {
    const auto key = saml::SigningKey::parse(fixture(signer + ".key.pem"), fixture(signer + ".crt.pem"));
    return *saml::sign_document(*key, text);
}
inline std::string signed_text(const IdpText& idp, const std::string& signer = "keys/idp2") {
    return signed_octets(text_of(idp), signer);
}

inline saml::VerificationKey key_of(const std::string& certificate) {
    return *saml::VerificationKey::from(*saml::Certificate::parse(fixture(certificate)));
}

}  // namespace slo::test
