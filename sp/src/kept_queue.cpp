#include "kept_queue.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace slo::sp {
namespace {

using namespace std::chrono_literals;

/// Of one IdP at a time: four that hang leave places to others.
constexpr std::size_t most_of_an_idp = 4;
constexpr std::size_t taken_at_once = 16;
/// Of a host that keeps house in steps of its own, a step mustn't go on for ever.
constexpr std::size_t most_taken = 1'024;
/// How often it looks for more while somebody is still at work.
constexpr auto look_every = 1s;

}  // namespace

Result<std::size_t> KeptQueue::take() {
    auto due = take_due(context_, taken_at_once);
    const std::lock_guard lock(mutex_);
    has_failed_ = !due;
    if (!due) return std::move(due).error();
    if (due->empty()) next_look_ = context_.ending.pace.now() + look_every;
    waiting_.reserve(waiting_.size() + due->size());
    for (Departure& departure : *due) waiting_.push_back(std::make_unique<Departure>(std::move(departure)));
    taken_ += due->size();
    return due->size();
}

std::unique_ptr<Departure> KeptQueue::startable() {
    const auto has_place = [this](const std::unique_ptr<Departure>& departure) {
        const auto its = at_work_.find(departure->key().idp.str());
        return its == at_work_.end() || its->second < most_of_an_idp;
    };
    const auto it = std::ranges::find_if(waiting_, has_place);
    if (it == waiting_.end()) return nullptr;
    ++at_work_[(*it)->key().idp.str()];
    auto departure = std::move(*it);
    waiting_.erase(it);
    return departure;
}

bool KeptQueue::looks_again() {
    return !is_taking_ && !has_failed_ && taken_ < most_taken && !context_.stop.stop_requested() &&
           next_look_ <= context_.ending.pace.now();
}

void KeptQueue::take_more(std::unique_lock<std::mutex>& lock) {
    is_taking_ = true;
    lock.unlock();
    try {
        static_cast<void>(take());
    } catch (...) {  // what was taken is due again by its lease
        const std::lock_guard failed(mutex_);
        has_failed_ = true;
    }
    lock.lock();
    is_taking_ = false;
    changed_->ring();
}

void KeptQueue::wait(std::unique_lock<std::mutex>& lock) {
    if (changed_->has_rung()) changed_ = std::make_shared<Alarm>();
    const std::shared_ptr<Alarm> changed = changed_;
    lock.unlock();
    context_.ending.pace.wait(*changed, context_.ending.pace.now() + look_every);
    lock.lock();
}

std::unique_ptr<Departure> KeptQueue::next() noexcept {
    try {
        std::unique_lock lock(mutex_);
        while (!context_.stop.stop_requested()) {
            if (auto departure = startable()) return departure;
            if (looks_again()) {
                take_more(lock);
            } else if (at_work_.empty() && !is_taking_) {
                return nullptr;
            } else {
                wait(lock);
            }
        }
    } catch (...) {  // no memory
    }
    return nullptr;  // what waits is due again by its lease
}

void KeptQueue::is_done(const Departure& departure) noexcept {
    const std::lock_guard lock(mutex_);
    const auto its = at_work_.find(departure.key().idp.str());
    if (--its->second == 0) at_work_.erase(its);
    changed_->ring();
}

}  // namespace slo::sp
