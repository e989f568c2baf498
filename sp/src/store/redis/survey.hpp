// Asks one server after the other the same question, until one answers usefully. The loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connection.hpp"
#include "event_loop.hpp"

namespace slo::sp::redis {

struct SurveyOptions {
    ConnectionOptions connection;  ///< without its address
    std::string octets;            ///< the question, one command
    std::function<std::vector<Address>()> candidates;
    /// accept says whether the answer is useful; then no other server is asked in this round.
    std::function<bool(const Reply&, const Address& asked)> accept;
    std::function<void(const Trouble&)> on_trouble;
};

/// Survey asks in rounds, never two at a time, and goes on as long as there is doubt.
class Survey {
public:
    Survey(EventLoop& loop, SurveyOptions options);
    ~Survey();
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    /// doubt asks soon: but no more than ten times a second.
    void doubt();
    void trust() noexcept { in_doubt_ = false; }

private:
    void schedule(Moment when);
    void begin_round();
    void ask_next();
    void ask();
    void end_round();

    EventLoop& loop_;
    SurveyOptions options_;
    std::unique_ptr<Timer> timer_;
    std::shared_ptr<Connection> connection_;
    std::vector<Address> to_ask_;  // the next one last
    Address asked_;
    std::size_t rounds_ = 0;
    Moment begun_{};
    bool in_doubt_ = false;
    bool busy_ = false;  // a round is at work, or scheduled
};

}  // namespace slo::sp::redis
