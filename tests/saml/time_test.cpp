#include "slo/saml/time.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "failure_check.hpp"

namespace {

using namespace slo::saml;
using slo::Instant;
using slo::saml::test::rule;
using slo::saml::test::rule_of;
using namespace std::chrono_literals;

constexpr Instant day = std::chrono::sys_days{std::chrono::January / 15 / 2030};

std::string reformatted(std::string_view text) {
    const auto instant = parse_instant(text);
    return instant ? format_instant(*instant) : "refused";
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(reads_utc_to_the_second) {
    const auto instant = parse_instant("2030-01-15T10:20:30Z");
    BOOST_TEST_REQUIRE(instant.has_value());
    BOOST_TEST((*instant == day + 10h + 20min + 30s));
}

// Core 1.3.3 l.313: software must not rely on more than milliseconds, but more digits are valid.
BOOST_AUTO_TEST_CASE(reads_one_to_nine_fraction_digits_and_cuts_to_milliseconds) {
    BOOST_TEST(reformatted("2030-01-15T10:00:00.5Z") == "2030-01-15T10:00:00.500Z");
    BOOST_TEST(reformatted("2030-01-15T10:00:00.05Z") == "2030-01-15T10:00:00.050Z");
    BOOST_TEST(reformatted("2030-01-15T10:00:00.007Z") == "2030-01-15T10:00:00.007Z");
    BOOST_TEST(reformatted("2030-01-15T10:00:00.999999999Z") == "2030-01-15T10:00:00.999Z");
    BOOST_TEST(reformatted("2030-01-15T10:00:00.000000001Z") == "2030-01-15T10:00:00Z");
}

// Core 1.3.3 l.314 and XML Schema part 2, 3.2.7.
BOOST_AUTO_TEST_CASE(reads_hour_24_as_the_next_days_midnight) {
    BOOST_TEST(reformatted("2030-01-15T24:00:00Z") == "2030-01-16T00:00:00Z");
    BOOST_TEST(reformatted("2030-12-31T24:00:00.000Z") == "2031-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(refuses_hour_24_with_anything_after_it) {
    for (const auto* text : {"2030-01-15T24:00:01Z", "2030-01-15T24:01:00Z", "2030-01-15T24:00:00.000000001Z",
                             "2030-01-15T25:00:00Z", "9999-12-31T24:00:00Z"}) {
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), text);
    }
}

// Core 1.3.3 l.311-312.
BOOST_AUTO_TEST_CASE(refuses_every_zone_but_z) {
    for (const auto* text :
         {"2030-01-15T10:00:00", "2030-01-15T10:00:00+02:00", "2030-01-15T10:00:00+00:00", "2030-01-15T10:00:00-00:00",
          "2030-01-15T10:00:00z", "2030-01-15T10:00:00ZZ", "2030-01-15T10:00:00.5", "2030-01-15T10:00:00UTC"}) {
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), text);
    }
}

BOOST_AUTO_TEST_CASE(reads_utc_without_z_only_where_that_is_asked_for) {
    const auto instant = parse_instant("2030-01-15T10:00:00.5Z").value();
    for (const auto* text : {"2030-01-15T10:00:00.5Z", "2030-01-15T10:00:00.5+00:00", "2030-01-15T10:00:00.5-00:00",
                             "2030-01-15T10:00:00.5"}) {
        BOOST_TEST((parse_instant_however_written(text).value() == instant), text);
    }
    for (const auto* text : {"2030-01-15T10:00:00+02:00", "2030-01-15T10:00:00+00:01", "2030-01-15T10:00:00+0000",
                             "2030-01-15T10:00:00+00", "2030-01-15T10:00:00z", "2030-01-15T10:00:00ZZ",
                             "2030-01-15T10:00:00Z+00:00", "2030-01-15T10:00:00+00:00Z", "2030-01-15T10:00:00UTC",
                             "2030-01-15T10:00:60", "2030-01-15", "", "Z", "+00:00"}) {
        BOOST_TEST(rule_of(parse_instant_however_written(text)) == rule(Errc::time_malformed), text);
    }
}

BOOST_AUTO_TEST_CASE(reads_as_many_digits_of_a_fraction_as_clocks_write) {
    BOOST_TEST(reformatted("2026-11-29T23:46:50.1234567890123Z") == "2026-11-29T23:46:50.123Z");
    BOOST_TEST(reformatted("2026-11-29T23:46:50.12345678901234567890Z") == "2026-11-29T23:46:50.123Z");
}

BOOST_AUTO_TEST_CASE(refuses_leap_seconds) {
    BOOST_TEST(rule_of(parse_instant("2030-06-30T23:59:60Z")) == rule(Errc::time_malformed));
    BOOST_TEST(rule_of(parse_instant("2016-12-31T23:59:60Z")) == rule(Errc::time_malformed));
}

BOOST_AUTO_TEST_CASE(refuses_days_and_times_that_do_not_exist) {
    for (const auto* text :
         {"2030-02-30T10:00:00Z", "2030-02-29T10:00:00Z", "2100-02-29T10:00:00Z", "2030-04-31T10:00:00Z",
          "2030-00-15T10:00:00Z", "2030-13-15T10:00:00Z", "2030-01-00T10:00:00Z", "2030-01-32T10:00:00Z",
          "2030-01-15T10:60:00Z", "2030-01-15T10:00:61Z", "2030-01-15T99:99:99Z"}) {
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), text);
    }
    BOOST_TEST(reformatted("2032-02-29T10:00:00Z") == "2032-02-29T10:00:00Z");
    BOOST_TEST(reformatted("2000-02-29T10:00:00Z") == "2000-02-29T10:00:00Z");
}

BOOST_AUTO_TEST_CASE(refuses_years_that_are_not_four_digits) {
    for (const auto* text : {"10000-01-01T00:00:00Z", "99999999999999999999-01-01T00:00:00Z", "-2030-01-15T10:00:00Z",
                             "+2030-01-15T10:00:00Z", "030-01-15T10:00:00Z", "30-01-15T10:00:00Z"}) {
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), text);
    }
}

// A 40-digit fraction made SimpleSAMLphp's parser run for minutes (CVE-2018-6519).
BOOST_AUTO_TEST_CASE(refuses_fractions_of_no_or_too_many_digits) {
    BOOST_TEST(rule_of(parse_instant("2030-01-15T10:00:00.Z")) == rule(Errc::time_malformed));
    BOOST_TEST(rule_of(parse_instant("2030-01-15T10:00:00.000000000000000000000Z")) == rule(Errc::time_malformed));
    for (const std::size_t digits : {40U, 100'000U}) {
        const std::string text = "2030-01-15T10:00:00." + std::string(digits, '1') + "Z";
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), digits);
    }
    BOOST_TEST(rule_of(parse_instant("2030-01-15T10:00:00,5Z")) == rule(Errc::time_malformed));
}

BOOST_AUTO_TEST_CASE(refuses_every_other_way_to_write_it) {
    for (const auto* text :
         {"", "Z", "2030-01-15", "2030-01-15T10:00Z", "2030-01-15 10:00:00Z", "2030-01-15t10:00:00Z",
          " 2030-01-15T10:00:00Z", "2030-01-15T10:00:00Z ", "2030-01-15T10:00:00Z\n", "2030-1-15T10:00:00Z",
          "2030-01-15T1:00:00Z", "20300115T100000Z", "2030-015T10:00:00Z", "2030-W03-2T10:00:00Z", "1894710000",
          "2030-01-15T10:00:0xZ", "2030-01-15T10:00:00Z2030-01-15T10:00:00Z",
          "\xD9\xA2\xD9\xA0\xD9\xA3\xD9\xA0-01-15T10:00:00Z"}) {
        BOOST_TEST(rule_of(parse_instant(text)) == rule(Errc::time_malformed), text);
    }
    BOOST_TEST(rule_of(parse_instant({"2030-01-15T10:00:00Z\0", 21})) == rule(Errc::time_malformed));
}

// Core 1.3.3 l.311-314: UTC with Z, no leap second.
BOOST_AUTO_TEST_CASE(writes_the_text_that_it_reads) {
    for (const auto* text : {"2030-01-15T10:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z",
                             "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2030-01-15T23:59:59Z"}) {
        BOOST_TEST(reformatted(text) == text);
    }
}

BOOST_AUTO_TEST_CASE(writes_the_nearest_year_of_four_digits_for_instants_beyond) {
    BOOST_TEST(format_instant(Instant::max()) == "9999-12-31T23:59:59.999Z");
    BOOST_TEST(format_instant(Instant::min()) == "0000-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(reads_durations_of_every_unit) {
    const std::pair<std::string_view, std::chrono::seconds> durations[] = {
        {"PT0S", 0s},         {"PT604800S", 604'800s},
        {"P6D", 24h * 6},     {"PT6H", 6h},
        {"P1M", 24h * 28},    {"PT1M", 1min},
        {"P1Y", 24h * 365},   {"P1Y2M3DT4H5M6S", 24h * (365 + 56 + 3) + 4h + 5min + 6s},
        {"PT36H", 36h},       {"P0Y0M6DT0H0M0S", 24h * 6},
        {"P0010D", 24h * 10}, {"P10000Y", 24h * 3'650'000},
    };
    for (const auto& [text, expected] : durations) {
        const auto duration = parse_duration(text);
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST_REQUIRE(duration.has_value());
            BOOST_TEST((*duration == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(cuts_a_fraction_of_seconds_off) {
    BOOST_TEST((parse_duration("PT1.999S").value() == 1s));
    BOOST_TEST((parse_duration("PT0.000000000000000000001S").value() == 0s));
}

// MET-03; XML Schema part 2, 3.2.6.
BOOST_AUTO_TEST_CASE(refuses_durations_that_are_negative_fractional_or_too_long) {
    for (const auto* text :
         {"-PT1H", "-P1D", "P9999999Y", "P10001Y", "PT99999999999999999999S", "PT9223372036854775807S",
          "P9223372036854775807Y", "P10000YT1S", "P1.5Y", "P0.5M", "P1.5D", "PT1.5H", "PT1.5M", "PT.5S", "PT1.S"}) {
        BOOST_TEST(rule_of(parse_duration(text)) == rule(Errc::time_malformed), text);
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_malformed_duration) {
    for (const auto* text :
         {"",    "P",   "PT",   "P1DT", "1D",   "PD",   "P1",   "P1H", "PT1D",    "P1D1Y",    "P1Y1Y",  "PT1S1M",
          "p1d", "P1d", "P 1D", " P1D", "P1D ", "+P1D", "P-1D", "P1W", "PT1HT1M", "P1DT1H1D", "PT0x10S"}) {
        BOOST_TEST(rule_of(parse_duration(text)) == rule(Errc::time_malformed), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
