// The durable engine: one host, one file, and no loss by a crash.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

struct SqliteSessionStoreOptions {
    /// Made with mode 0700 if it is missing; no other user may be able to read or write it or the store's files. On a
    /// local file system: locks of network file systems aren't reliable. In memory (tmpfs) it survives the process, but
    /// not the machine.
    std::filesystem::path folder;
    // For each limit, a record of over a KiB counts for each KiB begun.
    std::size_t max_sessions = 20'000'000;  ///< records of logouts that started here counted
    /// Records of IdPs' orders. An IdP may have as much as it leaves free: one alone half of this, two a third each.
    std::size_t max_logout_records = 2'000'000;
    std::size_t max_logout_records_per_idp = 1'000'000;
    std::size_t max_kept_requests = sp::max_kept_requests;
    std::size_t max_sessions_per_principal = sp::max_sessions_per_principal;  ///< live and ending ones
    ReloginRule relogin = ReloginRule::by_authn_instant;
};

/// SqliteSessionStore keeps sessions and logouts in `folder`/sessions.db. An acknowledged operation is on the
/// disk (WAL, synchronous=EXTRA); calls that wait at the same time share one write to it. One process at a time has the
/// folder. Bounded like the memory engine. Blocks in its callers' threads: call it from several to share the writes.
///
/// A failing disk is StoreErrc::store_failed for operations that write; none is half done then, and the next call tries
/// anew. An operation that failed like that may still turn out to be done after a crash. A full disk is
/// StoreErrc::store_full: 16 MiB are held in `folder`/sessions.reserve for the logouts that start here and for reports
/// of those that have begun. They are given back to the disk when one of these needs them; from then on new sessions,
/// new orders of IdPs and kept requests are store_full, until sweep_some() finds 32 MiB free. open() opens every file
/// that is ever needed. It has no thread of its own, and must not be used after a fork() in the child.
///
/// When sweep_some() has nothing left to drop, it gives room back to the disk: free pages of the file while these are
/// more than 1 MiB and more than an eighth of the file, 32 at most in a call; and a log of more than 1 MiB, if no
/// operation is at work and the reserve is held. open() makes a file of an earlier version able to shrink if it holds
/// 32 MiB at most and there is as much room; a larger one keeps its free pages, and uses them.
///
/// While a file of the store isn't the one at its path any more (removed, renamed, replaced, a folder above it moved),
/// every operation is StoreErrc::store_failed, whose `detail` has the remedy: later writes may be gone after a
/// restart. So don't chroot() away from the folder.
class SqliteSessionStore final : public SessionStore {
public:
    /// open: StoreErrc::store_unusable; `detail` says what is wrong with the folder or the file and the remedy.
    /// `clock` must outlive the store.
    [[nodiscard]] static Result<std::unique_ptr<SqliteSessionStore>> open(const Clock& clock,
                                                                          SqliteSessionStoreOptions options);
    ~SqliteSessionStore() override;

    [[nodiscard]] Result<Admission> admit(const Session& session) override;
    [[nodiscard]] Result<Admission> would_admit(const Session& session) override;
    [[nodiscard]] Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim) override;
    [[nodiscard]] Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim) override;
    [[nodiscard]] Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report) override;
    [[nodiscard]] Result<std::optional<Session>> find(const LocalSessionID& id) override;
    [[nodiscard]] Result<std::vector<UnfinishedLogout>> unfinished_logouts() override;
    [[nodiscard]] Result<std::vector<Session>> named_by(const SessionNaming& naming) override;
    [[nodiscard]] Result<std::vector<NearMiss>> near_misses(const LogoutOrder& order) override;
    [[nodiscard]] Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                  std::size_t count) override;
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions() override;
    [[nodiscard]] Result<void> keep_request(const KeptRequest& request) override;
    [[nodiscard]] Result<std::vector<KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                     std::size_t count) override;
    [[nodiscard]] Result<void> drop_request(const LogoutKey& key) override;
    std::size_t sweep_some() override;

    struct Size {
        // Weighted as for the limits.
        std::size_t sessions = 0;  ///< live, ending, and expired ones not swept yet
        std::size_t logout_records = 0;
    };
    [[nodiscard]] Size size() const noexcept;

private:
    struct Impl;
    explicit SqliteSessionStore(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
