#include "slo/sp/pages.hpp"

#include <algorithm>
#include <array>

#include "html.hpp"
#include "page_frame.hpp"
#include "page_texts.hpp"
#include "slo/saml/url_view.hpp"

namespace slo::sp {
namespace {

constexpr std::array<std::string_view, page_codes> names{
    "form",       "encoding",    "binding",       "structure",  "flow",        "flow_expired",    "other_browser",
    "issuer",     "unsolicited", "destination",   "sig",        "status",      "status_unproven", "assertion",
    "clock",      "stale",       "authn_context", "replay",     "not_allowed", "logged_out",      "logout_unproven",
    "cross_site", "framed",      "too_many",      "unavailable"};

constexpr std::string_view retry_after_seconds = "60";

std::string paragraph(std::string_view html) {
    return "<p>" + std::string(html) + "</p>\n";
}

std::string link(std::string_view href, std::string_view label_html, std::string_view attributes = {}) {
    return "<a href=\"" + html_text(href) + "\"" + std::string(attributes) + ">" + std::string(label_html) + "</a>";
}

std::string described(std::string_view term, std::string_view description) {
    return "<dt>" + html_text(term) + ":</dt> <dd>" + html_text(description) + "</dd>";
}

/// The name in the page's language, else in English, else in any; the host of the entityID where there is none.
std::string_view display_name(const IdpChoice& choice, PageLanguage language) noexcept {
    for (const PageLanguage wanted : {language, PageLanguage::english}) {
        const auto found =
            std::ranges::find_if(choice.names, [&](const auto& name) { return speaks(name.language, wanted); });
        if (found != choice.names.end()) return found->text;
    }
    if (!choice.names.empty()) return choice.names.front().text;
    const auto url = saml::split_url(choice.idp.str());
    return url ? url->host : std::string_view(choice.idp.str());
}

std::string choices(const ChooserPage& page, PageLanguage language, RememberIdp remember) {
    std::string list = remember == RememberIdp::yes ? "<ul class=\"kept\">" : "<ul class=\"once\">";
    for (const auto& choice : page.idps) {
        const StartLink& start = remember == RememberIdp::yes ? choice.start_and_remember : choice.start;
        // Isolated, as a name may run from right to left.
        const std::string name = "<bdi>" + html_text(display_name(choice, language)) + "</bdi>";
        list += "\n<li>" + link(start.href(), name) + "</li>";
    }
    return list + "\n</ul>\n";
}

PageText told_by(const std::optional<Extent>& extent) noexcept {
    if (!extent) return PageText::logged_out_here;
    switch (*extent) {
        case Extent::everywhere:
            return PageText::logged_out_everywhere;
        case Extent::partial:
            return PageText::logged_out_partial;
        case Extent::local_only:
            return PageText::logged_out_local_only;
        case Extent::unknown:
            break;
    }
    return PageText::logged_out_unknown;
}

class DefaultPages final : public Pages {
public:
    HttpReply refusal(const RefusalPage& page, std::string_view accept_language) const override;
    HttpReply chooser(const ChooserPage& page, std::string_view accept_language) const override;
    HttpReply logged_out(const LoggedOutPage& page, std::string_view accept_language) const override;
};

HttpReply DefaultPages::refusal(const RefusalPage& page, std::string_view accept_language) const {
    const PageLanguage language = page_language(accept_language);
    std::string html = paragraph(html_text(text(page.code, language)));
    if (page.again) {
        const std::string_view out_of_frame = page.code == PageCode::framed ? " target=\"_top\"" : "";
        html += paragraph(link(page.again->href(), html_text(text(PageText::try_again, language)), out_of_frame));
    }
    if (page.idp_help && saml::view_of(*page.idp_help).scheme == "https") {
        html +=
            paragraph(link(page.idp_help->str(), html_text(text(PageText::idp_help, language)), " rel=\"noreferrer\""));
    }
    html += "<dl>" + described(text(PageText::code_label, language), name(page.code));
    html += described(text(PageText::number_label, language), page.request_number) + "</dl>";
    const bool is_logout = page.code == PageCode::logout_unproven || page.topic == PageTopic::logout;
    const PageText title = is_logout ? PageText::logout_title : PageText::refused_title;
    HttpReply reply =
        framed_page({.language = language, .title = text(title, language), .status = status_of(page.code)}, html);
    if (reply.status == 429 || reply.status == 503) reply.headers.emplace_back("Retry-After", retry_after_seconds);
    return reply;
}

HttpReply DefaultPages::chooser(const ChooserPage& page, std::string_view accept_language) const {
    const PageLanguage language = page_language(accept_language);
    std::string html;
    if (page.idps.empty()) {
        html = paragraph(html_text(text(PageText::chooser_empty, language)));
    } else {
        // A form can't be used: Chromium stops its redirect to the IdP. So there are two lists of links, of which the
        // style shows one.
        html = "<input type=\"checkbox\" id=\"remember\" autocomplete=\"off\"> <label for=\"remember\">" +
               html_text(text(PageText::chooser_remember, language)) + "</label>\n";
        html += choices(page, language, RememberIdp::no) + choices(page, language, RememberIdp::yes);
    }
    return framed_page({.language = language, .title = text(PageText::chooser_title, language)}, html);
}

HttpReply DefaultPages::logged_out(const LoggedOutPage& page, std::string_view accept_language) const {
    const PageLanguage language = page_language(accept_language);
    std::string html = paragraph(html_text(text(told_by(page.extent), language)));
    if (page.again) html += paragraph(link(page.again->href(), html_text(text(PageText::sign_in_again, language))));
    return framed_page({.language = language, .title = text(PageText::logged_out_title, language)}, html);
}

}  // namespace

std::string_view name(PageCode code) noexcept {
    return names[static_cast<std::size_t>(code)];
}

int status_of(PageCode code) noexcept {
    switch (code) {
        case PageCode::form:
            return 400;
        case PageCode::cross_site:
            return 403;
        case PageCode::too_many:
            return 429;
        case PageCode::unavailable:
            return 503;
        default:
            return 200;
    }
}

const Pages& default_pages() noexcept {
    static const DefaultPages pages;
    return pages;
}

}  // namespace slo::sp
