// The part that a program with signed-in users adds for single logout. README shows the text between the two marks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"

namespace embed {

using namespace slo;

/// The program's own table: the user of each cookie.
class Users {
public:
    void sign_in(const std::string& cookie, const std::string& name) {
        const std::lock_guard lock(mutex_);
        users_[cookie] = name;
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

// [README
class SingleLogout {
public:
    SingleLogout(const sp::Configuration& configuration, sp::SessionStore& store, const sp::Clock& clock, Users& users)
        : application_("shop",  // told before Success is signed; its silence for three seconds counts as failed
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
                   sp::Housekeeping::in_threads) {}  // recovery, expiry, and asking IdPs again: beside serving

    // At login, with what the assertion said: first into your own table, then here, and only then the cookie.
    // false: a logout came first, or no logout would find the session. Erase it again.
    bool admit(const sp::Session& session) {
        const auto admission = service_.admit(session);
        return admission && *admission == sp::Admission::admitted;
    }
    // What your server does with a POST to the logout URL; send back http_status, content_type and body.
    sp::SoapReply take(std::string_view body, std::string_view content_type) {
        return back_channel_.handle({.body = body, .content_type = content_type});
    }
    // When the user clicks "log out": everywhere, partial, local_only or unknown.
    Result<sp::GlobalLogoutResult> log_out(const std::string& cookie) {
        return service_.start_logout(sp::SessionsByID{{sp::LocalSessionID::parse(cookie).value()}},
                                     sp::LogoutReason::user);
    }

private:
    sp::SynchronousApplication application_;
    std::unique_ptr<sp::AuditSink> audit_;
    idp_adapter::SingleLogoutClient idp_link_;
    sp::LogoutService service_;
    sp::BackChannel back_channel_{service_};
};
// README]

/// The program's web server: one of its own, or as here the library's.
class Web final : public sp::HttpHandler {
public:
    explicit Web(SingleLogout& logout) : logout_(logout) {}
    sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        if (request.method != "POST" || request.target != "/saml/slo") return sp::HttpReply{.status = 404};
        const sp::SoapReply reply = logout_.take(request.body, request.header("Content-Type").value_or(""));
        return sp::HttpReply{reply.http_status, {{"Content-Type", std::string(reply.content_type)}}, reply.body};
    }

private:
    SingleLogout& logout_;
};

}  // namespace embed
