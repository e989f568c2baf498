// Freshly signed messages for this folder's tests: keys made once, times fixed.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "slo/saml/keys.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"

namespace slo::saml::test {

inline std::string fixture(const std::string& path) {
    std::ifstream file(std::string(SLO_FIXTURES "/") + path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline Instant noon() {
    return parse_instant("2026-03-01T12:00:00Z").value();
}

struct TestKey {
    SigningKey signing;
    VerificationKey verification;
};
inline TestKey make_key(KeyKind kind) {
    const auto pem = generate_key(kind, "test", noon(), std::chrono::days(1)).value();
    auto signing = SigningKey::parse(pem.private_key_pem, pem.certificate_pem).value();
    auto verification = VerificationKey::from(signing.certificate()).value();
    return {std::move(signing), std::move(verification)};
}
inline const TestKey& rsa_key() {
    static const TestKey key = make_key(KeyKind::rsa_2048);
    return key;
}
inline const TestKey& ec_key() {
    static const TestKey key = make_key(KeyKind::ec_p256);
    return key;
}

inline EntityID idp() {
    return EntityID::parse("https://idp.example.com/metadata").value();
}
inline EndpointUrl slo_url() {
    return EndpointUrl::parse("https://sp.example.com/saml/slo/soap").value();
}

inline LogoutRequest logout_request() {
    NameID alice;
    alice.value = "alice";
    return LogoutRequest{.id = MessageID::parse("_m1").value(),
                         .version = {},
                         .issue_instant = noon(),
                         .destination = slo_url().str(),
                         .consent = std::nullopt,
                         .issuer = idp(),
                         .identifier = alice,
                         .session_indexes = {SessionIndex::parse("s1").value()},
                         .not_on_or_after = noon() + std::chrono::minutes(5),
                         .reason = std::nullopt};
}

inline LogoutResponse logout_response() {
    return LogoutResponse{.id = MessageID::parse("_a1").value(),
                          .version = {},
                          .issue_instant = noon(),
                          .destination = std::nullopt,
                          .consent = std::nullopt,
                          .in_response_to = MessageID::parse("_q1").value(),
                          .issuer = idp(),
                          .status = {}};
}

inline Expectations expectations() {
    return Expectations{.issuer = idp(), .destinations = {slo_url()}, .now = noon(), .algorithms = {}};
}

/// The signed request in its envelope.
inline std::string signed_envelope(const LogoutRequest& request, const TestKey& key) {
    return soap::encode(MessageSigner(key.signing).sign(request).value());
}

/// Octets all the way to a verified request.
inline Result<Verified<LogoutRequest>> verify(const std::string& octets, const std::vector<VerificationKey>& keys,
                                              const Expectations& expected) {
    auto message = soap::decode(octets);
    if (!message) return message.error();
    const auto request = UnverifiedLogoutRequest::parse(*message);
    if (!request) return request.error();
    return MessageVerifier::verify(*request, keys, expected);
}

}  // namespace slo::saml::test
