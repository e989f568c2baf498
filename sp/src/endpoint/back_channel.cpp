#include "slo/sp/back_channel.hpp"

#include <algorithm>

#include "back_channel_wires.hpp"
#include "content_type.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {

namespace {

/// Of SOAP, in every IdP's profile.
constexpr std::string_view usual_type = "text/xml";

Result<std::string> media_type_of(std::string_view content_type) {
    if (content_type.empty()) return std::string(usual_type);  // Bindings 3.2.3 l.353 requires no header
    std::optional<idp_adapter::ContentType> type = idp_adapter::ContentType::parse(content_type);
    if (!type || !type->is_utf8()) return fail(LogoutErrc::content_type_not_accepted);
    return std::move(type->media_type);
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

bool is_unfit(const Failure& failure) noexcept {
    return failure.code == make_error_code(LogoutErrc::content_type_not_accepted) ||
           saml::is(failure, saml::Errc::message_too_large);
}

}  // namespace

/// What its media type says of a message.
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

/// The one judgement of the media type, and of the size: a decoder that is told a limit reads nothing beyond it.
Result<saml::ReceivedMessage> BackChannel::receive(const PostedRequest& posted, Carriage& carriage) const {
    Result<std::string> type = media_type_of(posted.content_type);
    if (!type) return std::move(type).error();
    if (!is_taken(*type, options_.takes, *service_)) return fail(LogoutErrc::content_type_not_accepted);
    saml::xml::Limits limits;
    limits.octets = std::min(limits.octets, options_.max_body);
    if (*type == saml::form::media_type) {
        carriage.wire = &form_wire();
        return saml::form::decode(posted.body, limits);
    }
    if (*type != usual_type) carriage.extra_type = *std::move(type);
    return saml::soap::decode(posted.body, limits);
}

SoapReply BackChannel::refuse(const Failure& failure, const BackChannelWire& wire) const noexcept {
    if (options_.unfit == BackChannelOptions::Unfit::passed_over && is_unfit(failure)) {
        const bool is_large = saml::is(failure, saml::Errc::message_too_large);
        return wire.encode(is_large ? Refusal::too_large : Refusal::wire_not_accepted);
    }
    return wire.encode(service_->refuse(failure, wire));
}

BackChannelStep BackChannel::begin(const PostedRequest& posted) const noexcept {
    Carriage carriage;
    try {
        Result<saml::ReceivedMessage> message = receive(posted, carriage);
        if (!message) return refuse(message.error(), *carriage.wire);
        LogoutStep step = service_->begin(*std::move(message), carriage.evidence(posted));
        if (const auto* answer = std::get_if<LogoutAnswer>(&step)) return carriage.wire->encode(*answer);
        return PendingSoapReply(std::get<PendingLogout>(std::move(step)), *carriage.wire);
    } catch (...) {
        return carriage.wire->encode(service_->refuse_after_exception(*carriage.wire));
    }
}

SoapReply BackChannel::handle(const PostedRequest& posted) const noexcept {
    Carriage carriage;
    try {
        Result<saml::ReceivedMessage> message = receive(posted, carriage);
        if (!message) return refuse(message.error(), *carriage.wire);
        return carriage.wire->encode(service_->handle(*std::move(message), carriage.evidence(posted)));
    } catch (...) {
        return carriage.wire->encode(service_->refuse_after_exception(*carriage.wire));
    }
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
