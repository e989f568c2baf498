// Every instant that parses is written so that it parses to itself.
#include "fuzz.hpp"
#include "slo/saml/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slo;
    const auto instant = saml::parse_instant(fuzz::view(data, size));
    if (!instant) return 0;
    const auto again = saml::parse_instant(saml::format_instant(*instant));
    // 24:00:00 of 9999-12-31 is a five-digit year, which can't be written.
    fuzz::require(again ? *again == *instant : *instant >= saml::parse_instant("9999-12-31T23:59:59Z").value());
    return 0;
}
