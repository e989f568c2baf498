// A certificate says to us what it says to OpenSSL: readable or not, the same dates, the same key, the same policy.
#include "certificate_judge.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slo;
    constexpr std::size_t longest = 8 * 1024;
    if (size <= longest) fuzz::require(saml::test::difference(fuzz::view(data, size)).empty());
    return 0;
}
