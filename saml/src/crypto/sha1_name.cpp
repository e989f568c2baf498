#include "slo/saml/sha1_name.hpp"

#include "c_errors.hpp"
#include "digest.hpp"

namespace slo::saml {

std::string sha1_name(std::string_view text) {
    const CErrorScope quiet;
    return to_hex(digest(DigestAlgorithm::sha1, text));
}

}  // namespace slo::saml
