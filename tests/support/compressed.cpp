#include "compressed.hpp"

#include <cstdint>
#include <string_view>

namespace slo::test {
namespace {

std::uint32_t crc32(std::string_view octets) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : octets) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

std::string little_endian(std::uint32_t value, int octets) {
    std::string text;
    for (int i = 0; i < octets; ++i) text += static_cast<char>(value >> (8U * static_cast<unsigned>(i)) & 0xFFU);
    return text;
}

}  // namespace

std::string deflated(const std::string& octets) {
    const auto size = static_cast<std::uint32_t>(octets.size());
    return "\x01" + little_endian(size, 2) + little_endian(~size, 2) + octets;
}

std::string gzipped(const std::string& octets) {
    return std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10) + deflated(octets) + little_endian(crc32(octets), 4) +
           little_endian(static_cast<std::uint32_t>(octets.size()), 4);
}

}  // namespace slo::test
