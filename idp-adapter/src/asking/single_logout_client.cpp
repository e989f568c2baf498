#include "slo/idp_adapter/single_logout_client.hpp"

#include <utility>

#include "ask_gate.hpp"
#include "http_client_pool.hpp"
#include "logout_writing.hpp"
#include "reply_proof.hpp"

namespace slo::idp_adapter {
namespace {

using Kind = LogoutVerdict::Kind;

/// Certificate files that were replaced are read within this time.
constexpr std::chrono::minutes max_client_age{10};

LogoutVerdict without_answer(Kind kind, Failure why, std::optional<saml::MessageID> id) {
    return {.kind = kind, .status = std::nullopt, .why = std::move(why), .request_id = std::move(id)};
}

ReplyErrc before_it_was_sent(HttpErrc code) noexcept {
    switch (code) {
        case HttpErrc::url_refused:
        case HttpErrc::client_setup:
            return ReplyErrc::client_setup;
        case HttpErrc::tls_failed:
            return ReplyErrc::untrusted_server;
        case HttpErrc::stopped:
            return ReplyErrc::stopped;
        case HttpErrc::unreachable:
        case HttpErrc::timed_out:
        case HttpErrc::reply_malformed:
        case HttpErrc::reply_too_large:
        case HttpErrc::too_many_redirects:
        case HttpErrc::redirect_refused:
            return ReplyErrc::unreachable;
    }
    return ReplyErrc::unreachable;
}

ReplyErrc after_it_was_sent(HttpErrc code) noexcept {
    switch (code) {
        case HttpErrc::timed_out:
            return ReplyErrc::timed_out;
        case HttpErrc::stopped:
            return ReplyErrc::stopped;
        case HttpErrc::reply_too_large:
            return ReplyErrc::too_large;
        case HttpErrc::url_refused:
        case HttpErrc::client_setup:
        case HttpErrc::tls_failed:
        case HttpErrc::unreachable:
        case HttpErrc::reply_malformed:
        case HttpErrc::too_many_redirects:
        case HttpErrc::redirect_refused:
            return ReplyErrc::broke_off;
    }
    return ReplyErrc::broke_off;
}

enum class Seen { surely_not, perhaps };

LogoutVerdict judge_failed_exchange(const Failure& failure, Seen seen, const saml::MessageID& id) {
    const auto code = static_cast<HttpErrc>(failure.code.value());
    if (seen == Seen::surely_not) {
        return without_answer(Kind::unsent, {make_error_code(before_it_was_sent(code)), failure.detail}, id);
    }
    const ReplyErrc why = after_it_was_sent(code);
    const Kind kind = why == ReplyErrc::too_large ? Kind::unproven : Kind::lost;
    return without_answer(kind, {make_error_code(why), failure.detail}, id);
}

/// Whether an answer arrived. Our own failures say nothing about the IdP.
AskGate::Came came_of(const LogoutVerdict& verdict) noexcept {
    const bool has_answered = verdict.kind != Kind::unsent && verdict.kind != Kind::lost;
    if (has_answered) return AskGate::Came::answer;
    const bool is_its_silence = verdict.why.code == ReplyErrc::unreachable || verdict.why.code == ReplyErrc::timed_out;
    return is_its_silence ? AskGate::Came::nothing : AskGate::Came::unknown;
}

struct Leave {
    AskGate& gate;
    const saml::EntityID& idp;
    AskGate::Came came = AskGate::Came::unknown;

    ~Leave() { gate.leave(idp, came, AskGate::Clock::now()); }
};

/// By how much an answer's IssueInstant may differ from its request's.
std::chrono::seconds tolerance(std::chrono::seconds clock_skew, const HttpClientOptions& http) {
    return clock_skew + std::chrono::ceil<std::chrono::seconds>(http.deadline);
}

}  // namespace

struct SingleLogoutClient::Impl {
    explicit Impl(Options given)
        : options(std::move(given)),
          pool({.keep_idle = options.keep_idle, .max_idle = options.max_idle_connections, .max_age = max_client_age}),
          gate(
              {.at_once = options.max_asks_per_idp, .failures = options.failures_until_pause, .pause = options.pause}) {
    }

    LogoutVerdict ask(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer, Instant now,
                      const std::stop_token& stop, Seen& seen);
    LogoutVerdict exchange(const Idp& idp, const LogoutLetter& letter, const AskedLogout& asked,
                           const std::stop_token& stop, Seen& seen);

    const Options options;
    HttpClientPool pool;
    AskGate gate;
};

LogoutVerdict SingleLogoutClient::Impl::exchange(const Idp& idp, const LogoutLetter& letter, const AskedLogout& asked,
                                                 const std::stop_token& stop, Seen& seen) {
    HttpClientPool::Purpose purpose{.idp = idp.entity_id, .options = idp.profile.outgoing.http};
    purpose.options.keep_idle = options.keep_idle;
    auto lent = pool.borrow(purpose);
    if (!lent) return judge_failed_exchange(lent.error(), Seen::surely_not, asked.request_id);

    IdpReply reply;
    const HttpCall call{.url = letter.to,
                        .method = "POST",
                        .headers = letter.headers,
                        .body = letter.body,
                        .bodies_of = read_statuses,
                        .body_rule = HttpCall::BodyRule::as_it_comes};
    seen = Seen::perhaps;  // until the call knows better, also if it throws
    auto head = lent->client->call(
        call,
        [&reply](std::string_view octets) -> Result<void> {
            reply.body += octets;
            return Done{};
        },
        stop);
    if (!lent->client->may_have_been_seen()) seen = Seen::surely_not;
    if (!head) {
        pool.close(*std::move(lent));
        return judge_failed_exchange(head.error(), seen, asked.request_id);
    }
    pool.give_back(*std::move(lent));
    reply.head = *std::move(head);
    return prove_reply(reply, asked);
}

LogoutVerdict SingleLogoutClient::Impl::ask(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer,
                                            Instant now, const std::stop_token& stop, Seen& seen) {
    const auto id = saml::random_message_id();
    if (!id) {
        const Failure why{make_error_code(ReplyErrc::cannot_sign), id.error().code.message()};
        return without_answer(Kind::impossible, why, std::nullopt);
    }
    const auto letter = write_letter(idp, ask, signer, now, *id);
    if (!letter) return without_answer(Kind::impossible, letter.error(), std::nullopt);
    const AskedLogout asked{.idp = idp,
                            .request_id = *id,
                            .answer = letter->answer,
                            .destinations = options.destinations,
                            .issue_instant = now,
                            .tolerance = tolerance(options.clock_skew, idp.profile.outgoing.http)};
    if (!gate.enter(idp.entity_id, AskGate::Clock::now())) {
        return without_answer(Kind::unsent, {make_error_code(ReplyErrc::busy), {}}, *id);
    }
    Leave leave{gate, idp.entity_id};
    LogoutVerdict verdict = exchange(idp, *letter, asked, stop, seen);
    leave.came = came_of(verdict);
    return verdict;
}

SingleLogoutClient::SingleLogoutClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
SingleLogoutClient::~SingleLogoutClient() = default;

LogoutVerdict SingleLogoutClient::ask(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer,
                                      Instant now, const std::stop_token& stop) noexcept {
    Seen seen = Seen::surely_not;
    try {
        return impl_->ask(idp, ask, signer, now, stop, seen);
    } catch (...) {
        // Memory ran out. No text: that would take memory, too.
        const bool is_unsent = seen == Seen::surely_not;
        return without_answer(is_unsent ? Kind::unsent : Kind::lost,
                              {make_error_code(is_unsent ? ReplyErrc::client_setup : ReplyErrc::broke_off), {}},
                              std::nullopt);
    }
}

}  // namespace slo::idp_adapter
