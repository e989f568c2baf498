// An identity provider for demonstrations and examples. It belongs to no product: its keys are made on the spot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "test_response.hpp"

namespace slo::examples {

/// WantedLogout is the principal to be logged out, and the place.
struct WantedLogout {
    std::string destination;
    saml::NameID name_id;
    std::vector<saml::SessionIndex> session_indexes;  ///< none: all
};

/// A LogoutRequest, signed and in its SOAP envelope.
struct SentLogout {
    saml::MessageID id;
    Instant issue_instant;
    std::string body;
};

/// TestIdp has a name and a key, orders logouts, and checks an SP's answers. Its key rolls over like any IdP's:
/// publish_next_key(), sign_with_next_key(), drop_old_key(), with its partners' refreshes in between.
class TestIdp {
public:
    [[nodiscard]] static Result<TestIdp> make(const saml::EntityID& entity_id, Instant now);

    /// with_key makes one that has a key already.
    [[nodiscard]] static TestIdp with_key(saml::EntityID entity_id, saml::SigningKey key);

    [[nodiscard]] const saml::EntityID& entity_id() const noexcept { return entity_id_; }
    /// The same IdP, with the same keys, under another of its names.
    [[nodiscard]] TestIdp under_name(saml::EntityID name) const;
    /// Its EntityDescriptor, with every key that it has; with a SOAP SingleLogoutService where `slo_url` isn't empty.
    [[nodiscard]] std::string metadata(const std::string& slo_url = {}) const;
    [[nodiscard]] Result<SentLogout> order(const WantedLogout& wanted, Instant now) const;
    /// The URL with which a browser brings the same order by HTTP-Redirect, with this RelayState.
    [[nodiscard]] Result<std::string> redirect_order(const WantedLogout& wanted, const std::string& relay_state,
                                                     Instant now) const;
    /// A signed Response: the user's browser brings it.
    [[nodiscard]] Result<std::string> respond(const WantedSignOn& wanted, Instant now) const;
    /// A signed LogoutResponse to `request`, in its envelope.
    [[nodiscard]] Result<std::string> answer(const saml::MessageID& request, saml::Status status, Instant now) const;

    [[nodiscard]] Result<void> publish_next_key(Instant now);
    void sign_with_next_key();
    void drop_old_key();

private:
    TestIdp(saml::EntityID entity_id, saml::MessageSigner signer)
        : entity_id_(std::move(entity_id)), signer_(std::move(signer)) {}
    [[nodiscard]] Result<saml::LogoutRequest> request_for(const WantedLogout& wanted, Instant now) const;
    saml::EntityID entity_id_;
    saml::MessageSigner signer_;
    std::optional<saml::MessageSigner> other_;  ///< the next one, or the old one
};

/// TrustedSp is what an IdP knows of an SP: its name, the signing certificates in its metadata, and where it is asked.
struct TrustedSp {
    saml::EntityID entity_id;
    std::vector<saml::Certificate> certificates;
    std::optional<saml::EndpointUrl> slo_url = {};  ///< by SOAP
    std::optional<saml::EndpointUrl> acs_url = {};  ///< the first one by HTTP-POST

    /// Reads an SP's metadata; a signature on it is not looked at.
    [[nodiscard]] static Result<TrustedSp> from_metadata(std::string_view octets);
    /// The LogoutRequest in the SOAP envelope `body`, which must be signed by one of this SP's keys for `destination`.
    [[nodiscard]] Result<saml::LogoutRequest> read_request(std::string_view body, const saml::EndpointUrl& destination,
                                                           Instant now) const;
    /// The Status of the LogoutResponse in the SOAP envelope `body`, which must be signed by one of this SP's keys
    /// and answer `request`.
    [[nodiscard]] Result<saml::Status> read_answer(std::string_view body, const SentLogout& request, Instant now) const;

private:
    [[nodiscard]] Result<saml::VerificationKeys> keys() const;
    [[nodiscard]] saml::Expectations expectations(Instant now) const;
};

/// A NameID of Format persistent, without qualifiers.
[[nodiscard]] saml::NameID persistent_name(std::string value);

/// "Success", or "Requester/RequestDenied": the last parts of the codes.
[[nodiscard]] std::string short_text(const saml::Status& status);

}  // namespace slo::examples
