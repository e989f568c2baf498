#include "reply.hpp"

#include <algorithm>

namespace slo::sp::redis {

std::string_view error_code(const Reply& reply) noexcept {
    constexpr std::size_t longest = 20;
    if (!reply.is_error()) return {};
    const std::string_view word = std::string_view(reply.text).substr(0, reply.text.find(' '));
    const bool is_code =
        word.size() <= longest && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
    return is_code ? word : std::string_view();
}

}  // namespace slo::sp::redis
