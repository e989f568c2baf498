#include "extension_reading.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "reading.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;
using saml::xml::Name;

// An entity's statements stay in memory as long as the entity does, so their number is bounded.
constexpr std::size_t max_methods = 64;
constexpr std::size_t max_attributes = 64;
constexpr std::size_t max_values = 64;
constexpr std::size_t max_text_bytes = 1024;

bool is_short_uri(const std::string& text) {
    return text.size() <= max_text_bytes && saml::is_absolute_uri(text);
}

std::optional<unsigned> read_size(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    unsigned size = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, size);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return size;
}

std::vector<std::string> read_values(const Element& attribute) {
    std::vector<std::string> values;
    for (const Element& child : attribute.children()) {
        if (values.size() == max_values) break;
        if (!child.is({saml_namespace, "AttributeValue"})) continue;
        auto text = child.text();
        if (text && saml::is_clean_value(*text, max_text_bytes)) values.push_back(*std::move(text));
    }
    return values;
}

std::optional<Element> find(const std::vector<Element>& elements, Name name) {
    const auto found = std::ranges::find_if(elements, [&](const Element& element) { return element.is(name); });
    return found == elements.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::vector<Element> extensions_of(const Element& parent) {
    for (auto child = parent.first_child(); child; child = child->next_sibling()) {
        if (child->is(md("Extensions"))) return child->children();
    }
    return {};
}

AlgorithmSupport read_algorithm_support(const std::vector<Element>& extensions) {
    AlgorithmSupport support;
    for (const Element& element : extensions) {
        if (!element.is(alg("DigestMethod")) && !element.is(alg("SigningMethod"))) continue;
        auto algorithm = element.collapsed_attribute("Algorithm");
        if (!algorithm || !is_short_uri(*algorithm)) continue;
        if (element.is(alg("DigestMethod"))) {
            if (support.digests.size() < max_methods) support.digests.push_back(*std::move(algorithm));
        } else if (support.signing.size() < max_methods) {
            support.signing.push_back({.algorithm = *std::move(algorithm),
                                       .min_key_size = read_size(element.collapsed_attribute("MinKeySize")),
                                       .max_key_size = read_size(element.collapsed_attribute("MaxKeySize"))});
        }
    }
    return support;
}

AlgorithmSupport role_support(AlgorithmSupport role, const AlgorithmSupport& entity) {
    if (role.digests.empty()) role.digests = entity.digests;
    if (role.signing.empty()) role.signing = entity.signing;
    return role;
}

std::vector<EntityAttribute> read_entity_attributes(const std::vector<Element>& extensions) {
    std::vector<EntityAttribute> attributes;
    const auto container = find(extensions, {mdattr_namespace, "EntityAttributes"});
    if (!container) return attributes;
    for (const Element& child : container->children()) {
        if (attributes.size() == max_attributes) break;
        if (!child.is({saml_namespace, "Attribute"})) continue;
        auto name = child.attribute("Name");
        if (!name || !saml::is_clean_value(*name, max_text_bytes)) continue;
        attributes.push_back({*std::move(name), read_values(child)});
    }
    return attributes;
}

std::optional<std::string> read_registration_authority(const std::vector<Element>& extensions) {
    const auto info = find(extensions, mdrpi("RegistrationInfo"));
    auto authority = info ? info->attribute("registrationAuthority") : std::nullopt;
    if (!authority || !is_short_uri(*authority)) return std::nullopt;
    return authority;
}

std::optional<Instant> read_published(const std::vector<Element>& extensions) {
    const auto info = find(extensions, mdrpi("PublicationInfo"));
    const auto text = info ? info->collapsed_attribute("creationInstant") : std::nullopt;
    if (!text) return std::nullopt;
    const auto instant = saml::parse_instant(*text);
    return instant ? std::optional(*instant) : std::nullopt;
}

}  // namespace slo::metadata
