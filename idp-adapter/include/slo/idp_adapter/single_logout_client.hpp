// Asks an IdP over SOAP to end its session, and says what its reply proves.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"
#include "slo/saml/time.hpp"

namespace slo::idp_adapter {

/// ReplyErrc says why an IdP's reply proves nothing, or is missing. Audit lines and callers show the names.
enum class ReplyErrc {
    no_endpoint = 1,        ///< reply.no_endpoint: its metadata has no SingleLogoutService with SOAP that we may use
    metadata_expired,       ///< reply.metadata_expired: validUntil has passed, so its keys prove nothing
    cannot_sign,            ///< reply.cannot_sign: no algorithm that it lists fits our key, or signing failed
    client_setup,           ///< reply.setup: a CA, certificate, key or credentials of ours can't be used
    unreachable,            ///< reply.unreachable: no connection, also through the proxy; it hasn't seen the request
    untrusted_server,       ///< reply.untrusted_server: TLS shows another server; it hasn't seen the request
    busy,                   ///< reply.busy: others wait for it, or it hasn't answered lately; it hasn't seen this one
    timed_out,              ///< reply.timed_out: sent, and no answer within the deadline
    stopped,                ///< reply.stopped: by the caller's request
    broke_off,              ///< reply.broke_off: sent, and the connection ended without a whole HTTP reply
    too_large,              ///< reply.too_large
    redirected,             ///< reply.redirected: 3xx, which is never followed
    http_status,            ///< reply.http_status: neither 200, nor 500 with a SOAP envelope; `detail` says which
    compressed,             ///< reply.compressed
    empty,                  ///< reply.empty
    html_instead_of_soap,   ///< reply.html
    content_type,           ///< reply.content_type: neither text/xml nor what the profile adds
    not_soap,               ///< reply.not_soap: no SOAP 1.1 envelope with one samlp element; `detail` names the rule
    fault,                  ///< reply.fault: a SOAP Fault
    not_a_logout_response,  ///< reply.type: another samlp element, or one that breaks the schema
    is_unsigned,            ///< reply.unsigned
    signature_invalid,      ///< reply.signature: `detail` names the rule
    wrong_issuer,           ///< reply.issuer
    wrong_in_response_to,   ///< reply.in_response_to: missing, or another request's
    wrong_destination,      ///< reply.destination: meant for another recipient
    stale,                  ///< reply.issue_instant: too old, or from the future
    status_malformed,       ///< reply.status: no top-level StatusCode that exists
    /// reply.status_contradicted: Success, and below it a code that takes it back or that isn't known; `detail` names
    /// it if the standard does.
    status_contradicted,
};
/// name returns the name above. Static storage.
[[nodiscard]] std::string_view name(ReplyErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(ReplyErrc code) noexcept;

/// LogoutVerdict is the result of asking an IdP once.
struct LogoutVerdict {
    enum class Kind {
        success,    ///< its signed answer: its session has ended, at all participants that it told, too
        partial,    ///< its signed answer: its session has ended, another participant's may not have (PartialLogout)
        refused,    ///< its signed answer: anything else
        silent,     ///< it took an asynchronous request, and owes no answer
        unproven,   ///< the reply proves nothing
        unsent,     ///< it surely hasn't seen the request
        lost,       ///< it may have seen the request, and no reply came
        impossible  ///< it can't be asked at all: no endpoint, expired metadata, no way to sign the request
    };
    Kind kind = Kind::impossible;
    /// The Status that the IdP signed, for this request. `nested` and `message` are the peer's text: for programs,
    /// never for a log.
    std::optional<saml::Status> status = {};
    Failure why = {};                                ///< ReplyErrc, if nothing is proven to have ended
    std::optional<saml::MessageID> request_id = {};  ///< of the request, if one was made
};

/// status_names returns the codes of `status` by their short standard names, from the top
/// ("Responder/UnknownPrincipal"): for a log, as a code that Core 3.2.2.2 doesn't define is "other", and no more than
/// four are named.
[[nodiscard]] std::string status_names(const saml::Status& status);

/// LogoutAsk is the content of a LogoutRequest of ours.
struct LogoutAsk {
    saml::EntityID issuer;  ///< our entityID
    saml::NameID name_id;   ///< exactly as the assertion had it
    std::vector<saml::SessionIndex> session_indexes;
    std::string reason;  ///< a URI (Core 3.7.3); empty: none is given
    Instant not_on_or_after;
};

/// IdpLink is the port to IdPs. Thread-safe.
class IdpLink {
public:
    virtual ~IdpLink() = default;
    /// ask makes a new LogoutRequest, sends it once, and judges the reply. Blocks, at most for the profile's deadline.
    /// Each request's ID is known to this call alone, so a response can count once and here only (Core 3.2.2 l.1545).
    [[nodiscard]] virtual LogoutVerdict ask(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer,
                                            Instant now, const std::stop_token& stop) noexcept = 0;
};

/// SingleLogoutClient is IdpLink over HTTP. It keeps connections for a while and uses them again, for the same IdP with
/// the same options only. A request is never sent twice: a kept connection is checked before it's used, and if it ends
/// without a reply, the request counts as lost.
///
/// A statement that only TLS, HTTP or a SOAP Fault makes proves nothing; a signed LogoutResponse does
/// (Profiles 4.4.4.2, Core 5.4). Files that a profile names (CA, our certificate) are read when a connection is made,
/// and their changes are noticed within ten minutes. The destructor waits for names that are still being looked up.
///
/// An IdP that doesn't answer delays few: of more callers than Options::max_asks_per_idp, each gets ReplyErrc::busy
/// at once, and after Options::failures_until_pause in a row without any answer, all of them but one for each pause.
class SingleLogoutClient final : public IdpLink {
public:
    struct Options {
        /// A response's Destination, if it has one, is one of them. It comes back over SOAP, at no URL of ours, so
        /// IdPs write any of our logout URLs that they know.
        std::vector<saml::EndpointUrl> destinations = {};
        std::chrono::seconds clock_skew{180};
        std::chrono::seconds keep_idle{20};     ///< for how long an idle connection is kept
        std::size_t max_idle_connections = 16;  ///< over all IdPs; the one with the most closes some first
        std::size_t max_asks_per_idp = 8;       ///< at one time
        std::size_t failures_until_pause = 3;
        std::chrono::seconds pause{10};
    };
    explicit SingleLogoutClient(Options options);
    ~SingleLogoutClient() override;

    [[nodiscard]] LogoutVerdict ask(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer,
                                    Instant now, const std::stop_token& stop) noexcept override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter

template <>
struct std::is_error_code_enum<slo::idp_adapter::ReplyErrc> : std::true_type {};
