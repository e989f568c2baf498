#include "sign_on_reading.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "extension_reading.hpp"
#include "reading.hpp"
#include "slo/metadata/sp_metadata.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;

// All of it stays in memory as long as the entity does, so it is bounded. A federation's hub has some hundred scopes.
constexpr std::size_t max_services = 16;
constexpr std::size_t max_formats = 32;
constexpr std::size_t max_scopes = 1024;
constexpr std::size_t max_names = 32;
constexpr std::size_t max_format_bytes = 1024;
constexpr std::size_t max_scope_bytes = 255;
constexpr std::size_t max_name_bytes = 256;
constexpr std::string_view xml_namespace = "http://www.w3.org/XML/1998/namespace";

std::optional<SignOnBinding> binding_of(const Element& service) {
    const auto binding = service.collapsed_attribute("Binding");
    if (binding == redirect_binding) return SignOnBinding::redirect;
    if (binding == post_binding) return SignOnBinding::post;
    return std::nullopt;
}

void skip(SignOnRole& role, std::string why) {
    if (role.skipped_services.size() < max_services) role.skipped_services.push_back(std::move(why));
}

void add_service(SignOnRole& role, const Element& service) {
    const auto binding = binding_of(service);
    if (!binding) {
        ++role.other_bindings;
        return;
    }
    auto location = location_of(service);
    if (!location) return skip(role, std::move(location).error().detail);
    if (role.endpoints.size() == max_services) return skip(role, at(service) + ": too many of them stand before it");
    role.endpoints.push_back({*binding, *std::move(location)});
}

/// What is no xs:boolean counts as true: then a request is signed, and a scope is no text to compare with.
bool is_set(const std::optional<std::string>& flag) {
    return flag && *flag != "false" && *flag != "0";
}

void add_format(SignOnRole& role, const Element& format) {
    const auto text = format.text();
    if (!text || role.name_id_formats.size() == max_formats) return;
    std::string uri = saml::xml::collapsed(*text);
    if (uri.size() > max_format_bytes || !saml::is_absolute_uri(uri)) return;
    role.name_id_formats.push_back(std::move(uri));
}

/// A pattern of a peer isn't run, and read as a text it would be another scope than its author means.
void add_scopes(SignOnRole& role, const std::vector<Element>& extensions) {
    for (const Element& extension : extensions) {
        if (!extension.is({shibmd_namespace, "Scope"})) continue;
        if (is_set(extension.collapsed_attribute("regexp"))) {
            ++role.regexp_scopes;
            continue;
        }
        const auto text = extension.text();
        if (!text || role.scopes.size() == max_scopes) continue;
        std::string scope = saml::xml::collapsed(*text);
        if (!saml::is_clean_value(scope, max_scope_bytes) || scope.find_first_of(" @") != std::string::npos) continue;
        role.scopes.push_back(std::move(scope));
    }
}

std::string language_of(const Element& element) {
    for (const saml::xml::Attribute& attribute : element.attributes()) {
        if (attribute.name == saml::xml::Name{xml_namespace, "lang"}) return saml::xml::collapsed(attribute.value);
    }
    return {};
}

void add_display_name(SignOnRole& role, const Element& element) {
    const auto text = element.text();
    std::string language = language_of(element);
    if (!text || !is_language_tag(language) || role.display_names.size() == max_names) return;
    std::string name = saml::xml::collapsed(*text);
    if (!saml::is_clean_value(name, max_name_bytes)) return;
    const auto& names = role.display_names;
    if (std::ranges::find(names, language, &LocalizedText::language) != names.end()) return;
    role.display_names.push_back({std::move(language), std::move(name)});
}

void add_display_names(SignOnRole& role, const std::vector<Element>& extensions) {
    for (const Element& extension : extensions) {
        if (!extension.is({mdui_namespace, "UIInfo"})) continue;
        for (const Element& child : extension.children()) {
            if (child.is({mdui_namespace, "DisplayName"})) add_display_name(role, child);
        }
    }
}

}  // namespace

SignOnRole read_sign_on(const Element& element, const std::vector<Element>& of_the_entity) {
    SignOnRole role;
    role.wants_signed_requests = is_set(element.collapsed_attribute("WantAuthnRequestsSigned"));
    if (const auto text = element.collapsed_attribute("errorURL")) {
        if (auto url = saml::EndpointUrl::parse(*text)) role.error_url = *std::move(url);
    }
    for (const Element& child : element.children()) {
        if (child.is(md("SingleSignOnService"))) add_service(role, child);
        if (child.is(md("NameIDFormat"))) add_format(role, child);
    }
    const auto extensions = extensions_of(element);
    add_scopes(role, extensions);
    add_scopes(role, of_the_entity);
    add_display_names(role, extensions);
    return role;
}

std::string why_not_usable(const Element& service, const EndpointRule& rule) {
    if (!binding_of(service)) return {};
    const auto location = location_of(service);
    if (!location) return location.error().detail;
    const auto checked = check_endpoint(*location, rule);
    return checked ? std::string() : at(service) + ": Location is " + checked.error().detail;
}

void keep_allowed(SignOnRole& role, const EndpointRule& rule) {
    std::erase_if(role.endpoints, [&](const SignOnEndpoint& endpoint) {
        const auto checked = check_endpoint(endpoint.location, rule);
        if (!checked) skip(role, "SingleSignOnService: Location is " + checked.error().detail);
        return !checked;
    });
}

}  // namespace slo::metadata
