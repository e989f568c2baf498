#include "rounds_at_work.hpp"

#include <random>
#include <utility>

namespace slo::sp {
namespace {

std::uint64_t random_node() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

}  // namespace

void Watch::start(std::function<void()> done) {
    {
        const std::lock_guard lock(mutex_);
        if (open_ > 0) {
            done_ = std::move(done);
            return;
        }
    }
    done();
}

void Watch::one_is_over() {
    std::function<void()> done;
    {
        const std::lock_guard lock(mutex_);
        if (--open_ > 0) return;
        done.swap(done_);
    }
    if (done) done();
}

RoundsAtWork::RoundsAtWork() : node_(random_node()) {}

void RoundsAtWork::begin(const std::vector<Session>& sessions) {
    std::vector<std::string> ids;
    ids.reserve(sessions.size());
    for (const Session& session : sessions) ids.push_back(session.id.str());
    const std::lock_guard lock(mutex_);
    for (const std::string& id : ids) at_work_.try_emplace(id, 0);  // what throws comes first; 0 is as good as none
    for (const std::string& id : ids) ++at_work_.find(id)->second;
}

void RoundsAtWork::end(const std::vector<Session>& sessions) noexcept {
    for (const Session& session : sessions) {
        std::unique_lock lock(mutex_);
        const auto found = at_work_.find(session.id.str());
        if (found == at_work_.end()) continue;
        if (found->second > 0 && --found->second > 0) continue;
        at_work_.erase(found);
        for (auto waiting = watches_.find(session.id.str()); waiting != watches_.end();
             waiting = watches_.find(session.id.str())) {
            const auto watch = waiting->second.lock();
            watches_.erase(waiting);
            lock.unlock();
            if (watch) watch->one_is_over();
            lock.lock();
        }
    }
}

bool RoundsAtWork::is_at_work_on(const Session& session) const {
    const std::lock_guard lock(mutex_);
    const auto found = at_work_.find(session.id.str());
    return found != at_work_.end() && found->second > 0;
}

RoundsAtWork::Watched RoundsAtWork::watch(const std::vector<Session>& sessions) {
    const std::lock_guard lock(mutex_);
    std::vector<const std::string*> ids;
    for (const Session& session : sessions) {
        const auto found = at_work_.find(session.id.str());
        if (found != at_work_.end() && found->second > 0) ids.push_back(&session.id.str());
    }
    Watched watched{ids.size(), std::make_shared<Watch>(ids.size())};
    for (const std::string* const id : ids) watches_.emplace(*id, watched.watch);
    return watched;
}

void RoundsAtWork::keep_late(std::shared_ptr<LateRound> late) noexcept {
    const std::lock_guard lock(mutex_);
    late->next = std::move(late_);
    late_ = std::move(late);
    has_late_ = true;
}

std::shared_ptr<LateRound> RoundsAtWork::take_late() noexcept {
    const std::lock_guard lock(mutex_);
    has_late_ = false;
    return std::exchange(late_, nullptr);
}

}  // namespace slo::sp
