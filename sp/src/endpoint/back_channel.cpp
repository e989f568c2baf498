#include "slo/sp/back_channel.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "back_channel_wires.hpp"
#include "content_type.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {

namespace {

/// Of SOAP, in every IdP's profile.
constexpr std::string_view usual_type = "text/xml";

Result<std::string> media_type_of(std::string_view content_type, std::string_view body) {
    if (content_type.empty()) return std::string(usual_type);  // Bindings 3.2.3 l.353 requires no header
    std::optional<idp_adapter::ContentType> type = idp_adapter::ContentType::parse(content_type);
    if (!type) return fail(LogoutErrc::content_type_not_accepted, "Content-Type is one field with one media type");
    // HttpClient 4 labels its forms so, whatever they hold; base64 is ASCII.
    const bool is_form = type->media_type == saml::form::media_type;
    if (is_form ? !idp_adapter::reads_as_utf8(*type, body) : !type->is_utf8())
        return fail(LogoutErrc::content_type_not_accepted, "the only charset is utf-8");
    return std::move(type->media_type);
}

/// What a peer's media type is called in the audit, which repeats no text of a peer.
std::string_view known_name(std::string_view media_type) noexcept {
    constexpr std::string_view known[] = {
        "application/json",
        "application/octet-stream",
        "application/samlassertion+xml",
        "application/soap+xml",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/xop+xml",
        "multipart/form-data",
        "multipart/related",
        "text/html",
        "text/plain",
        "text/xml",
    };
    const auto* found = std::ranges::find(known, media_type);
    return found == std::ranges::end(known) ? "another media type" : *found;
}

/// Whether a path takes it: what no partner of ours sends isn't read there.
bool is_taken(std::string_view media_type, Posted takes, const LogoutService& service) {
    const bool is_form = media_type == saml::form::media_type;
    if (takes == Posted::forms) return is_form;
    if (takes == Posted::soap_and_forms || media_type == usual_type) return true;
    const auto idps = service.idps();
    if (!idps) return false;
    return is_form ? idps->accepts_wire(idp_adapter::Wire::form_logout_request)
                   : idps->accepts_content_type(media_type);
}

Result<void> check_type(const idp_adapter::InteropProfile& profile, const std::string& media_type) {
    const auto& extra = profile.extra_content_types;
    if (std::ranges::find(extra, media_type) == extra.end()) return fail(LogoutErrc::content_type_not_accepted);
    return Done{};
}

}  // namespace

/// A message's properties according to its media type.
struct BackChannel::Carriage {
    const BackChannelWire* wire = &soap_wire();
    std::string extra_type = {};  ///< of SOAP, if it isn't the usual one: its sender's profile must have it

    [[nodiscard]] LogoutEvidence evidence(const PostedRequest& posted) const {
        LogoutEvidence evidence{.wire = *wire, .client = posted.client, .destinations = posted.destinations};
        if (extra_type.empty()) return evidence;
        evidence.check_sender = [this](const auto& profile) { return check_type(profile, extra_type); };
        return evidence;
    }
};

/// The only judgement of the media type, and of the size: a decoder with a limit reads nothing beyond it.
Result<saml::ReceivedMessage> BackChannel::receive(const PostedRequest& posted, Carriage& carriage) const {
    Result<std::string> type = media_type_of(posted.content_type, posted.body);
    if (!type) return std::move(type).error();
    if (!is_taken(*type, options_.takes, *service_)) {
        return fail(LogoutErrc::content_type_not_accepted,
                    std::string(known_name(*type)) + " isn't among this endpoint's content types: " + types_taken());
    }
    saml::xml::Limits limits;
    limits.octets = most_octets();
    if (*type == saml::form::media_type) {
        carriage.wire = &form_wire();
        if (posted.query) return saml::form::decode_in_query(*posted.query, posted.body, limits);
        return saml::form::decode(posted.body, limits);
    }
    if (*type != usual_type) carriage.extra_type = *std::move(type);
    return saml::soap::decode(posted.body, limits);
}

std::size_t BackChannel::most_octets() const noexcept {
    return std::min(saml::xml::Limits{}.octets, options_.max_body);
}

/// Those that profiles name come from our own configuration.
std::string BackChannel::types_taken() const {
    std::set<std::string_view> types;
    if (options_.takes != Posted::forms) types.insert(usual_type);
    if (is_taken(saml::form::media_type, options_.takes, *service_)) types.insert(saml::form::media_type);
    const auto idps = service_->idps();
    if (idps && options_.takes != Posted::forms)
        types.insert(idps->content_types().begin(), idps->content_types().end());
    std::string text;
    for (const std::string_view type : types) text += (text.empty() ? "" : ", ") + std::string(type);
    return text;
}

/// What HTTP says of it is enough to refuse it: it hasn't been read, and no IdP is known.
SoapReply BackChannel::refuse(const PostedRequest& posted, const Failure& failure, const BackChannelWire& wire) const {
    const bool is_large = saml::is(failure, saml::Errc::message_too_large);
    if (!is_large && failure.code != make_error_code(LogoutErrc::content_type_not_accepted)) {
        return wire.encode(service_->refuse(failure, wire));
    }
    const Refusal refusal = is_large ? Refusal::too_large : Refusal::wire_not_accepted;
    AuditTrouble why{.stage = "http",
                     .rule = std::string(name(is_large ? HttpRule::size : HttpRule::content_type)),
                     .detail = failure.detail};
    if (is_large) why.detail = "a message's most octets are " + std::to_string(most_octets());
    service_->note_refusal({.peer = std::string(posted.peer),
                            .path = std::string(posted.path),
                            .status = std::string(wire.name(refusal)),
                            .trouble = std::move(why)});
    return wire.encode(refusal);
}

/// `work` gets the message and how it came; what can't be read is refused.
template <class Answer, class Work>
Answer BackChannel::with_message(const PostedRequest& posted, Work work) const noexcept {
    Carriage carriage;
    try {
        Result<saml::ReceivedMessage> message = receive(posted, carriage);
        if (!message) return refuse(posted, message.error(), *carriage.wire);
        return work(*std::move(message), carriage);
    } catch (...) {
        return carriage.wire->encode(service_->refuse_after_exception(*carriage.wire));
    }
}

BackChannelStep BackChannel::begin(const PostedRequest& posted) const noexcept {
    return with_message<BackChannelStep>(posted, [&](auto message, const Carriage& carriage) -> BackChannelStep {
        LogoutStep step = service_->begin(std::move(message), carriage.evidence(posted));
        if (auto* answer = std::get_if<LogoutAnswer>(&step)) return carriage.wire->encode(std::move(*answer));
        return PendingSoapReply(std::get<PendingLogout>(std::move(step)), *carriage.wire);
    });
}

SoapReply BackChannel::handle(const PostedRequest& posted) const noexcept {
    return with_message<SoapReply>(posted, [&](auto message, const Carriage& carriage) {
        return carriage.wire->encode(service_->handle(std::move(message), carriage.evidence(posted)));
    });
}

Result<LogoutPreview> BackChannel::preview(const PostedRequest& posted) const noexcept {
    try {
        Carriage carriage;
        Result<saml::ReceivedMessage> message = receive(posted, carriage);
        if (!message) return std::move(message).error();
        return service_->preview(*std::move(message), carriage.evidence(posted));
    } catch (...) {
        return fail(StoreErrc::store_failed, "exception");  // so short that it takes no memory
    }
}

SoapReply PendingSoapReply::finish() noexcept {
    return wire_->encode(logout_.finish());
}

}  // namespace slo::sp
