// A TOML file as plain values. Only config_tree.cpp uses the TOML library.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "slo/saml/result.hpp"

namespace slo::sp {

struct ConfigEntry;
struct ConfigValue;
using ConfigArray = std::vector<ConfigValue>;
using ConfigMap = std::vector<ConfigEntry>;

/// ConfigValue is one value and its line, counted from 1.
struct ConfigValue {
    struct Unsupported {};  ///< a date or a float: no key of ours takes one
    std::variant<Unsupported, bool, std::int64_t, std::string, ConfigArray, ConfigMap> value;
    unsigned line = 0;
};

struct ConfigEntry {
    std::string key;
    unsigned line = 0;
    ConfigValue value;
};

/// parse_toml reads `text`. Errors: ConfigurationErrc::configuration_invalid; `detail` is one line and starts with
/// `file` and the line.
[[nodiscard]] Result<ConfigMap> parse_toml(const std::string& text, const std::string& file);

}  // namespace slo::sp
