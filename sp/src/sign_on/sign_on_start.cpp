// The start of a sign-on: an AuthnRequest, and the record of it.
#include <string_view>
#include <utility>

#include "pending_sign_on.hpp"
#include "proving.hpp"
#include "sign_on_parts.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/redirect.hpp"

namespace slo::sp {
namespace {

using idp_adapter::Idp;

/// The browser's own value: 160 random bits, as of a FlowHandle. A value of any other form isn't ours.
Result<std::string> browser_value(const std::optional<std::string>& present) {
    if (present && FlowHandle::parse(*present)) return *present;
    const auto fresh = random_flow_handle();
    if (!fresh) return fresh.error();
    return fresh->str();
}

std::optional<saml::NameIDPolicy> name_id_policy(const idp_adapter::NameIDPolicyRule& rule) {
    using Policy = idp_adapter::NameIDPolicyRule::Policy;
    switch (rule.policy) {
        case Policy::omit:
            return std::nullopt;
        case Policy::any:
            return saml::NameIDPolicy{};
        case Policy::this_format:
            return saml::NameIDPolicy{.format = rule.format, .sp_name_qualifier = std::nullopt};
    }
    return std::nullopt;
}

saml::AuthnRequest request_of(const SignOnWish& wish, const Idp& idp, saml::MessageID id, const saml::EndpointUrl& to,
                              const SignOnContext& context) {
    return {.id = std::move(id),
            .issue_instant = context.now,
            .destination = to,
            .issuer = context.parts.entity_id,
            .assertion_consumer_service = context.options.assertion_consumer_service,
            .force_authn = wish.force_authn,
            .is_passive = wish.is_passive,
            .name_id_policy = name_id_policy(idp.profile.sign_on.name_id_policy),
            .authn_context_classes = idp.profile.sign_on.authn_contexts};
}

std::size_t query_octets(std::string_view url) noexcept {
    const auto mark = url.find('?');
    return mark == std::string_view::npos ? 0 : url.size() - mark - 1;
}

using WrittenRequest = decltype(StartedSignOn::request);

/// By HTTP-Redirect, or by HTTP-POST where the query becomes too long or the profile says so.
Result<WrittenRequest> write_request(const SignOnWish& wish, const Idp& idp, const saml::MessageID& id,
                                     const FlowHandle& handle, const SignOnContext& context) {
    const auto signer = idp_adapter::signer_for(idp, context.keys->signer);
    if (!signer) return signer.error();
    const metadata::SignOnEndpoint* to = idp_adapter::sign_on_endpoint(idp, 0);
    if (to == nullptr) return fail(SignOnErrc::no_endpoint, idp_adapter::why_no_sign_on(idp));
    if (to->binding == metadata::SignOnBinding::redirect) {
        const auto relay_state = saml::redirect::RelayState::from(handle.str());
        if (!relay_state) return relay_state.error();
        auto redirect =
            saml::redirect::encode(request_of(wish, idp, id, to->location, context), *relay_state, signer->key());
        if (!redirect) return redirect.error();
        to = idp_adapter::sign_on_endpoint(idp, query_octets(redirect->url()));
        if (to == nullptr) return fail(SignOnErrc::no_endpoint, idp_adapter::why_no_sign_on(idp));
        if (to->binding == metadata::SignOnBinding::redirect) return WrittenRequest(redirect->url());
    }
    auto message = signer->sign(request_of(wish, idp, id, to->location, context));
    if (!message) return message.error();
    return WrittenRequest(PostedForm{*std::move(message), to->location});
}

}  // namespace

std::optional<std::string> requested_format(const idp_adapter::NameIDPolicyRule& rule) {
    if (rule.policy != idp_adapter::NameIDPolicyRule::Policy::this_format) return std::nullopt;
    return rule.format;
}

Result<StartedSignOn> start_sign_on(const SignOnContext& context, const SignOnWish& wish) {
    const auto idp = context.idps ? context.idps->find(wish.idp) : nullptr;
    if (!idp) return why_unknown(context.idps.get(), wish.idp);
    if (auto ok = check_in_force(*idp, context.parts.policy, context.now); !ok) return ok.error();
    const idp_adapter::SignOnProfile& profile = idp->profile.sign_on;
    if (wish.force_authn && profile.force_authn == idp_adapter::ForcedAuthn::untrusted) {
        return fail(SignOnErrc::force_authn_untrusted, "force_authn_trusted is false in the IdP's profile");
    }
    const auto handle = random_flow_handle();
    if (!handle) return handle.error();
    const auto browser = browser_value(wish.browser);
    if (!browser) return browser.error();
    auto id = saml::random_message_id();
    if (!id) return id.error();
    auto written = write_request(wish, *idp, *id, *handle, context);
    if (!written) return written.error();
    const PendingSignOn pending{.idp = idp->entity_id,
                                .request_id = *std::move(id),
                                .browser = context.cipher.name({"browser", *browser}),
                                .target = wish.target.str(),
                                .force_authn = wish.force_authn,
                                .is_passive = wish.is_passive,
                                .started_at = context.now,
                                .name_id_format = requested_format(profile.name_id_policy),
                                .authn_contexts = profile.authn_contexts};
    const auto sealed = seal_pending(pending, *handle, context.cipher);
    if (!sealed) return sealed.error();
    if (auto kept = context.flows.keep(*handle, *sealed, context.now + context.options.flow_lifetime); !kept) {
        return kept.error();
    }
    return StartedSignOn{*std::move(written), *handle, *browser};
}

}  // namespace slo::sp
