#include "slo/sp/cookies.hpp"

#include "http_fields.hpp"
#include "query_text.hpp"
#include "slo/saml/form.hpp"

namespace slo::sp {
namespace {

std::string sent_name(const CookieKind& kind) {
    return kind.transport == CookieTransport::https ? "__Host-" + kind.name : kind.name;
}

}  // namespace

std::string set_cookie(const CookieKind& kind, std::string_view value, std::chrono::seconds max_age) {
    const bool is_secure = kind.transport == CookieTransport::https;
    std::string field = sent_name(kind) + "=" + saml::form::escape(value) + "; Path=/; HttpOnly";
    field += "; Max-Age=" + std::to_string(max_age.count());
    if (is_secure) field += "; Secure";
    return field + (is_secure && kind.same_site == SameSite::none ? "; SameSite=None" : "; SameSite=Lax");
}

std::string clear_cookie(const CookieKind& kind) {
    return set_cookie(kind, {}, std::chrono::seconds(0));
}

CookieValue cookie_value(const CookieKind& kind, const HttpHeaders& headers) {
    const std::string begin = sent_name(kind) + "=";
    CookieValue found = NoCookie{};
    for (std::string_view field : idp_adapter::values_of(headers, "Cookie")) {
        while (!field.empty()) {
            const std::string_view pair = idp_adapter::trimmed(idp_adapter::cut(field, ";"));
            if (!pair.starts_with(begin)) continue;
            if (!std::holds_alternative<NoCookie>(found)) return RepeatedCookie{};
            found = percent_decoded(pair.substr(begin.size()));
        }
    }
    return found;
}

}  // namespace slo::sp
