// What is remembered beside the copy of a document, as it is written down.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/metadata/metadata_document.hpp"

namespace slo::idp_adapter {

/// Voucher is what stands behind a source's documents: the place that they come from, and whatever any of them is
/// believed by. What is remembered of one place or trust says nothing of another's.
struct Voucher {
    std::string place;                 ///< empty: unknown, of a copy that an earlier version wrote
    std::vector<std::string> anchors;  ///< fingerprints of signing keys, a pinned hash, or pinned keys of the server
    friend bool operator==(const Voucher&, const Voucher&) = default;
};
[[nodiscard]] Voucher voucher_of(const MetadataSourceOptions& options);

/// Whether what `then` stood behind still counts: the same place, and an anchor in common, so that signing keys can be
/// exchanged one by one; and each pinned TLS key of then, since the copy may have come by any of them and doesn't prove
/// itself. An unknown one counts, or an update of this library would lose every copy.
[[nodiscard]] bool vouches_for(const Voucher& now, const Voucher& then);

/// What is remembered beside a copy.
struct CachedState {
    metadata::Precedent precedent;
    Voucher voucher = {};
    std::string etag = {};                ///< as the server wrote it; empty: none
    std::string last_modified = {};       ///< as the server wrote it; empty: none
    std::optional<Instant> fetched = {};  ///< of a document without validUntil: when its server last stood by it
};
/// Whether a validator that a server sent may be kept and sent back: short, printable, one line.
[[nodiscard]] bool is_keepable(std::string_view validator) noexcept;
[[nodiscard]] std::string text_of(const CachedState& state);
/// Nothing: this isn't ours, or it's damaged.
[[nodiscard]] std::optional<CachedState> state_of(std::string_view text);

using Names = std::unordered_set<saml::EntityID>;
/// The entityIDs that a source has had, and what stood behind them.
struct KnownNames {
    Voucher voucher = {};
    Names names = {};
};
[[nodiscard]] std::string text_of(const KnownNames& known);
[[nodiscard]] std::optional<KnownNames> names_of(std::string_view text);

}  // namespace slo::idp_adapter
