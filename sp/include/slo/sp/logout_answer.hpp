// The input of a LogoutService beside the message, and its answers, independent of any wire.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/idp_adapter/sender.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/query_signature.hpp"
#include "slo/saml/result.hpp"

namespace slo::sp {

/// Gist summarises a SAML status, for senders that take less than a message.
enum class Gist {
    success,            ///< everything that the request names is gone
    bad_request,        ///< the request is at fault
    denied,             ///< this sender may not have it, or not again
    too_many_requests,  ///< its IdP sends too many at once
    failed,             ///< a failure on our side, or a session that lives on
};

/// Refusal is the reason why there is no SAML status to send.
enum class Refusal {
    no_request,         ///< the input holds no SAML request
    envelope_version,   ///< it came in an envelope of another version
    envelope_header,    ///< its envelope has a header that must be understood, and isn't
    too_large,          ///< it has more octets than the limit
    unknown_sender,     ///< its Issuer is no known IdP, or one whose metadata has expired
    unproven,           ///< it isn't proven to be its sender's, and a browser would bring the answer there
    wire_not_accepted,  ///< no IdP sends like that, or this one doesn't
    out_of_measure,     ///< too many refusals to sign at once
    failed,             ///< a failure on our side before anything was proven, or the status can't be signed
};

/// SignedAnswer is a SAML response, for a sender that reads it.
struct SignedAnswer {
    Gist gist;
    std::string carried;  ///< LogoutWire::carried
};
/// UnsignedAnswer is for a sender that reads no message on its wire.
struct UnsignedAnswer {
    Gist gist;
    friend bool operator==(const UnsignedAnswer&, const UnsignedAnswer&) = default;
};
/// Silence is for a sender that wants no answer (aslo:Asynchronous): as little is returned as its wire allows.
struct Silence {
    Gist gist;
    friend bool operator==(const Silence&, const Silence&) = default;
};
using LogoutAnswer = std::variant<SignedAnswer, UnsignedAnswer, Silence, Refusal>;

/// BrowserLeg is what a LogoutService must know of a wire with a browser. There, a message that isn't proven is refused
/// with a page and never sent back, and each proven one gets its answer, wanted or not.
class BrowserLeg {
public:
    virtual ~BrowserLeg() = default;
    /// destination returns where the browser takes the answer to `partner`.
    [[nodiscard]] virtual std::optional<saml::EndpointUrl> destination(const idp_adapter::Idp& partner) const = 0;
    /// number returns what the user is shown if the message is refused, for the audit line.
    [[nodiscard]] virtual std::string_view number() const noexcept = 0;
};

/// LogoutWire is what a LogoutService must know of the wire on which a message came. Thread-safe.
class LogoutWire {
public:
    virtual ~LogoutWire() = default;
    /// carries_message says whether an answer to `partner` is a message; null: the sender is unknown.
    [[nodiscard]] virtual bool carries_message(const idp_adapter::Idp* partner) const noexcept = 0;
    /// name returns the audit's name of such an answer, e.g. "Fault/Client". Static storage.
    [[nodiscard]] virtual std::string_view name(Refusal refusal) const noexcept = 0;
    /// carried signs `response` and returns the octets that carry it; `of` is the kind of a request that isn't a
    /// LogoutRequest. They are made before the audit line, so that no line reports an answer that couldn't be written;
    /// an exception from here is answered as a failure of ours. Errors: those of MessageSigner::sign.
    [[nodiscard]] virtual Result<std::string> carried(const saml::LogoutResponse& response,
                                                      const saml::MessageSigner& signer,
                                                      std::optional<saml::RefusedRequest> of) const = 0;
    /// browser_leg returns what is different where a browser brings the message and takes the answer back; null on the
    /// wires of servers. Lives as long as the wire.
    [[nodiscard]] virtual const BrowserLeg* browser_leg() const noexcept { return nullptr; }
};

/// LogoutEvidence is the data beside a message. It must outlive the call, and `wire` the PendingLogout too.
struct LogoutEvidence {
    const LogoutWire& wire;
    idp_adapter::ClientCredentials client = {};  ///< for IdPs that don't sign
    /// Those of our public URLs that lead to its place of arrival: its Destination must be one of them (Core 3.2.1
    /// l.1480). std::nullopt: any of LogoutServiceParts::destinations, right if all of them lead to the same place.
    std::optional<std::span<const saml::EndpointUrl>> destinations = {};
    /// query is the signature of a message that came in a query (Binding::redirect); null for all others.
    const saml::redirect::QuerySignature* query = nullptr;
    /// check_sender says whether an IdP with this profile sends like this one, beside the check that the profile has
    /// the message's binding. Called once the IdP is known; its error is the broken rule. Empty: any IdP does.
    std::function<Result<void>(const idp_adapter::InteropProfile& profile)> check_sender = {};
};

}  // namespace slo::sp
