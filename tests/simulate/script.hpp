// The course of an episode: chosen in advance, so that it can be reduced.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world.hpp"

namespace slo::simulate {

/// How a principal's NameID is written. Those of one class are one principal under the default matching rule; those of
/// different classes are near misses.
enum class Spelling { plain, idp_qualified, old_names, other_format, other_case, other_provided_id };
inline constexpr std::size_t spelling_count = 6;
[[nodiscard]] constexpr int class_of(Spelling spelling) noexcept {
    return spelling <= Spelling::old_names ? 0 : static_cast<int>(spelling);
}

/// A session at an IdP, from which logins come.
struct Visit {
    unsigned idp = 0;
    unsigned principal = 0;
    Milliseconds authn{};  ///< by the IdP's clock, like every moment of an IdP's
    bool has_index = true;
    bool has_long_index = true;  ///< such that it identifies its session
};

struct Order {
    unsigned idp = 0;
    unsigned principal = 0;
    Spelling spelling = Spelling::plain;
    std::vector<std::size_t> visits = {};  ///< whose indexes it names; none: all
    bool uses_alias = false;
    Milliseconds issued{};
};

struct Operation {
    enum class Kind { login, order, leave, leave_as_principal, recover, send, crash, jump };
    std::size_t number = 0;  ///< its name
    Kind kind = Kind::login;
    Milliseconds at{};
    std::size_t node = 0;  ///< of jump: one more is the store
    std::uint64_t seed = 0;
    std::vector<Fault> faults = {};

    std::size_t subject = 0;  ///< a visit, an order, or the operation of a login
    Spelling spelling = Spelling::plain;
    bool uses_alias = false;      ///< of the IdP, in the assertion
    bool uses_old_name = false;   ///< ours
    bool is_from_before = false;  ///< the session is from before these names changed
    Milliseconds lifetime{};
    Milliseconds authn_ahead{};
    Milliseconds moved{};  ///< of jump: the clock's lead over the time
};

struct Script {
    std::uint64_t seed = 0;
    std::uint64_t turns = 0;  ///< the seed of the turns
    std::size_t nodes = 2;
    enum class Engine { memory, sqlite } engine = Engine::memory;
    bool sessions_die_with_node = false;
    std::vector<Visit> visits;
    std::vector<Order> orders;
    std::vector<Operation> operations;
};

/// How far a clock may be from the time.
inline constexpr Milliseconds clock_bound{2000};

[[nodiscard]] Script make_script(std::uint64_t seed);
/// One line: "op7 node1 order r3 at 12.345 faults: lost@2".
[[nodiscard]] std::string describe(const Script& script, const Operation& operation);
[[nodiscard]] std::string describe(Fault::Kind kind);

}  // namespace slo::simulate
