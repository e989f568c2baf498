// The fixtures' messages and how to judge them below the service provider.
#pragma once

#include <boost/property_tree/ptree.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/sp/http.hpp"

namespace slo::test {

/// An HTTP message as it went over the wire, without chunking.
struct CapturedHttp {
    std::string first_line;
    sp::HttpHeaders headers;
    std::string body;

    /// The request as a server hands it to a handler.
    [[nodiscard]] sp::HttpRequest request() const;
};
[[nodiscard]] CapturedHttp captured_http(std::string_view file);

/// The key of a PEM certificate below tests/fixtures, and the first one in a metadata file there, whatever its role.
[[nodiscard]] saml::VerificationKey key_of_certificate(std::string_view file);
[[nodiscard]] saml::VerificationKey first_key_of_metadata(std::string_view file);

/// What we expect of a message from `issuer` to `destination` at `now`. An empty `destination` expects none.
[[nodiscard]] saml::Expectations expectations(std::string_view issuer, std::string_view destination, Instant now,
                                              saml::AlgorithmPolicy algorithms);

/// A verdict on a message: the broken rule's name, or the message.
template <class Message>
struct Verdict {
    std::string rule;  ///< empty: valid
    std::optional<Message> message;
};

[[nodiscard]] Verdict<saml::LogoutRequest> judge_request(std::string_view soap, const saml::VerificationKey& key,
                                                         const saml::Expectations& expected);
[[nodiscard]] Verdict<saml::LogoutResponse> judge_response(std::string_view soap, const saml::VerificationKey& key,
                                                           std::string_view request_id,
                                                           const saml::Expectations& expected);

/// The top-level and nested codes of a status as URIs.
[[nodiscard]] std::vector<std::string> status_uris(const saml::Status& status);

}  // namespace slo::test
