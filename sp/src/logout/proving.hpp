// From what HTTP brought to a request that is proven to be an IdP's, and from that to the order for the store.
#pragma once

#include <cstddef>
#include <memory>

#include "logout_answer.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/verified.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// ProvenRequest is a LogoutRequest that is proven to be an IdP's, and this IdP as it was known then. prove() makes it.
struct ProvenRequest {
    std::shared_ptr<const idp_adapter::Idp> idp;
    saml::Verified<saml::LogoutRequest> request;
};

/// prove tells whose `posted` is, or why it proves nothing. It touches neither store nor application and spends no
/// IdP's allowance; `trace` learns what the answer and the audit must say. `idps` may be null: no IdP is known.
/// Errors: those of soap::decode, form::decode, UnverifiedLogoutRequest::parse and MessageVerifier::verify;
/// Errc::content_type_not_accepted, issuer_unknown, wire_not_accepted, metadata_expired.
[[nodiscard]] Result<ProvenRequest> prove(const LogoutServiceParts& parts, const idp_adapter::IdpDirectory* idps,
                                          const PostedRequest& posted, RequestTrace& trace);

/// weight_of says for how many of its IdP's requests one counts that names very many sessions. Where a SessionIndex
/// stands for the principal, each of them takes a logout of its own.
[[nodiscard]] std::size_t weight_of(const ProvenRequest& proven) noexcept;

/// order_of says what a proven request orders, under its IdP's profile and the present names of all; an EncryptedID is
/// opened. Errors: Errc::session_index_missing; those of saml::open_name_id and order_from.
[[nodiscard]] Result<LogoutOrder> order_of(const LogoutServiceParts& parts, const ProvenRequest& proven,
                                           RequestTrace& trace);

}  // namespace slo::sp
