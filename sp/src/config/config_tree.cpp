#include "config_tree.hpp"

#include <toml++/toml.h>

#include <algorithm>

#include "slo/sp/configuration_error.hpp"

namespace slo::sp {
namespace {

// toml++ and copy_table recurse for each part of a dotted key, and a key is on one line: this bounds their stack.
constexpr std::size_t max_line_octets = 4096;

ConfigMap copy_table(const toml::table& table);

ConfigValue copy_value(const toml::node& node) {
    ConfigValue copy;
    copy.line = node.source().begin.line;
    if (const auto* text = node.as_string()) {
        copy.value = text->get();
    } else if (const auto* number = node.as_integer()) {
        copy.value = number->get();
    } else if (const auto* flag = node.as_boolean()) {
        copy.value = flag->get();
    } else if (const auto* table = node.as_table()) {
        copy.value = copy_table(*table);
    } else if (const auto* array = node.as_array()) {
        ConfigArray elements;
        for (const toml::node& element : *array) elements.push_back(copy_value(element));
        copy.value = std::move(elements);
    }
    return copy;
}

ConfigMap copy_table(const toml::table& table) {
    ConfigMap copy;
    for (const auto& [key, node] : table) {
        copy.push_back({std::string(key.str()), key.source().begin.line, copy_value(node)});
    }
    return copy;
}

/// The first line over max_line_octets, counted from 1; 0 where there is none.
unsigned find_long_line(std::string_view text) {
    for (unsigned line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > max_line_octets) return line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return 0;
}

/// toml++ quotes what it stumbled over, line ends included.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return line;
}

}  // namespace

Result<ConfigMap> parse_toml(const std::string& text, const std::string& file) {
    if (const unsigned line = find_long_line(text)) {
        return fail(ConfigurationErrc::configuration_invalid,
                    file + ":" + std::to_string(line) + ": a line of more than " + std::to_string(max_line_octets) +
                        " bytes; break it up");
    }
    try {
        return copy_table(toml::parse(text, file));
    } catch (const toml::parse_error& error) {
        return fail(ConfigurationErrc::configuration_invalid, file + ":" + std::to_string(error.source().begin.line) +
                                                                  ": not TOML: " + one_line(error.description()) +
                                                                  "; see https://toml.io for the syntax");
    }
}

}  // namespace slo::sp
