// Octets of a metadata document to an EntityDescriptor.
#pragma once

#include <chrono>
#include <string_view>
#include <system_error>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/result.hpp"

namespace slo::metadata {

enum class Errc {
    not_metadata = 1,     ///< the root is neither EntityDescriptor nor an EntitiesDescriptor with one entity in it
    schema_violation,     ///< a part that we read breaks the schema; `detail` says which, with its line
    entity_id_malformed,  ///< entityID isn't an absolute URI of at most 1024 bytes
    expired,              ///< validUntil has passed
    no_usable_key,        ///< an IDPSSODescriptor without one key that may verify
    endpoint_malformed,   ///< a SingleLogoutService whose Location is no http(s) URL
    bad_sp_metadata,      ///< what we were told to publish isn't publishable; `detail` says why
};
[[nodiscard]] std::string_view name(Errc code) noexcept;
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// parse_entity_descriptor reads the metadata of one entity, from a source that the caller trusts (a local file): a
/// ds:Signature in it is tolerated and proves nothing. A leading byte order mark, comments, unknown roles, extensions
/// and attributes are tolerated; DOCTYPE isn't. An EntitiesDescriptor is read if it holds exactly one entity.
/// Certificates count as bare keys: their dates are ignored (SAML metadata interoperability profile). The earliest
/// `validUntil` of the entity, its IdP role and what stands around them counts (erratum E76), and is compared with
/// `now` - `clock_skew`. Errors: Errc above; saml::Errc of xml::Document::parse.
[[nodiscard]] Result<EntityDescriptor> parse_entity_descriptor(std::string_view octets, Instant now,
                                                               std::chrono::seconds clock_skew);

}  // namespace slo::metadata

template <>
struct std::is_error_code_enum<slo::metadata::Errc> : std::true_type {};
