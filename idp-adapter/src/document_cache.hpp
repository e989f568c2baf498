// The last good copies of one source's documents, in a folder that is nobody else's business.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "document_file.hpp"
#include "slo/idp_adapter/descriptor.hpp"
#include "slo/metadata/metadata_document.hpp"

namespace slo::idp_adapter {

/// What is remembered beside a copy.
struct CachedState {
    metadata::Precedent precedent;
    std::string etag;           ///< as the server wrote it; empty: none
    std::string last_modified;  ///< as the server wrote it; empty: none
};

/// Whether a validator that a server sent may be kept and sent back: short, printable, one line.
[[nodiscard]] bool is_keepable(std::string_view validator) noexcept;

/// DocumentCache keeps, for each slot (a name of ours), a document and its state. The state names its document by hash
/// and is replaced in one step, so a crash leaves the old pair or the new one. Not thread-safe.
class DocumentCache {
public:
    /// Makes the folders (0700) where they are missing. Errors: SourceErrc::cache_failed.
    [[nodiscard]] static Result<DocumentCache> open(const std::filesystem::path& cache, const std::string& source);

    /// Nothing where none is kept, or it can't be read.
    [[nodiscard]] std::optional<CachedState> state(const std::string& slot) const;
    /// The document that `state` names. Errors: as open_file.
    [[nodiscard]] Result<OpenedFile> document(const std::string& slot, const CachedState& state,
                                              std::uint64_t max_octets) const;

    /// A new empty file (0600) for what is on its way. Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<Descriptor> begin(const std::string& slot) const;
    /// Makes what begin() opened the slot's document, durably. Errors: SourceErrc::cache_failed; the old one stays.
    [[nodiscard]] Result<void> commit(const std::string& slot, const Descriptor& written,
                                      const CachedState& state) const;
    /// Replaces the state alone. Errors: as commit.
    [[nodiscard]] Result<void> remember(const std::string& slot, const CachedState& state) const;
    /// Removes what begin() made.
    void abandon(const std::string& slot) const noexcept;

private:
    explicit DocumentCache(Descriptor folder) noexcept : folder_(std::move(folder)) {}
    Descriptor folder_;
};

/// Writes all of `octets`. Errors: SourceErrc::cache_failed.
[[nodiscard]] Result<void> write_copy(const Descriptor& file, std::string_view octets);

}  // namespace slo::idp_adapter
