// The end of a sign-on: an answer is compared with its request, verified, judged, and used once.
#include <algorithm>
#include <string_view>
#include <utility>

#include "logout_answer.hpp"
#include "pending_sign_on.hpp"
#include "proving.hpp"
#include "sign_on_parts.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

using idp_adapter::Idp;

constexpr std::string_view format_transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// An answer and the request that it answers.
struct Answered {
    std::shared_ptr<const Idp> idp;
    std::optional<FlowHandle> handle;  ///< none if it's unsolicited
    std::optional<PendingSignOn> pending;
    LocalTarget target;

    [[nodiscard]] std::optional<saml::MessageID> request_id() const {
        return pending ? std::optional(pending->request_id) : std::nullopt;
    }
};

RefusedSignOn refused(Failure why, const Answered& answered) {
    return {.why = std::move(why), .idp = answered.idp->entity_id, .target = answered.target, .number = {}};
}

saml::AlgorithmPolicy algorithms_of(const idp_adapter::InteropProfile& profile) {
    saml::AlgorithmPolicy algorithms = profile.algorithms;
    algorithms.cbc = profile.sign_on.cbc;
    return algorithms;
}

saml::ResponseExpectations response_expectations(const SignOnContext& context, const Answered& answered,
                                                 const saml::EntityID& issuer) {
    const idp_adapter::InteropProfile& profile = answered.idp->profile;
    return {.issuer = issuer,
            .our_entity_id = context.parts.entity_id,
            .assertion_consumer_service = context.options.assertion_consumer_service,
            .url_matching = profile.sign_on.destination,
            .request_id = answered.request_id(),
            .signature_on = profile.sign_on.signature_on,
            .algorithms = algorithms_of(profile),
            .forms = profile.forms,
            .decryption_keys = context.keys->decryption_keys};
}

/// An assertion must be remembered as long as it can be accepted, and no store remembers longer than longest_claim.
std::chrono::seconds max_age_of(const idp_adapter::SignOnProfile& profile, std::chrono::seconds skew) {
    return std::min(profile.max_window, std::chrono::floor<std::chrono::seconds>(longest_claim) - 4 * skew);
}

saml::AssertionExpectations assertion_expectations(const SignOnContext& context, const Answered& answered) {
    const idp_adapter::InteropProfile& profile = answered.idp->profile;
    const auto& pending = answered.pending;
    return {.our_entity_id = context.parts.entity_id,
            .assertion_consumer_service = context.options.assertion_consumer_service,
            .url_matching = profile.sign_on.destination,
            .request_id = answered.request_id(),
            .now = context.now,
            .clock_skew = context.parts.policy.clock_skew,
            .max_age = max_age_of(profile.sign_on, context.parts.policy.clock_skew),
            .authenticated_since = pending && pending->force_authn ? std::optional(pending->started_at) : std::nullopt,
            .authn_contexts = pending ? pending->authn_contexts : profile.sign_on.authn_contexts,
            .name_id_format = pending ? pending->name_id_format : requested_format(profile.sign_on.name_id_policy),
            .is_name_id_required = profile.sign_on.name_id == idp_adapter::NameIDNeed::required,
            .algorithms = algorithms_of(profile),
            .forms = profile.forms,
            .decryption_keys = context.keys->decryption_keys};
}

/// What may be logged of a principal: keyed hashes.
void describe(SignOnLine& line, const LogoutServiceParts& parts, const saml::EntityID& idp,
              const saml::SignedOnPrincipal& principal) {
    AuditedRequest& request = line.event.request;
    if (principal.name_id()) request.name_id = hashed(parts, idp, *principal.name_id());
    if (const auto& index = principal.authentication().session_index) {
        request.session_indexes.push_back(hashed(parts, idp, *index));
        request.session_index_count = 1;
    }
}

using Found = std::variant<Answered, SignedOnAlready, UnsolicitedSignOn, CookieMissing, RefusedSignOn>;

/// An assertion that no request asked for: the profile says what becomes of it.
Found find_unsolicited(const SignOnContext& context, const saml::UnverifiedResponse& response) {
    const auto idp = context.idps ? context.idps->find(response.claimed_issuer()) : nullptr;
    if (!idp) return RefusedSignOn{why_unknown(context.idps.get(), response.claimed_issuer())};
    switch (idp->profile.sign_on.unsolicited) {
        case idp_adapter::Unsolicited::converted:
            return UnsolicitedSignOn{idp->entity_id};
        case idp_adapter::Unsolicited::refused:
            return RefusedSignOn{fail(SignOnErrc::unsolicited, "unsolicited is refused in its profile"),
                                 idp->entity_id};
        case idp_adapter::Unsolicited::allowed:
            return Answered{idp, std::nullopt, std::nullopt, context.options.landing};
    }
    return RefusedSignOn{fail(SignOnErrc::unsolicited), idp->entity_id};
}

/// The pending request of this browser, by RelayState and cookie. It stays where it is.
Found find_pending(const SignOnContext& context, const saml::UnverifiedResponse& response, const FlowHandle& handle,
                   const SignOnReply& reply) {
    const auto sealed = context.flows.peek(handle);
    if (!sealed) return RefusedSignOn{sealed.error()};
    auto pending = *sealed ? open_pending(**sealed, handle, context.cipher) : std::nullopt;
    if (!pending) return RefusedSignOn{fail(SignOnErrc::flow_expired)};
    if (!reply.browser && !reply.was_posted_again) return CookieMissing{};
    if (!reply.browser || context.cipher.name({"browser", *reply.browser}) != pending->browser) {
        return RefusedSignOn{fail(SignOnErrc::other_browser,
                                  reply.browser ? "its cookie is another one's" : "it has no cookie of ours")};
    }
    auto target = LocalTarget::parse(pending->target, context.options.targets).value_or(context.options.landing);
    if (pending->is_done) return SignedOnAlready{std::move(target)};
    auto idp = context.idps ? context.idps->find(pending->idp) : nullptr;
    if (!idp) return RefusedSignOn{why_unknown(context.idps.get(), pending->idp), std::nullopt, std::move(target)};
    const auto claimed = context.idps->find(response.claimed_issuer());
    Answered answered{std::move(idp), handle, *std::move(pending), std::move(target)};
    if (claimed != answered.idp) return refused(fail(SignOnErrc::idp_not_asked), answered);
    return answered;
}

Found find_request(const SignOnContext& context, const saml::UnverifiedResponse& response, const SignOnReply& reply) {
    const auto handle = FlowHandle::parse(reply.posted.relay_state.value_or(""));
    if (handle) return find_pending(context, response, *handle, reply);
    if (response.claims_in_response_to()) {
        return RefusedSignOn{fail(SignOnErrc::flow_missing,
                                  "it answers a request, but its RelayState is none of ours: "
                                  "the IdP, or a proxy, has dropped or changed it")};
    }
    return find_unsolicited(context, response);
}

/// Whether the request was still pending, and isn't any more. What says that it was answered may have taken its place
/// meanwhile: to take that doesn't count.
Result<bool> take_pending(const SignOnContext& context, const FlowHandle& handle) {
    const auto taken = context.flows.take(handle);
    if (!taken) return taken.error();
    const auto pending = *taken ? open_pending(**taken, handle, context.cipher) : std::nullopt;
    return pending && !pending->is_done;
}

/// An answer that isn't Success. One without a signature ends no flow: the IdP's own may still come.
SignOnOutcome not_signed_on(const SignOnContext& context, const Answered& answered, const saml::Response& response,
                            bool is_proven) {
    if (!answered.pending || response.in_response_to != answered.pending->request_id) {
        return refused(saml::fail(saml::Errc::in_response_to_mismatch, "of an answer that isn't Success"), answered);
    }
    if (is_proven) {
        const auto taken = take_pending(context, *answered.handle);
        if (!taken) return refused(taken.error(), answered);
        if (!*taken) return refused(fail(SignOnErrc::flow_expired), answered);
    }
    return NotSignedOn{.status = response.status,
                       .is_proven = is_proven,
                       .was_passive = answered.pending->is_passive,
                       .idp = answered.idp->entity_id,
                       .target = answered.target,
                       .number = {}};
}

/// The assertion is claimed, then the request is taken: a crash between them costs the user another sign-on, and lets
/// no answer count twice.
std::optional<Failure> use_up(const SignOnContext& context, const Answered& answered,
                              const saml::SignedOnPrincipal& principal) {
    const auto use = context.flows.claim(answered.idp->entity_id, principal.assertion_id(), principal.usable_until());
    if (!use) return use.error();
    if (*use == AssertionUse::seen) return fail(SignOnErrc::replayed, "the assertion was used before");
    if (!answered.handle) return std::nullopt;
    const auto taken = take_pending(context, *answered.handle);
    if (!taken) return taken.error();
    if (!*taken) return fail(SignOnErrc::replayed, "its request was answered at the same time");
    return std::nullopt;
}

SignOnOutcome judge_answer(const SignOnContext& context, const saml::UnverifiedResponse& response,
                           const Answered& answered, SignOnLine& line) {
    if (auto ok = check_in_force(*answered.idp, context.parts.policy, context.now); !ok) {
        return refused(ok.error(), answered);
    }
    const auto verified = saml::ResponseVerifier::verify(
        response, answered.idp->keys, response_expectations(context, answered, response.claimed_issuer()));
    if (!verified) {
        if (!is(verified.error(), saml::AssertionErrc::response_status))
            return refused(with_source(verified.error(), *answered.idp), answered);
        const auto unproven = response.unproven_answer(answered.idp->profile.forms);
        if (!unproven) return refused(unproven.error(), answered);
        return not_signed_on(context, answered, *unproven, /*is_proven=*/false);
    }
    if (!verified->assertion) return not_signed_on(context, answered, **verified->response, /*is_proven=*/true);
    line.lane = AuditLane::proven;
    auto principal = saml::judge(*verified->assertion, assertion_expectations(context, answered));
    if (!principal) return refused(principal.error(), answered);
    describe(line, context.parts, answered.idp->entity_id, *principal);
    if (auto why = use_up(context, answered, *principal)) return refused(*std::move(why), answered);
    return SignedOn(
        std::make_unique<SignedOn::State>(SignedOn::State{.service = context.service,
                                                          .parts = context.parts,
                                                          .flows = context.flows,
                                                          .cipher = context.cipher,
                                                          .session_lifetime = context.options.session_lifetime,
                                                          .idp = answered.idp->entity_id,
                                                          .principal = *std::move(principal),
                                                          .handle = answered.handle,
                                                          .pending = answered.pending,
                                                          .target = answered.target,
                                                          .line = std::move(line)}));
}

}  // namespace

SignOnOutcome accept_sign_on(const SignOnContext& context, SignOnReply reply, SignOnLine& line) {
    const auto response = saml::UnverifiedResponse::parse(reply.posted.message);
    if (!response) return RefusedSignOn{response.error()};
    auto found = find_request(context, *response, reply);
    if (auto* already = std::get_if<SignedOnAlready>(&found)) return std::move(*already);
    if (auto* unsolicited = std::get_if<UnsolicitedSignOn>(&found)) return std::move(*unsolicited);
    if (std::get_if<CookieMissing>(&found) != nullptr) return CookieMissing{};
    if (auto* refusal = std::get_if<RefusedSignOn>(&found)) return std::move(*refusal);
    const Answered& answered = std::get<Answered>(found);
    line.event.request.idp = answered.idp->entity_id.str();
    if (answered.pending) line.event.request.request_id = answered.pending->request_id.str();
    return judge_answer(context, *response, answered, line);
}

saml::NameID name_of(const saml::SignedOnPrincipal& principal) {
    if (principal.name_id()) return *principal.name_id();
    saml::NameID none;
    none.value = "no-name-" + principal.assertion_id().str().substr(0, 200);
    none.format = std::string(format_transient);
    return none;
}

}  // namespace slo::sp
