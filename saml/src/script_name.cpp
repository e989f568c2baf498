#include "slo/saml/script_name.hpp"

#include <array>

#include "c_errors.hpp"
#include "owned.hpp"

namespace slo::saml {

std::string script_name(std::string_view source) {
    constexpr std::string_view digits = "0123456789abcdef";
    const CErrorScope quiet;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(source.data(), source.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += digits[digest[i] >> 4U];
        hex += digits[digest[i] & 0xFU];
    }
    return hex;
}

}  // namespace slo::saml
