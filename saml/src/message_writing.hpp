// Messages as canonical octets, still without their signature.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// A message cut where its ds:Signature belongs: behind Issuer. Together the parts are the exclusive canonical form.
struct UnsignedMessage {
    std::string up_to_issuer;
    std::string after_issuer;
};

/// The samlp response element that answers a request of that kind.
[[nodiscard]] std::string_view response_element(RefusedRequest request) noexcept;

/// Errors: Errc::uri_malformed, name_id_malformed, status_malformed for values that the schema doesn't allow; BaseID
/// can't be written (schema_violation).
[[nodiscard]] Result<UnsignedMessage> write_response(std::string_view element, const LogoutResponse& response);
[[nodiscard]] Result<UnsignedMessage> write_request(const LogoutRequest& request);

/// saml:NameID with its own declaration of the prefix. Errors: Errc::name_id_malformed, uri_malformed.
[[nodiscard]] Result<std::string> write_name_id(const NameID& name_id);

}  // namespace slo::saml
