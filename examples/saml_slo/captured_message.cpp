#include "captured_message.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "http_client.hpp"
#include "slo/saml/algorithms.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/saml/soap.hpp"
#include "slo/saml/xml.hpp"

namespace slo::tool {
namespace {

namespace form = saml::form;
namespace xml = saml::xml;

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view soap_type = "text/xml";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return out;
}

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

bool is_base64(char c) {
    return is_name(c) || c == '+' || c == '/' || c == '=' || c == '%' || blanks.find(c) != std::string_view::npos;
}

bool looks_like_xml(std::string_view text) {
    if (text.starts_with(byte_order_mark)) return true;
    return trimmed(text).starts_with('<');
}

/// "name=value". In base64 nothing but another '=' follows one.
bool looks_like_a_form(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) return false;
    const std::string_view value = trimmed(text.substr(equals + 1));
    return std::ranges::all_of(text.substr(0, equals), is_name) && !value.empty() && value != "=";
}

bool looks_like_base64(std::string_view text) {
    return !trimmed(text).empty() && std::ranges::all_of(text, is_base64);
}

/// The root's name, if the octets are XML by the endpoint's rules.
std::string root_of(std::string_view octets) {
    const auto document = xml::Document::parse(octets);
    return document ? std::string(document->root().name().local) : "";
}

/// Whether it is XML of anything but an envelope. What can't be read is judged as it is.
bool is_bare(std::string_view octets) {
    const std::string root = root_of(octets);
    return !root.empty() && root != "Envelope";
}

CapturedMessage in_an_envelope(std::string_view message) {
    if (message.starts_with(byte_order_mark)) message.remove_prefix(byte_order_mark.size());
    message = trimmed(message);
    if (message.starts_with("<?xml ")) message.remove_prefix(std::min(message.find("?>") + 2, message.size()));
    return {.body = R"(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>)" +
                    std::string(trimmed(message)) + "</S:Body></S:Envelope>",
            .content_type = std::string(soap_type),
            .kind = "a bare message, taken as one that came by SOAP"};
}

CapturedMessage in_a_field(std::string_view base64, std::string kind) {
    std::string value(base64);
    std::erase_if(value, [](char c) { return blanks.find(c) != std::string_view::npos; });
    const bool is_escaped = value.find('%') != std::string::npos;
    return {.body = "SAMLRequest=" + (is_escaped ? value : examples::escape(value)),
            .content_type = std::string(form::media_type),
            .kind = std::move(kind)};
}

CapturedMessage from_xml(std::string_view octets, ReadAs read_as) {
    const bool bare = is_bare(octets);
    if (read_as == ReadAs::form && bare)
        return in_a_field(saml::encode_base64(octets), "a bare message, taken as one that came in a form");
    if (bare) return in_an_envelope(octets);
    const bool in_form = read_as == ReadAs::form;
    return {.body = std::string(octets),
            .content_type = std::string(in_form ? form::media_type : soap_type),
            .kind = in_form ? "an envelope that was posted as a form" : "a SOAP envelope"};
}

OrStop<CapturedMessage> from_body(std::string_view octets, ReadAs read_as) {
    if (looks_like_xml(octets)) return from_xml(octets, read_as);
    if (read_as != ReadAs::soap && looks_like_a_form(octets)) {
        return CapturedMessage{.body = std::string(trimmed(octets)),
                               .content_type = std::string(form::media_type),
                               .kind = "a form's body"};
    }
    if (read_as != ReadAs::soap && looks_like_base64(octets))
        return in_a_field(octets, "base64, taken as a form's SAMLRequest");
    if (read_as == ReadAs::itself) {
        return Stop{ExitCode::usage,
                    "this is no XML, form, base64 or HTTP request; if it's meant to be a body, write --soap or --form"};
    }
    const bool in_form = read_as == ReadAs::form;
    return CapturedMessage{.body = std::string(octets),
                           .content_type = std::string(in_form ? form::media_type : soap_type),
                           .kind = in_form ? "a form's body" : "a SOAP body"};
}

/// A request's head, as far as it matters here.
struct Head {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> fields = {};  ///< names in lower case

    [[nodiscard]] std::string_view field(std::string_view name) const {
        const auto found = std::ranges::find(fields, name, &std::pair<std::string, std::string>::first);
        return found == fields.end() ? std::string_view() : found->second;
    }
};

/// The line at the front of `rest`, which begins behind it afterwards.
std::string_view take_line(std::string_view& rest) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The head at the front of `rest`; std::nullopt if it doesn't begin with a request line.
std::optional<Head> take_head(std::string_view& rest) {
    std::string_view after = rest;
    const std::string_view line = take_line(after);
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/")) return {};
    Head head{.method = std::string(line.substr(0, first)),
              .target = std::string(line.substr(first + 1, last - first - 1))};
    while (!after.empty()) {
        const std::string_view field = take_line(after);
        if (field.empty()) break;
        const auto colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        head.fields.emplace_back(lower(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    }
    rest = after;
    return head;
}

/// The content of the chunks; std::nullopt if they are broken or incomplete.
std::optional<std::string> without_chunks(std::string_view rest) {
    std::string content;
    for (;;) {
        const std::string_view line = take_line(rest);
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
        if (error != std::errc{} || end != line.data() + line.size()) return {};
        if (size == 0) return content;
        if (size > rest.size()) return {};
        content.append(rest.substr(0, size));
        rest.remove_prefix(size);
        if (!take_line(rest).empty()) return {};
    }
}

/// The body that the head announces.
OrStop<std::string> body_of(const Head& head, std::string_view rest) {
    const std::string coding = lower(head.field("content-encoding"));
    if (!coding.empty() && coding != "identity" && coding != "utf-8")
        return Stop{ExitCode::refused, "http.content_coding: the body is compressed; saml-slo explain has the remedy"};
    const Stop incomplete{ExitCode::usage, "the captured body is incomplete: its head announces another length"};
    if (lower(head.field("transfer-encoding")) == "chunked") {
        auto content = without_chunks(rest);
        if (!content) return incomplete;
        return *std::move(content);
    }
    const std::string_view announced = head.field("content-length");
    if (announced.empty()) return std::string(rest);
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(announced.data(), announced.data() + announced.size(), length);
    if (error != std::errc{} || end != announced.data() + announced.size() || length > rest.size()) return incomplete;
    return std::string(rest.substr(0, length));
}

/// scheme://authority in front of a path is no part of it (RFC 9112, 3.2.2).
std::string path_in(const std::string& target) {
    const auto scheme = target.find("://");
    if (scheme == std::string::npos || target.starts_with('/')) return target;
    const auto path = target.find('/', scheme + 3);
    return path == std::string::npos ? "/" : target.substr(path);
}

/// A query of HTTP-Redirect: its signature has parameters of its own, which no form has.
bool is_signed_query(std::string_view query) {
    return query.find("SAMLRequest=") != std::string_view::npos &&
           (query.find("SigAlg=") != std::string_view::npos || query.find("Signature=") != std::string_view::npos);
}

CapturedMessage by_redirect(std::string_view target) {
    const auto mark = target.find('?');
    return {.body = {},
            .content_type = {},
            .path = mark == std::string_view::npos ? "" : path_in(std::string(target.substr(0, mark))),
            .query = std::string(mark == std::string_view::npos ? target : target.substr(mark + 1)),
            .is_redirect = true,
            .kind = "a URL that a browser brings"};
}

OrStop<CapturedMessage> from_request(const Head& head, std::string_view rest, ReadAs read_as) {
    if (head.method == "GET" && head.target.find("SAMLRequest=") != std::string::npos) return by_redirect(head.target);
    if (head.method != "POST") {
        return Stop{ExitCode::refused,
                    "http.method: messages come by POST, or in the query of a GET (SAMLRequest=...)"};
    }
    auto body = body_of(head, rest);
    if (auto* const stop = std::get_if<Stop>(&body)) return std::move(*stop);
    const std::string target = path_in(head.target);
    const auto mark = target.find('?');
    CapturedMessage message{.body = std::get<std::string>(std::move(body)),
                            .content_type = std::string(head.field("content-type")),
                            .path = target.substr(0, mark),
                            .query = mark == std::string::npos ? std::nullopt : std::optional(target.substr(mark + 1)),
                            .authorization = std::string(head.field("authorization")),
                            .kind = "an HTTP request"};
    if (read_as == ReadAs::soap) message.content_type = soap_type;
    if (read_as == ReadAs::form) message.content_type = form::media_type;
    return message;
}

/// The XML of a message in a form, as far as it can be read.
std::string xml_in_form(const CapturedMessage& message) {
    if (!message.query && message.body.starts_with('<')) return message.body;
    auto fields = form::parse_fields(message.query.value_or(message.body));
    if (!fields) return "";
    for (form::Field& field : *fields) {
        if (field.name == "logoutRequest") return std::move(field.value);
        if (field.name != "SAMLRequest") continue;
        if (field.value.starts_with('<')) return std::move(field.value);
        auto octets = saml::decode_base64(field.value, xml::Limits{}.octets);
        return octets ? *std::move(octets) : "";
    }
    return "";
}

std::string method_below(const xml::Element& element) {
    if (element.name().local == "SignatureMethod") return element.attribute("Algorithm").value_or("");
    for (const xml::Element& child : element.children()) {
        if (std::string method = method_below(child); !method.empty()) return method;
    }
    return "";
}

}  // namespace

OrStop<CapturedMessage> recognise(std::string_view octets, ReadAs read_as) {
    if (octets.starts_with("HTTP/"))
        return Stop{ExitCode::usage, "this is an answer of HTTP; what counts is the request before it"};
    std::string_view rest = octets;
    if (const auto head = take_head(rest)) return from_request(*head, rest, read_as);
    const bool is_url = octets.starts_with("https://") || octets.starts_with("http://") || octets.starts_with('?');
    if (read_as == ReadAs::itself && (is_url || is_signed_query(octets))) return by_redirect(trimmed(octets));
    return from_body(octets, read_as);
}

bool is_form(const CapturedMessage& message) {
    const std::string_view type = message.content_type;
    return lower(trimmed(type.substr(0, type.find(';')))) == form::media_type;
}

Result<saml::ReceivedMessage> decode(const CapturedMessage& message, std::size_t max_octets) {
    xml::Limits limits;
    limits.octets = std::min(limits.octets, max_octets);
    if (message.is_redirect) {
        auto read = saml::redirect::decode(*message.query, limits);
        if (!read) return std::move(read).error();
        return std::move(read->message);
    }
    if (!is_form(message)) return saml::soap::decode(message.body, limits);
    if (message.query) return form::decode_in_query(*message.query, message.body, limits);
    return form::decode(message.body, limits);
}

std::string signature_method(const CapturedMessage& message) {
    if (message.is_redirect) {
        const auto read = saml::redirect::decode(*message.query);
        const std::string named = read ? read->signature.algorithm() : "";
        return saml::signature_algorithm(named) ? named.substr(named.find('#') + 1) : "";
    }
    const auto document = xml::Document::parse(is_form(message) ? xml_in_form(message) : message.body);
    const std::string uri = document ? method_below(document->root()) : "";
    return saml::signature_algorithm(uri) ? uri.substr(uri.find('#') + 1) : "";
}

}  // namespace slo::tool
