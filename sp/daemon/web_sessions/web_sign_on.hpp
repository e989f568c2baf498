// Sign-on as the daemon serves it: its endpoint, and the sessions that it opens.
#pragma once

#include <memory>
#include <vector>

#include "settings.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/sign_on.hpp"
#include "slo/sp/sign_on_endpoint.hpp"
#include "slo/sp/store_options.hpp"
#include "web_sessions.hpp"

namespace slo::daemon {

/// WebSignOn is the start URL and the assertion consumer service, with the sessions that they open and the store of
/// what is pending.
class WebSignOn {
public:
    /// `service` and `store` must outlive it.
    WebSignOn(sp::LogoutService& service, sp::SessionStore& store, sp::OpenFlowStore flows,
              const sp::SignOnConfiguration& configuration, std::vector<IdentityHeader> headers)
        : flows_(std::move(flows)),
          sessions_(store, flows_.cipher, configuration.options, configuration.endpoint.login_url, std::move(headers)),
          sign_on_(service, *flows_.store, flows_.cipher, configuration.options),
          endpoint_(sign_on_, sessions_, configuration.endpoint) {}

    [[nodiscard]] WebSessions& sessions() noexcept { return sessions_; }
    [[nodiscard]] sp::SignOnEndpoint& endpoint() noexcept { return endpoint_; }
    /// flows is for its health, and to let it forget.
    [[nodiscard]] sp::FlowStore& flows() noexcept { return *flows_.store; }

private:
    sp::OpenFlowStore flows_;
    WebSessions sessions_;
    sp::SignOn sign_on_;
    sp::SignOnEndpoint endpoint_;
};

}  // namespace slo::daemon
