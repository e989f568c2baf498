#include "pem.hpp"

#include <openssl/pem.h>

#include <optional>

#include "c_errors.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_pem_octets = 64 * 1024;

/// One block between BEGIN and END. It may hold a private key, so it is wiped.
class PemBlock {
public:
    PemBlock(char* label, char* header, unsigned char* der, std::size_t size)
        : label_(label), header_(header), der_(der), size_(size) {}
    ~PemBlock() {
        if (der_) OPENSSL_cleanse(der_.get(), size_);
    }
    PemBlock(PemBlock&&) = default;
    PemBlock& operator=(PemBlock&&) = delete;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;

    [[nodiscard]] std::string_view label() const { return label_.get(); }
    /// The lines before the base64: only the old form of encryption writes any (RFC 1421).
    [[nodiscard]] bool has_header() const { return *header_ != '\0'; }
    [[nodiscard]] const unsigned char* der() const { return der_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    OwnedOpensslChars label_;
    OwnedOpensslChars header_;
    OwnedOpensslMemory der_;
    std::size_t size_;
};

/// Reads the blocks of a text one after the other.
class PemReader {
public:
    explicit PemReader(std::string_view text)
        : bio_(text.size() > max_pem_octets ? nullptr : BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}

    /// The next block whose label isn't `skipped`.
    std::optional<PemBlock> next(std::string_view skipped = {}) {
        char* label = nullptr;
        char* header = nullptr;
        unsigned char* der = nullptr;
        long size = 0;
        while (bio_ && PEM_read_bio(bio_.get(), &label, &header, &der, &size) == 1) {
            PemBlock block(label, header, der, static_cast<std::size_t>(size));  // the block frees all three
            if (block.label() != skipped) return block;
        }
        return std::nullopt;
    }
    [[nodiscard]] bool only_white_space_left() {
        const char* rest = nullptr;
        const long size = BIO_get_mem_data(bio_.get(), &rest);
        return std::string_view(rest, static_cast<std::size_t>(size)).find_first_not_of(" \t\r\n") ==
               std::string_view::npos;
    }

private:
    OwnedBio bio_;
};

Result<OwnedPkey> private_key_from_block(const PemBlock& block) {
    if (block.label() == "ENCRYPTED PRIVATE KEY" || block.has_header()) {
        return fail(KeyErrc::key_unreadable, "the private key is encrypted: only unencrypted keys can be read");
    }
    if (block.label() != "PRIVATE KEY" && block.label() != "RSA PRIVATE KEY" && block.label() != "EC PRIVATE KEY") {
        return fail(KeyErrc::key_unreadable, "the PEM block is no private key");
    }
    const unsigned char* cursor = block.der();
    OwnedPkey key(d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(block.size())));
    if (!key || cursor != block.der() + block.size()) {
        return fail(KeyErrc::key_unreadable, "not a private key: " + take_openssl_errors());
    }
    return key;
}

}  // namespace

Result<std::string> certificate_der_from_pem(std::string_view pem) {
    const CErrorScope quiet;
    PemReader reader(pem);
    const auto block = reader.next();
    if (!block || block->has_header() || (block->label() != "CERTIFICATE" && block->label() != "X509 CERTIFICATE")) {
        return fail(KeyErrc::certificate_unreadable, "no PEM block CERTIFICATE in front");
    }
    if (!reader.only_white_space_left()) {
        return fail(KeyErrc::certificate_unreadable, "something follows the certificate");
    }
    return std::string(reinterpret_cast<const char*>(block->der()), block->size());
}

Result<OwnedPkey> private_key_from_pem(std::string_view pem) {
    const CErrorScope quiet;
    PemReader reader(pem);
    const auto block = reader.next("EC PARAMETERS");  // `openssl ecparam -genkey` writes the curve in front of the key
    if (!block) return fail(KeyErrc::key_unreadable, "no PEM block in it");
    if (!reader.only_white_space_left()) return fail(KeyErrc::key_unreadable, "something follows the private key");
    return private_key_from_block(*block);
}

}  // namespace slo::saml
