// The shared store's keys and records, which show nothing of a principal but keyed digests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packed_naming.hpp"
#include "record_layout.hpp"
#include "slo/saml/record_cipher.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp::redis {

/// hex returns two lower-case digits for each octet: as a name stands in a key.
[[nodiscard]] std::string hex(std::string_view octets);

/// RecordWriter names, composes, seals and opens. Thread-safe. Every function may throw std::bad_alloc.
class RecordWriter {
public:
    RecordWriter(saml::RecordCipher cipher, std::string prefix)
        : cipher_(std::move(cipher)), prefix_(std::move(prefix)) {}

    /// principal returns 32 hex digits for a principal under the widest matching rule; they are its hash tag.
    [[nodiscard]] std::string principal(const Session& session) const;
    [[nodiscard]] std::string principal(const NamingView& naming) const;
    /// 16 octets each.
    [[nodiscard]] std::string session_name(const LocalSessionID& id) const;
    [[nodiscard]] std::string request_name(const LogoutKey& key) const;
    /// order_name returns 16 octets for the order: equal for a repeat, whatever its keep_until or matching.
    [[nodiscard]] std::string order_name(const LogoutOrder& order) const;

    [[nodiscard]] std::string sessions_key(std::string_view principal) const;
    /// full_key says until when a principal has as many sessions as it may.
    [[nodiscard]] std::string full_key(std::string_view principal) const;
    [[nodiscard]] std::string counter_key(std::string_view principal) const;
    [[nodiscard]] std::string logout_key(std::string_view principal, std::string_view request_name) const;
    /// rounds_key says which round holds an ending session.
    [[nodiscard]] std::string rounds_key(std::string_view principal) const;
    /// barrier_keys returns where a login looks for logouts that forbid it: those of all, and those of its indexes.
    [[nodiscard]] std::vector<std::string> barrier_keys(std::string_view principal, const Session& session) const;
    /// This overload returns where a logout blocks logins.
    [[nodiscard]] std::vector<std::string> barrier_keys(std::string_view principal, const LogoutOrder& order) const;
    /// The places say which principal's a session is, and which order has a request's ID: each in a slot of its own.
    [[nodiscard]] std::string session_place_key(std::string_view session_name) const;
    [[nodiscard]] std::string request_place_key(std::string_view request_name) const;
    /// barred_form returns 17 octets: the principal that a logout stops from logging in, whatever the rest of the
    /// NameID is (store_rules.hpp): in a barrier, a rule, and the form that a login must have under it.
    [[nodiscard]] std::string barred_form(const LogoutOrder& order) const;
    /// hint_keys returns where sessions are found by what an order may have in common with them beside the principal:
    /// an index that no other session has, or an address in other letter case. Each is alone in its slot.
    [[nodiscard]] std::vector<std::string> hint_keys(const Session& session) const;
    [[nodiscard]] std::vector<std::string> hint_keys(const LogoutOrder& order) const;
    /// The journals of unfinished logouts, so that recovery needn't look at every key.
    static constexpr unsigned journals = 16;
    [[nodiscard]] std::string journal_key(unsigned number) const;
    [[nodiscard]] static unsigned journal_of(std::string_view principal) noexcept;
    /// The parts in which kept requests lie, each with a hash tag of its own.
    static constexpr unsigned kept_parts = 16;
    [[nodiscard]] std::string kept_requests_key(unsigned part) const;
    [[nodiscard]] std::string due_requests_key(unsigned part) const;
    [[nodiscard]] static unsigned part_of(std::string_view request_name) noexcept;
    /// The IdPs that sessions were admitted for: a hash of sealed names.
    [[nodiscard]] std::string idps_key() const;
    [[nodiscard]] std::string idp_name(const saml::EntityID& idp) const;
    /// sessions_pattern is SCAN's pattern for all sessions_key(); principal_in reads one, and nothing of other keys.
    [[nodiscard]] std::string sessions_pattern() const;
    [[nodiscard]] std::optional<std::string> principal_in(std::string_view sessions_key) const;
    /// name_of_servers returns 32 hex digits for servers, and for which of their processes answer.
    [[nodiscard]] std::string name_of_servers(std::string_view servers) const;
    /// deployment_key is for what the nodes of one deployment agree on: that they have the same index key.
    [[nodiscard]] std::string deployment_key() const;
    [[nodiscard]] std::string deployment() const;
    [[nodiscard]] std::string channel() const { return prefix_ + ":ended"; }

    /// The records as the scripts want them (record_layout.hpp).
    [[nodiscard]] Result<std::string> session_record(const Session& session, std::string_view principal,
                                                     std::string_view nonce) const;
    [[nodiscard]] Result<std::string> logout_record(const LogoutOrder& order, std::string_view principal) const;
    [[nodiscard]] static std::string round_name(const RoundID& round);
    /// kept_record seals all of a kept request but its due time.
    [[nodiscard]] Result<std::string> kept_record(const KeptRequest& request) const;

    /// open_session: StoreErrc::store_failed if it was sealed under another key, or changed.
    [[nodiscard]] Result<Session> open_session(std::string_view sealed, std::string_view principal,
                                               std::string_view session_name) const;
    /// read_ended reads the message that the script `begin` publishes of an ending session: principal, name, session.
    [[nodiscard]] Result<LocalSessionID> read_ended(std::string_view message) const;
    [[nodiscard]] Result<LogoutKey> open_logout_key(std::string_view sealed, std::string_view principal,
                                                    std::string_view request_name) const;
    [[nodiscard]] Result<KeptRequest> open_kept(std::string_view sealed, std::string_view request_name,
                                                Instant next_attempt) const;
    [[nodiscard]] Result<std::string> seal_idp(const saml::EntityID& idp) const;
    [[nodiscard]] Result<saml::EntityID> open_idp(std::string_view sealed, std::string_view name) const;
    [[nodiscard]] static std::optional<LogoutOutcome> read_outcome(std::string_view record) noexcept;

private:
    [[nodiscard]] std::string principal(const saml::EntityID& idp, const Principal& principal) const;
    [[nodiscard]] std::string tagged(std::string_view principal, std::string_view rest) const;
    [[nodiscard]] std::string index_name(std::string_view principal, const saml::SessionIndex& index) const;
    /// The names of the indexes and AuthnInstants that an order names.
    [[nodiscard]] std::vector<std::string> index_names(std::string_view principal, const LogoutOrder& order) const;
    [[nodiscard]] std::string form_name(const saml::NameID& name_id, saml::NameIDMatching matching,
                                        const saml::EntityID& idp, const saml::EntityID& sp) const;
    enum class ByName { no, yes };
    [[nodiscard]] std::vector<std::string> hint_keys(const Naming& naming, ByName by_name) const;

    saml::RecordCipher cipher_;
    std::string prefix_;
};

/// StoredSession is a session record that was read.
class StoredSession {
public:
    /// read returns std::nullopt if the octets are no session's record.
    [[nodiscard]] static std::optional<StoredSession> read(std::string_view record) noexcept;

    [[nodiscard]] bool is_ending() const noexcept { return is_ending_; }
    [[nodiscard]] bool is_alive(Instant now) const noexcept { return !is_ending_ && expires_ > now; }
    /// Expired, and no logout waits for it.
    [[nodiscard]] bool is_droppable(Instant now) const noexcept { return !is_ending_ && expires_ <= now; }
    /// Borrow from the record.
    [[nodiscard]] std::string_view content() const noexcept { return content_; }
    [[nodiscard]] std::string_view sealed() const noexcept { return sealed_; }

private:
    bool is_ending_ = false;
    Instant expires_;
    std::string_view content_;
    std::string_view sealed_;
};

}  // namespace slo::sp::redis
