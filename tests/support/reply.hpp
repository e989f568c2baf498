// Our endpoint's answer, read by other software than ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/sp/http.hpp"

namespace slo::test {

/// A SAML response as it was in the SOAP Body.
struct SamlReply {
    std::string element;  ///< e.g. "LogoutResponse", in the protocol's namespace
    std::string id;
    std::string version;
    std::string issue_instant;
    std::optional<std::string> in_response_to;
    std::optional<std::string> destination;
    std::string issuer;
    std::vector<std::string> status;  ///< top-level first; the standard's codes without their common prefix
    std::string status_message;
};

/// A SOAP 1.1 Fault.
struct FaultReply {
    std::string code;  ///< local name, if it is in the envelope's namespace
    std::string text;
    std::vector<std::string> children;  ///< the names of its children, in order
};

struct Reply {
    int http_status = 0;
    sp::HttpHeaders headers;
    std::string body;
    std::optional<SamlReply> saml;
    std::optional<FaultReply> fault;
    /// The rules for every answer that this one breaks: one SOAP 1.1 envelope with one Body child; its signature
    /// verified by xmlsec1 and covering it; its attributes and the order of its children; Cache-Control and its kin.
    std::vector<std::string> violations;

    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    /// "200 LogoutResponse Requester/RequestDenied", "500 Fault Client", "403": for messages and comparisons.
    [[nodiscard]] std::string summary() const;
};

/// read_reply takes an answer apart. `certificate_pem` is the one in our metadata. Throws nothing: anything unexpected
/// is a violation.
[[nodiscard]] Reply read_reply(const sp::HttpReply& reply, std::string_view certificate_pem,
                               std::string_view our_entity_id);

}  // namespace slo::test
