// Public keys that come without a certificate, and what names a key whatever carries it.
#include <boost/test/unit_test.hpp>

#include <string>

#include "failure_check.hpp"
#include "fixtures.hpp"
#include "hostile_keys.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml::test {
namespace {

VerificationKey key_of(std::string_view certificate) {
    return VerificationKey::from(Certificate::parse(slo::test::fixture(certificate)).value()).value();
}

std::string point_of(EVP_PKEY* key) {
    std::string point(133, '\0');
    std::size_t size = 0;
    must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()),
                                         point.size(), &size));
    point.resize(size);
    return point;
}

BOOST_AUTO_TEST_SUITE(public_keys)

BOOST_AUTO_TEST_CASE(ec_keys_are_read_from_points_on_the_three_curves) {
    const std::tuple<const char*, NamedCurve, unsigned> curves[] = {
        {"P-256", NamedCurve::p256, 256}, {"P-384", NamedCurve::p384, 384}, {"P-521", NamedCurve::p521, 521}};
    for (const auto& [name, curve, bits] : curves) {
        const OwnedPkey made_key = made(OwnedPkey(EVP_EC_gen(name)));
        const auto key = VerificationKey::from_ec(curve, point_of(made_key.get()));
        BOOST_TEST_REQUIRE(key.has_value(), name);
        BOOST_TEST(key->bits() == bits);
        const auto certified = Certificate::parse(certificate_pem_for(made_key.get())).value();
        BOOST_TEST(key->fingerprint() == VerificationKey::from(certified)->fingerprint());
    }
}

BOOST_AUTO_TEST_CASE(points_off_the_curve_compressed_or_of_another_length_are_refused) {
    const OwnedPkey made_key = made(OwnedPkey(EVP_EC_gen("P-256")));
    const std::string point = point_of(made_key.get());
    std::string off = point;
    off.back() = static_cast<char>(off.back() ^ 1);
    BOOST_TEST(!VerificationKey::from_ec(NamedCurve::p256, off).has_value());
    const std::string hybrid = static_cast<char>(6 + (point.back() & 1)) + point.substr(1);
    const std::string compressed = static_cast<char>(2 + (point.back() & 1)) + point.substr(1, 32);
    for (const std::string& octets : {std::string(), std::string(1, '\0'), hybrid, compressed, point + '\0'}) {
        BOOST_TEST(rule_of(VerificationKey::from_ec(NamedCurve::p256, octets)) == rule(KeyErrc::key_unreadable));
    }
    BOOST_TEST(rule_of(VerificationKey::from_ec(NamedCurve::p384, point)) == rule(KeyErrc::key_unreadable));
}

// openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | sha256sum
BOOST_AUTO_TEST_CASE(a_public_key_has_the_fingerprint_that_openssl_gives) {
    BOOST_TEST(key_of("keys/idp1-first.crt.pem").fingerprint() ==
               "9e07fefca8ef6b0e723a688d355f111918813de426fe223ff62c3c25823935dd");
    BOOST_TEST(key_of("keys/idp2-p256.crt.pem").fingerprint() ==
               "edd2ac9e999e1cd077992b2b4d6260fc2c63136b432e03c8bdca4f3b8dfbb3a8");
}

BOOST_AUTO_TEST_CASE(a_public_key_knows_its_length) {
    BOOST_TEST(key_of("keys/idp1-first.crt.pem").bits() == 2048U);
    BOOST_TEST(key_of("keys/idp2-p256.crt.pem").bits() == 256U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace slo::saml::test
