#include "algorithm_names.hpp"

#include <algorithm>
#include <array>

namespace slo::saml {
namespace {

struct NamedAlgorithm {
    std::string_view uri;
    std::string_view name;
};

// XML Signature 1.1 section 6, XML Encryption 1.1 section 5, RFC 6931, RFC 9231.
constexpr auto names = std::to_array<NamedAlgorithm>({
    // Signatures.
    {"http://www.w3.org/2000/09/xmldsig#dsa-sha1", "DSA-SHA1"},
    {"http://www.w3.org/2009/xmldsig11#dsa-sha256", "DSA-SHA256"},
    {"http://www.w3.org/2000/09/xmldsig#rsa-sha1", "RSA-SHA1"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "RSA-MD5"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160", "RSA-RIPEMD160"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha224", "RSA-SHA224"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "RSA-SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", "RSA-SHA384"},
    {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "RSA-SHA512"},
    {"http://www.w3.org/2007/05/xmldsig-more#rsa-pss", "RSA-PSS with parameters"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1", "RSA-PSS with SHA-1 (sha1-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha224-rsa-MGF1", "RSA-PSS with SHA-224 (sha224-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "RSA-PSS with SHA-256 (sha256-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", "RSA-PSS with SHA-384 (sha384-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", "RSA-PSS with SHA-512 (sha512-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-256-rsa-MGF1", "RSA-PSS with SHA3-256 (sha3-256-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-384-rsa-MGF1", "RSA-PSS with SHA3-384 (sha3-384-rsa-MGF1)"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1", "RSA-PSS with SHA3-512 (sha3-512-rsa-MGF1)"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "ECDSA-SHA1"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha224", "ECDSA-SHA224"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "ECDSA-SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "ECDSA-SHA384"},
    {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", "ECDSA-SHA512"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256", "ECDSA-SHA3-256"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-384", "ECDSA-SHA3-384"},
    {"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-512", "ECDSA-SHA3-512"},
    {"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", "Ed25519"},
    {"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", "Ed448"},
    {"http://www.w3.org/2000/09/xmldsig#hmac-sha1", "HMAC-SHA1"},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "HMAC-SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", "HMAC-SHA384"},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", "HMAC-SHA512"},
    // Digests.
    {"http://www.w3.org/2001/04/xmldsig-more#md5", "MD5"},
    {"http://www.w3.org/2000/09/xmldsig#sha1", "SHA-1"},
    {"http://www.w3.org/2001/04/xmlenc#ripemd160", "RIPEMD-160"},
    {"http://www.w3.org/2001/04/xmldsig-more#sha224", "SHA-224"},
    {"http://www.w3.org/2001/04/xmlenc#sha256", "SHA-256"},
    {"http://www.w3.org/2001/04/xmldsig-more#sha384", "SHA-384"},
    {"http://www.w3.org/2001/04/xmlenc#sha512", "SHA-512"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-224", "SHA3-224"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-256", "SHA3-256"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-384", "SHA3-384"},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-512", "SHA3-512"},
    // Canonicalisation and transforms.
    {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "Canonical XML 1.0"},
    {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", "Canonical XML 1.0 with comments"},
    {"http://www.w3.org/2006/12/xml-c14n11", "Canonical XML 1.1"},
    {"http://www.w3.org/2006/12/xml-c14n11#WithComments", "Canonical XML 1.1 with comments"},
    {"http://www.w3.org/2010/xml-c14n2", "Canonical XML 2.0"},
    {"http://www.w3.org/2001/10/xml-exc-c14n#", "exclusive canonicalisation"},
    {"http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "exclusive canonicalisation with comments"},
    {"http://www.w3.org/2000/09/xmldsig#enveloped-signature", "enveloped-signature"},
    {"http://www.w3.org/2000/09/xmldsig#base64", "base64"},
    {"http://www.w3.org/TR/1999/REC-xpath-19991116", "XPath"},
    {"http://www.w3.org/2002/06/xmldsig-filter2", "XPath Filter 2.0"},
    {"http://www.w3.org/TR/1999/REC-xslt-19991116", "XSLT"},
    {"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
     "STR-Transform (WS-Security)"},
    // Encryption.
    {"http://www.w3.org/2001/04/xmlenc#rsa-1_5", "RSA PKCS#1 1.5"},
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "RSA-OAEP (rsa-oaep-mgf1p)"},
    {"http://www.w3.org/2009/xmlenc11#rsa-oaep", "RSA-OAEP (xmlenc11)"},
    {"http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "Triple DES in CBC mode"},
    {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", "AES-128 in CBC mode"},
    {"http://www.w3.org/2001/04/xmlenc#aes192-cbc", "AES-192 in CBC mode"},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", "AES-256 in CBC mode"},
    {"http://www.w3.org/2009/xmlenc11#aes128-gcm", "AES-128 in GCM mode"},
    {"http://www.w3.org/2009/xmlenc11#aes192-gcm", "AES-192 in GCM mode"},
    {"http://www.w3.org/2009/xmlenc11#aes256-gcm", "AES-256 in GCM mode"},
    {"http://www.w3.org/2001/04/xmlenc#kw-aes128", "AES-128 key wrap"},
    {"http://www.w3.org/2001/04/xmlenc#kw-aes256", "AES-256 key wrap"},
});

}  // namespace

std::string_view algorithm_name(std::string_view uri) noexcept {
    const auto found = std::ranges::find(names, uri, &NamedAlgorithm::uri);
    return found == names.end() ? "an algorithm that is not known here" : found->name;
}

}  // namespace slo::saml
