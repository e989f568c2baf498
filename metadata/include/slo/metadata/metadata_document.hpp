// Reads a metadata document of any size, from a source that has to be proven, into the IdPs in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

/// SignedBy: the root's signature is by one of these keys (SAML Metadata 3.1).
struct SignedBy {
    saml::VerificationKeys keys;
    saml::AlgorithmPolicy algorithms;
};
/// PinnedHash: the document has this SHA-256, in lower-case hex, whatever signed it.
struct PinnedHash {
    std::string sha256;
};
/// TrustedPlace: the place vouches, a local file that only the operator writes, or a server with a pinned TLS key.
struct TrustedPlace {};
/// MetadataTrust is why a document is believed. There is no "because it says so".
using MetadataTrust = std::variant<SignedBy, PinnedHash, TrustedPlace>;

/// EndpointRule says which endpoints an entity may have. A violation by a SingleLogoutService costs the entity, not the
/// document (MET-10), and one by a SingleSignOnService that endpoint alone.
struct EndpointRule {
    enum class Http { refused, accepted };
    enum class PrivateAddresses { refused, accepted };
    Http http = Http::refused;
    PrivateAddresses private_addresses = PrivateAddresses::refused;  ///< written as numbers, or localhost
};

/// check_endpoint compares one URL with the rule. Private are loopback, RFC 1918, link-local, CGNAT, unique local,
/// multicast, reserved and unspecified addresses, in every way of writing that a resolver takes: decimal, octal or
/// hexadecimal, one to four parts, IPv4 inside IPv6. Names are not looked up: the code that connects judges their
/// addresses. Errors: Errc::endpoint_not_allowed.
[[nodiscard]] Result<void> check_endpoint(const saml::EndpointUrl& url, const EndpointRule& rule);

struct MetadataRules {
    MetadataTrust trust;
    std::vector<saml::EntityID> wanted = {};  ///< these IdPs alone; empty: every IdP in it
    /// How far validUntil may lie ahead; then one is required (MET-03). std::nullopt: it's optional, for local files.
    std::optional<std::chrono::seconds> longest_validity = {};
    /// For how long a root that is one entity counts after it was fetched where it has no validUntil: so it may lack
    /// one beside longest_validity, too. The reader of the document limits its age. Nothing: it must have one.
    std::optional<std::chrono::seconds> max_age_without_valid_until = {};
    EndpointRule endpoints = {};
    saml::EntityIDForm entity_id_form = saml::EntityIDForm::absolute_uri;  ///< of every entity in it
    std::chrono::seconds clock_skew{180};
    std::size_t max_entities = 100'000;  ///< in the document, kept or not
    saml::StreamLimits limits = {};
};

/// RefusedEntity is an entity that isn't taken, and why. The rest of the document counts all the same.
struct RefusedEntity {
    std::optional<saml::EntityID> entity_id;  ///< std::nullopt if it's malformed
    std::uint64_t line = 0;                   ///< of its start tag
    Failure why;
};
/// max_refused_listed: of more refused entities than this, only the number is kept.
inline constexpr std::size_t max_refused_listed = 1000;

/// MetadataDocument is the content of a believed document. It came from the octets under the signature, if any.
struct MetadataDocument {
    std::vector<EntityDescriptor> idps;  ///< those wanted; each with the earliest validUntil around it (erratum E76)
    std::vector<RefusedEntity> refused;  ///< wanted, and not usable; the first max_refused_listed of them
    std::size_t refused_count = 0;
    std::size_t entities = 0;                            ///< in the document
    std::optional<Instant> valid_until;                  ///< the root's
    std::optional<std::chrono::seconds> cache_duration;  ///< the root's: refresh after it (erratum E94)
    std::optional<Instant> published;                    ///< mdrpi:PublicationInfo/@creationInstant of the root
    std::string sha256;                                  ///< of the octets, lower-case hex
};

/// read_metadata reads an EntityDescriptor or (nested) EntitiesDescriptors. Nothing comes out unless `rules.trust` is
/// satisfied by the whole document. Two entities with one entityID refuse it all (MET-06), and so does any fault of
/// the root. If the root is an EntityDescriptor, the entity is the document: a broken rule in it, or
/// that it isn't `wanted`, is the document's failure. An aggregate may lack wanted entities: leaving them out is how a
/// federation revokes. Memory is proportional to the IdPs kept, and 24 octets for each entity in the document. Blocks
/// as long as `source` does. Errors: metadata::Errc; saml::Errc of read_signed_stream; those of `source`.
[[nodiscard]] Result<MetadataDocument> read_metadata(const saml::OctetSource& source, const MetadataRules& rules,
                                                     Instant now);

/// Precedent is the record of the documents that were accepted from a source, against roll-back.
struct Precedent {
    std::optional<Instant> published;
    std::optional<Instant> valid_until;
    std::string sha256;                        ///< of the last one
    std::vector<std::string> superseded = {};  ///< SHA-256 of those before it, the last at the end; max_superseded
};
/// max_superseded is how many documents are recognised whatever their dates say.
inline constexpr std::size_t max_superseded = 64;

/// check_not_older refuses a document that was made before the last accepted one, however well signed: it would
/// bring revoked keys back (MET-04). By `published` if both have it, else by validUntil; the octets of the last one
/// are never older, and those of one that it superseded always are: dates can be equal or missing.
/// Errors: Errc::older_than_known.
[[nodiscard]] Result<void> check_not_older(const MetadataDocument& document, const Precedent& last);

/// precedent_after returns the record once `document` is accepted at `now`. What the document omits stays as it was:
/// omitting PublicationInfo must not make room for older ones. The standard bounds creationInstant nowhere, and one
/// error of a publisher's clock must not have all right documents refused for years: one dated later
/// than `now` and `clock_skew` counts as made now. Two such documents are told apart by `superseded` alone.
[[nodiscard]] Precedent precedent_after(const MetadataDocument& document, const Precedent& before, Instant now,
                                        std::chrono::seconds clock_skew);

/// merged returns the union of both records; the last document is that of `ours`.
[[nodiscard]] Precedent merged(const Precedent& ours, const Precedent& theirs);

}  // namespace slo::metadata
