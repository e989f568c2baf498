// The xmlsec1 command line: signatures and ciphertexts made, and ours judged, by software that isn't ours.
#pragma once

#include <string>
#include <string_view>

namespace slo::test {

/// sign_xml fills in the signature template inside `xml`. `key` is a private key below tests/fixtures. With
/// `node_xpath`, the signature that it selects; else the first one. The same input is signed once per process. Returns
/// the document without XML declaration. Throws std::runtime_error with xmlsec1's complaint.
[[nodiscard]] std::string sign_xml(std::string_view xml, std::string_view key, std::string_view node_xpath = {});

/// verify_xml asks xmlsec1 whether the first signature in `xml` holds under the certificate in PEM. IDs are the
/// attributes ID of SAML protocol messages.
[[nodiscard]] bool verify_xml(std::string_view xml, std::string_view certificate_pem);

/// encrypt_xml encrypts the document `plaintext` for `certificate` (below tests/fixtures) into the xenc:EncryptedData
/// template. `session_key` as xmlsec1 wants it, e.g. "aes-128".
[[nodiscard]] std::string encrypt_xml(std::string_view plaintext, std::string_view xenc_template,
                                      std::string_view certificate, std::string_view session_key);

/// decrypt_xml replaces the first xenc:EncryptedData in `xml` by what it holds. `key` is below tests/fixtures.
[[nodiscard]] std::string decrypt_xml(std::string_view xml, std::string_view key);

}  // namespace slo::test
