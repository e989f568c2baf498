#include "slo/saml/xml_signature.hpp"

#include <libxml/c14n.h>
#include <xmlsec/crypto.h>
#include <xmlsec/keyinfo.h>
#include <xmlsec/list.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>

#include <algorithm>
#include <vector>

#include "algorithm_names.hpp"
#include "c_errors.hpp"
#include "digest.hpp"
#include "key_access.hpp"
#include "owned.hpp"
#include "part_signature.hpp"
#include "runtime_init.hpp"
#include "signature_profile.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t min_signed_octets = 64;  // no message is shorter; an empty canonical form ("void c14n") is

xmlSecTransformId transform_of(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case SignatureAlgorithm::rsa_sha256:
            return xmlSecTransformRsaSha256Id;
        case SignatureAlgorithm::rsa_sha384:
            return xmlSecTransformRsaSha384Id;
        case SignatureAlgorithm::rsa_sha512:
            return xmlSecTransformRsaSha512Id;
        case SignatureAlgorithm::ecdsa_sha256:
            return xmlSecTransformEcdsaSha256Id;
        case SignatureAlgorithm::ecdsa_sha384:
            return xmlSecTransformEcdsaSha384Id;
        case SignatureAlgorithm::ecdsa_sha512:
            return xmlSecTransformEcdsaSha512Id;
        case SignatureAlgorithm::rsa_sha1:
            return xmlSecTransformRsaSha1Id;
        case SignatureAlgorithm::rsa_pss_sha256:  // xmlsec1 1.2 has none of them
        case SignatureAlgorithm::rsa_pss_sha384:
        case SignatureAlgorithm::rsa_pss_sha512:
            return nullptr;
    }
    return nullptr;
}

xmlSecTransformId transform_of(DigestAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case DigestAlgorithm::sha256:
            return xmlSecTransformSha256Id;
        case DigestAlgorithm::sha384:
            return xmlSecTransformSha384Id;
        case DigestAlgorithm::sha512:
            return xmlSecTransformSha512Id;
        case DigestAlgorithm::sha1:
            return xmlSecTransformSha1Id;
    }
    return nullptr;
}

/// An xmlSecDSigCtx that can do one thing: verify this very kind of signature over this very element.
class VerifyContext {
public:
    VerifyContext() : initialised_(xmlSecDSigCtxInitialize(&context_, /*keysMngr=*/nullptr) >= 0) {}
    ~VerifyContext() {
        if (initialised_) xmlSecDSigCtxFinalize(&context_);
    }
    VerifyContext(const VerifyContext&) = delete;
    VerifyContext& operator=(const VerifyContext&) = delete;

    [[nodiscard]] bool restrict_to(const SignatureProfile& profile) {
        if (!initialised_) return false;
        // VISA3D: '#id' is looked up by xmlGetID alone, never by XPointer.
        context_.flags = XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS | XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES |
                         XMLSEC_DSIG_FLAGS_USE_VISA3D_HACK;
        context_.enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
        context_.transformCtx.enabledUris = xmlSecTransformUriTypeNone;
        auto& key_info = context_.keyInfoReadCtx;  // isn't read while signKey is set; closed all the same
        key_info.retrievalMethodCtx.enabledUris = xmlSecTransformUriTypeNone;
        key_info.maxRetrievalMethodLevel = 0;
        key_info.maxEncryptedKeyLevel = 0;
        key_info.flags |= XMLSEC_KEYINFO_FLAGS_STOP_ON_UNKNOWN_CHILD;
        // An empty list would mean "every kind".
        if (xmlSecPtrListAdd(&key_info.enabledKeyData,
                             const_cast<void*>(static_cast<const void*>(xmlSecKeyDataX509Id))) < 0)
            return false;
        return xmlSecDSigCtxEnableReferenceTransform(&context_, xmlSecTransformEnvelopedId) >= 0 &&
               xmlSecDSigCtxEnableReferenceTransform(&context_, xmlSecTransformExclC14NId) >= 0 &&
               xmlSecDSigCtxEnableReferenceTransform(&context_, xmlSecTransformExclC14NWithCommentsId) >= 0 &&
               xmlSecDSigCtxEnableReferenceTransform(&context_, transform_of(profile.digest_algorithm)) >= 0 &&
               xmlSecDSigCtxEnableSignatureTransform(&context_, xmlSecTransformExclC14NId) >= 0 &&
               xmlSecDSigCtxEnableSignatureTransform(&context_, xmlSecTransformExclC14NWithCommentsId) >= 0 &&
               xmlSecDSigCtxEnableSignatureTransform(&context_, transform_of(profile.signature_algorithm)) >= 0;
    }

    /// The octets that were hashed, if `key` verifies the signature: both verdicts have to be the documented success.
    [[nodiscard]] std::optional<std::string> verify(xmlNode* signature, const std::string& uri, xmlSecKey* key) {
        context_.signKey = xmlSecKeyDuplicate(key);  // the context destroys the copy
        if (context_.signKey == nullptr) return std::nullopt;
        if (xmlSecDSigCtxVerify(&context_, signature) != 0) return std::nullopt;
        if (context_.status != xmlSecDSigStatusSucceeded) return std::nullopt;
        if (xmlSecPtrListGetSize(&context_.signedInfoReferences) != 1) return std::nullopt;
        if (xmlSecPtrListGetSize(&context_.manifestReferences) != 0) return std::nullopt;
        auto* reference = static_cast<xmlSecDSigReferenceCtx*>(xmlSecPtrListGetItem(&context_.signedInfoReferences, 0));
        if (reference == nullptr || reference->status != xmlSecDSigStatusSucceeded) return std::nullopt;
        if (reference->uri == nullptr || uri != reinterpret_cast<const char*>(reference->uri)) return std::nullopt;
        xmlSecBuffer* hashed = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference);
        if (hashed == nullptr || xmlSecBufferGetData(hashed) == nullptr) return std::nullopt;
        return std::string(reinterpret_cast<const char*>(xmlSecBufferGetData(hashed)), xmlSecBufferGetSize(hashed));
    }

private:
    xmlSecDSigCtx context_{};
    bool initialised_;
};

/// One element of a document, without one of those inside it.
struct Part {
    const xmlNode* apex;
    const xmlNode* without;  ///< or null
};

int belongs_to(void* part, xmlNode* node, xmlNode* parent) noexcept {
    const auto& [apex, without] = *static_cast<const Part*>(part);
    // An attribute, or a namespace, stands where its element does.
    const bool is_of_element = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE;
    bool inside = false;
    for (const xmlNode* at = is_of_element ? parent : node; at != nullptr; at = at->parent) {
        if (at == without) return 0;
        inside = inside || at == apex;
    }
    return inside ? 1 : 0;
}

/// Exclusive canonicalisation by libxml2, which is xmlsec1's, too.
std::optional<std::string> canonical(const xml::Document& document, Part part,
                                     std::span<const std::string> inclusive_prefixes) {
    std::vector<std::string> names;
    for (const std::string& prefix : inclusive_prefixes) names.push_back(prefix.empty() ? "#default" : prefix);
    std::vector<xmlChar*> list;
    for (std::string& name : names) list.push_back(reinterpret_cast<xmlChar*>(name.data()));
    list.push_back(nullptr);
    const OwnedXmlOutput out(xmlAllocOutputBuffer(nullptr));
    if (!out || xmlC14NExecute(document.doc(), belongs_to, &part, XML_C14N_EXCLUSIVE_1_0, list.data(),
                               /*with_comments=*/0, out.get()) < 0) {
        return std::nullopt;
    }
    const xmlChar* const octets = xmlOutputBufferGetContent(out.get());
    if (octets == nullptr) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(octets), xmlOutputBufferGetSize(out.get()));
}

/// The octets that were hashed, if `key` verifies the RSA-PSS signature. The profile has left two canonicalisations, of
/// SignedInfo and of the message without its Signature, so that nothing has to be interpreted here.
Result<std::optional<std::string>> verify_rsa_pss(const xml::Document& document, const xml::Element& root,
                                                  const SignatureProfile& profile, const VerificationKey& key) {
    const std::optional<std::string> not_verified;
    const auto signed_info = profile.signature.first_child();
    const auto info = canonical(document, {.apex = signed_info->node(), .without = nullptr}, {});
    if (!info || !key.verifies(profile.signature_algorithm, *info, profile.signature_value)) return not_verified;
    auto octets =
        canonical(document, {.apex = root.node(), .without = profile.signature.node()}, profile.inclusive_prefixes);
    if (!octets || digest(profile.digest_algorithm, *octets) != profile.digest_value) return not_verified;
    return octets;
}

/// The same for every other algorithm, by xmlsec1.
Result<std::optional<std::string>> verify_by_xmlsec(const SignatureProfile& profile, const std::string& id,
                                                    const VerificationKey& key) {
    VerifyContext context;
    if (!context.restrict_to(profile)) return fail(KeyErrc::crypto_failure, "xmlsec1 context");
    return context.verify(profile.signature.node(), "#" + id, detail::KeyAccess::xmlsec_key(key));
}

/// Registers `root`'s attribute ID, and only that, as the target of '#id'. No other attribute on it is called ID, in
/// any namespace or case.
bool register_id(const xml::Document& document, const xml::Element& root, const std::string& id) {
    xmlAttr* target = nullptr;
    for (xmlAttr* attribute = root.node()->properties; attribute != nullptr; attribute = attribute->next) {
        if (xmlStrcasecmp(attribute->name, BAD_CAST "ID") != 0) continue;
        if (target != nullptr || attribute->ns != nullptr || xmlStrcmp(attribute->name, BAD_CAST "ID") != 0)
            return false;
        target = attribute;
    }
    if (target == nullptr || root.collapsed_attribute("ID") != id) return false;
    const auto* value = reinterpret_cast<const xmlChar*>(id.c_str());
    xmlAttr* known = xmlGetID(document.doc(), value);
    if (known == target) return true;  // registered by an earlier verification of this document
    if (known != nullptr) return false;
    return xmlAddID(nullptr, document.doc(), value, target) != nullptr && xmlGetID(document.doc(), value) == target;
}

/// The texts of KeyInfo's certificates.
std::vector<std::string> certificates_in_key_info(const xml::Element& signature) {
    constexpr std::size_t most = 4;  // more are no help, and each is parsed
    constexpr auto ds = [](std::string_view local) { return xml::Name{vocabulary::ds, local}; };
    std::vector<std::string> texts;
    for (const xml::Element& key_info : signature.children()) {
        if (!key_info.is(ds("KeyInfo"))) continue;
        for (const xml::Element& data : key_info.children()) {
            if (!data.is(ds("X509Data"))) continue;
            for (const xml::Element& certificate : data.children()) {
                if (!certificate.is(ds("X509Certificate")) || texts.size() == most) continue;
                if (auto text = certificate.text()) texts.push_back(*std::move(text));
            }
        }
    }
    return texts;
}

/// For the operator: a new key at the IdP and a change on the way look alike, but for the certificates that the sender
/// wrote into KeyInfo. They are compared with the keys, after none of these has verified the signature, and never
/// believed.
std::string hint_from_key_info(const xml::Element& signature, std::span<const VerificationKey> keys) {
    const std::vector<std::string> texts = certificates_in_key_info(signature);
    if (texts.empty()) return "KeyInfo has no certificate to compare them with";
    bool is_readable = false;
    for (const std::string& text : texts) {
        const auto certificate = Certificate::from_base64(text);
        const auto key = certificate ? VerificationKey::from(*certificate) : certificate.error();
        if (!key) continue;
        is_readable = true;
        const auto found = std::ranges::find(keys, key->fingerprint(), &VerificationKey::fingerprint);
        if (found == keys.end()) continue;
        return "the certificate in KeyInfo is of key " + std::to_string(found - keys.begin() + 1) +
               " of them: the message was changed after it was signed, or signed with another key";
    }
    if (!is_readable) return "the certificate in KeyInfo can't be read, or its key may not verify";
    return "the certificate in KeyInfo is of another key: the signer's key isn't in its metadata";
}

Failure verified_by_none(const xml::Element& signature, std::span<const VerificationKey> keys) {
    return fail(Errc::signature_invalid, "none of " + std::to_string(keys.size()) + " known keys verifies it; " +
                                             hint_from_key_info(signature, keys));
}

/// The octets that `profile`'s signature covers, if a key verifies it and they have the signed digest.
Result<std::string> verified_octets(const xml::Document& document, const xml::Element& element, const std::string& id,
                                    const SignatureProfile& profile, std::span<const VerificationKey> keys) {
    const CErrorScope quiet;
    if (!register_id(document, element, id))
        return fail(Errc::signature_attribute, "the message's ID isn't its only one");

    bool some_key_fits = false;
    for (const auto& key : keys.first(std::min(keys.size(), max_verification_keys))) {
        if (!key.fits(profile.signature_algorithm)) continue;
        some_key_fits = true;
        if (detail::KeyAccess::signature_octets(key) != profile.signature_value.size()) continue;
        auto hashed = is_rsa_pss(profile.signature_algorithm) ? verify_rsa_pss(document, element, profile, key)
                                                              : verify_by_xmlsec(profile, id, key);
        if (!hashed) return std::move(hashed).error();
        std::optional<std::string>& octets = *hashed;
        if (!octets) continue;
        // It is verified. The hashed octets are hashed again by other means, before they are used.
        if (octets->size() < min_signed_octets || digest(profile.digest_algorithm, *octets) != profile.digest_value) {
            return fail(Errc::signed_octets_differ, "the hashed octets don't have the signed digest");
        }
        return *std::move(octets);
    }
    if (!some_key_fits) {
        return fail(Errc::no_verification_key, "none of " + std::to_string(keys.size()) + " known keys is for " +
                                                   std::string(algorithm_name(uri(profile.signature_algorithm))));
    }
    return verified_by_none(profile.signature, keys.first(std::min(keys.size(), max_verification_keys)));
}

}  // namespace

Result<SignedOctets> verify_enveloped(const xml::Document& document, const xml::Element& root, const std::string& id,
                                      std::span<const VerificationKey> keys, const AlgorithmPolicy& policy) {
    if (!runtime_ready()) return fail(KeyErrc::crypto_failure, "xmlsec1 is not ready");
    if (!document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    const auto profile = read_signature_profile(document, root, id, policy);
    if (!profile) return profile.error();
    auto octets = verified_octets(document, root, id, *profile, keys);
    if (!octets) return octets.error();
    return SignedOctets(*std::move(octets));
}

Result<SignedOctets> verify_enveloped_at(const xml::Document& document, const xml::Element& element,
                                         const xml::Element& signature, const std::string& id,
                                         std::span<const VerificationKey> keys, const AlgorithmPolicy& policy) {
    if (!runtime_ready()) return fail(KeyErrc::crypto_failure, "xmlsec1 is not ready");
    if (!document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    if (!stands_where_it_must(signature, element)) return fail(Errc::signature_position, "not behind its Issuer");
    const auto profile = read_signature(signature, id, policy);
    if (!profile) return profile.error();
    auto octets = verified_octets(document, element, id, *profile, keys);
    if (!octets) return octets.error();
    return SignedOctets(*std::move(octets));
}

}  // namespace slo::saml
