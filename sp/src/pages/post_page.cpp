#include "post_page.hpp"

#include "html.hpp"
#include "http_fields.hpp"
#include "page_frame.hpp"
#include "page_texts.hpp"
#include "query_text.hpp"
#include "slo/saml/base64.hpp"

namespace slo::sp {
namespace {

constexpr std::string_view again = "again";

std::string hidden(std::string_view name, std::string_view value) {
    return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + html_text(value) + "\">\n";
}

std::string form(std::string_view action, std::string_view fields, PageLanguage language) {
    std::string html = "<p>" + html_text(text(PageText::continue_hint, language)) + "</p>\n";
    html += "<form method=\"post\" action=\"" + html_text(action) + "\">\n" + std::string(fields);
    return html + "<button autofocus>" + html_text(text(PageText::continue_button, language)) + "</button></form>";
}

std::vector<std::string> origins_of(const std::vector<saml::EndpointUrl>& urls) {
    std::vector<std::string> origins;
    for (const auto& url : urls) origins.push_back(origin_of(url));
    return origins;
}

/// The frame of a form that goes to `to`.
PageFrame frame_for(const saml::EndpointUrl& to, std::string_view accept_language, const PostFrame& wanted) {
    PageFrame frame{.language = page_language(accept_language), .title = {}, .script = PageScript::submits};
    frame.title = text(PageText::continue_title, frame.language);
    frame.form_origins = origins_of(wanted.then_to);
    frame.form_origins.insert(frame.form_origins.begin(), origin_of(to));
    frame.framed_by = origins_of(wanted.framed_by);
    return frame;
}

}  // namespace

HttpReply post_page(PostedField field, const saml::SignedMessage& message, const saml::EndpointUrl& to,
                    std::optional<std::string_view> relay_state, std::string_view accept_language,
                    const PostFrame& frame) {
    const std::string_view name = field == PostedField::saml_request ? "SAMLRequest" : "SAMLResponse";
    std::string fields = hidden(name, saml::encode_base64(message.xml()));
    if (relay_state) fields += hidden("RelayState", *relay_state);
    const PageFrame page = frame_for(to, accept_language, frame);
    return framed_page(page, form(to.str(), fields, page.language));
}

HttpReply resubmit_page(const saml::EndpointUrl& acs, const ResubmittedFields& fields, std::string_view accept_language,
                        const PostFrame& frame) {
    std::string inputs = hidden("SAMLResponse", fields.saml_response);
    if (fields.relay_state) inputs += hidden("RelayState", *fields.relay_state);
    PageFrame page = frame_for(acs, accept_language, frame);
    page.referrer_policy = "same-origin";  // with no-referrer our own form has "Origin: null"
    const std::string_view separator = acs.str().find('?') == std::string::npos ? "?" : "&";
    const std::string action = acs.str() + std::string(separator) + std::string(again);
    return framed_page(page, form(action, inputs, page.language));
}

bool is_resubmitted(std::string_view target) noexcept {
    idp_adapter::cut(target, "?");
    while (!target.empty()) {
        if (idp_adapter::cut(target, "&") == again) return true;
    }
    return false;
}

}  // namespace slo::sp
