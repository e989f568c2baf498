#include "slo/saml/time.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>

#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t max_fraction_digits = 20;  // xs:dateTime has no limit; some clocks write 13

// The first and the last instant that four digits of a year can say.
constexpr Instant first_instant = std::chrono::sys_days{std::chrono::January / 1 / 0};
constexpr Instant last_instant = std::chrono::sys_days{std::chrono::December / 31 / 9999} + days{1} - milliseconds{1};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Scanner takes fixed pieces off the front of the text; the first piece that isn't there makes everything fail.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    int digits(std::size_t count) noexcept {
        if (rest_.size() < count || !std::all_of(rest_.begin(), rest_.begin() + static_cast<long>(count), is_digit)) {
            good_ = false;
            return 0;
        }
        int value = 0;
        for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
        rest_.remove_prefix(count);
        return value;
    }
    void literal(char expected) noexcept {
        if (!next_is(expected))
            good_ = false;
        else
            rest_.remove_prefix(1);
    }
    [[nodiscard]] bool next_is(char c) const noexcept { return rest_.starts_with(c); }
    std::string_view digit_run() noexcept {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
        const std::string_view run = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(run.size());
        return run;
    }
    /// The next character, whatever it is; NUL at the end.
    char letter() noexcept {
        if (rest_.empty()) return '\0';
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] bool at_good_end() const noexcept { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Fraction {
    milliseconds cut{0};
    bool zero = true;
};

std::optional<Fraction> read_fraction(std::string_view digits) noexcept {
    if (digits.empty() || digits.size() > max_fraction_digits) return std::nullopt;
    Fraction fraction;
    int scale = 100;
    for (const char c : digits) {
        fraction.cut += milliseconds{(c - '0') * scale};
        fraction.zero = fraction.zero && c == '0';
        scale /= 10;
    }
    return fraction;
}

std::optional<Instant> read_instant(std::string_view text) noexcept {
    Scanner scan(text);
    const int year = scan.digits(4);
    scan.literal('-');
    const int month = scan.digits(2);
    scan.literal('-');
    const int day = scan.digits(2);
    scan.literal('T');
    const int hour = scan.digits(2);
    scan.literal(':');
    const int minute = scan.digits(2);
    scan.literal(':');
    const int second = scan.digits(2);
    std::optional<Fraction> fraction = Fraction{};
    if (scan.next_is('.')) {
        scan.literal('.');
        fraction = read_fraction(scan.digit_run());
    }
    scan.literal('Z');
    if (!scan.at_good_end() || !fraction) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 24 || minute > 59 || second > 59) return std::nullopt;
    // Hour 24 exists only as the end of the day (XML Schema part 2, 3.2.7).
    if (hour == 24 && (minute != 0 || second != 0 || !fraction->zero)) return std::nullopt;

    const Instant instant =
        std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + fraction->cut;
    if (instant > last_instant) return std::nullopt;
    return instant;
}

/// One kind of part that a duration may have; they come in this order.
struct DurationUnit {
    char letter;
    bool after_t;
    seconds worth;
};
constexpr DurationUnit duration_units[] = {
    {'Y', false, days{365}}, {'M', false, days{28}},  {'D', false, days{1}},
    {'H', true, hours{1}},   {'M', true, minutes{1}}, {'S', true, seconds{1}},
};
constexpr seconds longest_duration = days{365} * 10'000;

/// A whole number up to longest_duration's seconds; beyond it, no duration that we take has any.
std::optional<std::int64_t> read_count(std::string_view digits) noexcept {
    if (digits.empty()) return std::nullopt;
    std::int64_t count = 0;
    for (const char c : digits) {
        count = count * 10 + (c - '0');
        if (count > longest_duration.count()) return std::nullopt;
    }
    return count;
}

/// The unit that `letter` names at or after `from`; the end if there is none.
const DurationUnit* find_unit(const DurationUnit* from, char letter, bool after_t) noexcept {
    return std::find_if(from, std::end(duration_units),
                        [&](const DurationUnit& unit) { return unit.letter == letter && unit.after_t == after_t; });
}

std::optional<seconds> read_duration(std::string_view text) noexcept {
    Scanner scan(text);
    scan.literal('P');
    seconds total{0};
    bool after_t = false;
    bool needs_part = true;
    const DurationUnit* next_unit = std::begin(duration_units);
    while (!scan.at_end()) {
        if (!after_t && scan.next_is('T')) {
            scan.literal('T');
            after_t = needs_part = true;
            continue;
        }
        const auto count = read_count(scan.digit_run());
        const bool has_fraction = scan.next_is('.');
        if (has_fraction) scan.literal('.');
        if (has_fraction && scan.digit_run().empty()) return std::nullopt;
        const DurationUnit* const unit = find_unit(next_unit, scan.letter(), after_t);
        if (!count || unit == std::end(duration_units) || (has_fraction && unit->letter != 'S')) return std::nullopt;
        // Divided, because the product of the number there and a year's seconds may be beyond 64 bits.
        if (*count > longest_duration / unit->worth) return std::nullopt;
        total += *count * unit->worth;
        if (total > longest_duration) return std::nullopt;
        next_unit = unit + 1;
        needs_part = false;
    }
    if (needs_part || !scan.at_good_end()) return std::nullopt;
    return total;
}

void append_digits(std::string& out, unsigned value, unsigned power_of_ten) {
    for (; power_of_ten != 0; power_of_ten /= 10) out += static_cast<char>('0' + value / power_of_ten % 10);
}

}  // namespace

Result<Instant> parse_instant(std::string_view text) {
    const auto instant = read_instant(text);
    if (!instant) return fail(Errc::time_malformed, "not YYYY-MM-DDThh:mm:ss[.f...]Z");
    return *instant;
}

Result<seconds> parse_duration(std::string_view text) {
    const auto duration = read_duration(text);
    if (!duration) return fail(Errc::time_malformed, "not an xs:duration from zero up to ten thousand years");
    return *duration;
}

Result<Instant> parse_instant_however_written(std::string_view text) {
    for (const std::string_view zone : {"+00:00", "-00:00"}) {
        if (text.ends_with(zone)) return parse_instant(std::string(text.substr(0, text.size() - zone.size())) + 'Z');
    }
    return parse_instant(text.ends_with('Z') ? std::string(text) : std::string(text) + 'Z');
}

std::string format_instant(Instant instant) {
    instant = std::clamp(instant, first_instant, last_instant);
    const auto day = std::chrono::floor<days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{instant - day};

    std::string out;
    out.reserve(sizeof "YYYY-MM-DDThh:mm:ss.mmmZ");
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 1000);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 10);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 10);
    out += 'T';
    append_digits(out, static_cast<unsigned>(time.hours().count()), 10);
    out += ':';
    append_digits(out, static_cast<unsigned>(time.minutes().count()), 10);
    out += ':';
    append_digits(out, static_cast<unsigned>(time.seconds().count()), 10);
    if (time.subseconds() != milliseconds{0}) {
        out += '.';
        append_digits(out, static_cast<unsigned>(time.subseconds().count()), 100);
    }
    out += 'Z';
    return out;
}

}  // namespace slo::saml
