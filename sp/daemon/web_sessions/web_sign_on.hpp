// Sign-on as the daemon serves it: its endpoint beside those for logouts, and the sessions that it opens.
#pragma once

#include <memory>
#include <vector>

#include "settings.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/sign_on.hpp"
#include "slo/sp/sign_on_endpoint.hpp"
#include "slo/sp/store_options.hpp"
#include "web_sessions.hpp"

namespace slo::daemon {

/// WebSignOn serves the start URL and the assertion consumer service, and passes all other requests to the endpoint
/// that was there before. Thread-safe.
class WebSignOn final : public sp::HttpHandler {
public:
    /// `service`, `store` and `others` must outlive it.
    WebSignOn(sp::LogoutService& service, sp::SessionStore& store, sp::OpenFlowStore flows,
              const sp::SignOnConfiguration& configuration, std::vector<IdentityHeader> headers,
              sp::HttpHandler& others)
        : flows_(std::move(flows)),
          sessions_(store, flows_.cipher, configuration.options, configuration.endpoint.login_url, std::move(headers)),
          sign_on_(service, *flows_.store, flows_.cipher, configuration.options),
          endpoint_(sign_on_, sessions_, configuration.endpoint),
          others_(others) {}

    [[nodiscard]] WebSessions& sessions() noexcept { return sessions_; }
    /// flows is the store of what is pending: for its health, and to let it forget.
    [[nodiscard]] sp::FlowStore& flows() noexcept { return *flows_.store; }

    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        return served_by(request.target).handle(request);
    }
    [[nodiscard]] Lane lane(const sp::HttpRequest& request) const noexcept override {
        return endpoint_.serves(request.target) ? endpoint_.lane(request) : others_.lane(request);
    }
    [[nodiscard]] std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override {
        return endpoint_.serves(target) ? endpoint_.max_body(target, usual) : others_.max_body(target, usual);
    }
    /// The endpoint for logouts has the audit of all that HTTP refuses.
    void refused(const sp::RefusedByServer& refused) noexcept override { others_.refused(refused); }

private:
    [[nodiscard]] sp::HttpHandler& served_by(std::string_view target) noexcept {
        if (endpoint_.serves(target)) return endpoint_;
        return others_;
    }

    sp::OpenFlowStore flows_;
    WebSessions sessions_;
    sp::SignOn sign_on_;
    sp::SignOnEndpoint endpoint_;
    sp::HttpHandler& others_;
};

}  // namespace slo::daemon
