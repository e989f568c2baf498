// The IdP role of an entity, read (SAML Metadata 2.4.1, 2.4.2, 2.4.3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "key_descriptor.hpp"
#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

// A roll-over needs two keys for each use; sixteen leave room for products' extra ones, and bound the work of a load.
inline constexpr std::size_t max_key_descriptors = 16;

/// speaks_saml2 says whether a role is for SAML 2.0 (Metadata 2.4.1 l.565). Errors: Errc::schema_violation.
[[nodiscard]] Result<bool> speaks_saml2(const saml::xml::Element& role);

/// has_idp_role says whether an IDPSSODescriptor is in `entity`, for any protocol: others of a group aren't reported.
[[nodiscard]] bool has_idp_role(const saml::xml::Element& entity);

/// find_idp_role finds the IDPSSODescriptor that speaks SAML 2.0, if there is one: those for other protocols are
/// ignored. With two of them, whose keys count would be a guess. Errors: Errc::schema_violation.
[[nodiscard]] Result<std::optional<saml::xml::Element>> find_idp_role(const saml::xml::Element& entity);

/// read_single_logout_service: Errc::schema_violation, endpoint_malformed.
[[nodiscard]] Result<Endpoint> read_single_logout_service(const saml::xml::Element& service);

/// add_key adds one KeyDescriptor to `role`, as a key or as the reason why it isn't one.
/// Errors: Errc::schema_violation.
[[nodiscard]] Result<void> add_key(IdpRole& role, const saml::xml::Element& element, CertificateKeys& known);

/// no_verifying_key is the failure of a role that has none.
[[nodiscard]] Failure no_verifying_key(const IdpRole& role, const saml::xml::Element& element);

/// read_idp_role reads all of it but its validity. Errors: those above; Errc::no_usable_key.
[[nodiscard]] Result<IdpRole> read_idp_role(const saml::xml::Element& element, const AlgorithmSupport& of_the_entity,
                                            CertificateKeys& known);

}  // namespace slo::metadata
