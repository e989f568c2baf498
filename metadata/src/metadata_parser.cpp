#include "slo/metadata/metadata_parser.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "key_descriptor.hpp"
#include "reading.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;

// A roll-over needs two keys for each use; sixteen leave room for what products add, and bound the work of a load.
constexpr std::size_t max_key_descriptors = 16;

constexpr std::string_view xml_white_space = " \t\r\n";

/// From the document's root down to the EntityDescriptor.
using Path = std::vector<Element>;

void collect_entities(const Element& element, Path path, std::vector<Path>& found) {
    path.push_back(element);
    if (element.is(md("EntityDescriptor"))) {
        found.push_back(std::move(path));
        return;
    }
    if (!element.is(md("EntitiesDescriptor"))) return;
    for (const Element& child : element.children()) collect_entities(child, path, found);
}

Result<Path> find_the_entity(const Element& root) {
    std::vector<Path> found;
    collect_entities(root, {}, found);
    if (found.size() == 1) return std::move(found.front());
    if (!root.is(md("EntitiesDescriptor"))) {
        return Failure{make_error_code(Errc::not_metadata),
                       "the root is neither EntityDescriptor nor EntitiesDescriptor of SAML 2.0 metadata"};
    }
    return broken(Errc::not_metadata, root, "it holds " + std::to_string(found.size()) + " entities, and one is read");
}

Result<saml::EntityID> read_entity_id(const Element& entity) {
    const auto value = entity.attribute("entityID");
    if (!value) return broken(Errc::schema_violation, entity, "no entityID");
    auto entity_id = saml::EntityID::parse(*value);
    if (!entity_id) {
        return broken(Errc::entity_id_malformed, entity, "entityID is not an absolute URI of at most 1024 bytes");
    }
    return entity_id;
}

Result<std::optional<Instant>> read_valid_until(const Element& element) {
    const auto value = element.attribute("validUntil");
    if (!value) return {std::optional<Instant>{}};
    const auto instant = saml::parse_instant(*value);
    if (!instant) return broken(Errc::schema_violation, element, "validUntil is not a time in UTC that ends in Z");
    return {std::optional<Instant>{*instant}};
}

/// The earliest validUntil of `elements`: an inner one only shortens what the outer ones grant (erratum E76).
Result<std::optional<Instant>> earliest_valid_until(const Path& elements) {
    std::optional<Instant> earliest;
    for (const Element& element : elements) {
        const auto here = read_valid_until(element);
        if (!here) return here.error();
        if (*here && (!earliest || **here < *earliest)) earliest = **here;
    }
    return earliest;
}

bool has_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t start = list.find_first_not_of(xml_white_space);
        if (start == std::string_view::npos) return false;
        list.remove_prefix(start);
        const std::string_view first = list.substr(0, list.find_first_of(xml_white_space));
        if (first == token) return true;
        list.remove_prefix(first.size());
    }
    return false;
}

/// The IDPSSODescriptor that speaks SAML 2.0, if there is one: those for other protocols aren't for us (Metadata 2.4.1
/// l.565). With two of them, whose keys count would be a guess.
Result<std::optional<Element>> find_idp_role(const Element& entity) {
    if (!entity.has_only_element_content()) {
        return broken(Errc::schema_violation, entity, "text between its elements");
    }
    std::optional<Element> role;
    for (const Element& child : entity.children()) {
        if (!child.is(md("IDPSSODescriptor"))) continue;
        const auto protocols = child.attribute("protocolSupportEnumeration");
        if (!protocols) return broken(Errc::schema_violation, child, "no protocolSupportEnumeration");
        if (!has_token(*protocols, saml2_protocol)) continue;
        if (role) return broken(Errc::schema_violation, child, "a second IDPSSODescriptor for SAML 2.0");
        role = child;
    }
    return role;
}

Result<bool> read_supports_asynchronous(const Element& service) {
    for (const saml::xml::Attribute& attribute : service.attributes()) {
        if (attribute.name != saml::xml::Name{aslo_namespace, "supportsAsynchronous"}) continue;
        if (attribute.value == "true" || attribute.value == "1") return true;
        if (attribute.value == "false" || attribute.value == "0") return false;
        return broken(Errc::schema_violation, service, "supportsAsynchronous is not an xs:boolean");
    }
    return false;
}

Result<Endpoint> read_single_logout_service(const Element& service) {
    const auto binding = service.attribute("Binding");
    if (!binding || !saml::is_absolute_uri(*binding)) {
        return broken(Errc::schema_violation, service, "Binding is missing or no URI");
    }
    const auto location = service.attribute("Location");
    if (!location) return broken(Errc::schema_violation, service, "no Location");
    auto url = saml::EndpointUrl::parse(*location);
    if (!url) return broken(Errc::endpoint_malformed, service, "Location is not an http(s) URL that we would use");

    Endpoint endpoint{.binding = *binding, .location = *std::move(url), .response_location = std::nullopt};
    if (const auto response_location = service.attribute("ResponseLocation")) {
        auto response_url = saml::EndpointUrl::parse(*response_location);
        if (!response_url) {
            return broken(Errc::endpoint_malformed, service,
                          "ResponseLocation is not an http(s) URL that we would use");
        }
        endpoint.response_location = *std::move(response_url);
    }
    const auto asynchronous = read_supports_asynchronous(service);
    if (!asynchronous) return asynchronous.error();
    endpoint.supports_asynchronous = *asynchronous;
    return endpoint;
}

/// Adds one KeyDescriptor to `role`, as a key or as the reason why it isn't one.
Result<void> add_key(IdpRole& role, const Element& element) {
    if (role.keys.size() + role.skipped_keys.size() == max_key_descriptors) {
        return broken(Errc::schema_violation, element,
                      "more than " + std::to_string(max_key_descriptors) + " KeyDescriptors in one role");
    }
    auto read = read_key_descriptor(element);
    if (!read) return std::move(read).error();
    if (const auto* skipped = std::get_if<SkippedKey>(&*read)) {
        role.skipped_keys.push_back(skipped->why);
        return Done{};
    }
    auto& key = std::get<KeyDescriptor>(*read);
    if (key.use != KeyUse::encryption && role.verification_keys().size() == saml::max_verification_keys) {
        role.skipped_keys.push_back(at(element) + ": " + std::to_string(saml::max_verification_keys) +
                                    " keys that may verify stand before it, and no more are tried");
        return Done{};
    }
    role.keys.push_back(std::move(key));
    return Done{};
}

std::string joined(const std::vector<std::string>& reasons) {
    std::string text;
    for (const std::string& reason : reasons) text += "; " + reason;
    return text;
}

Result<IdpRole> read_idp_role(const Element& element) {
    if (!element.has_only_element_content()) {
        return broken(Errc::schema_violation, element, "text between its elements");
    }
    IdpRole role;
    for (const Element& child : element.children()) {
        if (child.is(md("KeyDescriptor"))) {
            auto added = add_key(role, child);
            if (!added) return std::move(added).error();
        } else if (child.is(md("SingleLogoutService"))) {
            auto endpoint = read_single_logout_service(child);
            if (!endpoint) return std::move(endpoint).error();
            role.single_logout_services.push_back(*std::move(endpoint));
        }
    }
    if (role.verification_keys().empty()) {
        return broken(Errc::no_usable_key, element, "no key that may verify" + joined(role.skipped_keys));
    }
    return role;
}

}  // namespace

Result<EntityDescriptor> parse_entity_descriptor(std::string_view octets, Instant now,
                                                 std::chrono::seconds clock_skew) {
    const auto document = saml::xml::Document::parse(octets, saml::xml::metadata_limits);
    if (!document) return document.error();
    auto path = find_the_entity(document->root());
    if (!path) return std::move(path).error();
    const Element entity = path->back();
    auto entity_id = read_entity_id(entity);
    if (!entity_id) return std::move(entity_id).error();
    const auto role = find_idp_role(entity);
    if (!role) return role.error();

    Path in_force = *std::move(path);
    if (*role) in_force.push_back(**role);
    const auto valid_until = earliest_valid_until(in_force);
    if (!valid_until) return valid_until.error();
    // Erratum E94: what has expired MUST NOT be used any longer.
    if (*valid_until && **valid_until < now - clock_skew) {
        return broken(Errc::expired, entity, "validUntil was " + saml::format_instant(**valid_until));
    }

    EntityDescriptor descriptor{*std::move(entity_id), *valid_until, std::nullopt};
    if (!*role) return descriptor;
    auto idp = read_idp_role(**role);
    if (!idp) return std::move(idp).error();
    descriptor.idp = *std::move(idp);
    return descriptor;
}

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::not_metadata:
            return "meta.not_metadata";
        case Errc::schema_violation:
            return "meta.schema";
        case Errc::entity_id_malformed:
            return "meta.entity_id";
        case Errc::expired:
            return "meta.expired";
        case Errc::no_usable_key:
            return "meta.no_usable_key";
        case Errc::endpoint_malformed:
            return "meta.endpoint";
        case Errc::bad_sp_metadata:
            return "meta.bad_sp_metadata";
    }
    return "meta.unknown";
}

const std::error_category& error_category() noexcept {
    static const class Category final : public std::error_category {
        [[nodiscard]] const char* name() const noexcept override { return "slo.metadata"; }
        [[nodiscard]] std::string message(int code) const override {
            return std::string(metadata::name(static_cast<Errc>(code)));
        }
    } category;
    return category;
}

}  // namespace slo::metadata
