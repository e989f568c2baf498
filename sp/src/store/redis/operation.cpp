#include "operation.hpp"

#include <string_view>
#include <vector>

#include "codec.hpp"

namespace slo::sp::redis {

std::size_t append_operation(std::string& octets, const Operation& operation) {
    std::size_t count = 1;
    if (operation.redirection && operation.redirection->asking) {
        append_command(octets, {"ASKING"});
        ++count;
    }
    const Request& request = operation.request;
    std::vector<std::string_view> words;
    words.reserve(request.words.size() + 3);
    const std::string key_count = std::to_string(request.key_count);
    if (request.script != nullptr) {
        const bool by_source = operation.source_wanted || request.script->sha1.empty();
        words.emplace_back(by_source ? "EVAL" : "EVALSHA");
        words.emplace_back(by_source ? request.script->source : std::string_view(request.script->sha1));
        words.emplace_back(key_count);
    }
    words.insert(words.end(), request.words.begin(), request.words.end());
    append_command(octets, words);
    return count;
}

}  // namespace slo::sp::redis
