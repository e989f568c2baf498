// The checks of both XML readers on octets before libxml2 sees them.
#pragma once

#include <cstdint>
#include <string_view>

#include "slo/saml/xml.hpp"

namespace slo::saml::xml {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// equal_ignoring_case is for ASCII letters alone.
[[nodiscard]] bool equal_ignoring_case(std::string_view text, std::string_view lower_case) noexcept;

/// declares_another_encoding says whether an XML declaration names another encoding than UTF-8 (it is forced, and
/// libxml2 then follows us rather than the document).
[[nodiscard]] bool declares_another_encoding(std::string_view octets) noexcept;

/// line_of_tag is the line where the start tag begins that `octets` end in, on `line`. No value has a '<' in it.
[[nodiscard]] std::uint64_t line_of_tag(std::string_view octets, std::uint64_t line) noexcept;

/// is_schema_hint says whether it is xsi:schemaLocation or xsi:noNamespaceSchemaLocation: hints for validators, which
/// may stand on any element (XML Schema part 1, 2.6.3). They are neither read nor followed here.
[[nodiscard]] bool is_schema_hint(const Name& attribute) noexcept;

/// canonicalises: a relative namespace name makes libxml2's canonicalisation fail, and '&' in one makes it wrong.
[[nodiscard]] bool canonicalises(std::string_view namespace_uri) noexcept;

}  // namespace slo::saml::xml
