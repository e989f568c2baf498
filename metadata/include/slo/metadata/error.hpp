// Every rule that a metadata document can break, by name.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::metadata {

enum class Errc {
    not_metadata = 1,      ///< the root is neither EntityDescriptor nor an EntitiesDescriptor that is read
    schema_violation,      ///< a part that is read breaks the schema; `detail` says which, with its line
    entity_id_malformed,   ///< entityID isn't an absolute URI of at most 1024 bytes
    expired,               ///< validUntil has passed
    no_usable_key,         ///< an IDPSSODescriptor without one key that may verify
    endpoint_malformed,    ///< a SingleLogoutService whose Location is no http(s) URL
    bad_sp_metadata,       ///< our own metadata as configured isn't publishable; `detail` says why
    valid_until_missing,   ///< the root has no validUntil, and this source must have one
    valid_until_too_far,   ///< the root's validUntil lies further ahead than this source may promise
    hash_mismatch,         ///< the octets aren't those whose hash was pinned
    duplicate_entity,      ///< two entities of one document have one entityID
    too_many_entities,     ///< more entities in one document than the rules allow
    endpoint_not_allowed,  ///< an endpoint over http, or at a private address, which the rules refuse
    no_idp_role,           ///< an entity that is wanted has no IDPSSODescriptor for SAML 2.0
    another_entity,        ///< the document is one EntityDescriptor, and not of an entity that is wanted
    older_than_known,      ///< made before the document that was accepted last
    no_common_algorithm,   ///< the partner accepts no signature that our key can make and we allow
};
/// name returns the short dotted name of a rule, e.g. "meta.expired". Static storage.
[[nodiscard]] std::string_view name(Errc code) noexcept;
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

}  // namespace slo::metadata

template <>
struct std::is_error_code_enum<slo::metadata::Errc> : std::true_type {};
