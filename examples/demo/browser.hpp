// A user's browser, as far as sign-on needs one: it keeps cookies, and goes where it's told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "http_client.hpp"
#include "slo/saml/identifiers.hpp"

namespace slo::examples {

/// Browser keeps the cookies of one host, which is a port of this machine.
class Browser {
public:
    explicit Browser(std::uint16_t port) : port_(port) {}

    /// A status of 0: no answer.
    HttpAnswer get(const std::string& path);
    HttpAnswer post(const std::string& path, const std::string& form);
    /// cookie is the field that it sends.
    [[nodiscard]] std::string cookie() const;

private:
    HttpAnswer send(HttpCall call);

    std::uint16_t port_;
    std::map<std::string, std::string> cookies_;
};

/// AskedSignOn is what an IdP learns from the redirect with which a browser comes.
struct AskedSignOn {
    saml::MessageID id;
    std::string relay_state;
};
/// asked_by reads the field Location. std::nullopt if it isn't such a redirect.
[[nodiscard]] std::optional<AskedSignOn> asked_by(const std::string& location);

}  // namespace slo::examples
