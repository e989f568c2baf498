#include "slo/sp/local_target.hpp"

#include <algorithm>

#include "query_text.hpp"

namespace slo::sp {
namespace {

/// `path` without its dot segments (RFC 3986, 5.2.4). Empty segments stay: "/..//x" leads to another host.
std::string without_dot_segments(std::string_view path) {
    std::string result;
    while (!path.empty()) {
        path.remove_prefix(1);  // the '/' in front of each segment
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(segment.size());
        if (segment == "..") result.erase(std::min(result.rfind('/'), result.size()));
        if (segment == "." || segment == "..") {
            if (path.empty()) result += '/';
        } else {
            result.append("/").append(segment);
        }
    }
    return result;
}

bool is_below(std::string_view path, std::string_view prefix) noexcept {
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// Whether a server or browser that has decoded a target's path to `path` takes it for a place below `prefix`.
bool is_place_below(std::string_view prefix, std::string_view path) {
    const std::string place = without_dot_segments(path);
    return path.starts_with('/') && !path.starts_with("//") && !place.starts_with("//") && is_below(place, prefix);
}

bool has_control_or_backslash(std::string_view text) noexcept {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; });
}

bool is_visible_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<LocalTarget> LocalTarget::parse(std::string_view text, const TargetRules& rules) {
    if (text.size() > max_octets || !is_visible_ascii(text)) return std::nullopt;
    if (std::ranges::find(rules.others, text) != rules.others.end()) {
        return LocalTarget(std::string(text), std::string(text));
    }
    std::string whole(text);
    std::string path(text.substr(0, text.find_first_of("?#")));
    for (int decoded = 0; decoded <= 2; ++decoded) {
        if (has_control_or_backslash(whole) || !is_place_below(rules.prefix, path)) return std::nullopt;
        whole = percent_decoded(whole);
        path = percent_decoded(path);
    }
    return LocalTarget(std::string(text), origin_of(rules.origin).append(text));
}

StartLink::StartLink(const saml::EndpointUrl& start, const saml::EntityID* idp, const LocalTarget* target,
                     RememberIdp remember)
    : href_(start.str()) {
    if (idp != nullptr) href_ = with_parameter(std::move(href_), "idp", idp->str());
    if (target != nullptr) href_ = with_parameter(std::move(href_), "target", target->str());
    if (remember == RememberIdp::yes) href_ = with_parameter(std::move(href_), "remember", "1");
}

}  // namespace slo::sp
