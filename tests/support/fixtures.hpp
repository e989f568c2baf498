// Files of tests/fixtures.
#pragma once

#include <string>
#include <string_view>

namespace slo::test {

/// The absolute path of a file below tests/fixtures.
[[nodiscard]] std::string fixture_path(std::string_view file);

/// The octets of a file below tests/fixtures. Throws std::runtime_error where it can't be read.
[[nodiscard]] std::string fixture(std::string_view file);

/// The base64 lines of a PEM certificate below tests/fixtures, joined, as metadata carries them.
[[nodiscard]] std::string certificate_base64(std::string_view file);

/// The octets of any file. Throws std::runtime_error where it can't be read.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace slo::test
