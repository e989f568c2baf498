// The HTTP-Redirect binding (SAML Bindings 3.4): a message in a URL's query, with a signature over the query's octets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slo/saml/authn_request.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/query_signature.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml::redirect {

inline constexpr std::size_t max_query_octets = 16 * 1024;          ///< of a query that is read
inline constexpr std::size_t max_relay_state_octets = 80;           ///< of a RelayState of ours (Bindings 3.4.3)
inline constexpr std::size_t max_echoed_relay_state_octets = 1024;  ///< of one that a partner gets back

/// RelayState is a value that goes with a message and comes back with its answer. Of a partner's, nothing is known:
/// it's returned to that partner, or compared with one of ours.
class RelayState {
public:
    /// from takes a value of ours. Errors: Errc::relay_state_too_long beyond max_relay_state_octets.
    [[nodiscard]] static Result<RelayState> from(std::string_view octets);

    /// echo takes a partner's value that came in a form. Errors: Errc::relay_state_too_long beyond
    /// max_echoed_relay_state_octets.
    [[nodiscard]] static Result<RelayState> echo(std::string_view octets);

    /// raw returns it as it stands in a query: a received one in its own spelling, apart from octets that no URL may
    /// have.
    [[nodiscard]] const std::string& raw() const noexcept { return raw_; }
    /// octets returns it with its percent-encoding undone.
    [[nodiscard]] std::string octets() const;

private:
    friend class QueryReader;
    explicit RelayState(std::string raw) : raw_(std::move(raw)) {}
    std::string raw_;
};

enum class Kind { request, response };  ///< SAMLRequest or SAMLResponse

/// RedirectMessage is what a query holds. Nothing in it is proven: see MessageVerifier.
struct RedirectMessage {
    Kind kind;
    ReceivedMessage message;
    std::optional<RelayState> relay_state;
    QuerySignature signature;
};

/// decode reads `raw_query`: the octets behind the '?' as the client sent them, which no proxy or framework has decoded
/// or written anew. A SAMLRequest is a samlp request, a SAMLResponse a LogoutResponse (a Response never comes this way,
/// Profiles 4.1.2). Parameters of other names are ignored; their order is of no importance. Whether there is a
/// signature is asked by the verifier. Errors: Errc::message_too_large beyond max_query_octets, or beyond
/// `limits.octets` when inflated; query_malformed (a parameter twice; none or both of SAMLRequest and SAMLResponse; a
/// name in an encoded spelling; no '=', a broken percent-encoding or a control in one of them); query_encoding;
/// base64_malformed; query_deflate; those of xml::Document::parse; not_a_saml_request; query_response.
[[nodiscard]] Result<RedirectMessage> decode(std::string_view raw_query, const xml::Limits& limits = {});

/// SignedRedirect is a URL with a signed message of ours in its query. Only encode() makes one.
class [[nodiscard]] SignedRedirect {
public:
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
    friend class QueryWriter;
    explicit SignedRedirect(std::string url) : url_(std::move(url)) {}
    std::string url_;
};

/// encode writes `message`, without a signature of its own, into the query of its Destination, and signs the query with
/// rsa-sha256 or the key's own algorithm; an ECDSA signature is r||s. A query that the Destination has is kept. An
/// empty `relay_state` isn't sent: receivers don't agree on whether it is signed. Errors: those of MessageSigner::sign;
/// Errc::destination_missing; uri_malformed if Destination is no EndpointUrl; relay_state_too_long beyond
/// max_echoed_relay_state_octets. Spec: Bindings 3.4.4.1, 3.4.5.2.
[[nodiscard]] Result<SignedRedirect> encode(const AuthnRequest& message, const std::optional<RelayState>& relay_state,
                                            const SigningKey& key);
[[nodiscard]] Result<SignedRedirect> encode(const LogoutRequest& message, const std::optional<RelayState>& relay_state,
                                            const SigningKey& key);
[[nodiscard]] Result<SignedRedirect> encode(const LogoutResponse& message, const std::optional<RelayState>& relay_state,
                                            const SigningKey& key);

}  // namespace slo::saml::redirect
