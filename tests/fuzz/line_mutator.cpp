// Changes texts of lines (HTTP requests, TOML): lines copied, moved, dropped, swapped, taken from another text, or
// ended in another way; numbers, letter case and white space.
#include <algorithm>
#include <vector>

#include "fuzz.hpp"
#include "random.hpp"

namespace slo::fuzz {
namespace {

constexpr std::size_t max_octets = 256 * 1024;
using Lines = std::vector<std::string>;

/// Each line with its end.
Lines split(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    if (lines.empty()) lines.emplace_back();
    return lines;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void change_number(std::string& line, Random& random) {
    static constexpr std::string_view numbers[] = {"0",  "1", "-1",  "+1", "00",   "1 1",   "0x10",
                                                   "10", "5", "100", "1e", "4096", "65536", "99999999999999999999"};
    const auto first = std::find_if(line.begin(), line.end(), is_digit);
    if (first == line.end()) return;
    const auto last = std::find_if_not(first, line.end(), is_digit);
    if (random.one_in(2)) {
        line.replace(first, last, random.pick(numbers));
    } else {
        char& digit = *(last - 1);
        digit = static_cast<char>('0' + (digit - '0' + (random.one_in(2) ? 1 : 9)) % 10);
    }
}

void change_case(std::string& line, Random& random) {
    for (char& c : line) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter && random.one_in(3)) c = static_cast<char>(c ^ 0x20);
    }
}

void change_end(std::string& line, Random& random) {
    static constexpr std::string_view ends[] = {"\r\n", "\n", "\r", "", "\r\r\n", "\n\r", " \r\n", "\r\n\r\n", "\r\n "};
    line.erase(std::min(line.find_last_not_of("\r\n") + 1, line.size()));
    line += random.pick(ends);
}

void insert_something(std::string& line, Random& random) {
    static constexpr std::string_view things[] = {" ", "\t", ":", ",",  ";",       "=",    "\"",   "\\",    ".",
                                                  "[", "]",  "#", "\v", "chunked", "\x7f", "\xff", "close", "identity"};
    const std::size_t separator = line.find_first_of(":=;");
    const bool at_separator = separator != std::string::npos && random.one_in(2);
    const std::size_t at = at_separator ? separator + random.below(2) : random.below(line.size() + 1);
    line.insert(at, random.pick(things));
}

void change_line(std::string& line, Random& random) {
    switch (random.below(5)) {
        case 0:
            return change_number(line, random);
        case 1:
            return change_case(line, random);
        case 2:
            return change_end(line, random);
        case 3:
            return insert_something(line, random);
        default:
            if (!line.empty()) line.erase(random.below(line.size()), 1 + random.below(4));
    }
}

void change_order(Lines& lines, const Lines& others, Random& random) {
    const auto place = [&] { return lines.begin() + static_cast<std::ptrdiff_t>(random.below(lines.size())); };
    const auto some = place();
    switch (random.below(6)) {
        case 0:
            lines.insert(place(), std::string(*some));
            return;
        case 1:
            lines.erase(some);
            return;
        case 2:
            std::iter_swap(some, place());
            return;
        case 3:
            lines.insert(place(), random.pick(others));
            return;
        case 4: {  // the tail of one behind the head of the other: whole requests, whole tables
            const auto from = others.begin() + static_cast<std::ptrdiff_t>(random.below(others.size()));
            lines.erase(some, lines.end());
            lines.insert(lines.end(), from, others.end());
            return;
        }
        default: {
            const Lines again = lines;
            lines.insert(lines.end(), again.begin(), again.end());
        }
    }
}

}  // namespace

std::string mutate(std::string_view input, std::string_view other, std::uint32_t seed) {
    Random random(seed);
    Lines lines = split(input);
    const Lines others = split(other);
    for (std::size_t changes = 1 + random.below(4); changes > 0; --changes) {
        if (lines.empty()) lines.emplace_back();
        if (random.one_in(2)) {
            change_line(lines[random.below(lines.size())], random);
        } else {
            change_order(lines, others, random);
        }
    }
    std::string changed;
    for (const std::string& line : lines) changed += line;
    return changed.size() <= max_octets ? changed : std::string(input);
}

}  // namespace slo::fuzz
