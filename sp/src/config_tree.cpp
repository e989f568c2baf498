#include "config_tree.hpp"

#include <toml++/toml.h>

#include "slo/sp/error.hpp"

namespace slo::sp {
namespace {

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

}  // namespace

Result<ConfigMap> parse_toml(const std::string& text, const std::string& file) {
    try {
        return copy_table(toml::parse(text, file));
    } catch (const toml::parse_error& error) {
        return fail(Errc::configuration_invalid, file + ":" + std::to_string(error.source().begin.line) +
                                                     ": not TOML: " + std::string(error.description()) +
                                                     "; see https://toml.io for the syntax");
    }
}

}  // namespace slo::sp
