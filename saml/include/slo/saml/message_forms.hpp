// Forms that the standard rules out and that some sender writes all the same.
#pragma once

#include "slo/saml/identifiers.hpp"

namespace slo::saml {

/// MessageForms are exceptions for one sender: the defaults are what the standard wants. None of them changes what a
/// signature must cover, or whose it must be.
struct MessageForms {
    enum class Times {
        utc_with_z,
        /// Also `+00:00`, `-00:00` and no zone at all, which mean UTC (Core 1.3.3 l.311: "with no time zone
        /// component").
        utc_however_written,
    };
    enum class EmptyQualifiers {
        refused,  ///< Core 1.3.1 l.277
        absent,   ///< an empty NameQualifier or SPNameQualifier is read as none
    };
    enum class IssuerAttributes {
        refused,  ///< Profiles 4.4.4.1 l.1294
        ignored,  ///< Issuer may have a NameQualifier, as Italy's SPID demands, and any Format: neither is read
    };
    EntityIDForm entity_id = EntityIDForm::absolute_uri;  ///< of its Issuer; Core 8.3.6
    Times times = Times::utc_with_z;
    EmptyQualifiers empty_qualifiers = EmptyQualifiers::refused;
    IssuerAttributes issuer_attributes = IssuerAttributes::refused;
};

}  // namespace slo::saml
