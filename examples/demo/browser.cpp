#include "browser.hpp"

#include <utility>

#include "slo/saml/redirect.hpp"

namespace slo::examples {

HttpAnswer Browser::get(const std::string& path) {
    return send({.method = "GET", .path = path});
}

HttpAnswer Browser::post(const std::string& path, const std::string& form) {
    return send({.method = "POST", .path = path, .content_type = "application/x-www-form-urlencoded", .body = form});
}

std::string Browser::cookie() const {
    std::string all;
    for (const auto& [name, value] : cookies_) all += (all.empty() ? "" : "; ") + name + "=" + value;
    return all;
}

HttpAnswer Browser::send(HttpCall call) {
    call.cookie = cookie();
    auto answer = examples::call(port_, call);
    if (!answer) return {};
    for (const auto& [name, value] : answer->headers) {
        if (name != "Set-Cookie") continue;
        const auto equals = value.find('=');
        cookies_[value.substr(0, equals)] = value.substr(equals + 1, value.find(';') - equals - 1);
    }
    return *std::move(answer);
}

std::optional<AskedSignOn> asked_by(const std::string& location) {
    const auto query = location.find('?');
    if (query == std::string::npos) return std::nullopt;
    const auto request = saml::redirect::decode(location.substr(query + 1));
    if (!request || !request->relay_state) return std::nullopt;
    const auto id = request->message.claimed_id();
    if (!id) return std::nullopt;
    return AskedSignOn{*id, request->relay_state->octets()};
}

}  // namespace slo::examples
