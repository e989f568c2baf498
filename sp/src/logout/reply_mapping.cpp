#include "reply_mapping.hpp"

#include <string>

#include "slo/sp/store_error.hpp"

namespace slo::sp {

namespace {

using saml::SecondLevelStatus;
using saml::TopLevelStatus;

constexpr StatusAnswer requester{TopLevelStatus::requester};
constexpr StatusAnswer responder{TopLevelStatus::responder};
constexpr StatusAnswer request_denied{TopLevelStatus::requester, SecondLevelStatus::request_denied};

/// "urn:oasis:names:tc:SAML:2.0:status:Requester" -> "Requester".
std::string_view last_part(std::string_view uri) noexcept {
    return uri.substr(uri.rfind(':') + 1);
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table, and the only one
TableAnswer answer_to(saml::Errc code) noexcept {
    using saml::Errc;
    switch (code) {
        case Errc::message_too_large:
            return Refusal::too_large;

        // SOAP 1.1 sections 3 and 4: there is no SAML request to answer.
        case Errc::xml_encoding:
        case Errc::xml_malformed:
        case Errc::xml_doctype:
        case Errc::xml_processing_instruction:
        case Errc::xml_comment:
        case Errc::xml_limits:
        case Errc::soap_structure:
        case Errc::soap_body_count:
        case Errc::not_a_saml_request:
        case Errc::form_malformed:
        case Errc::form_fields:
        case Errc::query_malformed:
        case Errc::query_encoding:
        case Errc::query_deflate:
        case Errc::query_response:
            return Refusal::no_request;
        case Errc::soap_version:
            return Refusal::envelope_version;
        case Errc::soap_must_understand:
            return Refusal::envelope_header;

        case Errc::unsupported_request:
        case Errc::base_id_unsupported:  // Core 2.2.1 l.421: abstract, and we know no extension of it
            return StatusAnswer{TopLevelStatus::requester, SecondLevelStatus::request_unsupported};

        // Core 4.1.3.2 l.2817-2823.
        case Errc::version_too_low:
            return StatusAnswer{TopLevelStatus::version_mismatch, SecondLevelStatus::request_version_too_low};
        case Errc::version_too_high:
            return StatusAnswer{TopLevelStatus::version_mismatch, SecondLevelStatus::request_version_too_high};

        // Core 3.2.1 l.1513: invalid by syntax or by processing rules.
        case Errc::version_malformed:
        case Errc::xml_duplicate_id:  // xs:ID, Core 1.3.4 l.321
        case Errc::schema_violation:
        case Errc::id_malformed:
        case Errc::issuer_malformed:
        case Errc::name_id_malformed:
        case Errc::session_index_malformed:
        case Errc::uri_malformed:
        case Errc::time_malformed:
        case Errc::base64_malformed:
            return requester;

        // Core 3.7.3.1 l.2590: the sender isn't authenticated. The sender sees that itself, so this is no oracle.
        case Errc::signature_missing:
            return request_denied;
        // Core 3.2.1 l.1505. One answer for all of them: which check failed helps only an attacker.
        case Errc::signature_count:
        case Errc::signature_position:
        case Errc::signature_structure:
        case Errc::signature_attribute:
        case Errc::signature_object:
        case Errc::reference_count:
        case Errc::reference_not_to_root:
        case Errc::transform_not_allowed:
        case Errc::canonicalization_not_allowed:
        case Errc::signature_algorithm_not_allowed:
        case Errc::digest_algorithm_not_allowed:
        case Errc::no_verification_key:
        case Errc::signature_invalid:
        case Errc::signed_octets_differ:
            return requester;

        // Core 3.2.1 l.1480, 3.7.1 l.2537; Profiles 4.4.4.1 l.1294.
        case Errc::issuer_mismatch:
        case Errc::destination_missing:
        case Errc::destination_mismatch:
        case Errc::issue_instant_out_of_window:
        case Errc::request_expired:
            return requester;

        // Core 3.2.2.2 l.1693. Never Success: the request's principal isn't known.
        case Errc::decryption_failed:
            return StatusAnswer{TopLevelStatus::requester, SecondLevelStatus::unknown_principal};

        // No request can break these: the fault is on our side.
        case Errc::status_malformed:
        case Errc::in_response_to_mismatch:
        case Errc::relay_state_too_long:
            return responder;
    }
    return responder;
}

TableAnswer answer_to(LogoutErrc code) noexcept {
    switch (code) {
        // Bindings 3.2.3.3 l.370. Nothing is signed for a sender whose Issuer isn't in our metadata.
        case LogoutErrc::issuer_unknown:
        case LogoutErrc::metadata_expired:
        case LogoutErrc::metadata_unusable:
            return Refusal::unknown_sender;
        case LogoutErrc::content_type_not_accepted:
        case LogoutErrc::wire_not_accepted:
            return Refusal::wire_not_accepted;

        case LogoutErrc::session_index_missing:
            return requester;

        // Core 3.2.2.2 l.1672. The IdP may come again: nothing was recorded.
        case LogoutErrc::too_many_requests:
        // Core 3.7.3.1 l.2608: a replay may be refused; most IdPs do better with the answer that it got before.
        case LogoutErrc::request_repeated:
            return request_denied;
    }
    return responder;
}

TableAnswer answer_to(const Failure& failure) noexcept {
    if (const auto rule = rule_as<saml::Errc>(failure)) return answer_to(*rule);
    if (const auto rule = rule_as<LogoutErrc>(failure)) return answer_to(*rule);
    // Row 20 has no stored answer for it: the recorded one was about other sessions.
    if (failure.code == StoreErrc::request_id_reused) return request_denied;
    return responder;  // for a store, a key or this process that failed
}

Gist gist_of(const StatusAnswer& answer) noexcept {
    switch (answer.code) {
        case TopLevelStatus::success:
            return Gist::success;
        case TopLevelStatus::requester:
            return answer.second == SecondLevelStatus::request_denied ? Gist::denied : Gist::bad_request;
        case TopLevelStatus::version_mismatch:
            return Gist::bad_request;
        case TopLevelStatus::responder:
            return Gist::failed;
    }
    return Gist::failed;
}

Gist gist_of(const Failure& failure) noexcept {
    if (failure.code == LogoutErrc::too_many_requests) return Gist::too_many_requests;
    const TableAnswer answer = answer_to(failure);
    const auto* status = std::get_if<StatusAnswer>(&answer);
    return status ? gist_of(*status) : Gist::failed;
}

saml::Status make_status(const StatusAnswer& answer, const Policy& policy) {
    saml::Status status{.code = answer.code, .nested = {}, .message = std::nullopt};
    if (answer.second && policy.second_level_codes == SecondLevelCodes::sent) {
        status.nested.emplace_back(uri(*answer.second));
    }
    return status;
}

std::string_view rule_of(const Failure& failure) noexcept {
    return rule_name(failure.code).value_or("other");
}

std::string describe(const saml::Status& status) {
    std::string text(last_part(uri(status.code)));
    for (const std::string& code : status.nested) text.append("/").append(last_part(code));
    return text;
}

}  // namespace slo::sp
