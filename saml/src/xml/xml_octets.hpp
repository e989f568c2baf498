// What both XML readers ask of octets before libxml2 sees them.
#pragma once

#include <string_view>

namespace slo::saml::xml {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// ASCII letters alone.
[[nodiscard]] bool equal_ignoring_case(std::string_view text, std::string_view lower_case) noexcept;

/// Whether an XML declaration in front says another encoding than we read (we force UTF-8, and libxml2 then believes us
/// rather than the document).
[[nodiscard]] bool declares_another_encoding(std::string_view octets) noexcept;

/// A relative namespace name makes libxml2's canonicalisation fail, and '&' in one makes it wrong.
[[nodiscard]] bool canonicalises(std::string_view namespace_uri) noexcept;

}  // namespace slo::saml::xml
