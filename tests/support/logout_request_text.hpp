// LogoutRequests written by hand, part by part, so that a test can break exactly one of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slo::test {

inline constexpr std::string_view our_entity_id = "https://sp.example.com/saml/metadata";
inline constexpr std::string_view our_soap_url = "https://sp.example.com/saml/slo/soap";
inline constexpr std::string_view idp1_entity_id = "https://idp1.example.org/metadata";
inline constexpr std::string_view idp2_entity_id = "https://idp2.example.org/metadata";
inline constexpr std::string_view baseline_now = "2030-01-15T10:00:00Z";

inline constexpr std::string_view exclusive_c14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
inline constexpr std::string_view enveloped_signature = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// SignatureText is a ds:Signature template for sign_xml(). All parts are markup or URIs.
struct SignatureText {
    std::optional<std::string> reference_uri{};  ///< absent: '#' and the message's ID
    std::string canonicalization{exclusive_c14n};
    std::string algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    std::string digest = "http://www.w3.org/2001/04/xmlenc#sha256";
    std::string transforms{};       ///< the children of ds:Transforms; empty: enveloped-signature, then exclusive C14N
    std::string more_references{};  ///< after the one reference
    std::string key_info{};         ///< ds:KeyInfo, or nothing
    std::string object{};           ///< ds:Object, or nothing

    [[nodiscard]] std::string xml(std::string_view message_id) const;
};

/// LogoutRequestText is the baseline request B0: ID _r1 of IdP1 for NameID N1 and SessionIndex i1, now, good for five
/// minutes. All members are markup as it will be in the message: escape what needs it.
struct LogoutRequestText {
    std::string element = "samlp:LogoutRequest";
    std::optional<std::string> id = "_r1";
    std::optional<std::string> version = "2.0";
    std::optional<std::string> issue_instant{std::string(baseline_now)};
    std::optional<std::string> destination{std::string(our_soap_url)};
    std::optional<std::string> not_on_or_after = "2030-01-15T10:05:00Z";
    std::optional<std::string> consent{};
    std::optional<std::string> reason{};
    std::string more_attributes{};
    std::string issuer = "<saml:Issuer>https://idp1.example.org/metadata</saml:Issuer>";
    std::string extensions{};
    std::string identifier =
        R"(<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">N1</saml:NameID>)";
    std::vector<std::string> session_indexes = {"i1"};
    std::string tail{};  ///< after the SessionIndexes
    SignatureText signature{};

    /// The message with its signature template after Issuer.
    [[nodiscard]] std::string to_sign() const;
    [[nodiscard]] std::string unsigned_xml() const;
    /// The message signed with a key below tests/fixtures.
    [[nodiscard]] std::string signed_xml(std::string_view key = "keys/idp1-first.key.pem") const;
};

/// EncryptedText is a saml:EncryptedID, made by xmlsec1 from a plaintext document.
struct EncryptedText {
    std::string plaintext = R"(<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")"
                            R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">N1</saml:NameID>)";
    std::string certificate = "sp/sp.crt.pem";  ///< of the recipient, below tests/fixtures
    std::string content_algorithm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    std::string session_key = "aes-128";  ///< as xmlsec1 names it
    std::string key_transport =
        R"(<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>)";
    std::string recipient{};  ///< the attribute of EncryptedKey, or nothing

    /// The xenc:EncryptedData with its EncryptedKey inside KeyInfo.
    [[nodiscard]] std::string encrypted_data() const;
    /// The saml:EncryptedID around it.
    [[nodiscard]] std::string xml() const;
};

/// A SOAP 1.1 envelope; `header` is the whole Header element, or nothing.
[[nodiscard]] std::string envelope(std::string_view body_content, std::string_view header = {});

/// The signed request in its envelope, and the unsigned one.
[[nodiscard]] std::string soap(const LogoutRequestText& request, std::string_view key = "keys/idp1-first.key.pem");
[[nodiscard]] std::string unsigned_soap(const LogoutRequestText& request);

/// A saml:NameID in transient format.
[[nodiscard]] std::string transient_name_id(std::string_view markup);
/// A saml:Issuer.
[[nodiscard]] std::string issuer_of(std::string_view entity_id);

/// `text` with its first `from` replaced. Throws std::logic_error where there is none: a test that changes nothing
/// proves nothing.
[[nodiscard]] std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace slo::test
