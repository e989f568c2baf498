// One EntityDescriptor element, read: the same for a local file and for one entity of a federation.
#pragma once

#include <chrono>
#include <string>

#include "key_descriptor.hpp"
#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/saml/xml.hpp"
#include "validity.hpp"

namespace slo::metadata {

/// ReadingTime is the time by which a reading judges.
struct ReadingTime {
    Instant now;
    std::chrono::seconds clock_skew;
};

/// read_entity_id: Errc::schema_violation if `text` is null, entity_id_malformed; `where` goes into the report.
[[nodiscard]] Result<saml::EntityID> read_entity_id(const std::string* text, const std::string& where,
                                                    saml::EntityIDForm form);

/// read_entity reads an element that is an md:EntityDescriptor. `around` is what its parents grant; `known` are the
/// certificates that were read before. Errors: metadata::Errc; of an entity that has ended, Errc::expired.
[[nodiscard]] Result<EntityDescriptor> read_entity(const saml::xml::Element& entity, const Validity& around,
                                                   ReadingTime time, CertificateKeys& known, saml::EntityIDForm form);

}  // namespace slo::metadata
