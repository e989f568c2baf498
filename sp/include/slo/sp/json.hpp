// JSON as this library writes it: for audit lines, the local interface and the tool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slo::sp {

/// json_text writes a text as a JSON string in printable ASCII; invalid UTF-8 becomes U+FFFD. Ends after the character
/// that reaches `max_bytes` of `text`.
[[nodiscard]] std::string json_text(std::string_view text, std::size_t max_bytes = std::string_view::npos);

/// json_array writes an array of values that are JSON already.
[[nodiscard]] std::string json_array(const std::vector<std::string>& values);

/// JsonObject is written in the order in which it was filled.
class JsonObject {
public:
    JsonObject& add(std::string_view name, std::string_view text);
    JsonObject& add(std::string_view name, std::int64_t number);
    /// add_value takes a `value` that is JSON already.
    JsonObject& add_value(std::string_view name, std::string_view value);
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

}  // namespace slo::sp
