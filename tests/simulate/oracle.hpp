// Judges by the acknowledgements alone, and by no state that the code keeps for itself.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "script.hpp"
#include "slo/sp/global_logout.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::simulate {

struct Site;

/// Violation is a rule's name, and the text for a person.
struct Violation {
    std::string rule;
    std::string detail;
};

/// Oracle knows each login and each order as the script has them, the answers that clients got, and the sessions that
/// the engine has named. It asks the engine by find(), and the application's table.
class Oracle {
public:
    explicit Oracle(Site& site) : site_(site) {}

    // Events, as they happen.
    void logs_in(const Operation& login);
    void is_admitted(const Operation& login);
    void is_refused(const Operation& login);
    /// Returns the required answer: Success, if that was answered before.
    enum class Answer { success, failure, any };
    [[nodiscard]] Answer is_sent(std::size_t order);
    void is_answered(std::size_t order, Answer answer, Answer expected, const Actor& actor);
    /// `chosen` is the login whose session, or whose principal, leaves.
    void leaves(const Operation& chosen);
    void has_left(const Operation& leave, const Operation& chosen, const Actor& actor,
                  const sp::GlobalLogoutResult& result);
    void has_named(const sp::LogoutKey& key, const std::vector<sp::Session>& sessions);
    void is_told(const std::string& session);
    void is_forgotten_unasked(const sp::LogoutKey& key);

    /// A change that may break a promise: the next check() looks.
    void has_changed() noexcept { is_changed_ = true; }
    void check();
    /// No session lives that should be gone by the end, and none is gone that no order named.
    void check_the_end();
    /// No session was ended that no order named.
    void check_what_lives();
    /// Whether all logouts that have begun have come to their end.
    [[nodiscard]] bool is_settled();

    [[nodiscard]] const std::optional<Violation>& violation() const noexcept { return violation_; }
    void blame(const std::string& rule, const std::string& detail);

private:
    struct Login {
        const Operation* operation;
        std::string id;
        Milliseconds authn{};
        bool is_admitted = false;     ///< and its user knows
        bool has_been_named = false;  ///< by an order that has begun
        bool is_touched = false;      ///< some logout may have meant it
        bool must_be_dead = false;
        bool must_be_gone = false;
        bool must_end = false;  ///< at last
        Milliseconds admitted_at{};
    };
    struct KnownOrder {
        bool is_sent = false;
        bool has_succeeded = false;
        Milliseconds sent_at{};
    };
    /// A logout that started here and reached everywhere: late assertions of its sessions are refused.
    struct Everywhere {
        unsigned idp;
        unsigned principal;
        int name_class;
        std::size_t visit;
        Milliseconds authn;
    };
    [[nodiscard]] const Visit& visit_of(const Login& login) const;
    [[nodiscard]] bool names(const Order& order, const Login& login) const;
    [[nodiscard]] bool is_near_miss(const Order& order, const Login& login) const;
    [[nodiscard]] bool may_mean_another(const Order& order) const;
    [[nodiscard]] bool lives(const Login& login) const;
    [[nodiscard]] bool has_expired(const Login& login) const;
    void check_near_misses(std::size_t order);
    void check(const Login& login);
    void oblige(std::size_t order, Login& login) const;
    void left_everywhere(const Operation& chosen, const Actor& actor, const sp::GlobalLogoutResult& result);

    Site& site_;
    std::map<std::string, Login> logins_;
    std::map<std::size_t, KnownOrder> orders_;
    std::vector<Everywhere> everywhere_;
    std::map<std::string, std::set<std::string>> named_;  ///< an order's ID, the sessions that it has named
    std::map<std::string, Milliseconds> begun_;           ///< a logout's key, and when
    std::set<std::pair<unsigned, unsigned>> touched_;     ///< an IdP's principals who have left here
    std::optional<Violation> violation_;
    bool is_changed_ = false;
};

}  // namespace slo::simulate
