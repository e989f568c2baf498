// The back channel: LogoutRequests that an IdP's server posts, in SOAP or in forms, as HTTP requests.
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

/// SoapReply is an HTTP status and a body. Over SOAP the body is empty for 403, 413, 415 and 503, and for 204 if an
/// asynchronous request gets no answer; for a form's sender, see idp_adapter::FormAnswer.
struct SoapReply {
    int http_status = 200;
    std::string body;
    std::string_view content_type = saml::soap::content_type;  ///< of a body; static storage
};

/// PostedRequest is a LogoutRequest as HTTP delivered it. `content_type` is that field's value unchanged, empty if
/// there was none (RFC 9110, 8.3); it also decides the wire of the request: that of a form
/// (saml::form::media_type), or else SOAP. The views must outlive the call.
struct PostedRequest {
    std::string_view body;
    std::string_view content_type;
    idp_adapter::ClientCredentials client = {};  ///< for IdPs that don't sign
    /// destinations is that of LogoutEvidence.
    std::optional<std::span<const saml::EndpointUrl>> destinations = {};
    /// The query of the URL, without its '?', if there was one: of a form it is read instead of the body, which must
    /// then be empty (saml::form::decode_in_query). With SOAP it isn't read.
    std::optional<std::string_view> query = {};
    std::string_view peer = {};  ///< for the audit of what isn't read: its address
    std::string_view path = {};  ///< and which of our own paths it came to
};

/// Posted says what may be posted to a path.
enum class Posted {
    soap_and_forms,  ///< whatever the sender's profile says
    /// SOAP under a media type that any IdP's profile has, and forms only where any IdP's profile posts its envelope as
    /// one (CAS)
    soap,
    forms,
};

struct BackChannelOptions {
    Posted takes = Posted::soap_and_forms;
    std::size_t max_body = saml::xml::Limits{}.octets;  ///< octets; no more than this default are ever read
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

/// BackChannel contains all of the back channel's media types, HTTP statuses, Faults and forms: it judges
/// media type and size, extracts the message, passes it to the service and encodes the answer. A request refused by its
/// media type or its size alone has an audit line (HttpRefused). Thread-safe.
class BackChannel {
public:
    /// `service` must outlive it and every reply that is still pending.
    explicit BackChannel(LogoutService& service, BackChannelOptions options = {}) noexcept
        : service_(&service), options_(options) {}

    /// begin takes a request as far as it gets without applications, as LogoutService::begin does. Never throws.
    [[nodiscard]] BackChannelStep begin(const PostedRequest& posted) const noexcept;
    /// handle is the blocking driver: begin, start, wait, finish. For hosts without an event loop.
    [[nodiscard]] SoapReply handle(const PostedRequest& posted) const noexcept;
    /// preview does LogoutService::preview. Errors: those for which begin() refuses.
    [[nodiscard]] Result<LogoutPreview> preview(const PostedRequest& posted) const noexcept;

private:
    struct Carriage;
    template <class Answer, class Work>
    [[nodiscard]] Answer with_message(const PostedRequest& posted, Work work) const noexcept;
    [[nodiscard]] Result<saml::ReceivedMessage> receive(const PostedRequest& posted, Carriage& carriage) const;
    [[nodiscard]] SoapReply refuse(const PostedRequest& posted, const Failure& failure,
                                   const BackChannelWire& wire) const;
    [[nodiscard]] std::string types_taken() const;
    [[nodiscard]] std::size_t most_octets() const noexcept;

    LogoutService* service_;
    BackChannelOptions options_;
};

}  // namespace slo::sp
