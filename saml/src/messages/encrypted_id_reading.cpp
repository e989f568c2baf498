// Reading EncryptedID (SAML Core 2.2.4, erratum E43; XML Encryption 3): its content, as octets. Nothing is decrypted
// here.

#include "message_reading.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_wrapped_key_octets = 1024;  // an RSA-8192 block
constexpr std::size_t max_oaep_params_octets = 256;
constexpr std::size_t max_encrypted_keys = 8;

xml::Name xenc(std::string_view local) {
    return {vocabulary::xenc, local};
}

std::optional<xml::Element> child_of(const xml::Element& parent, xml::Name name) {
    for (const auto& child : parent.children()) {
        if (child.is(name)) return child;
    }
    return std::nullopt;
}

/// CipherData with a CipherValue in it: a CipherReference would make us fetch something.
Result<std::string> read_cipher_value(const xml::Element& parent, std::size_t max_octets) {
    const auto data = child_of(parent, xenc("CipherData"));
    if (!data) return schema_violation(parent, "no CipherData");
    const auto value = data->first_child();
    if (!value || !value->is(xenc("CipherValue")) || value->next_sibling()) {
        return schema_violation(*data, "not one CipherValue");
    }
    const auto text = value->text();
    if (!text) return text.error();
    return decode_base64(*text, max_octets);
}

Result<EncryptedKey> read_encrypted_key(const xml::Element& element) {
    const auto method = child_of(element, xenc("EncryptionMethod"));
    if (!method) return schema_violation(element, "no EncryptionMethod");
    auto ciphertext = read_cipher_value(element, max_wrapped_key_octets);
    if (!ciphertext) return ciphertext.error();
    EncryptedKey key{.algorithm = method->collapsed_attribute("Algorithm").value_or(""),
                     .digest = std::nullopt,
                     .mgf = std::nullopt,
                     .oaep_params = {},
                     .recipient = element.attribute("Recipient"),
                     .ciphertext = *std::move(ciphertext)};
    if (const auto digest = child_of(*method, {vocabulary::ds, "DigestMethod"}))
        key.digest = digest->collapsed_attribute("Algorithm");
    if (const auto mgf = child_of(*method, {vocabulary::xenc11, "MGF"}))
        key.mgf = mgf->collapsed_attribute("Algorithm");
    if (const auto params = child_of(*method, xenc("OAEPparams"))) {
        const auto text = params->text();
        if (!text) return text.error();
        auto octets = decode_base64(*text, max_oaep_params_octets);
        if (!octets) return octets.error();
        key.oaep_params = *std::move(octets);
    }
    return key;
}

/// EncryptedKeys are beside EncryptedData, or inside its KeyInfo (erratum E43 prefers the former).
Result<std::vector<EncryptedKey>> read_encrypted_keys(const xml::Element& encrypted_id, const xml::Element& data) {
    std::vector<xml::Element> elements;
    for (const auto& sibling : encrypted_id.children()) {
        if (sibling.is(xenc("EncryptedKey"))) elements.push_back(sibling);
    }
    if (const auto key_info = child_of(data, {vocabulary::ds, "KeyInfo"})) {
        for (const auto& child : key_info->children()) {
            if (child.is(xenc("EncryptedKey"))) elements.push_back(child);
        }
    }
    if (elements.size() > max_encrypted_keys) return schema_violation(encrypted_id, "too many EncryptedKeys");
    std::vector<EncryptedKey> keys;
    for (const auto& element : elements) {
        auto key = read_encrypted_key(element);
        if (!key) return key.error();
        keys.push_back(*std::move(key));
    }
    return keys;
}

}  // namespace

Result<EncryptedID> read_encrypted_id(const xml::Element& element, std::size_t max_content_octets) {
    if (auto ok = expect_attributes(element, {}, {vocabulary::saml, "EncryptedElementType"}); !ok) return ok.error();
    const auto data = element.first_child();
    if (!data || !data->is(xenc("EncryptedData")) || !element.has_only_element_content()) {
        return schema_violation(element, "not EncryptedData first");
    }
    for (auto sibling = data->next_sibling(); sibling; sibling = sibling->next_sibling()) {
        if (!sibling->is(xenc("EncryptedKey")))
            return schema_violation(*sibling, "neither EncryptedData nor EncryptedKey");
    }
    //= SAML Core 2.2.4 l.497
    //# The Type attribute SHOULD be present and, if present, MUST contain a value of
    //# http://www.w3.org/2001/04/xmlenc#Element.
    const auto type = data->collapsed_attribute("Type");
    if (type && *type != "http://www.w3.org/2001/04/xmlenc#Element") return schema_violation(*data, "another Type");
    const auto method = child_of(*data, xenc("EncryptionMethod"));
    if (!method) return schema_violation(*data, "no EncryptionMethod");
    auto ciphertext = read_cipher_value(*data, max_content_octets);
    if (!ciphertext) return ciphertext.error();
    auto keys = read_encrypted_keys(element, *data);
    if (!keys) return keys.error();
    return EncryptedID{.algorithm = method->collapsed_attribute("Algorithm").value_or(""),
                       .ciphertext = *std::move(ciphertext),
                       .keys = *std::move(keys),
                       .namespaces = element.namespaces_in_scope()};
}

}  // namespace slo::saml
