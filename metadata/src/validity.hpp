// validUntil and cacheDuration (SAML Metadata 2.3.1, 2.3.2, 2.4.1; errata E76 and E94).
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

struct Validity {
    std::optional<Instant> valid_until;
    std::optional<std::chrono::seconds> cache_duration;
};

/// read_validity reads the two attributes, each of them null where it's absent; `where` goes into the report.
/// Errors: Errc::schema_violation.
[[nodiscard]] Result<Validity> read_validity(const std::string* valid_until, const std::string* cache_duration,
                                             const std::string& where);
[[nodiscard]] Result<Validity> read_validity(const saml::xml::Element& element);

/// narrowed returns the validity inside: an inner value only shortens what the outer ones grant (erratum E76).
[[nodiscard]] Validity narrowed(const Validity& outer, const Validity& inner);

/// End is a validUntil and the element that it's of.
struct End {
    std::optional<Instant> valid_until;
    std::string where;
};
/// check_ends: errors: Errc::expired, naming the first of `ends` that has ended (erratum E94).
[[nodiscard]] Result<void> check_ends(std::span<const End> ends, Instant now, std::chrono::seconds clock_skew);

/// has_ended: erratum E94, expired metadata MUST NOT be used any longer.
[[nodiscard]] bool has_ended(const Validity& validity, Instant now, std::chrono::seconds clock_skew) noexcept;

}  // namespace slo::metadata
