#include "slo/sp/http_endpoint.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "http_caching.hpp"
#include "http_fields.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::sp {

namespace {

using idp_adapter::lower_case;
using Unfit = BackChannelOptions::Unfit;

HttpReply bare(int status) {
    return {status, {{"X-Content-Type-Options", "nosniff"}}, {}};
}

HttpReply method_not_allowed(std::string allowed) {
    HttpReply reply = bare(405);
    reply.headers.emplace_back("Allow", std::move(allowed));
    return reply;
}

/// Bindings 3.2.3.2 l.364-368: no cache may keep an answer, whatever its status.
HttpReply uncached(HttpReply reply) {
    reply.headers.emplace_back("Cache-Control", "no-cache, no-store, must-revalidate, private");
    reply.headers.emplace_back("Pragma", "no-cache");
    return reply;
}

HttpReply http_reply(SoapReply answer) {
    HttpReply reply = uncached(bare(answer.http_status));
    if (!answer.body.empty()) reply.headers.emplace_back("Content-Type", answer.content_type);
    reply.body = std::move(answer.body);
    return reply;
}

/// Shibboleth writes "UTF-8" there, which is no coding but does no harm. Nothing is ever decompressed.
bool is_plain(const HttpRequest& request) {
    if (request.count("Content-Encoding") == 0) return true;
    const std::string coding = lower_case(request.header("Content-Encoding").value_or("repeated"));
    return coding == "identity" || coding == "utf-8";
}

/// Several fields count as one with commas between them (RFC 9110, 5.3), which is no media type, and so does an empty
/// one.
std::string_view content_type_of(const HttpRequest& request) {
    if (request.count("Content-Type") == 0) return {};
    const std::string_view value = request.header("Content-Type").value_or("");
    return value.empty() ? "," : value;
}

std::vector<saml::EndpointUrl> with_path(const std::vector<saml::EndpointUrl>& urls, std::string_view path) {
    std::vector<saml::EndpointUrl> found;
    std::ranges::copy_if(urls, std::back_inserter(found),
                         [&](const saml::EndpointUrl& url) { return idp_adapter::parts_of(url).target == path; });
    return found;
}

/// Whether the client says that it has just this document. Tags are compared weakly; If-Modified-Since counts only
/// where there is no If-None-Match (RFC 9110, 13.1.2 and 13.1.3).
bool has_copy(const HttpRequest& request, const metadata::PublishedDocument& document) {
    if (const auto tags = idp_adapter::values_of(request.headers, "If-None-Match"); !tags.empty()) {
        return std::ranges::any_of(tags, [&](std::string_view value) { return names_tag(value, document.entity_tag); });
    }
    const auto since = request.header("If-Modified-Since");
    const auto date = since ? parse_http_date(*since) : std::nullopt;
    return date && document.last_modified <= *date;
}

}  // namespace

HttpEndpoint::HttpEndpoint(LogoutService& service, HttpEndpointOptions options)
    : soap_(service, {.takes = Posted::soap, .max_body = options.max_body, .unfit = Unfit::passed_over}),
      forms_(service, {.takes = Posted::forms, .max_body = options.max_body, .unfit = Unfit::passed_over}),
      options_(std::move(options)) {
    const auto& all = service.destinations();
    if (options_.form_path.empty()) {
        if (options_.soap_urls.empty()) options_.soap_urls = all;
        return;
    }
    if (options_.soap_urls.empty()) options_.soap_urls = with_path(all, options_.soap_path);
    if (options_.form_urls.empty()) options_.form_urls = with_path(all, options_.form_path);
}

HttpStep HttpEndpoint::handle(const HttpRequest& request) noexcept {
    try {
        if (request.target == options_.soap_path) {
            return log_out(request, soap_, options_.soap_urls);
        }
        if (!options_.form_path.empty() && request.target == options_.form_path) {
            return log_out(request, forms_, options_.form_urls);
        }
        if (request.target == options_.metadata_path && options_.metadata) return our_metadata(request);
        return bare(404);
    } catch (...) {
        return HttpReply{500, {}, {}};
    }
}

HttpStep HttpEndpoint::log_out(const HttpRequest& request, const BackChannel& channel,
                               const std::vector<saml::EndpointUrl>& destinations) {
    if (request.method != "POST") return uncached(method_not_allowed("POST"));
    if (!is_plain(request)) return uncached(bare(415));

    BackChannelStep step =
        channel.begin({.body = request.body,
                       .content_type = content_type_of(request),
                       .client = {.tls_key = request.tls_key,
                                  .authorization = std::string(request.header("Authorization").value_or(""))},
                       .destinations = destinations});
    if (auto* answer = std::get_if<SoapReply>(&step)) return http_reply(std::move(*answer));
    auto& pending = std::get<PendingSoapReply>(step);
    return PendingReply{
        .budget = pending.budget(),
        .start = [pending](std::function<void()> done) mutable { pending.start(std::move(done)); },
        .finish = [pending]() mutable { return http_reply(pending.finish()); },
    };
}

HttpReply HttpEndpoint::our_metadata(const HttpRequest& request) const {
    if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
    const auto document = options_.metadata();
    if (!document) return uncached(bare(503));
    HttpReply reply = bare(has_copy(request, **document) ? 304 : 200);
    reply.headers.emplace_back("ETag", (*document)->entity_tag);
    reply.headers.emplace_back("Last-Modified", http_date((*document)->last_modified));
    reply.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string((*document)->max_age.count()));
    if (reply.status == 304) return reply;
    reply.headers.emplace_back("Content-Type", metadata::media_type);
    reply.body = (*document)->octets;
    return reply;
}

}  // namespace slo::sp
