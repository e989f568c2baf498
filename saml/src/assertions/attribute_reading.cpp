// Reading AttributeStatement (SAML Core 2.7.3): (Attribute | EncryptedAttribute)+, Attribute: AttributeValue*.
#include <utility>

#include "assertion_reading.hpp"
#include "message_reading.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

bool is_nil(const xml::Element& value) {
    for (const auto& [name, text] : value.attributes()) {
        const bool is_xsi = name.namespace_uri == vocabulary::xsi_2001 || name.namespace_uri == vocabulary::xsi_1999;
        const std::string flag = xml::collapsed(text);
        if (is_xsi && name.local == "nil" && (flag == "true" || flag == "1")) return true;
    }
    return false;
}

}  // namespace

Attribute& AttributeReading::attribute_of(std::string name, std::string name_format) {
    const auto [place, is_new] =
        places_.try_emplace({std::move(name), std::move(name_format)}, assertion_.attributes.size());
    if (is_new) {
        assertion_.attributes.push_back({.name = place->first.first, .name_format = place->first.second, .values = {}});
    }
    return assertion_.attributes[place->second];
}

/// A text counts, whatever its xsi:type says. An element inside isn't flattened into one.
Result<void> AttributeReading::read_attribute(const xml::Element& element) {
    auto name = element.attribute("Name");
    if (!name) return schema_violation(element, "no Name");
    Attribute& attribute = attribute_of(*std::move(name), element.collapsed_attribute("NameFormat").value_or(""));
    for (const auto& value : element.children()) {
        if (!value.is({vocabulary::saml, "AttributeValue"})) {
            return schema_violation(value, "an element that may not stand here");
        }
        auto text = value.text();
        if (!text || is_nil(value)) {
            ++attribute.unread_values;
        } else {
            attribute.values.push_back(*std::move(text));
        }
    }
    return Done{};
}

/// Keycloak writes one element for each value of an attribute.
Result<void> AttributeReading::read_statement(const xml::Element& element) {
    if (!element.has_only_element_content()) return schema_violation(element, "text between the elements");
    for (const auto& child : element.children()) {
        if (child.is({vocabulary::saml, "EncryptedAttribute"})) {
            ++assertion_.encrypted_attributes;
            continue;
        }
        if (!child.is({vocabulary::saml, "Attribute"})) {
            return schema_violation(child, "an element that may not stand here");
        }
        if (auto ok = read_attribute(child); !ok) return ok;
    }
    return Done{};
}

}  // namespace slo::saml
