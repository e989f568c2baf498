#include "slo/saml/encryption.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

#include "content_cipher.hpp"
#include "logout_request_text.hpp"
#include "opening.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_SUITE(opening)

BOOST_AUTO_TEST_CASE(a_plain_name_id_is_itself) {
    const auto request =
        verify(signed_envelope(logout_request(), ec_key()), {ec_key().verification}, expectations()).value();
    expect_alice(open_name_id(request, {}, us, {}));
}

BOOST_AUTO_TEST_CASE(base_id_is_unsupported) {
    slo::test::LogoutRequestText text;
    text.identifier = R"(<saml:BaseID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="saml:X"/>)";
    Expectations expected = expectations();
    expected.issuer = EntityID::parse(slo::test::idp1_entity_id).value();
    expected.now = parse_instant(slo::test::baseline_now).value();
    const auto key = VerificationKey::from(Certificate::parse(fixture("keys/idp1-first.crt.pem")).value()).value();
    const auto request = verify(slo::test::soap(text), {key}, expected);
    BOOST_TEST_REQUIRE(rule_of(request) == "accepted");
    BOOST_TEST(rule_of(open_name_id(*request, std::vector{our_key()}, us, {})) == rule(Errc::base_id_unsupported));
}

// aes128-cbc and rsa-oaep-mgf1p, made by Lasso 2.8.1.
BOOST_AUTO_TEST_CASE(lassos_encrypted_id_opens_under_the_cbc_exception_only) {
    Expectations expected = expectations();
    expected.issuer = EntityID::parse("https://idp-lasso.example.org/metadata").value();
    expected.now = parse_instant("2026-11-22T16:01:28Z").value();
    const auto key = VerificationKey::from(Certificate::parse(fixture("lasso/idp.crt.pem")).value()).value();
    const auto request = verify(fixture("lasso/request-encryptedid.soap.xml"), {key}, expected).value();

    const auto name_id = open_name_id(request, std::vector{our_key()}, us, with_cbc());
    BOOST_TEST_REQUIRE(rule_of(name_id) == "accepted");
    BOOST_TEST(name_id->value == "_c0ffee00");
    BOOST_TEST(name_id->format.value_or("") == "urn:oasis:names:tc:SAML:2.0:nameid-format:transient");
    expect_undecryptable(open_name_id(request, std::vector{our_key()}, us, {}));
    expect_undecryptable(open_name_id(request, std::vector{old_key()}, us, with_cbc()));
    expect_undecryptable(open_name_id(request, {}, us, with_cbc()));
}

BOOST_AUTO_TEST_CASE(opens_what_xmlsec1_encrypts) {
    slo::test::EncryptedText text;
    text.plaintext = plain_alice;
    Expectations expected = expectations();
    expected.issuer = EntityID::parse(slo::test::idp1_entity_id).value();
    expected.now = parse_instant(slo::test::baseline_now).value();
    const auto key = VerificationKey::from(Certificate::parse(fixture("keys/idp1-first.crt.pem")).value()).value();
    slo::test::LogoutRequestText message;
    for (const auto& [algorithm, session_key] : {std::pair(aes128_gcm, "aes-128"),
                                                 {aes256_gcm, "aes-256"},
                                                 {aes128_cbc, "aes-128"},
                                                 {aes256_cbc, "aes-256"}}) {
        text.content_algorithm = algorithm;
        text.session_key = session_key;
        message.identifier = text.xml();
        const auto request = verify(slo::test::soap(message), {key}, expected).value();
        BOOST_TEST_CONTEXT(algorithm) {
            expect_alice(open_name_id(request, std::vector{our_key()}, us, with_cbc()));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_gcm_and_cbc_size_opens) {
    EncryptedID encrypted = gcm(plain_alice);
    expect_alice(opened(encrypted));
    encrypted.algorithm = aes128_gcm;
    encrypted.ciphertext = seal_gcm(key16, plain_alice);
    encrypted.keys = {wrap(our_public_key(), key16)};
    expect_alice(opened(encrypted));
    encrypted.algorithm = aes256_cbc;
    encrypted.ciphertext = seal_cbc(key32, padded(plain_alice));
    encrypted.keys = {wrap(our_public_key(), key32)};
    expect_alice(opened(encrypted, {.policy = with_cbc()}));
    expect_undecryptable(opened(encrypted));
}

// The prefix saml is declared on EncryptedID, where the plaintext was cut out.
BOOST_AUTO_TEST_CASE(the_plaintext_is_read_in_the_namespaces_of_its_place) {
    expect_alice(opened(gcm("<saml:NameID>alice</saml:NameID>")));
    expect_undecryptable(opened(gcm("<assertion:NameID>alice</assertion:NameID>")));
    expect_undecryptable(opened(gcm(R"(<saml:NameID xmlns:saml="urn:other">alice</saml:NameID>)")));
}

BOOST_AUTO_TEST_CASE(the_detail_of_a_refusal_says_what_failed) {
    const auto detail = [](const slo::Result<NameID>& name_id) {
        BOOST_TEST_REQUIRE(rule_of(name_id) == rule(Errc::decryption_failed));
        return name_id.error().detail;
    };
    BOOST_TEST(detail(opened(cbc(std::string(15, 'p') + '\x10'))) ==
               "its content is encrypted with AES-128 in CBC mode, which this IdP's profile doesn't allow");
    BOOST_TEST(
        detail(opened(wrapped_as({.algorithm = rsa_1_5, .padding = RSA_PKCS1_PADDING}))) ==
        "its key is encrypted with RSA PKCS#1 1.5 or parameters of it that aren't allowed; allowed: RSA-OAEP with "
        "SHA-1 or SHA-2");
    BOOST_TEST(detail(opened(gcm(plain_alice), {.keys = {old_key()}})) ==
               "none of our 1 keys opens its EncryptedKey: the IdP has another certificate of ours");
    BOOST_TEST(detail(opened(gcm("<x/>"))) == "its content opens, but isn't one NameID");
    EncryptedID changed = gcm(plain_alice);
    changed.ciphertext.back() = static_cast<char>(changed.ciphertext.back() ^ 1);
    BOOST_TEST(
        detail(opened(changed)) ==
        "a key of ours opens its EncryptedKey, but that doesn't open the content (AES-256 in GCM mode): padding or "
        "authentication tag");
    changed.keys.clear();
    BOOST_TEST(detail(opened(changed)) == "it has no EncryptedKey");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(keys_and_recipients)

BOOST_AUTO_TEST_CASE(the_old_key_and_the_new_one_both_open) {
    expect_alice(opened(gcm(plain_alice), {.keys = {old_key(), our_key()}}));
    expect_alice(opened(gcm(plain_alice), {.keys = {our_key(), old_key()}}));
    expect_undecryptable(opened(gcm(plain_alice), {.keys = {old_key()}}));
    expect_undecryptable(opened(gcm(plain_alice), {.keys = {}}));
}

BOOST_AUTO_TEST_CASE(no_more_than_eight_decryption_keys_are_tried) {
    std::vector<DecryptionKey> keys(7, old_key());
    keys.push_back(our_key());
    expect_alice(opened(gcm(plain_alice), {.keys = keys}));
    keys.insert(keys.begin(), old_key());
    expect_undecryptable(opened(gcm(plain_alice), {.keys = keys}));
}

// Core 2.2.4 l.502-505, erratum E43: Recipient is a hint.
BOOST_AUTO_TEST_CASE(any_recipient_will_do_where_one_of_our_keys_opens) {
    for (const auto& recipient : {std::optional(us.str()), std::optional<std::string>(),
                                  std::optional<std::string>("https://other.example.com")}) {
        expect_alice(opened(wrapped_as({.recipient = recipient})));
    }
}

BOOST_AUTO_TEST_CASE(one_of_several_encrypted_keys_is_enough) {
    const auto stranger = Certificate::parse(fixture("keys/stranger.crt.pem")).value();
    const EncryptedKey theirs = wrap(detail::KeyAccess::pkey(stranger), key32, {.recipient = "https://other"});
    const EncryptedKey ours = wrap(our_public_key(), key32, {.recipient = us.str()});
    EncryptedID encrypted = gcm(plain_alice);
    encrypted.keys = {theirs, ours};
    expect_alice(opened(encrypted));
    encrypted.keys = {ours, theirs};
    expect_alice(opened(encrypted));
    encrypted.keys = {theirs, theirs, theirs, theirs, theirs, theirs, theirs, ours};
    expect_alice(opened(encrypted));
    encrypted.keys = {theirs};
    expect_undecryptable(opened(encrypted));
    encrypted.keys = {};
    expect_undecryptable(opened(encrypted));
}

// The first EncryptedKey opens, but isn't this content's: under CBC its padding looks right once in sixteen times.
BOOST_AUTO_TEST_CASE(a_wrong_content_key_does_not_end_the_search) {
    EncryptedID encrypted = cbc(padded(plain_alice));
    const EncryptedKey right = encrypted.keys.front();
    for (int i = 0; i < 48; ++i) {
        encrypted.keys = {wrap(our_public_key(), std::string(16, static_cast<char>(i))), right};
        expect_alice(opened(encrypted, {.policy = with_cbc()}));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(key_transport)

struct NamedDigest {
    std::string uri;
    const EVP_MD* md;
};

BOOST_AUTO_TEST_CASE(oaep_with_every_digest_and_mask_generation_function) {
    const std::vector<NamedDigest> digests = {{"http://www.w3.org/2000/09/xmldsig#sha1", EVP_sha1()},
                                              {"http://www.w3.org/2001/04/xmlenc#sha256", EVP_sha256()},
                                              {"http://www.w3.org/2001/04/xmlenc#sha384", EVP_sha384()},
                                              {"http://www.w3.org/2001/04/xmldsig-more#sha384", EVP_sha384()},
                                              {"http://www.w3.org/2001/04/xmlenc#sha512", EVP_sha512()}};
    const std::vector<NamedDigest> mgfs = {{"http://www.w3.org/2009/xmlenc11#mgf1sha1", EVP_sha1()},
                                           {"http://www.w3.org/2009/xmlenc11#mgf1sha256", EVP_sha256()},
                                           {"http://www.w3.org/2009/xmlenc11#mgf1sha384", EVP_sha384()},
                                           {"http://www.w3.org/2009/xmlenc11#mgf1sha512", EVP_sha512()}};
    for (const auto& digest : digests) {
        BOOST_TEST_CONTEXT(digest.uri) {
            expect_alice(opened(wrapped_as({.digest = digest.uri, .md = digest.md})));
            expect_alice(opened(wrapped_as({.algorithm = oaep_11, .digest = digest.uri, .md = digest.md})));
            for (const auto& mgf : mgfs) {
                expect_alice(opened(wrapped_as(
                    {.algorithm = oaep_11, .digest = digest.uri, .md = digest.md, .mgf = mgf.uri, .mgf_md = mgf.md})));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_label_is_read_and_bound) {
    EncryptedID encrypted = wrapped_as({.label = "PSource"});
    expect_alice(opened(encrypted));
    encrypted.keys.front().oaep_params = "psource";
    expect_undecryptable(opened(encrypted));
    encrypted.keys.front().oaep_params.clear();
    expect_undecryptable(opened(encrypted));
}

BOOST_AUTO_TEST_CASE(unknown_or_unfitting_oaep_parameters_are_refused) {
    for (const Wrapping& how :
         {Wrapping{.digest = "http://www.w3.org/2001/04/xmldsig-more#md5"}, Wrapping{.digest = ""},
          Wrapping{.digest = "http://www.w3.org/2001/04/xmlenc#sha256"},
          Wrapping{.algorithm = oaep_11, .mgf = "http://www.w3.org/2009/xmlenc11#mgf1md5"},
          Wrapping{.algorithm = oaep_11, .mgf = "http://www.w3.org/2009/xmlenc11#mgf1sha256"},
          Wrapping{.mgf = "http://www.w3.org/2009/xmlenc11#mgf1sha256", .mgf_md = EVP_sha256()}}) {
        expect_undecryptable(opened(wrapped_as(how)));
    }
}

// Bleichenbacher 1998; Jager and Somorovsky 2012. Nothing in this library opens PKCS#1 v1.5.
BOOST_AUTO_TEST_CASE(rsa_1_5_is_refused_though_the_key_could_open_it) {
    expect_undecryptable(opened(wrapped_as({.algorithm = rsa_1_5, .padding = RSA_PKCS1_PADDING})));
    expect_undecryptable(opened(wrapped_as({.padding = RSA_PKCS1_PADDING})));
    expect_undecryptable(opened(wrapped_as({.algorithm = "http://www.w3.org/2001/04/xmlenc#kw-aes128"})));
    expect_undecryptable(opened(wrapped_as({.algorithm = ""})));
}

BOOST_AUTO_TEST_CASE(the_wrapped_key_has_exactly_the_algorithms_length) {
    for (const std::size_t size : {0U, 15U, 17U, 24U, 32U}) {
        const std::string key(size, 'k');
        EncryptedID encrypted = gcm(plain_alice);
        encrypted.algorithm = aes128_gcm;
        encrypted.ciphertext = seal_gcm(key16, plain_alice);
        encrypted.keys = {wrap(our_public_key(), key)};
        expect_undecryptable(opened(encrypted));
    }
}

BOOST_AUTO_TEST_CASE(a_changed_wrapped_key_is_refused) {
    const EncryptedID good = gcm(plain_alice);
    const auto changed = [&good](const std::function<void(std::string&)>& change) {
        EncryptedID encrypted = good;
        change(encrypted.keys.front().ciphertext);
        return opened(encrypted);
    };
    expect_undecryptable(changed([](std::string& octets) { octets.clear(); }));
    expect_undecryptable(changed([](std::string& octets) { octets.pop_back(); }));
    expect_undecryptable(changed([](std::string& octets) { octets.insert(0, 1, '\0'); }));
    expect_undecryptable(changed([](std::string& octets) { octets[100] = static_cast<char>(octets[100] ^ 1); }));
    expect_undecryptable(changed([](std::string& octets) { octets.assign(octets.size(), '\xFF'); }));
    expect_undecryptable(changed([](std::string& octets) { octets.assign(octets.size(), '\0'); }));
}

// RFC 8017, 7.1.2: exactly as long as the modulus. OpenSSL would take the number without its leading zero, too.
BOOST_AUTO_TEST_CASE(a_wrapped_key_without_its_leading_zero_is_refused) {
    EncryptedID encrypted = gcm(plain_alice);
    for (int i = 0; i < 5000 && encrypted.keys.front().ciphertext.front() != '\0'; ++i) {
        encrypted.keys = {wrap(our_public_key(), key32)};
    }
    BOOST_TEST_REQUIRE(encrypted.keys.front().ciphertext.front() == '\0');
    expect_alice(opened(encrypted));
    encrypted.keys.front().ciphertext.erase(0, 1);
    expect_undecryptable(opened(encrypted));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(content)

SecretOctets secret(std::string_view key) {
    return {key.begin(), key.end()};
}

BOOST_AUTO_TEST_CASE(gcm_without_ciphertext_is_refused_before_any_parser_sees_it) {
    const ContentCipher& cipher = content_cipher(ContentEncryption::aes256_gcm);
    BOOST_TEST(decrypt_content(cipher, secret(key32), seal_gcm(key32, "x")).value_or("") == "x");
    BOOST_TEST(!decrypt_content(cipher, secret(key32), seal_gcm(key32, "")).has_value());
}

BOOST_AUTO_TEST_CASE(cbc_padding_of_zero_octets_is_refused_before_any_parser_sees_it) {
    const ContentCipher* const cipher = content_cipher(aes128_cbc, with_cbc());
    BOOST_TEST_REQUIRE(cipher != nullptr);
    BOOST_TEST(decrypt_content(*cipher, secret(key16), seal_cbc(key16, padded("x"))).value_or("") == "x");
    BOOST_TEST(!decrypt_content(*cipher, secret(key16), seal_cbc(key16, std::string(16, '\0'))).has_value());
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_is_refused_by_gcm) {
    const EncryptedID good = gcm(plain_alice);
    for (std::size_t at = 0; at < good.ciphertext.size(); at += 3) {
        EncryptedID changed = good;
        changed.ciphertext[at] = static_cast<char>(changed.ciphertext[at] ^ (1 << at % 8));
        expect_undecryptable(opened(changed));
    }
}

BOOST_AUTO_TEST_CASE(a_truncated_tag_or_ciphertext_is_refused_by_gcm) {
    const EncryptedID good = gcm(plain_alice);
    for (std::size_t cut = 1; cut <= 16; ++cut) {
        EncryptedID changed = good;
        changed.ciphertext.resize(good.ciphertext.size() - cut);
        expect_undecryptable(opened(changed));
    }
    for (const std::size_t size : {0U, 1U, 11U, 12U, 13U, 27U, 28U}) {
        EncryptedID changed = good;
        changed.ciphertext.resize(size);
        expect_undecryptable(opened(changed));
    }
}

// IV and a valid tag around nothing: authentic, and yet no principal.
BOOST_AUTO_TEST_CASE(an_empty_plaintext_is_refused) {
    expect_undecryptable(opened(gcm("")));
    expect_undecryptable(opened(cbc(std::string(15, 'p') + '\x10'), {.policy = with_cbc()}));
}

BOOST_AUTO_TEST_CASE(cbc_padding_is_one_to_sixteen_octets_of_anything) {
    const auto open_padded = [](const std::string& text) { return opened(cbc(text), {.policy = with_cbc()}); };
    const std::string whole_blocks = plain_alice + std::string(16 - plain_alice.size() % 16, ' ');
    expect_alice(open_padded(padded(plain_alice)));
    expect_alice(open_padded(whole_blocks + std::string(15, '\xEE') + '\x10'));
    expect_alice(open_padded(whole_blocks.substr(0, whole_blocks.size() - 1) + '\x01'));
    expect_undecryptable(open_padded(whole_blocks.substr(0, whole_blocks.size() - 1) + '\0'));
    expect_undecryptable(open_padded(whole_blocks + std::string(31, '\xEE') + '\x11'));
    expect_undecryptable(open_padded(whole_blocks + std::string(15, '\xEE') + '\xFF'));
}

BOOST_AUTO_TEST_CASE(cbc_ciphertext_is_whole_blocks_after_the_iv) {
    const EncryptedID good = cbc(padded(plain_alice));
    for (const std::size_t size : {std::size_t{0}, std::size_t{15}, std::size_t{16}, std::size_t{17}, std::size_t{31},
                                   good.ciphertext.size() - 1}) {
        EncryptedID changed = good;
        changed.ciphertext.resize(size);
        expect_undecryptable(opened(changed, {.policy = with_cbc()}));
    }
}

BOOST_AUTO_TEST_CASE(other_content_algorithms_are_refused) {
    for (const auto* algorithm :
         {"", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
          "http://www.w3.org/2009/xmlenc11#aes192-gcm", "http://www.w3.org/2009/xmlenc11#AES256-GCM"}) {
        EncryptedID encrypted = gcm(plain_alice);
        encrypted.algorithm = algorithm;
        expect_undecryptable(opened(encrypted, {.policy = with_cbc()}));
    }
}

// Core 2.2.4 l.496-501: one NameID, read by the parser that reads messages.
BOOST_AUTO_TEST_CASE(whatever_is_not_exactly_one_name_id_is_refused) {
    const std::string doctype = "<!DOCTYPE x [<!ENTITY e 'alice'>]>";
    for (const std::string& plaintext : {std::string("alice"),
                                         std::string("<saml:NameID>"),
                                         "x" + plain_alice,
                                         plain_alice + "x",
                                         plain_alice + plain_alice,
                                         plain_alice + "<x/>",
                                         std::string("<saml:NameID/>"),
                                         std::string("<saml:NameID> </saml:NameID>"),
                                         std::string("<saml:NameID>a<b/></saml:NameID>"),
                                         std::string("<saml:NameID>al<!-- -->ice</saml:NameID>"),
                                         "<!-- -->" + plain_alice,
                                         "<?x?>" + plain_alice,
                                         doctype + plain_alice,
                                         std::string("<saml:NameID>&e;</saml:NameID>"),
                                         std::string("<saml:Issuer>alice</saml:Issuer>"),
                                         std::string("<saml:BaseID/>"),
                                         std::string("<saml:EncryptedID/>"),
                                         std::string("<NameID>alice</NameID>"),
                                         std::string("<saml:NameID Evil='1'>alice</saml:NameID>"),
                                         std::string("<saml:NameID>al\xFFice</saml:NameID>"),
                                         std::string("<saml:NameID>al\0ice</saml:NameID>", 32),
                                         "</plaintext>" + plain_alice + "<plaintext>",
                                         plain_alice + "</plaintext><plaintext>",
                                         "<![CDATA[" + plain_alice,
                                         "<saml:NameID>" + std::string(1025, 'a') + "</saml:NameID>"}) {
        BOOST_TEST_CONTEXT(plaintext) {
            expect_undecryptable(opened(gcm(plaintext)));
        }
    }
    expect_alice(opened(gcm("\n " + plain_alice + "\n")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
