#include "service_provider.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

#include "fixtures.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

template <class T>
T must(Result<T> result, std::string_view what) {
    if (!result) {
        throw std::logic_error(std::string(what) + ": " + result.error().code.message() + " " + result.error().detail);
    }
    return *std::move(result);
}

saml::KeyedDigest digest(std::string_view sixteen_bytes) {
    return must(saml::KeyedDigest::with_key(sixteen_bytes), "digest key");
}

sp::LogoutServiceParts parts(const ServiceProviderOptions& options, ServiceProvider& provider) {
    std::vector<saml::EndpointUrl> destinations;
    for (const auto& url : options.destinations) destinations.push_back(must(saml::EndpointUrl::parse(url), url));
    std::vector<saml::DecryptionKey> decryption_keys;
    for (const auto& key : options.decryption_keys) {
        decryption_keys.push_back(must(saml::DecryptionKey::parse(fixture(key)), key));
    }
    auto signing_key = must(saml::SigningKey::parse(fixture(options.private_key), fixture(options.certificate)), "key");
    std::vector<sp::Application*> applications;
    for (const auto& application : provider.applications) applications.push_back(application.get());
    return {.entity_id = entity_id(options.entity_id),
            .destinations = std::move(destinations),
            .idps = std::make_shared<const idp_adapter::IdpDirectory>(
                must(idp_adapter::IdpDirectory::of(options.idps), "directory")),
            .signer = saml::MessageSigner(std::move(signing_key)),
            .decryption_keys = std::move(decryption_keys),
            .audit_digest = digest("audit-digest-key"),
            .policy = options.policy,
            .store = provider.store,
            .applications = std::move(applications),
            .audit = provider.audit,
            .clock = provider.clock,
            .audit_sampling = options.audit_sampling};
}

}  // namespace

std::string idp_metadata(std::string_view entity_id, const std::vector<KeyText>& keys) {
    std::string xml = R"(<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID=")" +
                      std::string(entity_id) + R"("><IDPSSODescriptor)" +
                      R"( protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">)";
    for (const auto& key : keys) {
        xml += "<KeyDescriptor" + (key.use.empty() ? std::string() : " use=\"" + key.use + "\"") + ">" +
               R"(<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>)" +
               certificate_base64(key.certificate) + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>";
    }
    return xml + R"(<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")" +
           R"( Location="https://idp.example.org/sso"/></IDPSSODescriptor></EntityDescriptor>)";
}

idp_adapter::Idp idp_from(std::string_view metadata, idp_adapter::InteropProfile profile) {
    const auto descriptor = must(metadata::parse_entity_descriptor(metadata, at(baseline_now), 180s), "metadata");
    return must(idp_adapter::make_idp(descriptor, std::move(profile)), "IdP");
}

idp_adapter::Idp idp1(idp_adapter::InteropProfile profile) {
    return idp_from(idp_metadata(idp1_entity_id, {{"signing", "keys/idp1-first.crt.pem"},
                                                  {"signing", "keys/idp1-second.crt.pem"},
                                                  {"", "keys/idp1-third.crt.pem"},
                                                  {"encryption", "keys/idp1-encryption.crt.pem"}}),
                    std::move(profile));
}

idp_adapter::Idp idp2(idp_adapter::InteropProfile profile) {
    return idp_from(
        idp_metadata(idp2_entity_id, {{"signing", "keys/idp2.crt.pem"}, {"signing", "keys/idp2-p256.crt.pem"}}),
        std::move(profile));
}

std::string key_fingerprint(std::string_view certificate) {
    const auto read = must(saml::Certificate::parse(fixture(certificate)), "certificate");
    return must(saml::VerificationKey::from(read), "key").fingerprint();
}

saml::EntityID entity_id(std::string_view text) {
    return must(saml::EntityID::parse(text), text);
}

saml::NameID transient(std::string_view value) {
    return {.value = std::string(value),
            .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
            .name_qualifier = {},
            .sp_name_qualifier = {},
            .sp_provided_id = {}};
}

sp::LocalSessionID local_id(std::string_view text) {
    return must(sp::LocalSessionID::parse(text), text);
}

sp::Session session(std::string_view id, std::string_view idp, saml::NameID name_id,
                    const std::vector<std::string>& indexes) {
    std::vector<saml::SessionIndex> session_indexes;
    for (const auto& index : indexes) session_indexes.push_back(must(saml::SessionIndex::parse(index), index));
    return {.id = local_id(id),
            .idp = entity_id(idp),
            .sp = entity_id(our_entity_id),
            .name_id = std::move(name_id),
            .session_indexes = std::move(session_indexes),
            .authn_instant = at(baseline_now) - 1h,
            .expires = at(baseline_now) + 24h};
}

ServiceProvider::ServiceProvider(ServiceProviderOptions options)
    : clock(options.now),
      memory(clock, digest("store-digest-key"), options.store),
      store(memory),
      options_(std::move(options)) {
    for (std::size_t i = 0; i < options_.applications; ++i) {
        applications.push_back(std::make_unique<RecordingApplication>("application-" + std::to_string(i + 1)));
    }
    service_ = std::make_unique<sp::LogoutService>(parts(options_, *this), sp::Housekeeping::by_host);
    endpoint_ = std::make_unique<sp::HttpEndpoint>(*service_, options_.endpoint);
}

sp::HttpRequest ServiceProvider::request(std::string body) const {
    return {.method = "POST",
            .target = options_.endpoint.soap_path,
            .headers = {{"Host", "sp.example.com"},
                        {"Content-Type", "text/xml; charset=utf-8"},
                        {"SOAPAction", "\"http://www.oasis-open.org/committees/security\""}},
            .body = std::move(body)};
}

Reply ServiceProvider::read(const sp::HttpReply& reply) const {
    return read_reply(reply, fixture(options_.certificate), options_.entity_id);
}

Reply ServiceProvider::send(const sp::HttpRequest& request) {
    return read(sp::wait_for(endpoint_->handle(request)));
}

Reply ServiceProvider::post(std::string body) {
    return send(request(std::move(body)));
}

Reply ServiceProvider::post(std::string body, sp::HttpHeaders headers) {
    auto with_headers = request(std::move(body));
    with_headers.headers = std::move(headers);
    return send(with_headers);
}

Reply ServiceProvider::post_without_waiting(std::string body) {
    auto step = endpoint_->handle(request(std::move(body)));
    if (auto* reply = std::get_if<sp::HttpReply>(&step)) return read(*reply);
    auto& pending = std::get<sp::PendingReply>(step);
    pending.start([] {});
    return read(pending.finish());
}

sp::Admission ServiceProvider::admit(const sp::Session& session) {
    const auto admission = must(store.admit(session), "admit");
    watched_.push_back(session.id);
    return admission;
}

void ServiceProvider::admit_baseline() {
    admit(session("S1", idp1_entity_id, transient("N1"), {"i1"}));
    admit(session("S2", idp1_entity_id, transient("N1"), {"i2"}));
    admit(session("S3", idp1_entity_id, transient("N2"), {"i1"}));
    admit(session("S4", idp2_entity_id, transient("N1"), {"i1"}));
}

std::string ServiceProvider::alive() {
    std::string joined;
    for (const auto& id : watched_) {
        if (must(store.find(id), "find")) joined += (joined.empty() ? "" : " ") + id.str();
    }
    return joined;
}

}  // namespace slo::test
