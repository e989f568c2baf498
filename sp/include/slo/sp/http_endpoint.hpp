// The SOAP and metadata endpoints as a function from request value to reply value. No socket.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/published_metadata.hpp"
#include "slo/saml/result.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// CurrentMetadata returns our metadata as it is now. Thread-safe.
using CurrentMetadata = std::function<Result<std::shared_ptr<const metadata::PublishedDocument>>()>;

struct HttpEndpointOptions {
    std::string soap_path = "/saml/slo/soap";
    std::string metadata_path = "/saml/metadata";
    std::string form_path = {};                  ///< for IdPs that post forms without a browser; empty: no such path
    std::vector<std::string> paths_beside = {};  ///< those of other handlers at the same port, for the audit's names
    CurrentMetadata metadata;                    ///< called for each request; empty: 404
    std::size_t max_body = 64 * 1024;            ///< octets; BackChannelOptions::max_body
    /// The public URLs that lead to soap_path, and those that lead to form_path: a request's Destination must be one of
    /// those of its own path. Empty: those of the service's destinations that have this very path. Set them if a proxy
    /// rewrites paths, otherwise every Destination is refused there. Without form_path, all of the
    /// service's destinations lead to soap_path.
    std::vector<saml::EndpointUrl> soap_urls = {};
    std::vector<saml::EndpointUrl> form_urls = {};
};

/// HttpEndpoint maps paths and methods, passes posted requests to a BackChannel, and adds the headers of
/// Bindings 3.2.3.2 (l.364-368). A request refused by its path, method, media type or size, or by the server, has an
/// audit line (HttpRefused). Our metadata is served to GET and HEAD with the fields for HTTP caches (SAML Metadata
/// 4.1.1; RFC 9110, 13.1); it has no content from the request. A form is taken at form_path, and at soap_path if an
/// IdP's profile says that it posts its envelope as one (CAS). Paths match byte by byte, queries included; only behind
/// form_path a query is read, if an IdP's profile says that it posts forms there (form_in_query, CAS).
class HttpEndpoint final : public HttpHandler {
public:
    /// HttpEndpoint borrows `service`, which must outlive the endpoint and every pending reply.
    HttpEndpoint(LogoutService& service, HttpEndpointOptions options);

    [[nodiscard]] HttpStep handle(const HttpRequest& request) noexcept override;
    void refused(const RefusedByServer& refused) noexcept override;

private:
    struct Place;
    [[nodiscard]] HttpStep log_out(const HttpRequest& request, const BackChannel& channel, const Place& place);
    [[nodiscard]] std::optional<std::string_view> query_of_form(std::string_view target) const;
    [[nodiscard]] HttpReply our_metadata(const HttpRequest& request);
    [[nodiscard]] HttpReply refuse(const HttpRequest& request, HttpRule rule, HttpReply reply, std::string_view detail);
    void tell(std::string_view peer, std::string_view target, int status, std::string_view rule,
              std::string_view detail) noexcept;
    [[nodiscard]] std::vector<std::string_view> paths() const;
    [[nodiscard]] std::string_view known_path(std::string_view target) const;
    [[nodiscard]] std::string what_is_here(std::string_view target) const;

    LogoutService& service_;
    BackChannel soap_;
    BackChannel forms_;
    HttpEndpointOptions options_;
};

}  // namespace slo::sp
