// Whatever decodes is, but for white space, the one text that its octets encode to; and every octet string comes back.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "slo/saml/base64.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slo;
    const std::string_view input = fuzz::view(data, size);
    fuzz::require(saml::decode_base64(saml::encode_base64(input), size).value() == input);

    const auto octets = saml::decode_base64(input, size);
    if (!octets) return 0;
    std::string text(input);
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    fuzz::require(saml::encode_base64(*octets) == text);
    return 0;
}
