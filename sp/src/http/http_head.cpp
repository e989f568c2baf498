#include "http_head.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "http_fields.hpp"

namespace slo::sp {
namespace {

using idp_adapter::cut;
using idp_adapter::cut_member;
using idp_adapter::is_digit;
using idp_adapter::is_letter_or_digit;
using idp_adapter::is_token;
using idp_adapter::lists;
using idp_adapter::same_ignoring_case;
using idp_adapter::trimmed;

constexpr std::string_view crlf = "\r\n";

enum class Version { http_1_0, http_1_1 };

constexpr Refusal malformed(std::string_view right) noexcept {
    return {400, HttpRule::head, right};
}

constexpr Refusal ambiguous(std::string_view right) noexcept {
    return {400, HttpRule::framing, right};
}

std::variant<Version, Refusal> read_version(std::string_view text) noexcept {
    if (text == "HTTP/1.1") return Version::http_1_1;
    if (text == "HTTP/1.0") return Version::http_1_0;
    const bool version_shaped =
        text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
    if (version_shaped) return Refusal{505, HttpRule::version, "HTTP/1.1 and HTTP/1.0 are spoken here"};
    return malformed("a request line is method, path and HTTP/1.1, each behind one blank");
}

/// The scheme of an absolute target and what follows "://"; std::nullopt if it has no such scheme. Which one it is
/// says nothing here: TLS may end at a proxy.
std::optional<std::string_view> behind_scheme(std::string_view target) noexcept {
    for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
        if (same_ignoring_case(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
    }
    return std::nullopt;
}

struct RequestLine {
    Version version;
    std::optional<std::string_view> authority = {};  ///< of an absolute target
};

/// The origin form, or the absolute one, which a server must take as well (RFC 9112, 3.2.2); the others name no path.
std::variant<RequestLine, Refusal> read_target(std::string_view target, Version version) noexcept {
    constexpr Refusal no_path = malformed("a target is a path of visible ASCII without fragment");
    if (!std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; })) return no_path;
    if (target.starts_with('/')) return RequestLine{version};
    const auto absolute = behind_scheme(target);
    if (!absolute) return no_path;
    const auto end = std::min(absolute->find_first_of("/?"), absolute->size());
    if (absolute->substr(end).starts_with('?')) return no_path;
    return RequestLine{version, absolute->substr(0, end)};
}

std::variant<RequestLine, Refusal> read_request_line(std::string_view line) noexcept {
    const auto method = cut(line, " ");
    const auto target = cut(line, " ");
    const auto version = read_version(line);
    // The version comes first, so that the HTTP/2 preface `PRI * HTTP/2.0` is told what is wrong with it.
    if (const auto* refusal = std::get_if<Refusal>(&version)) return *refusal;
    if (!is_token(method)) return malformed("a method is a token");
    return read_target(target, std::get<Version>(version));
}

struct SeenField {
    std::string_view value;
    std::size_t count = 0;
};

/// The fields that the server acts upon; all others are for the handler.
struct SeenFields {
    SeenField host;
    SeenField content_length;
    SeenField transfer_encoding;
    SeenField expect;
    bool close = false;
};

void note(SeenField& field, std::string_view value) noexcept {
    field.value = value;
    ++field.count;
}

std::variant<SeenFields, Refusal> read_fields(std::string_view lines, std::size_t max_fields) noexcept {
    SeenFields seen;
    for (std::size_t count = 1; !lines.starts_with(crlf); ++count) {
        if (count > max_fields) return Refusal{431, HttpRule::fields, "a head's most fields are", max_fields};
        auto value = cut(lines, crlf);
        if (value.find(':') == std::string_view::npos) return malformed("a field has a colon");
        const auto name = cut(value, ":");
        // Thereby also white space before the colon (RFC 9112, 5.1) and before the name, which is obs-fold (5.2).
        if (!is_token(name)) return malformed("a field's name is a token, and no field is folded");
        value = trimmed(value);

        if (same_ignoring_case(name, "Host")) note(seen.host, value);
        if (same_ignoring_case(name, "Content-Length")) note(seen.content_length, value);
        if (same_ignoring_case(name, "Transfer-Encoding")) note(seen.transfer_encoding, value);
        if (same_ignoring_case(name, "Expect")) note(seen.expect, value);
        if (same_ignoring_case(name, "Connection")) seen.close = seen.close || lists(value, "close");
    }
    return seen;
}

bool is_port(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

/// host [ ":" port ], with an IPv6 address in brackets. Narrower than RFC 3986, whose names may be almost anything.
bool is_host(std::string_view text) noexcept {
    std::string_view host = text;
    if (const auto colon = text.rfind(':');
        colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
        if (!is_port(text.substr(colon + 1))) return false;
        host = text.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        const auto address = host.substr(1, host.size() - 2);
        return !address.empty() &&
               std::ranges::all_of(address, [](char c) { return is_letter_or_digit(c) || c == ':' || c == '.'; });
    }
    return !host.empty() &&
           std::ranges::all_of(host, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

constexpr Refusal not_served{421, HttpRule::host, "a Host is one of [server] hosts, with its port where one is sent"};

/// RFC 9112, 3.2: exactly one Host in HTTP/1.1.
std::optional<Refusal> refuse_host(const SeenField& host, const RequestLine& line,
                                   std::span<const std::string> hosts) noexcept {
    if (host.count > 1) return malformed("there is one Host");
    if (host.count == 0 && line.version == Version::http_1_1) return malformed("HTTP/1.1 has a Host");
    if (host.count == 1 && !is_host(host.value)) return malformed("a Host is a host, with or without a port");
    const std::string_view asked = line.authority.value_or(host.value);
    if (line.authority && !is_host(asked)) return malformed("a target's authority is a host, with or without a port");
    // A client sends both alike (RFC 9112, 3.2). A proxy may have gone by the other one.
    if (host.count == 1 && !same_ignoring_case(host.value, asked)) return malformed("Host is the target's authority");
    if (hosts.empty()) return std::nullopt;
    const bool served =
        std::ranges::any_of(hosts, [&](const std::string& name) { return same_ignoring_case(name, asked); });
    return served ? std::nullopt : std::optional(not_served);
}

/// For codings that aren't just `chunked`. RFC 9112, 6.1: an unknown coding, below a final `chunked`, is 501.
/// Without that final `chunked` the end of the body is unknown, which is 400 (6.3, rule 4).
Refusal refuse_codings(std::string_view codings) noexcept {
    while (true) {
        const auto coding = cut_member(codings);
        const bool is_chunked = same_ignoring_case(coding, "chunked");
        if (codings.empty() && is_chunked) return {501, HttpRule::framing, "chunked is the only transfer coding"};
        if (codings.empty() || !is_token(coding) || is_chunked) return ambiguous("chunked is the last transfer coding");
    }
}

std::variant<std::size_t, Refusal> read_content_length(std::string_view text, std::size_t max) noexcept {
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return ambiguous("Content-Length is a number");
    constexpr std::size_t longest = 18;  // decimal digits that fit std::uint64_t whatever they are
    if (text.size() > longest) return too_large(max);
    std::uint64_t length = 0;
    for (const char c : text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
    if (length > max) return too_large(max);
    return static_cast<std::size_t>(length);
}

/// RFC 9112, 6.3, with every ambiguity refused instead of resolved.
std::variant<RequestHead, Refusal> read_framing(const SeenFields& seen, Version version,
                                                std::size_t max_body) noexcept {
    RequestHead head;
    const auto& coding = seen.transfer_encoding;
    const auto& length = seen.content_length;
    if (coding.count > 0) {
        if (coding.count > 1 || length.count > 0 || version == Version::http_1_0) {
            return ambiguous("there is one Transfer-Encoding, of HTTP/1.1 and without Content-Length");
        }
        if (!same_ignoring_case(coding.value, "chunked")) return refuse_codings(coding.value);
        head.framing = Framing::chunked;
        return head;
    }
    if (length.count == 0) return head;
    if (length.count > 1) return ambiguous("there is one Content-Length");
    const auto octets = read_content_length(length.value, max_body);
    if (const auto* refusal = std::get_if<Refusal>(&octets)) return *refusal;
    head.content_length = std::get<std::size_t>(octets);
    return head;
}

}  // namespace

std::string_view origin_form(std::string_view target) noexcept {
    const auto absolute = behind_scheme(target);
    if (!absolute) return target;
    const auto path = absolute->find('/');
    return path == std::string_view::npos ? std::string_view("/") : absolute->substr(path);
}

bool HeadScan::allowed(char octet) const noexcept {
    if (octet == '\n') return previous_ == '\r';
    if (previous_ == '\r') return false;
    if (octet == '\t' || octet == '\r') return true;
    return static_cast<unsigned char>(octet) >= 0x20 && octet != '\x7f';
}

Refusal HeadScan::refuse(char octet) const noexcept {
    constexpr char handshake = '\x16';  // the type of a TLS client's first record
    if (position_ == 0 && octet == handshake) return malformed("plain HTTP is spoken here, and TLS came");
    return malformed("lines end with CR LF, and have no other controls");
}

HeadScan::State HeadScan::scan(std::string_view octets) noexcept {
    for (; position_ < octets.size(); ++position_) {
        if (position_ == max_octets_) return Refusal{431, HttpRule::fields, "a head's most octets are", max_octets_};
        const char octet = octets[position_];
        if (!allowed(octet)) return refuse(octet);
        previous_ = octet;
        if (octet != '\n') continue;

        const bool empty_line = position_ - line_ == 1;
        line_ = position_ + 1;
        if (!empty_line) continue;
        if (position_ > begin_ + 1) return Complete{begin_, line_};
        if (begin_ > 0) return malformed("one empty line at most precedes a request line");
        begin_ = line_;
    }
    return Incomplete{};
}

std::variant<RequestHead, Refusal> read_head(std::string_view octets, const HeadRules& rules) {
    const auto request_line = read_request_line(cut(octets, crlf));
    if (const auto* refusal = std::get_if<Refusal>(&request_line)) return *refusal;
    const auto& line = std::get<RequestLine>(request_line);
    const Version version = line.version;

    const auto fields = read_fields(octets, rules.max_fields);
    if (const auto* refusal = std::get_if<Refusal>(&fields)) return *refusal;
    const auto& seen = std::get<SeenFields>(fields);

    if (const auto refusal = refuse_host(seen.host, line, rules.hosts)) return *refusal;
    auto framed = read_framing(seen, version, rules.max_body_octets);
    if (std::holds_alternative<Refusal>(framed)) return framed;
    auto& head = std::get<RequestHead>(framed);

    // HTTP/1.0 clients are served one request a connection, and know no 100 Continue (RFC 9110, 10.1.1).
    head.keep_alive = version == Version::http_1_1 && !seen.close;
    if (seen.expect.count > 0 && version == Version::http_1_1) {
        if (seen.expect.count > 1 || !same_ignoring_case(seen.expect.value, "100-continue")) {
            return Refusal{417, HttpRule::expectation, "100-continue is the only expectation"};
        }
        head.expects_continue = true;
    }
    return framed;
}

}  // namespace slo::sp
