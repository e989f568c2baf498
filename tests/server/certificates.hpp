// Certificates that no fixture can be: expired today, signed by a CA that signs anything, in chains of any length.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slo::test {

template <auto free>
struct FreedBy {
    template <class T>
    void operator()(T* owned) const noexcept {
        free(owned);
    }
};

struct Identity {
    std::unique_ptr<X509, FreedBy<X509_free>> certificate;
    std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key;
};

struct CertificateText {
    std::string common_name;
    long days_before = 1;  ///< how long ago it became valid
    long days_left = 1;    ///< negative: it has expired
    /// NID and value, as in OpenSSL's configuration files.
    std::vector<std::pair<int, std::string>> extensions = {};
};

/// An EC key with a certificate by `issuer`, or by itself. Throws std::runtime_error where OpenSSL doesn't.
[[nodiscard]] Identity certified(const CertificateText& text, const Identity* issuer = nullptr);
/// A certificate by `key` itself.
[[nodiscard]] Identity certified_by(std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key);
/// For CAs.
[[nodiscard]] CertificateText authority(std::string common_name);

/// A file with the certificate in PEM, for as long as this lives.
class CertificateFile {
public:
    explicit CertificateFile(const Identity& identity);
    CertificateFile(const CertificateFile&) = delete;
    CertificateFile& operator=(const CertificateFile&) = delete;
    ~CertificateFile();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

}  // namespace slo::test
