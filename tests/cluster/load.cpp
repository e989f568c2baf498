#include "load.hpp"

#include <algorithm>
#include <utility>

#include "http_client.hpp"
#include "questions.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t users = 48;
constexpr int login_threads = 2;
constexpr int logout_threads = 6;       // some of them wait for a node that can't reach the store
constexpr int more_logout_threads = 8;  // and more for an application
constexpr int rival_threads = 3;
constexpr int take_up_threads = 6;
// With more of them left, nothing new is ordered: each must get its turn again long before its NotOnOrAfter.
constexpr std::size_t most_left = 40;

// Keeps two cores from being busy with questions all the time.
constexpr auto between_logins = 10ms;
constexpr auto between_checks = 8ms;
constexpr auto between_logouts = 60ms;
// A sender without an answer asks again after a while.
constexpr auto before_a_repeat = 100ms;
// After this a logout is left to the threads that take up old ones, so that others get their turn.
constexpr auto pursued_for = 3s;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string name_of_user(std::size_t user) {
    return "user-" + std::to_string(user);
}

}  // namespace

Load::Load(const Site& site, Recorder& recorder, std::uint64_t seed)
    : site_(site), recorder_(recorder), deadline_(Moment::max()), of_user_(users), watched_(site.nodes() + 1) {
    Random seeds(seed);
    for (int i = 0; i < login_threads; ++i) add_thread([this](Random random) { log_in_and_on(random); }, seeds);
    for (std::size_t door = 0; door < watched_.size(); ++door) {
        add_thread([this, door](Random random) { check_on(door, random); }, seeds);
    }
    const int ordering = logout_threads + (site.application() != nullptr ? more_logout_threads : 0);
    pursuing_ = ordering + rival_threads + 1;
    for (int i = 0; i < ordering; ++i) add_thread([this](Random random) { log_out_and_on(random); }, seeds);
    for (int i = 0; i < rival_threads; ++i) add_thread([this](Random random) { rival_on(random); }, seeds);
    add_thread([this](Random random) { miss_nearly_and_on(random); }, seeds);
    for (int i = 0; i < take_up_threads; ++i) add_thread([this](Random random) { take_up_on(random); }, seeds);
}

Load::~Load() {
    wind_down(0ms);
}

void Load::add_thread(std::function<void(Random)> work, Random& seeds) {
    ++working_;
    threads_.emplace_back([this, work = std::move(work), own = Random(seeds())] {
        work(own);
        --working_;
    });
}

void Load::wind_down(std::chrono::milliseconds patience) {
    deadline_ = SteadyClock::now() + patience;
    stopping_ = true;
}

void Load::ask_for_all() {
    for (const std::size_t session : sessions_) check(session, session % site_.nodes());
}

void Load::log_in_and_on(Random random) {
    while (!stopping_) {
        const std::size_t session = recorder_.add_session(invent_login(random));
        log_in(session, random);
        std::this_thread::sleep_for(between_logins);
    }
}

/// Mostly a new session; sometimes an assertion that was made before a logout and arrives after it.
SessionFacts Load::invent_login(Random& random) {
    const std::lock_guard lock(mutex_);
    const std::string number = std::to_string(++sessions_made_);
    SessionFacts facts{.id = "session-" + number, .user = {}, .index = {}, .authn_instant = now()};
    if (!done_.empty() && random() % 4 == 0) {
        const LogoutFacts& done = done_[random() % done_.size()].facts;
        facts.user = done.user;
        facts.form = done.form;
        if (!done.indexes.empty()) facts.index = done.indexes.front();
        if (done.indexes.empty() && random() % 2 == 0) facts.index = "index-" + number;
        facts.authn_instant = done.issue_instant - std::chrono::milliseconds(random() % 60000);
        return facts;
    }
    const std::size_t user = random() % users;
    facts.user = name_of_user(user);
    facts.is_strangers = random() % 50 == 0;
    facts.expires_soon = random() % 6 == 0;
    const auto& others = of_user_[user];
    const auto kind = random() % 10;
    if (kind < 6) facts.index = "index-" + number;
    if (kind >= 6 && kind < 9 && !others.empty()) facts.index = recorder_.session(others.back()).index;
    return facts;
}

LoginAttempt Load::try_log_in(std::size_t session, const std::string& form, Random& random) const {
    const std::size_t node = random() % site_.nodes();
    const Doors& doors = site_.doors();
    const std::uint16_t door = doors.any_node ? *doors.any_node : doors.nodes[node];
    LoginAttempt attempt{.session = session, .span = {}, .answer = LoginAnswer::lost};
    attempt.span.begin = SteadyClock::now();
    const auto answer = examples::call(door, login_call(form, doors.hosts[node]));
    attempt.span.end = SteadyClock::now();
    attempt.answer = login_answer(answer, site_);
    return attempt;
}

/// An application whose login wasn't answered tries it again, at another node perhaps.
bool Load::log_in(std::size_t session, Random& random) {
    const SessionFacts facts = recorder_.session(session);
    const std::string form = login_form(facts, site_, random);
    LoginAnswer answer = LoginAnswer::lost;
    for (int tries = 0; tries < 20 && !stopping_; ++tries) {
        const LoginAttempt attempt = try_log_in(session, form, random);
        recorder_.add(attempt);
        answer = attempt.answer;
        if (answer != LoginAnswer::unavailable && answer != LoginAnswer::lost) break;
        std::this_thread::sleep_for(before_a_repeat);
    }
    watch({session});
    const std::lock_guard lock(mutex_);
    sessions_.push_back(session);
    for (std::size_t i = 0; i < users; ++i) {
        if (name_of_user(i) == facts.user && !facts.is_strangers) of_user_[i].push_back(session);
    }
    return answer == LoginAnswer::admitted;
}

void Load::watch(const std::vector<std::size_t>& sessions) {
    constexpr std::size_t most = 400;  // the oldest are dropped: they have been asked for often enough
    const std::lock_guard lock(mutex_);
    for (auto& door : watched_) {
        door.insert(door.end(), sessions.begin(), sessions.end());
        while (door.size() > most) door.pop_front();
    }
}

void Load::check_on(std::size_t door, Random random) {
    while (!stopping_) {
        if (const auto session = choose_session(door, random)) check(*session, door);
        std::this_thread::sleep_for(between_checks);
    }
}

/// Three of four checks are for a session with a recent event.
std::optional<std::size_t> Load::choose_session(std::size_t door, Random& random) {
    constexpr std::size_t recent = 300;
    const std::lock_guard lock(mutex_);
    auto& watched = watched_[door];
    if (!watched.empty() && random() % 4 != 0) {
        const std::size_t session = watched.front();
        watched.pop_front();
        return session;
    }
    if (sessions_.empty()) return std::nullopt;
    const std::size_t span = random() % 2 == 0 ? std::min(sessions_.size(), recent) : sessions_.size();
    return sessions_[sessions_.size() - 1 - random() % span];
}

void Load::check(std::size_t session, std::size_t door) {
    const Doors& doors = site_.doors();
    if (door == site_.nodes() && !doors.any_node) return;
    const std::uint16_t port = door < site_.nodes() ? doors.nodes[door] : *doors.any_node;
    const std::string path = "/sessions/" + recorder_.session(session).id;
    Check check{.session = session, .door = door, .span = {}, .answer = CheckAnswer::lost};
    check.span.begin = SteadyClock::now();
    const auto answer =
        examples::call(port, {.method = "GET", .path = path, .host = doors.hosts[door % site_.nodes()]});
    check.span.end = SteadyClock::now();
    check.answer = check_answer(answer, site_);
    recorder_.add(check);
    if (check.answer == CheckAnswer::lost) std::this_thread::sleep_for(before_a_repeat);
}

void Load::log_out_and_on(Random random) {
    while (!stopping_) {
        if (may_order()) log_out(random);
        std::this_thread::sleep_for(between_logouts);
    }
    --pursuing_;
}

bool Load::may_order() {
    const std::lock_guard lock(mutex_);
    return left_.size() < most_left;
}

/// Some of the user's latest; empty: all.
std::vector<std::string> Load::choose_indexes(std::size_t user, Random& random) {
    std::vector<std::string> indexes;
    const std::lock_guard lock(mutex_);
    if (user >= users || of_user_[user].empty() || random() % 3 == 0) return indexes;
    const auto& sessions = of_user_[user];
    const std::size_t wanted = 1 + random() % 2;
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::size_t back = random() % std::min<std::size_t>(sessions.size(), 4);
        const std::string index = recorder_.session(sessions[sessions.size() - 1 - back]).index;
        const bool known = std::find(indexes.begin(), indexes.end(), index) != indexes.end();
        if (!index.empty() && !known) indexes.push_back(index);
    }
    return indexes;
}

std::optional<Load::Order> Load::order(LogoutFacts facts, Random& random) {
    saml::NameID name = name_in(facts.user, facts.form);
    vary(name, site_, random);
    examples::WantedLogout wanted{site_.slo_url(), std::move(name), {}};
    for (const std::string& index : facts.indexes) wanted.session_indexes.push_back(*saml::SessionIndex::parse(index));
    auto request = (random() % 4 == 0 ? site_.alias() : site_.idp()).order(wanted, now());
    if (!request) return std::nullopt;
    facts.id = request->id.str();
    facts.issue_instant = request->issue_instant;
    const std::size_t logout = recorder_.add_logout(facts);
    return Order{logout, std::move(facts), *std::move(request), {}};
}

/// One logout, by an index or two, of all, or of an unknown user. Of some the IdP sends the very same at the same
/// time, or another one that names the same sessions.
void Load::log_out(Random& random) {
    const std::size_t user = random() % 16 == 0 ? users : random() % users;  // no user has the last name
    LogoutFacts facts{.id = {}, .user = name_of_user(user), .indexes = {}, .issue_instant = {}};
    facts.indexes = choose_indexes(user, random);
    auto one = order(facts, random);
    if (!one) return;
    const auto dice = random() % 4;
    if (dice == 1 && random() % 2 == 0) facts.indexes.clear();
    auto rival = dice == 0 ? one : dice == 1 ? order(facts, random) : std::nullopt;
    if (rival) {
        const std::lock_guard lock(mutex_);
        rivals_.push_back(*std::move(rival));
    }
    pursue(*std::move(one), random);
}

void Load::rival_on(Random random) {
    while (!stopping_) {
        std::optional<Order> next;
        {
            const std::lock_guard lock(mutex_);
            if (!rivals_.empty()) next = std::move(rivals_.front());
            if (next) rivals_.pop_front();
        }
        if (next) pursue(*std::move(next), random);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
    }
    --pursuing_;
}

void Load::take_up_on(Random random) {
    for (;;) {
        std::optional<Order> next;
        {
            const std::lock_guard lock(mutex_);
            if (left_.empty() && stopping_ && pursuing_ == 0) return;
            if (!left_.empty()) next = std::move(left_.front());
            if (next) left_.pop_front();
        }
        std::this_thread::sleep_for(before_a_repeat);
        if (!next) continue;
        if (send_once(*next) == LogoutAnswer::success) {
            succeed(*std::move(next), random);
            continue;
        }
        if (SteadyClock::now() >= deadline_.load()) return;
        const std::lock_guard lock(mutex_);
        left_.push_back(*std::move(next));
    }
}

void Load::pursue(Order order, Random& random) {
    const Moment patience = SteadyClock::now() + pursued_for;
    do {
        if (send_once(order) == LogoutAnswer::success) return succeed(std::move(order), random);
        std::this_thread::sleep_for(before_a_repeat);
    } while (SteadyClock::now() < patience);
    const std::lock_guard lock(mutex_);
    left_.push_back(std::move(order));
}

LogoutAnswer Load::send_once(const Order& order) {
    LogoutAttempt attempt = send_order(site_, order.request);
    const LogoutAnswer answer = attempt.answer;
    recorder_.add(order.logout, std::move(attempt));
    return answer;
}

/// The sessions that it named are asked for at once at every door, and so are those of an earlier logout.
void Load::succeed(Order order, Random& random) {
    std::vector<std::size_t> earlier;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < users; ++i) {
            if (name_of_user(i) != order.facts.user) continue;
            constexpr std::size_t enough = 8;
            for (auto one = of_user_[i].rbegin(); one != of_user_[i].rend() && order.named.size() < enough; ++one) {
                if (order.facts.names(recorder_.session(*one))) order.named.push_back(*one);
            }
        }
        if (!done_.empty()) earlier = done_[random() % done_.size()].named;
        done_.push_back(order);
        constexpr std::size_t remembered = 200;
        if (done_.size() > remembered) done_.pop_front();
    }
    watch(order.named);
    watch(earlier);
    if (random() % 4 != 0) return;
    if (random() % 2 == 0) {
        const std::lock_guard lock(mutex_);
        order = done_[random() % done_.size()];
    }
    static_cast<void>(send_once(order));
}

}  // namespace slo::test
