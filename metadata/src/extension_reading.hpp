// What md:Extensions say that we know. Extensions never cost an entity: what is malformed in them says nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

/// The children of `parent`'s md:Extensions; none where it has no such child.
[[nodiscard]] std::vector<saml::xml::Element> extensions_of(const saml::xml::Element& parent);

/// alg:DigestMethod and alg:SigningMethod; at most 64 of each count.
[[nodiscard]] AlgorithmSupport read_algorithm_support(const std::vector<saml::xml::Element>& extensions);

/// role_support: what the role says, and where it says nothing of a kind, what its entity says (profile 2.4: the one
/// replaces the other).
[[nodiscard]] AlgorithmSupport role_support(AlgorithmSupport role, const AlgorithmSupport& entity);

/// mdattr:EntityAttributes: at most 64 attributes with 64 values each, up to 1024 bytes apiece.
[[nodiscard]] std::vector<EntityAttribute> read_entity_attributes(const std::vector<saml::xml::Element>& extensions);

[[nodiscard]] std::optional<std::string> read_registration_authority(const std::vector<saml::xml::Element>& extensions);
[[nodiscard]] std::optional<Instant> read_published(const std::vector<saml::xml::Element>& extensions);

}  // namespace slo::metadata
