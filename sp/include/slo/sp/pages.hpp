// The pages that people read, as functions from values to replies. A host that wants its own replaces them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/sp_metadata.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/sp/global_logout.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/local_target.hpp"

namespace slo::sp {

/// PageCode is all that a browser learns of a refusal. Several rules have one code, so that it tells nothing about keys
/// and signatures.
enum class PageCode {
    form,             ///< form: the fields can't be read
    encoding,         ///< encoding: a message in an encoding that isn't taken
    binding,          ///< binding: a message by a way that this service doesn't take
    structure,        ///< structure: not a message of its kind
    flow,             ///< flow: an answer that belongs to no sign-on
    flow_expired,     ///< flow_expired: its sign-on took too long or is over
    other_browser,    ///< other_browser: its sign-on began in another browser
    issuer,           ///< issuer: from an IdP that is unknown, or wasn't asked
    unsolicited,      ///< unsolicited: no sign-on asked for it, twice within a minute
    destination,      ///< destination: meant for another address
    sig,              ///< sig: signature or encryption; which of both stays open
    status,           ///< status: the IdP has said no
    status_unproven,  ///< status_unproven: there is a no, and perhaps it isn't from the IdP
    assertion,        ///< assertion: what it says of the user can't be used
    clock,            ///< clock: too old or too new
    stale,            ///< stale: the user signed on at the IdP too long ago
    authn_context,    ///< authn_context: the user signed on in another way than was asked for
    replay,           ///< replay: used before
    not_allowed,      ///< not_allowed: the application doesn't know this user
    logged_out,       ///< logged_out: the user was signed out in the meantime
    logout_unproven,  ///< logout_unproven: signed out here, and nothing proves more
    cross_site,       ///< cross_site: another site's page began this
    framed,           ///< framed: inside another page
    too_many,         ///< too_many: wait and begin again
    unavailable,      ///< unavailable: our store, key or the like fails
};
inline constexpr std::size_t page_codes = 25;
/// name returns the code as the page shows it and the log has it ("flow_expired"). Static storage.
[[nodiscard]] std::string_view name(PageCode code) noexcept;
/// status_of returns the HTTP status: 200 where a SAML message was there (Bindings 3.5.5.3 forbids others), else that
/// of the reason.
[[nodiscard]] int status_of(PageCode code) noexcept;

/// PageTopic is what didn't work.
enum class PageTopic { sign_on, logout };

/// RefusalPage says that something failed and what the user can do.
struct RefusalPage {
    PageCode code;
    std::string request_number;                      ///< for support, to be found in the log
    std::optional<StartLink> again = {};             ///< "Try again"
    std::optional<saml::EndpointUrl> idp_help = {};  ///< the IdP's errorURL; http is not linked
    PageTopic topic = PageTopic::sign_on;
};

/// IdpChoice is one line of the chooser.
struct IdpChoice {
    saml::EntityID idp;
    std::vector<metadata::LocalizedText> names;  ///< of its metadata, so of any content; may be empty
    StartLink start;
    StartLink start_and_remember;
};
/// ChooserPage asks which IdP the user belongs to.
struct ChooserPage {
    std::vector<IdpChoice> idps;
};

/// LoggedOutPage says how far a logout has reached.
struct LoggedOutPage {
    std::optional<Extent> extent = {};    ///< none: not known to this browser; the page says only that it is signed out
    std::optional<StartLink> again = {};  ///< "Sign in again"
};

/// Pages makes the pages that a host may want to look like its own. Each reply is complete, with its headers. Called
/// from any thread. `accept_language` is the request's header, empty where there is none; of any content.
class Pages {
public:
    virtual ~Pages() = default;
    [[nodiscard]] virtual HttpReply refusal(const RefusalPage& page, std::string_view accept_language) const = 0;
    [[nodiscard]] virtual HttpReply chooser(const ChooserPage& page, std::string_view accept_language) const = 0;
    [[nodiscard]] virtual HttpReply logged_out(const LoggedOutPage& page, std::string_view accept_language) const = 0;
};

/// default_pages are small pages in English, German and French, without any external resource. Static storage.
[[nodiscard]] const Pages& default_pages() noexcept;

}  // namespace slo::sp
