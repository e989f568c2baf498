// Sits between the service and its audit, so that unproven senders can't fill it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "slo/sp/audit.hpp"

namespace slo::sp {

/// AuditSampler passes on proven entries, and those that are no refusals. Of the rest it passes on some, counts others,
/// and sums them up by their rule once an interval is over (AuditSampling). No lock is held while the sink behind it
/// works. Thread-safe.
class AuditSampler final : public AuditSink {
public:
    /// `behind` must outlive it.
    AuditSampler(AuditSink& behind, AuditSampling sampling) noexcept : behind_(behind), sampling_(sampling) {}

    void record(const AuditEntry& entry) noexcept override;
    /// sum_up writes the summaries if an interval is over at `now`. Call it now and then: no further request may come.
    void sum_up(Instant now) noexcept;
    /// sum_up_at_once writes them in any case: at the end.
    void sum_up_at_once(Instant now) noexcept;

    [[nodiscard]] SampledLines counters() const noexcept {
        return {.in_full = in_full_, .counted_only = counted_only_};
    }

private:
    /// The counts of one rule's entries.
    struct Tally {
        unsigned written = 0;  ///< in this interval
        std::uint64_t more = 0;
        std::uint64_t more_in_all = 0;
        bool is_due = false;  ///< its summary is to be written now
    };

    [[nodiscard]] bool writes_in_full(const AuditTrouble& why) noexcept;
    [[nodiscard]] Tally& tally_of(const std::string& rule) noexcept;
    void begin_interval(Instant now) noexcept;
    void write_summaries(Instant now) noexcept;
    [[nodiscard]] std::optional<AuditEntry> next_summary(Instant now);

    AuditSink& behind_;
    const AuditSampling sampling_;
    std::atomic<std::uint64_t> in_full_ = 0;
    std::atomic<std::uint64_t> counted_only_ = 0;
    std::mutex mutex_;
    std::map<std::string, Tally, std::less<>> tallies_;  ///< by rule
    Tally rest_;                                         ///< of rules for which there is no place
    unsigned written_ = 0;                               ///< in this interval, beside the first of each rule
    Instant begun_{};
};

}  // namespace slo::sp
