#include "load.hpp"

#include <algorithm>
#include <utility>

#include "http_client.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t users = 48;
constexpr int login_threads = 2;
constexpr int logout_threads = 6;  // some of them wait for a node that can't reach the store

// What keeps two cores from being all busy with questions.
constexpr auto between_logins = 10ms;
constexpr auto between_checks = 8ms;
constexpr auto between_logouts = 60ms;
// Whoever isn't answered asks again after a while.
constexpr auto before_a_repeat = 100ms;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string form_of(const SessionFacts& session, const saml::EntityID& idp) {
    const saml::NameID name = examples::persistent_name(session.user);
    using examples::escape;
    std::string form = "local_id=" + escape(session.id) + "&idp=" + escape(idp.str()) +
                       "&name_id=" + escape(name.value) + "&format=" + escape(*name.format) +
                       "&authn_instant=" + escape(saml::format_instant(session.authn_instant)) +
                       "&expires=" + escape(saml::format_instant(session.authn_instant + 8h));
    if (!session.index.empty()) form += "&session_index=" + escape(session.index);
    return form;
}

LoginAnswer login_answer(const std::optional<examples::HttpAnswer>& answer) {
    if (!answer) return LoginAnswer::lost;
    if (answer->status == 201) return LoginAnswer::admitted;
    if (answer->status == 409) return LoginAnswer::refused;
    return answer->status == 503 ? LoginAnswer::unavailable : LoginAnswer::absurd;
}

CheckAnswer check_answer(const std::optional<examples::HttpAnswer>& answer) {
    if (!answer) return CheckAnswer::lost;
    if (answer->status == 200) return CheckAnswer::alive;
    if (answer->status == 404) return CheckAnswer::dead;
    return answer->status == 503 ? CheckAnswer::unavailable : CheckAnswer::absurd;
}

std::string name_of_user(std::size_t user) {
    return "user-" + std::to_string(user);
}

}  // namespace

Load::Load(const Site& site, Recorder& recorder, std::uint64_t seed)
    : site_(site), recorder_(recorder), deadline_(Moment::max()), of_user_(users), watched_(nodes + 1) {
    Random seeds(seed);
    for (int i = 0; i < login_threads; ++i) add_thread([this](Random random) { log_in_and_on(random); }, seeds);
    for (std::size_t door = 0; door < watched_.size(); ++door) {
        add_thread([this, door](Random random) { check_on(door, random); }, seeds);
    }
    for (int i = 0; i < logout_threads; ++i) add_thread([this](Random random) { log_out_and_on(random); }, seeds);
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
    for (const std::size_t session : sessions_) check(session, session % nodes);
}

void Load::log_in_and_on(Random random) {
    while (!stopping_) {
        log_in(invent_login(random), random);
        std::this_thread::sleep_for(between_logins);
    }
}

/// Mostly a new session; sometimes an assertion that was made before a logout and arrives after it.
SessionFacts Load::invent_login(Random& random) {
    const std::lock_guard lock(mutex_);
    const std::string number = std::to_string(++sessions_made_);
    SessionFacts facts{.id = "session-" + number, .user = {}, .index = {}, .authn_instant = now()};
    if (!done_.empty() && random() % 4 == 0) {
        const Done& done = done_[random() % done_.size()];
        facts.user = done.user;
        facts.index = done.index.empty() && random() % 2 == 0 ? "index-" + number : done.index;
        facts.authn_instant = done.request.issue_instant - std::chrono::milliseconds(random() % 60000);
        return facts;
    }
    const std::size_t user = random() % users;
    facts.user = name_of_user(user);
    const auto& others = of_user_[user];
    const auto kind = random() % 10;
    if (kind < 6) facts.index = "index-" + number;
    if (kind >= 6 && kind < 9 && !others.empty()) facts.index = recorder_.session(others.back()).index;
    return facts;
}

/// An application whose login wasn't answered tries it again, at another node perhaps.
void Load::log_in(SessionFacts facts, Random& random) {
    const std::string form = form_of(facts, site_.idp().entity_id());
    const std::string user = facts.user;
    const std::size_t session = recorder_.add_session(std::move(facts));
    for (int tries = 0; tries < 20 && !stopping_; ++tries) {
        const std::size_t node = random() % nodes;
        const Doors& doors = site_.doors();
        const std::uint16_t door = doors.any_node ? *doors.any_node : doors.nodes[node];
        LoginAttempt attempt{.session = session, .span = {}, .answer = LoginAnswer::lost};
        attempt.span.begin = SteadyClock::now();
        const auto answer = examples::call(door, {.method = "POST",
                                                  .path = "/sessions",
                                                  .content_type = "application/x-www-form-urlencoded",
                                                  .body = form,
                                                  .host = doors.hosts[node]});
        attempt.span.end = SteadyClock::now();
        attempt.answer = login_answer(answer);
        recorder_.add(attempt);
        if (attempt.answer == LoginAnswer::admitted || attempt.answer == LoginAnswer::refused) break;
        std::this_thread::sleep_for(before_a_repeat);
    }
    watch({session});
    const std::lock_guard lock(mutex_);
    sessions_.push_back(session);
    for (std::size_t i = 0; i < users; ++i) {
        if (name_of_user(i) == user) of_user_[i].push_back(session);
    }
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

/// Three of four checks are for a session to which something happened lately.
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
    if (door == nodes && !doors.any_node) return;
    const std::uint16_t port = door < nodes ? doors.nodes[door] : *doors.any_node;
    const std::string path = "/sessions/" + recorder_.session(session).id;
    Check check{.session = session, .door = door, .span = {}, .answer = CheckAnswer::lost};
    check.span.begin = SteadyClock::now();
    const auto answer = examples::call(port, {.method = "GET", .path = path, .host = doors.hosts[door % nodes]});
    check.span.end = SteadyClock::now();
    check.answer = check_answer(answer);
    recorder_.add(check);
    if (check.answer == CheckAnswer::lost) std::this_thread::sleep_for(before_a_repeat);
}

void Load::log_out_and_on(Random random) {
    while (!stopping_) {
        log_out(random);
        std::this_thread::sleep_for(between_logouts);
    }
}

/// One logout, by an index or two, of all, or of somebody unknown; sent until it succeeds, and sometimes once more.
void Load::log_out(Random& random) {
    const std::size_t user = random() % 16 == 0 ? users : random() % users;  // nobody has the last name
    std::vector<std::string> indexes;
    {
        const std::lock_guard lock(mutex_);
        if (user < users && !of_user_[user].empty() && random() % 3 != 0) {
            const auto& sessions = of_user_[user];
            const std::size_t wanted = 1 + random() % 2;
            for (std::size_t i = 0; i < wanted; ++i) {
                const std::size_t back = random() % std::min<std::size_t>(sessions.size(), 4);
                const std::string index = recorder_.session(sessions[sessions.size() - 1 - back]).index;
                const bool known = std::find(indexes.begin(), indexes.end(), index) != indexes.end();
                if (!index.empty() && !known) indexes.push_back(index);
            }
        }
    }
    examples::WantedLogout wanted{site_.slo_url(), examples::persistent_name(name_of_user(user)), {}};
    for (const std::string& index : indexes) wanted.session_indexes.push_back(*saml::SessionIndex::parse(index));
    auto request = site_.idp().order(wanted, now());
    if (!request) return;
    const std::size_t logout = recorder_.add_logout({.id = request->id.str(),
                                                     .user = name_of_user(user),
                                                     .indexes = indexes,
                                                     .issue_instant = request->issue_instant,
                                                     .attempts = {}});
    do {
        const LogoutAttempt attempt = send(*request);
        recorder_.add(logout, attempt);
        if (attempt.answer == LogoutAnswer::success) {
            const std::string index = indexes.empty() ? "" : indexes.front();
            return succeed({logout, name_of_user(user), index, *std::move(request), {}}, indexes, random);
        }
        std::this_thread::sleep_for(before_a_repeat);
    } while (SteadyClock::now() < deadline_.load());
}

LogoutAttempt Load::send(const examples::SentLogout& request) const {
    LogoutAttempt attempt{.span = {}, .answer = LogoutAnswer::lost};
    attempt.span.begin = SteadyClock::now();
    const auto answer =
        examples::call(site_.doors().logouts,
                       {.method = "POST", .path = "/saml/slo/soap", .content_type = "text/xml", .body = request.body});
    attempt.span.end = SteadyClock::now();
    if (!answer) return attempt;
    attempt.answer = answer->status == 503 ? LogoutAnswer::busy : LogoutAnswer::other;
    attempt.text = "HTTP status " + std::to_string(answer->status);
    if (answer->status != 200) return attempt;
    const auto status = site_.sp().read_answer(answer->body, request, now());
    attempt.text = status ? examples::short_text(*status) : status.error().code.message();
    if (!status) return attempt;
    if (attempt.text == "Success") attempt.answer = LogoutAnswer::success;
    if (attempt.text.starts_with("Responder")) attempt.answer = LogoutAnswer::responder;
    return attempt;
}

/// The sessions that it named are asked for at once at every door, and so are those of an earlier logout.
void Load::succeed(Done done, const std::vector<std::string>& indexes, Random& random) {
    std::vector<std::size_t> earlier;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < users; ++i) {
            if (name_of_user(i) != done.user) continue;
            constexpr std::size_t enough = 8;
            for (auto one = of_user_[i].rbegin(); one != of_user_[i].rend() && done.named.size() < enough; ++one) {
                const std::string index = recorder_.session(*one).index;
                const bool is_named = std::find(indexes.begin(), indexes.end(), index) != indexes.end();
                if (indexes.empty() || is_named) done.named.push_back(*one);
            }
        }
        if (!done_.empty()) earlier = done_[random() % done_.size()].named;
        done_.push_back(done);
        constexpr std::size_t remembered = 200;
        if (done_.size() > remembered) done_.pop_front();
    }
    watch(done.named);
    watch(earlier);
    if (random() % 4 != 0) return;
    if (random() % 2 == 0) {
        const std::lock_guard lock(mutex_);
        done = done_[random() % done_.size()];
    }
    recorder_.add(done.logout, send(done.request));
}

}  // namespace slo::test
