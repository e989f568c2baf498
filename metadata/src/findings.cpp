#include "findings.hpp"

#include <algorithm>
#include <charconv>

#include "slo/saml/error.hpp"
#include "trusted_reading.hpp"

namespace slo::metadata {
namespace {

/// The rule behind a refusal, and the remedy.
struct Explanation {
    std::string_view rule;
    std::string_view advice;
};

Explanation explain_saml(std::string_view stage, const Failure& failure) {
    const std::error_code code = failure.code;
    if (stage == "sig" && code == make_error_code(saml::Errc::signature_missing)) {
        return {"Metadata 3.1", "ask for the signed document, or pin its hash"};
    }
    if (stage == "sig") return {"Metadata 3.1", "compare the pinned key with the publisher's, or fetch it again"};
    if (code == make_error_code(saml::Errc::message_too_large) || code == make_error_code(saml::Errc::xml_limits)) {
        return {"limits", "raise the limits for this source, if a document of this size is meant"};
    }
    if (code == make_error_code(saml::Errc::xml_encoding)) {
        return {"XML 1.0", "convert it to UTF-8 (iconv -t UTF-8), in its XML declaration too"};
    }
    if (failure.detail.starts_with(late_declaration)) return {"XML 1.0", ""};  // it says what to remove
    if (code == make_error_code(saml::Errc::xml_doctype)) return {"XML 1.0", "ask for it without DOCTYPE"};
    if (stage == "xml") return {"XML 1.0", "fetch the document again; it must be well-formed"};
    return {"Metadata schema", "ask the publisher to correct it"};
}

Explanation explain(Errc code) {
    switch (code) {
        case Errc::not_metadata:
            return {"Metadata 2.3", "check the URL or the file: a login page or an error page is not metadata"};
        case Errc::schema_violation:
            return {"Metadata schema", "ask the publisher to correct it"};
        case Errc::entity_id_malformed:
            return {"Metadata 2.2.1", "ask the publisher for an absolute URI of at most 1024 bytes"};
        case Errc::expired:
            return {"erratum E94", "fetch a newer document"};
        case Errc::no_usable_key:
            return {"Metadata 2.4.1.1",
                    "the role needs a KeyDescriptor with an X509Certificate whose key is RSA of 2048 "
                    "to 8192 bits or EC on P-256, P-384 or P-521"};
        case Errc::endpoint_malformed:
            return {"Metadata 2.2.2", "an endpoint is an http or https URL with a host and without user information"};
        case Errc::valid_until_missing:
            return {"Kantara IIP-MD04", "ask the publisher for validUntil, or lift the limit for this source"};
        case Errc::valid_until_too_far:
            return {"Kantara IIP-MD04", "ask for a shorter validUntil, or raise the limit for this source"};
        case Errc::hash_mismatch:
            return {"pinned hash", "if the new document is meant, pin its hash"};
        case Errc::duplicate_entity:
            return {"Metadata 2.2.1", "an entityID is unique: one of the two must go"};
        case Errc::too_many_entities:
            return {"limits", "raise the limit for this source, or use a metadata query service"};
        case Errc::endpoint_not_allowed:
            return {"endpoint rule", "ask for a public https endpoint, or allow this kind for this source"};
        case Errc::no_idp_role:
            return {"Metadata 2.4.3", "this is no identity provider's metadata"};
        case Errc::another_entity:
            return {"wanted entities", "compare the entityID with the configured one, byte by byte"};
        case Errc::bad_sp_metadata:
        case Errc::older_than_known:
        case Errc::no_common_algorithm:
            break;
    }
    return {"Metadata schema", "ask the publisher to correct it"};
}

Explanation explain(const Failure& failure) {
    if (const auto rule = rule_as<Errc>(failure)) return explain(*rule);
    if (const auto rule = rule_as<saml::Errc>(failure)) return explain_saml(saml::stage(*rule), failure);
    return {"source", "make the document readable"};
}

/// Our own reports name a line if it's known. 0: none is named.
std::uint64_t line_in(std::string_view text) {
    constexpr std::string_view mark = "line ";
    const std::size_t found = text.find(mark);
    if (found == std::string_view::npos) return 0;
    const std::size_t digits = found + mark.size();
    std::uint64_t line = 0;
    const auto error = std::from_chars(text.data() + digits, text.data() + text.size(), line).ec;
    return error == std::errc{} ? line : 0;
}

}  // namespace

void Findings::error(const Failure& failure, std::uint64_t line) {
    const Explanation explanation = explain(failure);
    std::string text = failure.code.message();
    if (!failure.detail.empty()) text += ": " + failure.detail;
    const std::uint64_t named = line_in(text);
    if (!explanation.advice.empty()) text.append(". ").append(explanation.advice);
    add({Severity::error, explanation.rule, failure.code, named != 0 ? named : line, std::move(text)});
}

void Findings::warning(std::string_view rule, std::uint64_t line, std::string text) {
    const std::uint64_t named = line_in(text);
    add({Severity::warning, rule, {}, named != 0 ? named : line, std::move(text)});
}

void Findings::note(std::string_view rule, std::uint64_t line, std::string text) {
    add({Severity::note, rule, {}, line, std::move(text)});
}

void Findings::add(Finding finding) {
    if (findings_.size() > max_findings) return;
    if (findings_.size() == max_findings) {
        finding = {Severity::warning, "limits", {}, 0, "there are more findings than can be listed"};
    }
    findings_.push_back(std::move(finding));
}

bool Findings::has_error(std::error_code code) const noexcept {
    return std::ranges::any_of(findings_, [&](const Finding& finding) { return finding.code == code; });
}

std::vector<Finding> Findings::take() && {
    std::ranges::stable_sort(findings_, {}, &Finding::line);
    return std::move(findings_);
}

}  // namespace slo::metadata
