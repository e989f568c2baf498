#include "slo/saml/form.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "escaping.hpp"
#include "received_message.hpp"
#include "request_reading.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml::form {
namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr std::size_t max_fields = 256;

/// The octet of the two hex digits at the front of `text`.
std::optional<char> octet(std::string_view text) {
    unsigned value = 0;
    if (text.size() < 2) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
    if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
    return static_cast<char>(value);
}

bool is_message_field(const Field& field) {
    return field.name == "SAMLRequest" || field.name == "logoutRequest" || field.name == "SAMLResponse";
}

/// The field with the message. Two would let one reader see this message and another one that.
Result<Field> message_field(std::string_view body) {
    auto fields = parse_fields(body);
    if (!fields) return std::move(fields).error();
    if (std::ranges::count_if(*fields, is_message_field) != 1) return fail(Errc::form_fields, "not one message");
    Field& found = *std::ranges::find_if(*fields, is_message_field);
    if (found.name == "SAMLResponse") return fail(Errc::form_fields, "a response");
    return std::move(found);
}

Result<ReceivedMessage> envelope_as_text(std::string_view octets, const xml::Limits& limits) {
    auto document = xml::Document::parse(octets, limits);
    if (!document) return std::move(document).error();
    return soap::enveloped_request(*std::move(document), Binding::form_logout_request);
}

/// The field of that name; nullptr if there is none. A Failure if there are several.
Result<const Field*> only_field(const std::vector<Field>& fields, std::string_view name) {
    const Field* found = nullptr;
    for (const Field& field : fields) {
        if (field.name != name) continue;
        if (found != nullptr) return fail(Errc::form_fields, "a field twice");
        found = &field;
    }
    return found;
}

/// The document whose base64 is the value of `field`.
Result<xml::Document> document_in(const Field& field, const xml::Limits& limits) {
    const auto octets = decode_base64(field.value, limits.octets);
    if (!octets) return octets.error();
    return xml::Document::parse(*octets, limits);
}

/// Base64 and the percent-encoding of its characters; other fields are small.
std::size_t most_body_octets(const xml::Limits& limits) noexcept {
    return limits.octets * 2 + 16 * 1024;
}

}  // namespace

std::string escaped_except(std::string_view text, std::string_view others) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() * 2);
    for (const char c : text) {
        if (is_alphanumeric(c) || others.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += digits[octet >> 4U];
        out += digits[octet & 0xFU];
    }
    return out;
}

std::string escape(std::string_view text) {
    return escaped_except(text, "-._~");
}

std::optional<std::string> unescape(std::string_view text, Plus plus) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto escaped = octet(text.substr(i + 1));
            if (!escaped) return std::nullopt;
            plain += *escaped;
            i += 2;
        } else if (text[i] <= ' ' || text[i] >= 0x7f) {
            return std::nullopt;
        } else {
            plain += text[i] == '+' && plus == Plus::blank ? ' ' : text[i];
        }
    }
    return plain;
}

Result<std::vector<Field>> parse_fields(std::string_view body) {
    std::vector<Field> fields;
    while (!body.empty()) {
        const std::string_view pair = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(pair.size() + 1, body.size()));
        const auto equals = pair.find('=');
        const auto which = [&] { return "field number " + std::to_string(fields.size() + 1); };
        if (equals == std::string_view::npos) return fail(Errc::form_malformed, which() + " has no =");
        auto name = unescape(pair.substr(0, equals), Plus::blank);
        auto value = unescape(pair.substr(equals + 1), Plus::blank);
        if (!name || !value) return fail(Errc::form_malformed, which() + " isn't percent-encoded");
        if (fields.size() == max_fields) return fail(Errc::form_malformed, "too many fields");
        fields.push_back({*std::move(name), *std::move(value)});
    }
    return fields;
}

Result<ReceivedMessage> decode(std::string_view body, const xml::Limits& limits) {
    if (body.size() > limits.octets) return fail(Errc::message_too_large);
    // No form begins like that, since '<' must be escaped: it's the envelope without a field's name around it.
    if (body.starts_with('<')) return envelope_as_text(body, limits);
    const auto field = message_field(body);
    if (!field) return field.error();
    // Base64 has no '<'.
    const bool is_text = field->name == "logoutRequest" || field->value.starts_with('<');
    if (is_text) return envelope_as_text(field->value, limits);

    auto document = document_in(*field, limits);
    if (!document) return std::move(document).error();
    const xml::Element root = document->root();
    if (root.name().local == "Envelope") {
        return soap::enveloped_request(*std::move(document), Binding::form_with_envelope);
    }
    return received_request(*std::move(document), root, Binding::form);
}

Result<ReceivedMessage> decode_in_query(std::string_view query, std::string_view body, const xml::Limits& limits) {
    if (query.size() > limits.octets) return fail(Errc::message_too_large);
    // With a body, or another field, one reader could see this message and another one that.
    if (!body.empty()) return fail(Errc::form_fields, "a query and a body");
    const auto fields = parse_fields(query);
    if (!fields) return fields.error();
    if (fields->size() != 1 || fields->front().name != "SAMLRequest")
        return fail(Errc::form_fields, "the query isn't one SAMLRequest alone");

    auto document = document_in(fields->front(), limits);
    if (!document) return std::move(document).error();
    const xml::Element root = document->root();
    return received_request(*std::move(document), root, Binding::form_in_query);
}

namespace {

/// BrowsersForm is the content of a form of the HTTP-POST binding.
struct BrowsersForm {
    xml::Document message;
    std::optional<std::string> relay_state;
};

/// Exactly one of the field `name` and none of `other`, with at most one RelayState.
Result<BrowsersForm> read_browsers_form(std::string_view body, std::string_view name, std::string_view other,
                                        const xml::Limits& limits) {
    if (body.size() > most_body_octets(limits)) return fail(Errc::message_too_large);
    auto fields = parse_fields(body);
    if (!fields) return std::move(fields).error();
    const auto field = [&](std::string_view which) { return only_field(*fields, which); };
    const auto excluded = field(other);
    if (!excluded || *excluded) return fail(Errc::form_fields, "a " + std::string(other));
    const auto message = field(name);
    if (!message || !*message) return fail(Errc::form_fields, "not one " + std::string(name));
    const auto relay_state = field("RelayState");
    if (!relay_state) return fail(Errc::form_fields, "RelayState more than once");

    auto document = document_in(**message, limits);
    if (!document) return std::move(document).error();
    return BrowsersForm{*std::move(document), *relay_state ? std::optional((*relay_state)->value) : std::nullopt};
}

}  // namespace

Result<PostedResponse> decode_response(std::string_view body, const xml::Limits& limits) {
    auto form = read_browsers_form(body, "SAMLResponse", "SAMLRequest", limits);
    if (!form) return std::move(form).error();
    const xml::Element root = form->message.root();
    return PostedResponse{.message = ReceivedMessage(std::make_unique<ReceivedMessage::Impl>(
                              ReceivedMessage::Impl{std::move(form->message), root, Binding::post, std::nullopt})),
                          .relay_state = std::move(form->relay_state)};
}

Result<PostedMessage> decode_request(std::string_view body, const xml::Limits& limits) {
    auto form = read_browsers_form(body, "SAMLRequest", "SAMLResponse", limits);
    if (!form) return std::move(form).error();
    const xml::Element root = form->message.root();
    auto message = received_request(std::move(form->message), root, Binding::post);
    if (!message) return std::move(message).error();
    return PostedMessage{*std::move(message), std::move(form->relay_state)};
}

std::string encode(const SignedMessage& message) {
    return encode_base64(message.xml());
}

}  // namespace slo::saml::form
