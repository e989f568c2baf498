#include "slo/metadata/algorithm_support.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

#include "fixtures.hpp"
#include "slo/metadata/error.hpp"

namespace {

using namespace slo;
using metadata::AlgorithmSupport;
using metadata::Errc;
using saml::SignatureAlgorithm;

saml::SigningKey key(std::string_view name) {
    const std::string base = "keys/" + std::string(name);
    return saml::SigningKey::parse(test::fixture(base + ".key.pem"), test::fixture(base + ".crt.pem")).value();
}
saml::SigningKey rsa_2048() {
    return key("idp1-first");
}

AlgorithmSupport methods(std::initializer_list<SignatureAlgorithm> algorithms) {
    AlgorithmSupport support;
    for (const auto algorithm : algorithms) {
        support.signing.push_back(
            {.algorithm = std::string(uri(algorithm)), .min_key_size = std::nullopt, .max_key_size = std::nullopt});
    }
    return support;
}

std::string chosen(const AlgorithmSupport& partner, const saml::SigningKey& ours,
                   const std::vector<SignatureAlgorithm>& blocked = {}) {
    const auto algorithm = choose_signature_algorithm(partner, ours, blocked);
    return algorithm ? std::string(uri(*algorithm)) : algorithm.error().code.message();
}
std::string named(SignatureAlgorithm algorithm) {
    return std::string(uri(algorithm));
}
std::string none() {
    return make_error_code(Errc::no_common_algorithm).message();
}

BOOST_AUTO_TEST_SUITE(choose_signature_algorithm)

BOOST_AUTO_TEST_CASE(takes_our_own_where_the_partner_says_nothing, *boost::unit_test::description("ALG-02")) {
    BOOST_TEST(chosen({}, rsa_2048()) == named(SignatureAlgorithm::rsa_sha256));
    BOOST_TEST(chosen({}, key("idp2-p256")) == named(SignatureAlgorithm::ecdsa_sha256));
}

BOOST_AUTO_TEST_CASE(takes_the_first_of_the_partners_that_our_key_can, *boost::unit_test::description("ALG-03")) {
    const auto partner =
        methods({SignatureAlgorithm::ecdsa_sha384, SignatureAlgorithm::rsa_sha512, SignatureAlgorithm::rsa_sha256});
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha512));
    BOOST_TEST(chosen(partner, key("idp2-p256")) == named(SignatureAlgorithm::ecdsa_sha384));
}

BOOST_AUTO_TEST_CASE(fails_where_nothing_is_common, *boost::unit_test::description("ALG-03")) {
    BOOST_TEST(chosen(methods({SignatureAlgorithm::ecdsa_sha256}), rsa_2048()) == none());
    AlgorithmSupport unknown;
    unknown.signing.push_back({.algorithm = "urn:example:unknown", .min_key_size = {}, .max_key_size = {}});
    BOOST_TEST(chosen(unknown, rsa_2048()) == none());
}

BOOST_AUTO_TEST_CASE(never_takes_sha1_or_a_blocked_algorithm, *boost::unit_test::description("ALG-04")) {
    BOOST_TEST(chosen(methods({SignatureAlgorithm::rsa_sha1}), rsa_2048()) == none());
    const auto partner = methods({SignatureAlgorithm::rsa_sha1, SignatureAlgorithm::rsa_sha256});
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha256));
    BOOST_TEST(chosen(partner, rsa_2048(), {SignatureAlgorithm::rsa_sha256}) == none());
    BOOST_TEST(chosen({}, rsa_2048(), {SignatureAlgorithm::rsa_sha256}) == named(SignatureAlgorithm::rsa_sha384));
    BOOST_TEST(chosen({}, rsa_2048(),
                      {SignatureAlgorithm::rsa_sha256, SignatureAlgorithm::rsa_sha384,
                       SignatureAlgorithm::rsa_sha512}) == none());
}

BOOST_AUTO_TEST_CASE(keeps_to_key_sizes) {
    auto partner = methods({SignatureAlgorithm::rsa_sha512, SignatureAlgorithm::rsa_sha256});
    partner.signing[0].min_key_size = 2049;
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha256));
    partner.signing[0].min_key_size = 2048;
    partner.signing[0].max_key_size = 2048;
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha512));
    partner.signing[0].max_key_size = 2047;
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha256));
    partner.signing[1].min_key_size = 4096;
    BOOST_TEST(chosen(partner, rsa_2048()) == none());
}

BOOST_AUTO_TEST_CASE(keeps_to_the_digests_that_the_partner_takes) {
    AlgorithmSupport partner;
    partner.digests = {"http://www.w3.org/2001/04/xmlenc#sha512"};
    BOOST_TEST(chosen(partner, rsa_2048()) == named(SignatureAlgorithm::rsa_sha512));
    partner.signing = methods({SignatureAlgorithm::rsa_sha256}).signing;
    BOOST_TEST(chosen(partner, rsa_2048()) == none());
    partner.digests = {"http://www.w3.org/2000/09/xmldsig#sha1"};
    partner.signing.clear();
    BOOST_TEST(chosen(partner, rsa_2048()) == none());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
