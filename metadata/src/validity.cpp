#include "validity.hpp"

#include <algorithm>

#include "reading.hpp"

namespace slo::metadata {
namespace {

template <class T>
std::optional<T> smaller(const std::optional<T>& a, const std::optional<T>& b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace

Result<Validity> read_validity(const std::string* valid_until, const std::string* cache_duration,
                               const std::string& where) {
    Validity validity;
    if (valid_until != nullptr) {
        const auto instant = saml::parse_instant(saml::xml::collapsed(*valid_until));
        if (!instant) {
            return broken(Errc::schema_violation, where, "validUntil is not a time in UTC that ends in Z");
        }
        validity.valid_until = *instant;
    }
    if (cache_duration != nullptr) {
        const auto duration = saml::parse_duration(saml::xml::collapsed(*cache_duration));
        if (!duration) {
            return broken(Errc::schema_violation, where, "cacheDuration is no duration from zero to 10,000 years");
        }
        validity.cache_duration = *duration;
    }
    return validity;
}

Result<Validity> read_validity(const saml::xml::Element& element) {
    const auto valid_until = element.attribute("validUntil");
    const auto cache_duration = element.attribute("cacheDuration");
    return read_validity(valid_until ? &*valid_until : nullptr, cache_duration ? &*cache_duration : nullptr,
                         at(element));
}

Validity narrowed(const Validity& outer, const Validity& inner) {
    return {smaller(outer.valid_until, inner.valid_until), smaller(outer.cache_duration, inner.cache_duration)};
}

Result<void> check_ends(std::span<const End> ends, Instant now, std::chrono::seconds clock_skew) {
    for (const End& end : ends) {
        if (!has_ended({end.valid_until, {}}, now, clock_skew)) continue;
        return broken(Errc::expired, end.where, "validUntil was " + saml::format_instant(*end.valid_until));
    }
    return Done{};
}

bool has_ended(const Validity& validity, Instant now, std::chrono::seconds clock_skew) noexcept {
    return validity.valid_until && *validity.valid_until < now - clock_skew;
}

}  // namespace slo::metadata
