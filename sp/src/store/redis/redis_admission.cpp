// A login's way into the shared store.
#include <new>

#include "redis_store_impl.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using namespace redis;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr int max_tries = 8;
// How long a login at work holds a session's id if its node dies.
constexpr milliseconds login_at_work = 30s;
// As the servers keep a session by their margin longer than it lives.
constexpr milliseconds place_outlives_session = server_margin + 1h;
// The list of IdPs with sessions: for how long a node needn't add one again, and for which sessions.
constexpr auto listing_is_good_for = 1h;
constexpr auto listing_outlives_session = 24h;

std::string random_nonce() {
    const auto id = saml::random_message_id();
    if (!id) throw std::bad_alloc();
    return id->str().substr(1, nonce_octets);
}

}  // namespace

Result<RedisOperations::Login> RedisOperations::log_in(const Session& session, Instant now) const {
    Login login{.session = session,
                .now = now,
                .principal = writer.principal(session),
                .name = writer.session_name(session.id),
                .nonce = random_nonce(),
                .record = {}};
    auto record = writer.session_record(session, login.principal, login.nonce);
    if (!record) return fail(StoreErrc::store_failed, record.error().detail);
    login.record = *std::move(record);
    return login;
}

bool RedisOperations::must_be_listed(const Login& login) {
    const std::lock_guard lock(listed_mutex);
    const auto known = listed.find(login.session.idp.str());
    return known == listed.end() || known->second.good_until <= login.now ||
           known->second.kept_until < login.session.expires;
}

void RedisOperations::note_listed(const Login& login) {
    constexpr std::size_t most_noted = 4096;
    const std::lock_guard lock(listed_mutex);
    if (listed.size() >= most_noted) listed.clear();
    listed[login.session.idp.str()] = {login.now + listing_is_good_for,
                                       login.session.expires + listing_outlives_session};
}

const char* RedisOperations::rule() const noexcept {
    return options.relogin == ReloginRule::strict ? "strict" : "by_authn_instant";
}

Result<Admission> RedisOperations::would_admit(const Session& session) {
    const Result<Login> login = log_in(session, clock.now());
    if (!login) return login.error();
    const auto word = ask_for_text(script(scripts.would_admit, writer.barrier_keys(login->principal, session),
                                          {text_of(login->now), rule(), login->record}));
    if (!word) return word.error();
    if (word->text == "refused") return Admission::refused_by_logout;
    if (word->text == "admitted") return Admission::admitted;
    return broken();
}

Result<Admission> RedisOperations::admit(const Session& session) {
    const Instant now = clock.now();
    if (auto formed = check_form(session, now); !formed) return std::move(formed).error();
    for (int tries = 0; tries < max_tries; ++tries) {
        const Result<Login> login = log_in(session, now);
        if (!login) return login.error();
        const Result<std::optional<Admission>> admission = try_admit(*login);
        if (!admission) return admission.error();
        if (*admission) return **admission;
    }
    return fail(StoreErrc::store_failed, "other logins keep taking the session's id");
}

/// First the place of the id is taken, for a short while, and hints are put where near misses are looked for, and its
/// IdP on the list of those with sessions; then the principal's script admits; then the place is made to last. A login
/// that finds a place whose session isn't there may take it over, but only from exactly what it saw. A hint whose
/// session isn't there is harmless.
Result<std::optional<Admission>> RedisOperations::try_admit(const Login& login) {
    const std::string place_key = writer.session_place_key(login.name);
    std::vector<Request> requests;
    requests.push_back(script(scripts.claim, {place_key}, {login.claim(), text_of(login_at_work)}));
    for (std::string& key : writer.hint_keys(login.session)) {
        requests.push_back(script(scripts.hint, {std::move(key)},
                                  {text_of(login.now), login.principal + login.name, text_of(login.session.expires),
                                   text_of(login.session.expires - login.now)}));
    }
    const bool lists_idp = must_be_listed(login);
    if (lists_idp) {
        const saml::EntityID& idp = login.session.idp;
        auto sealed = writer.seal_idp(idp);
        if (!sealed) return fail(StoreErrc::store_failed, sealed.error().detail);
        requests.push_back(script(scripts.list_idp, {writer.idps_key()},
                                  {writer.idp_name(idp), *std::move(sealed),
                                   text_of(login.session.expires - login.now + listing_outlives_session)}));
    }
    const auto replies = ask_all(std::move(requests));
    if (!replies) return replies.error();
    if (lists_idp) note_listed(login);
    const Reply& there = replies->front();
    if (there.kind != Reply::Kind::text) return broken();
    if (there.text == login.claim()) return admit_at(login);

    const Result<Holder> holder = holder_of(login, there.text);
    if (!holder) return holder.error();
    if (*holder == Holder::same_alive) return confirm(login, there.text);
    if (*holder == Holder::same_ending) return std::optional(Admission::refused_by_logout);
    if (*holder == Holder::another) return fail(StoreErrc::session_id_taken);
    const auto now_there = replace_place(login, there.text, login.claim(), login_at_work);
    if (!now_there) return now_there.error();
    if (*now_there != login.claim()) return std::optional<Admission>();
    // Otherwise a logout would name it, and the application end the session that has its id now.
    if (*holder == Holder::expired && !there.text.starts_with(login.principal)) withdraw(there.text, login.name);
    return admit_at(login);
}

Result<std::optional<Admission>> RedisOperations::admit_at(const Login& login) {
    std::vector<std::string> keys = writer.barrier_keys(login.principal, login.session);
    keys.insert(keys.begin(), {writer.sessions_key(login.principal), writer.full_key(login.principal)});
    const auto word = ask_for_text(
        script(scripts.admit, std::move(keys),
               {text_of(login.now), rule(), login.name, login.record, text_of(login.session.expires - login.now),
                std::to_string(options.max_sessions_per_principal)}));
    if (!word) return word.error();
    if (word->text == "admitted") return confirm(login, login.claim());
    const auto given_up = replace_place(login, login.claim(), "", 0ms);
    if (!given_up) return given_up.error();
    if (word->text == "refused") return std::optional(Admission::refused_by_logout);
    if (word->text == "taken") return fail(StoreErrc::session_id_taken);
    if (word->text == "full") return principal_full(options.max_sessions_per_principal);
    return broken();
}

Result<RedisOperations::Holder> RedisOperations::holder_of(const Login& login, std::string_view place) {
    const std::string principal(place.substr(0, login.principal.size()));
    const auto reply = ask(command({"HGET", writer.sessions_key(principal), login.name}));
    if (!reply) return reply.error();
    if (reply->kind == Reply::Kind::nil) return Holder::none;
    const auto held = StoredSession::read(reply->text);
    const auto own = StoredSession::read(login.record);
    if (!held || !own) return broken();
    if (principal == login.principal && held->content() == own->content()) {
        return held->is_ending() ? Holder::same_ending : Holder::same_alive;
    }
    return held->is_droppable(login.now) ? Holder::expired : Holder::another;
}

Result<std::string> RedisOperations::replace_place(const Login& login, const std::string& place, const std::string& by,
                                                   milliseconds time) {
    const std::string kept = by.empty() ? "0" : text_of(time);
    auto reply = ask_for_text(script(scripts.replace, {writer.session_place_key(login.name)}, {place, by, kept}));
    if (!reply) return std::move(reply).error();
    return std::move(reply->text);
}

/// The session is admitted, and `place` led to it a moment ago: that becomes final. Where another principal's login has
/// taken the id since, that one counts, and ours goes.
Result<std::optional<Admission>> RedisOperations::confirm(const Login& login, const std::string& place) {
    const std::string final_place = place.ends_with(Login::on_its_way) ? place.substr(0, place.size() - 1) : place;
    const auto there =
        replace_place(login, place, final_place, login.session.expires - login.now + place_outlives_session);
    if (!there) return there.error();
    if (*there == final_place) return std::optional(Admission::admitted);
    if (!there->starts_with(login.principal)) withdraw(login.claim(), login.name);
    return std::optional<Admission>();
}

void RedisOperations::withdraw(const std::string& place, const std::string& name) {
    const std::string principal = place.substr(0, principal_octets);
    const std::string nonce = place.substr(principal.size(), nonce_octets);
    // Without an answer it stays, and ends with its principal's sessions: it has expired, or its login wasn't admitted.
    static_cast<void>(ask(script(scripts.withdraw, {writer.sessions_key(principal)}, {name, nonce})));
}

}  // namespace slo::sp
