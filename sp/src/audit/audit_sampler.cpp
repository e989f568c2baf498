#include "audit_sampler.hpp"

#include <utility>

namespace slo::sp {
namespace {

/// More than there are. It bounds the memory whatever names a host's store gives its failures.
constexpr std::size_t most_rules = 256;
constexpr std::string_view rest = "other.rules";

AuditEntry summary(std::string_view rule, Instant now, std::uint64_t more, std::uint64_t more_in_all) {
    RefusalsSummedUp event{.rule = std::string(rule), .more = more, .more_in_all = more_in_all};
    event.stage = rule.substr(0, rule.find('.'));
    return {.time = now, .lane = AuditLane::sampled, .event = std::move(event)};
}

/// Null where `event` is no refusal.
const AuditTrouble* why_refused(const AuditEvent& event) noexcept {
    if (const auto* logout = std::get_if<LogoutRefused>(&event)) return &logout->trouble;
    if (const auto* sign_on = std::get_if<SignOnEnded>(&event)) return &sign_on->trouble;
    if (const auto* unread = std::get_if<HttpRefused>(&event)) return &unread->trouble;
    return nullptr;
}

}  // namespace

void AuditSampler::record(const AuditEntry& entry) noexcept {
    const AuditTrouble* why = why_refused(entry.event);
    if (entry.lane == AuditLane::proven || why == nullptr) return behind_.record(entry);
    sum_up(entry.time);
    if (writes_in_full(*why)) behind_.record(entry);
}

bool AuditSampler::writes_in_full(const AuditTrouble& why) noexcept {
    const std::lock_guard lock(mutex_);
    Tally& tally = tally_of(why.rule);
    const bool is_first = tally.written == 0;
    if (is_first || (tally.written < sampling_.lines_per_rule && written_ < sampling_.lines_in_all)) {
        ++tally.written;
        if (!is_first) ++written_;
        ++in_full_;
        return true;
    }
    ++tally.more;
    ++tally.more_in_all;
    ++counted_only_;
    return false;
}

/// Without memory for another rule, its entries count among the rest.
AuditSampler::Tally& AuditSampler::tally_of(const std::string& rule) noexcept {
    if (const auto known = tallies_.find(rule); known != tallies_.end()) return known->second;
    if (tallies_.size() >= most_rules) return rest_;
    try {
        return tallies_[rule];
    } catch (...) {
        return rest_;
    }
}

/// Each entry has the time at which its request came, so they come a little out of order: only a clock that was set
/// back by a whole interval begins another.
void AuditSampler::sum_up(Instant now) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (now < begun_ + sampling_.interval && now > begun_ - sampling_.interval) return;
        begin_interval(now);
    }
    write_summaries(now);
}

void AuditSampler::sum_up_at_once(Instant now) noexcept {
    {
        const std::lock_guard lock(mutex_);
        begin_interval(now);
    }
    write_summaries(now);
}

void AuditSampler::begin_interval(Instant now) noexcept {
    begun_ = now;
    written_ = 0;
    const auto begin = [](Tally& tally) {
        tally.written = 0;
        tally.is_due = tally.more > 0;
    };
    for (auto& [rule, tally] : tallies_) begin(tally);
    begin(rest_);
}

void AuditSampler::write_summaries(Instant now) noexcept {
    try {
        while (const auto entry = next_summary(now)) behind_.record(*entry);
    } catch (...) {
        // No memory for a line: its count stays, and goes with the next interval's.
    }
}

std::optional<AuditEntry> AuditSampler::next_summary(Instant now) {
    const std::lock_guard lock(mutex_);
    const auto take = [now](std::string_view rule, Tally& tally) {
        tally.is_due = false;
        auto entry = summary(rule, now, tally.more, tally.more_in_all);
        tally.more = 0;
        return entry;
    };
    for (auto& [rule, tally] : tallies_) {
        if (tally.is_due) return take(rule, tally);
    }
    if (rest_.is_due) return take(rest, rest_);
    return std::nullopt;
}

}  // namespace slo::sp
