// What a LogoutService takes with a message, and what it gives back: in no wire's words.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/idp_adapter/sender.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/result.hpp"

namespace slo::sp {

/// Gist is what a SAML status comes to, for senders that take less than a message.
enum class Gist {
    success,            ///< everything that the request names is gone
    bad_request,        ///< the request is at fault
    denied,             ///< this sender may not have it, or not again
    too_many_requests,  ///< its IdP asks too much at once
    failed,             ///< something at our side failed, or lives on
};

/// Refusal is why there is no SAML status to tell.
enum class Refusal {
    no_request,         ///< what came holds no SAML request
    envelope_version,   ///< it came in an envelope of another version
    envelope_header,    ///< its envelope has a header that must be understood, and isn't
    too_large,          ///< it has more octets than are read
    unknown_sender,     ///< its Issuer is no IdP, or one whose metadata has ended
    wire_not_accepted,  ///< no IdP sends like that, or this one doesn't
    out_of_measure,     ///< so many refusals aren't signed at once
    failed,             ///< something at our side failed before anything was proven, or the status can't be signed
};

/// A SAML response, for a sender that reads it.
struct SignedAnswer {
    saml::SignedMessage message;
    Gist gist;
};
/// For a sender that reads no message on its wire.
struct UnsignedAnswer {
    Gist gist;
    friend bool operator==(const UnsignedAnswer&, const UnsignedAnswer&) = default;
};
/// For a sender that wants no answer (aslo:Asynchronous): as little goes back as its wire allows.
struct Silence {
    Gist gist;
    friend bool operator==(const Silence&, const Silence&) = default;
};
using LogoutAnswer = std::variant<SignedAnswer, UnsignedAnswer, Silence, Refusal>;

/// LogoutWire is what a LogoutService asks of the way on which a message came. Thread-safe.
class LogoutWire {
public:
    virtual ~LogoutWire() = default;
    /// Whether an answer to `partner` is a message; null: nobody knows who the sender is.
    [[nodiscard]] virtual bool carries_message(const idp_adapter::Idp* partner) const noexcept = 0;
    /// What the audit calls such an answer, e.g. "Fault/Client". Static storage.
    [[nodiscard]] virtual std::string_view name(Refusal refusal) const noexcept = 0;
};

/// LogoutEvidence is what came with a message. It must outlive the call, and `wire` the PendingLogout too.
struct LogoutEvidence {
    const LogoutWire& wire;
    idp_adapter::ClientCredentials client = {};  ///< for IdPs that don't sign
    /// Those of our public URLs that lead to where it came: its Destination must be one of them (Core 3.2.1 l.1480).
    /// Nothing: any of LogoutServiceParts::destinations, which is right where all of them lead to the same place.
    std::optional<std::span<const saml::EndpointUrl>> destinations = {};
    /// Whether an IdP with this profile sends as this one did, beside that the profile has the message's binding. Asked
    /// once the IdP is known; its error is the broken rule. Empty: any does.
    std::function<Result<void>(const idp_adapter::InteropProfile& profile)> check_sender = {};
};

}  // namespace slo::sp
