#include "digest.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <new>

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

std::string sha256_hex(std::string_view octets) {
    const std::string value = digest(DigestAlgorithm::sha256, octets);
    if (value.empty()) throw std::bad_alloc();
    return to_hex(value);
}

DigestStream::DigestStream(DigestAlgorithm algorithm) noexcept : context_(EVP_MD_CTX_new()) {
    if (context_ && EVP_DigestInit_ex(context_.get(), md_of(algorithm), nullptr) != 1) context_.reset();
}

void DigestStream::add(std::string_view octets) noexcept {
    if (context_ && EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) != 1) context_.reset();
}

std::string DigestStream::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    if (!context_ || EVP_DigestFinal_ex(context_.get(), value.data(), &size) != 1) {
        ERR_clear_error();
        return {};
    }
    return std::string(reinterpret_cast<const char*>(value.data()), size);
}

std::string to_hex(std::string_view octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const char c : octets) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

}  // namespace slo::saml
