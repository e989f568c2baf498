// A login, and the logout that its IdP orders, with public headers alone: what each consumer's program runs.
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "slo/saml/message_verifier.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/version.hpp"

namespace consumer {

using namespace slo;

/// FixedClock is a time at which everything here happens.
class FixedClock final : public sp::Clock {
public:
    [[nodiscard]] Instant now() const noexcept override { return std::chrono::sys_days{std::chrono::days(20'000)}; }
};

/// NoAudit writes nothing down.
class NoAudit final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry&) noexcept override {}
};

inline saml::SigningKey make_key(std::string_view name, Instant now) {
    const auto made = saml::generate_key(saml::KeyKind::ec_p256, name, now, std::chrono::days(1)).value();
    return saml::SigningKey::parse(made.private_key_pem, made.certificate_pem).value();
}

inline saml::NameID alice() {
    return {.value = "alice",
            .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            .name_qualifier = {},
            .sp_name_qualifier = {},
            .sp_provided_id = {}};
}

/// Site is an IdP, a service, and the program's table of signed-in users.
class Site {
public:
    Site(sp::SessionStore& store, const sp::Clock& clock) : store_(store), clock_(clock) {}

    /// Whether Alice's IdP got a signed Success, and her session is gone from the table and from the store.
    bool log_out() {
        sp::LogoutService service(parts(), sp::Housekeeping::by_host);
        users_.insert("cookie-1");
        const auto admission = service.admit(session());
        if (!admission || *admission != sp::Admission::admitted || !store_.find(session().id).value()) return false;
        const auto id = saml::random_message_id().value();
        const auto reply =
            sp::BackChannel(service).handle({.body = order(id), .content_type = saml::soap::content_type});
        return is_success(reply, id) && users_.empty() && !store_.find(session().id).value();
    }

private:
    [[nodiscard]] sp::LogoutServiceParts parts() {
        idp_adapter::Idp idp{.entity_id = idp_,
                             .keys = {saml::VerificationKey::from(idp_key_.certificate()).value()},
                             .single_logout_services = {},
                             .valid_until = {},
                             .profile = {}};
        return {.entity_id = us_,
                .destinations = {url_},
                .idps = std::make_shared<idp_adapter::IdpDirectory>(
                    idp_adapter::IdpDirectory::of({std::move(idp)}).value()),
                .signer = saml::MessageSigner(our_key_),
                .decryption_keys = {},
                .audit_digest = saml::KeyedDigest::with_random_key().value(),
                .policy = {},
                .store = store_,
                .applications = {&application_},
                .audit = audit_,
                .clock = clock_};
    }

    [[nodiscard]] sp::Session session() const {
        return {.id = sp::LocalSessionID::parse("cookie-1").value(),
                .idp = idp_,
                .sp = us_,
                .name_id = alice(),
                .session_indexes = {saml::SessionIndex::parse("_s1").value()},
                .authn_instant = clock_.now(),
                .expires = clock_.now() + std::chrono::hours(8)};
    }

    [[nodiscard]] std::string order(const saml::MessageID& id) const {
        const saml::LogoutRequest request{.id = id,
                                          .version = {},
                                          .issue_instant = clock_.now(),
                                          .destination = url_.str(),
                                          .consent = {},
                                          .issuer = idp_,
                                          .asynchronous = false,
                                          .identifier = alice(),
                                          .session_indexes = {},
                                          .not_on_or_after = clock_.now() + std::chrono::minutes(5),
                                          .reason = {}};
        return saml::soap::encode(saml::MessageSigner(idp_key_).sign(request).value());
    }

    [[nodiscard]] bool is_success(const sp::SoapReply& reply, const saml::MessageID& request) const {
        auto message = saml::soap::decode_response(reply.body);
        if (!message) return false;
        const auto unverified = saml::UnverifiedLogoutResponse::parse(*message);
        if (!unverified) return false;
        const saml::VerificationKeys keys{saml::VerificationKey::from(our_key_.certificate()).value()};
        const auto response = saml::MessageVerifier::verify(*unverified, keys, request,
                                                            {.issuer = us_,
                                                             .destinations = {},
                                                             .destination_rule = saml::DestinationRule::optional,
                                                             .now = clock_.now(),
                                                             .algorithms = {}});
        return response && (*response)->status.code == saml::TopLevelStatus::success;
    }

    sp::SessionStore& store_;
    const sp::Clock& clock_;
    NoAudit audit_;
    saml::EntityID idp_ = saml::EntityID::parse("https://idp.example.org/saml").value();
    saml::EntityID us_ = saml::EntityID::parse("https://shop.example.org/saml").value();
    saml::EndpointUrl url_ = saml::EndpointUrl::parse("https://shop.example.org/saml/slo").value();
    saml::SigningKey idp_key_ = make_key("idp", clock_.now());
    saml::SigningKey our_key_ = make_key("shop", clock_.now());
    std::set<std::string> users_;
    sp::SynchronousApplication application_{"shop",
                                            [this](const sp::Session& session) {
                                                return users_.erase(session.id.str()) == 1 ? sp::Ended::ended
                                                                                           : sp::Ended::already_gone;
                                            },
                                            sp::SynchronousApplication::in_callers_thread};
};

/// The exit status of a consumer's program: 0 where a logout ended the session, and headers and library agree.
inline int play(sp::SessionStore& store, const sp::Clock& clock) {
    const bool same_version = slo::version() == SLO_VERSION;
    const bool gone = Site(store, clock).log_out();
    std::printf("saml-slo %s: %s\n", SLO_VERSION, gone ? "Success, and the session is gone" : "no logout");
    return gone && same_version ? 0 : 1;
}

}  // namespace consumer
