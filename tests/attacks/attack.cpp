#include "attack.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace slo::test {
namespace {

constexpr const char* requester = "200 LogoutResponse Requester";

/// The answer of the requirements' decision table to a broken rule: that of the longest prefix here.
constexpr auto answers = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"xml.size", "413"},
    {"xml.duplicate_id", requester},
    {"xml.", "500 Fault Client"},
    {"soap.version", "500 Fault VersionMismatch"},
    {"soap.must_understand", "500 Fault MustUnderstand"},
    {"soap.", "500 Fault Client"},
    {"saml.not_a_request", "500 Fault Client"},
    {"saml.unsupported_request", "200 Response Requester/RequestUnsupported"},
    {"saml.version_too_low", "200 LogoutResponse VersionMismatch/RequestVersionTooLow"},
    {"saml.version_too_high", "200 LogoutResponse VersionMismatch/RequestVersionTooHigh"},
    {"saml.", requester},
    {"sig.missing", "200 LogoutResponse Requester/RequestDenied"},
    {"sig.", requester},
    {"check.issuer_unknown", "403"},
    {"check.metadata_expired", "403"},
    {"check.request_id", "200 LogoutResponse Requester/RequestDenied"},
    {"check.", requester},
    {"id.base_id", "200 LogoutResponse Requester/RequestUnsupported"},
    {"id.decryption", "200 LogoutResponse Requester/UnknownPrincipal"},
});

std::string answer_to(std::string_view rule) {
    for (const auto& [prefix, answer] : answers) {
        if (rule.starts_with(prefix)) return std::string(answer);
    }
    throw std::logic_error("no answer is known for " + std::string(rule));
}

Text posting(Text body) {
    return [body = std::move(body)] { return posted(body()); };
}

}  // namespace

Attack refused(std::string row, std::string name, Text body, std::string rule) {
    auto answer = answer_to(rule);
    return {.row = std::move(row),
            .name = std::move(name),
            .octets = posting(std::move(body)),
            .answer = std::move(answer),
            .audit = "refused " + rule};
}

Attack refused_by_http(std::string row, std::string name, Text octets, int status, Connection connection) {
    return {.row = std::move(row),
            .name = std::move(name),
            .octets = std::move(octets),
            .answer = std::to_string(status),
            .audit = "http_refused",
            .connection = connection};
}

Attack accepted(std::string row, std::string name, Text body, std::string ends) {
    return {.row = std::move(row),
            .name = std::move(name),
            .octets = posting(std::move(body)),
            .answer = "200 LogoutResponse Success",
            .audit = "logout",
            .ends = std::move(ends)};
}

Attack missed(std::string row, std::string name, Text body, const std::string& rule) {
    Attack attack = accepted(std::move(row), std::move(name), std::move(body), "");
    attack.answer = "200 LogoutResponse Responder/UnknownPrincipal";
    attack.audit = "logout " + rule;
    return attack;
}

Attacks joined(std::initializer_list<Attacks (*)()> lists) {
    Attacks all;
    for (const auto list : lists) {
        for (auto& attack : list()) all.push_back(std::move(attack));
    }
    return all;
}

Attacks all_attacks() {
    return joined({wrapping_attacks, key_attacks, reference_attacks, xml_attacks, xml_encoding_attacks,
                   xml_limit_attacks, protocol_attacks, protocol_value_attacks, encryption_attacks, http_attacks,
                   injection_attacks, bad_inputs});
}

LogoutRequestText marked(LogoutRequestText text) {
    if (!text.consent) text.consent = "urn:do-not-repeat";
    if (!text.reason) text.reason = "urn:do-not-repeat";
    if (text.identifier == LogoutRequestText{}.identifier) text.identifier = transient_name_id(alice);
    text.session_indexes.emplace_back(marker);
    return text;
}

const std::string& good_body() {
    static const std::string body = soap(marked());
    return body;
}

std::string good_request() {
    return posted(good_body());
}

std::string posted(std::string_view body) {
    return with_length(std::string(request_line) + text_xml, body);
}

std::string with_length(std::string head, std::string_view body) {
    return std::move(head) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace slo::test
