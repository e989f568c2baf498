#include "entity_review.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "extension_reading.hpp"
#include "reading.hpp"
#include "role_reading.hpp"
#include "sign_on_reading.hpp"
#include "slo/metadata/printable.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;

constexpr std::chrono::days soon{14};
// Deployments keep to it, so a longer name isn't stored whole everywhere.
constexpr std::size_t usual_entity_id_bytes = 256;

std::uint64_t line_of(const Element& element) {
    return static_cast<std::uint64_t>(element.line());
}

/// IdpReview goes over one IDPSSODescriptor with the reader's own functions, and doesn't stop where it would.
class IdpReview {
public:
    IdpReview(const Element& role, const MetadataRules& rules, Instant now, Findings& findings)
        : element_(role), rules_(rules), now_(now), findings_(findings) {}

    void run(const std::vector<Element>& of_the_entity) {
        if (!element_.has_only_element_content()) {
            findings_.error(broken(Errc::schema_violation, element_, "text between its elements"), line_of(element_));
        }
        for (const Element& child : element_.children()) {
            if (child.is(md("KeyDescriptor"))) review_key(child);
            if (child.is(md("SingleLogoutService"))) review_service(child);
            if (child.is(md("SingleSignOnService"))) review_sign_on_service(child);
        }
        review_keys();
        review_services();
        review_sign_on(of_the_entity);
        review_algorithms(
            role_support(read_algorithm_support(extensions_of(element_)), read_algorithm_support(of_the_entity)));
    }

private:
    void review_key(const Element& element) {
        const std::size_t keys_before = role_.keys.size();
        const std::size_t skipped_before = role_.skipped_keys.size();
        const auto added = add_key(role_, element, known_);
        if (!added) return findings_.error(added.error(), line_of(element));
        if (role_.skipped_keys.size() > skipped_before) {
            findings_.warning("Metadata 2.4.1.1", line_of(element),
                              "this key is not used: " + role_.skipped_keys.back());
        }
        if (role_.keys.size() == keys_before) return;
        const KeyDescriptor& key = role_.keys.back();
        if (key.use == KeyUse::both) {
            findings_.note("erratum E62", line_of(element),
                           "no use: the key counts for signing and for encryption. Say use=\"signing\" if only that is "
                           "meant");
        }
        if (key.certificate) review_dates(*key.certificate, line_of(element));
    }

    void review_dates(const saml::Certificate& certificate, std::uint64_t line) {
        constexpr std::string_view rule = "Metadata interoperability 2.5.1";
        if (certificate.not_after() < now_) {
            findings_.warning(rule, line,
                              "the certificate ended at " + saml::format_instant(certificate.not_after()) +
                                  ". Its key is used all the same, as the profile wants; other software may refuse it");
        } else if (certificate.not_before() > now_) {
            findings_.warning(rule, line,
                              "the certificate begins at " + saml::format_instant(certificate.not_before()) +
                                  ". Its key is used all the same, as the profile wants");
        } else if (certificate.not_after() < now_ + soon) {
            findings_.note(rule, line,
                           "the certificate ends at " + saml::format_instant(certificate.not_after()) +
                               ": ask whether a new key is coming");
        }
    }

    void review_keys() {
        if (role_.verification_keys().empty()) {
            return findings_.error(no_verifying_key(role_, element_), line_of(element_));
        }
        const auto is_signing = [](const KeyDescriptor& key) { return key.use == KeyUse::signing; };
        if (std::ranges::none_of(role_.keys, is_signing)) {
            findings_.warning("erratum E62", line_of(element_),
                              "no key says use=\"signing\": what verifies is taken from keys without use");
        }
    }

    void review_service(const Element& element) {
        const auto service = read_single_logout_service(element);
        if (!service) return findings_.error(service.error(), line_of(element));
        role_.single_logout_services.push_back(*service);
        check(element, "Location", service->location);
        if (!service->response_location) return;
        check(element, "ResponseLocation", *service->response_location);
        if (service->binding == soap_binding) {
            findings_.note("erratum E41", line_of(element), "ResponseLocation means nothing with SOAP: leave it out");
        }
    }

    void review_sign_on_service(const Element& element) {
        const std::string why = why_not_usable(element, rules_.endpoints);
        if (!why.empty()) return findings_.warning("Metadata 2.4.3", line_of(element), "it isn't used: " + why);
        const auto binding = element.collapsed_attribute("Binding");
        const auto location = element.collapsed_attribute("Location");
        const bool is_used = binding == redirect_binding || binding == post_binding;
        if (is_used && location && location->starts_with("http://")) {
            findings_.warning("Metadata 2.4.3", line_of(element),
                              "Location " + metadata::quoted(*location) +
                                  " is without TLS, and users would type their passwords there: ask for an https one");
        }
    }

    void check(const Element& element, std::string_view attribute, const saml::EndpointUrl& url) {
        const auto checked = check_endpoint(url, rules_.endpoints);
        const std::string shown = std::string(attribute) + " " + metadata::quoted(url.str());
        if (!checked) {
            return findings_.error(broken(Errc::endpoint_not_allowed, element, shown + " is " + checked.error().detail),
                                   line_of(element));
        }
        if (!url.str().starts_with("https://")) {
            findings_.warning("Bindings 3.2.2.1", line_of(element), shown + " is without TLS: ask for an https one");
        }
    }

    void review_services() {
        const auto& services = role_.single_logout_services;
        const auto soap = std::ranges::count(services, soap_binding, &Endpoint::binding);
        if (services.empty()) {
            findings_.warning("Metadata 2.4.2", line_of(element_),
                              "no SingleLogoutService: logouts can't be sent to this IdP, and it may send none");
        } else if (soap == 0) {
            findings_.warning("Profiles 4.4.3", line_of(element_),
                              "no SingleLogoutService with the SOAP binding: logouts can't be sent to this IdP "
                              "directly, and its own go through the user's browser (browser_slo_url), unless it posts "
                              "forms by itself (wires)");
        } else if (soap > 1) {
            findings_.note("Metadata 2.2.2", line_of(element_),
                           std::to_string(soap) + " SOAP endpoints: the first is tried first");
        }
    }

    void review_sign_on(const std::vector<Element>& of_the_entity) {
        SignOnRole sign_on = read_sign_on(element_, of_the_entity);
        keep_allowed(sign_on, rules_.endpoints);
        if (const std::string why = sign_on_obstacle(sign_on); !why.empty()) {
            findings_.warning("Metadata 2.4.3", line_of(element_), "no sign-on: users can't be sent to it, as " + why);
        }
        if (sign_on.regexp_scopes > 0) {
            findings_.note("Shibboleth metadata 1.0", line_of(element_),
                           std::to_string(sign_on.regexp_scopes) +
                               " scope(s) are regular expressions, which match nothing here: ask for literal ones");
        }
    }

    void review_algorithms(const AlgorithmSupport& support) {
        if (support.signing.empty()) return;
        constexpr std::string_view rule = "Algorithm support 2.4";
        const saml::AlgorithmPolicy strict;
        bool any_strong = false;
        for (const SigningMethod& method : support.signing) {
            const auto algorithm = saml::signature_algorithm(method.algorithm);
            any_strong = any_strong || (algorithm && strict.allows(*algorithm));
        }
        if (!any_strong) {
            findings_.warning(rule, line_of(element_),
                              "none of the signature algorithms that it declares is one that we sign with: nothing can "
                              "be signed for it");
        }
    }

    Element element_;
    const MetadataRules& rules_;
    Instant now_;
    Findings& findings_;
    IdpRole role_;
    CertificateKeys known_;
};

/// The validity of `element` inside `around`; a malformed one counts as absent, once it has been reported. Its own
/// end is added to `ends`.
Validity review_validity(const Element& element, const Validity& around, std::vector<End>& ends, Findings& findings) {
    const auto own = read_validity(element);
    if (own) {
        ends.push_back({own->valid_until, at(element)});
        return narrowed(around, *own);
    }
    findings.error(own.error(), line_of(element));
    return around;
}

void review_end(const Element& entity, const Validity& validity, const std::vector<End>& ends,
                const MetadataRules& rules, Instant now, Findings& findings) {
    if (const auto checked = check_ends(ends, now, rules.clock_skew); !checked) {
        findings.error(checked.error(), line_of(entity));
    } else if (!validity.valid_until && !validity.cache_duration) {
        findings.warning("Metadata 2.3.1", line_of(entity),
                         "neither validUntil nor cacheDuration: a key that is revoked stays until somebody acts");
    } else if (!validity.valid_until) {
        findings.warning("Metadata 2.3.1", line_of(entity),
                         "no validUntil: an old copy of this document counts for ever");
    } else if (*validity.valid_until < now + soon) {
        findings.warning("erratum E94", line_of(entity),
                         "validUntil is " + saml::format_instant(*validity.valid_until) +
                             ": without a newer document the IdP isn't believed after it");
    }
}

void review_entity_id(const Element& entity, saml::EntityIDForm form, Findings& findings) {
    const auto text = entity.attribute("entityID");
    const auto entity_id = read_entity_id(text ? &*text : nullptr, at(entity), form);
    if (!entity_id) return findings.error(entity_id.error(), line_of(entity));
    if (entity_id->str().size() > usual_entity_id_bytes) {
        findings.note("Kantara SDP-G04", line_of(entity), "the entityID is longer than 256 bytes");
    }
}

/// The IDPSSODescriptors for SAML 2.0, each of which is reviewed.
std::vector<Element> review_roles(const Element& entity, IdpExpected expected, Findings& findings) {
    std::vector<Element> roles;
    std::size_t others = 0;
    for (const Element& child : entity.children()) {
        for (const std::string_view other : {"SPSSODescriptor", "AttributeAuthorityDescriptor", "RoleDescriptor",
                                             "AuthnAuthorityDescriptor", "PDPDescriptor"}) {
            others += child.is(md(other)) ? 1U : 0U;
        }
        if (!child.is(md("IDPSSODescriptor"))) continue;
        const auto ours = speaks_saml2(child);
        if (!ours) {
            findings.error(ours.error(), line_of(child));
        } else if (!*ours) {
            findings.note("Metadata 2.4.1", line_of(child), "an IDPSSODescriptor that isn't for SAML 2.0 is not read");
        } else {
            roles.push_back(child);
        }
    }
    for (std::size_t i = 1; i < roles.size(); ++i) {
        findings.error(broken(Errc::schema_violation, roles[i], "a second IDPSSODescriptor for SAML 2.0"),
                       line_of(roles[i]));
    }
    if (roles.empty() && expected == IdpExpected::yes) {
        findings.error(broken(Errc::no_idp_role, entity, "no IDPSSODescriptor for SAML 2.0"), line_of(entity));
    }
    if (!roles.empty() && others > 0) {
        findings.note("Metadata 2.4", line_of(entity),
                      std::to_string(others) + " other role(s) stand beside the IDPSSODescriptor and are not read");
    }
    return roles;
}

}  // namespace

void review_entity(const Element& entity, const Validity& around, const MetadataRules& rules, Instant now,
                   IdpExpected expected, Findings& findings) {
    // Of a group, the reader looks at IdPs only.
    if (expected == IdpExpected::no && !has_idp_role(entity)) return;
    review_entity_id(entity, rules.entity_id_form, findings);
    if (!entity.has_only_element_content()) {
        findings.error(broken(Errc::schema_violation, entity, "text between its elements"), line_of(entity));
    }
    std::vector<End> ends{{around.valid_until, "EntitiesDescriptor around " + at(entity)}};
    Validity validity = review_validity(entity, around, ends, findings);
    const auto roles = review_roles(entity, expected, findings);
    const auto of_the_entity = extensions_of(entity);
    for (const Element& role : roles) {
        validity = review_validity(role, validity, ends, findings);
        IdpReview(role, rules, now, findings).run(of_the_entity);
    }
    if (!roles.empty()) review_end(entity, validity, ends, rules, now, findings);
}

void review_signature(const Element& signature, Findings& findings) {
    constexpr std::string_view rule = "Metadata 3.1";
    bool weak = false;
    const auto look = [&](const Element& element) {
        const auto algorithm = element.attribute("Algorithm");
        const auto signs = saml::signature_algorithm(algorithm.value_or(""));
        const auto digests = saml::digest_algorithm(algorithm.value_or(""));
        weak = weak || signs == saml::SignatureAlgorithm::rsa_sha1 || digests == saml::DigestAlgorithm::sha1;
    };
    for (const Element& info : signature.children()) {
        if (!info.is(ds("SignedInfo"))) continue;
        for (const Element& child : info.children()) {
            if (child.is(ds("SignatureMethod"))) look(child);
            for (const Element& inner : child.children()) {
                if (inner.is(ds("DigestMethod"))) look(inner);
            }
        }
    }
    if (weak) {
        findings.warning(rule, line_of(signature),
                         "the signature is made with SHA-1, which is refused unless the source accepts it by name: ask "
                         "the publisher for SHA-256");
    }
}

}  // namespace slo::metadata
