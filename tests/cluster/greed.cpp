#include "greed.hpp"

#include <deque>
#include <utility>

#include "questions.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto between_orders = 50ms;
constexpr auto between_leavers = 100ms;
constexpr auto between_arrivals = 5ms;
/// An order with so many large indexes weighs about as much as so many others, and is as large as a message may be.
constexpr std::size_t large_indexes = 50;
/// One node after the other may have room still.
constexpr int refusals_in_a_row = 12;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

Greed::Greed(const Site& site, Recorder& recorder, std::uint64_t seed)
    : site_(site), recorder_(recorder), idp_(site.other()->idp().entity_id().str()), deadline_(Moment::max()) {
    Random seeds(seed);
    fill(seeds);
    add_thread([this](Random random) { order_and_on(random); }, seeds);
    add_thread([this](Random random) { leave_and_on(random); }, seeds);
    add_thread([this](Random random) { crowd_and_on(random); }, seeds);
}

Greed::~Greed() {
    wind_down(0ms);
}

void Greed::add_thread(std::function<void(Random)> work, Random& seeds) {
    ++working_;
    threads_.emplace_back([this, work = std::move(work), own = Random(seeds())] {
        work(own);
        --working_;
    });
}

void Greed::wind_down(std::chrono::milliseconds patience) {
    deadline_ = SteadyClock::now() + patience;
    stopping_ = true;
}

/// Names no registered user.
std::optional<LogoutAnswer> Greed::order_much(Random& random) const {
    const std::string user = "unknown-" + std::to_string(random());
    examples::WantedLogout wanted{site_.slo_url(), name_in(user, {}), {}};
    for (std::size_t i = 0; i < large_indexes; ++i) {
        wanted.session_indexes.push_back(*saml::SessionIndex::parse(std::string(1000, 'i') + std::to_string(i)));
    }
    const auto request = site_.other()->idp().order(wanted, now());
    if (!request) return std::nullopt;
    return send_order(site_, *request).answer;
}

void Greed::fill(Random& random) {
    const std::size_t quotas = site_.nodes();  // if each node counts the records that it has made
    const std::size_t enough = 2 * quotas * site_.logout_records() / large_indexes;
    int refused = 0;
    for (std::size_t orders = 0; orders < enough && refused < refusals_in_a_row; ++orders) {
        const auto answer = order_much(random);
        if (answer == LogoutAnswer::success) refused = 0;
        if (answer == LogoutAnswer::responder || answer == LogoutAnswer::busy) ++refused;
    }
}

void Greed::order_and_on(Random random) {
    while (!stopping_) {
        const auto answer = order_much(random);
        if (answer == LogoutAnswer::responder || answer == LogoutAnswer::busy) ++refused_;
        std::this_thread::sleep_for(between_orders);
    }
}

void Greed::leave_and_on(Random random) {
    for (std::uint64_t number = 1; !stopping_; ++number) {
        leave(number, random);
        std::this_thread::sleep_for(between_leavers);
    }
}

std::optional<std::size_t> Greed::log_in(const std::string& user, std::uint64_t number, Random& random) {
    const SessionFacts facts{.id = user + "-" + std::to_string(number),
                             .user = user,
                             .index = "index-of-" + user,
                             .authn_instant = now(),
                             .idp = idp_,
                             .is_many = user.starts_with("crowd-")};
    const std::size_t session = recorder_.add_session(facts);
    const LoginAnswer answer = try_log_in(site_, recorder_, session, random).answer;
    if (answer == LoginAnswer::crowded || answer == LoginAnswer::unavailable) ++crowded_;
    return answer == LoginAnswer::admitted ? std::optional(session) : std::nullopt;
}

/// Its IdP orders it first, and may well be refused for its quota: then the user tries.
void Greed::leave(std::uint64_t number, Random& random) {
    const std::string user = "greedy-" + std::to_string(number);
    const auto session = log_in(user, 1, random);
    if (!session) return;
    try_order(recorder_.session(*session), *session, random);
    if (random() % 4 != 0) log_out({.user = user, .sessions = {*session}}, random);
}

void Greed::try_order(const SessionFacts& session, std::size_t place, Random& random) {
    const examples::WantedLogout wanted{site_.slo_url(), name_in(session.user, {}), {}};
    const auto request = site_.other()->idp().order(wanted, now());
    if (!request) return;
    LogoutFacts facts{.id = request->id.str(),
                      .user = session.user,
                      .indexes = {},
                      .issue_instant = request->issue_instant,
                      .idp = idp_,
                      .may_be_refused = true};
    const std::size_t logout = recorder_.add_logout(std::move(facts));
    for (std::size_t tries = 1 + random() % 3; tries > 0; --tries) {
        recorder_.add(logout, send_order(site_, *request));
        check_session(site_, recorder_, place, random() % site_.nodes());
    }
}

void Greed::log_out(const Departure& departure, Random& random) {
    log_out_here(site_, recorder_, departure, random, [this] { return SteadyClock::now() < deadline_.load(); });
}

/// One user after the other gets as many sessions as they may, until the store has no room for more or there are
/// enough of them; then they leave, one after the other.
void Greed::crowd_and_on(Random random) {
    constexpr std::size_t crowds = most_sessions / most_sessions_of_one;
    constexpr std::size_t more = 3;
    std::deque<Departure> here;
    for (std::uint64_t number = 1; !stopping_; ++number) {
        Departure crowd{.user = "crowd-" + std::to_string(number), .sessions = {}};
        for (std::uint64_t i = 1; i <= most_sessions_of_one + more && !stopping_; ++i) {
            if (const auto session = log_in(crowd.user, i, random)) crowd.sessions.push_back(*session);
            std::this_thread::sleep_for(between_arrivals);
        }
        const bool is_full = crowd.sessions.size() < most_sessions_of_one;
        if (!crowd.sessions.empty()) here.push_back(std::move(crowd));
        while (!here.empty() && (is_full || here.size() > crowds) && !stopping_) {
            log_out(here.front(), random);
            here.pop_front();
            if (random() % 4 == 0) break;
        }
    }
}

}  // namespace slo::test
