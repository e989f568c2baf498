#include <openssl/rand.h>

#include <array>

#include "c_errors.hpp"
#include "digest.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/identifiers.hpp"

namespace slo::saml {

Result<MessageID> random_message_id() {
    const CErrorScope quiet;
    std::array<unsigned char, 20> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        return fail(KeyErrc::crypto_failure, "no random octets: " + take_openssl_errors());
    }
    return MessageID::parse("_" + to_hex({reinterpret_cast<const char*>(random.data()), random.size()}));
}

}  // namespace slo::saml
