// The last good copies of one source's documents, in a folder that is closed to other users.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cached_state.hpp"
#include "document_file.hpp"
#include "new_file.hpp"
#include "slo/idp_adapter/descriptor.hpp"

namespace slo::idp_adapter {

/// CacheLock is held while the record is read and replaced: no other process, or source of this one, does so
/// meanwhile. It must not outlive its cache.
class CacheLock {
public:
    explicit CacheLock(int file) noexcept : file_(file) {}
    ~CacheLock();
    CacheLock(CacheLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    CacheLock& operator=(CacheLock&&) = delete;

private:
    int file_;
};

/// ArrivingDocument takes a document in transfer into a new file of the cache, or into memory if that can't be written,
/// as a document must come into force on a full disk too. It must not outlive its cache.
class ArrivingDocument {
public:
    explicit ArrivingDocument(Result<NewFile> file);
    /// append: SourceErrc::cache_failed if the octets written before can't be read back.
    [[nodiscard]] Result<void> append(std::string_view octets);
    /// source reads from the front; this must outlive it.
    [[nodiscard]] saml::OctetSource source() const;

private:
    friend class DocumentCache;
    [[nodiscard]] Result<void> move_into_memory(Failure why);

    std::optional<NewFile> file_;
    std::uint64_t written_ = 0;
    Failure trouble_ = {};  ///< why there is no file
    std::string memory_;
};

/// DocumentCache keeps, for each slot (a name of ours), a document and its state. The state names its document by hash
/// and is replaced in one step after the document is durable, so a crash leaves the old pair or the new one. Several
/// processes may have one cache: they write new documents under names of their own, and replace the record under
/// a lock, each after reading what another has put there. Not thread-safe.
class DocumentCache {
public:
    using Pause = std::function<void(std::chrono::milliseconds)>;

    /// open makes the folders (0700) if they are missing, and the lock. Errors: SourceErrc::cache_failed.
    [[nodiscard]] static Result<DocumentCache> open(const std::filesystem::path& cache, const std::string& source);
    /// open_to_read makes nothing, locks nothing, and takes the folder of any user; a missing one holds nothing. A
    /// document that is being replaced meanwhile may be missing, too. Errors: SourceErrc::cache_failed.
    [[nodiscard]] static Result<DocumentCache> open_to_read(const std::filesystem::path& cache,
                                                            const std::string& source);

    /// lock waits about a second, by `pause`, for the holder: a process that was stopped halfway must not stop us.
    /// Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<CacheLock> lock(const Pause& pause) const;
    /// tidy_up removes the files that crashes left behind.
    void tidy_up(const CacheLock& lock) const;

    /// state returns std::nullopt if none is kept. Errors: SourceErrc::copy_damaged; cache_failed if it can't be read
    /// now.
    [[nodiscard]] Result<std::optional<CachedState>> state(const std::string& slot) const;
    /// document returns the one that `state` names. Errors: as state.
    [[nodiscard]] Result<OpenedFile> document(const std::string& slot, const CachedState& state,
                                              std::uint64_t max_octets) const;
    /// names returns std::nullopt if none are kept. Errors: as state.
    [[nodiscard]] Result<std::optional<KnownNames>> names(const std::string& slot) const;
    /// mark_of_names is another one after the names have changed; std::nullopt if it isn't known.
    [[nodiscard]] std::optional<FileMark> mark_of_names(const std::string& slot) const;

    /// begin is for a document in transfer.
    [[nodiscard]] ArrivingDocument begin(const std::string& slot) const;
    /// commit makes the received one the slot's document. Errors: SourceErrc::cache_failed; the old one stays.
    [[nodiscard]] Result<void> commit(const CacheLock& lock, const std::string& slot, ArrivingDocument& arrived,
                                      const CachedState& state) const;
    /// renew replaces the state of the document that is kept, which must be that of `state`. Errors:
    /// SourceErrc::cache_failed.
    [[nodiscard]] Result<void> renew(const CacheLock& lock, const std::string& slot, const CachedState& state) const;
    /// keep_names adds to the names that are kept. Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<void> keep_names(const CacheLock& lock, const std::string& slot,
                                          const KnownNames& known) const;

    /// path_of_state returns the state's place, for people.
    [[nodiscard]] std::string path_of_state(const std::string& slot) const;
    [[nodiscard]] std::string path_of_document(const std::string& slot, const CachedState& state) const;

private:
    DocumentCache(std::filesystem::path path, Descriptor folder, Descriptor lock) noexcept
        : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
    [[nodiscard]] Result<std::optional<std::string>> read(const std::string& name, std::size_t max_octets) const;
    [[nodiscard]] Result<OpenedFile> open(const std::string& name, std::uint64_t max_octets) const;
    [[nodiscard]] bool is_there(const std::string& name) const;
    [[nodiscard]] Failure failure(const std::string& name, const Failure& why) const;
    [[nodiscard]] Result<void> replace(const std::string& name, std::string_view text) const;
    [[nodiscard]] bool is_orphan(const std::string& name) const;

    std::filesystem::path path_;
    Descriptor folder_;
    Descriptor lock_;
};

}  // namespace slo::idp_adapter
