// Any octets are refused or become a message; a LogoutRequest that only claims to be one is never more than that.
#include "fuzz.hpp"
#include "slo/saml/soap.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slo;
    auto message = saml::soap::decode(fuzz::view(data, size));
    if (!message) return 0;
    const auto claimed_id = message->claimed_id();
    const auto request = saml::UnverifiedLogoutRequest::parse(*message);
    if (request) fuzz::require(claimed_id == request->claimed_id());
    return 0;
}
