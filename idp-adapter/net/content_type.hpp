// The Content-Type field (RFC 9110, 8.3.1), one grammar for requests, replies and settings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slo::idp_adapter {

/// ContentType is a media type with the value of every charset parameter; other parameters are ignored.
struct ContentType {
    std::string media_type;             ///< lower case, e.g. "text/xml"
    std::vector<std::string> charsets;  ///< lower case, without quotes

    /// parse returns std::nullopt if `field` isn't `type/subtype *( ; name=value )`.
    [[nodiscard]] static std::optional<ContentType> parse(std::string_view field);

    /// is_utf8 is also true if no charset is given: the document says for itself (RFC 7303 section 3).
    [[nodiscard]] bool is_utf8() const noexcept;
};

inline constexpr std::string_view form_media_type = "application/x-www-form-urlencoded";

/// reads_as_utf8 tells whether a form of this type means in UTF-8 what its sender meant: its charset is UTF-8, or one
/// that has ASCII at the same places, and neither the body nor what is percent-encoded in it is beyond ASCII.
[[nodiscard]] bool reads_as_utf8(const ContentType& type, std::string_view form) noexcept;

/// media_type_in reads the media type alone, whatever its parameters are: for a body that is proven by a signature,
/// whose label only tells its purpose. Empty if there is none.
[[nodiscard]] std::string media_type_in(std::string_view field);

}  // namespace slo::idp_adapter
