// The front channel: LogoutRequests that a user's browser brings from an IdP, and our answers that it takes back.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/pages.hpp"

namespace slo::sp {

struct FrontChannelOptions {
    /// Our public URLs for it: a request's Destination must be one of them. They all lead to the path of the first.
    std::vector<saml::EndpointUrl> urls;
    const Pages* pages = nullptr;       ///< null: default_pages()
    std::size_t max_body = 160 * 1024;  ///< octets of a form, whose message has 64 KiB at most
};

/// FrontChannel takes LogoutRequests by HTTP-Redirect and HTTP-POST (Bindings 3.4, 3.5), passes them to the service,
/// and sends the browser back to the IdP with the signed answer, also where that is a failure. Sessions are found by
/// what the message names, in the store: no cookie counts, as frames of an IdP's page bring none. A message that isn't
/// proven gets a page with a code and a number, which is in the audit line too, and is never sent back; one refused by
/// its method, media type or size has an audit line (HttpRefused). A RelayState goes back octet by octet; one beyond 1
/// KiB, or that a form can't hold, doesn't. A path is served byte by byte; its query is read as the client sent it, so
/// that a proxy must pass on the target unchanged. Thread-safe.
class FrontChannel final : public HttpHandler {
public:
    /// `service` must outlive it and every pending reply. `options.urls` has at least one element.
    FrontChannel(LogoutService& service, FrontChannelOptions options);

    /// serves says whether a request's target is its path, with any query.
    [[nodiscard]] bool serves(std::string_view target) const noexcept;
    [[nodiscard]] std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override;
    [[nodiscard]] HttpStep handle(const HttpRequest& request) noexcept override;

private:
    [[nodiscard]] HttpReply refuse(const HttpRequest& request, std::string_view rule, HttpReply reply,
                                   std::string_view detail);
    [[nodiscard]] HttpReply after_exception(const HttpRequest& request) noexcept;

    LogoutService& service_;
    FrontChannelOptions options_;
    const Pages& pages_;
    std::string path_;
};

}  // namespace slo::sp
