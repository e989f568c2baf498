// libFuzzer's hooks, for the targets whose input has a structure: three quarters of the changes follow it.
#include <cstring>

#include "fuzz.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

/// 0 where `octets` don't fit.
std::size_t copy(const std::string& octets, std::uint8_t* to, std::size_t max_size) {
    if (octets.size() > max_size) return 0;
    std::memcpy(to, octets.data(), octets.size());
    return octets.size();
}

}  // namespace

// The names and signatures are libFuzzer's.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
    if (seed % 4 != 0) {
        const auto input = slo::fuzz::view(data, size);
        if (const auto changed = copy(slo::fuzz::mutate(input, input, seed), data, max_size)) return changed;
    }
    return LLVMFuzzerMutate(data, size, max_size);
}

// NOLINTNEXTLINE(readability-function-size): libFuzzer's signature
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data1, std::size_t size1,
                                                 const std::uint8_t* data2, std::size_t size2, std::uint8_t* out,
                                                 std::size_t max_out_size, unsigned int seed) {
    using slo::fuzz::view;
    return copy(slo::fuzz::mutate(view(data1, size1), view(data2, size2), seed), out, max_out_size);
}
