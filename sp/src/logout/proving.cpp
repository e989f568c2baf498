#include "proving.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "entity_names.hpp"
#include "logout_order.hpp"
#include "slo/idp_adapter/sender.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/sp/logout_error.hpp"
#include "store_rules.hpp"

namespace slo::sp {

namespace {

using idp_adapter::AbsentPartner;
using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

const std::string unknown = "unknown";  ///< in the audit

/// Checks that `idp` is one whose requests may come like this.
Result<void> check_sender(const Idp& idp, saml::Binding binding, const LogoutEvidence& evidence, const Policy& policy,
                          Instant now) {
    if (!idp_adapter::may_send_by(idp, binding)) {
        const bool is_browsers = binding == saml::Binding::redirect || binding == saml::Binding::post;
        return fail(LogoutErrc::wire_not_accepted,
                    "it came by " + std::string(binding_name(binding)) +
                        ", which isn't among the wires of the IdP's profile" +
                        (is_browsers ? ", nor has its metadata a SingleLogoutService for browsers" : ""));
    }
    if (evidence.check_sender) {
        if (auto accepted = evidence.check_sender(idp.profile); !accepted) return accepted;
    }
    return check_in_force(idp, policy, now);
}

/// `issuer` is the name of the IdP under which the directory found it: inside the signature it must be the same.
saml::Expectations expectations(const LogoutServiceParts& parts, const Idp& idp, const saml::EntityID& issuer,
                                const LogoutEvidence& evidence, Instant now) {
    const std::span<const saml::EndpointUrl> here = evidence.destinations.value_or(parts.destinations);
    return {
        .issuer = issuer,
        .destinations = {here.begin(), here.end()},
        .destination_rule = idp.profile.destination,
        .now = now,
        .clock_skew = parts.policy.clock_skew,
        .max_age = idp.profile.max_age,
        .algorithms = idp.profile.algorithms,
        .forms = idp.profile.forms,
    };
}

/// Verifies its signature; only a request that has none is accepted for other evidence that the IdP's profile allows.
Result<saml::AuthenticLogoutRequest> authenticate(const Idp& idp, const saml::UnverifiedLogoutRequest& unverified,
                                                  const LogoutEvidence& evidence) {
    auto request = authenticate_by_signature(idp, unverified, evidence, idp.keys);
    if (request) return request;
    if (evidence.query != nullptr || !saml::is(request.error(), saml::Errc::signature_missing))
        return with_source(std::move(request).error(), idp);
    const auto sender = idp_adapter::authenticate(idp, unverified.claimed_issuer(), evidence.client);
    if (!sender) return request;
    return saml::MessageVerifier::authenticate(unverified, *sender);
}

/// The IdP whose message this claims to be, by its present name or an alias.
std::shared_ptr<const Idp> find_claimed(const IdpDirectory* idps, const saml::ReceivedMessage& message) {
    const auto issuer = message.claimed_issuer();
    return idps && issuer ? idps->find(*issuer) : nullptr;
}

/// "idp-2: meta.expired: ...".
std::string told(const AbsentPartner& partner) {
    if (!partner.why.code) return partner.source + ": hasn't come yet";
    return partner.source + ": " + partner.why.code.message() +
           (partner.why.detail.empty() ? "" : ": " + partner.why.detail);
}

}  // namespace

Result<void> check_in_force(const Idp& idp, const Policy& policy, Instant now) {
    if (idp.valid_until && *idp.valid_until + policy.clock_skew <= now) {
        return fail(LogoutErrc::metadata_expired, "its metadata " + idp_adapter::told_end("ended", *idp.valid_until));
    }
    return Done{};
}

Result<saml::AuthenticLogoutRequest> authenticate_by_signature(const Idp& idp,
                                                               const saml::UnverifiedLogoutRequest& unverified,
                                                               const LogoutEvidence& evidence,
                                                               std::span<const saml::VerificationKey> keys) {
    const saml::AlgorithmPolicy& algorithms = idp.profile.algorithms;
    if (evidence.query != nullptr)
        return saml::MessageVerifier::authenticate(unverified, *evidence.query, keys, algorithms);
    return saml::MessageVerifier::authenticate(unverified, keys, algorithms);
}

Failure with_source(Failure why, const Idp& idp) {
    const bool is_of_keys =
        saml::is(why, saml::Errc::signature_invalid) || saml::is(why, saml::Errc::no_verification_key);
    if (is_of_keys && !idp.source.empty()) why.detail.insert(0, "metadata source " + idp.source + ": ");
    return why;
}

std::string_view binding_name(saml::Binding binding) noexcept {
    switch (binding) {
        case saml::Binding::soap:
            return "SOAP";
        case saml::Binding::form:
            return "a form's SAMLRequest";
        case saml::Binding::form_with_envelope:
            return "a form's SAMLRequest with a SOAP envelope";
        case saml::Binding::form_in_query:
            return "a SAMLRequest in the URL's query";
        case saml::Binding::form_logout_request:
            return "a form's SOAP envelope as text";
        case saml::Binding::post:
            return "HTTP-POST";
        case saml::Binding::redirect:
            return "HTTP-Redirect";
    }
    return "another binding";
}

Failure why_unknown(const IdpDirectory* idps, const saml::EntityID& name) {
    if (idps == nullptr) return fail(LogoutErrc::issuer_unknown, "no IdP is known yet");
    if (const AbsentPartner* const partner = idps->find_absent(name)) {
        const bool expired = partner->why.code == metadata::make_error_code(metadata::Errc::expired);
        return fail(expired ? LogoutErrc::metadata_expired : LogoutErrc::metadata_unusable, told(*partner));
    }
    const AbsentPartner* const nameless = idps->nameless();
    if (nameless == nullptr) {
        return fail(LogoutErrc::issuer_unknown,
                    "its Issuer is neither the entityID nor an issuer alias of an IdP whose metadata is in force");
    }
    return fail(LogoutErrc::issuer_unknown, "it may be a partner of the configuration that is out: " + told(*nameless));
}

Failure why_absent(const IdpDirectory* idps, const saml::EntityID& name) {
    Failure why = why_unknown(idps, name);
    const bool may_have_it = idps == nullptr || idps->nameless() != nullptr;
    if (may_have_it && why.code == make_error_code(LogoutErrc::issuer_unknown)) {
        why.code = make_error_code(LogoutErrc::metadata_unusable);
    }
    return why;
}

std::variant<Proven, Unproven> prove(const LogoutServiceParts& parts, const IdpDirectory* idps,
                                     saml::ReceivedMessage message, const LogoutEvidence& evidence, Instant now,
                                     Addressee& sender) {
    const saml::Binding binding = message.binding();
    // Read before parse() takes the message: a request that can't be parsed is also answered by its ID and Version.
    sender = {.partner = nullptr,
              .in_response_to = message.claimed_id(),
              .version = message.answer_version(),
              .other_request = message.other_request(),
              .name = unknown};
    const auto partner = find_claimed(idps, message);
    if (partner) sender.name = partner->entity_id.str();
    const auto unverified = saml::UnverifiedLogoutRequest::parse(message);
    if (!unverified) return Unproven{unverified.error()};

    if (!partner) {
        const auto* absent = idps ? idps->find_absent(unverified->claimed_issuer()) : nullptr;
        if (absent != nullptr) sender.name = absent->names.front().str();
        // Only the name of a partner may be none, and this is no partner's.
        const bool is_uri = saml::is_absolute_uri(unverified->claimed_issuer().str());
        if (absent == nullptr && !is_uri) return Unproven{fail(saml::Errc::issuer_malformed, "not an absolute URI")};
        return Unproven{why_unknown(idps, unverified->claimed_issuer())};
    }
    sender.partner = partner;
    if (auto known = check_sender(*partner, binding, evidence, parts.policy, now); !known) {
        return Unproven{std::move(known).error()};
    }
    const auto authentic = authenticate(*partner, *unverified, evidence);
    if (!authentic) return Unproven{authentic.error()};
    auto request = saml::MessageVerifier::check(
        *authentic, expectations(parts, *partner, unverified->claimed_issuer(), evidence, now));
    if (!request) return Unproven{std::move(request).error(), authentic->id()};
    return Proven{partner, *std::move(request)};
}

std::size_t weight_of(const Proven& proven) noexcept {
    const bool each = named_by(proven.idp->profile.name_id_matching) == NamedBy::session_index;
    return 1 + proven.request->session_indexes.size() / (each ? 1 : 64);
}

Result<saml::NameID> name_id_of(const LogoutServiceParts& parts, const Proven& proven, const ServiceKeys& keys) {
    const idp_adapter::InteropProfile& profile = proven.idp->profile;
    const bool needs_index = profile.session_index == idp_adapter::SessionIndexRule::required;
    if (needs_index && proven.request->session_indexes.empty())
        return fail(LogoutErrc::session_index_missing, "the IdP's profile says session_index = \"required\"");
    return saml::open_name_id(proven.request, keys.decryption_keys, parts.entity_id, profile.algorithms, profile.forms);
}

Result<LogoutOrder> order_of(const LogoutServiceParts& parts, const Proven& proven, saml::NameID name_id, Instant now) {
    make_canonical(name_id, names_of(*proven.idp), our_names(parts));
    return order_from(proven.request, std::move(name_id), *proven.idp, parts.entity_id, now, parts.policy);
}

}  // namespace slo::sp
