// The octets that a signature over a message covers, found by libxml2 alone.
#pragma once

#include <string>
#include <string_view>

namespace slo::fuzz {

/// canonical_message returns the only child element of a SOAP Body in exclusive canonical form, without its child
/// ds:Signature. Throws std::runtime_error where the octets aren't that.
[[nodiscard]] std::string canonical_message(std::string_view envelope);

/// canonical_response is the same of a whole document.
[[nodiscard]] std::string canonical_response(std::string_view response);
/// canonical_assertion is the same of the first Assertion among the root's children; empty if there is none.
[[nodiscard]] std::string canonical_assertion(std::string_view response);

}  // namespace slo::fuzz
