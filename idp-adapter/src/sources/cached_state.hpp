// The record beside the copy of a document, as it is written to the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/metadata/metadata_document.hpp"

namespace slo::idp_adapter {

/// Voucher is the proof of a source's documents: the place that they come from, and the keys or hash by which any of
/// them is believed. A record of one place or trust says nothing of another's.
struct Voucher {
    std::string place;  ///< empty: unknown, for a copy of an earlier version
    /// Fingerprints of signing keys, a pinned hash, pinned keys of the server, or the hash of all CAs that can certify
    /// it.
    std::vector<std::string> anchors;
    friend bool operator==(const Voucher&, const Voucher&) = default;
};
/// voucher_of reads the CAs of a certified server: one that is withdrawn vouches for nothing any more. Errors:
/// HttpErrc::client_setup.
[[nodiscard]] Result<Voucher> voucher_of(const MetadataSourceOptions& options);

/// vouches_for says whether the proof `then` still counts: the same place, and an anchor in common, so that signing
/// keys can be exchanged one by one; and each pinned TLS key of then, since the copy may have come by any of them and
/// isn't proven otherwise. An unknown one counts, or an update of this library would lose every copy.
[[nodiscard]] bool vouches_for(const Voucher& now, const Voucher& then);

/// CachedState is the record beside a copy.
struct CachedState {
    metadata::Precedent precedent;
    Voucher voucher = {};
    std::string etag = {};                ///< as the server wrote it; empty: none
    std::string last_modified = {};       ///< as the server wrote it; empty: none
    std::optional<Instant> fetched = {};  ///< of a document without validUntil: when its server last stood by it
};
/// is_keepable says whether a server's validator may be kept and sent back: short, printable, one line.
[[nodiscard]] bool is_keepable(std::string_view validator) noexcept;
[[nodiscard]] std::string text_of(const CachedState& state);
/// state_of returns std::nullopt for a text in another format, or a damaged one.
[[nodiscard]] std::optional<CachedState> state_of(std::string_view text);

using Names = std::unordered_set<saml::EntityID>;
/// KnownNames are the entityIDs that a source has had, and the proof of them.
struct KnownNames {
    Voucher voucher = {};
    Names names = {};
};
[[nodiscard]] std::string text_of(const KnownNames& known);
[[nodiscard]] std::optional<KnownNames> names_of(std::string_view text);

}  // namespace slo::idp_adapter
