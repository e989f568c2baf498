// Matrix B: is there a signature, and whose key is it?
#include "attack.hpp"
#include "fixtures.hpp"
#include "material.hpp"

#include <tuple>
#include <vector>

namespace slo::test {
namespace {

constexpr std::string_view idp1_key = "keys/idp1-first.key.pem";
constexpr std::string_view idp1_second_key = "keys/idp1-second.key.pem";
constexpr std::string_view idp2_key = "keys/idp2.key.pem";
constexpr std::string_view stranger_key = "keys/stranger.key.pem";

constexpr const char* dsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr const char* dsig_more = "http://www.w3.org/2001/04/xmldsig-more#";
constexpr const char* dsig_2007 = "http://www.w3.org/2007/05/xmldsig-more#";

Text signed_with(std::string_view key, LogoutRequestText text = {}) {
    return [=] { return soap(marked(text), key); };
}

/// A service provider whose IdP1 has these keys.
std::function<ServiceProviderOptions()> with_idp1_keys(std::vector<KeyText> keys) {
    return [keys = std::move(keys)] {
        ServiceProviderOptions options;
        options.idps = {idp_from(idp_metadata(idp1_entity_id, keys)), idp2()};
        return options;
    };
}

Attack under(std::function<ServiceProviderOptions()> provider, std::string good_answer, Attack attack) {
    attack.provider = std::move(provider);
    attack.good_answer = std::move(good_answer);
    return attack;
}

Attacks no_signature() {
    const auto broken = [](const char* name, Text body) {
        return refused("KEY-02", name, std::move(body), "sig.structure");
    };
    return {
        refused("KEY-01", "no_Signature", with_message([](auto& m) { return m.evil; }), "sig.missing"),
        refused("KEY-01", "the_original_without_its_Signature", with_message([](auto& m) { return m.bare; }),
                "sig.missing"),
        broken("an_empty_Signature", with_message([](auto& m) {
                   return behind_issuer(m.evil, R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>)");
               })),
        broken("no_SignedInfo", with_message([](auto& m) {
                   return replaced(m.message, cut_out(m.message, "<ds:SignedInfo", "</ds:SignedInfo>"), "");
               })),
        broken("no_SignatureValue", with_message([](auto& m) {
                   return replaced(m.message, cut_out(m.message, "<ds:SignatureValue", "</ds:SignatureValue>"), "");
               })),
        broken("an_empty_SignatureValue", with_message([](auto& m) {
                   return replaced(m.message, cut_out(m.message, "<ds:SignatureValue", "</ds:SignatureValue>"),
                                   "<ds:SignatureValue/>");
               })),
        broken("a_SignatureValue_of_blanks", with_message([](auto& m) {
                   return replaced(m.message, cut_out(m.message, "<ds:SignatureValue", "</ds:SignatureValue>"),
                                   "<ds:SignatureValue> \n </ds:SignatureValue>");
               })),
        broken("a_SignatureValue_that_is_not_base64", changed("<ds:SignatureValue>", "<ds:SignatureValue>*")),
        refused("KEY-02", "an_unknown_key_and_no_KeyInfo", signed_with(stranger_key), "sig.invalid"),
    };
}

Attacks tampered() {
    const auto tampered = [](const char* name, Text body) {
        return refused("KEY-03", name, std::move(body), "sig.invalid");
    };
    return {
        tampered("another_NameID", changed(std::string(alice), std::string(bob))),
        tampered("another_SessionIndex", changed(">i1<", ">i2<")),
        tampered("no_SessionIndex", changed("<samlp:SessionIndex>i1</samlp:SessionIndex>", "")),
        tampered("a_SessionIndex_more", changed("</samlp:LogoutRequest>",
                                                "<samlp:SessionIndex>i2</samlp:SessionIndex></samlp:LogoutRequest>")),
        tampered("another_Format", changed("nameid-format:transient", "nameid-format:persistent")),
        tampered("another_NotOnOrAfter", changed("10:05:00Z", "11:05:00Z")),
        tampered("a_longer_SignatureValue", changed("<ds:SignatureValue>", "<ds:SignatureValue>AAAA")),
        tampered("another_DigestValue", changed("<ds:DigestValue>", "<ds:DigestValue>AAAA")),
    };
}

Attacks trust_configuration() {
    const auto good = [] { return good_body(); };
    const KeyText first{"signing", "keys/idp1-first.crt.pem"};
    const KeyText second{"signing", "keys/idp1-second.crt.pem"};
    const auto without_idp1 = [] {
        ServiceProviderOptions options;
        options.idps = {idp2()};
        return options;
    };
    const std::string refused_answer = "200 LogoutResponse Requester";
    return {
        under(with_idp1_keys({{"", "keys/idp1-first.crt.pem"}}), "200 LogoutResponse Success",
              accepted("KEY-05", "a_key_without_use_verifies", good, "S1")),
        under(with_idp1_keys({second, {"encryption", "keys/idp1-first.crt.pem"}}), refused_answer,
              refused("KEY-05", "the_key_for_encryption_beside_one_for_signing", good, "sig.invalid")),
        refused("KEY-05", "an_encryption_key_signs", signed_with("keys/idp1-encryption.key.pem"), "sig.invalid"),
        refused("MET-15", "an_Issuer_whose_metadata_could_be_fetched",
                signed_with(stranger_key, {.issuer = issuer_of("http://127.0.0.1:1/do-not-repeat")}),
                "check.issuer_unknown"),
        // A stolen key speaks for its own IdP's users only.
        accepted(
            "KEY-30", "all_sessions_of_a_principal_at_one_IdP",
            [] { return soap({.id = "_all", .identifier = transient_name_id(alice), .session_indexes = {}}); },
            "S1 S2"),
        under(without_idp1, "403", refused("KEY-06", "an_IdP_that_was_removed", good, "check.issuer_unknown")),
        refused("KEY-14", "one_IdP_in_the_name_of_another", signed_with(idp2_key), "sig.invalid"),
        refused("KEY-14", "our_own_key", signed_with("sp/sp.key.pem"), "sig.invalid"),
        accepted("KEY-17", "the_second_key_of_an_IdP", signed_with(idp1_second_key), "S1"),
        under(with_idp1_keys({first}), "200 LogoutResponse Success",
              refused("KEY-17", "a_key_that_is_not_published_yet", signed_with(idp1_second_key), "sig.invalid")),
        under(with_idp1_keys({second}), refused_answer,
              refused("KEY-17", "a_key_that_was_removed", good, "sig.invalid")),
    };
}

/// The good request, or one signed by an unknown key, with this in its KeyInfo: its content never matters.
Attacks with_key_info(const char* row, const std::string& name, const std::string& content) {
    const auto bring = [content](std::string body) {
        return replaced(std::move(body), "</ds:SignatureValue>",
                        "</ds:SignatureValue><ds:KeyInfo>" + content + "</ds:KeyInfo>");
    };
    return {
        accepted(
            row, "a_genuine_request_with_" + name, [=] { return bring(good_body()); }, "S1"),
        refused(
            row, "an_unknown_key_with_" + name, [=] { return bring(soap(marked(), stranger_key)); }, "sig.invalid")};
}

std::string x509_data(std::string_view certificate) {
    return "<ds:X509Data><ds:X509Certificate>" + certificate_base64(certificate) +
           "</ds:X509Certificate></ds:X509Data>";
}

Attacks keys_in_the_message() {
    const std::string ds11 = R"( xmlns:ds11="http://www.w3.org/2009/xmldsig11#")";
    const std::string retrieval = R"(" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>)";
    Attacks all{
        refused("KEY-07", "an_unknown_key_with_its_KeyValue",
                signed_with(stranger_key, {.signature = {.key_info = "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>"}}),
                "sig.invalid"),
        refused("KEY-09", "a_key_whose_certificate_a_trusted_CA_signed",
                signed_with("tls/client.key", {.issuer = issuer_of(idp2_entity_id),
                                               .signature = {.algorithm = std::string(dsig_more) + "ecdsa-sha256"}}),
                "sig.invalid"),
    };
    for (const auto& [row, name, content] : std::vector<std::tuple<const char*, std::string, std::string>>{
             {"KEY-08", "its_own_certificate", x509_data("keys/stranger.crt.pem")},
             {"KEY-08", "the_certificate_of_the_IdP", x509_data("keys/idp1-first.crt.pem")},
             {"KEY-08", "both_certificates", x509_data("keys/stranger.crt.pem") + x509_data("keys/idp1-first.crt.pem")},
             {"KEY-09", "a_certificate_chain_of_a_CA", x509_data("tls/client.pem") + x509_data("tls/client-ca.pem")},
             {"KEY-11", "a_KeyName_that_is_a_path", "<ds:KeyName>../../etc/do-not-repeat</ds:KeyName>"},
             {"KEY-11", "the_KeyName_of_another_IdP", "<ds:KeyName>" + std::string(idp2_entity_id) + "</ds:KeyName>"},
             {"KEY-12", "a_RetrievalMethod_by_http",
              "<ds:RetrievalMethod URI=\"http://127.0.0.1:1/do-not-repeat" + retrieval},
             {"KEY-12", "a_RetrievalMethod_to_a_file", "<ds:RetrievalMethod URI=\"file:///etc/hostname" + retrieval},
             {"KEY-12", "a_RetrievalMethod_to_a_path", "<ds:RetrievalMethod URI=\"/etc/hostname" + retrieval},
             {"KEY-12", "a_RetrievalMethod_to_the_message", "<ds:RetrievalMethod URI=\"#_r1" + retrieval},
             {"KEY-13", "a_KeyInfoReference", "<ds11:KeyInfoReference" + ds11 + " URI=\"http://127.0.0.1:1/\"/>"},
             {"KEY-13", "a_DEREncodedKeyValue", "<ds11:DEREncodedKeyValue" + ds11 + ">AAAA</ds11:DEREncodedKeyValue>"},
             {"KEY-13", "an_X509Digest",
              "<ds:X509Data><ds11:X509Digest" + ds11 +
                  " Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">AAAA</ds11:X509Digest></ds:X509Data>"},
             {"KEY-13", "EncryptedKeys_inside_each_other",
              [] {
                  std::string nested;
                  for (int i = 0; i < 8; ++i) {
                      nested = "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"><ds:KeyInfo>" +
                               nested + "</ds:KeyInfo></xenc:EncryptedKey>";
                  }
                  return nested;
              }()},
         }) {
        for (auto& attack : with_key_info(row, name, content)) all.push_back(std::move(attack));
    }
    return all;
}

Text with_algorithm(std::string uri) {
    return changed(std::string(dsig_more) + "rsa-sha256", std::move(uri));
}

Attacks algorithms() {
    Attacks all;
    const auto refuse_algorithm = [&all](const char* row, const std::string& uri) {
        all.push_back(refused(row,
                              "the_signature_algorithm_" + uri.substr(uri.find('#') + 1) + "_of_" + uri.substr(18, 7),
                              with_algorithm(uri), "sig.algorithm"));
    };
    for (const char* hmac :
         {"hmac-md5", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-ripemd160"}) {
        refuse_algorithm("KEY-18", std::string(dsig_more) + hmac);
    }
    refuse_algorithm("KEY-18", std::string(dsig) + "hmac-sha1");
    for (const char* weak : {"rsa-md5", "rsa-ripemd160", "rsa-sha224", "ecdsa-sha1", "ecdsa-sha224"}) {
        refuse_algorithm("KEY-20", std::string(dsig_more) + weak);
    }
    for (const char* weak : {"rsa-sha1", "dsa-sha1"}) refuse_algorithm("KEY-20", std::string(dsig) + weak);
    refuse_algorithm("KEY-20", "http://www.w3.org/2009/xmldsig11#dsa-sha256");
    for (const char* unsupported : {"sha256-rsa-MGF1", "sha512-rsa-MGF1", "rsa-whirlpool", "ecdsa-ripemd160"}) {
        refuse_algorithm("KEY-28", std::string(dsig_2007) + unsupported);
    }
    refuse_algorithm("KEY-28", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519");
    refuse_algorithm("KEY-28", "urn:do-not-repeat:####");

    for (const char* length : {"0", "1", "8", "2147483647"}) {
        all.push_back(refused("KEY-19", std::string("an_HMACOutputLength_of_") + length,
                              changed(std::string(dsig_more) + "rsa-sha256\"/>",
                                      std::string(dsig) + "hmac-sha1\"><ds:HMACOutputLength>" + length +
                                          "</ds:HMACOutputLength></ds:SignatureMethod>"),
                              "sig.structure"));
    }
    all.push_back(refused("KEY-18", "ECDSA_named_over_an_RSA_signature",
                          with_algorithm(std::string(dsig_more) + "ecdsa-sha256"), "sig.no_key"));
    all.push_back(refused("KEY-20", "a_genuine_signature_with_RSA_SHA_1",
                          signed_with(idp1_key, {.signature = {.algorithm = std::string(dsig) + "rsa-sha1",
                                                               .digest = std::string(dsig) + "sha1"}}),
                          "sig.algorithm"));
    for (const auto& digest : std::vector<std::string>{std::string(dsig) + "sha1", std::string(dsig_more) + "md5",
                                                       std::string("http://www.w3.org/2001/04/xmlenc#ripemd160"),
                                                       std::string(dsig_more) + "sha224"}) {
        all.push_back(refused("KEY-21", "a_genuine_signature_over_a_digest_with_" + digest.substr(digest.find('#') + 1),
                              signed_with(idp1_key, {.signature = {.digest = digest}}), "sig.digest_algorithm"));
    }
    return all;
}

/// RSA-PSS of the JDK, where the profile accepts it: without parameters it has one reading.
Attacks rsa_pss() {
    const auto jdk = [](const std::string& name, std::string_view from = "", std::string_view to = "") -> Text {
        return [=, what = std::string(from), by = std::string(to)] {
            const std::string octets = fixture("jdk/" + name + ".soap.xml");
            return what.empty() ? octets : replaced(octets, what, by);
        };
    };
    const std::string sha256 = "sha256-rsa-MGF1";
    const std::string schema = "http://www.w3.org/2001/XMLSchema";
    Attacks all;
    for (const std::string name : {"sha256-rsa-MGF1", "sha384-rsa-MGF1", "sha512-rsa-MGF1"}) {
        all.push_back(accepted("KEY-28", "RSA_PSS_where_it_is_accepted_" + name.substr(0, 6), jdk(name), "S1"));
        all.push_back(refused("KEY-03", "another_NameID_under_RSA_PSS_with_" + name.substr(0, 6), jdk(name, alice, bob),
                              "sig.invalid"));
    }
    for (auto& attack : Attacks{
             accepted("KEY-28", "RSA_PSS_with_a_PrefixList", jdk(sha256 + "-prefixes"), "S1"),
             refused("KEY-03", "another_binding_of_a_prefix_under_RSA_PSS",
                     jdk(sha256 + "-prefixes", schema, "urn:do-not-repeat"), "sig.invalid"),
             refused("KEY-03", "another_DigestValue_under_RSA_PSS",
                     jdk(sha256, "<ds:DigestValue>", "<ds:DigestValue>AAAA"), "sig.invalid"),
             refused("KEY-03", "white_space_in_SignedInfo_under_RSA_PSS",
                     jdk(sha256, "<ds:SignedInfo>", "<ds:SignedInfo> "), "sig.invalid"),
             refused("KEY-14", "one_IdP_in_the_name_of_another_under_RSA_PSS",
                     jdk(sha256, idp1_entity_id, idp2_entity_id), "sig.algorithm"),
             refused("KEY-28", "RSA_PSS_with_SHA_1", jdk("sha1-rsa-MGF1"), "sig.algorithm"),
             refused("KEY-28", "RSA_PSS_with_parameters",
                     jdk(sha256, sha256 + "\"/>", "rsa-pss\"><p:RSAPSSParams/></ds:SignatureMethod>"), "sig.structure"),
             refused("KEY-28", "RSA_PSS_named_over_another_padding",
                     with_algorithm(std::string(dsig_2007) + "sha256-rsa-MGF1"), "sig.invalid"),
             refused("XSW-03", "a_forged_request_around_one_with_RSA_PSS",
                     jdk(sha256, "<S:Body>", "<S:Body><p:LogoutRequest ID=\"_do-not-repeat\"/>"), "soap.body_count"),
         }) {
        all.push_back(std::move(attack));
    }
    idp_adapter::InteropProfile profile;
    profile.algorithms.rsa_pss = saml::AlgorithmPolicy::RsaPss::accepted;
    for (auto& attack : all) {
        attack.provider = [=] { return ServiceProviderOptions{.idps = {idp1(profile), idp2()}}; };
    }
    all.push_back(refused("KEY-28", "RSA_PSS_where_it_is_no_exception", jdk(sha256), "sig.algorithm"));
    return all;
}

}  // namespace

Attacks key_attacks() {
    return joined({no_signature, tampered, trust_configuration, keys_in_the_message, algorithms, rsa_pss});
}

}  // namespace slo::test
