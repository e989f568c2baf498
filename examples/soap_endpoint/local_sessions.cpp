#include "local_sessions.hpp"

#include <charconv>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slo/saml/time.hpp"
#include "slo/sp/error.hpp"

namespace slo::examples {
namespace {

using sp::HttpReply;
using sp::HttpRequest;

constexpr std::string_view sessions_path = "/sessions";

/// `json` is ours or consists of values without quotes, backslashes and controls.
HttpReply reply(int status, std::string json) {
    return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(json) + "\n"};
}

HttpReply refusal(int status, std::string_view why) {
    return reply(status, R"({"error":")" + std::string(why) + "\"}");
}

/// The octet that the two hex digits at the front of `text` stand for.
std::optional<char> octet(std::string_view text) {
    unsigned value = 0;
    if (text.size() < 2) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
    if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
    return static_cast<char>(value);
}

/// Undoes percent-encoding; `space` is what stands for a blank: '+' in forms, nothing in paths.
std::optional<std::string> unescape(std::string_view text, std::optional<char> space) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto escaped = octet(text.substr(i + 1));
            if (!escaped) return std::nullopt;
            plain += *escaped;
            i += 2;
        } else {
            plain += text[i] == space ? ' ' : text[i];
        }
    }
    return plain;
}

/// Form is the fields of an application/x-www-form-urlencoded body.
class Form {
public:
    static Result<Form> parse(std::string_view body) {
        Form form;
        while (!body.empty()) {
            const std::string_view pair = body.substr(0, body.find('&'));
            body.remove_prefix(std::min(pair.size() + 1, body.size()));
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos) return malformed("a field without =");
            auto value = unescape(pair.substr(equals + 1), '+');
            if (!value) return malformed("broken percent-encoding");
            form.fields_.emplace_back(pair.substr(0, equals), *std::move(value));
        }
        return form;
    }

    static Failure malformed(std::string why) { return sp::fail(sp::Errc::session_malformed, std::move(why)); }

    /// Each value of a field, which is known from now on.
    std::vector<std::string> all(std::string_view name) {
        auto values = find(name);
        taken_ += values.size();
        return values;
    }
    /// The value of a field that stands there once.
    std::optional<std::string> one(std::string_view name) {
        auto values = find(name);
        if (values.size() != 1) return std::nullopt;
        ++taken_;
        return std::move(values.front());
    }
    /// Whether a field was misspelled or repeated: a session with half its facts would not be found at logout.
    [[nodiscard]] bool has_others() const noexcept { return taken_ != fields_.size(); }

private:
    [[nodiscard]] std::vector<std::string> find(std::string_view name) const {
        std::vector<std::string> values;
        for (const auto& [key, value] : fields_) {
            if (key == name) values.push_back(value);
        }
        return values;
    }

    std::vector<std::pair<std::string, std::string>> fields_;
    std::size_t taken_ = 0;
};

/// The value of a required field, read by `parse`.
template <class Parse>
auto required(Form& form, std::string_view name, Parse parse) -> decltype(parse(std::string())) {
    const auto text = form.one(name);
    if (!text) return Form::malformed(std::string(name) + " must stand there once");
    auto value = parse(*text);
    if (!value) return Form::malformed(std::string(name) + " isn't what it should be");
    return value;
}

HttpReply failed(const Failure& failure) {
    if (failure.code == sp::Errc::session_id_taken) return refusal(409, "local_id is taken by another session");
    if (failure.code == sp::Errc::session_malformed)
        return refusal(400, "expires has passed, there are over 64 session_index, or the NameID is none");
    if (failure.code == sp::Errc::local_session_id_malformed) return refusal(400, "no such id can exist");
    return refusal(503, "the session store has no room or can't tell: trust nothing until it can");
}

}  // namespace

sp::HttpStep LocalSessions::handle(const HttpRequest& request) noexcept {
    try {
        return answer(request);
    } catch (const std::exception&) {
        return HttpReply{.status = 500, .headers = {}, .body = {}};
    }
}

HttpReply LocalSessions::answer(const HttpRequest& request) {
    // Browsers say where a request comes from; no page may make this machine's browser write here.
    if (request.count("Origin") != 0) return refusal(403, "not for browsers");
    const std::string_view target = request.target;
    if (target == sessions_path) {
        if (request.method == "POST") return register_session(request);
        HttpReply answer = refusal(405, "POST a session, or GET /sessions/<local_id>");
        answer.headers.emplace_back("Allow", "POST");
        return answer;
    }
    if (!target.starts_with("/sessions/")) return refusal(404, "only /sessions is here");
    if (request.method == "GET") return look_up(target.substr(sessions_path.size() + 1));
    HttpReply answer = refusal(405, "GET asks whether it lives");
    answer.headers.emplace_back("Allow", "GET");
    return answer;
}

HttpReply LocalSessions::register_session(const HttpRequest& request) {
    if (request.header("Content-Type") != "application/x-www-form-urlencoded") {
        return refusal(415, "send application/x-www-form-urlencoded");
    }
    const auto session = read_session(request.body);
    if (!session) return failed(session.error());
    const auto admission = store_.admit(*session);
    if (!admission) return failed(admission.error());
    if (*admission == sp::Admission::refused_by_logout) return refusal(409, "refused by a logout that came first");
    return reply(201, R"({"alive":true})");
}

HttpReply LocalSessions::look_up(std::string_view escaped_id) {
    const auto text = unescape(escaped_id, std::nullopt);
    const auto id = sp::LocalSessionID::parse(text.value_or(""));
    if (!id) return failed(id.error());
    const auto session = store_.find(*id);
    if (!session) return failed(session.error());
    if (!*session) return reply(404, R"({"alive":false})");
    return reply(200, R"({"alive":true,"idp":")" + (*session)->idp.str() + R"(","authn_instant":")" +
                          saml::format_instant((*session)->authn_instant) + R"(","expires":")" +
                          saml::format_instant((*session)->expires) + "\"}");
}

Result<sp::Session> LocalSessions::read_session(std::string_view body) const {
    auto form = Form::parse(body);
    if (!form) return std::move(form).error();
    auto id = required(*form, "local_id", sp::LocalSessionID::parse);
    if (!id) return std::move(id).error();
    auto idp = required(*form, "idp", saml::EntityID::parse);
    if (!idp) return std::move(idp).error();
    auto authn_instant = required(*form, "authn_instant", saml::parse_instant);
    if (!authn_instant) return std::move(authn_instant).error();
    auto expires = required(*form, "expires", saml::parse_instant);
    if (!expires) return std::move(expires).error();
    auto name_id = form->one("name_id");
    if (!name_id) return Form::malformed("name_id must stand there once");

    sp::Session session{.id = *std::move(id),
                        .idp = *std::move(idp),
                        .sp = sp_,
                        .name_id = {.value = *std::move(name_id),
                                    .format = form->one("format"),
                                    .name_qualifier = form->one("name_qualifier"),
                                    .sp_name_qualifier = form->one("sp_name_qualifier"),
                                    .sp_provided_id = form->one("sp_provided_id")},
                        .session_indexes = {},
                        .authn_instant = *authn_instant,
                        .expires = *expires};
    for (const std::string& text : form->all("session_index")) {
        auto index = saml::SessionIndex::parse(text);
        if (!index) return Form::malformed("session_index isn't what it should be");
        session.session_indexes.push_back(*std::move(index));
    }
    if (form->has_others()) return Form::malformed("a field is unknown or repeated");
    return session;
}

}  // namespace slo::examples
