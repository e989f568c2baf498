// The principal's identifier, and when two of them identify the same principal.
#pragma once

#include <optional>
#include <string>

#include "slo/saml/identifiers.hpp"

namespace slo::saml {

/// NameID as the schema has it (Core 2.2.2): the text and its four attributes, exactly as received.
/// The text is an is_xml_value of 1 to 1024 bytes; attributes likewise.
struct NameID {
    std::string value;
    std::optional<std::string> format;
    std::optional<std::string> name_qualifier;
    std::optional<std::string> sp_name_qualifier;
    std::optional<std::string> sp_provided_id;

    friend bool operator==(const NameID&, const NameID&) = default;
};

inline constexpr std::size_t max_name_id_bytes = 1024;

/// is_well_formed says whether a LogoutRequest can carry `name_id`: values of XML's characters, Format an absolute URI,
/// at most 256 characters if it is persistent or transient (Core 8.3.7 l.3325, 8.3.8 l.3361).
[[nodiscard]] bool is_well_formed(const NameID& name_id) noexcept;

/// NameIDMatching says how strictly two NameIDs must agree to be one principal.
enum class NameIDMatching {
    /// Text and all four attributes, as written (a missing Format still means `unspecified`, Core 2.2.2 and erratum
    /// E60).
    exact,
    /// The same, but a missing NameQualifier means the IdP and a missing SPNameQualifier means our own entity (Core
    /// 8.3.7 l.3326).
    default_qualifiers,
    /// The text alone, for IdPs that write other attributes at logout than at login.
    value_only,
    /// No part of it: the SessionIndex alone names the session, for IdPs whose indexes can't be guessed and whose
    /// NameIDs are made anew for each assertion (Core 8.3.8).
    session_index,
};

/// strongly_matches says whether `a` and `b` name one principal of `idp` at `sp` (Core 3.3.4 l.1949-1960). Under
/// `session_index` any two do.
[[nodiscard]] bool strongly_matches(const NameID& a, const NameID& b, NameIDMatching matching, const EntityID& idp,
                                    const EntityID& sp) noexcept;

/// matching_form returns equal texts for two NameIDs exactly if strongly_matches says that they are one principal: for
/// stores that compare digests. Not for people, and not for comparing across rules.
[[nodiscard]] std::string matching_form(const NameID& name_id, NameIDMatching matching, const EntityID& idp,
                                        const EntityID& sp);

}  // namespace slo::saml
