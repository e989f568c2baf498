#include "departures.hpp"

#include <utility>

#include "questions.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int arrival_threads = 2;
constexpr int departure_threads = 6;  // some wait for the IdP
constexpr std::size_t stock = 120;
constexpr auto between_arrivals = 15ms;
constexpr auto between_departures = 150ms;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

Departures::Departures(const Site& site, Recorder& recorder, std::uint64_t seed)
    : site_(site), recorder_(recorder), deadline_(Moment::max()) {
    Random seeds(seed);
    working_ = arrival_threads + departure_threads;
    for (int i = 0; i < arrival_threads; ++i) {
        threads_.emplace_back([this, random = Random(seeds())] {
            arrive_and_on(random);
            --working_;
        });
    }
    for (int i = 0; i < departure_threads; ++i) {
        threads_.emplace_back([this, random = Random(seeds())] {
            leave_and_on(random);
            --working_;
        });
    }
}

Departures::~Departures() {
    wind_down(0ms);
}

void Departures::wind_down(std::chrono::milliseconds patience) {
    deadline_ = SteadyClock::now() + patience;
    stopping_ = true;
}

void Departures::ask_for_all() {
    for (const std::size_t session : sessions_) check_session(site_, recorder_, session, session % site_.nodes());
}

void Departures::arrive_and_on(Random random) {
    while (!stopping_) {
        bool is_enough = false;
        {
            const std::lock_guard lock(mutex_);
            is_enough = here_.size() >= stock;
        }
        if (!is_enough) arrive(random);
        std::this_thread::sleep_for(between_arrivals);
    }
}

/// One to three sessions that are one at the IdP. A user who isn't admitted doesn't try again.
void Departures::arrive(Random& random) {
    Departure group;
    std::string idp;
    {
        const std::lock_guard lock(mutex_);
        group.user = "leaves-" + std::to_string(++groups_);
    }
    // The usual IdP can't be asked.
    if (random() % 4 != 0) idp = site_.other()->idp().entity_id().str();
    const Instant authn_instant = now();
    for (std::size_t left = 1 + random() % 3; left > 0; --left) {
        const SessionFacts facts{.id = group.user + "-" + std::to_string(left),
                                 .user = group.user,
                                 .index = "index-of-" + group.user,
                                 .authn_instant = authn_instant,
                                 .idp = idp};
        const std::size_t session = recorder_.add_session(facts);
        const LoginAttempt attempt = try_log_in(site_, recorder_, session, random);
        if (attempt.answer == LoginAnswer::admitted) group.sessions.push_back(session);
    }
    if (group.sessions.empty()) return;
    const std::lock_guard lock(mutex_);
    sessions_.insert(sessions_.end(), group.sessions.begin(), group.sessions.end());
    here_.push_back(std::move(group));
}

void Departures::leave_and_on(Random random) {
    while (!stopping_) {
        std::this_thread::sleep_for(between_departures);
        // Counted first, so that a count of none means that none begins either.
        ++leaving_;
        Departure group;
        if (!resting_) {
            const std::lock_guard lock(mutex_);
            if (!here_.empty()) {
                group = std::move(here_.front());
                here_.pop_front();
            }
        }
        if (!group.sessions.empty()) {
            log_out_here(site_, recorder_, group, random, [this] { return SteadyClock::now() < deadline_.load(); });
        }
        --leaving_;
    }
}

}  // namespace slo::test
