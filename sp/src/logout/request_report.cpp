#include "slo/sp/request_report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include "proving.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/rule.hpp"
#include "slo/sp/logout_error.hpp"

namespace slo::sp {

namespace {

using idp_adapter::Idp;
using saml::Errc;

/// More than any difference between two times that xs:dateTime has here.
constexpr std::chrono::days regardless_of_time{365 * 10'000};

/// One judgement, at one time.
struct Judgement {
    std::optional<RequestCheck> refused = {};
    Failure why = {};
    std::optional<saml::Binding> binding = {};
    Addressee sender = {};
    std::optional<Proven> proven = {};
    std::optional<LogoutOrder> order = {};
};

/// The check of which a decoder's error tells.
RequestCheck check_of_decoding(const Failure& why) noexcept {
    switch (rule_as<Errc>(why).value_or(Errc::form_malformed)) {
        case Errc::xml_encoding:
        case Errc::xml_malformed:
        case Errc::xml_doctype:
        case Errc::xml_processing_instruction:
        case Errc::xml_comment:
        case Errc::xml_limits:
        case Errc::xml_duplicate_id:
            return RequestCheck::xml;
        case Errc::message_too_large:
        case Errc::form_malformed:
        case Errc::form_fields:
        case Errc::query_malformed:
        case Errc::query_encoding:
        case Errc::query_deflate:
        case Errc::relay_state_too_long:
        case Errc::base64_malformed:
            return RequestCheck::transport;
        default:
            return RequestCheck::kind;
    }
}

/// The check of which MessageVerifier::check() tells.
RequestCheck check_of_content(const Failure& why) noexcept {
    switch (rule_as<Errc>(why).value_or(Errc::schema_violation)) {
        case Errc::issuer_mismatch:
        case Errc::signed_octets_differ:
            return RequestCheck::issuer;
        case Errc::destination_missing:
        case Errc::destination_mismatch:
            return RequestCheck::destination;
        case Errc::issue_instant_out_of_window:
            return RequestCheck::issue_instant;
        case Errc::request_expired:
            return RequestCheck::not_on_or_after;
        default:
            return RequestCheck::schema;
    }
}

/// The check at which prove() stopped: how far it came, and the rule.
RequestCheck check_of(const Unproven& unproven, const Addressee& sender) noexcept {
    if (unproven.authentic_id) return check_of_content(unproven.why);
    const auto rule = rule_as<LogoutErrc>(unproven.why);
    if (!sender.partner) return rule ? RequestCheck::idp : RequestCheck::kind;
    if (rule == LogoutErrc::metadata_expired) return RequestCheck::metadata;
    return rule ? RequestCheck::wire : RequestCheck::signature;
}

RequestCheck check_of_name_id(const Failure& why) noexcept {
    return is(why, LogoutErrc::session_index_missing) ? RequestCheck::session_index : RequestCheck::name_id;
}

Judgement refused_at(Judgement judgement, RequestCheck check, Failure why) {
    judgement.refused = check;
    judgement.why = std::move(why);
    return judgement;
}

Judgement judge(const LogoutServiceParts& parts, const MessageSource& source, const LogoutEvidence& evidence,
                Instant now) {
    Judgement judgement;
    auto message = source();
    if (!message) return refused_at({}, check_of_decoding(message.error()), message.error());
    judgement.binding = message->binding();
    auto proof = prove(parts, parts.idps.get(), *std::move(message), evidence, now, judgement.sender);
    if (auto* const unproven = std::get_if<Unproven>(&proof)) {
        const RequestCheck check = check_of(*unproven, judgement.sender);
        return refused_at(std::move(judgement), check, std::move(unproven->why));
    }
    judgement.proven = std::get<Proven>(std::move(proof));
    auto name_id = name_id_of(parts, *judgement.proven, {parts.signer, parts.decryption_keys});
    if (!name_id) return refused_at(std::move(judgement), check_of_name_id(name_id.error()), name_id.error());
    auto order = order_of(parts, *judgement.proven, *std::move(name_id), now);
    if (!order) return refused_at(std::move(judgement), RequestCheck::not_on_or_after, order.error());
    judgement.order = *std::move(order);
    return judgement;
}

bool is_of_time(const Judgement& judgement) noexcept {
    return judgement.refused == RequestCheck::issue_instant || judgement.refused == RequestCheck::not_on_or_after;
}

/// The IssueInstant of a request that is proven but for its time.
std::optional<Instant> issue_instant_of(const LogoutServiceParts& parts, const MessageSource& source,
                                        const LogoutEvidence& evidence, Instant now) {
    LogoutServiceParts timeless = parts;
    timeless.policy.clock_skew = regardless_of_time;
    const Judgement judgement = judge(timeless, source, evidence, now);
    if (!judgement.proven) return std::nullopt;
    return judgement.proven->request->issue_instant;
}

/// "key 2 of 3": the first that verifies it.
std::string verifying_key(const Idp& idp, const MessageSource& source, const LogoutEvidence& evidence) {
    auto message = source();
    if (!message) return "";
    const auto unverified = saml::UnverifiedLogoutRequest::parse(*message);
    if (!unverified) return "";
    for (std::size_t i = 0; i < idp.keys.size(); ++i) {
        const std::span<const saml::VerificationKey> one(&idp.keys[i], 1);
        if (!authenticate_by_signature(idp, *unverified, evidence, one)) continue;
        return "key " + std::to_string(i + 1) + " of " + std::to_string(idp.keys.size());
    }
    return "none: its sender proved itself by its connection";
}

std::string difference(Instant time, Instant now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::abs(time - now)).count();
    return saml::format_instant(time) + ", " + std::to_string(seconds) + " s " + (time > now ? "ahead" : "ago");
}

std::string metadata_note(const Idp& idp) {
    return idp.valid_until ? "it " + idp_adapter::told_end("ends", *idp.valid_until) : "it doesn't say until when";
}

std::string index_note(std::size_t count) {
    return count == 0 ? "none: every session of the principal" : std::to_string(count) + " named";
}

/// What a check found in a request whose content is proven.
std::string note_on(RequestCheck check, const saml::LogoutRequest& request, Instant now) {
    switch (check) {
        case RequestCheck::destination:
            return request.destination.value_or("none, and the profile asks for none");
        case RequestCheck::issue_instant:
            return difference(request.issue_instant, now);
        case RequestCheck::not_on_or_after:
            return request.not_on_or_after ? difference(*request.not_on_or_after, now) : "none";
        case RequestCheck::session_index:
            return index_note(request.session_indexes.size());
        case RequestCheck::name_id:
            return std::holds_alternative<saml::EncryptedID>(request.identifier) ? "an EncryptedID, decrypted"
                                                                                 : "not encrypted";
        default:
            return "";
    }
}

/// The notes on the checks that `judgement` passed.
std::string note_on(RequestCheck check, const Judgement& judgement, const MessageSource& source,
                    const LogoutEvidence& evidence, Instant now) {
    if (check == RequestCheck::transport && judgement.binding) return std::string(binding_name(*judgement.binding));
    const auto& partner = judgement.sender.partner;
    if (!partner) return "";
    if (check == RequestCheck::idp) return partner->entity_id.str();
    if (check == RequestCheck::metadata) return metadata_note(*partner);
    if (check == RequestCheck::signature) return verifying_key(*partner, source, evidence);
    return judgement.proven ? note_on(check, *judgement.proven->request, now) : "";
}

std::vector<CheckedRule> rows_of(const Judgement& judgement, const MessageSource& source,
                                 const LogoutEvidence& evidence, Instant now) {
    std::vector<CheckedRule> rows;
    for (int i = 0; i < request_check_count; ++i) {
        const auto check = static_cast<RequestCheck>(i);
        CheckedRule row{.check = check};
        if (!judgement.refused || check < *judgement.refused) {
            row.verdict = CheckVerdict::ok;
            row.note = note_on(check, judgement, source, evidence, now);
        } else if (check == *judgement.refused) {
            row.verdict = CheckVerdict::refused;
            row.why = judgement.why;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

/// Continues behind a check that refused the request for its time alone, as of its own.
void go_on_at_its_own_time(RequestReport& report, const LogoutServiceParts& parts, const MessageSource& source,
                           const LogoutEvidence& evidence, Instant now) {
    const auto own_time = issue_instant_of(parts, source, evidence, now);
    if (!own_time) return;
    Judgement judgement = judge(parts, source, evidence, *own_time);
    std::vector<CheckedRule> rows = rows_of(judgement, source, evidence, now);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (report.checks[i].verdict == CheckVerdict::refused) continue;
        if (rows[i].verdict != CheckVerdict::not_reached) report.checks[i] = std::move(rows[i]);
    }
    if (judgement.refused) return;
    report.acceptable_at = own_time;
    report.order = std::move(judgement.order);
}

}  // namespace

std::string_view name(RequestCheck check) noexcept {
    static constexpr auto names = std::to_array<std::string_view>(
        {"transport", "xml", "kind", "idp", "wire", "metadata", "signature", "schema", "issuer", "destination",
         "issue_instant", "not_on_or_after", "session_index", "name_id"});
    static_assert(names.size() == request_check_count);
    return names.at(static_cast<std::size_t>(check));
}

std::string_view name(CheckVerdict verdict) noexcept {
    switch (verdict) {
        case CheckVerdict::ok:
            return "ok";
        case CheckVerdict::refused:
            return "refused";
        case CheckVerdict::not_reached:
            break;
    }
    return "not reached";
}

const CheckedRule* RequestReport::refusal() const noexcept {
    const auto found = std::ranges::find(checks, CheckVerdict::refused, &CheckedRule::verdict);
    return found == checks.end() ? nullptr : &*found;
}

RequestReport report_on(const LogoutServiceParts& parts, const MessageSource& source, const LogoutEvidence& evidence,
                        Instant now) {
    Judgement judgement = judge(parts, source, evidence, now);
    RequestReport report{.checks = rows_of(judgement, source, evidence, now), .idp = judgement.sender.partner};
    report.order = std::move(judgement.order);
    if (is_of_time(judgement)) go_on_at_its_own_time(report, parts, source, evidence, now);
    return report;
}

}  // namespace slo::sp
