// Runs a fuzz target over every file below the given folders, over each file cut and flipped at up to thirty places,
// and, where the input has a structure, over thirty changes of that: what a fuzzer found once stays found, without a
// fuzzer.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.hpp"

namespace {

constexpr std::size_t changes = 30;

std::size_t runs = 0;

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++runs;
}

std::vector<std::string> read_all(int count, char** folders) {
    std::vector<std::filesystem::path> paths;
    for (int i = 0; i < count; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folders[i])) {
            if (entry.is_regular_file()) paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);  // the order of a folder isn't the same everywhere
    std::vector<std::string> inputs;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

void run_with_changes(const std::string& input, [[maybe_unused]] const std::string& other) {
    run(input);
    for (std::size_t at = 0; at < input.size(); at += input.size() / changes + 1) {
        std::string changed = input;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        run(changed);
        run(input.substr(0, at));
    }
#ifdef SLO_FUZZ_STRUCTURE
    for (std::uint32_t seed = 0; seed < changes; ++seed) run(slo::fuzz::mutate(input, other, seed));
#endif
}

}  // namespace

int main(int argc, char** argv) {
    const auto inputs = read_all(argc - 1, argv + 1);
    for (std::size_t i = 0; i < inputs.size(); ++i) run_with_changes(inputs[i], inputs[(i * 7 + 1) % inputs.size()]);
    std::printf("%zu inputs\n", runs);
    return runs == 0 ? 1 : 0;
}
