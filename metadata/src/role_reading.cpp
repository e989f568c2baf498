#include "role_reading.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "extension_reading.hpp"
#include "reading.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;

constexpr std::string_view xml_white_space = " \t\r\n";

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

Result<bool> read_supports_asynchronous(const Element& service) {
    for (const saml::xml::Attribute& attribute : service.attributes()) {
        if (attribute.name != saml::xml::Name{aslo_namespace, "supportsAsynchronous"}) continue;
        const std::string value = saml::xml::collapsed(attribute.value);
        if (value == "true" || value == "1") return true;
        if (value == "false" || value == "0") return false;
        return broken(Errc::schema_violation, service, "supportsAsynchronous is not an xs:boolean");
    }
    return false;
}

std::string joined(const std::vector<std::string>& reasons) {
    std::string text;
    for (const std::string& reason : reasons) text += "; " + reason;
    return text;
}

}  // namespace

Result<bool> speaks_saml2(const Element& role) {
    const auto protocols = role.attribute("protocolSupportEnumeration");
    if (!protocols) return broken(Errc::schema_violation, role, "no protocolSupportEnumeration");
    return has_token(*protocols, saml2_protocol);
}

bool has_idp_role(const Element& entity) {
    const auto children = entity.children();
    return std::ranges::any_of(children, [](const Element& child) { return child.is(md("IDPSSODescriptor")); });
}

Result<std::optional<Element>> find_idp_role(const Element& entity) {
    if (!entity.has_only_element_content()) {
        return broken(Errc::schema_violation, entity, "text between its elements");
    }
    std::optional<Element> role;
    for (const Element& child : entity.children()) {
        if (!child.is(md("IDPSSODescriptor"))) continue;
        const auto ours = speaks_saml2(child);
        if (!ours) return ours.error();
        if (!*ours) continue;
        if (role) return broken(Errc::schema_violation, child, "a second IDPSSODescriptor for SAML 2.0");
        role = child;
    }
    return role;
}

Result<Endpoint> read_single_logout_service(const Element& service) {
    const auto binding = service.collapsed_attribute("Binding");
    if (!binding || !saml::is_absolute_uri(*binding)) {
        return broken(Errc::schema_violation, service, "Binding is missing or no URI");
    }
    auto location = location_of(service);
    if (!location) return std::move(location).error();
    Endpoint endpoint{.binding = *binding,
                      .location = *std::move(location),
                      .response_location = std::nullopt,
                      .supports_asynchronous = false};
    if (const auto response_location = service.collapsed_attribute("ResponseLocation")) {
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

Result<void> add_key(IdpRole& role, const Element& element, CertificateKeys& known) {
    if (role.keys.size() + role.skipped_keys.size() == max_key_descriptors) {
        return broken(Errc::schema_violation, element,
                      "more than " + std::to_string(max_key_descriptors) + " KeyDescriptors in one role");
    }
    auto read = read_key_descriptor(element, known);
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

Failure no_verifying_key(const IdpRole& role, const Element& element) {
    return broken(Errc::no_usable_key, element, "no key that may verify" + joined(role.skipped_keys));
}

Result<IdpRole> read_idp_role(const Element& element, const AlgorithmSupport& of_the_entity, CertificateKeys& known) {
    if (!element.has_only_element_content()) {
        return broken(Errc::schema_violation, element, "text between its elements");
    }
    IdpRole role;
    for (const Element& child : element.children()) {
        if (child.is(md("KeyDescriptor"))) {
            auto added = add_key(role, child, known);
            if (!added) return std::move(added).error();
        } else if (child.is(md("SingleLogoutService"))) {
            auto endpoint = read_single_logout_service(child);
            if (!endpoint) return std::move(endpoint).error();
            role.single_logout_services.push_back(*std::move(endpoint));
        }
    }
    if (role.verification_keys().empty()) return no_verifying_key(role, element);
    role.algorithms = role_support(read_algorithm_support(extensions_of(element)), of_the_entity);
    return role;
}

}  // namespace slo::metadata
