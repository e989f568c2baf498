// How many sessions one principal may have: counted exactly, without expired ones, and at no other principal's cost.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <map>
#include <random>
#include <thread>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr StoreSettings three_each{.max_sessions_per_principal = 3};

bool is_full_for(Trial& trial, const sp::Session& session) {
    const auto admitted = trial.store->admit(session);
    return !admitted && admitted.error().code == sp::StoreErrc::principal_full;
}

sp::Session expiring(std::string_view id, Instant expires) {
    sp::Session session = session_of(id);
    session.expires = expires;
    return session;
}

sp::Session of_another(std::string_view id) {
    sp::Session session = session_of(id);
    session.name_id.value = "N2";
    return session;
}

/// A session whose one index stands for its principal.
sp::Session by_index(std::string_view id, const std::string& index) {
    sp::Session session = session_with(id, {index});
    session.named_by = sp::NamedBy::session_index;
    return session;
}

void a_principal_has_as_many_sessions_as_it_may(MakeStore make_store) {
    Trial trial(make_store, three_each);
    trial.login({session_of("a"), session_of("b"), session_of("c")});
    for (int i = 0; i < 9; ++i) BOOST_TEST(is_full_for(trial, session_of("d" + std::to_string(i))));
    BOOST_TEST(trial.admits(of_another("d0")));  // the id, too, is free
    BOOST_TEST(trial.admits(session_of("a")));   // it is there already
    for (const char* id : {"a", "b", "c", "d0"}) BOOST_TEST(trial.is_alive(id), id);
    BOOST_TEST(!trial.is_alive("d1"));
    BOOST_TEST(trial.begin(order_for_all("r")) == "a b c");
}

void a_principal_is_named_by_an_index_of_two_lines(MakeStore make_store) {
    Trial trial(make_store, three_each);
    const std::string index = "an-index-of\ntwo-long-lines";
    for (const char* id : {"a", "b", "c"}) BOOST_TEST(trial.admits(by_index(id, index)));
    BOOST_TEST(is_full_for(trial, by_index("d", index)));
    sp::LogoutOrder order = order_for("r", {index});
    order.matching = saml::NameIDMatching::session_index;
    BOOST_TEST(trial.begin(order) == "a b c");
}

void the_refusal_says_how_many_and_what_to_do(MakeStore make_store) {
    Trial trial(make_store, three_each);
    trial.login({session_of("a"), session_of("b"), session_of("c")});
    const std::string detail = trial.store->admit(session_of("d")).error().detail;
    for (const char* part : {"one user has 3 live sessions", "raise max_sessions_per_principal", "without ever"}) {
        BOOST_TEST((detail.find(part) != std::string::npos), detail);
    }
}

void another_idps_user_of_that_name_has_a_count_of_its_own(MakeStore make_store) {
    Trial trial(make_store, three_each);
    trial.login({session_of("a"), session_of("b"), session_of("c")});
    sp::Session elsewhere = session_of("d");
    elsewhere.idp = other_idp_id;
    BOOST_TEST(trial.admits(elsewhere));
    BOOST_TEST(is_full_for(trial, session_of("e")));
}

void an_expired_session_is_not_counted(MakeStore make_store) {
    Trial trial(make_store, three_each);
    trial.login({session_of("a"), expiring("b", noon + 1min), expiring("c", noon + 2min)});
    trial.clock.set(noon + 1min - 1ms);
    BOOST_TEST(is_full_for(trial, session_of("d")));
    trial.clock.set(noon + 1min);
    BOOST_TEST(trial.admits(session_of("d")));
    BOOST_TEST(is_full_for(trial, session_of("e")));
    trial.clock.set(noon + 2min);
    BOOST_TEST(trial.admits(session_of("e")));
    BOOST_TEST(is_full_for(trial, session_of("f")));
    for (const char* id : {"a", "d", "e"}) BOOST_TEST(trial.is_alive(id), id);
}

void an_ending_session_is_counted_even_if_expired(MakeStore make_store) {
    Trial trial(make_store, three_each);
    sp::Session ending = session_with("a", {"i9"});
    ending.expires = noon + 1min;
    trial.login({ending, session_of("b"), session_of("c")});
    BOOST_TEST(trial.begin(order_for("r", {"i9"})) == "a");
    BOOST_TEST(is_full_for(trial, session_of("d")));
    trial.clock.set(noon + 1h);
    BOOST_TEST(is_full_for(trial, session_of("d")));
    trial.complete(order_for("r", {"i9"}), {"a"});
    BOOST_TEST(trial.admits(session_of("d")));
    BOOST_TEST(is_full_for(trial, session_of("e")));
}

void a_logout_before_the_login_is_told_of_first(MakeStore make_store) {
    Trial trial(make_store, three_each);
    trial.log_out(order_for("r", {"i9"}));
    trial.login({session_of("a"), session_of("b"), session_of("c")});
    BOOST_TEST(!trial.admits(session_with("late", {"i9"})));
}

void each_index_that_stands_for_a_principal_is_counted_alone(MakeStore make_store) {
    Trial trial(make_store, three_each);
    const std::string one = "_an-index-that-is-one-users", other = "_an-index-that-is-anothers";
    trial.login({by_index("a", one), by_index("b", one), by_index("c", one)});
    BOOST_TEST(is_full_for(trial, by_index("d", one)));
    trial.login({by_index("d", other), session_with("e", {one}), session_with("f", {one}), session_with("g", {one})});
    BOOST_TEST(is_full_for(trial, session_of("h")));
    BOOST_TEST(trial.admits(by_index("h", other)));
    trial.clock.set(session_of("any").expires);
    sp::Session later = by_index("i", one);
    later.expires += 1h;
    BOOST_TEST(trial.admits(later));
}

void many_logins_at_once_are_counted_exactly(MakeStore make_store) {
    constexpr int threads = 6, logins = 12, most = 20;
    Trial trial(make_store, {.max_sessions_per_principal = most});
    std::atomic<int> admitted = 0, refused = 0;
    std::latch start(threads);
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < threads; ++i) {
            all.emplace_back([&, i] {
                start.arrive_and_wait();
                for (int k = 0; k < logins; ++k) {
                    const auto id = std::to_string(i) + "." + std::to_string(k);
                    const auto admission = trial.store->admit(session_of(id));
                    if (admission && *admission == sp::Admission::admitted) ++admitted;
                    if (!admission && admission.error().code == sp::StoreErrc::principal_full) ++refused;
                }
            });
        }
    }
    BOOST_TEST(admitted == most);
    BOOST_TEST(refused == threads * logins - most);
}

/// A principal as it should be: its live and its ending sessions, at every moment.
class Counted {
public:
    explicit Counted(MakeStore make_store) : trial_(make_store, {.max_sessions_per_principal = most}) {}

    void do_something() {
        switch (random_() % 8) {
            case 0:
                return trial_.clock.advance(std::chrono::seconds(random_() % 90));
            case 1:
                return begin();
            case 2:
                return complete();
            default:
                return log_in();
        }
    }
    [[nodiscard]] int refusals() const { return refusals_; }
    [[nodiscard]] int admissions() const { return admissions_; }

private:
    static constexpr int most = 5;

    void log_in() {
        const std::string id = "s" + std::to_string(++logins_);
        sp::Session session = session_with(id, {id});
        session.authn_instant = noon + 1h;
        session.expires = trial_.clock.now() + std::chrono::seconds(1 + random_() % 200);
        const auto counts = [now = trial_.clock.now()](const auto& one) { return one.second > now; };
        const bool has_room = static_cast<std::size_t>(std::ranges::count_if(live_, counts)) + ending_.size() < most;
        const auto admission = trial_.store->admit(session);
        BOOST_TEST_REQUIRE(admission.has_value() == has_room);
        ++(has_room ? admissions_ : refusals_);
        if (has_room) live_[id] = session.expires;
    }
    void begin() {
        std::erase_if(live_, [now = trial_.clock.now()](const auto& one) { return one.second <= now; });
        if (live_.empty()) return;
        const std::string id = live_.begin()->first;
        BOOST_TEST_REQUIRE(trial_.begin(order_for("r" + id, {id})) == id);
        ending_.push_back(id);
        live_.erase(id);
    }
    void complete() {
        if (ending_.empty()) return;
        trial_.complete(order_for("r" + ending_.back(), {ending_.back()}), {ending_.back()});
        ending_.pop_back();
    }

    Trial trial_;
    std::mt19937 random_{20260301};
    std::map<std::string, Instant> live_;
    std::vector<std::string> ending_;
    int logins_ = 0;
    int admissions_ = 0;
    int refusals_ = 0;
};

void whatever_comes_and_goes_is_counted_exactly(MakeStore make_store) {
    Counted counted(make_store);
    for (int i = 0; i < 1'200; ++i) counted.do_something();
    BOOST_TEST(counted.refusals() > 100);
    BOOST_TEST(counted.admissions() > 100);
}

}  // namespace

std::vector<ContractCase> principal_contract() {
    return {
        {"a_principal_has_as_many_sessions_as_it_may", a_principal_has_as_many_sessions_as_it_may},
        {"a_principal_is_named_by_an_index_of_two_lines", a_principal_is_named_by_an_index_of_two_lines},
        {"the_refusal_says_how_many_and_what_to_do", the_refusal_says_how_many_and_what_to_do},
        {"another_idps_user_of_that_name_has_a_count_of_its_own",
         another_idps_user_of_that_name_has_a_count_of_its_own},
        {"an_expired_session_is_not_counted", an_expired_session_is_not_counted},
        {"an_ending_session_is_counted_even_if_expired", an_ending_session_is_counted_even_if_expired},
        {"a_logout_before_the_login_is_told_of_first", a_logout_before_the_login_is_told_of_first},
        {"each_index_that_stands_for_a_principal_is_counted_alone",
         each_index_that_stands_for_a_principal_is_counted_alone},
        {"many_logins_at_once_are_counted_exactly", many_logins_at_once_are_counted_exactly},
        {"whatever_comes_and_goes_is_counted_exactly", whatever_comes_and_goes_is_counted_exactly},
    };
}

}  // namespace slo::test
