#include "slo/saml/name_id.hpp"

#include <string_view>

namespace slo::saml {
namespace {

// What a missing Format means (Core 2.2.2; erratum E60 corrects the first edition's "1.0").
constexpr std::string_view unspecified_format = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

std::string_view value_or(const std::optional<std::string>& attribute, std::string_view otherwise) noexcept {
    return attribute ? std::string_view(*attribute) : otherwise;
}

bool qualifiers_match(const NameID& a, const NameID& b, const EntityID& idp, const EntityID& sp) noexcept {
    return value_or(a.name_qualifier, idp.str()) == value_or(b.name_qualifier, idp.str()) &&
           value_or(a.sp_name_qualifier, sp.str()) == value_or(b.sp_name_qualifier, sp.str());
}

}  // namespace

bool strongly_matches(const NameID& a, const NameID& b, NameIDMatching matching, const EntityID& idp,
                      const EntityID& sp) noexcept {
    if (a.value != b.value) return false;
    if (matching == NameIDMatching::value_only) return true;
    if (value_or(a.format, unspecified_format) != value_or(b.format, unspecified_format)) return false;
    if (a.sp_provided_id != b.sp_provided_id) return false;
    if (matching == NameIDMatching::default_qualifiers) return qualifiers_match(a, b, idp, sp);
    return a.name_qualifier == b.name_qualifier && a.sp_name_qualifier == b.sp_name_qualifier;
}

}  // namespace slo::saml
