// What the public port serves: each path by its handler.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "slo/idp_adapter/url_parts.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/front_channel.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/sign_on_endpoint.hpp"

namespace slo::daemon {

[[nodiscard]] inline idp_adapter::BrowserLogouts browser_logouts(const sp::Configuration& configuration) {
    using idp_adapter::BrowserLogouts;
    return configuration.front_channel ? BrowserLogouts::taken : BrowserLogouts::not_taken;
}

/// paths_beside returns those of the handlers beside the HttpEndpoint.
[[nodiscard]] inline std::vector<std::string> paths_beside(const sp::Configuration& configuration) {
    std::vector<std::string> paths;
    const auto add = [&paths](const saml::EndpointUrl& url) { paths.push_back(idp_adapter::parts_of(url).target); };
    if (configuration.front_channel) add(configuration.front_channel->urls.front());
    if (!configuration.sign_on) return paths;
    add(configuration.sign_on->endpoint.login_url);
    add(configuration.sign_on->options.assertion_consumer_service);
    return paths;
}

/// PublicEndpoint passes a request to the handler that serves its path; all others, and what the server refuses by
/// itself, to the endpoint for servers and metadata, which has the audit of what HTTP refuses. Thread-safe.
class PublicEndpoint final : public sp::HttpHandler {
public:
    /// All of them must outlive it; the second and third may be null.
    PublicEndpoint(sp::HttpEndpoint& endpoint, sp::SignOnEndpoint* sign_on, sp::FrontChannel* front_channel) noexcept
        : endpoint_(endpoint), sign_on_(sign_on), front_channel_(front_channel) {}

    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        return server_of(request.target).handle(request);
    }
    [[nodiscard]] Lane lane(const sp::HttpRequest& request) const noexcept override {
        return server_of(request.target).lane(request);
    }
    [[nodiscard]] std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override {
        return server_of(target).max_body(target, usual);
    }
    void refused(const sp::RefusedByServer& refused) noexcept override { endpoint_.refused(refused); }

private:
    [[nodiscard]] sp::HttpHandler& server_of(std::string_view target) const noexcept {
        if (sign_on_ != nullptr && sign_on_->serves(target)) return *sign_on_;
        if (front_channel_ != nullptr && front_channel_->serves(target)) return *front_channel_;
        return endpoint_;
    }

    sp::HttpEndpoint& endpoint_;
    sp::SignOnEndpoint* sign_on_;
    sp::FrontChannel* front_channel_;
};

}  // namespace slo::daemon
