#include "message_reading.hpp"

#include <algorithm>
#include <charconv>

#include "slo/saml/error.hpp"
#include "vocabulary.hpp"
#include "xml_octets.hpp"

namespace slo::saml {
namespace {

/// The parts of a version: digits without a leading zero, up to 9999.
std::optional<int> version_part(std::string_view text) {
    if (text.empty() || text.size() > 4 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
    return value;
}

bool is_xsi_type(const xml::Name& name) noexcept {
    return name.local == "type" &&
           (name.namespace_uri == vocabulary::xsi_2001 || name.namespace_uri == vocabulary::xsi_1999);
}

/// Whether each xsi:type on `element` repeats the element's own type, `type`.
bool says_its_own_type(const xml::Element& element, xml::Name type) {
    for (const auto& [name, value] : element.attributes()) {
        if (!is_xsi_type(name)) continue;
        const std::string qname = xml::collapsed(value);
        const std::size_t colon = qname.find(':');
        const std::string prefix = colon == std::string::npos ? "" : qname.substr(0, colon);
        const std::string local = colon == std::string::npos ? qname : qname.substr(colon + 1);
        if (local != type.local) return false;
        // In signed octets only a prefix that they bind themselves is found: rebinding one outside gains nothing.
        const auto bound = element.namespace_of_prefix(prefix);
        // Exclusive canonicalisation leaves out a prefix that stands in values alone, as that of XML Schema does.
        const bool left_out = !bound && !prefix.empty() && type.namespace_uri == vocabulary::xs;
        if (!left_out && bound != type.namespace_uri) return false;
    }
    return true;
}

}  // namespace

Failure schema_violation(const xml::Element& where, std::string_view what) {
    return fail(Errc::schema_violation, "line " + std::to_string(where.line()) + ": " + std::string(what));
}

Result<void> expect_attributes(const xml::Element& element, std::initializer_list<std::string_view> allowed,
                               xml::Name type) {
    for (const auto& name : element.attribute_names()) {
        if (name.namespace_uri.empty() && std::find(allowed.begin(), allowed.end(), name.local) != allowed.end())
            continue;
        if (xml::is_schema_hint(name) || (is_xsi_type(name) && says_its_own_type(element, type))) continue;
        return schema_violation(element, "an attribute that the element doesn't have");
    }
    return Done{};
}

Result<Version> parse_version(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return fail(Errc::version_malformed);
    const auto major = version_part(text.substr(0, dot));
    const auto minor = version_part(text.substr(dot + 1));
    if (!major || !minor) return fail(Errc::version_malformed);
    return Version{*major, *minor};
}

Result<Version> read_version(const xml::Element& message) {
    const auto attribute = message.attribute("Version");
    if (!attribute) return fail(Errc::version_malformed, "no Version");
    auto version = parse_version(*attribute);
    if (!version) return version;
    if (version->major < 2) return fail(Errc::version_too_low);
    if (version->major > 2) return fail(Errc::version_too_high);
    return version;
}

Result<Instant> read_instant(std::string_view text, const MessageForms& forms) {
    if (forms.times == MessageForms::Times::utc_with_z) return parse_instant(text);
    return parse_instant_however_written(text);
}

Result<EntityID> read_issuer(const xml::Element& issuer, const MessageForms& forms) {
    if (!issuer.is({vocabulary::saml, "Issuer"})) return fail(Errc::issuer_malformed, "no Issuer in its place");
    //= SAML Profiles 4.4.4.1 l.1294
    //# The <Issuer> element MUST be present and MUST contain the unique identifier of the requesting entity; the Format
    //# attribute MUST be omitted or have a value of urn:oasis:names:tc:SAML:2.0:nameid-format:entity.
    const bool says_more = issuer.attribute("NameQualifier") ||
                           issuer.collapsed_attribute("Format").value_or(std::string(vocabulary::format_entity)) !=
                               vocabulary::format_entity;
    if (!expect_attributes(issuer, {"Format", "NameQualifier"}, {vocabulary::saml, "NameIDType"}) ||
        (says_more && forms.issuer_attributes == MessageForms::IssuerAttributes::refused)) {
        return fail(Errc::issuer_malformed, "an attribute other than Format=entity");
    }
    const auto text = issuer.text();
    if (!text) return fail(Errc::issuer_malformed, "an element inside Issuer");
    auto entity_id = read_entity_id(*text, forms.entity_id);
    if (!entity_id) return fail(Errc::issuer_malformed, "not an entity identifier");
    return entity_id;
}

Result<NameID> read_name_id(const xml::Element& element, const MessageForms& forms) {
    if (!element.is({vocabulary::saml, "NameID"})) return schema_violation(element, "not NameID");
    if (auto ok = expect_attributes(element, {"Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"},
                                    {vocabulary::saml, "NameIDType"});
        !ok) {
        return ok.error();
    }
    auto text = element.text();
    if (!text) return text.error();

    NameID name_id;
    name_id.value = *std::move(text);
    name_id.format = element.collapsed_attribute("Format");
    if (name_id.format && !is_absolute_uri(*name_id.format)) return fail(Errc::uri_malformed, "NameID/@Format");
    name_id.name_qualifier = element.attribute("NameQualifier");
    name_id.sp_name_qualifier = element.attribute("SPNameQualifier");
    if (forms.empty_qualifiers == MessageForms::EmptyQualifiers::absent) {
        for (auto* const qualifier : {&name_id.name_qualifier, &name_id.sp_name_qualifier}) {
            if (*qualifier == "") qualifier->reset();
        }
    }
    name_id.sp_provided_id = element.attribute("SPProvidedID");
    if (!is_well_formed(name_id)) return fail(Errc::name_id_malformed, "blank, or too long");
    return name_id;
}

}  // namespace slo::saml
