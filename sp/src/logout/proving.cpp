#include "proving.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "content_type.hpp"
#include "entity_names.hpp"
#include "logout_order.hpp"
#include "slo/idp_adapter/sender.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/error.hpp"
#include "store_rules.hpp"

namespace slo::sp {

namespace {

using idp_adapter::ContentType;
using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

/// A request that isn't proven yet, and the wire that it came in.
struct Received {
    saml::UnverifiedLogoutRequest request;
    idp_adapter::Wire wire;
    std::string media_type;  ///< empty: none was told
};

/// The media type of a Content-Type field, or none. Errors: content_type_not_accepted, also of another charset.
Result<std::string> media_type_of(std::string_view content_type) {
    if (content_type.empty()) return std::string();
    std::optional<ContentType> type = ContentType::parse(content_type);
    if (!type || !type->is_utf8()) return fail(Errc::content_type_not_accepted);
    return std::move(type->media_type);
}

Result<Received> receive(const PostedRequest& posted, RequestTrace& trace) {
    const std::string_view body = posted.body;
    Result<std::string> media_type = media_type_of(posted.content_type);
    if (!media_type) return std::move(media_type).error();
    const bool is_form = *media_type == saml::form::media_type;
    if (is_form) trace.answer_kind = AnswerKind::bare;
    Result<saml::ReceivedMessage> message = is_form ? saml::form::decode(body) : saml::soap::decode(body);
    if (!message) return std::move(message).error();
    const idp_adapter::Wire wire = message->binding();
    // Asked before parse() takes the message: also a request that can't be read is answered by its ID and Version.
    trace.in_response_to = message->claimed_id();
    trace.version = message->answer_version();
    trace.other_request = message->other_request();
    Result<saml::UnverifiedLogoutRequest> request = saml::UnverifiedLogoutRequest::parse(*message);
    if (!request) return std::move(request).error();
    return Received{*std::move(request), wire, *std::move(media_type)};
}

/// For the audit. Empty: a signature, as usual.
std::string_view name(saml::Evidence evidence) noexcept {
    switch (evidence) {
        case saml::Evidence::signature:
            return "";
        case saml::Evidence::tls_client_key:
            return "tls_client_key";
        case saml::Evidence::shared_secret:
            return "http_basic";
    }
    return "";
}

Result<void> check_wire(const Idp& idp, idp_adapter::Wire wire, std::string_view media_type) {
    if (!idp.profile.wires.contains(wire)) return fail(Errc::wire_not_accepted);
    if (wire != idp_adapter::Wire::soap || media_type.empty() || media_type == "text/xml") return Done{};
    const auto& extra = idp.profile.extra_content_types;
    if (std::ranges::find(extra, media_type) == extra.end()) return fail(Errc::content_type_not_accepted);
    return Done{};
}

Result<std::shared_ptr<const Idp>> find_partner(const IdpDirectory* idps, const Received& received,
                                                const Policy& policy, RequestTrace& trace) {
    std::shared_ptr<const Idp> idp = idps ? idps->find(received.request.claimed_issuer()) : nullptr;
    if (!idp) return fail(Errc::issuer_unknown);
    trace.audit.idp = idp->entity_id.str();
    trace.partner = idp;
    const bool takes_base64 = idp->profile.form_answer == idp_adapter::FormAnswer::logout_response;
    if (trace.answer_kind == AnswerKind::bare && takes_base64) trace.answer_kind = AnswerKind::base64;
    if (auto accepted = check_wire(*idp, received.wire, received.media_type); !accepted)
        return std::move(accepted).error();
    // SAML Metadata 2.3.2, erratum E94: not to be used after validUntil.
    if (idp->valid_until && *idp->valid_until + policy.clock_skew <= trace.audit.time) {
        return fail(Errc::metadata_expired);
    }
    return idp;
}

/// `issuer` is the one of its names under which the directory found the IdP: inside the signature it must be the same.
saml::Expectations expectations(const LogoutServiceParts& parts, const Idp& idp, const saml::EntityID& issuer,
                                const PostedRequest& posted, Instant now) {
    const std::span<const saml::EndpointUrl> here = posted.destinations.value_or(parts.destinations);
    return {
        .issuer = issuer,
        .destinations = {here.begin(), here.end()},
        .destination_rule = idp.profile.destination,
        .now = now,
        .clock_skew = parts.policy.clock_skew,
        .max_age = idp.profile.max_age,
        .algorithms = idp.profile.algorithms,
    };
}

/// Believed for its signature; only one that has none, for what else the IdP's profile accepts.
Result<saml::Verified<saml::LogoutRequest>> verify(const LogoutServiceParts& parts, const Idp& idp,
                                                   const saml::UnverifiedLogoutRequest& unverified,
                                                   const PostedRequest& posted, Instant now) {
    const saml::Expectations expected = expectations(parts, idp, unverified.claimed_issuer(), posted, now);
    auto request = saml::MessageVerifier::verify(unverified, idp.keys, expected);
    if (request || !saml::is(request.error(), saml::Errc::signature_missing)) return request;
    const auto sender = idp_adapter::authenticate(idp, expected.issuer, posted.client);
    if (!sender) return request;
    return saml::MessageVerifier::verify(unverified, *sender, expected);
}

/// What this IdP's profile says of a request that is its own.
Result<void> apply_profile(const Idp& idp, const saml::LogoutRequest& request, RequestTrace& trace) {
    using idp_adapter::AsynchronousRule;
    using idp_adapter::SessionIndexRule;
    if (request.asynchronous && idp.profile.asynchronous == AsynchronousRule::stay_silent) {
        trace.answer_kind = AnswerKind::silent;
    }
    if (idp.profile.session_index == SessionIndexRule::required && request.session_indexes.empty()) {
        return fail(Errc::session_index_missing);
    }
    return Done{};
}

void tell_indexes(const LogoutServiceParts& parts, const Idp& idp, const std::vector<saml::SessionIndex>& indexes,
                  AuditedRequest& audit) {
    audit.session_index_count = indexes.size();
    for (const saml::SessionIndex& index : indexes) {
        if (audit.session_indexes.size() == most_indexes_told) break;
        audit.session_indexes.push_back(hashed(parts, idp.entity_id, index));
    }
}

}  // namespace

Result<ProvenRequest> prove(const LogoutServiceParts& parts, const IdpDirectory* idps, const PostedRequest& posted,
                            RequestTrace& trace) {
    Result<Received> received = receive(posted, trace);
    if (!received) return std::move(received).error();

    Result<std::shared_ptr<const Idp>> partner = find_partner(idps, *received, parts.policy, trace);
    if (!partner) return std::move(partner).error();

    Result<saml::Verified<saml::LogoutRequest>> request =
        verify(parts, **partner, received->request, posted, trace.audit.time);
    if (!request) return std::move(request).error();
    trace.is_proven = true;
    trace.in_response_to = (*request)->id;
    trace.audit.request_id = (*request)->id.str();
    trace.audit.authenticated_by = name(request->evidence());
    return ProvenRequest{*std::move(partner), *std::move(request)};
}

std::size_t weight_of(const ProvenRequest& proven) noexcept {
    const bool each = named_by(proven.idp->profile.name_id_matching) == NamedBy::session_index;
    return 1 + proven.request->session_indexes.size() / (each ? 1 : 64);
}

Result<LogoutOrder> order_of(const LogoutServiceParts& parts, const ProvenRequest& proven, RequestTrace& trace) {
    const Idp& idp = *proven.idp;
    if (auto applied = apply_profile(idp, *proven.request, trace); !applied) return std::move(applied).error();
    tell_indexes(parts, idp, proven.request->session_indexes, trace.audit);

    Result<saml::NameID> name_id =
        saml::open_name_id(proven.request, trace.keys->decryption_keys, parts.entity_id, idp.profile.algorithms);
    if (!name_id) return std::move(name_id).error();
    trace.audit.name_id = hashed(parts, idp.entity_id, *name_id);
    make_canonical(*name_id, names_of(idp), our_names(parts));
    return order_from(proven.request, std::move(*name_id), idp, parts.entity_id, trace.audit.time, parts.policy);
}

}  // namespace slo::sp
