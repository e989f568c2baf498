// The demo's timeline: each event and its time, in lines that fit a terminal, and at the end one row for each claim.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace slo::examples {

/// Timeline prints one line for each fact, with the milliseconds since the start, and counts the differences from the
/// promise. A line has at most 79 columns as long as none of its words is longer than what is left of these.
class Timeline {
public:
    /// `verbose`: detail() is printed too.
    explicit Timeline(bool verbose);

    void heading(std::string_view text) const;
    /// claim begins a claim, to which the next expectations belong; an empty one: to none.
    void claim(std::string text);
    /// seen records the observation for the present claim, in a word or two.
    void seen(std::string_view text);

    void line(std::string_view what, std::string_view text) const;
    /// detail is line() for facts that only a verbose run shows.
    void detail(std::string_view what, std::string_view text) const;
    /// As line(), marked if it is wrong.
    void expect(bool right, std::string_view what, std::string_view text);

    [[nodiscard]] int mistakes() const noexcept { return mistakes_; }
    [[nodiscard]] double milliseconds() const;
    /// Prints a row for each claim, and the verdict.
    void conclude() const;

private:
    struct Claim {
        std::string text;
        std::string seen;
        int mistakes = 0;
    };
    [[nodiscard]] std::string coloured(std::string_view text, const char* colour) const;
    void print(std::string_view what, std::string_view text, const char* colour) const;

    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    bool is_verbose_;
    bool is_coloured_;
    bool in_claim_ = false;
    std::vector<Claim> claims_;
    int mistakes_ = 0;
};

}  // namespace slo::examples
