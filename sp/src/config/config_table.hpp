// Typed reading of configuration tables: every refusal names the place, the fault, and the remedy.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config_tree.hpp"

namespace slo::sp {

/// Place is that of a value. A line of 0 means the file as a whole.
struct Place {
    std::string file;
    unsigned line = 0;
};

/// ConfigurationError never leaves load_configuration(): reading stops at the first mistake, from however deep.
struct ConfigurationError {
    std::string text;  ///< one line
};

/// refuse throws ConfigurationError with "file:line: fault; remedy".
[[noreturn]] void refuse(const Place& place, std::string_view what, std::string_view mend);

/// shown puts an operator's value into quotes and one line: controls become '?', text over 100 bytes is cut.
[[nodiscard]] std::string shown(std::string_view value);

template <class T>
struct Placed {
    T value;
    Place place;
};

template <class T>
struct Range {
    T least;
    T most;
};

/// KnownKeys are the keys that a table may have.
using KnownKeys = std::span<const std::string_view>;

/// ConfigTable is one table with the keys that it may have. It borrows from the ConfigMap.
class ConfigTable {
public:
    /// Refuses any key that isn't in `known`, and names the nearest that is. `name` is as in the file, e.g.
    /// "[server.tls]".
    ConfigTable(const ConfigMap& entries, Place place, std::string name, KnownKeys known);

    [[nodiscard]] std::optional<Placed<std::string>> text(std::string_view key) const;
    /// required_text: `example` shows in the refusal what to write.
    [[nodiscard]] Placed<std::string> required_text(std::string_view key, std::string_view example) const;
    /// texts reads a string, or a list of strings; empty if absent.
    [[nodiscard]] std::vector<Placed<std::string>> texts(std::string_view key) const;
    [[nodiscard]] std::optional<Placed<bool>> flag(std::string_view key) const;
    [[nodiscard]] bool is_on(std::string_view key) const;
    [[nodiscard]] std::size_t number(std::string_view key, std::size_t fallback, Range<std::size_t> range) const;
    /// duration reads digits and a unit: "1500ms", "180s", "5m", "1h", "30d".
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                                    Range<std::chrono::milliseconds> range) const;
    /// seconds does so in whole seconds, rounded down; `fallback` if absent.
    [[nodiscard]] std::chrono::seconds seconds(std::string_view key, std::chrono::seconds fallback,
                                               Range<std::chrono::milliseconds> range) const {
        return std::chrono::duration_cast<std::chrono::seconds>(duration(key, range).value_or(fallback));
    }
    /// word reads one of `words`; the first of them if absent.
    [[nodiscard]] std::string word(std::string_view key, std::span<const std::string_view> words) const;
    /// One of `choices`.
    template <class E>
    [[nodiscard]] E choice(std::string_view key, E fallback,
                           std::initializer_list<std::pair<std::string_view, E>> choices) const;

    /// table reads a table inside; empty if absent.
    [[nodiscard]] ConfigTable table(std::string_view key, KnownKeys known) const;
    /// tables reads the tables of one [[name]].
    [[nodiscard]] std::vector<ConfigTable> tables(std::string_view key, KnownKeys known) const;

    [[nodiscard]] const Place& place() const noexcept { return place_; }
    [[nodiscard]] bool has(std::string_view key) const noexcept { return entry(key) != nullptr; }
    [[nodiscard]] Place place_of(std::string_view key) const;

private:
    [[nodiscard]] const ConfigEntry* entry(std::string_view key) const noexcept;
    [[nodiscard]] Place at(unsigned line) const { return {place_.file, line}; }
    [[nodiscard]] std::string inner_name(std::string_view key) const;
    void refuse_unknown_keys(KnownKeys known) const;
    [[noreturn]] static void refuse_choice(const Placed<std::string>& value, std::string_view key,
                                           std::string_view all);

    const ConfigMap* entries_;
    Place place_;
    std::string name_;
};

template <class E>
E ConfigTable::choice(std::string_view key, E fallback,
                      std::initializer_list<std::pair<std::string_view, E>> choices) const {
    const auto value = text(key);
    if (!value) return fallback;
    std::string all;
    for (const auto& [word, meaning] : choices) {
        if (word == value->value) return meaning;
        all += (all.empty() ? "\"" : ", \"") + std::string(word) + "\"";
    }
    refuse_choice(*value, key, all);
}

}  // namespace slo::sp
