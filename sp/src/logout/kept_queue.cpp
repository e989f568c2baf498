#include "kept_queue.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace slo::sp {
namespace {

using namespace std::chrono_literals;

/// Requests of one IdP at a time: four that hang leave workers for others.
constexpr std::size_t most_of_an_idp = 4;
constexpr std::size_t taken_at_once = 16;
/// How many requests of one IdP wait at most, and for how long: a lease mustn't end before its request is sent.
constexpr std::size_t most_waiting_of_an_idp = 32;
constexpr auto longest_wait = 60s;
constexpr auto put_off_for = 10s;
/// A host that does its housekeeping step by step mustn't be held in a step for ever.
constexpr auto longest_step = 20s;
/// How often it looks for more while a worker is still at work, if nothing was due, or if all that wait are of IdPs
/// without a free place. If none waits, it looks at once.
constexpr auto look_every = 1s;
constexpr auto look_behind_every = 100ms;

}  // namespace

KeptQueue::KeptQueue(const StartContext& context)
    : context_(context), last_look_(context.ending.pace.now() + longest_step) {}

bool KeptQueue::has_enough_of(const saml::EntityID& idp) const {
    const auto is_its = [&idp](const Waiting& one) { return one.kept.plan().key().idp == idp; };
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, is_its)) >= most_waiting_of_an_idp;
}

Result<std::size_t> KeptQueue::take() {
    auto due = take_due(context_, taken_at_once);
    std::vector<KeptLogout> surplus;
    {
        const std::lock_guard lock(mutex_);
        has_failed_ = !due;
        if (!due) return std::move(due).error();
        const SteadyTime now = context_.ending.pace.now();
        has_more_ = !due->empty();
        next_look_ = now + (has_more_ ? std::chrono::milliseconds(look_behind_every) : look_every);
        waiting_.reserve(waiting_.size() + due->size());
        for (KeptLogout& kept : *due) {
            if (has_enough_of(kept.plan().key().idp)) {
                surplus.push_back(std::move(kept));
                continue;
            }
            waiting_.push_back({std::move(kept), now});
            ++taken_;
        }
    }
    for (KeptLogout& kept : surplus) put_off(context_, std::move(kept), put_off_for);
    return due->size();
}

std::optional<KeptQueue::Handed> KeptQueue::startable() {
    const SteadyTime now = context_.ending.pace.now();
    std::erase_if(waiting_, [now](const Waiting& one) { return one.taken + longest_wait <= now; });
    const auto has_place = [this](const Waiting& one) {
        const auto its = at_work_.find(one.kept.plan().key().idp.str());
        return its == at_work_.end() || its->second < most_of_an_idp;
    };
    const auto it = std::ranges::find_if(waiting_, has_place);
    if (it == waiting_.end()) return std::nullopt;
    const auto place = at_work_.try_emplace(it->kept.plan().key().idp.str(), 0).first;
    ++place->second;
    Handed handed{std::move(it->kept), place};
    waiting_.erase(it);
    if (waiting_.empty() && has_more_) next_look_ = now;
    return handed;
}

bool KeptQueue::looks_again() {
    const SteadyTime now = context_.ending.pace.now();
    return !is_taking_ && !has_failed_ && !context_.stop.stop_requested() && next_look_ <= now && now < last_look_;
}

void KeptQueue::take_more(std::unique_lock<std::mutex>& lock) {
    is_taking_ = true;
    lock.unlock();
    try {
        static_cast<void>(take());
    } catch (...) {  // the requests that were taken are due again by their lease
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
    const SteadyTime now = context_.ending.pace.now();
    const SteadyTime until = next_look_ > now ? next_look_ : now + look_every;
    lock.unlock();
    context_.ending.pace.wait(*changed, until);
    lock.lock();
}

std::optional<KeptQueue::Handed> KeptQueue::next() noexcept {
    try {
        std::unique_lock lock(mutex_);
        while (!context_.stop.stop_requested()) {
            if (auto handed = startable()) return handed;
            if (looks_again()) {
                take_more(lock);
            } else if (at_work_.empty() && !is_taking_) {
                return std::nullopt;
            } else {
                wait(lock);
            }
        }
    } catch (...) {  // no memory
    }
    return std::nullopt;  // the requests that wait are due again by their lease
}

void KeptQueue::is_done(AtWork::iterator place) noexcept {
    const std::lock_guard lock(mutex_);
    if (--place->second == 0) at_work_.erase(place);
    changed_->ring();
}

}  // namespace slo::sp
