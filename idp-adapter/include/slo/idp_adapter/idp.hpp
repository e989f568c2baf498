// One IdP as a partner.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/idp_adapter/interop_profile.hpp"
#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"

namespace slo::idp_adapter {

/// age_unknown is the valid_until of metadata that ends by its age (MetadataSource), if that isn't known: it has ended.
inline constexpr Instant age_unknown{};
/// told_end says for people when metadata ends: "ended at 2027-01-08T00:00:00Z" if `verb` is "ended".
[[nodiscard]] std::string told_end(std::string_view verb, Instant valid_until);

/// Idp is immutable: its name, its keys, its endpoints, its deviations.
struct Idp {
    saml::EntityID entity_id;
    saml::VerificationKeys keys;
    std::vector<metadata::Endpoint> single_logout_services;
    std::optional<Instant> valid_until;
    InteropProfile profile;
    metadata::AlgorithmSupport algorithms = {};  ///< what its metadata says it can verify; empty: nothing
    metadata::SignOnRole sign_on = {};           ///< where and how its users sign on
    std::string source = {};  ///< our name of its metadata's source, for the log; empty: a host made it without one
};

/// make_idp takes the IdP role of `descriptor`. Errors: metadata::Errc::not_metadata if it has none,
/// metadata::Errc::no_usable_key.
[[nodiscard]] Result<Idp> make_idp(const metadata::EntityDescriptor& descriptor, InteropProfile profile);

/// signer_for adapts `signer` to `idp`: with an algorithm that its metadata lists, if it lists any (a signature that
/// it can't verify isn't sent: algorithm support profile, 2.5), and with the prefixes of its profile. Errors: those of
/// metadata::choose_signature_algorithm().
[[nodiscard]] Result<saml::MessageSigner> signer_for(const Idp& idp, const saml::MessageSigner& signer);

/// soap_logout_endpoint returns where `idp` takes LogoutRequests over SOAP (Metadata 2.4.2): the first endpoint that
/// its profile allows, https unless it says otherwise; null if there is none. Lives as long as `idp`.
[[nodiscard]] const metadata::Endpoint* soap_logout_endpoint(const Idp& idp) noexcept;

/// LogoutReturn is where a browser takes our LogoutResponse back to an IdP.
struct LogoutReturn {
    metadata::SignOnBinding binding = metadata::SignOnBinding::redirect;
    saml::EndpointUrl url;
};
/// logout_return returns the ResponseLocation, else the Location, of a SingleLogoutService for browsers: of the binding
/// by which the request came, else of HTTP-Redirect, else of HTTP-POST; https unless `allow_http` of its [idp.logout]
/// says otherwise. std::nullopt if there is none. Spec: Metadata 2.2.2; Profiles 4.4.4.2.
[[nodiscard]] std::optional<LogoutReturn> logout_return(const Idp& idp, Wire came_by);

/// may_send_by says whether LogoutRequests of `idp` are taken by `wire`: those of its profile, and those of a browser
/// if its metadata says where a browser takes the answer.
[[nodiscard]] bool may_send_by(const Idp& idp, Wire wire);

/// sign_on_endpoint returns where a browser takes an AuthnRequest to `idp` that has `query_octets` as a query of
/// HTTP-Redirect: the first endpoint of the binding that its profile and that length choose, https unless `allow_http`
/// of its [idp.logout] says otherwise; null if there is none (Metadata 2.4.3). Lives as long as `idp`.
[[nodiscard]] const metadata::SignOnEndpoint* sign_on_endpoint(const Idp& idp, std::size_t query_octets) noexcept;

/// redirect_url returns `location` with `query` behind it, octet by octet: its own query stays (Bindings 3.4.3).
[[nodiscard]] std::string redirect_url(const saml::EndpointUrl& location, std::string_view query);

/// why_no_sign_on says for operators why no user can be sent to `idp`, and is empty if one can.
[[nodiscard]] std::string why_no_sign_on(const Idp& idp);

/// BrowserLogouts says whether we have an address to which a browser brings an IdP's logout.
enum class BrowserLogouts { taken, not_taken };

/// LogoutWays says how logouts pass between an IdP and us, as far as its metadata and its profile tell.
struct LogoutWays {
    /// "SOAP", "a form", "the browser"; empty: no logout of the IdP ends a session here
    std::vector<std::string> it_sends;
    bool can_be_asked = false;  ///< when a logout starts here
    std::string summary;        ///< one line for operators, with the remedy where a way is missing
};
[[nodiscard]] LogoutWays logout_ways(const Idp& idp, BrowserLogouts browser = BrowserLogouts::not_taken);

}  // namespace slo::idp_adapter
