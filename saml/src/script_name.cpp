#include "slo/saml/script_name.hpp"

#include "c_errors.hpp"
#include "digest.hpp"

namespace slo::saml {

std::string script_name(std::string_view source) {
    const CErrorScope quiet;
    return to_hex(digest(DigestAlgorithm::sha1, source));
}

}  // namespace slo::saml
