#include "oracle.hpp"

#include <algorithm>

#include "site.hpp"

namespace slo::simulate {
namespace {

using namespace std::chrono_literals;

/// The order of an IdP whose record has this key, under any name.
std::optional<std::size_t> order_of(const sp::LogoutKey& key) {
    const std::string& id = key.request_id.str();
    if (!id.starts_with("_r")) return std::nullopt;
    return std::stoul(id.substr(2));
}

}  // namespace

void Oracle::blame(const std::string& rule, const std::string& detail) {
    if (violation_) return;
    violation_ = Violation{rule, detail};
    site_.trace("VIOLATION " + rule + ": " + detail);
}

const Visit& Oracle::visit_of(const Login& login) const {
    return site_.script.visits[login.operation->subject];
}

bool Oracle::names(const Order& order, const Login& login) const {
    const Visit& visit = visit_of(login);
    if (visit.idp != order.idp || visit.principal != order.principal) return false;
    if (class_of(order.spelling) != class_of(login.operation->spelling)) return false;
    if (order.visits.empty()) return true;
    return visit.has_index && std::ranges::find(order.visits, login.operation->subject) != order.visits.end();
}

bool Oracle::is_near_miss(const Order& order, const Login& login) const {
    const Visit& visit = visit_of(login);
    if (visit.idp != order.idp || login.authn > order.issued) return false;
    if (visit.principal == order.principal) return class_of(order.spelling) != class_of(login.operation->spelling);
    return visit.has_index && visit.has_long_index &&
           std::ranges::find(order.visits, login.operation->subject) != order.visits.end();
}

bool Oracle::lives(const Login& login) const {
    if (!site_.engine) return false;
    const auto found = site_.engine->find(site_.cast.session_id(*login.operation));
    return found && found->has_value();
}

bool Oracle::has_expired(const Login& login) const {
    return site_.world.now() + 2 * clock_bound >= login.operation->at + login.operation->lifetime;
}

void Oracle::logs_in(const Operation& login) {
    const std::string id = site_.cast.session_id(login).str();
    Login& known = logins_[id];
    known.operation = &login;
    known.id = id;
    known.authn = visit_of(known).authn + login.authn_ahead;
    for (const auto& [number, order] : orders_) {
        if (order.has_succeeded) oblige(number, known);
        if (order.is_sent && names(site_.script.orders[number], known)) known.is_touched = true;
    }
    const Visit& visit = visit_of(known);
    for (const Everywhere& one : everywhere_) {
        const bool is_late = one.idp == visit.idp && one.principal == visit.principal &&
                             one.name_class == class_of(login.spelling) && one.visit == login.subject &&
                             known.authn <= one.authn;
        if (is_late) known.must_be_dead = known.must_be_gone = true;
    }
    has_changed();
}

void Oracle::is_admitted(const Operation& operation) {
    Login& login = logins_[site_.cast.session_id(operation).str()];
    login.is_admitted = true;
    login.admitted_at = site_.world.now();
    if (login.authn > site_.world.now() + 180s + clock_bound) {
        blame("future", login.id + " was admitted, whose AuthnInstant lies ahead of any clock");
    }
    has_changed();
}

/// Only a logout forbids a login.
void Oracle::is_refused(const Operation& operation) {
    const Login& login = logins_[site_.cast.session_id(operation).str()];
    const Visit& visit = visit_of(login);
    const bool has_left = touched_.contains({visit.idp, visit.principal});
    const bool is_founded = login.is_touched || has_left || std::ranges::any_of(orders_, [&](const auto& one) {
                                const Order& order = site_.script.orders[one.first];
                                return order.idp == visit.idp && order.principal == visit.principal;
                            });
    if (!is_founded) blame("refused", login.id + " was refused, and no logout had been ordered");
}

Oracle::Answer Oracle::is_sent(std::size_t number) {
    KnownOrder& order = orders_[number];
    if (order.has_succeeded) return Answer::success;
    if (order.is_sent) return Answer::any;
    order.is_sent = true;
    order.sent_at = site_.world.now();
    for (auto& [id, login] : logins_) {
        if (names(site_.script.orders[number], login)) login.is_touched = true;
    }
    return Answer::any;
}

void Oracle::oblige(std::size_t number, Login& login) const {
    const Order& order = site_.script.orders[number];
    const auto named = named_.find("_r" + std::to_string(number));
    const bool was_named = named != named_.end() && named->second.contains(login.id);
    if (!was_named && (!names(order, login) || login.authn > order.issued)) return;
    login.must_be_dead = true;
    // The host ends an expired session by itself: a logout that comes later may not find it any more.
    if (was_named || !has_expired(login)) login.must_be_gone = true;
}

void Oracle::is_answered(std::size_t number, Answer answer, Answer expected, const Actor& actor) {
    KnownOrder& order = orders_[number];
    if (answer == Answer::failure) {
        if (expected == Answer::success && !actor.is_hurt && !may_mean_another(site_.script.orders[number])) {
            blame("answer_changed", "r" + std::to_string(number) + " was a Success, and isn't any more");
        }
        return;
    }
    site_.trace("Success for r" + std::to_string(number));
    order.has_succeeded = true;
    for (auto& [id, login] : logins_) oblige(number, login);
    check_near_misses(number);
    has_changed();
}

/// Whether a near miss has come since: an order that has named no session is then no Success any more.
bool Oracle::may_mean_another(const Order& order) const {
    return std::ranges::any_of(logins_, [&](const auto& login) { return is_near_miss(order, login.second); });
}

/// A Success for an order that has named no session, while another one is here that it seems to mean.
void Oracle::check_near_misses(std::size_t number) {
    const Order& order = site_.script.orders[number];
    for (const auto& [id, login] : logins_) {
        if (names(order, login)) return;
    }
    for (const auto& [id, login] : logins_) {
        if (!login.is_admitted || login.admitted_at >= orders_[number].sent_at || has_expired(login)) continue;
        if (!is_near_miss(order, login) || !lives(login)) continue;
        blame("near_miss",
              "Success for r" + std::to_string(number) + ", which names no session, while " + id + " lives");
    }
}

void Oracle::leaves(const Operation& chosen) {
    const Visit& its = site_.script.visits[chosen.subject];
    touched_.insert({its.idp, its.principal});
}

void Oracle::has_left(const Operation& leave, const Operation& chosen, const Actor& actor,
                      const sp::GlobalLogoutResult& result) {
    const auto& parts = result.idps;
    const bool is_unknown =
        std::ranges::any_of(parts, [](const auto& part) { return part.why == "store.outcome_unknown"; });
    const bool is_kept = std::ranges::all_of(
        parts, [](const auto& part) { return part.retried == sp::Retried::yes || part.local.complete(); });
    const bool is_gone = std::ranges::all_of(parts, [](const auto& part) { return part.local.complete(); });
    std::vector<std::string> meant = actor.found;
    for (const std::string& id : actor.named) {
        const bool shares_index = logins_[id].operation->subject == chosen.subject;
        if (leave.kind == Operation::Kind::leave_as_principal || shares_index) meant.push_back(id);
    }
    for (const std::string& id : meant) {
        Login& login = logins_[id];
        if (is_unknown && is_kept) login.must_end = true;
        if (is_unknown) continue;
        login.must_be_dead = true;
        if (is_gone) login.must_be_gone = true;
    }
    if (result.extent == sp::Extent::everywhere) left_everywhere(chosen, actor, result);
    has_changed();
}

void Oracle::left_everywhere(const Operation& chosen, const Actor& actor, const sp::GlobalLogoutResult& result) {
    std::size_t logouts = 0;
    for (const auto& part : result.idps) logouts += part.logouts;
    if (actor.proofs < logouts) blame("everywhere", "everywhere, and an IdP hasn't said so");
    const Visit& visit = site_.script.visits[chosen.subject];
    if (!visit.has_index || actor.found.empty()) return;
    everywhere_.push_back(
        {visit.idp, visit.principal, class_of(chosen.spelling), chosen.subject, visit.authn + chosen.authn_ahead});
}

void Oracle::has_named(const sp::LogoutKey& key, const std::vector<sp::Session>& sessions) {
    begun_.emplace(key.idp.str() + " " + key.request_id.str(), site_.world.now());
    const auto number = order_of(key);
    for (const sp::Session& session : sessions) {
        const auto login = logins_.find(session.id.str());
        if (login == logins_.end()) continue;
        login->second.has_been_named = login->second.must_end = true;
        if (!number) continue;
        named_["_r" + std::to_string(*number)].insert(session.id.str());
        if (orders_[*number].has_succeeded) oblige(*number, login->second);
    }
}

void Oracle::is_told(const std::string& session) {
    if (site_.calls.is_at_work_on(session)) {
        blame("two_calls", "the application is told of " + session + ", which it is at work on");
    }
}

void Oracle::is_forgotten_unasked(const sp::LogoutKey& key) {
    constexpr Milliseconds surely_in_time = 4min;
    const auto begun = begun_.find(key.idp.str() + " " + key.request_id.str());
    if (begun == begun_.end() || site_.world.now() - begun->second > surely_in_time) return;
    blame("forgotten", "a kept request is forgotten whose logout has begun, and its IdP wasn't asked");
}

void Oracle::check(const Login& login) {
    if (login.must_be_dead && lives(login)) blame("lives", login.id + " is alive, and its logout has been confirmed");
    if (!login.must_be_gone) return;
    const bool is_known = login.is_admitted || login.has_been_named;
    if (is_known && site_.table.has(login.id, site_.world.now())) {
        blame("in_application", "the application has " + login.id + ", and its logout has been confirmed");
    }
    if (site_.calls.is_at_work_on(login.id)) {
        blame("at_work", "the application is at work on " + login.id + ", and its logout has been confirmed");
    }
}

void Oracle::check() {
    if (!is_changed_ || !site_.engine) return;
    is_changed_ = false;
    for (const auto& [id, login] : logins_) {
        if (login.must_be_dead || login.must_be_gone) check(login);
    }
}

bool Oracle::is_settled() {
    if (!site_.engine || site_.calls.is_at_work()) return false;
    const auto unfinished = site_.engine->unfinished_logouts();
    if (!unfinished || !unfinished->empty()) return false;
    return std::ranges::none_of(logins_, [&](const auto& login) {
        return login.second.must_end && (lives(login.second) || site_.table.has(login.second.id, site_.world.now()));
    });
}

void Oracle::check_what_lives() {
    if (!site_.engine) return;
    for (const auto& [id, login] : logins_) {
        const Visit& visit = visit_of(login);
        if (!login.is_admitted || login.is_touched || touched_.contains({visit.idp, visit.principal})) continue;
        if (has_expired(login) || lives(login)) continue;
        blame("over_kill", id + " is gone, and no order named it");
    }
}

void Oracle::check_the_end() {
    check_what_lives();
    for (const auto& [id, login] : logins_) {
        if (!login.must_end) continue;
        if (lives(login)) blame("never_ended", id + " is alive at last, and its logout has begun");
        if (site_.table.has(id, site_.world.now())) blame("never_ended", "the application has " + id + " at last");
    }
    const auto unfinished = site_.engine->unfinished_logouts();
    if (unfinished && !unfinished->empty()) blame("unfinished", "a logout is never finished");
}

}  // namespace slo::simulate
