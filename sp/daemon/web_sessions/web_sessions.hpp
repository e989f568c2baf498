// The sessions of browsers that signed on here: a cookie for the browser, and the answers for a proxy that asks.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/record_cipher.hpp"
#include "slo/sp/cookies.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/sign_on.hpp"
#include "slo/sp/sign_on_endpoint.hpp"

namespace slo::daemon {

/// WebSessions makes the sessions of a SignOnEndpoint, and answers for a proxy whether the browser that sent a request
/// has a living one:
///   /auth   200, or 401 with the start URL in X-Saml-Login (nginx: auth_request)
///   /gate   200, or 302 to the start URL (Traefik, Caddy, Envoy: the proxy passes the answer on)
/// A 200 has the fields X-Saml-Session, X-Saml-IdP, X-Saml-NameID, X-Saml-NameID-Format, X-Saml-Authn-Instant and those
/// of `headers`, whose values are percent-encoded, several separated by commas. A 503 says that the store can't tell.
///
/// The cookie is the session's name and the values of `headers`, sealed: no store has them, and any node reads it. That
/// the session lives is the session store's to say, each time. Thread-safe.
class WebSessions final : public sp::SignOnHost, public sp::HttpHandler {
public:
    /// `store` must outlive it. `cipher` has the same keys on every node, and over restarts.
    WebSessions(sp::SessionStore& store, saml::RecordCipher cipher, sp::SignOnOptions options, saml::EndpointUrl login,
                std::vector<IdentityHeader> headers);

    /// open: std::nullopt where the values don't fit into a cookie.
    [[nodiscard]] std::optional<sp::HostSession> open(const sp::SignedOn& who, const sp::HttpRequest& request) override;
    void admitted(const sp::LocalSessionID&, Instant) override {}  // the store says when it has ended
    void erase(const sp::LocalSessionID&) noexcept override {}     // its cookie never goes out

    /// answers says whether a request's target is one of its two paths, or below one.
    [[nodiscard]] static bool answers(std::string_view target) noexcept;
    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override;

private:
    struct Identity;
    [[nodiscard]] std::optional<Identity> identity_in(const sp::HttpRequest& request) const;
    [[nodiscard]] sp::HttpReply check(const sp::HttpRequest& request);
    [[nodiscard]] sp::HttpReply let_in(const Identity& identity, const sp::Session& session) const;
    [[nodiscard]] sp::HttpReply send_to_login(const sp::HttpRequest& request) const;

    sp::SessionStore& store_;
    saml::RecordCipher cipher_;
    sp::SignOnOptions options_;
    saml::EndpointUrl login_;
    std::vector<IdentityHeader> headers_;
    sp::CookieKind cookie_;
};

}  // namespace slo::daemon
