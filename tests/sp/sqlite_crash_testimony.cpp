#include "sqlite_crash_testimony.hpp"
#include "rounds.hpp"

#include <algorithm>
#include <chrono>

#include "session_store_trial.hpp"

namespace slo::test {
namespace {

std::string name_of(const Note& note) {
    return std::to_string(note.thread) + "." + std::to_string(note.operation);
}

bool covers(const Note& logout, const Note& login) {
    return logout.principal == login.principal && (logout.index == crash_indexes || logout.index == login.index);
}

}  // namespace

sp::Session session_in(const Note& note) {
    sp::Session session = session_with("s" + name_of(note), {"i" + std::to_string(note.index)});
    session.name_id.value = "N" + std::to_string(note.principal);
    session.authn_instant = noon + std::chrono::milliseconds(note.tick);
    return session;
}

sp::LogoutOrder order_in(const Note& note) {
    sp::LogoutOrder order = order_for_all("r" + name_of(note));
    order.name_id.value = "N" + std::to_string(note.principal);
    if (note.index < crash_indexes) order.session_indexes = indexes({"i" + std::to_string(note.index)});
    order.as_of = noon + std::chrono::milliseconds(note.tick);
    return order;
}

void Testimony::add(const Note& note) {
    const Name name(note.thread, note.operation);
    const std::size_t now = count_++;
    switch (note.what) {
        case Note::What::asks_login:
            logins_.emplace(name, Login{.note = note, .asked = now, .admitted = {}});
            break;
        case Note::What::admitted:
            logins_.at(name).admitted = now;
            break;
        case Note::What::refused:
            break;
        case Note::What::asks_logout:
            logouts_.emplace(name,
                             Logout{.note = note, .asked = now, .began = {}, .asked_completion = false, .ended = {}});
            break;
        case Note::What::began:
            logouts_.at(name).began = now;
            break;
        case Note::What::asks_completion:
            logouts_.at(name).asked_completion = true;
            break;
        case Note::What::completed:
            logouts_.at(name).ended = note.ended;
            break;
        case Note::What::failed:
            failures_.push_back("failed: " + name_of(note));
            break;
    }
}

/// What was told before something else was asked came before it.
bool Testimony::must_have_ended(const Logout& logout, const Login& login) const {
    if (!logout.began || !covers(logout.note, login.note)) return false;
    return login.note.tick <= logout.note.tick || (login.admitted && *login.admitted < logout.asked);
}

bool Testimony::may_have_ended(const Logout& logout, const Login& login) const {
    const bool was_over = logout.began && *logout.began < login.asked;
    return covers(logout.note, login.note) && !was_over;
}

std::vector<std::string> Testimony::contradictions(sp::SessionStore& store) const {
    std::vector<std::string> found = failures_;
    const auto unfinished = taken(store.unfinished_logouts());
    for (const auto& [name, login] : logins_) {
        if (auto one = contradiction(store, login, unfinished)) found.push_back(*std::move(one));
    }
    for (const auto& [name, logout] : logouts_) {
        if (!logout.began) continue;
        if (auto one = contradiction(store, logout, unfinished)) found.push_back(*std::move(one));
    }
    return found;
}

std::optional<std::string> Testimony::contradiction(sp::SessionStore& store, const Login& login,
                                                    const std::vector<sp::UnfinishedLogout>& unfinished) const {
    const sp::Session session = session_in(login.note);
    const auto found = taken(store.find(session.id));
    const auto any = [this](auto holds) {
        return std::ranges::any_of(logouts_, [&holds](const auto& entry) { return holds(entry.second); });
    };
    if (found) {
        if (*found != session) return "another session has the id of " + name_of(login.note);
        if (!any([&](const Logout& logout) { return must_have_ended(logout, login); })) return std::nullopt;
        return "logged out, but alive: " + name_of(login.note);
    }
    if (!login.admitted) return std::nullopt;
    if (!any([&](const Logout& logout) { return may_have_ended(logout, login); })) {
        return "admitted, but lost: " + name_of(login.note);
    }
    const bool is_ending = std::ranges::any_of(unfinished, [&session](const sp::UnfinishedLogout& logout) {
        return std::ranges::find(logout.ending, session) != logout.ending.end();
    });
    if (is_ending ||
        any([&](const Logout& logout) { return logout.asked_completion && covers(logout.note, login.note); })) {
        return std::nullopt;
    }
    return "no logout waits for its end: " + name_of(login.note);
}

std::optional<std::string> Testimony::contradiction(sp::SessionStore& store, const Logout& logout,
                                                    const std::vector<sp::UnfinishedLogout>& unfinished) const {
    const sp::LogoutOrder order = order_in(logout.note);
    const auto begun = taken(begin_logout(store, order));
    const auto* const repeated = std::get_if<sp::RepeatedLogout>(&begun);
    if (repeated == nullptr) return "begun, but forgotten: " + name_of(logout.note);
    if (logout.ended) {
        if (repeated->recorded && repeated->recorded->ended == *logout.ended) return std::nullopt;
        return "its outcome has changed: " + name_of(logout.note);
    }
    const bool is_unfinished =
        std::ranges::any_of(unfinished, [&order](const sp::UnfinishedLogout& one) { return one.key == order.key; });
    // Completed in part, it waits for what earlier logouts left ending, and recovery comes to it by these.
    if (is_unfinished || logout.asked_completion) return std::nullopt;
    return "unfinished, but forgotten: " + name_of(logout.note);
}

std::vector<sp::LogoutOrder> Testimony::orders() const {
    std::vector<sp::LogoutOrder> orders;
    for (const auto& [name, logout] : logouts_) orders.push_back(order_in(logout.note));
    return orders;
}

}  // namespace slo::test
