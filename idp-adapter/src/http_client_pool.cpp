#include "http_client_pool.hpp"

#include <algorithm>
#include <utility>

namespace slo::idp_adapter {

HttpClientPool::HttpClientPool(Limits limits)
    : limits_(limits), closer_([this](const std::stop_token& stop) { run(stop); }) {}

Result<HttpClientPool::Lent> HttpClientPool::borrow(const Purpose& purpose) {
    const auto now = Clock::now();
    {
        const std::lock_guard lock(mutex_);
        // The one that was used last: the others may get old and go.
        const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) {
            return idle.lent.purpose == purpose && !is_over(idle, now);
        });
        if (found != idle_.rend()) {
            Lent lent = std::move(found->lent);
            idle_.erase(std::next(found).base());
            return lent;
        }
    }
    auto client = HttpClient::open(purpose.options);
    if (!client) return std::move(client).error();
    return Lent{.purpose = purpose, .opened = now, .client = std::make_unique<HttpClient>(*std::move(client))};
}

void HttpClientPool::give_back(Lent lent) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    idle_.push_back({.lent = std::move(lent), .since = now});
    if (idle_.size() > limits_.max_idle) {
        closing_.push_back(std::move(idle_.front().lent.client));
        idle_.erase(idle_.begin());
    }
    changed_.notify_one();
}

void HttpClientPool::close(Lent lent) {
    const std::lock_guard lock(mutex_);
    closing_.push_back(std::move(lent.client));
    changed_.notify_one();
}

bool HttpClientPool::is_over(const Idle& idle, Clock::time_point now) const {
    return now - idle.since >= limits_.keep_idle || now - idle.lent.opened >= limits_.max_age;
}

void HttpClientPool::move_out_what_is_over(Clock::time_point now) {
    for (auto& idle : idle_) {
        if (is_over(idle, now)) closing_.push_back(std::move(idle.lent.client));
    }
    std::erase_if(idle_, [](const Idle& idle) { return idle.lent.client == nullptr; });
}

void HttpClientPool::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto has_work = [this] { return !closing_.empty(); };
        if (idle_.empty()) {
            changed_.wait(lock, stop, [this] { return !closing_.empty() || !idle_.empty(); });
        } else {
            changed_.wait_until(lock, stop, idle_.front().since + limits_.keep_idle, has_work);
        }
        move_out_what_is_over(Clock::now());
        auto closed = std::exchange(closing_, {});
        lock.unlock();
        closed.clear();
        lock.lock();
    }
}

}  // namespace slo::idp_adapter
