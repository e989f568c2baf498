#include "slo/idp_adapter/idp.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "slo/metadata/algorithm_support.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/metadata/printable.hpp"

namespace slo::idp_adapter {

std::string told_end(std::string_view verb, Instant valid_until) {
    if (valid_until == age_unknown) return "has no validUntil, and when it was last fetched isn't known";
    return std::string(verb) + " at " + saml::format_instant(valid_until);
}

Result<Idp> make_idp(const metadata::EntityDescriptor& descriptor, InteropProfile profile) {
    if (!descriptor.idp) {
        return Failure{make_error_code(metadata::Errc::not_metadata),
                       "the entity has no IDPSSODescriptor for SAML 2.0: it is no IdP"};
    }
    auto keys = descriptor.idp->verification_keys();
    if (keys.empty()) {
        return Failure{make_error_code(metadata::Errc::no_usable_key), "the IdP has no key that may verify"};
    }
    return Idp{.entity_id = descriptor.entity_id,
               .keys = std::move(keys),
               .single_logout_services = descriptor.idp->single_logout_services,
               .valid_until = descriptor.valid_until,
               .profile = std::move(profile),
               .algorithms = descriptor.idp->algorithms,
               .sign_on = descriptor.idp->sign_on};
}

namespace {

/// An EC key has one padding, whatever the profile says of RSA's.
saml::SigningKey padded_for(const InteropProfile& profile, const saml::SigningKey& key) {
    if (profile.algorithms.rsa_pss != saml::AlgorithmPolicy::RsaPss::accepted_and_used) return key;
    auto with_pss = key.using_algorithm(saml::SignatureAlgorithm::rsa_pss_sha256);
    return with_pss ? *std::move(with_pss) : key;
}

}  // namespace

Result<saml::MessageSigner> signer_for(const Idp& idp, const saml::MessageSigner& signer) {
    const saml::SigningKey ours = padded_for(idp.profile, signer.key());
    const bool anything = idp.algorithms == metadata::AlgorithmSupport{};
    const auto algorithm = anything ? Result<saml::SignatureAlgorithm>(ours.algorithm())
                                    : metadata::choose_signature_algorithm(idp.algorithms, ours);
    if (!algorithm) return algorithm.error();
    if (*algorithm == signer.key().algorithm()) return signer.with_prefixes(idp.profile.prefixes);
    auto key = ours.using_algorithm(*algorithm);
    if (!key) return std::move(key).error();
    return saml::MessageSigner(*std::move(key), idp.profile.prefixes);
}

namespace {

bool may_lead_to(const Idp& idp, const saml::EndpointUrl& location) noexcept {
    return idp.profile.outgoing.http.http == HttpClientOptions::Http::accepted || location.str().starts_with("https:");
}

const metadata::SignOnEndpoint* first_by(const Idp& idp, metadata::SignOnBinding binding) noexcept {
    const auto found = std::ranges::find_if(idp.sign_on.endpoints, [&](const metadata::SignOnEndpoint& one) {
        return one.binding == binding && may_lead_to(idp, one.location);
    });
    return found == idp.sign_on.endpoints.end() ? nullptr : &*found;
}

}  // namespace

const metadata::SignOnEndpoint* sign_on_endpoint(const Idp& idp, std::size_t query_octets) noexcept {
    const auto* const redirect = first_by(idp, metadata::SignOnBinding::redirect);
    const auto* const post = first_by(idp, metadata::SignOnBinding::post);
    switch (idp.profile.sign_on.request_binding) {
        case RequestBinding::redirect:
            return redirect;
        case RequestBinding::post:
            return post;
        case RequestBinding::by_length:
            break;
    }
    const bool is_short = query_octets <= max_redirect_query;
    return redirect != nullptr && (is_short || post == nullptr) ? redirect : post;
}

std::string redirect_url(const saml::EndpointUrl& location, std::string_view query) {
    const std::string& own = location.str();
    const bool has_query = own.find('?') != std::string::npos;
    const bool is_open = own.ends_with('?') || own.ends_with('&');
    return (own + (!has_query ? "?" : is_open ? "" : "&")).append(query);
}

std::string why_no_sign_on(const Idp& idp) {
    if (sign_on_endpoint(idp, 0) != nullptr) return {};
    if (auto obstacle = metadata::sign_on_obstacle(idp.sign_on); !obstacle.empty()) return obstacle;
    for (const auto binding : {metadata::SignOnBinding::redirect, metadata::SignOnBinding::post}) {
        if (first_by(idp, binding) == nullptr) continue;
        return "its metadata has sign-on by " + std::string(metadata::name(binding)) +
               " alone, which request_binding in its [idp.sign_on] excludes";
    }
    return "its sign-on is at plain http, which allow_http in its [idp.logout] would accept";
}

const metadata::Endpoint* soap_logout_endpoint(const Idp& idp) noexcept {
    // Chosen by its binding, never by its place in the list: IdPs list it first, last or in between.
    const auto found = std::ranges::find_if(idp.single_logout_services, [&idp](const metadata::Endpoint& one) {
        return one.binding == metadata::soap_binding && may_lead_to(idp, one.location);
    });
    return found == idp.single_logout_services.end() ? nullptr : &*found;
}

namespace {

bool is_a_browser_s(Wire wire) noexcept {
    return wire == Wire::redirect || wire == Wire::post;
}

std::optional<LogoutReturn> return_by(const Idp& idp, metadata::SignOnBinding binding) {
    const std::string_view uri =
        binding == metadata::SignOnBinding::redirect ? metadata::redirect_binding : metadata::post_binding;
    for (const metadata::Endpoint& one : idp.single_logout_services) {
        const saml::EndpointUrl url = one.response_location.value_or(one.location);
        if (one.binding == uri && may_lead_to(idp, url)) return LogoutReturn{binding, url};
    }
    return std::nullopt;
}

}  // namespace

std::optional<LogoutReturn> logout_return(const Idp& idp, Wire came_by) {
    using metadata::SignOnBinding;
    if (came_by == Wire::post) {
        if (auto by_post = return_by(idp, SignOnBinding::post)) return by_post;
    }
    if (auto by_redirect = return_by(idp, SignOnBinding::redirect)) return by_redirect;
    return return_by(idp, SignOnBinding::post);
}

bool may_send_by(const Idp& idp, Wire wire) {
    if (idp.profile.wires.contains(wire)) return true;
    return is_a_browser_s(wire) && logout_return(idp, wire).has_value();
}

namespace {

bool has_soap(const Idp& idp) {
    return std::ranges::find(idp.single_logout_services, metadata::soap_binding, &metadata::Endpoint::binding) !=
           idp.single_logout_services.end();
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : " and ") + part;
    return text;
}

/// "HTTP-Redirect" and "HTTP-POST": each binding once, by the last part of its URI.
std::string bindings_of(const Idp& idp) {
    std::vector<std::string> names;
    for (const metadata::Endpoint& one : idp.single_logout_services) {
        constexpr std::string_view known = "urn:oasis:names:tc:SAML:2.0:bindings:";
        std::string name = one.binding.starts_with(known) ? metadata::quoted(one.binding.substr(known.size()))
                                                          : std::string("another binding");
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return joined(names);
}

std::string why_not_taken(const Idp& idp) {
    if (idp.single_logout_services.empty()) return "its metadata has no single logout";
    return "its metadata has single logout over " + bindings_of(idp) + " alone, which goes through the user's browser";
}

std::string why_not_asked(const Idp& idp) {
    if (has_soap(idp)) return "its SOAP endpoint is plain http, which allow_http in its [idp.logout] would accept";
    if (idp.single_logout_services.empty()) return why_not_taken(idp);
    return why_not_taken(idp) + ", and logouts that start here don't go that way yet";
}

bool is_a_server_s_form(Wire wire) noexcept {
    return wire != Wire::soap && !is_a_browser_s(wire);
}

}  // namespace

LogoutWays logout_ways(const Idp& idp, BrowserLogouts browser) {
    LogoutWays ways{.it_sends = {}, .can_be_asked = soap_logout_endpoint(idp) != nullptr, .summary = {}};
    // What it lists is where it takes requests; what takes SOAP requests sends them, too.
    if (idp.profile.wires.contains(Wire::soap) && has_soap(idp)) ways.it_sends.emplace_back("SOAP");
    const bool by_form = std::ranges::any_of(idp.profile.wires, is_a_server_s_form);
    if (by_form) ways.it_sends.emplace_back("a form");
    const bool has_browsers = may_send_by(idp, Wire::redirect) || may_send_by(idp, Wire::post);
    if (has_browsers && browser == BrowserLogouts::taken) ways.it_sends.emplace_back("the browser");
    const std::string asked =
        ways.can_be_asked ? "it can be asked over SOAP" : "it can't be asked: " + why_not_asked(idp);
    if (!ways.it_sends.empty()) {
        ways.summary = "its logouts end sessions here by " + joined(ways.it_sends) + "; " + asked;
        return ways;
    }
    const std::string mend = has_browsers ? "; write browser_slo_url in [sp], and give the IdP our new metadata"
                                          : "; if it has logout over SOAP, turn it on there and take its new metadata, "
                                            "or write in wires what it posts by itself";
    ways.summary = "NO LOGOUT of it can end a session here: " +
                   (has_soap(idp) ? std::string("wires lacks soap") : why_not_taken(idp)) + "; " +
                   (ways.can_be_asked ? asked : "nor can it be asked") + mend;
    return ways;
}

}  // namespace slo::idp_adapter
