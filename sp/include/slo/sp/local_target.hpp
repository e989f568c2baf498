// Where a browser may be sent by what it brought itself: a place of this service, and never another one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"

namespace slo::sp {

/// TargetRules says which targets are places of this service.
struct TargetRules {
    saml::EndpointUrl origin;         ///< its scheme, host and port are those of each path; the rest is not used
    std::string prefix = "/";         ///< a path begins with these segments, also after its dot segments are removed
    std::vector<std::string> others;  ///< absolute URLs that are targets as well, compared byte by byte
};

/// LocalTarget is a target or a landing place that parse() accepted. It is the only type that one is kept as.
class LocalTarget {
public:
    /// max_octets is how long a target may be.
    static constexpr std::size_t max_octets = 2048;

    /// parse accepts a path of visible ASCII with query and fragment that begins with one '/', and each of
    /// `rules.others`. std::nullopt for all else: a second '/' or a '\' at the beginning of a path, a '\' or a control
    /// anywhere, each also percent-encoded once or twice, and a path whose dot segments lead to such a beginning or out
    /// of `rules.prefix`. Browsers take '\' for '/', and drop tabs and line breaks.
    [[nodiscard]] static std::optional<LocalTarget> parse(std::string_view text, const TargetRules& rules);

    /// str is what parse() accepted.
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    /// url is absolute, of ASCII, for the field Location.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
    LocalTarget(std::string text, std::string url) : text_(std::move(text)), url_(std::move(url)) {}
    std::string text_;
    std::string url_;
};

/// RememberIdp says whether the browser is told to keep its choice of an IdP.
enum class RememberIdp { no, yes };

/// StartLink is a link to our start URL, made of values that were checked before: nothing else leads from a page of
/// ours back into a sign-on.
class StartLink {
public:
    /// StartLink appends `idp`, `target` and `remember` (as idp=, target= and remember=1) to the query of `start`.
    explicit StartLink(const saml::EndpointUrl& start, const saml::EntityID* idp = nullptr,
                       const LocalTarget* target = nullptr, RememberIdp remember = RememberIdp::no);
    /// href is absolute, of ASCII, and not yet escaped for HTML.
    [[nodiscard]] const std::string& href() const noexcept { return href_; }

private:
    std::string href_;
};

}  // namespace slo::sp
