// The operations that the servers do for the store, each in one atomic step. All keys of a script share one hash tag.
//
// Records are octet strings that the node composes (record_layout.hpp) and that the scripts only read, compare and
// mark. Times are milliseconds of the node's clock: a script never asks the server for the time, so one clock alone
// decides, and a test's doesn't advance.
#pragma once

#include <chrono>

#include "client.hpp"

namespace slo::sp::redis {

/// server_margin is how much longer than asked the servers keep records: a node's clock decides, theirs only tidies.
inline constexpr std::chrono::milliseconds server_margin = std::chrono::hours(1);

/// StoreScripts are the sources, ready to be sent. Immutable.
struct StoreScripts {
    /// KEYS: sessions, until when they are too many, barriers of all, barriers of each index. ARGV: now, rule ("strict"
    /// or "by_authn_instant"), the session's name, its record, how long to keep it, how many sessions the principal may
    /// have. Answers "admitted", "refused", "taken" or "full".
    Script admit;

    /// KEYS: barriers of all, barriers of each index. ARGV: now, rule, the session's record. Answers "admitted" or
    /// "refused", and changes nothing.
    Script would_admit;

    /// KEYS: sessions, counter, logout, rounds, barriers of all or of each index. ARGV: now, the logout's record, how
    /// long to keep it, the channel, the principal, the round, until when it has what it gets, what it bars, "here"
    /// where it needs no room. Answers {"reused"}, {"full"}, {"recorded", outcome}, or {"fresh" or "repeated", how many
    /// the round gets, name, sealed session, name, sealed session...} with those that it gets first, and then those
    /// that another round has.
    Script begin;

    /// KEYS: sessions, logout, rounds. ARGV: now, the round, until when it has what it gets. Answers {"unknown"}, or as
    /// `begin` does for a repeat.
    Script resume;

    /// KEYS: sessions, logout, rounds. ARGV: the round, names of sessions that are gone... Drops them, for a `complete`
    /// that comes afterwards. Answers {"unknown"} or {"dropped", name, nonce, sealed session...}.
    Script drop;

    /// KEYS: sessions, logout, rounds. ARGV: now, the round, how many it ended, how many were gone already, near
    /// misses, until when applications are at work (""), names of sessions that are gone... Answers {"unknown"}, or
    /// {"finished" or "unfinished", how long the logout is kept, the order's name, outcome, name, nonce, sealed
    /// session, name, nonce, sealed session...} with those that were dropped.
    Script complete;

    /// KEYS: sessions, logout. ARGV: now. Answers {"absent"}, {"finished", how long it is kept, the order's name}, or
    /// {"unfinished", the order's name, sealed key, name, sealed session...}.
    Script look;

    /// KEYS: one. ARGV: a value, how long to keep it (0: for ever), "here" where it's set on a full server too. Sets it
    /// where nothing is; what is wanted for ever and is there stays for ever. Answers what is there then.
    Script claim;

    /// KEYS: a journal. ARGV: now, an entry. Puts it in, on a full server too. Answers "entered".
    Script enter;

    /// KEYS: one. ARGV: how its value must begin, how long to keep it from now on. Answers "settled".
    Script settle;

    /// KEYS: a journal, or a hint. ARGV: an entry, and the time that it must have ("": any). Drops it. Answers
    /// "forgotten".
    Script forget;

    /// KEYS: one. ARGV: the value that must be there, its successor, how long to keep that (0: remove it). Answers what
    /// is there then, "" for nothing.
    Script replace;

    /// KEYS: sessions. ARGV: a session's name, its nonce. Drops it if it is active and has that nonce.
    Script withdraw;

    /// KEYS: a hint. ARGV: now, an entry, when its session expires, how long to keep it. Answers "noted".
    Script hint;

    /// KEYS: the list of IdPs. ARGV: the IdP's name, its sealed entityID, how long to keep it. Answers "listed".
    Script list_idp;

    /// KEYS: a part's requests, when they are due. ARGV: the request's name, its sealed record, when it is due, how
    /// long to keep it, how many the part takes. Answers "kept" or "full".
    Script keep_request;

    /// KEYS: a part's requests, when they are due. ARGV: now, when they will be due, names... Takes those that are due.
    /// Answers {name, sealed record, name, sealed record...}; when it is repeated because that was lost, nothing, as if
    /// the taker had died.
    Script take_requests;

    /// KEYS: a part's requests, when they are due. ARGV: a name. Answers "dropped".
    Script drop_request;

    [[nodiscard]] static const StoreScripts& get();
};

}  // namespace slo::sp::redis
