// What is written down about every logout.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/time.hpp"

namespace slo::sp {

/// How many SessionIndexes a line tells at most.
inline constexpr std::size_t most_indexes_told = 64;

/// AuditLane is how much a line counts where not all can be written.
enum class AuditLane {
    /// What has happened here, and what an IdP has proven to want within its rate: never lost, and never late, for the
    /// other lane's sake.
    proven,
    /// Refusals for requests that prove nothing (malformed, unsigned, badly signed, of an unknown Issuer), or that come
    /// faster than their IdP may send them: they cost their sender nothing, and there may be any number of them.
    sampled,
};

/// AuditSampling is how many lines of AuditLane::sampled are written in full. The others are counted, and told by a
/// line for each rule once the interval is over: "event":"summary", with `more` and `more_in_all`. The rules are ours,
/// so that neither the lines nor the memory for the counts grow with what strangers send.
struct AuditSampling {
    std::chrono::seconds interval{10};
    unsigned lines_per_rule = 10;  ///< in one interval; the first is always written
    unsigned lines_in_all = 100;   ///< in one interval, beside the first of each rule
};

/// What became of the entries of AuditLane::sampled, since the start.
struct SampledLines {
    std::uint64_t in_full = 0;
    std::uint64_t counted_only = 0;
};

/// AuditEntry is one LogoutRequest and what we did about it, or what became of a source of metadata. No NameID, no key,
/// nothing the peer wrote that wasn't proven; `name_id` and `session_indexes` are keyed hashes.
struct AuditEntry {
    Instant time;
    std::string idp;                           ///< entityID from our own metadata; empty where unknown
    std::string request_id;                    ///< an NCName of a verified request; empty before that
    std::string name_id;                       ///< keyed hash, 32 hex digits
    std::vector<std::string> session_indexes;  ///< keyed hashes of the first most_indexes_told
    std::size_t session_index_count = 0;       ///< how many there are of them; the line tells it if it's more
    std::string event;        ///< "logout", "repeat", "refused", "summary", "recover", "store", "metadata", "keys", ...
    std::string source = {};  ///< of "metadata": the source's name in our configuration
    std::string stage;        ///< where it was refused or failed: "sig", "store", "application", ...
    std::string rule;         ///< the broken rule's name, e.g. "sig.invalid"
    std::string detail;       ///< where the store or a source failed: how; of "keys": stages; no NameID, no key
    std::string authenticated_by = {};  ///< of a request without signature: "tls_client_key" or "http_basic"
    std::string status;                 ///< "Success", "Requester/RequestDenied", "Fault/Client", "403", ...
    unsigned ended = 0;
    unsigned already_gone = 0;
    unsigned failed = 0;
    std::vector<std::string> failed_applications;
    std::chrono::microseconds duration{};
    AuditLane lane = AuditLane::proven;
    std::uint64_t more = 0;         ///< of "summary": how many entries with this rule weren't written, in one interval
    std::uint64_t more_in_all = 0;  ///< and since the start: a summary that is lost itself takes no count with it
};

/// AuditSink is a port. record() must be thread-safe, must not block for long and must not throw. What LogoutService
/// records has been sampled already (AuditSampling), whatever the sink does; a sink that can be full should give up
/// lines of AuditLane::sampled first.
class AuditSink {
public:
    virtual ~AuditSink() = default;
    virtual void record(const AuditEntry& entry) noexcept = 0;
};

/// to_json writes the entry as one line of JSON; every character outside printable ASCII is escaped, values are cut at
/// 256 bytes.
[[nodiscard]] std::string to_json(const AuditEntry& entry);

/// An AuditSink that writes to_json() lines through Boost.Log (channel "audit", severity info, and an attribute "Lane"
/// with the text "proven" or "sampled"). Where they go is the host's Boost.Log set-up, which must not block either;
/// StderrLog is one for programs that have none.
[[nodiscard]] std::unique_ptr<AuditSink> make_boost_log_audit();

/// StderrLog is a Boost.Log sink for channel "audit": bare lines on stderr, written by a thread of its own, so that no
/// logout waits for their reader. While stderr takes nothing, 4096 lines of AuditLane::proven wait and 256 of
/// AuditLane::sampled, each behind its own kind only, and newer ones are lost; a line that can't be written (disk full,
/// reader gone) is lost too. When stderr takes lines again, those that are proven come first, and before them one that
/// tells how many were lost, and how many of these were proven:
/// {"time":"...","event":"lines_lost","lost":N,"proven":M}. A reader that goes away raises SIGPIPE: a program should
/// ignore it. Process-wide and one at a time, for programs. Make it before the first record, and destroy it after the
/// last one.
class StderrLog {
public:
    /// When destroyed, it writes the lines that wait, for at most about `patience`. Throws std::logic_error while
    /// another one lives, and std::system_error or std::bad_alloc where the thread can't be had.
    explicit StderrLog(std::chrono::milliseconds patience = std::chrono::seconds(1));
    StderrLog(const StderrLog&) = delete;
    StderrLog& operator=(const StderrLog&) = delete;
    ~StderrLog();

    /// Lines that were lost since it was made, also those that have been told.
    struct Lost {
        std::uint64_t proven = 0;
        std::uint64_t sampled = 0;
    };
    /// Thread-safe.
    [[nodiscard]] Lost lost() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
