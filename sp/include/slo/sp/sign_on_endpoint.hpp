// Sign-on over HTTP: the start URL, the assertion consumer service, and the pages between them. No socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slo/sp/http.hpp"
#include "slo/sp/pages.hpp"
#include "slo/sp/sign_on.hpp"

namespace slo::sp {

/// HostSession is a session that the application has made, and that no browser has yet.
struct HostSession {
    LocalSessionID id;
    /// The value of a field Set-Cookie. SameSite must not be Strict: such a cookie doesn't come with the redirect that
    /// follows, and the user seems to be signed out.
    std::string set_cookie;
};

/// SignOnHost is the application. It is called from any thread, without a lock.
class SignOnHost {
public:
    virtual ~SignOnHost() = default;
    /// open makes a new session for a proven principal: a new one in any case, whatever session the browser has.
    /// std::nullopt: this principal may not come in. An application's users are named by IdP and NameID together, never
    /// by a value alone that another IdP could assert too.
    [[nodiscard]] virtual std::optional<HostSession> open(const SignedOn& who, const HttpRequest& request) = 0;
    /// admitted tells that the session's cookie goes out, and when it must have ended.
    virtual void admitted(const LocalSessionID& session, Instant expires) = 0;
    /// erase forgets a session that wasn't admitted.
    virtual void erase(const LocalSessionID& session) noexcept = 0;
};

struct SignOnEndpointOptions {
    saml::EndpointUrl login_url;  ///< public: its path is the start's. Parameters: idp, target, force, passive
    /// Where users choose among several IdPs instead of on our own page, which is for those who come back without a
    /// choice. It sends them back to login_url, so that it must have that as our DiscoveryResponse.
    std::optional<saml::EndpointUrl> discovery_service = {};
    const Pages* pages = nullptr;              ///< null: default_pages()
    std::size_t max_body = 512 * 1024;         ///< octets of a form
    unsigned starts_per_second_per_peer = 50;  ///< each start keeps a record; a peer is an address, or a proxy's
};

/// SignOnEndpoint serves login_url and the assertion consumer service. It sets two cookies of its own, of which one
/// names the browser while it's at the IdP, and none has personal data. URLs come from the configuration alone,
/// whatever Host and X-Forwarded headers say. A user with one IdP is sent there at once; with several, there is a page
/// to choose from, or a discovery service (Identity Provider Discovery Service Protocol), and the choice is remembered
/// if the user wants that. Its posts come from the IdP's site: a middleware that compares Origin must leave out the
/// assertion consumer service, which is bound to the browser by its cookie instead.
class SignOnEndpoint final : public HttpHandler {
public:
    /// `sign_on` and `host` must outlive it.
    SignOnEndpoint(SignOn& sign_on, SignOnHost& host, SignOnEndpointOptions options);
    ~SignOnEndpoint() override;

    /// serves says whether a request's target is one of its two paths.
    [[nodiscard]] bool serves(std::string_view target) const noexcept;
    /// max_body is SignOnEndpointOptions::max_body for the assertion consumer service: a handler in front passes the
    /// call on, as a Response is longer than a logout message.
    [[nodiscard]] std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override;
    [[nodiscard]] HttpStep handle(const HttpRequest& request) noexcept override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
