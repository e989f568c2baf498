#include "config_table.hpp"

#include <charconv>
#include <numeric>

namespace slo::sp {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
        }
    }
    return row.back();
}

/// The remedy for an unknown key: the likeliest intended one, or all known ones.
std::string nearest(std::string_view key, KnownKeys known) {
    std::string all;
    std::string_view best;
    std::size_t best_distance = key.size() / 3 + 2;
    for (const std::string_view candidate : known) {
        const std::size_t distance = candidate.ends_with(key) ? 1 : edit_distance(key, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
        all += (all.empty() ? "" : ", ") + std::string(candidate);
    }
    if (!best.empty()) return "did you mean " + shown(best) + "?";
    return "known here: " + all;
}

std::optional<std::chrono::milliseconds> unit(std::string_view name) {
    using namespace std::chrono_literals;
    constexpr std::pair<std::string_view, std::chrono::milliseconds> units[] = {
        {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}};
    for (const auto& [word, length] : units) {
        if (word == name) return length;
    }
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    const auto length = unit(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!length) return std::nullopt;
    return *length * std::int64_t{count};
}

std::string show(std::chrono::milliseconds time) {
    using namespace std::chrono_literals;
    if (time % 24h == 0ms && time >= 24h) return std::to_string(time / 24h) + "d";
    if (time % 1s == 0ms) return std::to_string(time / 1s) + "s";
    return std::to_string(time.count()) + "ms";
}

}  // namespace

void refuse(const Place& place, std::string_view what, std::string_view mend) {
    std::string text = place.file + ":";
    if (place.line != 0) text += std::to_string(place.line) + ":";
    text += " ";
    text += what;
    text += "; ";
    text += mend;
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    throw ConfigurationError{std::move(text)};
}

std::string shown(std::string_view value) {
    constexpr std::size_t most = 100;
    std::string text = "\"";
    for (const char c : value.substr(0, most)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text + (value.size() > most ? "...\"" : "\"");
}

ConfigTable::ConfigTable(const ConfigMap& entries, Place place, std::string name, KnownKeys known)
    : entries_(&entries), place_(std::move(place)), name_(std::move(name)) {
    refuse_unknown_keys(known);
}

void ConfigTable::refuse_unknown_keys(KnownKeys known) const {
    const ConfigEntry* first = nullptr;  // in the file: the map is in the order of its keys
    for (const ConfigEntry& entry : *entries_) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        if (first == nullptr || entry.line < first->line) first = &entry;
    }
    if (first == nullptr) return;
    refuse(at(first->line), "unknown key " + shown(first->key) + " in " + name_, nearest(first->key, known));
}

const ConfigEntry* ConfigTable::entry(std::string_view key) const noexcept {
    const auto found = std::find_if(entries_->begin(), entries_->end(), [&](const auto& e) { return e.key == key; });
    return found == entries_->end() ? nullptr : &*found;
}

Place ConfigTable::place_of(std::string_view key) const {
    const ConfigEntry* found = entry(key);
    return found == nullptr ? place_ : at(found->line);
}

std::string ConfigTable::inner_name(std::string_view key) const {
    const auto begin = name_.find_first_not_of('[');  // [[idp]] is one of a list
    const bool at_the_top = begin == std::string::npos || begin == 0;
    return "[" + (at_the_top ? "" : name_.substr(begin, name_.size() - 2 * begin) + ".") + std::string(key) + "]";
}

std::optional<Placed<std::string>> ConfigTable::text(std::string_view key) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return std::nullopt;
    const auto* text = std::get_if<std::string>(&found->value.value);
    if (text == nullptr) {
        refuse(at(found->line), std::string(key) + " isn't a text",
               "write it in quotes: " + std::string(key) + " = \"...\"");
    }
    if (text->empty()) refuse(at(found->line), std::string(key) + " is empty", "give it a value, or remove the line");
    return Placed<std::string>{*text, at(found->line)};
}

Placed<std::string> ConfigTable::required_text(std::string_view key, std::string_view example) const {
    auto value = text(key);
    if (!value) {
        refuse(place_, name_ + " lacks " + std::string(key),
               "add a line like " + std::string(key) + " = \"" + std::string(example) + "\" to it");
    }
    return *std::move(value);
}

std::vector<Placed<std::string>> ConfigTable::texts(std::string_view key) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return {};
    const auto* list = std::get_if<ConfigArray>(&found->value.value);
    if (list == nullptr) return {*text(key)};
    std::vector<Placed<std::string>> values;
    for (const ConfigValue& element : *list) {
        const auto* text = std::get_if<std::string>(&element.value);
        if (text == nullptr || text->empty()) {
            refuse(at(element.line), std::string(key) + " holds something that isn't a text",
                   "write a list of texts: " + std::string(key) + " = [\"...\", \"...\"]");
        }
        values.push_back({*text, at(element.line)});
    }
    return values;
}

std::optional<Placed<bool>> ConfigTable::flag(std::string_view key) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return std::nullopt;
    const bool* flag = std::get_if<bool>(&found->value.value);
    if (flag == nullptr) {
        refuse(at(found->line), std::string(key) + " is neither true nor false",
               "write " + std::string(key) + " = true or = false, without quotes");
    }
    return Placed<bool>{*flag, at(found->line)};
}

bool ConfigTable::is_on(std::string_view key) const {
    const auto value = flag(key);
    return value && value->value;
}

std::size_t ConfigTable::number(std::string_view key, std::size_t fallback, Range<std::size_t> range) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return fallback;
    const auto* number = std::get_if<std::int64_t>(&found->value.value);
    const bool fits = number != nullptr && *number >= 0 && static_cast<std::uint64_t>(*number) >= range.least &&
                      static_cast<std::uint64_t>(*number) <= range.most;
    if (!fits) {
        refuse(at(found->line), std::string(key) + " is out of range",
               "write a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most));
    }
    return static_cast<std::size_t>(*number);
}

std::optional<std::chrono::milliseconds> ConfigTable::duration(std::string_view key,
                                                               Range<std::chrono::milliseconds> range) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return std::nullopt;
    const auto* text = std::get_if<std::string>(&found->value.value);
    const auto time = text == nullptr ? std::nullopt : parse_duration(*text);
    if (!time || *time < range.least || *time > range.most) {
        refuse(at(found->line), std::string(key) + (time ? " is out of range" : " isn't a time with its unit"),
               "write " + show(range.least) + " to " + show(range.most) +
                   " in quotes (ms, s, m, h or d): " + std::string(key) + " = \"" +
                   show(std::clamp(std::chrono::milliseconds(60'000), range.least, range.most)) + "\"");
    }
    return time;
}

std::string ConfigTable::word(std::string_view key, std::span<const std::string_view> words) const {
    auto value = text(key);
    if (!value) return std::string(words.front());
    std::string all;
    for (const std::string_view word : words) {
        if (word == value->value) return std::move(value->value);
        all += (all.empty() ? "\"" : ", \"") + std::string(word) + "\"";
    }
    refuse_choice(*value, key, all);
}

void ConfigTable::refuse_choice(const Placed<std::string>& value, std::string_view key, std::string_view all) {
    refuse(value.place, std::string(key) + " can't be " + shown(value.value), "write one of " + std::string(all));
}

ConfigTable ConfigTable::table(std::string_view key, KnownKeys known) const {
    static const ConfigMap nothing;
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return {nothing, place_, inner_name(key), known};
    const auto* map = std::get_if<ConfigMap>(&found->value.value);
    if (map == nullptr) {
        refuse(at(found->line), std::string(key) + " isn't a table", "write its keys below a line " + inner_name(key));
    }
    return {*map, at(found->value.line), inner_name(key), known};
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key, KnownKeys known) const {
    const ConfigEntry* found = entry(key);
    if (found == nullptr) return {};
    const std::string mend = "write its keys below a line [" + inner_name(key) + "], once for each";
    const auto* list = std::get_if<ConfigArray>(&found->value.value);
    if (list == nullptr) refuse(at(found->line), std::string(key) + " isn't a list of tables", mend);
    std::vector<ConfigTable> all;
    for (const ConfigValue& element : *list) {
        const auto* map = std::get_if<ConfigMap>(&element.value);
        if (map == nullptr) refuse(at(element.line), std::string(key) + " isn't a list of tables", mend);
        all.emplace_back(*map, at(element.line), "[" + inner_name(key) + "]", known);
    }
    return all;
}

}  // namespace slo::sp
