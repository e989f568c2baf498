// Messages as canonical octets, still without their signature.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/authn_request.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// UnsignedMessage is cut at the place of its ds:Signature, behind Issuer. Together, the parts are the canonical form.
struct UnsignedMessage {
    std::string up_to_issuer;
    std::string after_issuer;
};

/// Prefixes are those of each namespace; each is declared where it's first used.
struct Prefixes {
    std::string_view samlp = "samlp";
    std::string_view saml = "saml";
    std::string_view ds = "ds";
    std::string_view aslo = "aslo";
    std::string_view xenc = "xenc";
    std::string_view xenc11 = "xenc11";
};
[[nodiscard]] Prefixes prefixes_of(NamespacePrefixes style) noexcept;
[[nodiscard]] Prefixes prefixes_of(const LogoutRequest& request, NamespacePrefixes style) noexcept;

/// response_element is the samlp response element that answers a request of that kind.
[[nodiscard]] std::string_view response_element(RefusedRequest request) noexcept;

/// Errors: Errc::uri_malformed, name_id_malformed, status_malformed for values that the schema doesn't allow; BaseID
/// can't be written (schema_violation).
[[nodiscard]] Result<UnsignedMessage> write_response(std::string_view element, const LogoutResponse& response,
                                                     const Prefixes& prefixes);
[[nodiscard]] Result<UnsignedMessage> write_request(const LogoutRequest& request, const Prefixes& prefixes);
[[nodiscard]] Result<UnsignedMessage> write_request(const AuthnRequest& request, const Prefixes& prefixes);

/// write_name_id writes saml:NameID with its own xmlns. Errors: Errc::name_id_malformed, uri_malformed.
[[nodiscard]] Result<std::string> write_name_id(const NameID& name_id, const Prefixes& prefixes = {});

}  // namespace slo::saml
