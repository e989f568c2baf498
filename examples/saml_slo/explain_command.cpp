#include "explain_command.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "rule_pages.hpp"

namespace slo::tool {
namespace {

constexpr std::size_t most_suggestions = 4;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        lines.push_back(line);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return lines;
}

/// A line without the marks of `code`, the only ones that a page has inside its lines.
std::string plain(std::string_view line) {
    std::string out(line);
    std::erase(out, '`');
    return out;
}

/// The paragraph below the page's title: its lines.
std::vector<std::string> meaning_of(const RulePage& page) {
    std::vector<std::string> meaning;
    for (const std::string_view line : lines_of(page.text)) {
        if (line.starts_with("# ")) continue;
        if (line.empty() && !meaning.empty()) break;
        if (!line.empty()) meaning.push_back(plain(line));
    }
    return meaning;
}

std::string in_one_line(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text.append(text.empty() ? "" : " ").append(line);
    return text;
}

/// Headings at the left margin, all else behind two blanks, and commands behind four.
std::string for_a_terminal(std::string_view page) {
    std::string out;
    bool is_command = false;
    for (const std::string_view line : lines_of(page)) {
        if (line.starts_with("```")) {
            is_command = !is_command;
        } else if (line.empty()) {
            out += "\n";
        } else if (is_command) {
            out.append("    ").append(line).append("\n");
        } else if (line.starts_with("#")) {
            out.append(plain(line.substr(line.find(' ') + 1))).append("\n");
        } else {
            out.append("  ").append(plain(line)).append("\n");
        }
    }
    return out;
}

/// How many characters must be inserted, removed or replaced to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({replaced, row[j + 1] + 1, row[j] + 1}));
        }
    }
    return row.back();
}

/// How far `rule` is from what was asked for. A part of the name is near, whatever is missing.
std::size_t distance_to(std::string_view rule, std::string_view asked) {
    if (!asked.empty() && rule.find(asked) != std::string_view::npos) return 0;
    const std::size_t dot = rule.find('.');
    const std::size_t without_stage =
        dot == std::string_view::npos ? rule.size() : distance(rule.substr(dot + 1), asked);
    return std::min(distance(rule, asked), without_stage);
}

std::string suggestions(std::string_view asked) {
    std::vector<std::pair<std::size_t, std::string_view>> near;
    for (const RulePage& page : rule_pages()) {
        const std::size_t distance = distance_to(page.rule, asked);
        if (distance <= std::max<std::size_t>(asked.size() / 3, 2)) near.emplace_back(distance, page.rule);
    }
    std::ranges::sort(near);
    if (near.empty()) return "saml-slo explain lists the rules";
    std::string text = "near it:";
    for (std::size_t i = 0; i < std::min(near.size(), most_suggestions); ++i) text.append(" ").append(near[i].second);
    return text;
}

}  // namespace

ExitCode explain_rule(std::string_view rule, Format format) {
    const auto pages = rule_pages();
    const auto page = std::ranges::find(pages, rule, &RulePage::rule);
    if (page == pages.end()) {
        return complain("no rule is called " + std::string(rule) + "; " + suggestions(rule), ExitCode::usage);
    }
    if (format == Format::table) return print(for_a_terminal(page->text), ExitCode::fine);
    JsonObject object;
    object.add("rule", page->rule).add("meaning", in_one_line(meaning_of(*page))).add("page", page->text);
    return print(object.str() + "\n", ExitCode::fine);
}

std::string meaning_of_rule(std::string_view rule) {
    const auto pages = rule_pages();
    const auto page = std::ranges::find(pages, rule, &RulePage::rule);
    return page == pages.end() ? "" : in_one_line(meaning_of(*page));
}

ExitCode list_rules(Format format) {
    std::string text;
    std::vector<std::string> objects;
    for (const RulePage& page : rule_pages()) {
        text.append(page.rule).append("\n");
        const std::vector<std::string> meaning = meaning_of(page);
        for (const std::string& line : meaning) text.append("  ").append(line).append("\n");
        objects.push_back(JsonObject().add("rule", page.rule).add("meaning", in_one_line(meaning)).str());
    }
    if (format == Format::table) return print(text, ExitCode::fine);
    return print(JsonObject().add_value("rules", json_array(objects)).str() + "\n", ExitCode::fine);
}

}  // namespace slo::tool
