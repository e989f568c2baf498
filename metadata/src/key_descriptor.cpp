#include "key_descriptor.hpp"

#include <algorithm>
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

// An uncompressed point on P-521.
constexpr std::size_t max_point_octets = 133;
constexpr std::size_t max_encryption_methods = 64;
constexpr std::size_t max_uri_bytes = 1024;

// Which one issued which costs a comparison for each pair.
constexpr std::size_t max_chain = 8;

Failure unusable(std::string why) {
    return Failure{make_error_code(Errc::no_usable_key), std::move(why)};
}

/// The rule's short name alone: the rest of the failure stays out of our report.
Failure unusable(std::string_view what, const Failure& failure) {
    return unusable(std::string(what) + " is refused (" + failure.code.message() + ")" +
                    (failure.detail.empty() ? "" : ": " + failure.detail));
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

/// KeyDescriptor is KeyInfo and then EncryptionMethods, and nothing else.
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

//= XML Signature 4.4.4
//# All certificates appearing in an X509Data element MUST relate to the validation key by either containing it or being
//# part of a certification chain that terminates in a certificate containing the validation key.
/// Returns the end entity's certificate of a chain: the only one that issued none of the others. No other key counts.
Result<std::string> end_of_chain(const std::vector<std::string>& texts) {
    if (texts.size() > max_chain) return unusable("more than eight X509Certificates in one X509Data");
    std::vector<saml::Certificate> chain;
    for (const std::string& text : texts) {
        auto certificate = saml::Certificate::from_base64(text);
        if (!certificate) return unusable("X509Certificate", certificate.error());
        const auto same = [&](const saml::Certificate& other) { return other.der() == certificate->der(); };
        if (std::ranges::none_of(chain, same)) chain.push_back(*std::move(certificate));
    }
    const saml::Certificate* end = nullptr;
    for (const saml::Certificate& one : chain) {
        const auto issued = [&](const saml::Certificate& other) { return &other != &one && one.issued(other); };
        if (std::ranges::any_of(chain, issued)) continue;
        if (end != nullptr) return unusable("several X509Certificates in one X509Data that are no chain");
        end = &one;
    }
    if (end == nullptr) return unusable("X509Certificates in one X509Data that issued each other");
    return end->base64();
}

/// What one X509Data says: nothing, where no certificate stands in it.
Result<std::optional<KeyMaterial>> read_x509_data(const Element& x509_data, CertificateKeys& known) {
    std::vector<std::string> texts;
    for (const Element& certificate : children_named(x509_data, ds("X509Certificate"))) {
        auto text = certificate.text();
        if (!text) return unusable("X509Certificate", text.error());
        texts.push_back(*std::move(text));
    }
    if (texts.empty()) return std::optional<KeyMaterial>{};
    auto text = texts.size() == 1 ? Result<std::string>(std::move(texts.front())) : end_of_chain(texts);
    if (!text) return std::move(text).error();
    auto material = known.read(*text);
    if (!material) return std::move(material).error();
    return std::optional(*std::move(material));
}

Result<std::optional<KeyMaterial>> read_certificate(const Element& key_info, CertificateKeys& known) {
    std::optional<KeyMaterial> found;
    for (const Element& x509_data : children_named(key_info, ds("X509Data"))) {
        auto read = read_x509_data(x509_data, known);
        if (!read) return std::move(read).error();
        std::optional<KeyMaterial>& material = *read;
        if (!material) continue;
        if (found && found->certificate->der() != material->certificate->der()) {
            return unusable("X509Certificates that differ in one KeyInfo");
        }
        found = std::move(material);
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

Result<saml::VerificationKey> read_rsa_key_value(const Element& value) {
    auto modulus = read_integer(value, "Modulus", max_modulus_octets);
    if (!modulus) return std::move(modulus).error();
    auto exponent = read_integer(value, "Exponent", max_exponent_octets);
    if (!exponent) return std::move(exponent).error();
    auto key = saml::VerificationKey::from_rsa(*modulus, *exponent);
    if (!key) return unusable("RSAKeyValue", key.error());
    return key;
}

std::optional<saml::NamedCurve> named_curve(std::string_view uri) {
    if (uri == "urn:oid:1.2.840.10045.3.1.7") return saml::NamedCurve::p256;
    if (uri == "urn:oid:1.3.132.0.34") return saml::NamedCurve::p384;
    if (uri == "urn:oid:1.3.132.0.35") return saml::NamedCurve::p521;
    return std::nullopt;
}

/// XML Signature 1.1, 4.5.2.3. ECParameters would let the sender choose the generator, so only a name counts.
Result<saml::VerificationKey> read_ec_key_value(const Element& value) {
    const auto curves = children_named(value, {dsig11_namespace, "NamedCurve"});
    const auto points = children_named(value, {dsig11_namespace, "PublicKey"});
    if (curves.size() != 1 || points.size() != 1) return unusable("ECKeyValue without its NamedCurve and PublicKey");
    const auto curve = named_curve(curves.front().collapsed_attribute("URI").value_or(""));
    if (!curve) return unusable("ECKeyValue on another curve than P-256, P-384 and P-521");
    const auto text = points.front().text();
    if (!text) return unusable("ECKeyValue", text.error());
    const auto point = saml::decode_base64(*text, max_point_octets);
    if (!point) return unusable("ECKeyValue", point.error());
    auto key = saml::VerificationKey::from_ec(*curve, *point);
    if (!key) return unusable("ECKeyValue", key.error());
    return key;
}

Result<saml::VerificationKey> read_key_value(const Element& key_info) {
    const auto key_values = children_named(key_info, ds("KeyValue"));
    if (key_values.empty()) return unusable("KeyInfo with neither X509Certificate nor KeyValue");
    const auto inside = key_values.front().first_child();
    if (key_values.size() == 1 && inside && inside->is(ds("RSAKeyValue"))) return read_rsa_key_value(*inside);
    if (key_values.size() == 1 && inside && inside->is({dsig11_namespace, "ECKeyValue"})) {
        return read_ec_key_value(*inside);
    }
    return unusable("KeyValue that is not one RSAKeyValue or ECKeyValue");
}

Result<KeyMaterial> read_key_info(const Element& key_info, CertificateKeys& known) {
    auto certificate = read_certificate(key_info, known);
    if (!certificate) return std::move(certificate).error();
    if (*certificate) return **std::move(certificate);
    auto bare = read_key_value(key_info);
    if (!bare) return std::move(bare).error();
    return KeyMaterial{*std::move(bare), std::nullopt};
}

/// They follow KeyInfo; read_content() has seen that nothing else does.
std::vector<std::string> read_encryption_methods(const Element& key_descriptor) {
    std::vector<std::string> methods;
    for (const Element& method : children_named(key_descriptor, md("EncryptionMethod"))) {
        auto algorithm = method.collapsed_attribute("Algorithm");
        if (!algorithm || algorithm->size() > max_uri_bytes || !saml::is_absolute_uri(*algorithm)) continue;
        if (methods.size() < max_encryption_methods) methods.push_back(*std::move(algorithm));
    }
    return methods;
}

}  // namespace

Result<KeyMaterial> CertificateKeys::read(std::string_view base64) {
    std::string one_line(base64);
    std::erase_if(one_line, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    const auto known = by_base64_.find(one_line);
    if (known != by_base64_.end()) return known->second;
    auto certificate = saml::Certificate::from_base64(one_line);
    if (!certificate) return unusable("X509Certificate", certificate.error());
    auto key = saml::VerificationKey::from(*certificate);
    if (!key) return unusable("the certificate's key", key.error());
    KeyMaterial material{*std::move(key), *std::move(certificate)};
    by_base64_.emplace(material.certificate->base64(), material);
    return material;
}

Result<std::variant<KeyDescriptor, SkippedKey>> read_key_descriptor(const Element& element, CertificateKeys& known) {
    const auto use = read_use(element);
    if (!use) return use.error();
    const auto key_info = read_content(element);
    if (!key_info) return key_info.error();
    auto material = read_key_info(*key_info, known);
    if (!material) return {SkippedKey{at(element) + ": " + material.error().detail}};
    return {KeyDescriptor{.use = *use,
                          .key = std::move(material->key),
                          .certificate = std::move(material->certificate),
                          .encryption_methods = read_encryption_methods(element)}};
}

}  // namespace slo::metadata
