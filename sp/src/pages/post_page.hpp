// Pages that go on by themselves: their form is submitted by a script, or by a button where there is none.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/sp/http.hpp"

namespace slo::sp {

/// PostedField is the field that a message is posted in (Bindings 3.5.4).
enum class PostedField { saml_request, saml_response };

/// PostFrame says what the browser must permit besides.
struct PostFrame {
    /// Where the answer to the form may redirect to. Chromium applies form-action to redirects as well, and stops
    /// there.
    std::vector<saml::EndpointUrl> then_to = {};
    /// Whose pages may show this one in a frame, where an IdP does that at a logout; none: no page.
    std::vector<saml::EndpointUrl> framed_by = {};
};

/// post_page posts `message` by the HTTP-POST binding (Bindings 3.5). `to` is an endpoint of verified metadata.
/// `relay_state` is of UTF-8 without controls: what HTML can't hold becomes U+FFFD.
[[nodiscard]] HttpReply post_page(PostedField field, const saml::SignedMessage& message, const saml::EndpointUrl& to,
                                  std::optional<std::string_view> relay_state, std::string_view accept_language,
                                  const PostFrame& frame = {});

/// ResubmittedFields are those of a form that an IdP's page has posted: decoded, of any content.
struct ResubmittedFields {
    std::string_view saml_response;
    std::optional<std::string_view> relay_state;
};
/// resubmit_page posts the same fields to `acs`, our own, once more: now from our own site, so that cookies come which
/// a browser withholds from other sites' forms. is_resubmitted() knows that request, and a second page is never sent.
[[nodiscard]] HttpReply resubmit_page(const saml::EndpointUrl& acs, const ResubmittedFields& fields,
                                      std::string_view accept_language, const PostFrame& frame = {});
/// is_resubmitted says whether a request's target, path and query, is that of resubmit_page().
[[nodiscard]] bool is_resubmitted(std::string_view target) noexcept;

}  // namespace slo::sp
