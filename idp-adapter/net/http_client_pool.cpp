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
    auto tls = tls_for(purpose.options, now);
    if (!tls) return std::move(tls).error();
    auto client = HttpClient::open(purpose.options, std::move(tls->context));
    if (!client) return std::move(client).error();
    return Lent{.purpose = purpose, .opened = tls->made, .client = std::make_unique<HttpClient>(*std::move(client))};
}

/// Made without the lock: two callers may both read the files, which costs time and nothing else.
Result<HttpClientPool::SharedTls> HttpClientPool::tls_for(const HttpClientOptions& options, Clock::time_point now) {
    constexpr std::size_t most_shared = 64;  // sets of options; IdPs rarely have their own
    const TlsClientOptions wanted = tls_options_of(options);
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(shared_, [&](const SharedTls& one) { return now - one.made >= limits_.max_age; });
        const auto found =
            std::ranges::find_if(shared_, [&wanted](const SharedTls& one) { return one.context->options() == wanted; });
        if (found != shared_.end()) return *found;
    }
    auto context = TlsClientContext::make(wanted);
    if (!context) return std::move(context).error();
    const SharedTls made{*std::move(context), now};
    const std::lock_guard lock(mutex_);
    if (shared_.size() == most_shared) shared_.erase(shared_.begin());
    shared_.push_back(made);
    return made;
}

void HttpClientPool::give_back(Lent lent) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    idle_.push_back({.lent = std::move(lent), .since = now});
    if (idle_.size() > limits_.max_idle) {
        const auto surplus = first_of_the_idp_with_most();
        closing_.push_back(std::move(surplus->lent.client));
        idle_.erase(surplus);
    }
    changed_.notify_one();
}

/// So that a busy IdP doesn't have the others' connections closed.
std::vector<HttpClientPool::Idle>::iterator HttpClientPool::first_of_the_idp_with_most() {
    const auto count_of = [this](const Idle& idle) {
        return std::ranges::count_if(
            idle_, [&](const Idle& other) { return other.lent.purpose.idp == idle.lent.purpose.idp; });
    };
    return std::ranges::max_element(idle_, {}, count_of);
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
