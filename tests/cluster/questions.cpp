#include "questions.hpp"

#include <thread>

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto before_a_repeat = 100ms;

Instant now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Absent, or one of the names with the same meaning.
std::optional<std::string> one_of(std::string_view name, std::string_view other, std::uint64_t dice) {
    if (dice % 4 < 2) return std::nullopt;
    return std::string(dice % 4 == 2 ? name : other);
}

/// A node without memory may say so by 500.
bool is_unavailable(int status, const Site& site) {
    return status == 503 || (status == 500 && site.lacks_memory());
}

}  // namespace

saml::NameID name_in(const std::string& user, const std::string& form) {
    saml::NameID name = examples::persistent_name(user);
    if (form == "format") name.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
    if (form == "qualifier") name.name_qualifier = "https://other.example.org/idp";
    if (form == "sp qualifier") name.sp_name_qualifier = "https://affiliation.example.org/";
    return name;
}

void vary(saml::NameID& name, const Site& site, std::mt19937_64& random) {
    const std::string& idp = site.idp().entity_id().str();
    if (!name.name_qualifier) name.name_qualifier = one_of(idp, site.alias().entity_id().str(), random());
    if (!name.sp_name_qualifier) name.sp_name_qualifier = one_of(sp_name, former_sp_name, random());
}

std::string login_form(const SessionFacts& session, const Site& site, std::mt19937_64& random) {
    using examples::escape;
    saml::NameID name = name_in(session.user, session.form);
    if (session.idp.empty()) vary(name, site, random);
    std::string idp = (random() % 4 == 0 ? site.alias() : site.idp()).entity_id().str();
    if (!session.idp.empty()) idp = session.idp;
    if (session.is_strangers) idp = "https://stranger.example.org/idp";
    const auto life = session.expires_soon ? std::chrono::milliseconds(3000 + random() % 5000) : 8h;
    std::string form = "local_id=" + escape(session.id) + "&idp=" + escape(idp) + "&name_id=" + escape(name.value) +
                       "&format=" + escape(*name.format) +
                       "&authn_instant=" + escape(saml::format_instant(session.authn_instant)) +
                       "&expires=" + escape(saml::format_instant(session.authn_instant + life));
    if (!session.index.empty()) form += "&session_index=" + escape(session.index);
    if (name.name_qualifier) form += "&name_qualifier=" + escape(*name.name_qualifier);
    if (name.sp_name_qualifier) form += "&sp_name_qualifier=" + escape(*name.sp_name_qualifier);
    return form;
}

LoginAnswer login_answer(const std::optional<examples::HttpAnswer>& answer, const Site& site) {
    if (!answer) return LoginAnswer::lost;
    if (answer->status == 201) return LoginAnswer::admitted;
    if (answer->status == 409) {
        const bool is_crowded = answer->body.find("store.principal_full") != std::string::npos;
        return is_crowded ? LoginAnswer::crowded : LoginAnswer::refused;
    }
    if (answer->status == 400) return LoginAnswer::expired;
    if (answer->status == 422) return LoginAnswer::stranger;
    return is_unavailable(answer->status, site) ? LoginAnswer::unavailable : LoginAnswer::absurd;
}

CheckAnswer check_answer(const std::optional<examples::HttpAnswer>& answer, const Site& site) {
    if (!answer) return CheckAnswer::lost;
    if (answer->status == 200) return CheckAnswer::alive;
    if (answer->status == 404) return CheckAnswer::dead;
    return is_unavailable(answer->status, site) ? CheckAnswer::unavailable : CheckAnswer::absurd;
}

DepartureAttempt departure_attempt(const std::optional<examples::HttpAnswer>& answer, const Span& span,
                                   const Site& site) {
    DepartureAttempt attempt{.span = span, .answer = DepartureAnswer::lost};
    if (!answer) return attempt;
    const auto says = [&answer](std::string_view text) { return answer->body.find(text) != std::string::npos; };
    attempt.answer = DepartureAnswer::absurd;
    if (answer->status == 404) attempt.answer = DepartureAnswer::nothing;
    if (is_unavailable(answer->status, site)) attempt.answer = DepartureAnswer::unavailable;
    if (answer->status != 200) return attempt;
    attempt.is_kept = says(R"("retried":true)");
    // The first "result" is that of all IdPs together, and there is one here.
    if (says(R"({"result":"everywhere")")) attempt.answer = DepartureAnswer::everywhere;
    if (says(R"({"result":"partial")")) attempt.answer = DepartureAnswer::partial;
    if (says(R"({"result":"local_only")")) attempt.answer = DepartureAnswer::local_only;
    if (says(R"({"result":"unknown")")) attempt.answer = DepartureAnswer::unknown;
    // Then it isn't known whether they live; the kept request ends them later, or another try now.
    if (says("store.outcome_unknown")) attempt.answer = DepartureAnswer::unavailable;
    return attempt;
}

examples::HttpCall login_call(const std::string& form, const std::string& host) {
    return {.method = "POST",
            .path = "/sessions",
            .content_type = "application/x-www-form-urlencoded",
            .body = form,
            .host = host};
}

LogoutAttempt send_order(const Site& site, const examples::SentLogout& request) {
    LogoutAttempt attempt{.span = {}, .answer = LogoutAnswer::lost};
    attempt.span.begin = SteadyClock::now();
    const auto answer =
        examples::call(site.doors().logouts,
                       {.method = "POST", .path = "/saml/slo/soap", .content_type = "text/xml", .body = request.body});
    attempt.span.end = SteadyClock::now();
    if (!answer) return attempt;
    attempt.answer = is_unavailable(answer->status, site) ? LogoutAnswer::busy : LogoutAnswer::other;
    attempt.text = "HTTP status " + std::to_string(answer->status);
    if (answer->status != 200) return attempt;
    const auto status = site.sp().read_answer(answer->body, request, now());
    attempt.text = status ? examples::short_text(*status) : status.error().code.message();
    if (!status) return attempt;
    if (attempt.text == "Success") attempt.answer = LogoutAnswer::success;
    if (attempt.text.starts_with("Responder")) attempt.answer = LogoutAnswer::responder;
    // A signature that couldn't be verified for want of memory is refused like any other.
    if (attempt.text.starts_with("Requester") && site.lacks_memory()) attempt.answer = LogoutAnswer::responder;
    return attempt;
}

LoginAttempt try_log_in(const Site& site, Recorder& recorder, std::size_t session, std::mt19937_64& random) {
    const std::size_t node = random() % site.nodes();
    const std::string form = login_form(recorder.session(session), site, random);
    LoginAttempt attempt{.session = session, .span = {}, .answer = LoginAnswer::lost};
    attempt.span.begin = SteadyClock::now();
    const auto answer = examples::call(site.doors().nodes[node], login_call(form, site.doors().hosts[node]));
    attempt.span.end = SteadyClock::now();
    attempt.answer = login_answer(answer, site);
    recorder.add(attempt);
    return attempt;
}

void check_session(const Site& site, Recorder& recorder, std::size_t session, std::size_t node) {
    const std::string path = "/sessions/" + recorder.session(session).id;
    Check check{.session = session, .door = node, .span = {}, .answer = CheckAnswer::lost};
    check.span.begin = SteadyClock::now();
    const auto answer =
        examples::call(site.doors().nodes[node], {.method = "GET", .path = path, .host = site.doors().hosts[node]});
    check.span.end = SteadyClock::now();
    check.answer = check_answer(answer, site);
    recorder.add(check);
}

void log_out_here(const Site& site, Recorder& recorder, const Departure& departure, std::mt19937_64& random,
                  const std::function<bool()>& goes_on) {
    const std::size_t place = recorder.add_departure(departure);
    const std::string by_name = "name_id=" + examples::escape(departure.user);
    do {
        const std::size_t node = random() % site.nodes();
        // An IdP may take its time, and the answer includes the fate of the request to it.
        examples::HttpCall call{
            .method = "POST", .path = "/logouts", .host = site.doors().hosts[node], .patience = 60s};
        if (random() % 3 == 0) {
            call.content_type = "application/x-www-form-urlencoded";
            call.body = by_name;
        } else {
            const std::size_t session = departure.sessions[random() % departure.sessions.size()];
            call.path = "/sessions/" + recorder.session(session).id + "/logout";
        }
        Span span{.begin = SteadyClock::now(), .end = {}};
        const auto answer = examples::call(site.doors().nodes[node], call);
        span.end = SteadyClock::now();
        const DepartureAttempt attempt = departure_attempt(answer, span, site);
        recorder.add(place, attempt);
        if (attempt.says_gone()) break;
        std::this_thread::sleep_for(before_a_repeat);
    } while (goes_on());
    for (const std::size_t session : departure.sessions)
        check_session(site, recorder, session, random() % site.nodes());
}

}  // namespace slo::test
