// The common part of all fuzz targets. A broken property ends the process: that is how a fuzzer learns of it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace slo::fuzz {

inline void require(bool property, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (property) return;
    std::fprintf(stderr, "not so: %s:%d\n", file, line);
    std::abort();
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// mutate makes one to four changes in `input` by its structure, some of them with a part of `other` (which may be
/// `input` itself). A target links xml_mutator.cpp, line_mutator.cpp or none. The same arguments give the same result.
[[nodiscard]] std::string mutate(std::string_view input, std::string_view other, std::uint32_t seed);

}  // namespace slo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
