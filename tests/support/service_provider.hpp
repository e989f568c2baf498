// A whole service provider without a socket: octets in, parsed answers out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logout_request_text.hpp"
#include "ports.hpp"
#include "reply.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::test {

/// One KeyDescriptor of a test IdP's metadata. `use` empty: no attribute use.
struct KeyText {
    std::string use;
    std::string certificate;  ///< below tests/fixtures
};

/// The metadata of an IdP with these keys.
[[nodiscard]] std::string idp_metadata(std::string_view entity_id, const std::vector<KeyText>& keys);
/// The IdP that `metadata` describes. Throws std::logic_error with the failed rule.
[[nodiscard]] idp_adapter::Idp idp_from(std::string_view metadata, idp_adapter::InteropProfile profile = {});
/// IdP1 has three signing keys and one for encryption; IdP2 has an RSA and a P-256 key.
[[nodiscard]] idp_adapter::Idp idp1(idp_adapter::InteropProfile profile = {});
[[nodiscard]] idp_adapter::Idp idp2(idp_adapter::InteropProfile profile = {});

/// SHA-256 of the SubjectPublicKeyInfo of a certificate below tests/fixtures, as HttpRequest::tls_key has it.
[[nodiscard]] std::string key_fingerprint(std::string_view certificate);

/// Values that tests know to be well-formed; each throws std::logic_error where they aren't.
[[nodiscard]] saml::EntityID entity_id(std::string_view text);
[[nodiscard]] saml::NameID transient(std::string_view value);
[[nodiscard]] sp::LocalSessionID local_id(std::string_view text);

/// A session at IdP `idp` that was made an hour before baseline_now and lasts for a day after it.
[[nodiscard]] sp::Session session(std::string_view id, std::string_view idp, saml::NameID name_id,
                                  const std::vector<std::string>& indexes);

struct ServiceProviderOptions {
    std::string entity_id{our_entity_id};
    std::vector<std::string> destinations{std::string(our_soap_url)};
    std::string private_key = "sp/sp.key.pem";  ///< below tests/fixtures, like all the keys here
    std::string certificate = "sp/sp.crt.pem";
    std::vector<std::string> decryption_keys{"sp/sp.key.pem", "keys/sp-old.key.pem"};
    std::vector<idp_adapter::Idp> idps{idp1(), idp2()};
    sp::Policy policy{};
    sp::MemorySessionStoreOptions store{};
    sp::HttpEndpointOptions endpoint{};
    std::size_t applications = 1;
    /// Every line: the line shows why an attack is refused.
    sp::AuditSampling audit_sampling{.lines_per_rule = 1'000'000'000, .lines_in_all = 1'000'000'000};
    Instant now = at(baseline_now);
};

/// ServiceProvider wires the real parts together as a host would.
class ServiceProvider {
public:
    explicit ServiceProvider(ServiceProviderOptions options = {});
    ServiceProvider(const ServiceProvider&) = delete;
    ServiceProvider& operator=(const ServiceProvider&) = delete;

    /// Posts to the SOAP path with the usual headers and waits for the answer.
    [[nodiscard]] Reply post(std::string body);
    [[nodiscard]] Reply post(std::string body, sp::HttpHeaders headers);
    [[nodiscard]] Reply send(const sp::HttpRequest& request);
    /// Posts, tells the applications, and asks for the answer at once, as if their deadline had passed.
    [[nodiscard]] Reply post_without_waiting(std::string body);

    /// Admits a session and watches it. Throws std::logic_error on a Failure.
    sp::Admission admit(const sp::Session& session);
    /// S1 = (IdP1, N1, i1), S2 = (IdP1, N1, i2), S3 = (IdP1, N2, i1), S4 = (IdP2, N1, i1).
    void admit_baseline();
    /// The watched sessions that the store says are alive, joined by blanks.
    [[nodiscard]] std::string alive();
    /// The sessions that the first application was told to end, joined by blanks.
    [[nodiscard]] std::string told() const { return applications.front()->told(); }

    FixedClock clock;
    Recorder audit;
    sp::MemorySessionStore memory;
    FailingStore store;
    std::vector<std::unique_ptr<RecordingApplication>> applications;

    [[nodiscard]] sp::LogoutService& service() { return *service_; }

private:
    [[nodiscard]] sp::HttpRequest request(std::string body) const;
    [[nodiscard]] Reply read(const sp::HttpReply& reply) const;

    ServiceProviderOptions options_;
    std::vector<sp::LocalSessionID> watched_;
    std::unique_ptr<sp::LogoutService> service_;
    std::unique_ptr<sp::HttpEndpoint> endpoint_;
};

}  // namespace slo::test
