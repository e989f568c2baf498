// A node that dies, or loses its servers, before any of its requests: then the IdP comes again, to another node.
#include <boost/test/unit_test.hpp>

#include "redis/redis_store_impl.hpp"
#include "redis_server.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using sp::redis::Answer;
using sp::redis::Request;

/// Where the line is cut.
enum class Cut { before_request, before_answer };

/// Passes so many requests on, and then no more; the next one still arrives where it's its answer that is cut off.
class FailingServers final : public sp::redis::Servers {
public:
    FailingServers(Servers& servers, int passed, Cut cut) : servers_(servers), left_(passed), cut_(cut) {}

    Result<Answer> call(Request request) override {
        const int left = left_--;
        if (left > 0) return servers_.call(std::move(request));
        if (left == 0 && cut_ == Cut::before_answer) static_cast<void>(servers_.call(std::move(request)));
        return sp::fail(sp::Errc::store_failed, "cut off");
    }
    std::vector<Result<Answer>> call_all(std::vector<Request> requests) override {
        std::vector<Result<Answer>> answers;
        for (Request& request : requests) answers.push_back(call(std::move(request)));
        return answers;
    }
    Result<std::vector<sp::redis::Address>> masters() override { return servers_.masters(); }
    std::vector<Result<Answer>> call_at(const std::vector<sp::redis::Address>& masters,
                                        const std::vector<std::string>& words) override {
        return servers_.call_at(masters, words);
    }
    [[nodiscard]] bool has_failed() const { return left_ < 0; }

private:
    Servers& servers_;
    int left_;
    Cut cut_;
};

/// Two nodes of one deployment on a server of its own: one that fails, and one that doesn't.
class Nodes {
public:
    explicit Nodes(int passed, Cut cut = Cut::before_request)
        : client_(taken(sp::redis::Client::open(servers()))),
          failing_servers_(*client_, passed, cut),
          prefix_("fault" + std::to_string(passed) + "." + std::to_string(++count)),
          failing(clock_, options(), writer(), failing_servers_),
          sound(clock_, options(), writer(), *client_) {}

    [[nodiscard]] bool has_failed() const { return failing_servers_.has_failed(); }
    [[nodiscard]] bool is_alive(std::string_view id) {
        return taken(sound.find(parsed<sp::LocalSessionID>(id))).has_value();
    }
    /// What recovery, or the IdP that comes again, does at the sound node.
    void finish(const sp::LogoutOrder& order) {
        const sp::BegunLogout begun = taken(sound.begin_logout(order));
        const auto* const fresh = std::get_if<sp::FreshLogout>(&begun);
        const auto& ending = fresh != nullptr ? fresh->ending : std::get<sp::RepeatedLogout>(begun).ending;
        std::vector<sp::LocalSessionID> gone;
        for (const sp::Session& session : ending) gone.push_back(session.id);
        static_cast<void>(taken(sound.complete_logout(order.key, {.ended = 1}, gone)));
    }

private:
    static sp::RedisServers servers() {
        static const RedisServer one;
        return {.addresses = {one.address()}, .deadline = 30s};  // for a busy machine; nothing waits for it
    }
    static saml::StoreKeys keys() {
        return {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
    }
    sp::redis::RecordWriter writer() const { return {taken(saml::RecordCipher::with_keys(keys())), prefix_}; }
    sp::RedisSessionStoreOptions options() const {
        sp::RedisSessionStoreOptions all;
        all.prefix = prefix_;
        return all;
    }

    static inline int count = 0;
    FixedClock clock_{noon};
    std::unique_ptr<sp::redis::Client> client_;
    FailingServers failing_servers_;
    std::string prefix_;

public:
    sp::RedisOperations failing;
    sp::RedisOperations sound;
};

/// Tries with 0, 1, 2... requests until nothing fails any more. Returns how many it took.
template <class Try>
int with_each_fault(Try attempt, Cut cut = Cut::before_request) {
    for (int passed = 0; passed < 100; ++passed) {
        Nodes nodes(passed, cut);
        attempt(nodes);
        if (!nodes.has_failed()) return passed;
    }
    return 100;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_faults)

BOOST_AUTO_TEST_CASE(a_login_that_fails_anywhere_is_admitted_when_it_comes_again) {
    const int requests = with_each_fault([](Nodes& nodes) {
        const auto admission = nodes.failing.admit(session_of("s"));
        if (!admission) BOOST_TEST((admission.error().code == sp::Errc::store_failed));
        BOOST_TEST((taken(nodes.sound.admit(session_of("s"))) == sp::Admission::admitted));
        BOOST_TEST(nodes.is_alive("s"));
        nodes.finish(order_for_all("r"));
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
    });
    BOOST_TEST(requests == 3);
}

// Whoever was told nothing may not be alive later, either: its principal's logout has ended it.
BOOST_AUTO_TEST_CASE(a_login_that_fails_anywhere_does_not_outlive_a_logout) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(nodes.failing.admit(session_of("s")));
        nodes.finish(order_for_all("r"));
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST((taken(nodes.sound.admit(session_of("s"))) == sp::Admission::refused_by_logout));
    }));
}

BOOST_AUTO_TEST_CASE(a_logout_that_fails_anywhere_is_finished_when_it_comes_again) {
    const int requests = with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        const auto begun = nodes.failing.begin_logout(order_for_all("r"));
        if (begun) {
            BOOST_TEST(!nodes.is_alive("s"));
            static_cast<void>(
                nodes.failing.complete_logout(order_for_all("r").key, {.ended = 1}, {session_of("s").id}));
        }
        nodes.finish(order_for_all("r"));
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST((taken(nodes.sound.admit(session_of("late"))) == sp::Admission::refused_by_logout));
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
        const auto again = taken(nodes.sound.begin_logout(order_for_all("r")));
        const sp::LogoutOutcome ended{.ended = 1, .already_gone = 0, .failed = 0};
        BOOST_TEST((std::get<sp::RepeatedLogout>(again).recorded == ended));
    });
    BOOST_TEST(requests == 8);
}

BOOST_AUTO_TEST_CASE(a_logout_that_has_begun_is_in_the_journal_whatever_fails) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        const auto begun = nodes.failing.begin_logout(order_for_all("r"));
        const auto unfinished = taken(nodes.sound.unfinished_logouts());
        BOOST_TEST(unfinished.size() == (nodes.is_alive("s") ? 0u : 1u));
        if (begun) BOOST_TEST(unfinished.size() == 1u);
    }));
}

// Whatever fails: a request that was kept is there, nobody but its taker gets it before `until`, and then it is due.
BOOST_AUTO_TEST_CASE(a_request_that_was_kept_is_neither_lost_nor_taken_twice_whatever_fails) {
    for (const Cut cut : {Cut::before_request, Cut::before_answer}) {
        const auto attempt = [](Nodes& nodes) {
            const sp::KeptRequest request = request_of("r");
            const auto taken_at = [&nodes](Instant now) {
                return taken(nodes.sound.take_due_requests(now, now + 1h, 9)).size();
            };
            const bool is_kept = nodes.failing.keep_request(request).has_value();
            if (!is_kept) BOOST_TEST(nodes.sound.keep_request(request).has_value());  // its caller tries again
            const auto first = nodes.failing.take_due_requests(noon, noon + 1min, 9);
            const std::size_t at_failing = first ? first->size() : 0;
            const std::size_t at_sound = taken(nodes.sound.take_due_requests(noon, noon + 1min, 9)).size();
            BOOST_TEST(at_failing + at_sound <= 1u);
            BOOST_TEST(taken_at(noon + 1min - 1ms) == 0u);
            BOOST_TEST(taken_at(noon + 1min) == 1u);
            if (at_failing == 0) return;

            const auto dropped = nodes.failing.drop_request(request.order.key);
            if (dropped) BOOST_TEST(taken_at(noon + 2h) == 0u);
            BOOST_TEST(nodes.sound.drop_request(request.order.key).has_value());
            BOOST_TEST(taken_at(noon + 4h) == 0u);
        };
        // The request, a question to each of the 16 parts, and one to the part that has it; then it is dropped.
        BOOST_TEST(with_each_fault(attempt, cut) == 1 + 16 + 1 + 1);
    }
}

BOOST_AUTO_TEST_CASE(a_part_that_fails_keeps_no_other_from_giving_its_requests) {
    const int requests = with_each_fault([](Nodes& nodes) {
        constexpr std::size_t count = 64;  // so that each part has some
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_TEST_REQUIRE(nodes.sound.keep_request(request_of("r" + std::to_string(i))).has_value());
        }
        std::size_t in_all = 0;
        if (const auto some = nodes.failing.take_due_requests(noon, noon + 1h, count)) in_all = some->size();
        BOOST_TEST((in_all > 0 || nodes.has_failed()));
        in_all += taken(nodes.sound.take_due_requests(noon, noon + 1h, count)).size();
        BOOST_TEST(in_all == count);
        BOOST_TEST(taken(nodes.sound.take_due_requests(noon, noon + 1h, count)).empty());
    });
    BOOST_TEST(requests > 16 + 8);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
