#include "slo/saml/time.hpp"

#include <algorithm>
#include <optional>

#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t max_fraction_digits = 9;

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

void append_digits(std::string& out, unsigned value, unsigned power_of_ten) {
    for (; power_of_ten != 0; power_of_ten /= 10) out += static_cast<char>('0' + value / power_of_ten % 10);
}

}  // namespace

Result<Instant> parse_instant(std::string_view text) {
    const auto instant = read_instant(text);
    if (!instant) return fail(Errc::time_malformed, "not YYYY-MM-DDThh:mm:ss[.f...]Z");
    return *instant;
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
