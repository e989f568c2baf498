// JSON as we write it: for audit lines, the local interface and the tool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slo::sp {

/// A text as a JSON string in printable ASCII; what isn't UTF-8 becomes U+FFFD. Ends after the character that reaches
/// `max_bytes` of `text`.
[[nodiscard]] std::string json_text(std::string_view text, std::size_t max_bytes = std::string_view::npos);

/// A JSON array of values that are JSON.
[[nodiscard]] std::string json_array(const std::vector<std::string>& values);

/// JsonObject is written in the order in which it was filled.
class JsonObject {
public:
    JsonObject& add(std::string_view name, std::string_view text);
    JsonObject& add(std::string_view name, std::int64_t number);
    /// `value` is JSON.
    JsonObject& add_value(std::string_view name, std::string_view value);
    [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

}  // namespace slo::sp
