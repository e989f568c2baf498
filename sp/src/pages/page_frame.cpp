#include "page_frame.hpp"

#include "html.hpp"

namespace slo::sp {
namespace {

// The browser takes the two by their SHA-256 in the policy, and a test computes that anew from the page.
constexpr std::string_view script = "document.forms[0].submit()";
constexpr std::string_view script_hash = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";
constexpr std::string_view style =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}"
    "h1{font-size:1.5rem;line-height:1.25}"
    "a{color:#0b57a4}"
    "ul{list-style:none;padding:0}"
    "li a{display:block;padding:.75rem;margin:.5rem 0;border:1px solid #767676;border-radius:.375rem}"
    "button{font:inherit;padding:.5rem 1.25rem;color:#fff;background:#0b57a4;border:2px solid #0b57a4;"
    "border-radius:.375rem}"
    "a:focus-visible,button:focus-visible,input:focus-visible{outline:3px solid #b45309;outline-offset:2px}"
    "dl{font-size:.875rem}dt,dd{display:inline;margin:0}dd::after{content:'';display:block}"
    "#remember:checked~.once,#remember:not(:checked)~.kept{display:none}"
    "@media(prefers-color-scheme:dark){body{color:#eaeaea;background:#161616}a{color:#8ab8f0}"
    "button{color:#161616;background:#8ab8f0;border-color:#8ab8f0}"
    "a:focus-visible,button:focus-visible,input:focus-visible{outline-color:#f5a524}}";
constexpr std::string_view style_hash = "Y5BW93a/zFSaCd7l/CD2C3xsNknigfqDflyw7qABPZU=";

std::string source_list(const std::vector<std::string>& origins) {
    std::string list;
    for (const auto& origin : origins) list.append(" ").append(origin);
    return list.empty() ? " 'none'" : list;
}

std::string content_security_policy(const PageFrame& frame) {
    std::string policy = "default-src 'none'; style-src 'sha256-" + std::string(style_hash) + "'";
    if (frame.script == PageScript::submits) policy += "; script-src 'sha256-" + std::string(script_hash) + "'";
    policy += "; form-action" + source_list(frame.form_origins);
    return policy + "; base-uri 'none'; frame-ancestors" + source_list(frame.framed_by);
}

HttpHeaders headers_of(const PageFrame& frame) {
    HttpHeaders headers{{"Content-Type", "text/html; charset=utf-8"},
                        {"Content-Language", std::string(tag(frame.language))},
                        {"Vary", "Accept-Language"},
                        {"Cache-Control", "no-store"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", std::string(frame.referrer_policy)},
                        {"Content-Security-Policy", content_security_policy(frame)}};
    // It can't name origins, so it stands only where the policy names none either.
    if (frame.framed_by.empty()) headers.emplace_back("X-Frame-Options", "DENY");
    return headers;
}

}  // namespace

HttpReply framed_page(const PageFrame& frame, std::string_view content) {
    const std::string title = html_text(frame.title);
    std::string body = "<!DOCTYPE html>\n<html lang=\"" + std::string(tag(frame.language)) + "\"><head>";
    body += "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
    body += "<meta name=\"robots\" content=\"noindex\"><title>" + title + "</title>";
    body.append("<style>").append(style).append("</style></head>\n<body><main><h1>").append(title).append("</h1>\n");
    body.append(content).append("\n</main>");
    if (frame.script == PageScript::submits) body.append("<script>").append(script).append("</script>");
    body += "</body></html>\n";
    return {.status = frame.status, .headers = headers_of(frame), .body = std::move(body)};
}

}  // namespace slo::sp
