// Matrix G: XML Encryption, that is the EncryptedID. Each request here is genuinely signed unless it says otherwise, so
// it is the decryption that fails, always under the one rule and with the one answer.
#include "attack.hpp"
#include "material.hpp"
#include "slo/saml/base64.hpp"

namespace slo::test {
namespace {

constexpr const char* failed = "id.decryption";

EncryptedText for_us(std::string plaintext = transient_name_id(alice)) {
    EncryptedText encrypted;
    encrypted.plaintext = replaced(std::move(plaintext), "<saml:NameID",
                                   R"(<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")");
    return encrypted;
}

Text signed_around(std::function<std::string()> identifier) {
    return [identifier = std::move(identifier)] { return soap(marked({.identifier = identifier()})); };
}

Attack refuse(const char* row, std::string name, std::function<std::string()> identifier) {
    return refused(row, std::move(name), signed_around(std::move(identifier)), failed);
}

/// The EncryptedID for us with its first `from` replaced.
std::function<std::string()> encrypted_but(std::string from, std::string to) {
    return [from = std::move(from), to = std::move(to)] { return replaced(for_us().xml(), from, to); };
}

/// The EncryptedID for us with the octets of its content (IV, ciphertext and tag) changed.
std::function<std::string()> content_but(std::function<std::string(std::string)> change) {
    return [change = std::move(change)] {
        auto xml = for_us().xml();
        const std::string open = "<xenc:CipherValue>";
        const auto begin = xml.rfind(open) + open.size();
        const auto end = xml.find('<', begin);
        const auto octets = saml::decode_base64(xml.substr(begin, end - begin), xml.size()).value();
        return xml.replace(begin, end - begin, saml::encode_base64(change(octets)));
    };
}

std::function<std::string()> content_is(std::string plaintext) {
    return [plaintext = std::move(plaintext)] {
        EncryptedText encrypted;
        encrypted.plaintext = plaintext;
        return encrypted.xml();
    };
}

std::string flipped(std::string octets, std::size_t at) {
    octets[at] = static_cast<char>(octets[at] ^ 1);
    return octets;
}

Attacks order_and_algorithms() {
    const auto content_algorithm = [](const char* uri, const char* session_key) {
        return [=] {
            auto encrypted = for_us();
            encrypted.content_algorithm = uri;
            encrypted.session_key = session_key;
            return encrypted.xml();
        };
    };
    const auto key_transport = [](std::string method) {
        return [method = std::move(method)] {
            auto encrypted = for_us();
            encrypted.key_transport = method;
            return encrypted.xml();
        };
    };
    const std::string method = "<xenc:EncryptionMethod Algorithm=\"";
    return {
        {"ENC-01", "a_broken_ciphertext_under_a_broken_signature",
         [] {
             const auto body =
                 soap(marked({.identifier = encrypted_but("<xenc:CipherValue>", "<xenc:CipherValue>AAAA")()}));
             return posted(replaced(body, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"));
         },
         "200 LogoutResponse Requester", "refused sig.invalid"},
        refused(
            "ENC-10", "an_unsigned_EncryptedID", [] { return unsigned_soap(marked({.identifier = for_us().xml()})); },
            "sig.missing"),
        refused(
            "ENC-10", "an_EncryptedID_signed_by_an_unknown_key",
            [] { return soap(marked({.identifier = for_us().xml()}), "keys/stranger.key.pem"); }, "sig.invalid"),
        refuse("ENC-02", "RSA_1_5", key_transport(method + "http://www.w3.org/2001/04/xmlenc#rsa-1_5\"/>")),
        refuse("ENC-02", "RSA_1_5_named_over_OAEP", encrypted_but("xmlenc#rsa-oaep-mgf1p", "xmlenc#rsa-1_5")),
        refuse("ENC-02", "an_unknown_key_transport",
               encrypted_but("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "urn:x")),
        refuse("ENC-03", "AES_128_CBC", content_algorithm("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "aes-128")),
        refuse("ENC-03", "AES_256_CBC", content_algorithm("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256")),
        refuse("ENC-03", "Triple_DES", content_algorithm("http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "des-192")),
        refuse(
            "ENC-03", "CBC_named_over_GCM",
            encrypted_but("http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2001/04/xmlenc#aes128-cbc")),
        refuse("ENC-05", "AES_256_named_over_AES_128", encrypted_but("aes128-gcm", "aes256-gcm")),
        accepted("ENC-05", "AES_256_GCM",
                 signed_around(content_algorithm("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256")), "S1"),
        refuse("ENC-06", "another_digest_named_than_was_used",
               encrypted_but("xmlenc#rsa-oaep-mgf1p\"/>",
                             "xmlenc#rsa-oaep-mgf1p\"><ds:DigestMethod xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\""
                             " Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/></xenc:EncryptionMethod>")),
        refuse(
            "ENC-06", "OAEP_parameters_that_were_not_used",
            encrypted_but("xmlenc#rsa-oaep-mgf1p\"/>",
                          "xmlenc#rsa-oaep-mgf1p\"><xenc:OAEPparams>AAAA</xenc:OAEPparams></xenc:EncryptionMethod>")),
    };
}

Attacks ciphertexts() {
    Attacks all;
    constexpr std::size_t iv = 12;
    constexpr std::size_t tag = 16;
    for (std::size_t cut = 1; cut <= tag; ++cut) {
        all.push_back(refuse("ENC-05", "a_tag_that_is_" + std::to_string(cut) + "_octets_short",
                             content_but([=](std::string octets) { return octets.substr(0, octets.size() - cut); })));
    }
    all.push_back(refuse("ENC-05", "a_flipped_bit_in_the_tag",
                         content_but([](std::string octets) { return flipped(octets, octets.size() - 1); })));
    all.push_back(refuse("ENC-05", "a_flipped_bit_in_the_ciphertext",
                         content_but([](std::string octets) { return flipped(octets, iv + 3); })));
    all.push_back(refuse("ENC-05", "a_flipped_bit_in_the_IV",
                         content_but([](std::string octets) { return flipped(octets, 0); })));
    all.push_back(refuse("ENC-05", "no_ciphertext_between_IV_and_tag", content_but([](std::string octets) {
                             return octets.substr(0, iv) + octets.substr(octets.size() - tag);
                         })));
    all.push_back(
        refuse("ENC-05", "an_IV_alone", content_but([](std::string octets) { return octets.substr(0, iv); })));
    all.push_back(
        refuse("ENC-05", "half_an_IV", content_but([](std::string octets) { return octets.substr(0, iv / 2); })));
    all.push_back(refuse("ENC-05", "an_octet_more", content_but([](std::string octets) { return octets + 'x'; })));
    return all;
}

Attacks keys_and_references() {
    const auto key_in = [](const std::string& xml) {
        return cut_out(xml, "<xenc:EncryptedKey", "</xenc:EncryptedKey>");
    };
    const std::string loop = R"(<ds:RetrievalMethod Type="http://www.w3.org/2001/04/xmlenc#EncryptedKey" URI="#_k1"/>)";
    const auto instead_of_the_key = [=](std::string other) {
        return [=] {
            const auto xml = for_us().xml();
            return replaced(xml, key_in(xml), other);
        };
    };
    const auto cipher_reference = [](const char* uri) {
        return [=] {
            const auto xml = for_us().xml();
            const auto at = xml.rfind("<xenc:CipherValue>");
            const auto end = xml.find("</xenc:CipherValue>", at) + std::string("</xenc:CipherValue>").size();
            return xml.substr(0, at) + "<xenc:CipherReference URI=\"" + uri + "\"/>" + xml.substr(end);
        };
    };
    return {
        refuse("ENC-07", "a_CipherReference_by_http", cipher_reference("http://127.0.0.1:1/do-not-repeat")),
        refuse("ENC-07", "a_CipherReference_to_a_file", cipher_reference("file:///etc/hostname")),
        refuse("ENC-07", "a_CipherReference_to_the_message", cipher_reference("#_r1")),
        refuse("ENC-08", "no_EncryptedKey", instead_of_the_key("")),
        refuse("ENC-08", "a_RetrievalMethod_by_http",
               instead_of_the_key("<ds:RetrievalMethod URI=\"http://127.0.0.1:1/do-not-repeat\"/>")),
        refuse("ENC-08", "a_RetrievalMethod_to_itself", instead_of_the_key(replaced(loop, "/>", " Id=\"_k1\"/>"))),
        // Its KeyInfo is never read, so it leads nowhere and the key itself decrypts.
        accepted("ENC-08", "an_EncryptedKey_whose_KeyInfo_leads_back_to_it", signed_around([=] {
                     const auto xml = for_us().xml();
                     const auto key = key_in(xml);
                     const auto circular = replaced(
                         replaced(key, "<xenc:EncryptedKey", "<xenc:EncryptedKey Id=\"_k1\""), "<xenc:CipherData>",
                         R"(<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)" + loop +
                             "</ds:KeyInfo><xenc:CipherData>");
                     return replaced(xml, key, circular);
                 }),
                 "S1"),
        refuse("ENC-08", "an_EncryptedKey_for_another_recipient",
               [] {
                   auto encrypted = for_us();
                   encrypted.certificate = "keys/stranger.crt.pem";
                   return encrypted.xml();
               }),
        refuse("ENC-08", "nine_EncryptedKeys",
               [=] {
                   auto xml = for_us().xml();
                   const auto key = key_in(xml);
                   const auto at = xml.find(key);
                   for (int i = 1; i < 9; ++i) xml.insert(at, key);
                   return xml;
               }),
    };
}

Attacks contents() {
    const std::string saml = R"( xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")";
    const std::string name_id = replaced(transient_name_id(alice), "<saml:NameID", "<saml:NameID" + saml);
    return {
        accepted("ENC-09", "one_NameID_for_us", signed_around(content_is(name_id)), "S1"),
        refuse("ENC-09", "an_Assertion", content_is("<saml:Assertion" + saml + ">do-not-repeat</saml:Assertion>")),
        refuse("ENC-09", "a_NameID_in_another_namespace",
               content_is("<x:NameID xmlns:x=\"urn:x\">" + std::string(alice) + "</x:NameID>")),
        refuse("ENC-09", "an_element_in_no_namespace", content_is("<NameID>" + std::string(alice) + "</NameID>")),
        refuse("ENC-09", "an_EncryptedID_again", content_is("<saml:EncryptedID" + saml + "/>")),
        refuse("ENC-09", "an_empty_NameID", content_is("<saml:NameID" + saml + "/>")),
        refuse("ENC-09", "a_NameID_with_a_child", content_is(replaced(name_id, alice, "<x/>do-not-repeat"))),
        refuse("ENC-09", "a_NameID_with_an_unknown_attribute",
               content_is(replaced(name_id, "<saml:NameID", "<saml:NameID any_attributes=\"do-not-repeat\""))),
        refuse("ENC-09", "a_NameID_with_a_comment", content_is(replaced(name_id, alice, "bob<!---->.do-not-repeat"))),
        refuse("ENC-09", "Type_Content", encrypted_but("xmlenc#Element", "xmlenc#Content")),
        refused("ENC-09", "an_EncryptedID_and_a_NameID",
                signed_around([] { return for_us().xml() + transient_name_id(bob); }), "saml.schema"),
        refused("ENC-09", "two_EncryptedIDs", signed_around([] { return for_us().xml() + for_us().xml(); }),
                "saml.schema"),
    };
}

}  // namespace

Attacks encryption_attacks() {
    return joined({order_and_algorithms, ciphertexts, keys_and_references, contents});
}

}  // namespace slo::test
