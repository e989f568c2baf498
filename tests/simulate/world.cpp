#include "world.hpp"

#include <algorithm>
#include <utility>

namespace slo::simulate {

void World::spawn(std::shared_ptr<Actor> actor, std::function<void()> work) {
    auto place = std::make_unique<Place>();
    place->fiber = std::make_unique<Fiber>(std::move(work));
    place->actor = std::move(actor);
    place->until = now_;
    fibers_.push_back(std::move(place));
}

void World::yield() {
    wait({}, now_);
}

void World::sleep(Milliseconds time) {
    wait({}, now_ + time);
}

void World::wait(std::function<bool()> is_over, Milliseconds until) {
    Place& place = *current_;
    place.is_over = std::move(is_over);
    place.until = until;
    place.fiber->yield();
    place.is_over = nullptr;
}

void World::let_time_pass() {
    Milliseconds earliest = Milliseconds::max();
    for (const auto& place : fibers_) earliest = std::min(earliest, place->until);
    now_ = std::max(now_, earliest);
}

void World::run(const std::function<bool()>& goes_on) {
    constexpr std::size_t turns_to_a_tick = 8;
    while (!fibers_.empty()) {
        if (chance_.one_in(turns_to_a_tick)) now_ += chance_.between(Milliseconds(1), Milliseconds(40));
        ready_.clear();
        for (std::size_t i = 0; i < fibers_.size(); ++i) {
            if (fibers_[i]->is_ready(now_)) ready_.push_back(i);
        }
        if (ready_.empty()) {
            let_time_pass();
            continue;
        }
        const std::size_t turn = ready_[chance_.below(ready_.size())];
        current_ = fibers_[turn].get();
        current_->fiber->resume();
        current_ = nullptr;
        ++steps_;
        if (fibers_[turn]->fiber->is_over()) {
            std::swap(fibers_[turn], fibers_.back());
            fibers_.pop_back();
        }
        if (!goes_on()) return;
    }
}

}  // namespace slo::simulate
