// The HTTP Content-Type field, as far as SOAP needs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slo::sp {

/// ContentType is a media type with the value of every charset parameter; other parameters mean nothing here.
struct ContentType {
    std::string media_type;             ///< lower case, e.g. "text/xml"
    std::vector<std::string> charsets;  ///< lower case, without quotes

    /// Nothing where `field` isn't `type/subtype *( ; name=value )` (RFC 9110 section 8.3.1).
    [[nodiscard]] static std::optional<ContentType> parse(std::string_view field);

    /// True too where no charset is given: the document says for itself (RFC 7303 section 3).
    [[nodiscard]] bool is_utf8() const noexcept;
};

/// ASCII only, whatever the locale.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace slo::sp
