// The genuine request taken apart, and where forgers put its parts. All of it is freshly signed by the xmlsec1 tool
// with a partner's key, so that keys and times are always right.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace slo::test {

/// good_body()'s message, in the matrix's words.
struct Material {
    std::string message;    ///< ORIG: the samlp:LogoutRequest, ID _r1, for alice
    std::string signature;  ///< SIG: its ds:Signature
    std::string bare;       ///< ORIG-S: the message without it
    std::string evil;       ///< EVIL: bare, but with ID _e1 and for bob
};
[[nodiscard]] const Material& material();

/// The text from the first `from` up to the end of the next `to`. Throws std::logic_error if they aren't there.
[[nodiscard]] std::string cut_out(const std::string& text, std::string_view from, std::string_view to);

/// `message` with `markup` as its first child, behind its Issuer, or as its last child.
[[nodiscard]] std::string first_in(const std::string& message, std::string_view markup);
[[nodiscard]] std::string behind_issuer(const std::string& message, std::string_view markup);
[[nodiscard]] std::string last_in(const std::string& message, std::string_view markup);
/// A samlp:Extensions around `markup`.
[[nodiscard]] std::string extensions(std::string_view markup);

/// `unit`, `times` times.
[[nodiscard]] std::string repeated(std::string_view unit, int times);

/// good_body() with `block` in a SOAP Header, outside the signature.
[[nodiscard]] std::function<std::string()> with_header(std::string block);
/// good_body() with the first `from` replaced.
[[nodiscard]] std::function<std::string()> changed(std::string from, std::string to);
/// good_body() with its message changed by `change`.
[[nodiscard]] std::function<std::string()> with_message(std::function<std::string(const Material&)> change);

}  // namespace slo::test
