// The back channel: LogoutRequests that an IdP's server posts, in SOAP or in forms, as HTTP brings them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "slo/idp_adapter/sender.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// What goes back: an HTTP status and a body. Over SOAP it's empty for 403, 413, 415 and 503, and 204 where an
/// asynchronous request gets no answer; to a form's sender, see idp_adapter::FormAnswer.
struct SoapReply {
    int http_status = 200;
    std::string body;
    std::string_view content_type = saml::soap::content_type;  ///< of a body; static storage
};

/// PostedRequest is a LogoutRequest as HTTP brought it. `content_type` is that field's value as it came, empty
/// where there was none (RFC 9110, 8.3); it also says on which wire the request came: that of a form
/// (saml::form::media_type), or else SOAP. The views must outlive the call.
struct PostedRequest {
    std::string_view body;
    std::string_view content_type;
    idp_adapter::ClientCredentials client = {};  ///< for IdPs that don't sign
    /// LogoutEvidence::destinations.
    std::optional<std::span<const saml::EndpointUrl>> destinations = {};
};

/// What may be posted to a path.
enum class Posted {
    soap_and_forms,  ///< what the sender's profile says
    /// SOAP under a media type that any IdP's profile has, and forms only where any IdP's profile posts its envelope as
    /// one (CAS)
    soap,
    forms,
};

struct BackChannelOptions {
    Posted takes = Posted::soap_and_forms;
    std::size_t max_body = saml::xml::Limits{}.octets;  ///< octets; no more than this default are ever read
    /// Whether a request has an audit line that is refused by its media type or its size alone.
    enum class Unfit { written_down, passed_over };
    Unfit unfit = Unfit::written_down;
};

class BackChannelWire;

/// PendingSoapReply is a PendingLogout whose answer will be a SoapReply, with the same rules. Copies share one logout.
class PendingSoapReply {
public:
    /// `wire` must outlive it.
    PendingSoapReply(PendingLogout logout, const BackChannelWire& wire) noexcept
        : logout_(std::move(logout)), wire_(&wire) {}
    [[nodiscard]] std::chrono::milliseconds budget() const noexcept { return logout_.budget(); }
    void start(std::function<void()> on_complete) { logout_.start(std::move(on_complete)); }
    [[nodiscard]] SoapReply finish() noexcept;

private:
    PendingLogout logout_;
    const BackChannelWire* wire_;
};

using BackChannelStep = std::variant<SoapReply, PendingSoapReply>;

/// BackChannel alone knows the back channel's media types, HTTP statuses, Faults and forms: it judges
/// media type and size, takes the message out, hands it to the service and writes down the answer. Thread-safe.
class BackChannel {
public:
    /// `service` must outlive it and every reply that is still pending.
    explicit BackChannel(LogoutService& service, BackChannelOptions options = {}) noexcept
        : service_(&service), options_(options) {}

    /// Takes a request as far as it gets without waiting for applications, as LogoutService::begin does. Never throws.
    [[nodiscard]] BackChannelStep begin(const PostedRequest& posted) const noexcept;
    /// The blocking driver: begin, start, wait, finish. For hosts without an event loop.
    [[nodiscard]] SoapReply handle(const PostedRequest& posted) const noexcept;
    /// LogoutService::preview. Errors: those for which begin() refuses.
    [[nodiscard]] Result<LogoutPreview> preview(const PostedRequest& posted) const noexcept;

private:
    struct Carriage;
    [[nodiscard]] Result<saml::ReceivedMessage> receive(const PostedRequest& posted, Carriage& carriage) const;
    [[nodiscard]] SoapReply refuse(const Failure& failure, const BackChannelWire& wire) const noexcept;

    LogoutService* service_;
    BackChannelOptions options_;
};

}  // namespace slo::sp
