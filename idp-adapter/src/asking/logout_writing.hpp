// Our LogoutRequest to an IdP, as its SOAP endpoint gets it. Pure: no socket, no clock.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reply_proof.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"

namespace slo::idp_adapter {

/// LogoutLetter is a signed LogoutRequest in its envelope.
struct LogoutLetter {
    saml::EndpointUrl to;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    Answer answer = Answer::owed;
};

/// write_letter makes it, with `id` and `now` as its ID and IssueInstant. Errors: ReplyErrc::metadata_expired,
/// no_endpoint, cannot_sign. Spec: Core 3.7.1; Profiles 4.4.4.1; Bindings 3.2.3 (l.361-363); async SLO 1.0, 2.3.
[[nodiscard]] Result<LogoutLetter> write_letter(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer,
                                                Instant now, const saml::MessageID& id);

}  // namespace slo::idp_adapter
