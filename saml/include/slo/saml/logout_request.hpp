// LogoutRequest as a plain value (SAML Core 3.7.1).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/time.hpp"

namespace slo::saml {

/// Version is a message's, e.g. 2.0 (Core 4.1).
struct Version {
    int major = 2;
    int minor = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

/// EncryptedKey is an xenc:EncryptedKey: a content key wrapped for one recipient. Octets as received, not decrypted.
struct EncryptedKey {
    std::string algorithm;                 ///< key transport URI
    std::optional<std::string> digest;     ///< ds:DigestMethod inside EncryptionMethod
    std::optional<std::string> mgf;        ///< xenc11:MGF
    std::string oaep_params;               ///< decoded, empty if absent
    std::optional<std::string> recipient;  ///< the owner of its key, if given
    std::string ciphertext;
};

/// EncryptedID as received (Core 2.2.4): decrypted only after the signature over it held, by open_name_id().
struct EncryptedID {
    std::string algorithm;  ///< content encryption URI
    std::string ciphertext;
    std::vector<EncryptedKey> keys;
    /// The namespaces in scope at its place: the plaintext is parsed in that context. (prefix, URI)
    std::vector<std::pair<std::string, std::string>> namespaces;
};

/// BaseID is abstract (Core 2.2.1): its presence is known, its principal isn't.
struct BaseID {};

/// LogoutRequest has everything in the schema. `destination` is absent if the attribute is absent or empty.
struct LogoutRequest {
    MessageID id;
    Version version;
    Instant issue_instant;
    std::optional<std::string> destination;
    std::optional<std::string> consent;
    EntityID issuer;
    bool asynchronous =
        false;  ///< Extensions held aslo:Asynchronous (SAML async SLO 1.0); other extensions are ignored
    std::variant<NameID, EncryptedID, BaseID> identifier;
    /// Empty: all sessions of the principal (Core 3.7.3.1 l.2594). As many as the message's limits allow.
    std::vector<SessionIndex> session_indexes;
    std::optional<Instant> not_on_or_after;
    std::optional<std::string> reason;  ///< opaque; lenient on receipt (erratum E10)
};

}  // namespace slo::saml
