// LogoutResponses written by hand, part by part, and the IdP whose they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "idp_document.hpp"
#include "logout_request_text.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "xmlsec1.hpp"

namespace slo::test {

inline const std::string status_prefix = "urn:oasis:names:tc:SAML:2.0:status:";

/// A samlp:Status with each code inside the one before. The standard's codes may be given without their prefix.
inline std::string status_of(const std::vector<std::string>& codes) {
    std::string inner;
    for (auto code = codes.rbegin(); code != codes.rend(); ++code) {
        const bool is_uri = code->find(':') != std::string::npos;
        inner = R"(<samlp:StatusCode Value=")" + (is_uri ? *code : status_prefix + *code) + "\">" + inner +
                "</samlp:StatusCode>";
    }
    return "<samlp:Status>" + inner + "</samlp:Status>";
}

/// The answer of IdP1 to our request _q1: Success, now. All members are markup as it will be in the message.
struct LogoutResponseText {
    std::string element = "samlp:LogoutResponse";
    std::string id = "_a1";
    std::string version = "2.0";
    std::string issue_instant{baseline_now};
    std::optional<std::string> in_response_to = "_q1";
    std::optional<std::string> destination{};
    std::string issuer = issuer_of(idp1_entity_id);
    std::string status = status_of({"Success"});
    SignatureText signature{};

    [[nodiscard]] std::string with(const std::string& signature_element) const {
        std::string text = "<" + element +
                           R"( xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol")"
                           R"( xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID=")" +
                           id + R"(" Version=")" + version + R"(" IssueInstant=")" + issue_instant + "\"";
        if (in_response_to) text += R"( InResponseTo=")" + *in_response_to + "\"";
        if (destination) text += R"( Destination=")" + *destination + "\"";
        return text + ">" + issuer + signature_element + status + "</" + element + ">";
    }
    [[nodiscard]] std::string unsigned_soap() const { return envelope(with("")); }
    [[nodiscard]] std::string signed_soap(std::string_view key = "keys/idp1-first.key.pem") const {
        return envelope(sign_xml(with(signature.xml(id)), key));
    }
};

/// IdP1 with its first key, and a SOAP endpoint at `url`.
inline idp_adapter::Idp idp1_at(const std::string& url) {
    return {.entity_id = saml::EntityID::parse(idp1_entity_id).value(),
            .keys = {key_of("keys/idp1-first.crt.pem")},
            .single_logout_services = {{.binding = std::string(metadata::soap_binding),
                                        .location = saml::EndpointUrl::parse(url).value(),
                                        .response_location = std::nullopt,
                                        .supports_asynchronous = false}},
            .valid_until = std::nullopt,
            .profile = {},
            .algorithms = {}};
}

}  // namespace slo::test
