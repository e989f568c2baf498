// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2): encoded messages with one flaw each, under a private key that is ours, so that
// nothing but the flaw can be what is refused. The shapes are those of the known forgeries: Bleichenbacher 2006
// (CVE-2006-4339), BERserk (CVE-2014-1568), and their descendants.
#include <openssl/err.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "forging.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;

constexpr std::size_t modulus_octets = 256;

std::string tlv(char tag, std::string_view content) {
    return std::string{tag, static_cast<char>(content.size())}.append(content);
}
/// A length that DER writes in one octet, in BER's long form.
std::string tlv_with_long_length(char tag, std::string_view content) {
    return std::string{tag, '\x81', static_cast<char>(content.size())}.append(content);
}
std::string tlv_of_indefinite_length(char tag, std::string_view content) {
    return std::string{tag, '\x80'}.append(content).append(2, '\0');
}

constexpr char sequence = '\x30';
constexpr char octet_string = '\x04';
const std::string null("\x05\x00", 2);
const std::string sha1_oid = tlv('\x06', "\x2b\x0e\x03\x02\x1a");
const std::string sha256_oid = tlv('\x06', "\x60\x86\x48\x01\x65\x03\x04\x02\x01");
const std::string sha384_oid = tlv('\x06', "\x60\x86\x48\x01\x65\x03\x04\x02\x02");
const std::string sha512_oid = tlv('\x06', "\x60\x86\x48\x01\x65\x03\x04\x02\x03");

/// Digest of the message, in the structure that PKCS#1 wants.
std::string digest_info(std::string_view digest, std::string_view algorithm = sha256_oid + null) {
    return tlv(sequence, tlv(sequence, algorithm) + tlv(octet_string, digest));
}

/// An encoded message: start, padding, separator, DigestInfo, tail. The padding fills what is left.
struct Encoded {
    std::string digest_info;
    std::string start = std::string("\x00\x01", 2);
    std::string separator = std::string(1, '\0');
    std::string tail = {};
    std::optional<std::size_t> padding = {};  ///< octets; absent: as many as fit

    [[nodiscard]] std::string octets() const {
        const std::size_t rest = start.size() + separator.size() + digest_info.size() + tail.size();
        return start + std::string(padding.value_or(modulus_octets - rest), '\xFF') + separator + digest_info + tail;
    }
};

struct PrivateRsa {
    Number n;
    Number e;
    Number d;
};
const PrivateRsa& numbers() {
    static const PrivateRsa key = [] {
        EVP_PKEY* const pkey = detail::KeyAccess::pkey(rsa_key().signing);
        return PrivateRsa{Number::of_key(pkey, OSSL_PKEY_PARAM_RSA_N), Number::of_key(pkey, OSSL_PKEY_PARAM_RSA_E),
                          Number::of_key(pkey, OSSL_PKEY_PARAM_RSA_D)};
    }();
    return key;
}

/// RSASP1: what the owner of the key makes of an encoded message, whatever it says.
Number private_operation(std::string_view encoded) {
    return Number::from_octets(encoded).to_the(numbers().d, numbers().n);
}
std::string signature_over(const Encoded& encoded) {
    return private_operation(encoded.octets()).octets_of(modulus_octets);
}
std::string good_signature(const Unsigned& message) {
    return signature_over({.digest_info = digest_info(hash(EVP_sha256(), message.signed_info))});
}

/// What RSASSA-PSS leaves to its parameters.
struct Pss {
    const EVP_MD* digest = EVP_sha256();
    const EVP_MD* mask = EVP_sha256();
    int salt = 32;
};

std::string pss_signature(const Unsigned& message, const Pss& pss) {
    EVP_PKEY* const key = detail::KeyAccess::pkey(rsa_key().signing);
    const OwnedMdCtx context = made(OwnedMdCtx(EVP_MD_CTX_new()));
    EVP_PKEY_CTX* key_context = nullptr;  // the context's own
    std::string signature(modulus_octets, '\0');
    std::size_t size = signature.size();
    must(EVP_DigestSignInit(context.get(), &key_context, pss.digest, nullptr, key));
    must(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING));
    must(EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, pss.mask));
    must(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, pss.salt));
    must(EVP_DigestSign(context.get(), octets(signature), &size, octets(std::string_view(message.signed_info)),
                        message.signed_info.size()));
    return signature;
}

struct Vector {
    const char* name;
    std::function<std::string(const Unsigned&)> sign;
    std::string rule = test::rule(Errc::signature_invalid);
    SignatureAlgorithm algorithm = SignatureAlgorithm::rsa_sha256;
};
std::ostream& operator<<(std::ostream& out, const Vector& vector) {
    return out << vector.name;
}

std::string verdict(const Unsigned& message, std::string_view signature) {
    return rule_of(verify(message.with_signature(signature), {rsa_key().verification}, expectations()));
}
std::string verdict(const Vector& vector) {
    const Unsigned message(logout_request(), rsa_key().signing.using_algorithm(vector.algorithm).value());
    return verdict(message, vector.sign(message));
}

/// A vector whose EM is `change`d from a good one.
Vector encoded(const char* name, std::function<void(Encoded&)> change) {
    return {name, [change = std::move(change)](const Unsigned& message) {
                Encoded encoded{.digest_info = digest_info(hash(EVP_sha256(), message.signed_info))};
                change(encoded);
                return signature_over(encoded);
            }};
}
/// A vector whose DigestInfo is made from the right digest by `make`.
Vector informed(const char* name, std::function<std::string(const std::string& digest)> make) {
    return {name, [make = std::move(make)](const Unsigned& message) {
                return signature_over({.digest_info = make(hash(EVP_sha256(), message.signed_info))});
            }};
}
/// A vector that is computed from a good signature's number.
Vector computed(const char* name, std::function<std::string(const Number&)> make) {
    return {name, [make = std::move(make)](const Unsigned& message) {
                return make(Number::from_octets(good_signature(message)));
            }};
}

const std::string garbage(16, '\xAB');
const std::string digest_algorithm_with_null = tlv(sequence, sha256_oid + null);

const std::vector<Vector> accepted_vectors = {
    {"sha256", good_signature, "accepted"},
    {"sha384",
     [](const Unsigned& message) {
         return signature_over(
             {.digest_info = digest_info(hash(EVP_sha384(), message.signed_info), sha384_oid + null)});
     },
     "accepted", SignatureAlgorithm::rsa_sha384},
    {"sha512",
     [](const Unsigned& message) {
         return signature_over(
             {.digest_info = digest_info(hash(EVP_sha512(), message.signed_info), sha512_oid + null)});
     },
     "accepted", SignatureAlgorithm::rsa_sha512},
};

const std::vector<Vector> padding_vectors = {
    encoded("block type 0", [](Encoded& em) { em.start = std::string("\x00\x00", 2); }),
    encoded("block type 2", [](Encoded& em) { em.start = std::string("\x00\x02", 2); }),
    encoded("block type 3", [](Encoded& em) { em.start = std::string("\x00\x03", 2); }),
    encoded("first octet 1", [](Encoded& em) { em.start = "\x01\x01"; }),
    encoded("no block type", [](Encoded& em) { em.start = std::string(1, '\0'); }),
    encoded("leading zero left out", [](Encoded& em) { em.start = "\x01"; }),
    encoded("no separator", [](Encoded& em) { em.separator = ""; }),
    encoded("separator FF", [](Encoded& em) { em.separator = "\xFF"; }),
    encoded("separator 01", [](Encoded& em) { em.separator = "\x01"; }),
    encoded("two separators", [](Encoded& em) { em.separator = std::string(2, '\0'); }),
    encoded("no padding, garbage behind",
            [](Encoded& em) {
                em.padding = 0;
                em.tail = std::string(modulus_octets - 3 - em.digest_info.size(), '\xAB');
            }),
    encoded("padding of seven octets, garbage behind",
            [](Encoded& em) {
                em.padding = 7;
                em.tail = std::string(modulus_octets - 10 - em.digest_info.size(), '\xAB');
            }),
    encoded("padding of eight octets, garbage behind",
            [](Encoded& em) {
                em.padding = 8;
                em.tail = std::string(modulus_octets - 11 - em.digest_info.size(), '\xAB');
            }),
    encoded("padding of eight octets, zeros behind",
            [](Encoded& em) {
                em.padding = 8;
                em.tail = std::string(modulus_octets - 11 - em.digest_info.size(), '\0');
            }),
    encoded("one octet behind", [](Encoded& em) { em.tail = "\xAB"; }),
    encoded("one zero behind", [](Encoded& em) { em.tail = std::string(1, '\0'); }),
    encoded("the padding's first octet is FE", [](Encoded& em) { em.start += '\xFE'; }),
    encoded("the padding's last octet is FE", [](Encoded& em) { em.separator = std::string("\xFE\x00", 2); }),
    encoded("a zero inside the padding", [](Encoded& em) { em.start += std::string("\xFF\xFF\x00", 3); }),
    encoded("padding of 00 under block type 1",
            [](Encoded& em) { em.start += std::string(modulus_octets - 3 - em.digest_info.size(), '\0'); }),
    encoded("all of it padding", [](Encoded& em) { em = {.digest_info = {}, .separator = {}}; }),
    encoded("no DigestInfo", [](Encoded& em) { em.digest_info = {}; }),
};

const std::vector<Vector> digest_info_vectors = {
    informed("no NULL parameters", [](const auto& digest) { return digest_info(digest, sha256_oid); }),
    informed("no NULL parameters, two octets behind",
             [](const auto& digest) { return digest_info(digest, sha256_oid) + garbage.substr(0, 2); }),
    informed("parameters that aren't NULL",
             [](const auto& digest) { return digest_info(digest, sha256_oid + tlv(octet_string, "")); }),
    informed("garbage inside NULL",
             [](const auto& digest) { return digest_info(digest, sha256_oid + tlv('\x05', garbage)); }),
    informed("garbage behind NULL",
             [](const auto& digest) { return digest_info(digest, sha256_oid + null + tlv(octet_string, garbage)); }),
    informed("garbage instead of parameters, as long as can be",
             [](const auto& digest) {
                 return digest_info(digest, sha256_oid + tlv(octet_string, std::string(60, '\xAB')));
             }),
    informed("NULL of long length",
             [](const auto& digest) { return digest_info(digest, sha256_oid + std::string("\x05\x81\x00", 3)); }),
    informed("the digest alone", [](const auto& digest) { return digest; }),
    informed("the digest in its OCTET STRING alone", [](const auto& digest) { return tlv(octet_string, digest); }),
    informed("outer sequence of long length",
             [](const auto& digest) {
                 return tlv_with_long_length(sequence, digest_algorithm_with_null + tlv(octet_string, digest));
             }),
    informed("algorithm of long length",
             [](const auto& digest) {
                 return tlv(sequence, tlv_with_long_length(sequence, sha256_oid + null) + tlv(octet_string, digest));
             }),
    informed("digest of long length",
             [](const auto& digest) {
                 return tlv(sequence, digest_algorithm_with_null + tlv_with_long_length(octet_string, digest));
             }),
    informed("outer sequence of indefinite length",
             [](const auto& digest) {
                 return tlv_of_indefinite_length(sequence, digest_algorithm_with_null + tlv(octet_string, digest));
             }),
    informed("digest constructed of two parts",
             [](const auto& digest) {
                 const std::string parts =
                     tlv(octet_string, digest.substr(0, 16)) + tlv(octet_string, digest.substr(16));
                 return tlv(sequence, digest_algorithm_with_null + tlv('\x24', parts));
             }),
    informed("garbage inside the sequence",
             [](const auto& digest) {
                 return tlv(sequence, digest_algorithm_with_null + tlv(octet_string, digest) + garbage);
             }),
    informed("garbage in front of the algorithm",
             [](const auto& digest) {
                 return tlv(sequence,
                            tlv(octet_string, garbage) + digest_algorithm_with_null + tlv(octet_string, digest));
             }),
    informed("another tag than SEQUENCE",
             [](const auto& digest) { return tlv('\x31', digest_algorithm_with_null + tlv(octet_string, digest)); }),
    informed("another tag than OCTET STRING",
             [](const auto& digest) { return tlv(sequence, digest_algorithm_with_null + tlv('\x03', digest)); }),
    informed("named SHA-1", [](const auto& digest) { return digest_info(digest, sha1_oid + null); }),
    informed("named SHA-384", [](const auto& digest) { return digest_info(digest, sha384_oid + null); }),
    informed("named SHA-512", [](const auto& digest) { return digest_info(digest, sha512_oid + null); }),
    informed("digest without its last octet", [](const auto& digest) { return digest_info(digest.substr(0, 31)); }),
    informed("digest with an octet more", [](const auto& digest) { return digest_info(digest + '\0'); }),
    informed("digest with a zero in front", [](const auto& digest) { return digest_info('\0' + digest); }),
    informed("empty digest", [](const auto&) { return digest_info(""); }),
    informed("digest of nothing", [](const auto&) { return digest_info(hash(EVP_sha256(), "")); }),
    informed("digest of the digest", [](const auto& digest) { return digest_info(hash(EVP_sha256(), digest)); }),
    {"SHA-1 in earnest",
     [](const Unsigned& message) {
         return signature_over({.digest_info = digest_info(hash(EVP_sha1(), message.signed_info), sha1_oid + null)});
     }},
    {"SHA-512 in earnest",
     [](const Unsigned& message) {
         return signature_over(
             {.digest_info = digest_info(hash(EVP_sha512(), message.signed_info), sha512_oid + null)});
     }},
    {"SHA-256 in earnest where SHA-512 is named", good_signature, rule(Errc::signature_invalid),
     SignatureAlgorithm::rsa_sha512},
};

const std::vector<Vector> number_vectors = {
    computed("0", [](const Number&) { return std::string(modulus_octets, '\0'); }),
    computed("1", [](const Number&) { return Number(1).octets_of(modulus_octets); }),
    computed("2", [](const Number&) { return Number(2).octets_of(modulus_octets); }),
    computed("n - 1", [](const Number&) { return (numbers().n - Number(1)).octets_of(modulus_octets); }),
    computed("n", [](const Number&) { return numbers().n.octets_of(modulus_octets); }),
    computed("n + 1", [](const Number&) { return (numbers().n + Number(1)).octets_of(modulus_octets); }),
    computed("the largest number", [](const Number&) { return std::string(modulus_octets, '\xFF'); }),
    computed("n - s", [](const Number& s) { return (numbers().n - s).octets_of(modulus_octets); }),
    computed("s + 1", [](const Number& s) { return (s + Number(1)).octets_of(modulus_octets); }),
    computed("a zero in front", [](const Number& s) { return s.octets_of(modulus_octets + 1); }),
    computed("a zero behind", [](const Number& s) { return s.octets_of(modulus_octets) + '\0'; }),
    computed("s + n, an octet longer", [](const Number& s) { return (s + numbers().n).octets_of(modulus_octets + 1); }),
    computed("without its last octet", [](const Number& s) { return s.octets_of(modulus_octets).substr(0, 255); }),
    computed("without its first octet", [](const Number& s) { return s.octets_of(modulus_octets).substr(1); }),
    computed("one octet", [](const Number&) { return std::string(1, '\x01'); }),
    computed("twice", [](const Number& s) { return s.octets_of(modulus_octets) + s.octets_of(modulus_octets); }),
    computed("as long as the longest key's", [](const Number& s) { return s.octets_of(1024); }),
    {"no octets", [](const Unsigned&) { return std::string(); }, rule(Errc::signature_structure)},
    {"longer than any key's", [](const Unsigned& message) { return std::string(769, '\0') + good_signature(message); },
     rule(Errc::signature_structure)},
    {"PSS", [](const Unsigned& message) { return pss_signature(message, {}); }},
};

struct PssVector {
    const char* name;
    SignatureAlgorithm algorithm;
    std::function<std::string(const Unsigned&)> sign;
};
std::ostream& operator<<(std::ostream& out, const PssVector& vector) {
    return out << vector.name;
}

/// The signature with these parameters, which no message can name.
PssVector with_parameters(const char* name, SignatureAlgorithm algorithm, const Pss& pss) {
    return {name, algorithm, [pss](const Unsigned& message) { return pss_signature(message, pss); }};
}

constexpr auto pss_256 = SignatureAlgorithm::rsa_pss_sha256;
constexpr auto pss_384 = SignatureAlgorithm::rsa_pss_sha384;
constexpr auto pss_512 = SignatureAlgorithm::rsa_pss_sha512;

const std::vector<PssVector> good_pss_vectors = {
    with_parameters("sha256", pss_256, {}),
    with_parameters("sha384", pss_384, {.digest = EVP_sha384(), .mask = EVP_sha384(), .salt = 48}),
    with_parameters("sha512", pss_512, {.digest = EVP_sha512(), .mask = EVP_sha512(), .salt = 64}),
};

const std::vector<PssVector> bad_pss_vectors = {
    with_parameters("no salt", pss_256, {.salt = 0}),
    with_parameters("a salt of 20 octets, PKCS#1's default", pss_256, {.salt = 20}),
    with_parameters("a salt that is an octet shorter", pss_256, {.salt = 31}),
    with_parameters("a salt that is an octet longer", pss_256, {.salt = 33}),
    with_parameters("the longest salt", pss_256, {.salt = 222}),
    with_parameters("SHA-256's salt beside SHA-512", pss_512,
                    {.digest = EVP_sha512(), .mask = EVP_sha512(), .salt = 32}),
    with_parameters("a mask of SHA-1, PKCS#1's default", pss_256, {.mask = EVP_sha1()}),
    with_parameters("a mask of SHA-512", pss_256, {.mask = EVP_sha512()}),
    with_parameters("SHA-1", pss_256, {.digest = EVP_sha1(), .mask = EVP_sha1(), .salt = 20}),
    with_parameters("SHA-256 where SHA-384 is named", pss_384, {}),
    with_parameters("SHA-512 where SHA-256 is named", pss_256,
                    {.digest = EVP_sha512(), .mask = EVP_sha512(), .salt = 64}),
    {"the usual padding", pss_256, good_signature},
    {"0", pss_256, [](const Unsigned&) { return std::string(modulus_octets, '\0'); }},
    {"1", pss_256, [](const Unsigned&) { return Number(1).octets_of(modulus_octets); }},
    {"s + n, an octet longer", pss_256,
     [](const Unsigned& message) {
         return (Number::from_octets(pss_signature(message, {})) + numbers().n).octets_of(modulus_octets + 1);
     }},
    {"a zero behind", pss_256, [](const Unsigned& message) { return pss_signature(message, {}) + '\0'; }},
    {"without its last octet", pss_256,
     [](const Unsigned& message) { return pss_signature(message, {}).substr(0, modulus_octets - 1); }},
};

std::string verdict(const PssVector& vector) {
    const Unsigned message(logout_request(), rsa_key().signing.using_algorithm(vector.algorithm).value());
    Expectations expected = expectations();
    expected.algorithms.rsa_pss = AlgorithmPolicy::RsaPss::accepted;
    return rule_of(verify(message.with_signature(vector.sign(message)), {rsa_key().verification}, expected));
}

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(rsa_signature_vectors)

BOOST_DATA_TEST_CASE(a_good_one, data::make(accepted_vectors), vector) {
    BOOST_TEST(verdict(vector) == vector.rule);
}
BOOST_DATA_TEST_CASE(padding, data::make(padding_vectors), vector) {
    BOOST_TEST(verdict(vector) == vector.rule);
    BOOST_TEST(ERR_peek_error() == 0U);
}
BOOST_DATA_TEST_CASE(digest_info_of_another_form, data::make(digest_info_vectors), vector) {
    BOOST_TEST(verdict(vector) == vector.rule);
    BOOST_TEST(ERR_peek_error() == 0U);
}
BOOST_DATA_TEST_CASE(number, data::make(number_vectors), vector) {
    BOOST_TEST(verdict(vector) == vector.rule);
    BOOST_TEST(ERR_peek_error() == 0U);
}

/// Messages with different IDs, until `wanted` likes the signature of one.
template <class Wanted>
Unsigned message_whose_signature(Wanted wanted) {
    for (int i = 1; i < 5000; ++i) {
        LogoutRequest request = logout_request();
        request.id = MessageID::parse("_m" + std::to_string(i)).value();
        Unsigned message(request, rsa_key().signing);
        if (wanted(good_signature(message))) return message;
    }
    throw std::logic_error("no such signature");
}

// RFC 8017, 5.2.2 step 1: a representative is below n, or one signature would have two forms.
BOOST_AUTO_TEST_CASE(a_signature_plus_n_is_refused_where_it_fits) {
    const auto plus_n = [](const std::string& signature) { return Number::from_octets(signature) + numbers().n; };
    const Unsigned message =
        message_whose_signature([&](const std::string& signature) { return plus_n(signature).fits(modulus_octets); });
    const std::string good = good_signature(message);
    BOOST_TEST(verdict(message, good) == "accepted");
    BOOST_TEST(verdict(message, plus_n(good).octets_of(modulus_octets)) == rule(Errc::signature_invalid));
}

// RFC 8017, 8.2.2 step 1: exactly as long as the modulus.
BOOST_AUTO_TEST_CASE(a_signature_keeps_its_leading_zero) {
    const Unsigned message = message_whose_signature([](const std::string& signature) { return signature[0] == '\0'; });
    const std::string good = good_signature(message);
    BOOST_TEST(verdict(message, good) == "accepted");
    BOOST_TEST(verdict(message, good.substr(1)) == rule(Errc::signature_invalid));
}

/// The least number whose cube is at least `number`, by bisection.
Number cube_root(const Number& number) {
    Number low(0);
    Number high = Number(1);
    while (high * high * high < number) high = high + high;
    while (low + Number(1) < high) {
        Number middle = low + high;
        must(BN_rshift1(middle.get(), middle.get()));
        (middle * middle * middle < number ? low : high) = middle;
    }
    return high;
}

// Bleichenbacher 2006: with e = 3 and a verifier that doesn't look behind the DigestInfo, a forger needs no key.
BOOST_AUTO_TEST_CASE(a_cube_root_forgery_finds_neither_a_key_of_exponent_three_nor_a_lax_verifier) {
    const Unsigned message(logout_request(), rsa_key().signing);
    const std::string info = digest_info(hash(EVP_sha256(), message.signed_info));
    Encoded em{.digest_info = info, .padding = 8};
    em.tail = std::string(modulus_octets - 11 - info.size(), '\0');
    const Number root = cube_root(Number::from_octets(em.octets()));
    const std::string cube = (root * root * root).octets_of(modulus_octets);
    const std::string in_front = em.octets().substr(0, 11 + info.size());
    BOOST_TEST_REQUIRE(cube.substr(0, in_front.size()) == in_front);

    const std::string modulus = numbers().n.octets_of(modulus_octets);
    const OwnedPkey e3 = rsa_public(modulus, "\x03");
    BOOST_TEST(rule_of(VerificationKey::from_rsa(modulus, "\x03")) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_of(VerificationKey::from(Certificate::parse(certificate_pem_for(e3.get())).value())) ==
               rule(KeyErrc::key_not_allowed));
    BOOST_TEST(verdict(message, root.octets_of(modulus_octets)) == rule(Errc::signature_invalid));
}

BOOST_DATA_TEST_CASE(rsa_pss_has_the_parameters_of_its_name, data::make(good_pss_vectors), vector) {
    BOOST_TEST(verdict(vector) == "accepted");
    const Unsigned message(logout_request(), rsa_key().signing.using_algorithm(vector.algorithm).value());
    BOOST_TEST(verdict(message, vector.sign(message)) == rule(Errc::signature_algorithm_not_allowed));
}

BOOST_DATA_TEST_CASE(rsa_pss_has_no_other_parameters, data::make(bad_pss_vectors), vector) {
    BOOST_TEST(verdict(vector) == rule(Errc::signature_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
