// From elements to the values of an assertion and of a Response: the content models of the schemas.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "slo/saml/assertion.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// read_assertion reads a saml:Assertion without its signature. Errors: Errc::schema_violation and every value error.
/// Spec: Core 2.3.3.
[[nodiscard]] Result<Assertion> read_assertion(const xml::Element& element, const MessageForms& forms);

/// AttributeReading gathers the attributes of an assertion's statements, those of one Name and NameFormat as one.
class AttributeReading {
public:
    explicit AttributeReading(Assertion& assertion) noexcept : assertion_(assertion) {}

    /// read_statement adds an AttributeStatement's. Errors: Errc::schema_violation. Spec: Core 2.7.3.
    [[nodiscard]] Result<void> read_statement(const xml::Element& element);

private:
    [[nodiscard]] Result<void> read_attribute(const xml::Element& element);
    [[nodiscard]] Attribute& attribute_of(std::string name, std::string name_format);

    Assertion& assertion_;
    std::map<std::pair<std::string, std::string>, std::size_t> places_;  ///< in the assertion's list
};

/// read_response reads a samlp:Response up to its Status. Behind it there may be an assertion, which isn't read.
/// Errors: Errc::schema_violation and every value error. Spec: Core 3.2.2, 3.3.3.
[[nodiscard]] Result<Response> read_response(const xml::Element& root, const MessageForms& forms);

}  // namespace slo::saml
