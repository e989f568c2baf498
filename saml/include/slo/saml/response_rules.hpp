// The rules of a Response that differ from IdP to IdP.
#pragma once

namespace slo::saml {

/// SignatureOn says which signatures of an IdP suffice. There is no choice without one.
enum class SignatureOn {
    response,   ///< the Response's at least
    assertion,  ///< the Assertion's at least, also where it's encrypted
    either,     ///< one that verifies suffices, and none may fail
    both,
};

/// UrlMatching says how Destination and Recipient are compared with our own URL.
enum class UrlMatching {
    exact,                   ///< octet by octet
    scheme_host_normalised,  ///< letter case of scheme and host, and the scheme's default port, have no meaning
};

}  // namespace slo::saml
