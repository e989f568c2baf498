#include "fixtures.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace slo::test {

std::string fixture_path(std::string_view file) {
    return std::string(SLO_FIXTURES "/") + std::string(file);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string fixture(std::string_view file) {
    return read_file(fixture_path(file));
}

std::string certificate_base64(std::string_view file) {
    std::istringstream pem(fixture(file));
    std::string joined;
    for (std::string line; std::getline(pem, line);) {
        if (!line.starts_with("-----")) joined += line;
    }
    return joined;
}

}  // namespace slo::test
