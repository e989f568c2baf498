// The local interface: an application on this machine registers sessions and asks whether they live.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "local_logouts.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/session_store.hpp"
#include "web_sessions.hpp"

namespace slo::daemon {

/// local_hosts returns the values of Host with which a local client asks.
[[nodiscard]] inline std::vector<std::string> local_hosts(std::uint16_t port) {
    const std::string suffix = ":" + std::to_string(port);
    return {"127.0.0.1" + suffix, "localhost" + suffix};
}

/// LocalAccess says for whom a LocalSessions answers.
struct LocalAccess {
    std::vector<std::string> hosts = {};  ///< accepted values of Host, in lower case; empty: any
    /// Answers for a proxy that passes its browsers' requests on, with their Host and Origin. Null: there is none.
    WebSessions* web = nullptr;
};

/// LocalSessions answers POST /sessions, GET /sessions/<id>, GET /ready, what LocalLogouts does, and what WebSessions
/// does. It knows no caller from another: serve it on loopback only. Thread-safe, like the store and the service, which
/// must outlive it, and so must `access.web`.
class LocalSessions final : public sp::HttpHandler {
public:
    LocalSessions(sp::SessionStore& store, sp::LogoutService& service, saml::EntityID sp, LocalAccess access = {})
        : store_(store), service_(service), logouts_(service), sp_(std::move(sp)), access_(std::move(access)) {}

    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override;
    [[nodiscard]] Lane lane(const sp::HttpRequest& request) const noexcept override;
    /// Logouts wait for no IdP any more: their requests are sent by the next process, or by another node.
    void stop_waiting() noexcept { logouts_.stop_waiting(); }

private:
    [[nodiscard]] sp::HttpReply answer(const sp::HttpRequest& request);
    [[nodiscard]] bool is_our_host(const sp::HttpRequest& request) const;
    [[nodiscard]] sp::HttpReply register_session(const sp::HttpRequest& request);
    [[nodiscard]] sp::HttpReply look_up(std::string_view escaped_id);
    [[nodiscard]] sp::HttpReply readiness() const;
    [[nodiscard]] Result<sp::Session> read_session(std::string_view body) const;

    sp::SessionStore& store_;
    sp::LogoutService& service_;
    LocalLogouts logouts_;
    saml::EntityID sp_;
    LocalAccess access_;
};

}  // namespace slo::daemon
