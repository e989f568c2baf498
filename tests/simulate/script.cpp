#include "script.hpp"

#include <algorithm>

namespace slo::simulate {
namespace {

using namespace std::chrono_literals;

/// Writes a script: a few scenes, in each of which users log in and several parties log them out at about one time.
class Author {
public:
    explicit Author(std::uint64_t seed) : chance_(seed) { script_.seed = script_.turns = seed; }

    Script write() {
        constexpr std::size_t sqlite_one_in = 16;
        script_.nodes = 1 + chance_.below(3);
        script_.engine = chance_.one_in(sqlite_one_in) ? Script::Engine::sqlite : Script::Engine::memory;
        script_.sessions_die_with_node = chance_.one_in(4);
        for (std::size_t i = 0, count = 1 + chance_.below(3); i < count; ++i) add_scene();
        for (std::size_t i = 0, count = chance_.below(3); i < count; ++i) add_jump();
        hurt();
        std::ranges::stable_sort(script_.operations, {}, &Operation::at);
        return std::move(script_);
    }

private:
    void add_scene() {
        scene_ = chance_.between(4s, 120s);
        const unsigned idp = chance_.one_in(5) ? 1U : 0U;
        const auto principal = static_cast<unsigned>(chance_.below(2));
        for (std::size_t i = 0, count = 1 + chance_.below(2); i < count; ++i) add_visit(idp, principal);
        for (std::size_t i = 0, count = 1 + chance_.below(4); i < count; ++i) add_login(scene_, 1s);
        for (std::size_t i = 0, count = chance_.below(3); i < count; ++i) add_order();
        for (std::size_t i = 0, count = 1 + chance_.below(12); i < count; ++i) add_something();
    }
    /// Mostly soon, so that operations meet; sometimes when a claim has run out.
    Milliseconds later() {
        const std::size_t how = chance_.below(8);
        return scene_ + 1s + (how < 5 ? chance_.between(0s, 4s) : chance_.between(0s, how < 7 ? 30s : 90s));
    }

    Operation& add(Operation::Kind kind, Milliseconds at) {
        Operation& one = script_.operations.emplace_back();
        one.number = script_.operations.size();
        one.kind = kind;
        one.at = at;
        one.node = chance_.below(script_.nodes);
        one.seed = chance_.next();
        return one;
    }
    void add_visit(unsigned idp, unsigned principal) {
        script_.visits.push_back({.idp = idp,
                                  .principal = principal,
                                  .authn = chance_.one_in(6) ? -10s : scene_ - chance_.between(1s, 3s),
                                  .has_index = !chance_.one_in(6),
                                  .has_long_index = chance_.one_in(2)});
    }
    /// Mostly the plain one: the others must differ from it.
    Spelling spelling() {
        return chance_.one_in(4) ? static_cast<Spelling>(chance_.below(spelling_count)) : Spelling::plain;
    }
    void add_login(Milliseconds at, Milliseconds within) {
        const std::size_t visit =
            script_.visits.size() - 1 - chance_.below(std::min<std::size_t>(2, script_.visits.size()));
        Operation& login = add(Operation::Kind::login, at + chance_.between(0s, within));
        login.subject = visit;
        login.spelling = spelling();
        login.uses_alias = chance_.one_in(4);
        login.uses_old_name = chance_.one_in(8);
        login.lifetime = chance_.one_in(5) ? chance_.between(3s, 40s) : Milliseconds(8h);
        login.authn_ahead = chance_.one_in(30) ? Milliseconds(20min) : 0ms;
        if (chance_.one_in(10)) {
            login.is_from_before = true;
            login.at = 0ms;
            login.authn_ahead = 0ms;
            script_.visits[visit].authn = std::min(script_.visits[visit].authn, Milliseconds(-5s));
        }
    }
    void add_order() {
        const Visit& visit = script_.visits.back();
        Order order{.idp = visit.idp, .principal = visit.principal, .spelling = spelling()};
        for (std::size_t i = 0; i < script_.visits.size(); ++i) {
            const Visit& one = script_.visits[i];
            const bool fits = one.principal == order.principal || chance_.one_in(8);
            if (one.idp == order.idp && one.has_index && fits && chance_.one_in(2)) order.visits.push_back(i);
        }
        order.uses_alias = chance_.one_in(4);
        order.issued = later() - chance_.between(0s, 1s);
        script_.orders.push_back(order);
        deliver(script_.orders.size() - 1, order.issued + chance_.between(0s, 1s));
    }
    void deliver(std::size_t order, Milliseconds at) { add(Operation::Kind::order, at).subject = order; }
    void repeat() {
        if (script_.orders.empty()) return add_order();
        const std::size_t order = script_.orders.size() - 1;
        deliver(order, std::max(script_.orders[order].issued, later()));
    }
    /// Its report takes longer than its claim, and another node tries in between.
    void add_stalled_round() {
        if (script_.orders.empty()) return add_order();
        const std::size_t order = script_.orders.size() - 1;
        const Milliseconds at = std::max(script_.orders[order].issued, later());
        deliver(order, at);
        const unsigned names_begun = script_.orders[order].idp == 0 ? 4 : 2;
        script_.operations.back().faults.push_back({.call = names_begun, .kind = Fault::Kind::stall_before});
        deliver(order, at + chance_.between(10s, 18s));
    }
    /// A login's operation, rather a late one.
    Operation some_login() {
        std::vector<const Operation*> logins;
        for (const Operation& one : script_.operations) {
            if (one.kind == Operation::Kind::login) logins.push_back(&one);
        }
        return *logins[logins.size() - 1 - chance_.below(std::min<std::size_t>(3, logins.size()))];
    }
    void add_order_at_expiry() {
        const Operation login = some_login();
        if (login.lifetime > 60s) return;
        const Visit& visit = script_.visits[login.subject];
        const Milliseconds at = login.at + login.lifetime + chance_.between(-3s, 6s);
        script_.orders.push_back(
            {.idp = visit.idp, .principal = visit.principal, .spelling = login.spelling, .issued = at});
        deliver(script_.orders.size() - 1, at);
    }
    void add_leave() {
        const Operation login = some_login();
        Operation& leave =
            add(chance_.one_in(4) ? Operation::Kind::leave_as_principal : Operation::Kind::leave, later());
        leave.subject = login.number;
        // The first of its calls that begins: it has looked for sessions and kept its request.
        const unsigned first = script_.visits[login.subject].idp == 0 ? 6 : 4;
        if (chance_.one_in(6)) leave.faults.push_back({.call = first, .kind = Fault::Kind::lost});
    }
    void add_jump() {
        Operation& jump = add(Operation::Kind::jump, chance_.between(0s, 150s));
        jump.node = chance_.below(script_.nodes + 1);
        jump.moved = chance_.between(-clock_bound, clock_bound);
    }
    void add_something() {
        switch (chance_.below(13)) {
            case 0:
                return add_login(later(), 1s);
            case 1:
                return add_order();
            case 2:
            case 3:
            case 4:
            case 5:
                return repeat();
            case 6:
            case 7:
                return add_leave();
            case 8:
                return static_cast<void>(add(Operation::Kind::recover, later()));
            case 9:
                return static_cast<void>(add(Operation::Kind::send, later()));
            case 10:
                return static_cast<void>(add(Operation::Kind::crash, later()));
            case 11:
                return add_stalled_round();
            default:
                return add_order_at_expiry();
        }
    }
    void hurt() {
        if (chance_.one_in(4)) return;
        for (std::size_t i = 0, count = chance_.below(8); i < count; ++i) {
            Operation& one = script_.operations[chance_.below(script_.operations.size())];
            if (one.kind == Operation::Kind::crash || one.kind == Operation::Kind::jump) continue;
            const std::size_t calls = chance_.one_in(2) ? 8 : 16;
            one.faults.push_back({.call = static_cast<unsigned>(chance_.below(calls)),
                                  .kind = static_cast<Fault::Kind>(chance_.below(6))});
        }
    }

    Chance chance_;
    Script script_;
    Milliseconds scene_{};
};

std::string subject_of(const Script& script, const Operation& one) {
    switch (one.kind) {
        case Operation::Kind::login: {
            const Visit& visit = script.visits[one.subject];
            std::string text = "login s" + std::to_string(one.number) + " of idp" + std::to_string(visit.idp) + "/p" +
                               std::to_string(visit.principal) + " visit v" + std::to_string(one.subject);
            if (!visit.has_index) text += " without index";
            if (one.uses_alias) text += " alias";
            if (one.uses_old_name) text += " old-name";
            if (one.is_from_before) text += " from-before";
            text += " authn " + std::to_string((visit.authn + one.authn_ahead).count()) + " lives " +
                    std::to_string(one.lifetime.count());
            return text + " spelling " + std::to_string(static_cast<int>(one.spelling));
        }
        case Operation::Kind::order: {
            const Order& order = script.orders[one.subject];
            std::string text = "order r" + std::to_string(one.subject) + " of idp" + std::to_string(order.idp) + "/p" +
                               std::to_string(order.principal) + " issued " + std::to_string(order.issued.count());
            for (const std::size_t visit : order.visits) text += " v" + std::to_string(visit);
            if (order.uses_alias) text += " alias";
            return text + " spelling " + std::to_string(static_cast<int>(order.spelling));
        }
        case Operation::Kind::leave:
            return "leave s" + std::to_string(one.subject);
        case Operation::Kind::leave_as_principal:
            return "leave-as-principal s" + std::to_string(one.subject);
        case Operation::Kind::recover:
            return "recover";
        case Operation::Kind::send:
            return "send";
        case Operation::Kind::crash:
            return "crash";
        case Operation::Kind::jump:
            break;
    }
    return "jump to " + std::to_string(one.moved.count());
}

}  // namespace

Script make_script(std::uint64_t seed) {
    return Author(seed).write();
}

std::string describe(Fault::Kind kind) {
    switch (kind) {
        case Fault::Kind::refused:
            return "refused";
        case Fault::Kind::lost:
            return "lost";
        case Fault::Kind::crash_before:
            return "crash before";
        case Fault::Kind::crash_after:
            return "crash after";
        case Fault::Kind::stall_before:
            return "stall before";
        case Fault::Kind::stall_after:
            break;
    }
    return "stall after";
}

std::string describe(const Script& script, const Operation& operation) {
    std::string text = "op" + std::to_string(operation.number) + " at " + std::to_string(operation.at.count()) +
                       " node" + std::to_string(operation.node) + " " + subject_of(script, operation);
    for (const Fault& fault : operation.faults) {
        text += "; " + describe(fault.kind) + " at call " + std::to_string(fault.call);
    }
    return text;
}

}  // namespace slo::simulate
