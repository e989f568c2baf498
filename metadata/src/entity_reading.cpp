#include "entity_reading.hpp"

#include <utility>
#include <vector>

#include "extension_reading.hpp"
#include "reading.hpp"
#include "role_reading.hpp"
#include "sign_on_reading.hpp"

namespace slo::metadata {

using saml::xml::Element;

Result<saml::EntityID> read_entity_id(const std::string* text, const std::string& where, saml::EntityIDForm form) {
    if (text == nullptr) return broken(Errc::schema_violation, where, "no entityID");
    auto entity_id = saml::read_entity_id(saml::xml::collapsed(*text), form);
    if (!entity_id && form == saml::EntityIDForm::opaque) {
        return broken(Errc::entity_id_malformed, where,
                      "entityID doesn't have 1 to 1024 octets of those that a URI may have, with single blanks inside");
    }
    if (!entity_id) {
        return broken(Errc::entity_id_malformed, where,
                      "entityID is not an absolute URI of at most 1024 bytes (another name takes opaque_entity_id = "
                      "true in its section of the configuration)");
    }
    return entity_id;
}

Result<EntityDescriptor> read_entity(const Element& entity, const Validity& around, ReadingTime time,
                                     CertificateKeys& known, saml::EntityIDForm form) {
    const auto id_text = entity.attribute("entityID");
    auto entity_id = read_entity_id(id_text ? &*id_text : nullptr, at(entity), form);
    if (!entity_id) return std::move(entity_id).error();
    const auto role = find_idp_role(entity);
    if (!role) return role.error();

    const auto own = read_validity(entity);
    if (!own) return own.error();
    Validity validity = narrowed(around, *own);
    std::vector<End> ends{{around.valid_until, "EntitiesDescriptor around " + at(entity)},
                          {own->valid_until, at(entity)}};
    if (*role) {
        const auto of_the_role = read_validity(**role);
        if (!of_the_role) return of_the_role.error();
        validity = narrowed(validity, *of_the_role);
        ends.push_back({of_the_role->valid_until, at(**role)});
    }
    if (auto checked = check_ends(ends, time.now, time.clock_skew); !checked) return std::move(checked).error();

    const auto extensions = extensions_of(entity);
    EntityDescriptor descriptor{.entity_id = *std::move(entity_id),
                                .valid_until = validity.valid_until,
                                .idp = std::nullopt,
                                .cache_duration = validity.cache_duration,
                                .attributes = read_entity_attributes(extensions),
                                .registration_authority = read_registration_authority(extensions),
                                .published = read_published(extensions)};
    if (!*role) return descriptor;
    auto idp = read_idp_role(**role, read_algorithm_support(extensions), known);
    if (!idp) return std::move(idp).error();
    descriptor.idp = *std::move(idp);
    descriptor.idp->sign_on = read_sign_on(**role, extensions);
    return descriptor;
}

}  // namespace slo::metadata
