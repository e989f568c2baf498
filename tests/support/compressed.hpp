// Octets in gzip's container, for readers that must not look into it.
#pragma once

#include <string>

namespace slo::test {

/// RFC 1951: one block, stored as it is. At most 65,535 octets.
[[nodiscard]] std::string deflated(const std::string& octets);
/// RFC 1952 around it.
[[nodiscard]] std::string gzipped(const std::string& octets);

}  // namespace slo::test
