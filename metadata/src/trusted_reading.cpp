#include "trusted_reading.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "reading.hpp"
#include "slo/saml/error.hpp"

namespace slo::metadata {

using saml::StreamElement;
using saml::StreamVisitor;

std::string at(const StreamElement& element) {
    return std::string(element.name.local) + ", line " + std::to_string(element.line);
}

Result<Validity> validity_of(const StreamElement& element) {
    return read_validity(element.attribute("validUntil"), element.attribute("cacheDuration"), at(element));
}

Result<void> check_root_validity(const Validity& validity, const std::string& where, const MetadataRules& rules,
                                 Root root, Instant now) {
    if (has_ended(validity, now, rules.clock_skew)) {
        return broken(Errc::expired, where, "validUntil was " + saml::format_instant(*validity.valid_until));
    }
    if (!rules.longest_validity) return Done{};
    if (!validity.valid_until) {
        if (root == Root::aggregate) {
            return broken(Errc::valid_until_missing, where,
                          "no validUntil: a federation's document must have one; take the one IdP's own document");
        }
        if (rules.max_age_without_valid_until) return Done{};
        return broken(Errc::valid_until_missing, where,
                      "no validUntil: only an https url of [[metadata]] may do without, for "
                      "max_age_without_valid_until");
    }
    // Compared as a difference: a sum with any value that the rules allow could overflow 64 bits.
    if (std::chrono::ceil<std::chrono::seconds>(*validity.valid_until - now) - rules.clock_skew >
        *rules.longest_validity) {
        return broken(Errc::valid_until_too_far, where, "validUntil is " + saml::format_instant(*validity.valid_until));
    }
    return Done{};
}

Failure told_by_the_front(Failure why, std::string_view front) {
    if (!rule_as<saml::Errc>(why)) return why;
    const bool has_mark = front.starts_with("\xEF\xBB\xBF");
    const std::string_view octets = front.substr(has_mark ? 3 : 0);
    const std::size_t begin = std::min(octets.find_first_not_of(" \t\r\n"), octets.size());
    const std::string_view text = octets.substr(begin);
    const auto is = [&](std::string_view word) {
        return std::ranges::equal(text.substr(0, word.size()), word, {},
                                  [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    };
    if (is("<!doctype html") || is("<html")) return {make_error_code(Errc::not_metadata), "it's a web page (HTML)"};
    const std::size_t second = text.find_first_not_of(" \t\r\n", 1);  // "[name]" begins a file of settings
    const bool is_array =
        is("[") && second < text.size() && std::string_view("[{\"]").find(text[second]) != std::string_view::npos;
    if (is("{") || is_array) return {make_error_code(Errc::not_metadata), "it's JSON"};
    const bool is_late = begin != 0 && is("<?xml") && why.code != make_error_code(saml::Errc::xml_encoding);
    if (!is_late) return why;
    const bool is_line = octets.substr(0, begin).find('\n') != std::string_view::npos;
    return saml::fail(saml::Errc::xml_malformed,
                      std::string(late_declaration) + (is_line ? "remove line 1" : "remove the blanks before it"));
}

namespace {

/// `source`, of which `front` gets the first octets.
saml::OctetSource with_front(const saml::OctetSource& source, std::string& front) {
    return [&](std::span<char> buffer) {
        auto count = source(buffer);
        if (count && front.size() < front_octets)
            front.append(buffer.data(), std::min(*count, front_octets - front.size()));
        return count;
    };
}

Result<saml::StreamVerdict> read_by_rules(const saml::OctetSource& source, const MetadataRules& rules,
                                          StreamVisitor& visitor) {
    if (const auto* signers = std::get_if<SignedBy>(&rules.trust)) {
        // A federation whose key was forgotten in the configuration must not become one that needs none.
        if (signers->keys.empty()) return saml::fail(saml::Errc::no_verification_key, "no key is trusted to sign it");
        return saml::read_signed_stream(source, signers->keys, signers->algorithms, rules.limits, visitor);
    }
    auto verdict = saml::read_stream(source, rules.limits, visitor);
    if (!verdict) return verdict;
    const auto* pinned = std::get_if<PinnedHash>(&rules.trust);
    if (pinned != nullptr && pinned->sha256 != verdict->sha256) {
        return Failure{make_error_code(Errc::hash_mismatch), "the document's SHA-256 is " + verdict->sha256};
    }
    return verdict;
}

}  // namespace

Result<saml::StreamVerdict> read_trusted(const saml::OctetSource& source, const MetadataRules& rules,
                                         StreamVisitor& visitor) {
    std::string front;
    auto verdict = read_by_rules(with_front(source, front), rules, visitor);
    if (!verdict) return told_by_the_front(std::move(verdict).error(), front);
    return verdict;
}

}  // namespace slo::metadata
