#include "key_descriptor.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "reading.hpp"
#include "slo/saml/base64.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;
using saml::xml::Name;

// 8192 bits, the longest modulus that may verify, and the zero octet that some producers put before it.
constexpr std::size_t max_modulus_octets = 1025;
// 64 bits and a zero octet.
constexpr std::size_t max_exponent_octets = 9;

struct KeyMaterial {
    saml::VerificationKey key;
    std::optional<saml::Certificate> certificate;
};

Failure unusable(std::string why) {
    return Failure{make_error_code(Errc::no_usable_key), std::move(why)};
}

/// The rule's short name alone: whatever else the failure says stays out of our report.
Failure unusable(std::string_view what, const Failure& failure) {
    return unusable(std::string(what) + " is refused (" + failure.code.message() + ")");
}

std::vector<Element> children_named(const Element& parent, Name name) {
    std::vector<Element> found;
    for (const Element& child : parent.children()) {
        if (child.is(name)) found.push_back(child);
    }
    return found;
}

Result<KeyUse> read_use(const Element& key_descriptor) {
    const auto use = key_descriptor.attribute("use");
    if (!use) return KeyUse::both;
    if (*use == "signing") return KeyUse::signing;
    if (*use == "encryption") return KeyUse::encryption;
    return broken(Errc::schema_violation, key_descriptor, "use is neither signing nor encryption");
}

/// KeyDescriptor is KeyInfo and then EncryptionMethods, and nothing else may stand there.
Result<Element> read_content(const Element& key_descriptor) {
    if (!key_descriptor.has_only_element_content()) {
        return broken(Errc::schema_violation, key_descriptor, "text between its elements");
    }
    const auto key_info = key_descriptor.first_child();
    if (!key_info || !key_info->is(ds("KeyInfo"))) {
        return broken(Errc::schema_violation, key_descriptor, "its first element is not ds:KeyInfo");
    }
    for (auto next = key_info->next_sibling(); next; next = next->next_sibling()) {
        if (!next->is(md("EncryptionMethod"))) {
            return broken(Errc::schema_violation, key_descriptor,
                          "another element than EncryptionMethod after KeyInfo");
        }
    }
    return *key_info;
}

Result<std::optional<saml::Certificate>> read_certificate(const Element& key_info) {
    std::optional<saml::Certificate> found;
    for (const Element& x509_data : children_named(key_info, ds("X509Data"))) {
        const auto certificates = children_named(x509_data, ds("X509Certificate"));
        // The interoperability profile wants one certificate per X509Data: in a chain, whose key counts is a guess.
        if (certificates.size() > 1) return unusable("several X509Certificates in one X509Data");
        if (certificates.empty()) continue;
        const auto text = certificates.front().text();
        if (!text) return unusable("X509Certificate", text.error());
        auto certificate = saml::Certificate::from_base64(*text);
        if (!certificate) return unusable("X509Certificate", certificate.error());
        if (found && found->der() != certificate->der()) return unusable("X509Certificates that differ in one KeyInfo");
        found = *std::move(certificate);
    }
    return found;
}

Result<std::string> read_integer(const Element& rsa_key_value, std::string_view local, std::size_t max_octets) {
    const auto elements = children_named(rsa_key_value, ds(local));
    if (elements.size() != 1) return unusable("RSAKeyValue without its Modulus and Exponent");
    const auto text = elements.front().text();
    if (!text) return unusable("RSAKeyValue", text.error());
    auto octets = saml::decode_base64(*text, max_octets);
    if (!octets) return unusable("RSAKeyValue", octets.error());
    return octets;
}

Result<saml::VerificationKey> read_rsa_key_value(const Element& key_info) {
    const auto key_values = children_named(key_info, ds("KeyValue"));
    if (key_values.empty()) return unusable("KeyInfo with neither X509Certificate nor KeyValue");
    const auto inside = key_values.front().first_child();
    if (key_values.size() != 1 || !inside || !inside->is(ds("RSAKeyValue"))) {
        return unusable("KeyValue that is not one RSAKeyValue");
    }
    auto modulus = read_integer(*inside, "Modulus", max_modulus_octets);
    if (!modulus) return std::move(modulus).error();
    auto exponent = read_integer(*inside, "Exponent", max_exponent_octets);
    if (!exponent) return std::move(exponent).error();
    auto key = saml::VerificationKey::from_rsa(*modulus, *exponent);
    if (!key) return unusable("RSAKeyValue", key.error());
    return key;
}

Result<KeyMaterial> read_key_info(const Element& key_info) {
    auto certificate = read_certificate(key_info);
    if (!certificate) return std::move(certificate).error();
    if (!*certificate) {
        auto bare = read_rsa_key_value(key_info);
        if (!bare) return std::move(bare).error();
        return KeyMaterial{*std::move(bare), std::nullopt};
    }
    auto key = saml::VerificationKey::from(**certificate);
    if (!key) return unusable("the certificate's key", key.error());
    return KeyMaterial{*std::move(key), *std::move(certificate)};
}

}  // namespace

Result<std::variant<KeyDescriptor, SkippedKey>> read_key_descriptor(const Element& element) {
    const auto use = read_use(element);
    if (!use) return use.error();
    const auto key_info = read_content(element);
    if (!key_info) return key_info.error();
    auto material = read_key_info(*key_info);
    if (!material) return {SkippedKey{at(element) + ": " + material.error().detail}};
    return {KeyDescriptor{*use, std::move(material->key), std::move(material->certificate)}};
}

}  // namespace slo::metadata
