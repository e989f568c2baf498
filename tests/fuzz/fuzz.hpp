// What every fuzz target shares. A broken property ends the process: that is how a fuzzer learns of it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace slo::fuzz {

inline void require(bool property) {
    if (!property) std::abort();
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace slo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
