#include "digest.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>

namespace slo::saml {
namespace {

const EVP_MD* md_of(DigestAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case DigestAlgorithm::sha256:
            return EVP_sha256();
        case DigestAlgorithm::sha384:
            return EVP_sha384();
        case DigestAlgorithm::sha512:
            return EVP_sha512();
        case DigestAlgorithm::sha1:
            return EVP_sha1();
    }
    return nullptr;
}

}  // namespace

std::string digest(DigestAlgorithm algorithm, std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    if (EVP_Digest(octets.data(), octets.size(), value.data(), &size, md_of(algorithm), nullptr) != 1) {
        ERR_clear_error();
        return {};
    }
    return std::string(reinterpret_cast<const char*>(value.data()), size);
}

}  // namespace slo::saml
