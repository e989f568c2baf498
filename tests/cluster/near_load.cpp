// Logouts that name no session and nearly one: each plays with a user, or two, of its own.
#include <array>

#include "load.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr auto between_episodes = 40ms;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The difference between the session and the logout that nearly names it.
enum class Difference { format, qualifier, sp_qualifier, letter_case, index_alone };
constexpr std::size_t differences = 5;

LogoutFacts near_logout(const SessionFacts& session, Difference difference, bool by_index) {
    LogoutFacts facts{.id = {}, .user = session.user, .indexes = {}, .issue_instant = {}};
    if (by_index || difference == Difference::index_alone) facts.indexes = {session.index};
    if (difference == Difference::format) facts.form = "format";
    if (difference == Difference::qualifier) facts.form = "qualifier";
    if (difference == Difference::sp_qualifier) facts.form = "sp qualifier";
    if (difference == Difference::letter_case) facts.user = in_lower_case(session.user);
    if (difference == Difference::index_alone) facts.user = "other-" + session.user;
    return facts;
}

}  // namespace

void Load::miss_nearly_and_on(Random random) {
    for (std::size_t number = random() % differences; !stopping_; ++number) {
        if (may_order()) miss_nearly(number, random);
        std::this_thread::sleep_for(between_episodes);
    }
    --pursuing_;
}

/// The session lives on until a logout names it. Then the other one succeeds as well; and assertions that were made
/// before come too late.
void Load::miss_nearly(std::size_t number, Random& random) {
    const auto difference = static_cast<Difference>(number % differences);
    const std::string name = std::to_string(number);
    SessionFacts session{.id = "near-" + name,
                         .user = "Near-" + name + (random() % 2 == 0 ? "@Example.org" : ""),
                         .index = "index-of-a-near-session-" + name,
                         .authn_instant = now()};
    if (difference == Difference::letter_case) session.user = "Near-" + name + "@Example.org";
    SessionFacts late = session;
    late.id = "late-" + name;
    const std::size_t place = recorder_.add_session(session);
    if (!log_in(place, random)) return;

    auto near = order(near_logout(session, difference, random() % 2 == 0), random);
    auto own = order({.id = {}, .user = session.user, .indexes = {}, .issue_instant = {}}, random);
    if (!near || !own) return;
    for (unsigned tries = 1 + static_cast<unsigned>(random() % 3); tries > 0; --tries) {
        static_cast<void>(send_once(*near));
        check(place, random() % site_.nodes());
    }
    if (random() % 3 == 0) log_in(recorder_.add_session(late), random);
    pursue(*std::move(own), random);
    pursue(*std::move(near), random);
    late.id += "-again";
    log_in(recorder_.add_session(late), random);
}

}  // namespace slo::test
