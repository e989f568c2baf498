// Drivers for hosts with Boost.Asio coroutines: they wait for an HttpStep without blocking a thread.
//
// async_wait is for stores that never block: the memory engine. With a store on a disk or beyond the network (SQLite,
// Redis), handle(), start() and finish() may each take as long as the store's deadline: use async_answer there, or one
// slow answer of the store holds up every connection of the io_context.
// Header-only, because the host compiles it against its own Boost; other public headers need the standard library only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include "slo/sp/http.hpp"

namespace slo::sp {

namespace detail {

/// Waker connects `done`, called from any thread at any time, to the timer of a coroutine that may be gone by then.
/// The mutex is held while a handler is posted: the coroutine can't be destroyed, nor its context, in that moment.
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
            // Out of memory: Wait checks again by itself.
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

/// Wait lets one coroutine wait for one call, which may come from any thread, even after the coroutine is gone.
template <class Executor>
class Wait {
public:
    using Clock = std::chrono::steady_clock;

    explicit Wait(const Executor& executor) : timer_(executor), waker_(std::make_shared<Waker<Timer>>(timer_)) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { waker_->forget(); }  // also when the coroutine is destroyed while it waits

    [[nodiscard]] std::function<void()> waker() const {
        return [waker = waker_] { waker->wake(); };
    }

    /// until waits for the waker's call, `deadline`, or a cancellation of the coroutine.
    [[nodiscard]] boost::asio::awaitable<void, Executor> until(typename Clock::time_point deadline) {
        constexpr std::chrono::seconds look_again{1};  // a call that found no memory has left its mark only
        for (auto now = Clock::now(); !waker_->woken() && now < deadline; now = Clock::now()) {
            timer_.expires_at(std::min(deadline, now + look_again));
            const auto [error] =
                co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{}));
            if (error) co_return;
        }
    }
    [[nodiscard]] boost::asio::awaitable<void, Executor> until_woken() { return until(Clock::time_point::max()); }

private:
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
    Timer timer_;
    std::shared_ptr<Waker<Timer>> waker_;
};

/// Errand is one request on its way through threads that may block. Each step is taken by one thread at a time; the
/// code that passes it on to another synchronises the two, as Wait does.
class Errand {
public:
    Errand(HttpHandler& handler, HttpRequest request) : handler_(handler), request_(std::move(request)) {}

    /// begin calls the handler, and starts a PendingReply. `done` may be called from any thread, now or later.
    void begin(std::function<void()> done) noexcept {
        if (taken_.exchange(true)) return;
        try {
            step_ = handler_.handle(request_);
            auto* pending = std::get_if<PendingReply>(&step_);
            if (!pending) return;
            deadline_ = std::chrono::steady_clock::now() + pending->budget;
            pending->start(std::move(done));
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }
    /// call_off returns true, and makes begin() do nothing, if begin() hasn't been called. From any thread.
    [[nodiscard]] bool call_off() noexcept { return !taken_.exchange(true); }

    [[nodiscard]] bool is_pending() const noexcept { return !thrown_ && std::holds_alternative<PendingReply>(step_); }
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept { return deadline_; }

    void finish() noexcept {
        try {
            step_ = std::get<PendingReply>(step_).finish();
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }
    /// take throws what start() or finish() threw.
    [[nodiscard]] HttpReply take() {
        if (thrown_) std::rethrow_exception(thrown_);
        return std::get<HttpReply>(std::move(step_));
    }

private:
    HttpHandler& handler_;
    const HttpRequest request_;
    std::atomic<bool> taken_ = false;
    HttpStep step_;
    std::chrono::steady_clock::time_point deadline_;
    std::exception_ptr thrown_;
};

/// answer_elsewhere runs an Errand: `begin_on` and `finish_on` run a function in a thread that may block.
/// `offer_hurry` receives a callback that ends every wait except for work already running: a request that hasn't
/// begun by then is answered by `called_off`; one that has begun is finished as if its budget had passed.
template <class Executor, class BeginOn, class FinishOn, class OfferHurry>
[[nodiscard]] boost::asio::awaitable<HttpReply, Executor> answer_elsewhere(std::shared_ptr<Errand> errand,
                                                                           BeginOn begin_on, FinishOn finish_on,
                                                                           OfferHurry offer_hurry,
                                                                           HttpReply called_off) {
    const Executor executor = co_await boost::asio::this_coro::executor;
    Wait<Executor> begun(executor);
    Wait<Executor> done(executor);
    Wait<Executor> finished(executor);
    auto is_called_off = std::make_shared<bool>(false);  // written and read by this coroutine's thread

    offer_hurry([errand, is_called_off, begun = begun.waker(), done = done.waker()] {
        if (errand->call_off()) {
            *is_called_off = true;
            begun();
        }
        done();
    });
    // Moved, as a copy takes memory, and an exception in another thread ends the process.
    begin_on([errand, begun = begun.waker(), done = done.waker()]() mutable {
        errand->begin(std::move(done));
        begun();
    });
    co_await begun.until_woken();
    if (*is_called_off) co_return called_off;

    if (errand->is_pending()) {
        co_await done.until(errand->deadline());
        finish_on([errand, finished = finished.waker()] {
            errand->finish();
            finished();
        });
        co_await finished.until_woken();
    }
    co_return errand->take();
}

}  // namespace detail

/// async_wait starts a PendingReply, waits for `done` or its budget, whichever is first, and finishes it in the
/// awaiting coroutine. `done` may come from any thread, more than once, and after the io_context is gone.
/// The coroutine's executor must run one handler at a time: an io_context with one thread, or a strand.
/// Throws what start() and finish() throw. A cancelled wait counts as a budget that has passed.
template <class Executor = boost::asio::any_io_executor>
[[nodiscard]] boost::asio::awaitable<HttpReply, Executor> async_wait(HttpStep step) {
    auto* pending = std::get_if<PendingReply>(&step);
    if (!pending) co_return std::get<HttpReply>(std::move(step));

    const auto deadline = std::chrono::steady_clock::now() + pending->budget;
    detail::Wait<Executor> done(co_await boost::asio::this_coro::executor);
    pending->start(done.waker());
    co_await done.until(deadline);
    co_return pending->finish();
}

/// async_answer asks `handler`, starts, waits for and finishes its answer, with all that may block done by `run`: a
/// function that runs its argument once, in another thread, e.g. [&pool](auto work) { boost::asio::post(pool,
/// std::move(work)); } for a boost::asio::thread_pool. Its threads bound how many requests the store has at a time: a
/// logout takes one twice for as long as the store takes, and none while applications are at work. `handler` must
/// outlive all work that was given to `run`. The coroutine's executor must run one handler at a time.
/// Throws what start(), finish() and `run` throw. Don't cancel it: a logout that has begun would be left to recover().
template <class Executor = boost::asio::any_io_executor>
[[nodiscard]] boost::asio::awaitable<HttpReply, Executor> async_answer(HttpHandler& handler, HttpRequest request,
                                                                       std::function<void(std::function<void()>)> run) {
    auto errand = std::make_shared<detail::Errand>(handler, std::move(request));
    auto nobody_hurries = [](const std::function<void()>&) {};
    auto answer = detail::answer_elsewhere<Executor>(std::move(errand), run, run, nobody_hurries, HttpReply{});
    co_return co_await std::move(answer);
}

}  // namespace slo::sp
