#include "output.hpp"

#include <algorithm>
#include <cstdio>

namespace slo::tool {
namespace {

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return !is_printable(c); }, '?');
    return out;
}

std::string Table::str() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += printable(row[i]);
            if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

ExitCode print(std::string_view text, ExitCode code) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return code;
    return complain("can't write to the standard output; check where it goes", ExitCode::usage);
}

ExitCode complain(std::string_view text, ExitCode code) {
    std::fprintf(stderr, "saml-slo: %s\n", printable(text).c_str());
    return code;
}

}  // namespace slo::tool
