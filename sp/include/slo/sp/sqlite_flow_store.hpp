// The durable engine of the FlowStore: one host, one file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "slo/saml/keyed_digest.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/flow_store.hpp"

namespace slo::sp {

struct SqliteFlowStoreOptions {
    /// As SqliteSessionStoreOptions::folder, and it may be the same one.
    std::filesystem::path folder;
    std::size_t max_flows = 1'000'000;   ///< pending records; one of a KiB and more counts for each KiB begun
    std::size_t max_claims = 4'000'000;  ///< assertions that were used and may still be accepted by time
};

/// SqliteFlowStore keeps everything in `folder`/flows.db, which one process at a time has. It is no part of the
/// sessions' file for three reasons: a host may have either store without the other; sign-ons, which any browser may
/// begin, don't queue up with logouts for the one writer of a file, nor take the room that these have reserved on the
/// disk; and the file may be moved away when it is damaged, without the loss of a session.
///
/// A claim is on the disk before it returns `first` (WAL, synchronous=EXTRA). What keep() and take() did outlives the
/// process at once, but a power cut only with the next claim or checkpoint: at worst a user begins anew, or a record
/// that was taken is there again, whose assertion is claimed. Records don't show who signs on, if they are sealed;
/// handles and assertions are named by keyed digests. Blocks in its callers' threads, which share their writes.
///
/// A failing disk is StoreErrc::store_failed, and a full one StoreErrc::store_full, until there is room again; nothing
/// is half done then. While a file of the store isn't the one at its path any more, every operation is store_failed,
/// whose `detail` has the remedy. It has no thread of its own, opens all files in open(), and must not be used after a
/// fork() in the child.
class SqliteFlowStore final : public FlowStore {
public:
    /// open: `digest` must have the same key each time, or it is refused: no assertion that was used would be found
    /// again. Errors: StoreErrc::store_unusable; `detail` says what is wrong and the remedy. `clock` must outlive the
    /// store.
    [[nodiscard]] static Result<std::unique_ptr<SqliteFlowStore>> open(const Clock& clock, saml::KeyedDigest digest,
                                                                       SqliteFlowStoreOptions options);
    ~SqliteFlowStore() override;

    [[nodiscard]] Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until) override;
    [[nodiscard]] Result<std::optional<std::string>> peek(const FlowHandle& handle) override;
    [[nodiscard]] Result<std::optional<std::string>> take(const FlowHandle& handle) override;
    [[nodiscard]] Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                             Instant until) override;

    /// forget_expired drops up to 64 of each, or gives room back to the disk if there are none.
    std::size_t forget_expired() override;

private:
    struct Impl;
    explicit SqliteFlowStore(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
