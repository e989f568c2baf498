// The driver for hosts with Boost.Asio coroutines: waits for an HttpStep without blocking a thread.
// Header-only, because the host compiles it against its own Boost; other public headers need the standard library only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include "slo/sp/http.hpp"

namespace slo::sp {

namespace detail {

/// Waker connects `done`, called from any thread at any time, with the timer of a coroutine that may be gone by then.
/// The mutex is held while something is posted: the coroutine can't die, and its context with it, in that moment.
template <class Timer>
class Waker : public std::enable_shared_from_this<Waker<Timer>> {
public:
    explicit Waker(Timer& timer) noexcept : timer_(&timer) {}

    void wake() noexcept {
        const std::lock_guard lock(mutex_);
        if (woken_ || !timer_) return;
        woken_ = true;
        try {
            boost::asio::post(timer_->get_executor(), [self = this->shared_from_this()] { self->cancel_wait(); });
        } catch (...) {
            // Out of memory: the budget ends the wait.
        }
    }

    [[nodiscard]] bool woken() {
        const std::lock_guard lock(mutex_);
        return woken_;
    }

    void forget() noexcept {
        const std::lock_guard lock(mutex_);
        timer_ = nullptr;
    }

private:
    void cancel_wait() {
        const std::lock_guard lock(mutex_);
        if (timer_) timer_->cancel();
    }

    std::mutex mutex_;
    Timer* timer_;
    bool woken_ = false;
};

}  // namespace detail

/// async_wait starts a PendingReply, waits for `done` or its budget, whichever is first, and finishes it in the
/// awaiting coroutine. `done` may come from any thread, more than once, and after the io_context is gone.
/// The coroutine's executor must run one handler at a time: an io_context with one thread, or a strand.
/// Throws what start() and finish() throw. A cancelled wait counts as a budget that has passed.
template <class Executor = boost::asio::any_io_executor>
[[nodiscard]] boost::asio::awaitable<HttpReply, Executor> async_wait(HttpStep step) {
    using Clock = std::chrono::steady_clock;
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

    auto* pending = std::get_if<PendingReply>(&step);
    if (!pending) co_return std::get<HttpReply>(std::move(step));

    Timer timer(co_await boost::asio::this_coro::executor, pending->budget);
    const auto waker = std::make_shared<detail::Waker<Timer>>(timer);
    // Declared after the timer: it lets go of it first, also when the coroutine is destroyed while it waits.
    struct Forget {
        detail::Waker<Timer>& waker;
        ~Forget() { waker.forget(); }
    } forget{*waker};

    pending->start([waker] { waker->wake(); });
    if (!waker->woken()) {
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{}));
    }
    co_return pending->finish();
}

}  // namespace slo::sp
