#include "signature_profile.hpp"

#include <algorithm>
#include <initializer_list>
#include <sstream>

#include "algorithm_names.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"
#include "xml_octets.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_digest_octets = 64;           // SHA-512
constexpr std::size_t max_signature_octets = 8192 / 8;  // RSA with the largest key
constexpr std::size_t max_prefix_list_octets = 256;
constexpr std::size_t max_prefixes = 16;

xml::Name ds(std::string_view local) {
    return {vocabulary::ds, local};
}

Failure broken(Errc rule, const xml::Element& where, std::string_view what) {
    return fail(rule, "line " + std::to_string(where.line()) + ": " + std::string(what));
}

/// Names the algorithm in the message by the standard's name for it, and those that are allowed.
Failure not_allowed(Errc rule, const xml::Element& where, std::string_view algorithm, std::string_view allowed) {
    return broken(rule, where, std::string(algorithm_name(algorithm)).append("; allowed: ").append(allowed));
}

std::string allowed_signatures(const AlgorithmPolicy& policy) {
    std::string names = policy.sha1 == AlgorithmPolicy::Sha1::refused ? "" : "RSA-SHA1, ";
    if (policy.rsa_pss != AlgorithmPolicy::RsaPss::refused) names += "RSA-PSS, ";
    return names + "RSA and ECDSA with SHA-256, SHA-384 or SHA-512";
}

std::string_view allowed_digests(const AlgorithmPolicy& policy) noexcept {
    return policy.sha1 == AlgorithmPolicy::Sha1::refused ? "SHA-256, SHA-384, SHA-512"
                                                         : "SHA-1, SHA-256, SHA-384, SHA-512";
}

void collect_signatures(const xml::Element& element, std::vector<xml::Element>& found) {
    if (element.is(ds("Signature"))) found.push_back(element);
    for (auto child = element.first_child(); child; child = child->next_sibling()) collect_signatures(*child, found);
}

/// Every attribute is unqualified and among `allowed`. xmlsec reads attributes without regard to their namespace, so
/// `x:URI` in front of `URI` would be its choice and not ours.
Result<void> check_attributes(const xml::Element& element, std::initializer_list<std::string_view> allowed) {
    for (const auto& name : element.attribute_names()) {
        const bool known =
            name.namespace_uri.empty() && std::find(allowed.begin(), allowed.end(), name.local) != allowed.end();
        // xmlsec has no attribute of these names on any element.
        if (!known && !xml::is_schema_hint(name))
            return broken(Errc::signature_attribute, element, "an attribute that the element doesn't have");
    }
    return Done{};
}

Result<void> check_plain(const xml::Element& element, xml::Name name, std::initializer_list<std::string_view> allowed) {
    if (!element.is(name)) return broken(Errc::signature_structure, element, "another element than the schema's next");
    return check_attributes(element, allowed);
}

/// A *Method element: its Algorithm, with nothing inside.
Result<std::string> read_method(const xml::Element& element, std::string_view local) {
    if (auto ok = check_plain(element, ds(local), {"Algorithm"}); !ok) return ok.error();
    if (element.first_child() || !element.has_only_element_content()) {
        return broken(Errc::signature_structure, element, "a method with parameters");
    }
    auto algorithm = element.attribute("Algorithm");
    if (!algorithm) return broken(Errc::signature_structure, element, "no Algorithm");
    return *std::move(algorithm);
}

Result<std::string> read_value(const xml::Element& element, std::string_view local, std::size_t max_octets) {
    if (auto ok = check_plain(element, ds(local), {"Id"}); !ok) return ok.error();
    auto text = element.text();
    if (!text) return broken(Errc::signature_structure, element, "an element inside a base64 value");
    auto octets = decode_base64(*text, max_octets);
    if (!octets || octets->empty()) return broken(Errc::signature_structure, element, "not base64 of a fitting length");
    return octets;
}

/// Exclusive canonicalisation under either of its names. They differ in comments alone: a message has none, and what a
/// Reference to '#' and an ID points at has none either, whatever the document has (XML Signature 4.3.3.3).
bool is_exclusive_c14n(const std::optional<std::string>& algorithm) noexcept {
    return algorithm == vocabulary::exc_c14n || algorithm == vocabulary::exc_c14n_with_comments;
}

/// Exclusive c14n's one parameter, kept so small that it can't cost anything.
Result<std::vector<std::string>> read_inclusive_prefixes(const xml::Element& element) {
    if (!element.is({vocabulary::exc_c14n, "InclusiveNamespaces"})) {
        return broken(Errc::transform_not_allowed, element, "a transform parameter other than InclusiveNamespaces");
    }
    if (auto ok = check_attributes(element, {"PrefixList"}); !ok) return std::move(ok).error();
    const auto list = element.attribute("PrefixList");
    if (!list || list->size() > max_prefix_list_octets || element.first_child() ||
        !element.has_only_element_content()) {
        return broken(Errc::transform_not_allowed, element, "a PrefixList that is missing or too long");
    }
    std::istringstream words(*list);
    std::vector<std::string> prefixes;
    for (std::string word; words >> word;) prefixes.push_back(word == "#default" ? std::string() : word);
    std::sort(prefixes.begin(), prefixes.end());
    const bool repeated = std::adjacent_find(prefixes.begin(), prefixes.end()) != prefixes.end();
    if (prefixes.size() > max_prefixes || repeated) {
        return broken(Errc::transform_not_allowed, element, "a PrefixList with too many or repeated prefixes");
    }
    return prefixes;
}

//= SAML Core 5.4.4 l.2942
//# Signatures in SAML messages SHOULD NOT contain transforms other than the enveloped signature transform [...] or the
//# exclusive canonicalization transforms
Result<std::vector<std::string>> read_transforms(const xml::Element& transforms) {
    if (auto ok = check_plain(transforms, ds("Transforms"), {}); !ok) return std::move(ok).error();
    const auto children = transforms.children();
    if (children.size() != 2 || !transforms.has_only_element_content()) {
        return broken(Errc::transform_not_allowed, transforms, "not exactly enveloped-signature and exc-c14n");
    }
    for (const auto& child : children) {
        if (auto ok = check_plain(child, ds("Transform"), {"Algorithm"}); !ok) return std::move(ok).error();
    }
    const std::string first = children[0].attribute("Algorithm").value_or("");
    const std::string second = children[1].attribute("Algorithm").value_or("");
    constexpr std::string_view allowed = "enveloped-signature and then exclusive canonicalisation";
    if (first != vocabulary::enveloped_signature) {
        return not_allowed(Errc::transform_not_allowed, children[0], first, allowed);
    }
    if (!is_exclusive_c14n(second)) {
        return not_allowed(Errc::transform_not_allowed, children[1], second, allowed);
    }
    if (children[0].first_child() || !children[0].has_only_element_content() ||
        !children[1].has_only_element_content()) {
        return broken(Errc::transform_not_allowed, children[0], "a transform with content");
    }
    const auto parameters = children[1].children();
    if (parameters.empty()) return std::vector<std::string>{};
    if (parameters.size() > 1) return broken(Errc::transform_not_allowed, children[1], "more than one parameter");
    return read_inclusive_prefixes(parameters.front());
}

//= XML Signature 4.3.3 (Type)
//# This attribute is advisory. No validation of the type information is required by this specification.
/// Of the types that the standard defines, a Manifest alone would ask for more work, and so it is refused with all that
/// isn't the standard's.
Result<void> check_type(const xml::Element& reference) {
    const auto type = reference.attribute("Type");
    if (!type || type == vocabulary::ds_object || type == vocabulary::ds_signature_properties) return Done{};
    return broken(Errc::signature_attribute, reference, "a Type that isn't known to mean nothing");
}

Result<void> check_reference(const xml::Element& reference, const std::string& id, const AlgorithmPolicy& policy,
                             SignatureProfile& profile) {
    if (auto ok = check_plain(reference, ds("Reference"), {"URI", "Id", "Type"}); !ok) return ok;
    if (auto ok = check_type(reference); !ok) return ok;
    //= SAML Core 5.4.2 l.2933
    //# Signatures MUST contain a single <ds:Reference> containing a same-document reference to the ID attribute value
    //# of the root element of the assertion or protocol message being signed.
    if (reference.attribute("URI") != "#" + id) {
        return broken(Errc::reference_not_to_root, reference, "URI isn't '#' and the message's ID");
    }
    const auto children = reference.children();
    if (!reference.has_only_element_content()) return broken(Errc::signature_structure, reference, "text");
    if (children.size() == 2) return broken(Errc::transform_not_allowed, reference, "no Transforms");
    if (children.size() != 3)
        return broken(Errc::signature_structure, reference, "not Transforms, DigestMethod, DigestValue");
    auto inclusive_prefixes = read_transforms(children[0]);
    if (!inclusive_prefixes) return std::move(inclusive_prefixes).error();
    const auto method = read_method(children[1], "DigestMethod");
    if (!method) return method.error();
    const auto digest = digest_algorithm(*method);
    if (!digest || !policy.allows(*digest)) {
        return not_allowed(Errc::digest_algorithm_not_allowed, children[1], *method, allowed_digests(policy));
    }
    auto value = read_value(children[2], "DigestValue", max_digest_octets);
    if (!value) return value.error();
    profile.digest_algorithm = *digest;
    profile.digest_value = *std::move(value);
    profile.inclusive_prefixes = *std::move(inclusive_prefixes);
    return Done{};
}

Result<void> check_signed_info(const xml::Element& signed_info, const std::string& id, const AlgorithmPolicy& policy,
                               SignatureProfile& profile) {
    if (auto ok = check_plain(signed_info, ds("SignedInfo"), {"Id"}); !ok) return ok;
    const auto children = signed_info.children();
    if (!signed_info.has_only_element_content()) return broken(Errc::signature_structure, signed_info, "text");
    const auto references =
        std::count_if(children.begin(), children.end(), [](const auto& child) { return child.is(ds("Reference")); });
    if (references != 1) return broken(Errc::reference_count, signed_info, "not exactly one Reference");
    if (children.size() != 3) return broken(Errc::signature_structure, signed_info, "not three children");
    const auto c14n = read_method(children[0], "CanonicalizationMethod");
    if (!c14n) return c14n.error();
    if (!is_exclusive_c14n(*c14n)) {
        return not_allowed(Errc::canonicalization_not_allowed, children[0], *c14n, "exclusive canonicalisation");
    }
    const auto method = read_method(children[1], "SignatureMethod");
    if (!method) return method.error();
    const auto algorithm = signature_algorithm(*method);
    if (!algorithm || !policy.allows(*algorithm)) {
        return not_allowed(Errc::signature_algorithm_not_allowed, children[1], *method, allowed_signatures(policy));
    }
    profile.signature_algorithm = *algorithm;
    return check_reference(children[2], id, policy, profile);
}

/// [SignedInfo, SignatureValue, KeyInfo?] and nothing else; no ds:Object (erratum E91).
Result<std::vector<xml::Element>> read_signature_children(const xml::Element& signature) {
    const auto children = signature.children();
    if (std::any_of(children.begin(), children.end(), [](const auto& child) { return child.is(ds("Object")); })) {
        return broken(Errc::signature_object, signature, "ds:Object");
    }
    if (children.size() < 2 || children.size() > 3 || !signature.has_only_element_content()) {
        return broken(Errc::signature_structure, signature, "not SignedInfo, SignatureValue and at most KeyInfo");
    }
    if (children.size() == 3) {
        if (auto ok = check_plain(children[2], ds("KeyInfo"), {"Id"}); !ok) return ok.error();
    }
    return children;
}

}  // namespace

bool stands_where_it_must(const xml::Element& signature, const xml::Element& parent) {
    const auto first = parent.first_child();
    if (!first) return false;
    const auto kind = parent.name().namespace_uri;
    const bool has_issuer = kind == vocabulary::samlp || kind == vocabulary::saml;
    if (!has_issuer) return first->node() == signature.node();
    const auto second = first->next_sibling();
    return first->is({vocabulary::saml, "Issuer"}) && second && second->node() == signature.node();
}

std::vector<xml::Element> signatures_in(const xml::Document& document) {
    std::vector<xml::Element> signatures;
    collect_signatures(document.root(), signatures);
    return signatures;
}

bool has_signature(const xml::Document& document) {
    return !signatures_in(document).empty();
}

Result<SignatureProfile> read_signature(const xml::Element& signature, const std::string& id,
                                        const AlgorithmPolicy& policy) {
    if (auto ok = check_attributes(signature, {"Id"}); !ok) return ok.error();
    const auto children = read_signature_children(signature);
    if (!children) return children.error();

    SignatureProfile profile{.signature = signature,
                             .signature_algorithm = SignatureAlgorithm::rsa_sha256,
                             .digest_algorithm = DigestAlgorithm::sha256,
                             .digest_value = {},
                             .signature_value = {}};
    if (auto ok = check_signed_info((*children)[0], id, policy, profile); !ok) return ok.error();
    auto value = read_value((*children)[1], "SignatureValue", max_signature_octets);
    if (!value) return value.error();
    profile.signature_value = *std::move(value);
    return profile;
}

Result<SignatureProfile> read_signature_profile(const xml::Document& document, const xml::Element& root,
                                                const std::string& id, const AlgorithmPolicy& policy) {
    const std::vector<xml::Element> signatures = signatures_in(document);
    if (signatures.empty()) return fail(Errc::signature_missing);
    if (signatures.size() > 1) return fail(Errc::signature_count, "more than one ds:Signature");
    const xml::Element& signature = signatures.front();
    if (!stands_where_it_must(signature, root)) {
        return broken(Errc::signature_position, signature, "ds:Signature isn't the child behind Issuer");
    }
    return read_signature(signature, id, policy);
}

}  // namespace slo::saml
