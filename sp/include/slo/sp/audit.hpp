// The audit's events: every logout, and the state of the parts that serve logouts.
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

/// most_indexes_told is how many SessionIndexes a line has at most.
inline constexpr std::size_t most_indexes_told = 64;

/// AuditLane says how much a line matters when not all can be written.
enum class AuditLane {
    /// Events here, and requests that an IdP has proven to be its own, within its rate: never lost, and never late, for
    /// the other lane's sake.
    proven,
    /// Refusals for requests that prove nothing (malformed, unsigned, badly signed, of an unknown Issuer), or that come
    /// faster than their IdP may send them: they cost their sender nothing, and there may be any number of them.
    sampled,
};

/// AuditSampling says how many lines of AuditLane::sampled are written in full. The others are counted, and a line for
/// each rule gives the count once the interval is over (RefusalsSummedUp). The rules are ours, so that neither the
/// lines nor the memory for the counts grow with what unproven senders send.
struct AuditSampling {
    std::chrono::seconds interval{10};
    unsigned lines_per_rule = 10;  ///< in one interval; the first is always written
    unsigned lines_in_all = 100;   ///< in one interval, beside the first of each rule
};

/// SampledLines counts the entries of AuditLane::sampled since the start.
struct SampledLines {
    std::uint64_t in_full = 0;
    std::uint64_t counted_only = 0;
};

/// AuditedRequest is the part of a line about an IdP's request.
struct AuditedRequest {
    /// entityID from our own metadata, of the IdP whose the request is or claims to be; "unknown" if that is none of
    /// ours, empty if the octets are no SAML message.
    std::string idp = {};
    std::string request_id = {};                    ///< an NCName, once the request is proven to be its IdP's
    std::string authenticated_by = {};              ///< without signature: "tls_client_key" or "http_basic"
    std::string name_id = {};                       ///< keyed hash, 32 hex digits
    std::vector<std::string> session_indexes = {};  ///< keyed hashes of the first most_indexes_told
    std::size_t session_index_count = 0;            ///< their number; in the line if it's greater
};

/// AuditTrouble is the part of a line about a broken rule or a failure; empty if there was none.
struct AuditTrouble {
    std::string stage = {};   ///< where it was refused or failed: "sig", "store", "application", ...
    std::string rule = {};    ///< the broken rule's name, e.g. "sig.invalid"
    std::string detail = {};  ///< the circumstances in our own words and numbers; no NameID, no key, no peer's text
};

/// AuditedSessions is the part of a line about the sessions that a logout named.
struct AuditedSessions {
    unsigned ended = 0;
    unsigned already_gone = 0;
    unsigned failed = 0;
    std::vector<std::string> failed_applications = {};
};

/// LogoutByIdp is an IdP's order that the store has taken: "logout", or "repeat" if it had it before.
struct LogoutByIdp {
    enum class Kind { logout, repeat };
    Kind kind = Kind::logout;
    AuditedRequest request = {};
    std::string status = {};  ///< of the answer: "Success", "Responder", "Fault/Server", "500", ...
    AuditTrouble trouble = {};
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
};

/// LogoutRefused is a request that was refused, for a broken rule or because the store didn't take it: "refused".
struct LogoutRefused {
    std::string number = {};  ///< that the user was shown for support, if a browser had brought it
    AuditedRequest request = {};
    std::string status = {};  ///< of the answer: "Requester/RequestDenied", "Fault/Client", "403", ...
    AuditTrouble trouble = {};
    std::chrono::microseconds duration{};
};

/// SignOnEnded is the end of a user's sign-on: "sign_on" if it opened a session, "sign_on_refused" otherwise.
struct SignOnEnded {
    enum class Kind { admitted, refused };
    Kind kind = Kind::refused;
    std::string number = {};      ///< that the user was shown for support, if it was refused
    AuditedRequest request = {};  ///< `request_id` is that of our AuthnRequest, if one was pending
    std::string idp_status = {};  ///< of an answer that isn't Success: "Responder/NoPassive"
    AuditTrouble trouble = {};
};

/// HttpRefused is a request that HTTP refused before it could be read as a message, or a connection that failed with
/// one under way: "http_refused".
struct HttpRefused {
    std::string peer = {};    ///< address, e.g. "192.0.2.7"; that of the proxy, if there is one
    std::string path = {};    ///< one of those that are served here, or "other"; empty if no request line was read
    std::string status = {};  ///< of the answer: "404", ...; empty if there was none
    AuditTrouble trouble = {};
};

/// LogoutHere is a logout that started here, for one principal at one IdP: "start", or "resend" if its request was
/// taken from the kept ones, either to be sent again or to be given up.
struct LogoutHere {
    enum class Kind { start, resend };
    Kind kind = Kind::start;
    std::string idp = {};                           ///< entityID from our own metadata
    std::string request_id = {};                    ///< ours
    std::string name_id = {};                       ///< keyed hash, 32 hex digits
    std::vector<std::string> session_indexes = {};  ///< keyed hashes
    std::string status = {};                        ///< the Extent's name
    std::string idp_status = {};                    ///< the codes that the IdP signed: "Responder/UnknownPrincipal"
    AuditTrouble trouble = {};                      ///< what kept it from being everywhere
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
};

/// LogoutRecovered is a logout that an earlier process, or a failing application, had left unfinished: "recover".
struct LogoutRecovered {
    std::string idp = {};         ///< entityID from our own metadata
    std::string request_id = {};  ///< the IdP's, or ours of a logout that started here
    std::string name_id = {};     ///< keyed hash, 32 hex digits; empty if no session was left to end
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

/// MetadataNews is a change of a source of metadata, or of one IdP in it: "metadata".
struct MetadataNews {
    std::string source = {};  ///< its name in our configuration
    std::string idp = {};     ///< entityID; empty: of the whole source
    std::string status = {};  ///< the name of idp_adapter::RefreshOutcome::Kind
    AuditTrouble trouble = {};
};

/// KeyNews is a change of our own keys: "keys".
struct KeyNews {
    std::string detail = {};  ///< the keys' stages, or a note about them; no key
};

/// KeysFailed is a failure to read or write our own keys, or the record of those that were published: "keys".
struct KeysFailed {
    AuditTrouble trouble = {};
};

/// StoreNews is a trouble with the servers of a store that goes on serving: "store".
struct StoreNews {
    AuditTrouble trouble = {};
};

/// RefusalsSummedUp replaces LogoutRefused, SignOnEnded or HttpRefused entries with one rule that weren't written:
/// "summary".
struct RefusalsSummedUp {
    std::string stage = {};
    std::string rule = {};
    std::uint64_t more = 0;         ///< how many, in one interval
    std::uint64_t more_in_all = 0;  ///< since the start: a lost summary takes no count with it
};

/// LinesLost counts lines that couldn't be written, since the last such entry: "lines_lost". Made by StderrLog.
struct LinesLost {
    std::uint64_t lost = 0;
    std::uint64_t proven = 0;  ///< how many of them were of AuditLane::proven
};

/// AuditEvent is one of the events. Its line has a key for each member, of the member's name; the members of a part
/// count as its own, and `duration` is "duration_us". A key without a member is empty or 0 in its line, except that
/// "source", "peer", "path", "authenticated_by", "session_index_count", "detail", "more" and "more_in_all" are left out
/// then, and that the line of LinesLost has no other keys than its own. docs/audit.md has all of them in a table. No
/// NameID, no key, no text of a peer that wasn't proven.
using AuditEvent =
    std::variant<LogoutByIdp, LogoutRefused, SignOnEnded, HttpRefused, LogoutHere, LogoutRecovered, HousekeepingFailed,
                 MetadataNews, KeyNews, KeysFailed, StoreNews, RefusalsSummedUp, LinesLost>;

/// event_name returns the value of "event" in the line, as listed at each event. Static storage.
[[nodiscard]] std::string_view event_name(const AuditEvent& event) noexcept;

/// AuditEntry is one line of the audit.
struct AuditEntry {
    Instant time;
    AuditLane lane = AuditLane::proven;
    AuditEvent event;
};

/// AuditSink is a port. record() must be thread-safe, must not block for long and must not throw. The entries of
/// LogoutService have been sampled already (AuditSampling), whatever the sink does; a sink that can be full should
/// drop lines of AuditLane::sampled first.
class AuditSink {
public:
    virtual ~AuditSink() = default;
    virtual void record(const AuditEntry& entry) noexcept = 0;
};

/// to_json writes the entry as one line of JSON; every character outside printable ASCII is escaped, values are cut at
/// 256 bytes, a detail at 512.
[[nodiscard]] std::string to_json(const AuditEntry& entry);

/// make_boost_log_audit makes an AuditSink that writes to_json() lines through Boost.Log (channel "audit", severity
/// info, and an attribute "Lane" with the text "proven" or "sampled"). The host's Boost.Log set-up decides where they
/// go, and must not block either; StderrLog is one for programs that have none.
[[nodiscard]] std::unique_ptr<AuditSink> make_boost_log_audit();

/// StderrLog is a Boost.Log sink for channel "audit": bare lines on stderr, written by a thread of its own, so that no
/// logout waits for their reader. While stderr takes nothing, 4096 lines of AuditLane::proven wait and 256 of
/// AuditLane::sampled, each behind its own kind only, and newer ones are lost; a line that can't be written (disk full,
/// reader gone) is lost too. When stderr takes lines again, the proven ones come first, and before them one with the
/// number of lost lines (LinesLost). A reader that goes away raises SIGPIPE: a program should ignore it.
/// Process-wide and one at a time, for programs. Make it before the first record, and destroy it after the last one.
class StderrLog {
public:
    /// StderrLog starts it; its destructor writes the waiting lines, for at most about `patience`. Throws
    /// std::logic_error while another one lives, and std::system_error or std::bad_alloc if there is no thread for it.
    explicit StderrLog(std::chrono::milliseconds patience = std::chrono::seconds(1));
    StderrLog(const StderrLog&) = delete;
    StderrLog& operator=(const StderrLog&) = delete;
    ~StderrLog();

    /// Lost counts the lines that were lost since it was made, including those already in a LinesLost.
    struct Lost {
        std::uint64_t proven = 0;
        std::uint64_t sampled = 0;
    };
    /// lost returns the counts. Thread-safe.
    [[nodiscard]] Lost lost() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
