// The proof in an IdP's HTTP reply to our LogoutRequest. Pure: no socket, no clock.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"

namespace slo::idp_adapter {

/// IdpReply is a whole HTTP reply. The bodies of other statuses than those of `read_statuses` are left out.
struct IdpReply {
    HttpHead head;
    std::string body;
};

/// read_statuses are the statuses whose bodies are read.
inline const std::vector<int> read_statuses{200, 202, 500};

/// Answer says whether the IdP owes an answer. To an asynchronous request it doesn't (SAML async SLO 1.0, 2.2).
enum class Answer { owed, not_owed };

/// AskedLogout is the request, and its IdP.
struct AskedLogout {
    const Idp& idp;
    saml::MessageID request_id;
    Answer answer = Answer::owed;
    std::vector<saml::EndpointUrl> destinations;  ///< the permitted Destinations of a response, if it has one
    Instant issue_instant;                        ///< the request's: no answer is older
    std::chrono::seconds tolerance;               ///< of IssueInstant both ways: clock skew, and the time for an answer
};

/// prove_reply judges, in this order: HTTP status, Content-Encoding, Content-Type, the SOAP envelope, its content,
/// the signature by the IdP's keys, and then, from the signed octets only, schema, Issuer, InResponseTo,
/// Destination, IssueInstant, Status. The first that is wrong decides. Never returns Kind::unsent, lost or impossible.
///
/// A missing Content-Type is taken for text/xml: the signature proves the answer, its label proves nothing. For the
/// same reason a charset isn't checked: the octets are UTF-8 or they are refused. HTTP 500 is that of a Fault (SOAP
/// 1.1 section 6.2); an answer that comes with it is judged as any other.
[[nodiscard]] LogoutVerdict prove_reply(const IdpReply& reply, const AskedLogout& asked);

}  // namespace slo::idp_adapter
