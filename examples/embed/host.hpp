// A web service that signs its users on and off by SAML. README shows the text between the two marks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/cookies.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/sign_on_endpoint.hpp"
#include "slo/sp/store_options.hpp"

namespace embed {

using namespace slo;

/// The program's own table: the user of each cookie.
class Users {
public:
    void sign_in(const std::string& cookie, const std::string& name) {
        const std::lock_guard lock(mutex_);
        users_[cookie] = name;
    }
    std::optional<std::string> of(const std::string& cookie) {
        const std::lock_guard lock(mutex_);
        const auto found = users_.find(cookie);
        return found == users_.end() ? std::nullopt : std::optional(found->second);
    }
    bool forget(const std::string& cookie) {
        const std::lock_guard lock(mutex_);
        return users_.erase(cookie) == 1;
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return users_.size();
    }

private:
    std::mutex mutex_;  // sessions end in threads of their own
    std::map<std::string, std::string> users_;
};

inline sp::HttpReply text(std::string body) {
    return {200, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

// [README
class Shop final : public sp::HttpHandler, public sp::SignOnHost {
public:
    Shop(const sp::Configuration& configuration, sp::SessionStore& store, const sp::Clock& clock, Users& users)
        : users_(users),
          application_("shop",  // told before Success is signed; its silence for three seconds counts as failed
                       [&users](const sp::Session& session) {
                           return users.forget(session.id.str()) ? sp::Ended::ended : sp::Ended::already_gone;
                       }),
          audit_(sp::make_boost_log_audit()),
          idp_link_({.destinations = configuration.destinations}),
          service_({.entity_id = configuration.entity_id,
                    .destinations = configuration.destinations,
                    .idps = std::make_shared<idp_adapter::IdpDirectory>(
                        idp_adapter::IdpDirectory::of(configuration.idps, configuration.absent).value()),
                    .signer = saml::MessageSigner(configuration.signing_key),
                    .decryption_keys = configuration.decryption_keys,
                    .audit_digest = saml::KeyedDigest::with_random_key().value(),
                    .policy = configuration.policy,
                    .store = store,
                    .applications = {&application_},
                    .audit = *audit_,
                    .clock = clock,
                    .idp_link = &idp_link_},
                   sp::Housekeeping::in_threads),  // recovery, expiry, and asking IdPs again: beside serving
          logout_(service_, configuration.endpoint),
          flows_(sp::open_flow_store(clock, configuration.sign_on->flows).value()),
          sign_on_(service_, *flows_.store, flows_.cipher, configuration.sign_on->options),
          login_(sign_on_, *this, configuration.sign_on->endpoint),
          login_url_(configuration.sign_on->endpoint.login_url) {}

    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        if (login_.serves(request.target)) return login_.handle(request);   // /login and /saml/acs
        if (request.target == "/saml/slo") return logout_.handle(request);  // the IdP's orders, by SOAP
        const auto value = sp::cookie_value(cookie_, request.headers);
        const std::string cookie = std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : "";
        const auto user = users_.of(cookie);
        if (!user) {  // to the IdP, and then back here
            const auto here = sp::LocalTarget::parse(request.target, sign_on_.options().targets);
            return sp::HttpReply{303,
                                 {{"Location", sp::StartLink(login_url_, nullptr, here ? &*here : nullptr).href()}}};
        }
        if (request.method == "POST" && request.target == "/logout") {  // here, and then at the IdP
            const auto ended = service_.start_logout(sp::SessionsByID{{sp::LocalSessionID::parse(cookie).value()}},
                                                     sp::LogoutReason::user);
            return ended ? text("signed out\n") : sp::HttpReply{503, {}, {}};
        }
        return text("signed in as " + *user + "\n");
    }

    std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override {
        return login_.max_body(target, usual);  // a Response is longer than a logout message
    }

    // A proven principal: a session of our own, under a new name. It isn't given out yet.
    std::optional<sp::HostSession> open(const sp::SignedOn& who, const sp::HttpRequest&) override {
        const std::string cookie = saml::random_message_id().value().str();
        // By IdP and NameID: another IdP may have the same NameID. The profile's name_id = "required" says there is
        // one.
        users_.sign_in(cookie, who.principal().name_id()->value + " of " + who.idp().str());
        return sp::HostSession{sp::LocalSessionID::parse(cookie).value(),
                               sp::set_cookie(cookie_, cookie, sign_on_.options().session_lifetime)};
    }
    void admitted(const sp::LocalSessionID&, Instant) override {
    }  // end it by then yourself; here it lives as long as we
    void erase(const sp::LocalSessionID& session) noexcept override { users_.forget(session.str()); }

private:
    Users& users_;
    sp::SynchronousApplication application_;
    std::unique_ptr<sp::AuditSink> audit_;
    idp_adapter::SingleLogoutClient idp_link_;
    sp::LogoutService service_;
    sp::HttpEndpoint logout_;
    sp::OpenFlowStore flows_;
    sp::SignOn sign_on_;
    sp::SignOnEndpoint login_;
    saml::EndpointUrl login_url_;
    sp::CookieKind cookie_{.name = "shop"};
};
// README]

}  // namespace embed
