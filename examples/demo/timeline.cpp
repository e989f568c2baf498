#include "timeline.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace slo::examples {
namespace {

constexpr const char* bold = "\x1b[1m";
constexpr const char* green = "\x1b[32m";
constexpr const char* red = "\x1b[31m";
constexpr const char* plain = "";

constexpr std::size_t width_of_text = 55;  // 79 columns without those of the time and of `what`

/// Whether standard output is a terminal that shows colours, and the user wants them (https://no-color.org).
bool wants_colour() {
    const char* terminal = std::getenv("TERM");
    const char* refused = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb" &&
           (refused == nullptr || *refused == '\0');
}

/// Takes the beginning of `text` that fits into a line: up to a space, or behind a comma; else to the next of these.
std::string_view take_line(std::string_view& text) {
    std::size_t end = text.size();
    if (end > width_of_text) {
        const auto last = text.find_last_of(" ,", width_of_text - 1);
        const auto next = text.find_first_of(" ,", width_of_text);
        const auto at = text[width_of_text] == ' ' ? width_of_text : last != std::string_view::npos ? last : next;
        end = at == std::string_view::npos ? text.size() : at + (text[at] == ',' ? 1 : 0);
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return line;
}

}  // namespace

Timeline::Timeline(bool verbose) : is_verbose_(verbose), is_coloured_(wants_colour()) {}

double Timeline::milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
}

std::string Timeline::coloured(std::string_view text, const char* colour) const {
    if (!is_coloured_ || *colour == '\0') return std::string(text);
    return colour + std::string(text) + "\x1b[0m";
}

void Timeline::heading(std::string_view text) const {
    std::printf("\n%s\n", coloured(text, bold).c_str());
}

void Timeline::claim(std::string text) {
    in_claim_ = !text.empty();
    if (in_claim_) claims_.push_back({std::move(text), {}, 0});
}

void Timeline::seen(std::string_view text) {
    if (!in_claim_) return;
    std::string& seen = claims_.back().seen;
    seen.append(seen.empty() ? "" : ", ").append(text);
}

void Timeline::print(std::string_view what, std::string_view text, const char* colour) const {
    std::printf("  %7.1f ms  %-9.*s ", milliseconds(), static_cast<int>(what.size()), what.data());
    std::printf("%s\n", coloured(take_line(text), colour).c_str());
    while (!text.empty()) std::printf("%24s%s\n", "", coloured(take_line(text), colour).c_str());
    std::fflush(stdout);
}

void Timeline::line(std::string_view what, std::string_view text) const {
    print(what, text, plain);
}

void Timeline::detail(std::string_view what, std::string_view text) const {
    if (is_verbose_) print(what, text, plain);
}

void Timeline::expect(bool right, std::string_view what, std::string_view text) {
    if (right) return print(what, text, plain);
    print(what, std::string(text) + " <-- NOT AS PROMISED", red);
    ++mistakes_;
    if (in_claim_) ++claims_.back().mistakes;
}

void Timeline::conclude() const {
    std::printf("\n%-42s %s\n", "claim", "seen");
    for (const Claim& claim : claims_) {
        const bool kept = claim.mistakes == 0;
        std::printf("%-42s %s\n", claim.text.c_str(),
                    coloured(claim.seen + (kept ? "" : " <-- NOT AS PROMISED"), kept ? green : red).c_str());
    }
    if (mistakes_ == 0) {
        std::printf("\nEverything as promised, in %.1f s\n", milliseconds() / 1000);
    } else {
        std::printf("\nNOT AS PROMISED: %d of the lines above; --verbose shows what the endpoint says\n", mistakes_);
    }
}

}  // namespace slo::examples
