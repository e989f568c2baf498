// The demo's IdP as a server: SPs ask it to end a session, and it asks all others first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "node.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/http_server.hpp"
#include "test_idp.hpp"

namespace slo::examples {

/// Participant is a service provider that takes part in the IdP's sessions.
struct Participant {
    std::string name;
    TrustedSp sp;
    std::string slo_url;
    const Node* node;
};

/// IdpServer answers POST /slo: it verifies the LogoutRequest with the key of the SP that sent it, orders the logout of
/// the same user at every other participant over SOAP, and returns the result (SAML Profiles 4.4.3.3, 4.4.3.5).
class IdpServer final : public sp::HttpHandler {
public:
    /// Tell gets the events as text. Called from threads of the server's.
    using Tell = std::function<void(std::string_view what, std::string_view text)>;
    /// open returns null if it can't listen. `idp` must outlive it.
    [[nodiscard]] static std::unique_ptr<IdpServer> open(const TestIdp& idp, std::uint16_t port, Tell tell);
    ~IdpServer() override;
    IdpServer(const IdpServer&) = delete;
    IdpServer& operator=(const IdpServer&) = delete;

    /// add is called before the first request. The node must outlive the server.
    void add(Participant participant) { participants_.push_back(std::move(participant)); }
    [[nodiscard]] static std::string url_at(std::uint16_t port);

    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override;

private:
    IdpServer(const TestIdp& idp, std::uint16_t port, Tell tell) : idp_(idp), port_(port), tell_(std::move(tell)) {}
    [[nodiscard]] sp::HttpReply end_session(const std::string& body);
    /// Whether every participant but `initiator` has signed that the user's sessions are gone.
    [[nodiscard]] bool notify_others(const Participant& initiator, const saml::NameID& user);

    const TestIdp& idp_;
    std::uint16_t port_;
    Tell tell_;
    std::vector<Participant> participants_;
    std::optional<sp::HttpServer> server_;
    std::thread thread_;
};

}  // namespace slo::examples
