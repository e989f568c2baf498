#include "slo/saml/assertion_error.hpp"

#include <array>
#include <cstddef>

namespace slo::saml {
namespace {

struct NamedRule {
    AssertionErrc code;
    std::string_view name;
};

constexpr auto rules = std::to_array<NamedRule>({
    {AssertionErrc::response_structure, "response.structure"},
    {AssertionErrc::response_status, "response.status"},
    {AssertionErrc::signature_insufficient, "response.signature"},
    {AssertionErrc::cbc_unauthenticated, "response.cbc"},
    {AssertionErrc::subject_missing, "assertion.subject"},
    {AssertionErrc::name_id_unexpected, "assertion.name_id"},
    {AssertionErrc::confirmation_method, "confirmation.method"},
    {AssertionErrc::confirmation_recipient, "confirmation.recipient"},
    {AssertionErrc::confirmation_in_response_to, "confirmation.in_response_to"},
    {AssertionErrc::confirmation_time, "confirmation.time"},
    {AssertionErrc::condition_time, "condition.time"},
    {AssertionErrc::condition_audience, "condition.audience"},
    {AssertionErrc::condition_unknown, "condition.not_understood"},
    {AssertionErrc::assertion_age, "assertion.age"},
    {AssertionErrc::authn_missing, "authn.missing"},
    {AssertionErrc::authn_instant, "authn.instant"},
    {AssertionErrc::authn_stale, "authn.stale"},
    {AssertionErrc::authn_session_ended, "authn.session_ended"},
    {AssertionErrc::authn_context, "authn.context"},
});

// name() finds a rule by its number, so the table must hold every enumerator, in the order of the enumeration.
constexpr bool in_enumeration_order() {
    std::size_t expected = 1;
    for (const NamedRule& rule : rules) {
        if (static_cast<std::size_t>(rule.code) != expected++) return false;
    }
    return rules.back().code == AssertionErrc::authn_context;
}
static_assert(in_enumeration_order());

}  // namespace

std::string_view name(AssertionErrc code) noexcept {
    const auto number = static_cast<std::size_t>(code);
    return number - 1 < rules.size() ? rules[number - 1].name : "assertion.unknown";
}

std::error_code make_error_code(AssertionErrc code) noexcept {
    return rule_code(code, "slo.saml.assertion");
}

}  // namespace slo::saml
