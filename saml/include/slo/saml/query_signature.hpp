// The signature of a message in a URL's query (SAML Bindings 3.4.4.1), which redirect.hpp reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace slo::saml {

namespace detail {
struct QueryAccess;
}

namespace redirect {

/// QuerySignature is a query's signature as received, with the octets that it is to cover and the message in them. It
/// proves nothing before MessageVerifier has verified it, which then reads the message from here. redirect::decode()
/// alone makes one; a query without a signature has one without a value.
class QuerySignature {
public:
    /// signed_octets returns what the standard says is signed: the raw parameters, in its order and as they came.
    [[nodiscard]] std::string signed_octets() const;
    /// algorithm returns SigAlg, its percent-encoding undone; empty if there is none.
    [[nodiscard]] const std::string& algorithm() const noexcept { return algorithm_; }

private:
    friend struct slo::saml::detail::QueryAccess;
    QuerySignature() = default;

    std::string message_;      ///< "SAMLRequest=...", as it came
    std::string relay_state_;  ///< "RelayState=...", or empty
    std::string sig_alg_;      ///< "SigAlg=...", or empty
    std::string algorithm_;
    std::string value_;   ///< base64 text; empty if there is none
    std::string octets_;  ///< the message in `message_`
};

}  // namespace redirect
}  // namespace slo::saml
