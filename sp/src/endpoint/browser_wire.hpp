// The encoding of an answer that a browser takes back to an IdP.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_answer.hpp"
#include "slo/sp/pages.hpp"

namespace slo::sp {

/// BroughtMessage is what an answer must know of a message beside its content.
struct BroughtMessage {
    saml::Binding came_by = saml::Binding::redirect;
    std::optional<saml::redirect::RelayState> relay_state = {};
    std::string language = {};  ///< Accept-Language
    std::string number = {};    ///< support_number()
};

/// BrowserWire is the wire of one message, which one thread at a time works on. It holds the reply that carries the
/// answer.
class BrowserWire final : public LogoutWire, public BrowserLeg {
public:
    /// `pages` must outlive it.
    BrowserWire(BroughtMessage message, const Pages& pages) : message_(std::move(message)), pages_(pages) {}

    [[nodiscard]] bool carries_message(const idp_adapter::Idp* partner) const noexcept override;
    [[nodiscard]] std::string_view name(Refusal refusal) const noexcept override;
    [[nodiscard]] Result<std::string> carried(const saml::LogoutResponse& response, const saml::MessageSigner& signer,
                                              std::optional<saml::RefusedRequest> of) const override;
    [[nodiscard]] const BrowserLeg* browser_leg() const noexcept override { return this; }
    [[nodiscard]] std::optional<saml::EndpointUrl> destination(const idp_adapter::Idp& partner) const override;
    [[nodiscard]] std::string_view number() const noexcept override { return message_.number; }

    /// reply returns what goes to the browser. Where there is no memory for a page, 500 without a body.
    [[nodiscard]] HttpReply reply(LogoutAnswer answer) const noexcept;

private:
    [[nodiscard]] HttpReply page(PageCode code) const;
    [[nodiscard]] HttpReply posted(const saml::SignedMessage& message, const saml::EndpointUrl& to) const;

    BroughtMessage message_;
    const Pages& pages_;
    mutable std::optional<idp_adapter::LogoutReturn> to_;  ///< of the destination() that was asked for
    mutable std::optional<HttpReply> reply_;               ///< made by carried()
};

}  // namespace slo::sp
