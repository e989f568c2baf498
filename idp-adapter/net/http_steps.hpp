// The steps of an exchange, each with a time limit. For http_transport.cpp alone, which pays for Asio.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <memory>
#include <stop_token>

#include "http_transport.hpp"

namespace slo::idp_adapter {

using Error = boost::system::error_code;

/// How a step of an exchange ended.
enum class Ending { done, late, stopped };

/// Steps runs one asynchronous operation after another, each until it's done, the deadline is over or the caller stops.
class Steps {
public:
    using Clock = std::chrono::steady_clock;

    Steps(boost::asio::io_context& io, const HttpBounds& bounds) : io_(io), bounds_(bounds) {}

    /// Runs the operation that `begin` starts with the given handler. `until` only shortens the deadline. If it isn't
    /// done in time, `give_up` is called, after which the handler must be called soon.
    template <class Begin, class GiveUp>
    [[nodiscard]] Ending run(Error& error, Clock::time_point until, Begin begin, GiveUp give_up) {
        const auto outcome = begun(begin);
        const Ending ending = wait(*outcome, until);
        if (ending != Ending::done) {
            give_up();
            while (!outcome->done && run_one()) continue;
        }
        error = outcome->error;
        return ending;
    }

    /// This overload is for operations that can't be interrupted: they go on by themselves and are forgotten.
    template <class Begin>
    [[nodiscard]] Ending run_or_forget(Error& error, Begin begin) {
        const auto outcome = begun(begin);
        const Ending ending = wait(*outcome, bounds_.deadline);
        error = outcome->error;
        return ending;
    }

    [[nodiscard]] const HttpBounds& bounds() const noexcept { return bounds_; }

private:
    struct Outcome {
        bool done = false;
        Error error;
    };

    template <class Begin>
    std::shared_ptr<Outcome> begun(Begin& begin) {
        auto outcome = std::make_shared<Outcome>();
        begin([outcome](const Error& error, const auto&...) {
            outcome->done = true;
            outcome->error = error;
        });
        return outcome;
    }

    Ending wait(const Outcome& outcome, Clock::time_point until) {
        const std::stop_callback wake(bounds_.stop, [this] { boost::asio::post(io_, [] {}); });
        while (!outcome.done) {
            if (bounds_.stop.stop_requested()) return Ending::stopped;
            if (io_.stopped()) io_.restart();
            if (io_.run_one_until(std::min(until, bounds_.deadline)) == 0) return Ending::late;
        }
        return Ending::done;
    }

    bool run_one() {
        if (io_.stopped()) io_.restart();
        return io_.run_one() != 0;
    }

    boost::asio::io_context& io_;
    const HttpBounds& bounds_;
};

}  // namespace slo::idp_adapter
