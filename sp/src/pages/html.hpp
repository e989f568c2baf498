// HTML as our pages write it.
#pragma once

#include <string>
#include <string_view>

namespace slo::sp {

/// html_text escapes a text for element content and for attributes in double quotes: a browser reads exactly `text`
/// there. What isn't UTF-8, or HTML can't hold (controls but tab and line breaks), becomes U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace slo::sp
