#include "ports.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace slo::test {

Instant at(std::string_view text) {
    const auto instant = saml::parse_instant(text);
    if (!instant) throw std::logic_error("no instant: " + std::string(text));
    return *instant;
}

void Recorder::record(const sp::AuditEntry& entry) noexcept {
    const std::lock_guard lock(mutex_);
    try {
        entries_.push_back(entry);
    } catch (const std::bad_alloc&) {
        // Lost, as a log's line would be: a test that lets memory run out asks for no audit.
    }
}

std::vector<AuditLine> Recorder::entries() const {
    const std::lock_guard lock(mutex_);
    std::vector<AuditLine> lines;
    for (const sp::AuditEntry& entry : entries_) lines.push_back(line_of(entry));
    return lines;
}

AuditLine Recorder::last() const {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) throw std::logic_error("nothing was recorded");
    return line_of(entries_.back());
}

void RecordingApplication::end_sessions(const std::vector<sp::Session>& sessions, sp::ReportEnded report) {
    std::vector<sp::Ended> results;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& session : sessions) {
            told_.push_back(session.id.str());
            const auto found = results_.find(session.id.str());
            results.push_back(found == results_.end() ? otherwise_ : found->second);
        }
        if (manner_ == Manner::throws) throw std::runtime_error("thrown by the application of this test");
        if (manner_ == Manner::holds_back) {
            held_.push_back({std::move(results), std::move(report)});
            return;
        }
    }
    report(std::move(results));
}

void RecordingApplication::answer(const std::string& session_id, sp::Ended result) {
    const std::lock_guard lock(mutex_);
    results_[session_id] = result;
}

void RecordingApplication::answer_all(sp::Ended result) {
    const std::lock_guard lock(mutex_);
    otherwise_ = result;
    manner_ = Manner::answers;
}

void RecordingApplication::throw_from_now_on() {
    const std::lock_guard lock(mutex_);
    manner_ = Manner::throws;
}

void RecordingApplication::hold_back() {
    const std::lock_guard lock(mutex_);
    manner_ = Manner::holds_back;
}

void RecordingApplication::release() {
    std::vector<Held> held;
    {
        const std::lock_guard lock(mutex_);
        manner_ = Manner::answers;
        held.swap(held_);
    }
    for (auto& one : held) one.report(std::move(one.results));
}

std::string RecordingApplication::told() const {
    const std::lock_guard lock(mutex_);
    auto sorted = told_;
    std::sort(sorted.begin(), sorted.end());
    std::string joined;
    for (const auto& id : sorted) joined += (joined.empty() ? "" : " ") + id;
    return joined;
}

Result<sp::BegunLogout> FailingStore::begin_logout(const sp::LogoutOrder& order, const sp::RoundClaim& claim) {
    if (fault_ == Fault::begin_fails) return failed();
    if (fault_ == Fault::begin_finds_no_room) return sp::fail(sp::StoreErrc::store_full);
    if (fault_ == Fault::begin_throws) throw std::runtime_error("thrown by the store of this test");
    ++changes_;
    auto begun = store_.begin_logout(order, claim);
    if (fault_ == Fault::begin_loses_its_answer) return sp::fail(sp::StoreErrc::store_failed, "the answer was lost");
    return begun;
}

Result<sp::LogoutOutcome> FailingStore::complete_logout(const sp::LogoutKey& key, const sp::RoundReport& report) {
    if (fault_ == Fault::complete_fails) return failed();
    ++changes_;
    return store_.complete_logout(key, report);
}

}  // namespace slo::test
