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

/// All that an answer needs memory for. It is made before the answer: what the audit tells then goes out.
HttpReply empty_form() {
    HttpReply form = uncached(bare(0));
    form.headers.emplace_back("Content-Type", std::string(64, ' '));
    return form;
}

HttpReply filled_in(HttpReply form, SoapReply answer) noexcept {
    form.status = answer.http_status;
    if (answer.body.empty()) {
        form.headers.pop_back();
    } else {
        form.headers.back().second = answer.content_type;
    }
    form.body = std::move(answer.body);
    return form;
}

/// Shibboleth writes "UTF-8" there, which is no coding but harmless. No body is ever decompressed.
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

/// Whether it is `path` but for a query, slashes at the end, or letter case.
bool is_nearly(std::string_view target, std::string_view path) {
    const auto bare = [](std::string_view text) {
        text = text.substr(0, text.find('?'));
        const auto last = text.find_last_not_of('/');
        return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
    };
    return idp_adapter::same_ignoring_case(bare(target), bare(path));
}

/// Whether the client says that it has just this document. Tags are compared weakly; If-Modified-Since counts only
/// if there is no If-None-Match (RFC 9110, 13.1.2 and 13.1.3).
bool has_copy(const HttpRequest& request, const metadata::PublishedDocument& document) {
    if (const auto tags = idp_adapter::values_of(request.headers, "If-None-Match"); !tags.empty()) {
        return std::ranges::any_of(tags, [&](std::string_view value) { return names_tag(value, document.entity_tag); });
    }
    const auto since = request.header("If-Modified-Since");
    const auto date = since ? parse_http_date(*since) : std::nullopt;
    return date && document.last_modified <= *date;
}

}  // namespace

/// One of our paths, as a request came to it.
struct HttpEndpoint::Place {
    std::string_view path;  ///< without a query
    const std::vector<saml::EndpointUrl>& destinations;
    std::optional<std::string_view> query = {};
};

HttpEndpoint::HttpEndpoint(LogoutService& service, HttpEndpointOptions options)
    : service_(service),
      soap_(service, {.takes = Posted::soap, .max_body = options.max_body}),
      forms_(service, {.takes = Posted::forms, .max_body = options.max_body}),
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
            return log_out(request, soap_, {.path = options_.soap_path, .destinations = options_.soap_urls});
        }
        const auto query = query_of_form(request.target);
        if (query || (!options_.form_path.empty() && request.target == options_.form_path)) {
            return log_out(request, forms_,
                           {.path = options_.form_path, .destinations = options_.form_urls, .query = query});
        }
        if (request.target == options_.metadata_path && options_.metadata) return our_metadata(request);
        return refuse(request, HttpRule::path, bare(404), what_is_here(request.target));
    } catch (...) {
        tell(request.peer, request.target, 500, "internal.exception", "memory ran out, or our metadata's source threw");
        return HttpReply{500, {}, {}};
    }
}

/// The query behind form_path, without its '?', where an IdP's profile says that it posts forms so: no other query is
/// read.
std::optional<std::string_view> HttpEndpoint::query_of_form(std::string_view target) const {
    const std::string_view path = options_.form_path;
    if (path.empty() || !target.starts_with(path) || !target.substr(path.size()).starts_with('?')) return std::nullopt;
    const auto idps = service_.idps();
    if (!idps || !idps->accepts_wire(idp_adapter::Wire::form_in_query)) return std::nullopt;
    return target.substr(path.size() + 1);
}

void HttpEndpoint::tell(std::string_view peer, std::string_view target, int status, std::string_view rule,
                        std::string_view detail) noexcept {
    try {
        service_.note_refusal({.peer = std::string(peer),
                               .path = std::string(known_path(target)),
                               .status = status == 0 ? std::string() : std::to_string(status),
                               .trouble = {.stage = std::string(rule.substr(0, rule.find('.'))),
                                           .rule = std::string(rule),
                                           .detail = std::string(detail)}});
    } catch (...) {
        // No memory for the line: the request is refused all the same.
    }
}

void HttpEndpoint::refused(const RefusedByServer& refused) noexcept {
    tell(refused.peer, refused.target, refused.status, name(refused.rule), refused.detail);
}

HttpReply HttpEndpoint::refuse(const HttpRequest& request, HttpRule rule, HttpReply reply, std::string_view detail) {
    tell(request.peer, request.target, reply.status, name(rule), detail);
    return reply;
}

std::vector<std::string_view> HttpEndpoint::paths() const {
    std::vector<std::string_view> all{options_.soap_path};
    if (!options_.form_path.empty()) all.emplace_back(options_.form_path);
    if (options_.metadata) all.emplace_back(options_.metadata_path);
    return all;
}

/// No text of a peer goes into the audit.
std::string_view HttpEndpoint::known_path(std::string_view target) const {
    if (target.empty()) return {};
    if (query_of_form(target)) return options_.form_path;
    const auto all = paths();
    const auto found = std::ranges::find(all, target);
    if (found != all.end()) return *found;
    const auto beside = std::ranges::find(options_.paths_beside, target.substr(0, target.find('?')));
    return beside == options_.paths_beside.end() ? "other" : std::string_view(*beside);
}

std::string HttpEndpoint::what_is_here(std::string_view target) const {
    std::string text = "POST goes to " + options_.soap_path;
    if (!options_.form_path.empty()) text += " or " + options_.form_path;
    if (options_.metadata) text += ", GET to " + options_.metadata_path;
    const auto all = paths();
    const auto near = std::ranges::find_if(all, [&](std::string_view path) { return is_nearly(target, path); });
    if (near != all.end()) text += "; this was " + std::string(*near) + " but for a query, a slash or letter case";
    return text;
}

HttpStep HttpEndpoint::log_out(const HttpRequest& request, const BackChannel& channel, const Place& place) {
    if (request.method != "POST") {
        return refuse(request, HttpRule::method, uncached(method_not_allowed("POST")),
                      "POST goes to " + std::string(place.path));
    }
    if (!is_plain(request)) {
        return refuse(request, HttpRule::content_coding, uncached(bare(415)), "a body comes without Content-Encoding");
    }

    HttpReply form = empty_form();
    BackChannelStep step =
        channel.begin({.body = request.body,
                       .content_type = content_type_of(request),
                       .client = {.tls_key = request.tls_key,
                                  .authorization = std::string(request.header("Authorization").value_or(""))},
                       .destinations = place.destinations,
                       .query = place.query,
                       .peer = request.peer,
                       .path = place.path});
    if (auto* answer = std::get_if<SoapReply>(&step)) return filled_in(std::move(form), std::move(*answer));
    auto& pending = std::get<PendingSoapReply>(step);
    return PendingReply{
        .budget = pending.budget(),
        .start = [pending](std::function<void()> done) mutable { pending.start(std::move(done)); },
        .finish = [pending, form]() mutable { return filled_in(std::move(form), pending.finish()); },
    };
}

HttpReply HttpEndpoint::our_metadata(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        return refuse(request, HttpRule::method, method_not_allowed("GET, HEAD"),
                      "GET goes to " + options_.metadata_path + ", POST to " + options_.soap_path);
    }
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
