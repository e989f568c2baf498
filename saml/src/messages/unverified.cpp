#include "slo/saml/unverified.hpp"

#include <algorithm>

#include "message_reading.hpp"
#include "received_message.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

/// The statements of a message before anything in it is proven: its version, its ID, its claimed issuer.
struct Claims {
    EntityID issuer;
    MessageID id;
};

Result<Claims> read_claims(const xml::Element& message) {
    if (auto version = read_version(message); !version) return version.error();
    const auto id_attribute = message.collapsed_attribute("ID");
    if (!id_attribute) return fail(Errc::id_malformed, "no ID");
    auto id = MessageID::parse(*id_attribute);
    if (!id) return id.error();
    const auto first = message.first_child();
    if (!first) return fail(Errc::issuer_malformed, "no Issuer");
    auto issuer = read_issuer(*first, any_issuer);
    if (!issuer) return issuer.error();
    return Claims{*std::move(issuer), *std::move(id)};
}

}  // namespace

ReceivedMessage::ReceivedMessage(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ReceivedMessage::ReceivedMessage(ReceivedMessage&&) noexcept = default;
ReceivedMessage& ReceivedMessage::operator=(ReceivedMessage&&) noexcept = default;
ReceivedMessage::~ReceivedMessage() = default;

Binding ReceivedMessage::binding() const noexcept {
    return impl_->binding;
}

std::optional<MessageID> ReceivedMessage::claimed_id() const {
    const auto attribute = impl_->message.collapsed_attribute("ID");
    if (!attribute) return std::nullopt;
    auto id = MessageID::parse(*attribute);
    if (!id) return std::nullopt;
    return *std::move(id);
}

std::optional<EntityID> ReceivedMessage::claimed_issuer() const {
    const auto first = impl_->message.first_child();
    if (!first || !first->is({vocabulary::saml, "Issuer"})) return std::nullopt;
    const auto text = first->text();
    auto issuer = text ? EntityID::opaque(*text) : Result<EntityID>(text.error());
    if (!issuer) return std::nullopt;
    return *std::move(issuer);
}

std::optional<RefusedRequest> ReceivedMessage::other_request() const noexcept {
    return impl_->other_request;
}

Version ReceivedMessage::answer_version() const {
    constexpr Version ours{};
    const auto attribute = impl_->message.attribute("Version");
    if (!attribute) return ours;
    const auto version = parse_version(*attribute);
    return version ? std::min(ours, *version) : ours;
}

Result<UnverifiedLogoutRequest> UnverifiedLogoutRequest::parse(ReceivedMessage& message) {
    if (message.impl_->other_request) return fail(Errc::unsupported_request);
    const xml::Element& element = message.impl_->message;
    if (!element.is({vocabulary::samlp, "LogoutRequest"})) return fail(Errc::not_a_saml_request);
    auto claims = read_claims(element);
    if (!claims) return claims.error();
    return UnverifiedLogoutRequest(std::move(message), std::move(claims->issuer), std::move(claims->id));
}

Result<UnverifiedLogoutResponse> UnverifiedLogoutResponse::parse(ReceivedMessage& message) {
    const xml::Element& element = message.impl_->message;
    if (!element.is({vocabulary::samlp, "LogoutResponse"})) return fail(Errc::schema_violation, "not a LogoutResponse");
    auto claims = read_claims(element);
    if (!claims) return claims.error();
    return UnverifiedLogoutResponse(std::move(message), std::move(claims->issuer), std::move(claims->id));
}

}  // namespace slo::saml
