#include "slo/saml/error.hpp"

#include <array>
#include <cstddef>

namespace slo::saml {
namespace {

template <class Code>
struct NamedRule {
    Code code;
    std::string_view name;
};

constexpr auto rules = std::to_array<NamedRule<Errc>>({
    {Errc::message_too_large, "xml.size"},
    {Errc::xml_encoding, "xml.encoding"},
    {Errc::xml_malformed, "xml.malformed"},
    {Errc::xml_doctype, "xml.doctype"},
    {Errc::xml_processing_instruction, "xml.pi"},
    {Errc::xml_comment, "xml.comment"},
    {Errc::xml_limits, "xml.limits"},
    {Errc::xml_duplicate_id, "xml.duplicate_id"},
    {Errc::soap_version, "soap.version"},
    {Errc::soap_structure, "soap.structure"},
    {Errc::soap_must_understand, "soap.must_understand"},
    {Errc::soap_body_count, "soap.body_count"},
    {Errc::form_malformed, "form.malformed"},
    {Errc::form_fields, "form.fields"},
    {Errc::query_malformed, "query.malformed"},
    {Errc::query_encoding, "query.encoding"},
    {Errc::query_deflate, "query.deflate"},
    {Errc::query_response, "query.response"},
    {Errc::relay_state_too_long, "query.relay_state"},
    {Errc::not_a_saml_request, "saml.not_a_request"},
    {Errc::unsupported_request, "saml.unsupported_request"},
    {Errc::version_malformed, "saml.version"},
    {Errc::version_too_low, "saml.version_too_low"},
    {Errc::version_too_high, "saml.version_too_high"},
    {Errc::schema_violation, "saml.schema"},
    {Errc::id_malformed, "saml.id"},
    {Errc::issuer_malformed, "saml.issuer"},
    {Errc::name_id_malformed, "saml.name_id"},
    {Errc::session_index_malformed, "saml.session_index"},
    {Errc::uri_malformed, "saml.uri"},
    {Errc::time_malformed, "saml.time"},
    {Errc::base64_malformed, "saml.base64"},
    {Errc::status_malformed, "saml.status"},
    {Errc::signature_missing, "sig.missing"},
    {Errc::signature_count, "sig.count"},
    {Errc::signature_position, "sig.position"},
    {Errc::signature_structure, "sig.structure"},
    {Errc::signature_attribute, "sig.attribute"},
    {Errc::signature_object, "sig.object"},
    {Errc::reference_count, "sig.reference_count"},
    {Errc::reference_not_to_root, "sig.reference"},
    {Errc::transform_not_allowed, "sig.transform"},
    {Errc::canonicalization_not_allowed, "sig.c14n"},
    {Errc::signature_algorithm_not_allowed, "sig.algorithm"},
    {Errc::digest_algorithm_not_allowed, "sig.digest_algorithm"},
    {Errc::no_verification_key, "sig.no_key"},
    {Errc::signature_invalid, "sig.invalid"},
    {Errc::signed_octets_differ, "sig.octets"},
    {Errc::issuer_mismatch, "check.issuer"},
    {Errc::destination_missing, "check.destination_missing"},
    {Errc::destination_mismatch, "check.destination"},
    {Errc::issue_instant_out_of_window, "check.issue_instant"},
    {Errc::request_expired, "check.not_on_or_after"},
    {Errc::in_response_to_mismatch, "check.in_response_to"},
    {Errc::base_id_unsupported, "id.base_id"},
    {Errc::decryption_failed, "id.decryption"},
});

constexpr auto key_rules = std::to_array<NamedRule<KeyErrc>>({
    {KeyErrc::key_unreadable, "key.unreadable"},
    {KeyErrc::key_not_allowed, "key.not_allowed"},
    {KeyErrc::certificate_unreadable, "key.certificate"},
    {KeyErrc::key_mismatch, "key.mismatch"},
    {KeyErrc::file_unreadable, "key.file"},
    {KeyErrc::crypto_failure, "crypto.failure"},
});

// name() finds a rule by its number, so a table must hold every enumerator, in the order of the enumeration.
template <class Table, class Code>
constexpr bool in_enumeration_order(const Table& table, Code last) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].code) != i + 1) return false;
    }
    return table.back().code == last;
}
static_assert(in_enumeration_order(rules, Errc::decryption_failed));
static_assert(in_enumeration_order(key_rules, KeyErrc::crypto_failure));

template <class Table>
std::string_view name_in(const Table& table, int value) noexcept {
    const auto index = static_cast<std::size_t>(value) - 1;  // zero and negative numbers wrap beyond the table
    return index < table.size() ? table[index].name : "unknown.unknown";
}

}  // namespace

std::string_view name(Errc code) noexcept {
    return name_in(rules, static_cast<int>(code));
}

std::string_view name(KeyErrc code) noexcept {
    return name_in(key_rules, static_cast<int>(code));
}

std::string_view stage(Errc code) noexcept {
    const std::string_view whole = name(code);
    return whole.substr(0, whole.find('.'));
}

std::error_code make_error_code(Errc code) noexcept {
    return rule_code(code, "slo.saml");
}

std::error_code make_error_code(KeyErrc code) noexcept {
    return rule_code(code, "slo.saml.key");
}

}  // namespace slo::saml
