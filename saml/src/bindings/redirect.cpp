#include "slo/saml/redirect.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "deflate.hpp"
#include "escaping.hpp"
#include "message_writing.hpp"
#include "query_access.hpp"
#include "received_message.hpp"
#include "request_reading.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "vocabulary.hpp"

namespace slo::saml::redirect {
namespace {

using form::escaped_except;
using form::Plus;
using form::unescape;

constexpr std::string_view query_characters =
    "-._~!$'()*+,;=:@/?%";  // RFC 3986 3.4, but for the '&' between parameters

enum class Parameter : std::size_t { saml_request, saml_response, relay_state, sig_alg, signature, saml_encoding };
constexpr std::array<std::string_view, 6> names{"SAMLRequest", "SAMLResponse", "RelayState",
                                                "SigAlg",      "Signature",    "SAMLEncoding"};

constexpr std::size_t index(Parameter which) noexcept {
    return static_cast<std::size_t>(which);
}

bool is_blank_or_control(char c) noexcept {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

}  // namespace

/// QueryReader finds the parameters, each at most once, as views into the raw octets.
class QueryReader {
public:
    /// Errors: Errc::query_malformed.
    [[nodiscard]] static Result<QueryReader> read(std::string_view query) {
        QueryReader reader;
        while (!query.empty()) {
            const std::string_view pair = query.substr(0, query.find('&'));
            query.remove_prefix(std::min(pair.size() + 1, query.size()));
            if (auto ok = reader.take(pair); !ok) return ok.error();
        }
        if (reader.has(Parameter::saml_request) == reader.has(Parameter::saml_response)) {
            return fail(Errc::query_malformed, "not one of SAMLRequest and SAMLResponse");
        }
        return reader;
    }

    [[nodiscard]] bool has(Parameter which) const noexcept { return !pair(which).empty(); }
    /// The whole of it, with its name. Empty if it's absent.
    [[nodiscard]] std::string_view pair(Parameter which) const noexcept { return pairs_[index(which)]; }
    /// Its value, decoded. Empty if it's absent.
    [[nodiscard]] Result<std::string> value(Parameter which) const {
        // Blanks stand in none of these values, so a '+' can only mean itself.
        auto text = unescape(raw_value(which), Plus::itself);
        if (!text) return fail(Errc::query_malformed, std::string(names[index(which)]) + " isn't percent-encoded");
        return *std::move(text);
    }
    [[nodiscard]] Result<std::optional<RelayState>> state() const {
        if (!has(Parameter::relay_state)) return std::optional<RelayState>{};
        const std::string_view raw = raw_value(Parameter::relay_state);
        auto state = RelayState(escaped_except(raw, query_characters));
        if (std::ranges::any_of(raw, is_blank_or_control) || !unescape(state.raw(), Plus::blank)) {
            return fail(Errc::query_malformed, "RelayState isn't percent-encoded");
        }
        return std::optional(std::move(state));
    }

private:
    QueryReader() = default;

    [[nodiscard]] std::string_view raw_value(Parameter which) const noexcept {
        return has(which) ? pair(which).substr(names[index(which)].size() + 1) : std::string_view{};
    }
    [[nodiscard]] Result<void> take(std::string_view pair) {
        const std::string_view name = pair.substr(0, pair.find('='));
        const auto known = std::ranges::find(names, name);
        if (known == names.end()) return refuse_other_spelling(name);
        std::string_view& kept = pairs_[static_cast<std::size_t>(known - names.begin())];
        if (!kept.empty()) return fail(Errc::query_malformed, std::string(name) + " twice");
        if (name.size() == pair.size()) return fail(Errc::query_malformed, std::string(name) + " without =");
        kept = pair;
        return Done{};
    }
    /// A reader that decodes names first would see a parameter there that isn't signed.
    [[nodiscard]] static Result<void> refuse_other_spelling(std::string_view name) {
        const auto decoded = unescape(name, Plus::blank);
        if (!decoded || std::ranges::find(names, *decoded) == names.end()) return Done{};
        return fail(Errc::query_malformed, "the name " + *decoded + " in an encoded spelling");
    }

    std::array<std::string_view, names.size()> pairs_{};
};

/// QueryWriter puts a message into a URL and signs the query's octets as they are sent.
class QueryWriter {
public:
    static Result<SignedRedirect> write(std::string_view parameter, const UnsignedMessage& message,
                                        const std::optional<RelayState>& state, const EndpointUrl& to,
                                        const SigningKey& key) {
        std::string query(parameter);
        query += '=';
        query += form::escape(encode_base64(deflated(message.up_to_issuer + message.after_issuer)));
        if (state && !state->raw().empty()) {
            if (state->octets().size() > max_echoed_relay_state_octets) return fail(Errc::relay_state_too_long);
            query += "&RelayState=" + state->raw();
        }
        query += "&SigAlg=" + form::escape(uri(key.algorithm()));
        const auto value = key.sign(query);
        if (!value) return value.error();
        query += "&Signature=" + form::escape(encode_base64(*value));
        return SignedRedirect(with_question_mark(to.str()) + query);
    }

private:
    static std::string with_question_mark(std::string url) {
        const auto question_mark = url.find('?');
        if (question_mark == std::string::npos) return url + '?';
        const bool is_open = url.ends_with('?') || url.ends_with('&');
        return is_open ? url : url + '&';
    }
};

namespace {

/// Base64 without white space: no sender has any there, unlike in a form (Bindings 3.4.4.1).
Result<std::string> message_octets(const QueryReader& query, Parameter which, std::size_t max_octets) {
    const auto text = query.value(which);
    if (!text) return text.error();
    if (std::ranges::any_of(*text, is_blank_or_control)) return fail(Errc::base64_malformed, "white space");
    const auto compressed = decode_base64(*text, max_query_octets);
    if (!compressed) return compressed.error();
    return inflated(*compressed, max_octets);
}

/// Errors: Errc::query_encoding. Bindings 3.4.4: absent, it means DEFLATE.
Result<void> check_encoding(const QueryReader& query) {
    const auto encoding = query.value(Parameter::saml_encoding);
    if (!encoding) return encoding.error();
    if (query.has(Parameter::saml_encoding) && *encoding != vocabulary::url_encoding_deflate)
        return fail(Errc::query_encoding);
    return Done{};
}

Result<ReceivedMessage> received_response(xml::Document document) {
    const xml::Element root = document.root();
    if (!root.is({vocabulary::samlp, "LogoutResponse"})) return fail(Errc::query_response);
    return ReceivedMessage(std::make_unique<ReceivedMessage::Impl>(
        ReceivedMessage::Impl{std::move(document), root, Binding::redirect, std::nullopt}));
}

Result<EndpointUrl> destination_of(const std::optional<std::string>& destination) {
    if (!destination) return fail(Errc::destination_missing);
    return EndpointUrl::parse(*destination);
}

}  // namespace

Result<RelayState> RelayState::from(std::string_view octets) {
    if (octets.size() > max_relay_state_octets) return fail(Errc::relay_state_too_long);
    return RelayState(form::escape(octets));
}

Result<RelayState> RelayState::echo(std::string_view octets) {
    if (octets.size() > max_echoed_relay_state_octets) return fail(Errc::relay_state_too_long);
    return RelayState(form::escape(octets));
}

std::string RelayState::octets() const {
    return unescape(raw_, Plus::blank).value_or("");
}

Result<RedirectMessage> decode(std::string_view raw_query, const xml::Limits& limits) {
    if (raw_query.size() > max_query_octets) return fail(Errc::message_too_large, "the query");
    const auto query = QueryReader::read(raw_query);
    if (!query) return query.error();
    const Kind kind = query->has(Parameter::saml_request) ? Kind::request : Kind::response;
    const Parameter parameter = kind == Kind::request ? Parameter::saml_request : Parameter::saml_response;
    auto state = query->state();
    if (!state) return std::move(state).error();
    auto algorithm = query->value(Parameter::sig_alg);
    if (!algorithm) return std::move(algorithm).error();
    auto value = query->value(Parameter::signature);
    if (!value) return std::move(value).error();
    if (auto ok = check_encoding(*query); !ok) return ok.error();
    auto octets = message_octets(*query, parameter, limits.octets);
    if (!octets) return std::move(octets).error();
    auto document = xml::Document::parse(*octets, limits);
    if (!document) return std::move(document).error();
    const xml::Element root = document->root();
    auto message = kind == Kind::request ? received_request(*std::move(document), root, Binding::redirect)
                                         : received_response(*std::move(document));
    if (!message) return std::move(message).error();
    return RedirectMessage{kind, *std::move(message), *std::move(state),
                           detail::QueryAccess::make({.message = query->pair(parameter),
                                                      .relay_state = query->pair(Parameter::relay_state),
                                                      .sig_alg = query->pair(Parameter::sig_alg),
                                                      .algorithm = *std::move(algorithm),
                                                      .value = *std::move(value),
                                                      .octets = *std::move(octets)})};
}

Result<SignedRedirect> encode(const AuthnRequest& message, const std::optional<RelayState>& relay_state,
                              const SigningKey& key) {
    const auto text = write_request(message, {});
    if (!text) return text.error();
    return QueryWriter::write("SAMLRequest", *text, relay_state, message.destination, key);
}

Result<SignedRedirect> encode(const LogoutRequest& message, const std::optional<RelayState>& relay_state,
                              const SigningKey& key) {
    const auto to = destination_of(message.destination);
    if (!to) return to.error();
    const auto text = write_request(message, {});
    if (!text) return text.error();
    return QueryWriter::write("SAMLRequest", *text, relay_state, *to, key);
}

Result<SignedRedirect> encode(const LogoutResponse& message, const std::optional<RelayState>& relay_state,
                              const SigningKey& key) {
    const auto to = destination_of(message.destination);
    if (!to) return to.error();
    const auto text = write_response("LogoutResponse", message, {});
    if (!text) return text.error();
    return QueryWriter::write("SAMLResponse", *text, relay_state, *to, key);
}

}  // namespace slo::saml::redirect
