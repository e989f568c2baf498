// What one IdP does differently, as data. No code anywhere asks which product it is.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/name_id.hpp"

namespace slo::idp_adapter {

/// InteropProfile: the defaults are the strict and common case; every other value is chosen per IdP in configuration.
struct InteropProfile {
    saml::AlgorithmPolicy algorithms;
    saml::DestinationRule destination = saml::DestinationRule::required;
    saml::NameIDMatching name_id_matching = saml::NameIDMatching::default_qualifiers;
    std::chrono::seconds max_age{300};  ///< how old a request without NotOnOrAfter may be
    std::vector<std::string>
        extra_content_types;  ///< besides text/xml, lower case, e.g. application/soap+xml (pysaml2)
};

}  // namespace slo::idp_adapter
