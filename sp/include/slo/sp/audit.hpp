// What is written down about every logout, and about what serves them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
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
/// line for each rule once the interval is over (RefusalsSummedUp). The rules are ours, so that neither the lines nor
/// the memory for the counts grow with what strangers send.
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

/// AuditedRequest is what a line tells of an IdP's request.
struct AuditedRequest {
    std::string idp = {};                           ///< entityID from our own metadata; empty where unknown
    std::string request_id = {};                    ///< an NCName of a verified request; empty before that
    std::string authenticated_by = {};              ///< without signature: "tls_client_key" or "http_basic"
    std::string name_id = {};                       ///< keyed hash, 32 hex digits
    std::vector<std::string> session_indexes = {};  ///< keyed hashes of the first most_indexes_told
    std::size_t session_index_count = 0;            ///< how many there are of them; told if it's more
};

/// AuditTrouble is what a line tells of a broken rule or a failure; empty where there was none.
struct AuditTrouble {
    std::string stage = {};   ///< where it was refused or failed: "sig", "store", "application", ...
    std::string rule = {};    ///< the broken rule's name, e.g. "sig.invalid"
    std::string detail = {};  ///< where the store or a source failed: how; no NameID, no key
};

/// AuditedSessions is what a line tells of the sessions that a logout named.
struct AuditedSessions {
    unsigned ended = 0;
    unsigned already_gone = 0;
    unsigned failed = 0;
    std::vector<std::string> failed_applications = {};
};

/// LogoutByIdp is an IdP's order that the store has taken: "logout", or "repeat" where it had it before.
struct LogoutByIdp {
    enum class Kind { logout, repeat };
    Kind kind = Kind::logout;
    AuditedRequest request = {};
    std::string status = {};  ///< of the answer: "Success", "Responder", "Fault/Server", "500", ...
    AuditTrouble trouble = {};
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
};

/// LogoutRefused is a request that was refused, for a broken rule or as the store didn't take it: "refused".
struct LogoutRefused {
    AuditedRequest request = {};
    std::string status = {};  ///< of the answer: "Requester/RequestDenied", "Fault/Client", "403", ...
    AuditTrouble trouble = {};
    std::chrono::microseconds duration{};
};

/// LogoutHere is a logout that started here, for one principal at one IdP: "start", or "resend" where its request was
/// taken from those that are kept, be it to be sent again or given up.
struct LogoutHere {
    enum class Kind { start, resend };
    Kind kind = Kind::start;
    std::string idp = {};                           ///< entityID from our own metadata
    std::string request_id = {};                    ///< ours
    std::string name_id = {};                       ///< keyed hash, 32 hex digits
    std::vector<std::string> session_indexes = {};  ///< keyed hashes
    std::string status = {};                        ///< the Extent's name
    AuditTrouble trouble = {};                      ///< what kept it from being everywhere
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
};

/// LogoutRecovered is a logout that an earlier process, or a failing application, had left unfinished: "recover".
struct LogoutRecovered {
    std::string idp = {};         ///< entityID from our own metadata
    std::string request_id = {};  ///< the IdP's, or ours of a logout that started here
    std::string name_id = {};     ///< keyed hash, 32 hex digits; empty where nothing was left to end
    AuditTrouble trouble = {};    ///< why it's still unfinished
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
};

/// HousekeepingFailed is work for any number of logouts that the store kept from being done: "recover" or "resend".
struct HousekeepingFailed {
    enum class Work { recover, resend };
    Work work = Work::recover;
    AuditTrouble trouble = {};
};

/// MetadataNews is what became of a source of metadata, or of one IdP in it: "metadata".
struct MetadataNews {
    std::string source = {};  ///< its name in our configuration
    std::string idp = {};     ///< entityID; empty: of the whole source
    std::string status = {};  ///< the name of idp_adapter::RefreshOutcome::Kind
    AuditTrouble trouble = {};
};

/// KeyNews is that our own keys have changed: "keys".
struct KeyNews {
    std::string detail = {};  ///< the keys' stages, or a note about them; no key
};

/// KeysFailed is that our own keys, or the record of those that were published, couldn't be read or written: "keys".
struct KeysFailed {
    AuditTrouble trouble = {};
};

/// StoreNews is what is wrong with the servers of a store that goes on serving: "store".
struct StoreNews {
    AuditTrouble trouble = {};
};

/// RefusalsSummedUp stands for LogoutRefused entries with one rule that weren't written: "summary".
struct RefusalsSummedUp {
    std::string stage = {};
    std::string rule = {};
    std::uint64_t more = 0;         ///< how many, in one interval
    std::uint64_t more_in_all = 0;  ///< and since the start: a summary that is lost itself takes no count with it
};

/// LinesLost is that lines couldn't be written, since the last such entry: "lines_lost". Of StderrLog.
struct LinesLost {
    std::uint64_t lost = 0;
    std::uint64_t proven = 0;  ///< so many of them were of AuditLane::proven
};

/// AuditEvent is what happened. Its line has a key for each member, of the member's name; the members of a part count
/// as its own, and `duration` is "duration_us". What an event has no member for is empty or 0 in its line, except that
/// "source", "authenticated_by", "session_index_count", "detail", "more" and "more_in_all" are left out then, and that
/// the line of LinesLost has no other keys than its own. docs/audit.md has all of them in a table. No NameID, no key,
/// nothing the peer wrote that wasn't proven.
using AuditEvent = std::variant<LogoutByIdp, LogoutRefused, LogoutHere, LogoutRecovered, HousekeepingFailed,
                                MetadataNews, KeyNews, KeysFailed, StoreNews, RefusalsSummedUp, LinesLost>;

/// event_name is "event" in the line, as said at each event. Static storage.
[[nodiscard]] std::string_view event_name(const AuditEvent& event) noexcept;

/// AuditEntry is one line of the audit.
struct AuditEntry {
    Instant time;
    AuditLane lane = AuditLane::proven;
    AuditEvent event;
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
/// tells how many were lost (LinesLost). A reader that goes away raises SIGPIPE: a program should ignore it.
/// Process-wide and one at a time, for programs. Make it before the first record, and destroy it after the last one.
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
