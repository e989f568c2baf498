// From a message to a request that is proven to be an IdP's, and from that to the order for the store.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/verified.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// Proven is a LogoutRequest that is proven to come from an IdP, and this IdP as it was known then. prove() makes it.
struct Proven {
    std::shared_ptr<const idp_adapter::Idp> idp;
    saml::Verified<saml::LogoutRequest> request;
};

/// Addressee is the recipient of an answer, and what the answer must repeat of the request.
struct Addressee {
    std::shared_ptr<const idp_adapter::Idp> partner = {};  ///< null if the sender isn't known
    std::optional<saml::MessageID> in_response_to = {};
    saml::Version version = {};                              ///< of the answer
    std::optional<saml::RefusedRequest> other_request = {};  ///< its answer has another element name
    std::string name = {};  ///< our name of the IdP that it is, or claims to be, for the log; "unknown" if none of ours
};

/// Unproven is the result for a message that proves nothing. Nothing of it may be logged but this
/// and prove()'s `sender`.
struct Unproven {
    Failure why;
    std::optional<saml::MessageID> authentic_id = {};  ///< its ID, if it is its IdP's, and its content is refused
};

/// prove verifies which partner sent `message`. It touches neither store nor application and uses none of
/// an IdP's allowance. `idps` may be null: no IdP is known. `sender` gets the addressee, as far as it's known by the
/// end, also if something is thrown.
/// Errors: those of UnverifiedLogoutRequest::parse, MessageVerifier::verify and LogoutEvidence::check_sender;
/// LogoutErrc::issuer_unknown, wire_not_accepted, metadata_expired, metadata_unusable.
[[nodiscard]] std::variant<Proven, Unproven> prove(const LogoutServiceParts& parts,
                                                   const idp_adapter::IdpDirectory* idps, saml::ReceivedMessage message,
                                                   const LogoutEvidence& evidence, Instant now, Addressee& sender);

/// check_in_force says whether the metadata of `idp` may be used at `now`. Errors: LogoutErrc::metadata_expired. Spec:
/// Metadata 2.3.2, erratum E94.
[[nodiscard]] Result<void> check_in_force(const idp_adapter::Idp& idp, const Policy& policy, Instant now);

/// authenticate_by_signature verifies the signature that `evidence` has, or else the enveloped one, with `keys` of
/// `idp`. Errors: those of saml::MessageVerifier::authenticate.
[[nodiscard]] Result<saml::AuthenticLogoutRequest> authenticate_by_signature(
    const idp_adapter::Idp& idp, const saml::UnverifiedLogoutRequest& unverified, const LogoutEvidence& evidence,
    std::span<const saml::VerificationKey> keys);

/// with_source returns a failure of a signature with the name of the metadata source whose keys were tried, where
/// `detail` tells of them and the source has a name. All others stay as they are.
[[nodiscard]] Failure with_source(Failure why, const idp_adapter::Idp& idp);

/// binding_name returns what operators call it: "SOAP", "a form's SAMLRequest". Static storage.
[[nodiscard]] std::string_view binding_name(saml::Binding binding) noexcept;

/// why_unknown says why no IdP of `idps` (which may be null) has `name`: LogoutErrc::metadata_expired or
/// metadata_unusable for a partner of the configuration whose metadata has expired or can't be used, otherwise
/// issuer_unknown. `detail` names the source and what is wrong there; for issuer_unknown, the sources that are out and
/// may be its own.
[[nodiscard]] Failure why_unknown(const idp_adapter::IdpDirectory* idps, const saml::EntityID& name);

/// why_absent is why_unknown for a request of ours: where a source that is out may have the IdP, or no directory has
/// come yet, it's metadata_unusable, so that the request waits for it.
[[nodiscard]] Failure why_absent(const idp_adapter::IdpDirectory* idps, const saml::EntityID& name);

/// weight_of says for how many of its IdP's requests one counts that names very many sessions. Where a SessionIndex
/// stands for the principal, each of them takes a logout of its own.
[[nodiscard]] std::size_t weight_of(const Proven& proven) noexcept;

/// name_id_of returns the NameID of a proven request, under its IdP's profile; an EncryptedID is decrypted.
/// Errors: LogoutErrc::session_index_missing; those of saml::open_name_id.
[[nodiscard]] Result<saml::NameID> name_id_of(const LogoutServiceParts& parts, const Proven& proven,
                                              const ServiceKeys& keys);

/// order_of returns the order that a proven request makes for that principal, under the present names of all.
/// Errors: those of order_from.
[[nodiscard]] Result<LogoutOrder> order_of(const LogoutServiceParts& parts, const Proven& proven, saml::NameID name_id,
                                           Instant now);

}  // namespace slo::sp
