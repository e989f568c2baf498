// The checks of both XML readers on octets before libxml2 sees them.
#pragma once

#include <string_view>

namespace slo::saml::xml {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// equal_ignoring_case is for ASCII letters alone.
[[nodiscard]] bool equal_ignoring_case(std::string_view text, std::string_view lower_case) noexcept;

/// declares_another_encoding says whether an XML declaration names another encoding than UTF-8 (it is forced, and
/// libxml2 then follows us rather than the document).
[[nodiscard]] bool declares_another_encoding(std::string_view octets) noexcept;

/// canonicalises: a relative namespace name makes libxml2's canonicalisation fail, and '&' in one makes it wrong.
[[nodiscard]] bool canonicalises(std::string_view namespace_uri) noexcept;

}  // namespace slo::saml::xml
