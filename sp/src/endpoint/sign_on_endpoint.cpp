#include "slo/sp/sign_on_endpoint.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <ranges>
#include <utility>
#include <vector>

#include "allowance.hpp"
#include "post_page.hpp"
#include "query_text.hpp"
#include "sign_on_pages.hpp"
#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/response_verifier.hpp"
#include "slo/sp/cookies.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

using saml::form::Field;

constexpr std::chrono::hours remembered_for{24 * 365};
constexpr std::chrono::seconds once_a_minute{60};

/// StartAllowances bounds how often each address may start: a fixed number of buckets, which addresses share by chance.
class StartAllowances {
public:
    explicit StartAllowances(unsigned per_second) : buckets_(1024, Allowance(per_second)) {}

    [[nodiscard]] bool take(std::string_view peer, Instant now) {
        const std::lock_guard lock(mutex_);
        return buckets_[std::hash<std::string_view>{}(peer) % buckets_.size()].take(now);
    }

private:
    std::mutex mutex_;
    std::vector<Allowance> buckets_;
};

/// The value of the one parameter with that name; none if there are two.
std::optional<std::string> parameter(const std::vector<Field>& fields, std::string_view name) {
    const auto has_name = [name](const Field& field) { return field.name == name; };
    const auto found = std::ranges::find_if(fields, has_name);
    if (found == fields.end() || std::ranges::count_if(fields, has_name) != 1) return std::nullopt;
    return found->value;
}

HttpReply bare(int status) {
    return {status, {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}, {}};
}

HttpReply not_allowed(std::string methods) {
    HttpReply reply = bare(405);
    reply.headers.emplace_back("Allow", std::move(methods));
    return reply;
}

HttpReply redirect(int status, std::string location) {
    HttpReply reply = bare(status);
    reply.headers.emplace_back("Location", std::move(location));
    reply.headers.emplace_back("Referrer-Policy", "no-referrer");
    return reply;
}

std::string_view header_of(const HttpRequest& request, std::string_view name) {
    return request.header(name).value_or("");
}

bool is_in_a_frame(const HttpRequest& request) {
    constexpr std::array<std::string_view, 4> framed{"iframe", "frame", "object", "embed"};
    return std::ranges::find(framed, header_of(request, "Sec-Fetch-Dest")) != framed.end();
}

/// An exception here is of memory for a refusal's words: the host erases its session as for any other one.
Result<AdmittedSignOn> admit(SignedOn who, const LocalSessionID& session) noexcept {
    try {
        return std::move(who).admit(session);
    } catch (...) {
        return fail(StoreErrc::store_failed, "exception");  // so short that it takes no memory
    }
}

/// Whether users can be sent to it.
bool signs_on(const std::shared_ptr<const idp_adapter::Idp>& idp) noexcept {
    return idp_adapter::sign_on_endpoint(*idp, 0) != nullptr;
}

CookieTransport transport_of(const saml::EndpointUrl& url) {
    return url.str().starts_with("https:") ? CookieTransport::https : CookieTransport::plain_http_for_development;
}

}  // namespace

struct SignOnEndpoint::Impl {
    Impl(SignOn& its_sign_on, SignOnHost& its_host, SignOnEndpointOptions its_options)
        : sign_on(its_sign_on),
          host(its_host),
          options(std::move(its_options)),
          pages(options.pages != nullptr ? *options.pages : default_pages()),
          login_path(idp_adapter::parts_of(options.login_url).target),
          acs_path(idp_adapter::parts_of(acs()).target),
          starts(options.starts_per_second_per_peer) {}

    [[nodiscard]] const saml::EndpointUrl& acs() const { return sign_on.options().assertion_consumer_service; }
    [[nodiscard]] CookieKind cookie(std::string name, SameSite same_site) const {
        return {.name = std::move(name), .same_site = same_site, .transport = transport_of(acs())};
    }
    [[nodiscard]] CookieKind browser_cookie() const { return cookie("saml-flow", SameSite::none); }
    [[nodiscard]] CookieKind idp_cookie() const { return cookie("saml-idp", SameSite::lax); }
    [[nodiscard]] CookieKind converted_cookie() const { return cookie("saml-unsolicited", SameSite::none); }

    [[nodiscard]] HttpReply login(const HttpRequest& request);
    [[nodiscard]] HttpReply start(const HttpRequest& request, const saml::EntityID& idp,
                                  const std::vector<Field>& fields, LocalTarget target);
    [[nodiscard]] std::optional<saml::EntityID> chosen(const HttpRequest& request,
                                                       const std::vector<Field>& fields) const;
    [[nodiscard]] HttpReply ask(const HttpRequest& request, const std::vector<Field>& fields,
                                const LocalTarget& target) const;
    [[nodiscard]] HttpReply chooser(const HttpRequest& request, const LocalTarget& target) const;
    [[nodiscard]] HttpReply consume(const HttpRequest& request);
    [[nodiscard]] HttpReply answer(const HttpRequest& request, SignOnOutcome outcome);
    [[nodiscard]] HttpReply resubmit(const HttpRequest& request) const;
    [[nodiscard]] HttpReply let_in(const HttpRequest& request, SignedOn who);
    [[nodiscard]] HttpReply convert(const HttpRequest& request, const UnsolicitedSignOn& unsolicited);
    [[nodiscard]] HttpReply page(const HttpRequest& request, PageCode code, std::string number = {},
                                 const saml::EntityID* idp = nullptr, const LocalTarget* target = nullptr,
                                 bool force = false) const;
    [[nodiscard]] HttpReply page(const HttpRequest& request, const RefusedSignOn& refused) const;
    [[nodiscard]] std::optional<saml::EndpointUrl> help_of(const saml::EntityID& idp) const;

    SignOn& sign_on;
    SignOnHost& host;
    SignOnEndpointOptions options;
    const Pages& pages;
    std::string login_path;
    std::string acs_path;
    StartAllowances starts;
};

HttpReply SignOnEndpoint::Impl::login(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
    if (header_of(request, "Sec-Purpose").starts_with("prefetch")) return bare(204);
    if (is_in_a_frame(request)) return page(request, PageCode::framed);
    const auto fields = saml::form::parse_fields(query_of(request.target));
    if (!fields) return page(request, PageCode::form);
    auto target = LocalTarget::parse(parameter(*fields, "target").value_or(""), sign_on.options().targets)
                      .value_or(sign_on.options().landing);
    const auto idp = chosen(request, *fields);
    if (!idp) return ask(request, *fields, target);
    return start(request, *idp, *fields, std::move(target));
}

/// The IdP that the link names, the one that the cookie names, or the only one. Whatever a browser says is compared
/// with those of the configuration.
std::optional<saml::EntityID> SignOnEndpoint::Impl::chosen(const HttpRequest& request,
                                                           const std::vector<Field>& fields) const {
    const auto idps = sign_on.service().idps();
    if (!idps) return std::nullopt;
    const auto usable = [&](const std::string& text) -> std::optional<saml::EntityID> {
        const auto name = saml::EntityID::opaque(text);
        const auto idp = name ? idps->find(*name) : nullptr;
        return idp && signs_on(idp) ? std::optional(idp->entity_id) : std::nullopt;
    };
    if (const auto named = parameter(fields, "idp")) return usable(*named);
    const CookieValue remembered = cookie_value(idp_cookie(), request.headers);
    if (const auto* text = std::get_if<std::string>(&remembered)) {
        if (auto idp = usable(*text)) return idp;
    }
    const auto only = std::ranges::find_if(idps->all(), signs_on);
    if (only == idps->all().end() || std::any_of(std::next(only), idps->all().end(), signs_on)) return std::nullopt;
    return (*only)->entity_id;
}

/// The discovery service's answer is one more request for the start URL, with `idp` or, if nothing was chosen, without:
/// then the user is not sent there again. Whatever it answers is compared with the IdPs of the configuration.
HttpReply SignOnEndpoint::Impl::ask(const HttpRequest& request, const std::vector<Field>& fields,
                                    const LocalTarget& target) const {
    const bool is_passive = parameter(fields, "passive") == "1";
    if (!options.discovery_service || parameter(fields, "discovered") || parameter(fields, "idp"))
        return chooser(request, target);
    std::string back = with_parameter(options.login_url.str(), "discovered", "1");
    back = with_parameter(std::move(back), "target", target.str());
    for (const char* wish : {"force", "passive", "remember"}) {
        if (parameter(fields, wish) == "1") back = with_parameter(std::move(back), wish, "1");
    }
    std::string url = with_parameter(options.discovery_service->str(), "entityID", sign_on.entity_id().str());
    url = with_parameter(std::move(url), "return", back);
    url = with_parameter(std::move(url), "returnIDParam", "idp");
    if (is_passive) url = with_parameter(std::move(url), "isPassive", "true");
    return redirect(302, std::move(url));
}

HttpReply SignOnEndpoint::Impl::chooser(const HttpRequest& request, const LocalTarget& target) const {
    ChooserPage choice;
    if (const auto idps = sign_on.service().idps()) {
        for (const auto& idp : idps->all() | std::views::filter(signs_on)) {
            choice.idps.push_back(
                {.idp = idp->entity_id,
                 .names = idp->sign_on.display_names,
                 .start = StartLink(options.login_url, &idp->entity_id, &target),
                 .start_and_remember = StartLink(options.login_url, &idp->entity_id, &target, RememberIdp::yes)});
        }
    }
    return pages.chooser(choice, header_of(request, "Accept-Language"));
}

HttpReply SignOnEndpoint::Impl::start(const HttpRequest& request, const saml::EntityID& idp,
                                      const std::vector<Field>& fields, LocalTarget target) {
    const auto now = sign_on.now();
    if (!starts.take(request.peer, now)) return page(request, PageCode::too_many, {}, &idp, &target);
    const CookieValue known = cookie_value(browser_cookie(), request.headers);
    const auto* browser = std::get_if<std::string>(&known);
    const auto started = sign_on.start({.idp = idp,
                                        .target = target,
                                        .force_authn = parameter(fields, "force") == "1",
                                        .is_passive = parameter(fields, "passive") == "1",
                                        .browser = browser != nullptr ? std::optional(*browser) : std::nullopt});
    if (!started) {
        const RefusedSignOn refused = sign_on.refuse(started.error());
        return page(request, page_code(refused.why), refused.number, &idp, &target);
    }
    HttpReply reply;
    if (const auto* url = std::get_if<std::string>(&started->request)) {
        reply = redirect(302, *url);
    } else {
        const PostedForm& form = std::get<PostedForm>(started->request);
        reply = post_page(PostedField::saml_request, form.message, form.to, started->relay_state.str(),
                          header_of(request, "Accept-Language"));
    }
    reply.headers.emplace_back("Set-Cookie",
                               set_cookie(browser_cookie(), started->browser, sign_on.options().flow_lifetime));
    if (parameter(fields, "remember") == "1") {
        reply.headers.emplace_back("Set-Cookie", set_cookie(idp_cookie(), idp.str(), remembered_for));
    }
    return reply;
}

HttpReply SignOnEndpoint::Impl::consume(const HttpRequest& request) {
    const bool is_redirect_binding = query_of(request.target).find("SAMLResponse=") != std::string_view::npos;
    if (request.method == "GET" || request.method == "HEAD") {
        if (!is_redirect_binding) return redirect(303, sign_on.options().landing.url());
        const RefusedSignOn refused =
            sign_on.refuse(saml::fail(saml::Errc::form_fields,
                                      "a Response by HTTP-Redirect: set the IdP to HTTP-POST for our "
                                      "AssertionConsumerService"));
        return page(request, PageCode::binding, refused.number);
    }
    if (request.method != "POST") return not_allowed("POST");
    if (!request.is_form()) {
        HttpReply reply = bare(415);
        reply.headers.emplace_back("Accept-Post", std::string(saml::form::media_type));
        return reply;
    }
    if (request.body.size() > options.max_body) return bare(413);
    if (is_redirect_binding) {
        return page(request, sign_on.refuse(saml::fail(saml::Errc::form_fields, "a SAMLResponse in the query")));
    }
    auto posted = saml::form::decode_response(request.body, saml::response_limits);
    if (!posted) return page(request, sign_on.refuse(posted.error()));
    const CookieValue cookie = cookie_value(browser_cookie(), request.headers);
    SignOnReply reply{.posted = *std::move(posted), .was_posted_again = is_resubmitted(request.target)};
    if (const auto* value = std::get_if<std::string>(&cookie)) {
        reply.browser = *value;
    } else if (std::holds_alternative<RepeatedCookie>(cookie)) {
        reply.browser = std::string();  // one of them isn't ours: the same as another browser's
    }
    return answer(request, sign_on.accept(std::move(reply)));
}

/// The same two fields once more, from a page of ours.
HttpReply SignOnEndpoint::Impl::resubmit(const HttpRequest& request) const {
    const auto fields = saml::form::parse_fields(request.body);
    if (!fields) return page(request, PageCode::form);
    const auto response = parameter(*fields, "SAMLResponse").value_or("");
    const auto relay_state = parameter(*fields, "RelayState");
    return resubmit_page(acs(), {.saml_response = response, .relay_state = relay_state},
                         header_of(request, "Accept-Language"));
}

HttpReply SignOnEndpoint::Impl::answer(const HttpRequest& request, SignOnOutcome outcome) {
    if (auto* who = std::get_if<SignedOn>(&outcome)) return let_in(request, std::move(*who));
    if (const auto* already = std::get_if<SignedOnAlready>(&outcome)) return redirect(303, already->target.url());
    if (const auto* unsolicited = std::get_if<UnsolicitedSignOn>(&outcome)) return convert(request, *unsolicited);
    if (std::holds_alternative<CookieMissing>(outcome)) return resubmit(request);
    if (const auto* no = std::get_if<NotSignedOn>(&outcome)) {
        if (no->was_passive && no->is_no_passive()) return redirect(303, no->target.url());
        return page(request, no->is_proven ? PageCode::status : PageCode::status_unproven, no->number, &no->idp,
                    &no->target);
    }
    return page(request, std::get<RefusedSignOn>(outcome));
}

/// The application knows its session first, then it is admitted, and then the cookie goes out.
HttpReply SignOnEndpoint::Impl::let_in(const HttpRequest& request, SignedOn who) {
    const saml::EntityID idp = who.idp();
    const LocalTarget target = who.target();
    const std::string number = who.number();
    const auto session = host.open(who, request);
    if (!session) {
        std::move(who).refuse();
        return page(request, PageCode::not_allowed, number, &idp);
    }
    const auto admitted = admit(std::move(who), session->id);
    if (!admitted) {
        host.erase(session->id);
        const bool logged_out = is(admitted.error(), SignOnErrc::logged_out);
        return page(request, page_code(admitted.error()), number, &idp, &target, /*force=*/logged_out);
    }
    host.admitted(session->id, admitted->expires);
    HttpReply reply = redirect(303, admitted->target.url());
    reply.headers.emplace_back("Set-Cookie", session->set_cookie);
    return reply;
}

/// Once a minute for each browser: an IdP that answers every request with an unsolicited Response would go on for ever.
HttpReply SignOnEndpoint::Impl::convert(const HttpRequest& request, const UnsolicitedSignOn& unsolicited) {
    if (!std::holds_alternative<NoCookie>(cookie_value(converted_cookie(), request.headers))) {
        const RefusedSignOn refused = sign_on.refuse(fail(SignOnErrc::unsolicited,
                                                          "twice within a minute: the IdP's answer to our own request "
                                                          "has no InResponseTo, or its RelayState is dropped"));
        return page(request, PageCode::unsolicited, refused.number, &unsolicited.idp);
    }
    HttpReply reply = redirect(303, StartLink(options.login_url, &unsolicited.idp).href());
    reply.headers.emplace_back("Set-Cookie", set_cookie(converted_cookie(), "1", once_a_minute));
    return reply;
}

std::optional<saml::EndpointUrl> SignOnEndpoint::Impl::help_of(const saml::EntityID& idp) const {
    const auto idps = sign_on.service().idps();
    const auto found = idps ? idps->find(idp) : nullptr;
    return found ? found->sign_on.error_url : std::nullopt;
}

HttpReply SignOnEndpoint::Impl::page(const HttpRequest& request, PageCode code, std::string number,
                                     const saml::EntityID* idp, const LocalTarget* target, bool force) const {
    std::optional<StartLink> again;
    const auto start = saml::EndpointUrl::parse(force ? with_parameter(options.login_url.str(), "force", "1")
                                                      : options.login_url.str());
    if (start) again = StartLink(*start, idp, target);
    return pages.refusal({.code = code,
                          .request_number = std::move(number),
                          .again = std::move(again),
                          .idp_help = idp != nullptr ? help_of(*idp) : std::nullopt},
                         header_of(request, "Accept-Language"));
}

HttpReply SignOnEndpoint::Impl::page(const HttpRequest& request, const RefusedSignOn& refused) const {
    return page(request, page_code(refused.why), refused.number, refused.idp ? &*refused.idp : nullptr,
                refused.target ? &*refused.target : nullptr);
}

SignOnEndpoint::SignOnEndpoint(SignOn& sign_on, SignOnHost& host, SignOnEndpointOptions options)
    : impl_(std::make_unique<Impl>(sign_on, host, std::move(options))) {}

SignOnEndpoint::~SignOnEndpoint() = default;

bool SignOnEndpoint::serves(std::string_view target) const noexcept {
    return path_of(target) == impl_->login_path || path_of(target) == impl_->acs_path;
}

std::size_t SignOnEndpoint::max_body(std::string_view target, std::size_t usual) const noexcept {
    return path_of(target) == impl_->acs_path ? impl_->options.max_body : usual;
}

HttpStep SignOnEndpoint::handle(const HttpRequest& request) noexcept {
    try {
        if (path_of(request.target) == impl_->login_path) return impl_->login(request);
        if (path_of(request.target) == impl_->acs_path) return impl_->consume(request);
        return bare(404);
    } catch (...) {
        return HttpReply{500, {}, {}};
    }
}

}  // namespace slo::sp
