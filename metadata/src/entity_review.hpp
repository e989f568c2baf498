// A review of one EntityDescriptor.
#pragma once

#include "entity_reading.hpp"
#include "findings.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/xml.hpp"
#include "validity.hpp"

namespace slo::metadata {

/// IdpExpected says whether it's an error if the entity is no IdP.
enum class IdpExpected { yes, no };

/// review_entity adds its findings in an element that is an md:EntityDescriptor.
void review_entity(const saml::xml::Element& entity, const Validity& around, const MetadataRules& rules, Instant now,
                   IdpExpected expected, Findings& findings);

/// review_signature adds findings about the algorithms of a ds:Signature.
void review_signature(const saml::xml::Element& signature, Findings& findings);

}  // namespace slo::metadata
