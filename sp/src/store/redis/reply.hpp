// One value of RESP2, the Redis protocol, and what its errors mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slo::sp::redis {

struct Reply {
    enum class Kind { nil, integer, text, status, error, array };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text = {};  ///< of text, status and error
    std::vector<Reply> elements = {};

    [[nodiscard]] bool is_error() const noexcept { return kind == Kind::error; }
};

/// error_code returns the code at the beginning of an error: at most 20 capital letters, or empty. No other text of a
/// server may be in a Failure's detail.
[[nodiscard]] std::string_view error_code(const Reply& reply) noexcept;

}  // namespace slo::sp::redis
