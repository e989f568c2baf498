#include "http_caching.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace slo::sp {
namespace {

constexpr std::array<std::string_view, 7> days_of_week = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string digits(unsigned value, std::size_t width) {
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string http_date(Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(instant - day)};
    std::string text(days_of_week[std::chrono::weekday{day}.c_encoding()]);
    text += ", " + digits(static_cast<unsigned>(date.day()), 2) + " ";
    text += months[static_cast<unsigned>(date.month()) - 1];
    text += " " + digits(static_cast<unsigned>(static_cast<int>(date.year())), 4) + " ";
    text += digits(static_cast<unsigned>(time.hours().count()), 2) + ":";
    text += digits(static_cast<unsigned>(time.minutes().count()), 2) + ":";
    return text + digits(static_cast<unsigned>(time.seconds().count()), 2) + " GMT";
}

std::optional<Instant> parse_http_date(std::string_view text) {
    constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != shape.size() || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return std::nullopt;
    if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') return std::nullopt;
    const auto* const month = std::ranges::find(months, text.substr(8, 3));
    const auto day = number(text.substr(5, 2));
    const auto year = number(text.substr(12, 4));
    const auto hour = number(text.substr(17, 2));
    const auto minute = number(text.substr(20, 2));
    const auto second = number(text.substr(23, 2));
    if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(month - months.begin() + 1)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return Instant(std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                   std::chrono::seconds{*second});
}

bool names_tag(std::string_view value, std::string_view tag) {
    if (value == "*") return true;
    // A quoted tag holds no comma of ours, and no quote at all: where ours is found with its quotes, it is alone.
    return value.find(tag) != std::string_view::npos;
}

}  // namespace slo::sp
