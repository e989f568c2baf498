// Safe display of a partner's text on an operator's terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slo::metadata {

/// quoted writes `text` in double quotes. Printable ASCII is unchanged; everything else, a quote and a backslash
/// become \xHH, so nothing moves a cursor, changes a colour or reads from right to left. After `max_octets` octets it
/// is cut short, and three dots follow the quote. Call it metadata::quoted: where <iomanip> is known, which a standard
/// header may include, a std::string leads to std::quoted as well.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t max_octets = 120);

}  // namespace slo::metadata
