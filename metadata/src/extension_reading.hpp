// The known parts of md:Extensions. Extensions never cost an entity: a malformed part of them is ignored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

/// extensions_of returns the children of `parent`'s md:Extensions; none if it has no such child.
[[nodiscard]] std::vector<saml::xml::Element> extensions_of(const saml::xml::Element& parent);

/// read_algorithm_support reads alg:DigestMethod and alg:SigningMethod; at most 64 of each count.
[[nodiscard]] AlgorithmSupport read_algorithm_support(const std::vector<saml::xml::Element>& extensions);

/// role_support returns the role's statement, or its entity's if the role has none of a kind (profile 2.4: the one
/// replaces the other).
[[nodiscard]] AlgorithmSupport role_support(AlgorithmSupport role, const AlgorithmSupport& entity);

/// read_entity_attributes reads mdattr:EntityAttributes, at most 64 with 64 values each, of up to 1024 bytes each.
[[nodiscard]] std::vector<EntityAttribute> read_entity_attributes(const std::vector<saml::xml::Element>& extensions);

[[nodiscard]] std::optional<std::string> read_registration_authority(const std::vector<saml::xml::Element>& extensions);
[[nodiscard]] std::optional<Instant> read_published(const std::vector<saml::xml::Element>& extensions);

}  // namespace slo::metadata
