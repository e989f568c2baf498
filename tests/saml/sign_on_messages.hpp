// Captured Responses with what their side files say of them, on their way from the form to the principal.
#pragma once

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "queries.hpp"
#include "signed_messages.hpp"
#include "slo/saml/assertion_judge.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/response_verifier.hpp"

namespace slo::saml::test {

inline std::string form_of(const std::string& response, const std::string& relay_state = {}) {
    return "SAMLResponse=" + in_base64(response) + (relay_state.empty() ? "" : "&RelayState=" + relay_state);
}

/// All that a Response is verified and judged with.
struct SignOnExpectations {
    std::vector<VerificationKey> keys;
    std::vector<DecryptionKey> decryption_keys;
    ResponseExpectations response;
    AssertionExpectations assertion;
};

inline Result<VerifiedResponse> verified(const std::string& xml, const SignOnExpectations& expected) {
    auto posted = form::decode_response(form_of(xml), response_limits);
    if (!posted) return posted.error();
    const auto unverified = UnverifiedResponse::parse(posted->message);
    if (!unverified) return unverified.error();
    return ResponseVerifier::verify(*unverified, expected.keys, expected.response);
}

inline Result<SignedOnPrincipal> judged(const std::string& xml, const SignOnExpectations& expected) {
    const auto response = verified(xml, expected);
    if (!response) return response.error();
    if (!response->assertion) return fail(AssertionErrc::response_status, "proven");
    return judge(*response->assertion, expected.assertion);
}

/// A message of tests/fixtures/sign-on.
class CapturedResponse {
public:
    /// `file` without its ending: "keycloak/solicited-transient".
    explicit CapturedResponse(const std::string& file)
        : folder_("sign-on/" + file.substr(0, file.find('/') + 1)), xml_(fixture("sign-on/" + file + ".response.xml")) {
        boost::property_tree::read_json(std::string(SLO_FIXTURES "/sign-on/") + file + ".json", about_);
    }

    [[nodiscard]] const std::string& xml() const noexcept { return xml_; }

    /// The ID of the request that the browser was sent with: the side file's note names it where the Response lies.
    [[nodiscard]] std::optional<MessageID> request_id() const {
        const std::string note = about_.get<std::string>("note", "");
        for (const std::string before : {"request with ID ", "request ID "}) {
            const auto at = note.find(before);
            if (at == std::string::npos) continue;
            const auto from = at + before.size();
            return MessageID::parse(note.substr(from, note.find_first_of(" ;", from) - from)).value();
        }
        const auto claimed = about_.get_optional<std::string>("attributes.InResponseTo");
        return claimed ? std::optional(MessageID::parse(*claimed).value()) : std::nullopt;
    }

    /// As tolerant as a profile can be: SHA-1 and AES-CBC, unsolicited where no request went before.
    [[nodiscard]] SignOnExpectations expectations(const std::optional<MessageID>& request_id) const {
        const AlgorithmPolicy algorithms{.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted,
                                         .cbc = AlgorithmPolicy::Cbc::accepted_once_authenticated};
        const auto us = EntityID::parse(about_.get<std::string>("recipient.entity_id")).value();
        const auto acs = EndpointUrl::parse(about_.get<std::string>("recipient.endpoint")).value();
        SignOnExpectations expected{
            .keys = {VerificationKey::from(
                         Certificate::parse(fixture(folder_ + about_.get<std::string>("issuer_certificate"))).value())
                         .value()},
            .decryption_keys = our_keys(),
            .response = {.issuer = EntityID::parse(about_.get<std::string>("issuer")).value(),
                         .our_entity_id = us,
                         .assertion_consumer_service = acs,
                         .request_id = request_id,
                         .algorithms = algorithms},
            .assertion = {.our_entity_id = us,
                          .assertion_consumer_service = acs,
                          .request_id = request_id,
                          .now = parse_instant(about_.get<std::string>("judge_at")).value(),
                          .authenticated_since = std::nullopt,
                          .authn_contexts = {},
                          .name_id_format = std::nullopt,
                          .algorithms = algorithms}};
        return expected;
    }

    [[nodiscard]] Result<SignedOnPrincipal> judged() const {
        auto expected = expectations(request_id());
        expected.response.decryption_keys = expected.decryption_keys;
        expected.assertion.decryption_keys = expected.decryption_keys;
        return test::judged(xml_, expected);
    }

private:
    static std::vector<DecryptionKey> our_keys() {
        std::vector<DecryptionKey> keys;
        keys.push_back(DecryptionKey::parse(fixture("sp/sp.key.pem")).value());
        return keys;
    }

    std::string folder_;
    std::string xml_;
    boost::property_tree::ptree about_;
};

}  // namespace slo::saml::test
