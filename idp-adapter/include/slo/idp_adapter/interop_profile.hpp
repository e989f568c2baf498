// The deviations of one IdP, as data. No code anywhere asks which product it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/saml/algorithms.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/response_rules.hpp"
#include "slo/saml/unverified.hpp"

namespace slo::idp_adapter {

/// Wire is the binding by which a LogoutRequest arrives.
using Wire = saml::Binding;

/// FormAnswer is the answer to a form's sender. Over SOAP it's always a signed LogoutResponse.
enum class FormAnswer {
    empty,            ///< HTTP 200 only if everything is gone; the sender reads nothing else
    logout_response,  ///< base64 of the signed LogoutResponse as text (WSO2)
};

/// SessionIndexRule says whether a LogoutRequest must name sessions.
enum class SessionIndexRule {
    optional,  ///< without one, all sessions of the principal end (Core 3.7.3.1 l.2594)
    required,
};

/// RepeatRule is the answer to the very same request when it comes again.
enum class RepeatRule {
    answer_again,  ///< the first answer
    refuse,        ///< RequestDenied; nothing ends either way
};

/// AsynchronousRule is for a request with aslo:Asynchronous. The extension is defined towards session authorities, so a
/// participant answers all the same (SAML async SLO 1.0, 2.2), unless the sender can't take an answer.
enum class AsynchronousRule { answer, stay_silent };

/// IndexesSent says which SessionIndexes of the sessions that ended here one LogoutRequest of ours names.
enum class IndexesSent {
    all,
    /// A request for each session at the IdP: for IdPs that find theirs by the first index, and end that one.
    of_one_session,
};

/// SuccessProves says what a signed Success of this IdP proves.
enum class SuccessProves {
    logout,
    nothing,  ///< it also answers Success for sessions that it doesn't find
};

/// AsynchronousRequests says when our LogoutRequest has aslo:Asynchronous.
enum class AsynchronousRequests {
    never,
    where_supported,  ///< if the endpoint's metadata has aslo:supportsAsynchronous
};

/// OutgoingRules are for our LogoutRequests to this IdP.
struct OutgoingRules {
    std::string content_type = "text/xml; charset=utf-8";
    IndexesSent session_indexes = IndexesSent::all;
    std::chrono::seconds validity{300};  ///< NotOnOrAfter of a LogoutRequest, from its IssueInstant
    AsynchronousRequests asynchronous = AsynchronousRequests::never;
    SuccessProves success = SuccessProves::logout;
    std::vector<std::string> extra_reply_types = {};  ///< besides text/xml, lower case, without parameters
    /// The connection: trust, our client certificate, HTTP Basic, proxy, deadline. Redirects are never followed.
    HttpClientOptions http = {.deadline = std::chrono::seconds(10), .max_body = 64 * 1024};
};

/// AcceptedAuthentication is what proves that a LogoutRequest without XML signature is this IdP's; any of it is enough
/// (Bindings 3.2.2.1). A signed request is judged by its signature alone: nothing makes up for a broken one.
struct AcceptedAuthentication {
    enum class TlsClientKey {
        refused,
        accepted,  ///< the TLS client has one of the keys that the IdP's metadata has for signing (erratum E62)
    };
    TlsClientKey tls_client_key = TlsClientKey::refused;
    /// HTTP Basic, which the server that terminates the TLS can read. Any client may try passwords, as fast as we
    /// answer: it should be a long random one. Empty: none is accepted.
    BasicCredentials basic = {};
};

/// Unsolicited says what becomes of a Response that answers no request of ours.
enum class Unsolicited {
    converted,  ///< it is thrown away unread, and the browser is sent to the IdP with a request
    refused,
    allowed,  ///< it opens a session: then others can sign a user on as another one (login CSRF)
};

/// RequestBinding says how an AuthnRequest travels, among what the IdP's metadata offers.
enum class RequestBinding {
    by_length,  ///< HTTP-Redirect up to max_redirect_query octets, else HTTP-POST where there is one
    redirect,
    post,
};

/// NameIDPolicyRule is the NameIDPolicy of an AuthnRequest (Core 3.4.1.1).
struct NameIDPolicyRule {
    enum class Policy {
        omit,
        any,          ///< one without Format
        this_format,  ///< one with `format`; an answer with another one is refused (erratum E15)
    };
    Policy policy = Policy::omit;
    std::string format = {};  ///< a URI, with this_format alone
    friend bool operator==(const NameIDPolicyRule&, const NameIDPolicyRule&) = default;
};

/// NameIDNeed says whether an assertion must have a NameID. Without one, only its SessionIndex can end the session.
enum class NameIDNeed { required, optional };

/// ForcedAuthn says whether an IdP asks the user again because of ForceAuthn.
enum class ForcedAuthn {
    trusted,
    untrusted,  ///< it is known to ignore it: a sign-on that needs a new login can't be had from it
};

/// SignOnProfile is the sign-on part of a profile. No value of it gives up a signature, Recipient, Audience or
/// InResponseTo: whatever lacks one of these is mended at the IdP.
struct SignOnProfile {
    saml::SignatureOn signature_on = saml::SignatureOn::either;
    Unsolicited unsolicited = Unsolicited::converted;
    RequestBinding request_binding = RequestBinding::by_length;
    NameIDPolicyRule name_id_policy = {};
    NameIDNeed name_id = NameIDNeed::required;
    std::vector<std::string> authn_contexts =
        {};  ///< URIs, requested exactly and checked on return; none: not requested
    ForcedAuthn force_authn = ForcedAuthn::trusted;
    saml::UrlMatching destination = saml::UrlMatching::exact;  ///< of Destination and Recipient
    /// How old an assertion may be by its IssueInstant, whatever its own conditions say. The clock skew is added.
    std::chrono::seconds max_window{300};
    /// AES-CBC of an EncryptedAssertion: where accepted, under a signature of the Response alone, which covers it.
    saml::AlgorithmPolicy::Cbc cbc = saml::AlgorithmPolicy::Cbc::accepted_once_authenticated;
};

/// max_redirect_query is the size of a query in octets up to which HTTP-Redirect is used by_length.
inline constexpr std::size_t max_redirect_query = 2048;

/// InteropProfile: the defaults are the strict and common case; every other value is chosen per IdP in configuration.
struct InteropProfile {
    AcceptedAuthentication accepted_authentication = {};
    saml::AlgorithmPolicy algorithms = {};
    saml::MessageForms forms = {};
    saml::DestinationRule destination = saml::DestinationRule::required;
    saml::NameIDMatching name_id_matching = saml::NameIDMatching::default_qualifiers;
    std::chrono::seconds max_age{300};  ///< how old a request without NotOnOrAfter may be
    std::vector<std::string> extra_content_types =
        {};  ///< besides text/xml, lower case, e.g. application/soap+xml (pysaml2)
    /// Those of a browser needn't be here, if metadata tells where a browser takes the answer (may_send_by).
    std::set<Wire> wires = {Wire::soap};
    std::vector<saml::EntityID> issuer_aliases = {};  ///< other names under which it issues, e.g. after it moved
    SessionIndexRule session_index = SessionIndexRule::optional;
    RepeatRule repeats = RepeatRule::answer_again;
    AsynchronousRule asynchronous = AsynchronousRule::answer;
    FormAnswer form_answer = FormAnswer::empty;
    saml::NamespacePrefixes prefixes = saml::NamespacePrefixes::usual;  ///< of what we sign for it
    OutgoingRules outgoing = {};
    SignOnProfile sign_on = {};
};

/// preset returns the profile called `name`: what is known of a product and its versions, each value with its source
/// beside it. std::nullopt for an unknown name.
[[nodiscard]] std::optional<InteropProfile> preset(std::string_view name);
/// preset_names returns their names, for people. Static storage.
[[nodiscard]] std::span<const std::string_view> preset_names() noexcept;

}  // namespace slo::idp_adapter
