#include "slo/saml/wipe.hpp"

#include <openssl/crypto.h>

namespace slo::saml {

void wipe(std::string& text) noexcept {
    text.resize(text.capacity());  // takes no memory
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

}  // namespace slo::saml
