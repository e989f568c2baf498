// RSA-OAEP (RFC 8017, 7.1) and AES-GCM or CBC (XML Encryption 1.1, 5.2): blocks built by hand with one flaw each. Every
// flaw is the same refusal with the same text (Bleichenbacher 1998, Manger 2001, Jager and Somorovsky 2011).
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "forging.hpp"
#include "opening.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;

constexpr std::size_t modulus_octets = 256;

std::string mgf1(const EVP_MD* md, std::string_view seed, std::size_t size) {
    std::string mask;
    for (char counter = 0; mask.size() < size; ++counter)
        mask += hash(md, std::string(seed) + '\0' + '\0' + '\0' + counter);
    return mask.substr(0, size);
}
std::string exclusive_or(std::string a, std::string_view b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
}

/// EME-OAEP, part by part. What the identifiers in the message say about it is Wrapping's business.
struct Oaep {
    std::string message = key32;
    const EVP_MD* md = EVP_sha1();
    const EVP_MD* mgf_md = EVP_sha1();
    std::optional<std::string> label_hash{};
    char y = '\0';
    std::string separator = "\x01";
    std::optional<std::size_t> zeros{};  ///< in front of the separator; absent: as many as fit

    [[nodiscard]] std::string block() const {
        const std::string label = label_hash.value_or(hash(md, ""));
        const std::string seed(static_cast<std::size_t>(EVP_MD_get_size(md)), 's');
        const std::size_t size = modulus_octets - 1 - seed.size();
        std::string data = label +
                           std::string(zeros.value_or(size - label.size() - separator.size() - message.size()), '\0') +
                           separator + message;
        data.resize(size, '\0');
        const std::string masked = exclusive_or(data, mgf1(mgf_md, seed, size));
        return y + exclusive_or(seed, mgf1(mgf_md, masked, seed.size())) + masked;
    }
};

Number modulus() {
    return Number::of_key(our_public_key(), OSSL_PKEY_PARAM_RSA_N);
}
/// RSAEP.
Number encrypted(std::string_view block) {
    return Number::from_octets(block).to_the(Number::of_key(our_public_key(), OSSL_PKEY_PARAM_RSA_E), modulus());
}

EncryptedID with_key_block(std::string octets, const Wrapping& said = {}) {
    return {.algorithm = std::string(aes256_gcm),
            .ciphertext = seal_gcm(key32, plain_alice),
            .keys = {{.algorithm = std::string(said.algorithm),
                      .digest = said.digest,
                      .mgf = said.mgf,
                      .oaep_params = said.label,
                      .recipient = std::nullopt,
                      .ciphertext = std::move(octets)}},
            .namespaces = {}};
}
EncryptedID with_oaep(const Oaep& oaep, const Wrapping& said = {}) {
    return with_key_block(encrypted(oaep.block()).octets_of(modulus_octets), said);
}

const std::string sha256_digest = "http://www.w3.org/2001/04/xmlenc#sha256";
const std::string mgf1_sha256 = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

struct Vector {
    const char* name;
    std::function<EncryptedID()> make;
    AlgorithmPolicy policy{};
};
std::ostream& operator<<(std::ostream& out, const Vector& vector) {
    return out << vector.name;
}

const std::vector<Vector> opened_vectors = {
    {"SHA-1 twice", [] { return with_oaep({}); }},
    {"SHA-256 twice",
     [] {
         return with_oaep({.md = EVP_sha256(), .mgf_md = EVP_sha256()},
                          {.algorithm = oaep_11, .digest = sha256_digest, .mgf = mgf1_sha256});
     }},
    {"a label", [] { return with_oaep({.label_hash = hash(EVP_sha1(), "PSource")}, {.label = "PSource"}); }},
    {"the longest padding",
     [] {
         EncryptedID id = with_oaep({.message = key16});
         id.algorithm = aes128_gcm;
         id.ciphertext = seal_gcm(key16, plain_alice);
         return id;
     }},
    {"CBC under the exception", [] { return cbc(padded(plain_alice)); }, with_cbc()},
};

const std::vector<Vector> oaep_vectors = {
    {"label hash of another label", [] { return with_oaep({.label_hash = hash(EVP_sha1(), "PSource")}); }},
    {"a label that isn't said", [] { return with_oaep({}, {.label = "PSource"}); }},
    {"another label", [] { return with_oaep({.label_hash = hash(EVP_sha1(), "psource")}, {.label = "PSource"}); }},
    {"a label with a zero behind",
     [] { return with_oaep({.label_hash = hash(EVP_sha1(), "PSource")}, {.label = std::string("PSource\0", 8)}); }},
    {"label hash of zeros", [] { return with_oaep({.label_hash = std::string(20, '\0')}); }},
    {"label hash with its last bit flipped",
     [] { return with_oaep({.label_hash = exclusive_or(hash(EVP_sha1(), ""), std::string(19, '\0') + '\x01')}); }},
    {"no 01", [] { return with_oaep({.separator = ""}); }},
    {"02 instead of 01", [] { return with_oaep({.separator = "\x02"}); }},
    {"zeros to the end", [] { return with_oaep({.message = "", .separator = ""}); }},
    {"FF in front of 01", [] { return with_oaep({.separator = "\xFF\x01"}); }},
    // Manger 2001: this one difference, told apart, decrypts everything.
    {"first octet 1", [] { return with_oaep({.y = '\x01'}); }},
    {"no key", [] { return with_oaep({.message = ""}); }},
    {"a key of 31 octets", [] { return with_oaep({.message = key32.substr(1)}); }},
    {"a key of 33 octets", [] { return with_oaep({.message = key32 + 'K'}); }},
    {"a key of 16 octets for AES-256", [] { return with_oaep({.message = key16}); }},
    {"a key of 64 octets", [] { return with_oaep({.message = key32 + key32}); }},
    {"a key with zeros behind", [] { return with_oaep({.message = key32 + std::string(4, '\0')}); }},
    {"a key right behind the label hash, zeros behind", [] { return with_oaep({.zeros = 0}); }},
    {"mask by SHA-256 where SHA-1 is meant", [] { return with_oaep({.mgf_md = EVP_sha256()}); }},
    {"mask by SHA-1 where SHA-256 is said", [] { return with_oaep({}, {.algorithm = oaep_11, .mgf = mgf1_sha256}); }},
    {"digest SHA-256 where SHA-1 is meant", [] { return with_oaep({.md = EVP_sha256()}); }},
    {"digest SHA-1 where SHA-256 is said", [] { return with_oaep({}, {.digest = sha256_digest}); }},
    {"mask and digest swapped",
     [] { return with_oaep({.md = EVP_sha256()}, {.algorithm = oaep_11, .mgf = mgf1_sha256}); }},
    {"a mask function under rsa-oaep-mgf1p, which has its own",
     [] { return with_oaep({.mgf_md = EVP_sha256()}, {.mgf = mgf1_sha256}); }},
    {"no masks",
     [] {
         const Oaep plain;
         return with_key_block(
             encrypted('\0' + std::string(20, 's') + hash(plain.md, "") + std::string(182, '\0') + '\x01' + key32)
                 .octets_of(modulus_octets));
     }},
    {"rsa-1_5 named and meant", [] { return wrapped_as({.algorithm = rsa_1_5, .padding = RSA_PKCS1_PADDING}); }},
    {"rsa-1_5 named, OAEP meant", [] { return with_oaep({}, {.algorithm = rsa_1_5}); }},
    {"OAEP named, PKCS#1 v1.5 meant", [] { return wrapped_as({.padding = RSA_PKCS1_PADDING}); }},
    {"number 0", [] { return with_key_block(std::string(modulus_octets, '\0')); }},
    {"number 1", [] { return with_key_block(Number(1).octets_of(modulus_octets)); }},
    {"number n - 1", [] { return with_key_block((modulus() - Number(1)).octets_of(modulus_octets)); }},
    {"number n", [] { return with_key_block(modulus().octets_of(modulus_octets)); }},
    {"number n + 1", [] { return with_key_block((modulus() + Number(1)).octets_of(modulus_octets)); }},
    {"the largest number", [] { return with_key_block(std::string(modulus_octets, '\xFF')); }},
    {"n - c", [] { return with_key_block((modulus() - encrypted(Oaep{}.block())).octets_of(modulus_octets)); }},
    {"a zero in front", [] { return with_key_block(encrypted(Oaep{}.block()).octets_of(modulus_octets + 1)); }},
    {"a zero behind", [] { return with_key_block(encrypted(Oaep{}.block()).octets_of(modulus_octets) + '\0'); }},
    {"c + n, an octet longer",
     [] { return with_key_block((encrypted(Oaep{}.block()) + modulus()).octets_of(modulus_octets + 1)); }},
    {"without its last octet",
     [] { return with_key_block(encrypted(Oaep{}.block()).octets_of(modulus_octets).substr(0, modulus_octets - 1)); }},
    {"without its first octet",
     [] { return with_key_block(encrypted(Oaep{}.block()).octets_of(modulus_octets).substr(1)); }},
    {"one octet", [] { return with_key_block("\x01"); }},
    {"no octets", [] { return with_key_block(""); }},
    {"not encrypted at all", [] { return with_key_block(Oaep{}.block()); }},
    {"the key itself", [] { return with_key_block(key32); }},
    {"no EncryptedKey",
     [] {
         EncryptedID id = gcm(plain_alice);
         id.keys.clear();
         return id;
     }},
};

/// A good GCM ciphertext, changed.
Vector gcm_changed(const char* name, std::function<void(std::string&)> change) {
    return {name, [change = std::move(change)] {
                EncryptedID id = gcm(plain_alice);
                change(id.ciphertext);
                return id;
            }};
}
/// `key` encrypts, whatever `algorithm` says.
Vector sealed_with(const char* name, std::string_view algorithm, std::string key) {
    return {name, [algorithm, key = std::move(key)]() -> EncryptedID {
                return {.algorithm = std::string(algorithm),
                        .ciphertext = seal_gcm(key, plain_alice),
                        .keys = {wrap(our_public_key(), key)},
                        .namespaces = {}};
            }};
}
void flip(std::string& text, std::size_t at, int bit) {
    text.at(at) = static_cast<char>(text.at(at) ^ (1 << bit));
}

const std::vector<Vector> gcm_vectors = {
    gcm_changed("first bit of the IV", [](std::string& text) { flip(text, 0, 7); }),
    gcm_changed("last bit of the IV", [](std::string& text) { flip(text, 11, 0); }),
    gcm_changed("first bit of the ciphertext", [](std::string& text) { flip(text, 12, 7); }),
    gcm_changed("last bit of the ciphertext", [](std::string& text) { flip(text, text.size() - 17, 0); }),
    gcm_changed("first bit of the tag", [](std::string& text) { flip(text, text.size() - 16, 7); }),
    gcm_changed("last bit of the tag", [](std::string& text) { flip(text, text.size() - 1, 0); }),
    gcm_changed("IV of zeros", [](std::string& text) { text.replace(0, 12, std::string(12, '\0')); }),
    gcm_changed("tag of zeros", [](std::string& text) { text.replace(text.size() - 16, 16, std::string(16, '\0')); }),
    gcm_changed("tag of FF", [](std::string& text) { text.replace(text.size() - 16, 16, std::string(16, '\xFF')); }),
    gcm_changed("tag in front",
                [](std::string& text) {
                    text = text.substr(0, 12) + text.substr(text.size() - 16) + text.substr(12, text.size() - 28);
                }),
    gcm_changed("an octet behind", [](std::string& text) { text += '\0'; }),
    gcm_changed("an octet in front", [](std::string& text) { text.insert(0, 1, '\0'); }),
    gcm_changed("ciphertext without its last octet", [](std::string& text) { text.erase(text.size() - 17, 1); }),
    gcm_changed("an IV of 8 octets", [](std::string& text) { text.erase(8, 4); }),
    gcm_changed("an IV of 16 octets", [](std::string& text) { text.insert(12, 4, '\0'); }),
    gcm_changed("no ciphertext", [](std::string& text) { text = seal_gcm(key32, ""); }),
    gcm_changed("no ciphertext, a tag of zeros",
                [](std::string& text) { text = text.substr(0, 12) + std::string(16, '\0'); }),
    gcm_changed("IV only", [](std::string& text) { text.resize(12); }),
    gcm_changed("nothing", [](std::string& text) { text.clear(); }),
    sealed_with("AES-256 where AES-128 is named", aes128_gcm, key32),
    sealed_with("AES-128 where AES-256 is named", aes256_gcm, key16),
    sealed_with("AES-192 where AES-128 is named", aes128_gcm, std::string(24, 'k')),
    sealed_with("AES-192 where AES-256 is named", aes256_gcm, std::string(24, 'k')),
    sealed_with("AES-192 by its own name", "http://www.w3.org/2009/xmlenc11#aes192-gcm", std::string(24, 'k')),
    sealed_with("GCM where CBC is named", aes256_cbc, key32),
    sealed_with("no algorithm", "", key32),
    {"CBC where GCM is named",
     [] {
         EncryptedID id = cbc(padded(plain_alice));
         id.algorithm = aes128_gcm;
         return id;
     }},
    {"CBC without the exception", [] { return cbc(padded(plain_alice)); }},
};

std::vector<Vector> vectors_of_truncated_tags() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> made;
        for (int kept = 0; kept < 16; ++kept) made.push_back("a tag of " + std::to_string(kept) + " octets");
        return made;
    }();
    std::vector<Vector> vectors;
    for (std::size_t kept = 0; kept < names.size(); ++kept) {
        vectors.push_back(
            gcm_changed(names[kept].c_str(), [kept](std::string& text) { text.resize(text.size() - 16 + kept); }));
    }
    return vectors;
}

/// A plaintext that is padded as it says, in CBC and under the exception.
Vector cbc_padded(const char* name, std::function<std::string()> text) {
    return {name, [text = std::move(text)] { return cbc(text()); }, with_cbc()};
}
Vector cbc_changed(const char* name, std::function<void(std::string&)> change) {
    return {name,
            [change = std::move(change)] {
                EncryptedID id = cbc(padded(plain_alice));
                change(id.ciphertext);
                return id;
            },
            with_cbc()};
}
std::string whole_blocks() {
    return plain_alice + std::string(16 - plain_alice.size() % 16, ' ');
}

const std::vector<Vector> cbc_vectors = {
    cbc_padded("padding 0", [] { return whole_blocks() + std::string(16, '\0'); }),
    cbc_padded("padding 17", [] { return whole_blocks() + std::string(32, '\x11'); }),
    cbc_padded("padding 255", [] { return whole_blocks() + std::string(16, '\xFF'); }),
    cbc_padded("padding of the whole text", [] { return std::string(16, '\x10'); }),
    cbc_padded("padding that eats the end tag",
               [] { return whole_blocks().substr(0, whole_blocks().size() - 1) + '\x10'; }),
    cbc_padded("no padding", [] { return whole_blocks(); }),
    cbc_changed("last bit of the last block", [](std::string& text) { flip(text, text.size() - 1, 0); }),
    cbc_changed("last octet of the block before", [](std::string& text) { flip(text, text.size() - 17, 7); }),
    cbc_changed("first bit of the IV", [](std::string& text) { flip(text, 0, 7); }),
    cbc_changed("the last block left out", [](std::string& text) { text.resize(text.size() - 16); }),
    cbc_changed("an octet left out", [](std::string& text) { text.pop_back(); }),
    cbc_changed("IV only", [](std::string& text) { text.resize(16); }),
    cbc_changed("nothing", [](std::string& text) { text.clear(); }),
};

std::vector<Vector> all_refused() {
    std::vector<Vector> all = vectors_of_truncated_tags();
    for (const auto* some : {&oaep_vectors, &gcm_vectors, &cbc_vectors})
        all.insert(all.end(), some->begin(), some->end());
    return all;
}

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(decryption_vectors)

BOOST_DATA_TEST_CASE(a_good_one, data::make(opened_vectors), vector) {
    expect_alice(opened(vector.make(), {.policy = vector.policy}));
}
BOOST_DATA_TEST_CASE(key_blocks, data::make(oaep_vectors), vector) {
    expect_undecryptable(opened(vector.make()));
}
BOOST_DATA_TEST_CASE(gcm_ciphertexts, data::make(gcm_vectors), vector) {
    expect_undecryptable(opened(vector.make()));
}
BOOST_DATA_TEST_CASE(gcm_tags, data::make(vectors_of_truncated_tags()), vector) {
    expect_undecryptable(opened(vector.make()));
}
BOOST_DATA_TEST_CASE(cbc_ciphertexts, data::make(cbc_vectors), vector) {
    expect_undecryptable(opened(vector.make(), {.policy = vector.policy}));
}

// RFC 8017, 5.1.2 step 1: a ciphertext is below n, or one key would have two forms.
BOOST_AUTO_TEST_CASE(a_wrapped_key_plus_n_is_refused_where_it_fits) {
    for (int i = 0; i < 5000; ++i) {
        EncryptedID id = gcm(plain_alice);
        std::string& wrapped = id.keys.front().ciphertext;
        const Number plus_n = Number::from_octets(wrapped) + modulus();
        if (!plus_n.fits(modulus_octets)) continue;
        expect_alice(opened(id));
        wrapped = plus_n.octets_of(modulus_octets);
        return expect_undecryptable(opened(id));
    }
    BOOST_FAIL("no wrapped key was small enough");
}

BOOST_AUTO_TEST_CASE(each_flaw_breaks_the_same_rule) {
    std::set<std::string> refusals;
    for (const Vector& vector : all_refused()) {
        const auto name_id = opened(vector.make(), {.policy = vector.policy});
        BOOST_TEST_REQUIRE(!name_id.has_value(), vector);
        refusals.insert(name_id.error().code.message());
    }
    BOOST_TEST(refusals.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
