#include "slo/saml/name_id.hpp"

#include <string_view>

#include "utf8.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

// What a missing Format means (Core 2.2.2; erratum E60 corrects the first edition's "1.0").

std::string_view value_or(const std::optional<std::string>& attribute, std::string_view otherwise) noexcept {
    return attribute ? std::string_view(*attribute) : otherwise;
}

bool qualifiers_match(const NameID& a, const NameID& b, const EntityID& idp, const EntityID& sp) noexcept {
    return value_or(a.name_qualifier, idp.str()) == value_or(b.name_qualifier, idp.str()) &&
           value_or(a.sp_name_qualifier, sp.str()) == value_or(b.sp_name_qualifier, sp.str());
}

// Behind its length, so that no two fields run together; nothing at all is another text than every value.
void append_field(std::string& form, std::optional<std::string_view> field) {
    form += field ? std::to_string(field->size()) + ':' : "-";
    form += field.value_or("");
}

bool is_clean(const std::optional<std::string>& attribute) noexcept {
    return !attribute || is_xml_value(*attribute, max_name_id_bytes);
}

}  // namespace

bool is_well_formed(const NameID& name_id) noexcept {
    constexpr std::size_t max_persistent_characters = 256;
    const bool limited =
        name_id.format == vocabulary::format_persistent || name_id.format == vocabulary::format_transient;
    return is_xml_value(name_id.value, max_name_id_bytes) && is_clean(name_id.format) &&
           (!name_id.format || is_absolute_uri(*name_id.format)) && is_clean(name_id.name_qualifier) &&
           is_clean(name_id.sp_name_qualifier) && is_clean(name_id.sp_provided_id) &&
           (!limited || utf8_length(name_id.value).value_or(0) <= max_persistent_characters);
}

bool strongly_matches(const NameID& a, const NameID& b, NameIDMatching matching, const EntityID& idp,
                      const EntityID& sp) noexcept {
    if (matching == NameIDMatching::session_index) return true;
    if (a.value != b.value) return false;
    if (matching == NameIDMatching::value_only) return true;
    if (value_or(a.format, vocabulary::format_unspecified) != value_or(b.format, vocabulary::format_unspecified))
        return false;
    if (a.sp_provided_id != b.sp_provided_id) return false;
    if (matching == NameIDMatching::default_qualifiers) return qualifiers_match(a, b, idp, sp);
    return a.name_qualifier == b.name_qualifier && a.sp_name_qualifier == b.sp_name_qualifier;
}

std::string matching_form(const NameID& name_id, NameIDMatching matching, const EntityID& idp, const EntityID& sp) {
    std::string form;
    if (matching == NameIDMatching::session_index) return form;
    append_field(form, name_id.value);
    if (matching == NameIDMatching::value_only) return form;
    append_field(form, value_or(name_id.format, vocabulary::format_unspecified));
    append_field(form, name_id.sp_provided_id);
    if (matching == NameIDMatching::default_qualifiers) {
        append_field(form, value_or(name_id.name_qualifier, idp.str()));
        append_field(form, value_or(name_id.sp_name_qualifier, sp.str()));
        return form;
    }
    append_field(form, name_id.name_qualifier);
    append_field(form, name_id.sp_name_qualifier);
    return form;
}

}  // namespace slo::saml
