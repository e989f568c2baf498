// A process's report of its logins and logouts while it lives, and whether a store agrees when it is dead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slo/sp/session_store.hpp"

namespace slo::test {

inline constexpr int crash_indexes = 3;

/// One step of one operation. Written in one piece, as it is smaller than a pipe's guarantee.
struct Note {
    enum class What : std::uint8_t {
        asks_login,
        admitted,
        refused,
        asks_logout,
        began,
        asks_completion,
        completed,
        failed
    };
    What what;
    std::uint8_t thread;
    std::uint8_t principal;
    std::uint8_t index;       ///< crash_indexes: a logout of all
    std::uint32_t operation;  ///< with the thread, what a session or a request is named after
    std::uint32_t tick;       ///< of the IdP's clock
    std::uint32_t ended;      ///< of a logout's outcome
};

[[nodiscard]] sp::Session session_in(const Note& note);
[[nodiscard]] sp::LogoutOrder order_in(const Note& note);

/// Testimony is what has been told, in the order in which it arrived.
class Testimony {
public:
    void add(const Note& note);

    /// What `store` contradicts, a line each; it changes nothing there.
    [[nodiscard]] std::vector<std::string> contradictions(sp::SessionStore& store) const;
    /// Every order that was ever given.
    [[nodiscard]] std::vector<sp::LogoutOrder> orders() const;

private:
    using Name = std::pair<std::uint8_t, std::uint32_t>;
    struct Login {
        Note note;
        std::size_t asked;
        std::optional<std::size_t> admitted;
    };
    struct Logout {
        Note note;
        std::size_t asked;
        std::optional<std::size_t> began;
        bool asked_completion = false;
        std::optional<std::uint32_t> ended;
    };

    [[nodiscard]] bool must_have_ended(const Logout& logout, const Login& login) const;
    [[nodiscard]] bool may_have_ended(const Logout& logout, const Login& login) const;
    [[nodiscard]] std::optional<std::string> contradiction(sp::SessionStore& store, const Login& login,
                                                           const std::vector<sp::UnfinishedLogout>& unfinished) const;
    [[nodiscard]] std::optional<std::string> contradiction(sp::SessionStore& store, const Logout& logout,
                                                           const std::vector<sp::UnfinishedLogout>& unfinished) const;

    std::map<Name, Login> logins_;
    std::map<Name, Logout> logouts_;
    std::size_t count_ = 0;
    std::vector<std::string> failures_;
};

}  // namespace slo::test
