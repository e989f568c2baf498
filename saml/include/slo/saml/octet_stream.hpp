// Documents that are too large for a tree: the source of their octets, and the limits for one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// OctetSource fills the front of `buffer` and returns how many octets it put there; 0 is the end. Its errors end the
/// reading and are returned as they are.
using OctetSource = std::function<Result<std::size_t>(std::span<char> buffer)>;

/// source_of reads `octets`, which must outlive it.
[[nodiscard]] OctetSource source_of(std::string_view octets);

/// StreamLimits bounds one document. The defaults are for the metadata of a federation (attack matrix MET-09).
struct StreamLimits {
    std::uint64_t octets = 16 * 1024 * 1024;
    std::uint64_t elements = 50'000'000;
    int depth = 32;
    int attributes_per_element = 32;
    int namespaces_per_element = 64;
    std::size_t tag_octets = 64 * 1024;     ///< one start tag: libxml2 2.9.14 compares its attributes in O(n^2)
    std::size_t kept_octets = 1024 * 1024;  ///< one element that the visitor keeps
};

}  // namespace slo::saml
