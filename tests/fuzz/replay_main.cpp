// Runs a fuzz target over every file below the given folders, and over each file cut and flipped at every 7th octet:
// what a fuzzer found once stays found, without a fuzzer.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz.hpp"

namespace {

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::size_t run_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    run(input);
    std::size_t runs = 1;
    for (std::size_t at = 0; at < input.size(); at += 7) {
        std::string changed = input;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        run(changed);
        run(input.substr(0, at));
        runs += 2;
    }
    return runs;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t runs = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
            if (entry.is_regular_file()) runs += run_file(entry.path());
        }
    }
    std::printf("%zu inputs\n", runs);
    return runs == 0 ? 1 : 0;
}
