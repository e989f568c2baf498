// Reading AttributeStatement (SAML Core 2.7.3): (Attribute | EncryptedAttribute)+, Attribute: AttributeValue*.
#include <algorithm>

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

/// The attribute with this name, which one or several elements have: Keycloak writes one element for each value.
Attribute& attribute_of(Assertion& assertion, const std::string& name, const std::string& name_format) {
    const auto found = std::ranges::find_if(assertion.attributes, [&](const Attribute& known) {
        return known.name == name && known.name_format == name_format;
    });
    if (found != assertion.attributes.end()) return *found;
    assertion.attributes.push_back({.name = name, .name_format = name_format, .values = {}});
    return assertion.attributes.back();
}

/// A text counts, whatever its xsi:type says. An element inside isn't flattened into one.
Result<void> read_attribute(const xml::Element& element, Assertion& assertion) {
    const auto name = element.attribute("Name");
    if (!name) return schema_violation(element, "no Name");
    Attribute& attribute = attribute_of(assertion, *name, element.collapsed_attribute("NameFormat").value_or(""));
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

}  // namespace

Result<void> read_attribute_statement(const xml::Element& element, Assertion& assertion) {
    if (!element.has_only_element_content()) return schema_violation(element, "text between the elements");
    for (const auto& child : element.children()) {
        if (child.is({vocabulary::saml, "EncryptedAttribute"})) {
            ++assertion.encrypted_attributes;
            continue;
        }
        if (!child.is({vocabulary::saml, "Attribute"})) {
            return schema_violation(child, "an element that may not stand here");
        }
        if (auto ok = read_attribute(child, assertion); !ok) return ok;
    }
    return Done{};
}

}  // namespace slo::saml
