// Namespaces and identifiers of the standards, each written once.
#pragma once

#include <string_view>

namespace slo::saml::vocabulary {

inline constexpr std::string_view samlp = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr std::string_view saml = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view ds = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view xenc = "http://www.w3.org/2001/04/xmlenc#";
inline constexpr std::string_view xenc11 = "http://www.w3.org/2009/xmlenc11#";
inline constexpr std::string_view xenc_element = "http://www.w3.org/2001/04/xmlenc#Element";
inline constexpr std::string_view soap11 = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view aslo = "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo";
inline constexpr std::string_view xs = "http://www.w3.org/2001/XMLSchema";
inline constexpr std::string_view xsi_2001 = "http://www.w3.org/2001/XMLSchema-instance";
inline constexpr std::string_view xsi_1999 = "http://www.w3.org/1999/XMLSchema-instance";

inline constexpr std::string_view exc_c14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
inline constexpr std::string_view exc_c14n_with_comments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
inline constexpr std::string_view enveloped_signature = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
inline constexpr std::string_view ds_object = "http://www.w3.org/2000/09/xmldsig#Object";
inline constexpr std::string_view ds_signature_properties = "http://www.w3.org/2000/09/xmldsig#SignatureProperties";
inline constexpr std::string_view soap_actor_next = "http://schemas.xmlsoap.org/soap/actor/next";

inline constexpr std::string_view format_entity = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
inline constexpr std::string_view format_unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
inline constexpr std::string_view format_persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
inline constexpr std::string_view format_transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

inline constexpr std::string_view binding_post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
inline constexpr std::string_view url_encoding_deflate = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

}  // namespace slo::saml::vocabulary
