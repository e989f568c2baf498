#include "browser_wire.hpp"

#include <utility>

#include "post_page.hpp"

namespace slo::sp {
namespace {

PageCode page_code(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::no_request:
        case Refusal::envelope_version:
        case Refusal::envelope_header:
            return PageCode::structure;
        case Refusal::too_large:
            return PageCode::encoding;
        case Refusal::unknown_sender:
            return PageCode::issuer;
        case Refusal::unproven:
            return PageCode::sig;
        case Refusal::wire_not_accepted:
            return PageCode::binding;
        case Refusal::out_of_measure:
            return PageCode::too_many;
        case Refusal::failed:
            return PageCode::unavailable;
    }
    return PageCode::unavailable;
}

HttpReply redirect(std::string url) {
    return {302,
            {{"Location", std::move(url)},
             {"Cache-Control", "no-cache, no-store, must-revalidate, private"},
             {"Pragma", "no-cache"},
             {"Referrer-Policy", "no-referrer"},
             {"X-Content-Type-Options", "nosniff"}},
            {}};
}

}  // namespace

bool BrowserWire::carries_message(const idp_adapter::Idp* partner) const noexcept {
    return partner != nullptr && idp_adapter::logout_return(*partner, message_.came_by).has_value();
}

std::string_view BrowserWire::name(Refusal refusal) const noexcept {
    return sp::name(page_code(refusal));
}

std::optional<saml::EndpointUrl> BrowserWire::destination(const idp_adapter::Idp& partner) const {
    to_ = idp_adapter::logout_return(partner, message_.came_by);
    return to_ ? std::optional(to_->url) : std::nullopt;
}

Result<std::string> BrowserWire::carried(const saml::LogoutResponse& response, const saml::MessageSigner& signer,
                                         std::optional<saml::RefusedRequest>) const {
    if (to_ && to_->binding == metadata::SignOnBinding::post) {
        const auto message = signer.sign(response);
        if (!message) return message.error();
        reply_ = posted(*message, to_->url);
        return std::string();
    }
    const auto url = saml::redirect::encode(response, message_.relay_state, signer.key());
    if (!url) return url.error();
    reply_ = redirect(url->url());
    return std::string();
}

/// The page of a form may be in a frame of the IdP's.
HttpReply BrowserWire::posted(const saml::SignedMessage& message, const saml::EndpointUrl& to) const {
    std::optional<std::string> relay_state;
    if (message_.relay_state) relay_state = message_.relay_state->octets();
    if (relay_state && !saml::is_clean_value(*relay_state, saml::redirect::max_echoed_relay_state_octets))
        relay_state.reset();
    return post_page(PostedField::saml_response, message, to, relay_state, message_.language, {.framed_by = {to}});
}

HttpReply BrowserWire::page(PageCode code) const {
    return pages_.refusal({.code = code, .request_number = message_.number, .topic = PageTopic::logout},
                          message_.language);
}

HttpReply BrowserWire::reply(LogoutAnswer answer) const noexcept {
    try {
        if (std::holds_alternative<SignedAnswer>(answer)) return *std::exchange(reply_, std::nullopt);
        if (const auto* refusal = std::get_if<Refusal>(&answer)) return page(page_code(*refusal));
        // Its IdP has no place for an answer: the user reads what came of it.
        const auto* bare = std::get_if<UnsignedAnswer>(&answer);
        if (bare != nullptr && bare->gist == Gist::success) return pages_.logged_out({}, message_.language);
        return page(PageCode::unavailable);
    } catch (...) {
        return {500, {}, {}};
    }
}

}  // namespace slo::sp
