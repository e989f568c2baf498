// Our published metadata: signed, and renewed before it expires.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "slo/metadata/sp_metadata.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

/// Publication is the content, the validity of each copy, and the signer.
struct Publication {
    SpMetadata content;                             ///< the publication sets its id and valid_until
    std::optional<std::chrono::seconds> valid_for;  ///< at least two seconds; std::nullopt: for ever
    std::optional<saml::SigningKey> signer;         ///< std::nullopt: unsigned
};

/// longest_http_caching bounds an HTTP cache's copies: a roll-over reaches all after cacheDuration and this.
inline constexpr std::chrono::seconds longest_http_caching{300};

/// PublishedDocument is one document. Nodes with the same publication and RSA key make the same octets.
struct PublishedDocument {
    std::string octets;
    std::string entity_tag;           ///< quoted, as in ETag
    Instant last_modified;            ///< to the second
    std::chrono::seconds max_age{0};  ///< of Cache-Control
    std::optional<Instant> valid_until;
};

/// make_document makes the document of the period that `now` falls into: periods are half of valid_for long, counted
/// from the epoch, and each document is valid for two of them. So it never has less than half of its validity left.
/// Errors: Errc::bad_sp_metadata; those of saml::sign_document.
[[nodiscard]] Result<PublishedDocument> make_document(const Publication& publication, Instant now);

/// PublishedMetadata returns the present document and makes it only once in each period. Thread-safe.
class PublishedMetadata {
public:
    /// make makes the first document. Errors: as make_document.
    [[nodiscard]] static Result<std::shared_ptr<PublishedMetadata>> make(Publication publication, Instant now);

    /// at returns the document for `now`. Errors: as make_document, if the one before isn't valid any more.
    [[nodiscard]] Result<std::shared_ptr<const PublishedDocument>> at(Instant now);
    /// replace publishes something else from `now` on. Errors: as make_document; then nothing changes.
    [[nodiscard]] Result<void> replace(Publication publication, Instant now);

private:
    PublishedMetadata(Publication publication, PublishedDocument document, Instant now);
    [[nodiscard]] std::int64_t period_of(Instant now) const;

    std::mutex mutex_;
    Publication publication_;
    Instant since_;  ///< when this publication came into force: it has no earlier document
    std::int64_t period_;
    std::shared_ptr<const PublishedDocument> document_;
};

}  // namespace slo::metadata
