// Cookies (RFC 6265bis), those of this service alone.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "slo/sp/http.hpp"

namespace slo::sp {

/// SameSite says with which requests from other sites a cookie comes: lax with links, none also with a form that an
/// IdP's page posts. It is always written: without it browsers differ.
enum class SameSite { lax, none };

/// CookieTransport says over what cookies travel. With https their names have the prefix __Host-, so that no other host
/// of the domain and no plain connection can set them.
enum class CookieTransport { https, plain_http_for_development };

/// CookieKind is one of our cookies. It has Path=/ and HttpOnly, and over https Secure. Browsers refuse SameSite=None
/// without Secure, so it is Lax over plain http.
struct CookieKind {
    std::string name;  ///< an HTTP token, without prefix
    SameSite same_site = SameSite::lax;
    CookieTransport transport = CookieTransport::https;
};

/// set_cookie returns the value of a field Set-Cookie. `value` may have any octets: it is percent-encoded.
[[nodiscard]] std::string set_cookie(const CookieKind& kind, std::string_view value, std::chrono::seconds max_age);
/// clear_cookie returns the value of a field Set-Cookie that removes it.
[[nodiscard]] std::string clear_cookie(const CookieKind& kind);

/// NoCookie: it was not sent. Nothing is wrong with that.
struct NoCookie {};
/// RepeatedCookie: there are two of the name, so one of them is not ours. Neither is used.
struct RepeatedCookie {};
using CookieValue = std::variant<NoCookie, RepeatedCookie, std::string>;

/// cookie_value finds the value that set_cookie was given, in all fields Cookie of a request.
[[nodiscard]] CookieValue cookie_value(const CookieKind& kind, const HttpHeaders& headers);

}  // namespace slo::sp
