// The changes that a new document would make to trust and to endpoints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/metadata/metadata_document.hpp"

namespace slo::metadata {

/// Change is one difference in trust.
struct Change {
    enum class What {
        entity_added,
        entity_removed,
        key_added,            ///< a public key, or another use of a known one
        key_removed,          ///< the opposite
        certificate_changed,  ///< of the same key: no change for us, but for software that compares certificates
        endpoint_added,
        endpoint_removed,
        endpoint_changed,
        validity_changed,
        algorithms_changed,
    };
    enum class Trust {
        adds,        ///< must be checked: another sender is believed, or another place is asked
        takes_away,  ///< less is believed than before
        neither,
    };
    What what = What::entity_added;
    Trust trust = Trust::neither;
    std::optional<saml::EntityID> entity_id;  ///< std::nullopt: the document as a whole
    std::string text;                         ///< for people: printable ASCII, one line
};

/// difference compares two versions of one entity. Keys are compared as public keys, by SHA-256 of their
/// SubjectPublicKeyInfo (a renewed certificate of the same key changes no trust), endpoints by binding and location.
/// Pure.
[[nodiscard]] std::vector<Change> difference(const EntityDescriptor& before, const EntityDescriptor& after);

/// This overload does so for all IdPs of two documents, in the order of their entityIDs; unchanged ones are left out.
[[nodiscard]] std::vector<Change> difference(const MetadataDocument& before, const MetadataDocument& after);

}  // namespace slo::metadata
