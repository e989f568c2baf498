// Whether a history kept the promise. Pure: it sees nothing but the history.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "history.hpp"

namespace slo::test {

enum class Rule {
    survivor,        ///< alive, by a check that began after the IdP held Success for a logout that names the session
    late_login,      ///< admitted, by an attempt that began then, though the user had authenticated before the logout
    lost_login,      ///< admitted, named by no logout so far, and yet dead
    refused_login,   ///< refused without any logout that names it
    another_answer,  ///< a logout got a status that is neither Success nor Responder
    unfinished,      ///< a logout never got its Success
    at_work,         ///< Success, and all the while an application was at work on a session that it names
    unended,         ///< Success, and no application had said that a session it names is gone, though one was asked
    untold,          ///< Success, and no application was ever asked about a session that it names
    near_miss,       ///< Success for a logout that names nothing, and nearly names a session that was alive
    stranger,        ///< a login of an IdP that isn't known, and anything but 422
    stays,           ///< a logout that started here was never said to have ended its sessions
    unproven,        ///< one was said to have ended "everywhere", and its IdP hadn't signed that
    unsent,          ///< its request was said to be kept, and neither reached the IdP nor was given up
    waited,          ///< a question was answered only once a trouble was mended that doesn't concern it
    line_missing,    ///< a logout was answered, and no line tells of it, nor that a line was lost
    absurd,          ///< an HTTP status that the local interface doesn't have
};
inline constexpr std::array all_rules{
    Rule::survivor, Rule::late_login, Rule::lost_login, Rule::refused_login, Rule::another_answer, Rule::unfinished,
    Rule::at_work,  Rule::unended,    Rule::untold,     Rule::near_miss,     Rule::stranger,       Rule::stays,
    Rule::unproven, Rule::unsent,     Rule::waited,     Rule::line_missing,  Rule::absurd};
[[nodiscard]] std::string_view name_of(Rule rule) noexcept;
[[nodiscard]] std::string_view name_of(DepartureAnswer answer) noexcept;

struct Violation {
    Rule rule;
    Moment at;
    std::size_t session;                ///< or History::sessions.size()
    std::optional<std::size_t> logout;  ///< which names the session, or is at fault itself
    std::optional<std::size_t> door = {};
    std::optional<std::size_t> departure = {};
};

/// The violations in the order of their kinds; each session counts once for each kind.
[[nodiscard]] std::vector<Violation> judge(const History& history);

/// A dead node's round keeps its sessions for so long, and until then no logout that names them can succeed.
inline constexpr std::chrono::minutes longest_claim{4};

/// How many of them break `rule`.
[[nodiscard]] std::size_t count(const std::vector<Violation>& violations, Rule rule);

/// Everything that was asked about the violation's session or logout, a line each, in milliseconds since `start`.
[[nodiscard]] std::string trace(const History& history, const Violation& violation, Moment start);

}  // namespace slo::test
