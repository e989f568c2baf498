#include "cached_state.hpp"

#include <algorithm>
#include <functional>

#include "authorities.hpp"

namespace slo::idp_adapter {
namespace {

constexpr std::string_view state_line = "saml-slo metadata copy 2";
constexpr std::string_view state_line_without_voucher = "saml-slo metadata copy 1";
constexpr std::string_view names_line = "saml-slo metadata names 1";
constexpr std::size_t max_validator_octets = 512;

bool is_sha256(std::string_view text) noexcept {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_line(std::string_view text) noexcept {
    return !text.empty() && text.find('\n') == std::string_view::npos;
}

std::string without_slashes_at_end(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

const HttpClientOptions* http_of(const MetadataPlace& place) {
    if (const auto* url = std::get_if<MetadataUrl>(&place)) return &url->http;
    const auto* query = std::get_if<MetadataQuery>(&place);
    return query != nullptr ? &query->http : nullptr;
}

Result<std::vector<std::string>> anchors_of_server(const PeerTrust& peer) {
    std::vector<std::string> anchors;
    if (const auto* keys = std::get_if<PinnedPublicKeys>(&peer)) {
        for (const std::string& key : keys->sha256) anchors.push_back("tls-key " + key);
        return anchors;
    }
    auto authorities = hash_of_authorities(peer);
    if (!authorities) return std::move(authorities).error();
    anchors.push_back("tls-cas " + *authorities);
    return anchors;
}

void add_line(std::string& text, std::string_view key, std::string_view value) {
    if (!value.empty()) text.append(key).append(" ").append(value).append("\n");
}

void add_lines(std::string& text, const Voucher& voucher) {
    add_line(text, "place", voucher.place);
    for (const std::string& anchor : voucher.anchors) add_line(text, "anchor", anchor);
}

std::string instant_of(const std::optional<Instant>& when) {
    return when ? saml::format_instant(*when) : std::string();
}

bool read_instant(std::string_view value, std::optional<Instant>& into) {
    const auto instant = saml::parse_instant(value);
    if (instant) into = *instant;
    return instant.has_value();
}

using TakeLine = std::function<bool(std::string_view key, std::string_view value)>;

/// Takes the lines of `text`, each a word and a value. False: one of them is unknown.
bool read_lines(std::string_view text, const TakeLine& take) {
    if (!text.empty() && !text.ends_with('\n')) return false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const auto blank = line.find(' ');
        if (blank == std::string_view::npos || !take(line.substr(0, blank), line.substr(blank + 1))) return false;
        text.remove_prefix(end + 1);
    }
    return true;
}

/// std::nullopt if `text` doesn't begin with the line.
std::optional<std::string_view> after_line(std::string_view text, std::string_view line) {
    if (!text.starts_with(line) || !text.substr(line.size()).starts_with('\n')) return std::nullopt;
    return text.substr(line.size() + 1);
}

bool take_of_voucher(std::string_view key, std::string_view value, Voucher& voucher) {
    if (key == "place") voucher.place = value;
    if (key == "anchor") voucher.anchors.emplace_back(value);
    return (key == "place" || key == "anchor") && is_line(value);
}

bool take_of_state(std::string_view key, std::string_view value, CachedState& state) {
    if (key == "published") return read_instant(value, state.precedent.published);
    if (key == "valid_until") return read_instant(value, state.precedent.valid_until);
    if (key == "fetched") return read_instant(value, state.fetched);
    if (key == "sha256" || key == "superseded") {
        if (key == "sha256")
            state.precedent.sha256 = value;
        else
            state.precedent.superseded.emplace_back(value);
        return is_sha256(value);
    }
    if (key == "etag") state.etag = value;
    if (key == "last_modified") state.last_modified = value;
    if (key == "etag" || key == "last_modified") return is_keepable(value);
    return take_of_voucher(key, value, state.voucher);
}

}  // namespace

bool is_keepable(std::string_view validator) noexcept {
    return !validator.empty() && validator.size() <= max_validator_octets &&
           std::all_of(validator.begin(), validator.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

Result<Voucher> voucher_of(const MetadataSourceOptions& options) {
    Voucher voucher;
    if (const auto* url = std::get_if<MetadataUrl>(&options.place)) voucher.place = "url " + url->url.str();
    if (const auto* query = std::get_if<MetadataQuery>(&options.place)) {
        voucher.place = "mdq " + without_slashes_at_end(query->base.str());
    }
    if (const auto* signers = std::get_if<metadata::SignedBy>(&options.rules.trust)) {
        for (const auto& key : signers->keys) voucher.anchors.push_back("signed-by " + key.fingerprint());
    } else if (const auto* pinned = std::get_if<metadata::PinnedHash>(&options.rules.trust)) {
        voucher.anchors.push_back("sha256 " + pinned->sha256);
    } else if (const auto* http = http_of(options.place)) {
        auto anchors = anchors_of_server(http->peer);
        if (!anchors) return std::move(anchors).error();
        voucher.anchors = *std::move(anchors);
    }
    return voucher;
}

bool vouches_for(const Voucher& now, const Voucher& then) {
    if (then.place.empty()) return true;
    const auto still_counts = [&](const std::string& anchor) {
        return !anchor.starts_with("tls-key ") || std::ranges::find(now.anchors, anchor) != now.anchors.end();
    };
    // The server's key on that connection isn't known: a copy can't be proven by a withdrawn one.
    if (!std::ranges::all_of(then.anchors, still_counts)) return false;
    return now.place == then.place && std::ranges::any_of(now.anchors, [&](const std::string& anchor) {
               return std::ranges::find(then.anchors, anchor) != then.anchors.end();
           });
}

std::string text_of(const CachedState& state) {
    std::string text = std::string(state_line) + "\n";
    add_lines(text, state.voucher);
    add_line(text, "sha256", state.precedent.sha256);
    add_line(text, "published", instant_of(state.precedent.published));
    add_line(text, "valid_until", instant_of(state.precedent.valid_until));
    add_line(text, "etag", state.etag);
    add_line(text, "last_modified", state.last_modified);
    add_line(text, "fetched", instant_of(state.fetched));
    for (const std::string& sha256 : state.precedent.superseded) add_line(text, "superseded", sha256);
    return text;
}

std::optional<CachedState> state_of(std::string_view text) {
    auto rest = after_line(text, state_line);
    const bool has_voucher = rest.has_value();
    if (!has_voucher) rest = after_line(text, state_line_without_voucher);
    if (!rest) return std::nullopt;
    CachedState state;
    const bool read = read_lines(*rest, [&](auto key, auto value) { return take_of_state(key, value, state); });
    if (!read || state.precedent.sha256.empty() || has_voucher == state.voucher.place.empty()) return std::nullopt;
    return state;
}

std::string text_of(const KnownNames& known) {
    std::string text = std::string(names_line) + "\n";
    add_lines(text, known.voucher);
    for (const saml::EntityID& name : known.names) add_line(text, "entity", name.str());
    return text;
}

std::optional<KnownNames> names_of(std::string_view text) {
    const auto rest = after_line(text, names_line);
    if (!rest) return std::nullopt;
    KnownNames known;
    const bool read = read_lines(*rest, [&](auto key, auto value) {
        if (key != "entity") return take_of_voucher(key, value, known.voucher);
        auto name = saml::EntityID::opaque(value);
        if (name) known.names.insert(*std::move(name));
        return name.has_value();
    });
    if (!read || known.voucher.place.empty()) return std::nullopt;
    return known;
}

}  // namespace slo::idp_adapter
