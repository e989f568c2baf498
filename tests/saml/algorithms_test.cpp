#include "slo/saml/algorithms.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

#include "slo/saml/logout_response.hpp"

namespace {

using namespace slo::saml;

// RFC 6931 and XML Signature 1.1, section 6, written out once more.
const std::vector<std::pair<SignatureAlgorithm, std::string>> signatures = {
    {SignatureAlgorithm::rsa_sha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"},
    {SignatureAlgorithm::rsa_sha384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"},
    {SignatureAlgorithm::rsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"},
    {SignatureAlgorithm::ecdsa_sha256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
    {SignatureAlgorithm::ecdsa_sha384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"},
    {SignatureAlgorithm::ecdsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"},
    {SignatureAlgorithm::rsa_sha1, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
    {SignatureAlgorithm::rsa_pss_sha256, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"},
    {SignatureAlgorithm::rsa_pss_sha384, "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"},
    {SignatureAlgorithm::rsa_pss_sha512, "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"}};
const std::vector<std::pair<DigestAlgorithm, std::string>> digests = {
    {DigestAlgorithm::sha256, "http://www.w3.org/2001/04/xmlenc#sha256"},
    {DigestAlgorithm::sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"},
    {DigestAlgorithm::sha512, "http://www.w3.org/2001/04/xmlenc#sha512"},
    {DigestAlgorithm::sha1, "http://www.w3.org/2000/09/xmldsig#sha1"}};

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(identifiers_are_the_standards) {
    for (const auto& [algorithm, identifier] : signatures) {
        BOOST_TEST(uri(algorithm) == identifier);
        BOOST_TEST((signature_algorithm(identifier) == algorithm), identifier);
    }
    for (const auto& [algorithm, identifier] : digests) {
        BOOST_TEST(uri(algorithm) == identifier);
        BOOST_TEST((digest_algorithm(identifier) == algorithm), identifier);
    }
}

BOOST_AUTO_TEST_CASE(no_other_identifier_is_known) {
    for (const auto* identifier :
         {"", "rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
          "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
          "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
          "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "http://www.w3.org/2001/04/xmlenc#sha256",
          "http://www.w3.org/2007/05/xmldsig-more#rsa-pss", "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
          " http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"}) {
        BOOST_TEST(!signature_algorithm(identifier).has_value(), identifier);
    }
    for (const auto* identifier :
         {"", "http://www.w3.org/2001/04/xmldsig-more#md5", "http://www.w3.org/2001/04/xmldsig-more#sha224",
          "http://www.w3.org/2001/04/xmlenc#ripemd160"}) {
        BOOST_TEST(!digest_algorithm(identifier).has_value(), identifier);
    }
}

BOOST_AUTO_TEST_CASE(sha_1_and_rsa_pss_need_their_exceptions_and_nothing_else_does) {
    const AlgorithmPolicy strict;
    AlgorithmPolicy lenient;
    lenient.sha1 = AlgorithmPolicy::Sha1::dangerously_accepted;
    for (const auto& [algorithm, identifier] : signatures) {
        const bool is_pss = identifier.ends_with("-rsa-MGF1");
        BOOST_TEST(is_rsa_pss(algorithm) == is_pss, identifier);
        BOOST_TEST(strict.allows(algorithm) == (algorithm != SignatureAlgorithm::rsa_sha1 && !is_pss), identifier);
        BOOST_TEST(lenient.allows(algorithm) == !is_pss, identifier);
        for (const auto pss : {AlgorithmPolicy::RsaPss::accepted, AlgorithmPolicy::RsaPss::accepted_and_used}) {
            AlgorithmPolicy with_pss;
            with_pss.rsa_pss = pss;
            BOOST_TEST(with_pss.allows(algorithm) == (algorithm != SignatureAlgorithm::rsa_sha1), identifier);
        }
    }
    for (const auto& [algorithm, identifier] : digests) {
        BOOST_TEST(strict.allows(algorithm) == (algorithm != DigestAlgorithm::sha1), identifier);
        BOOST_TEST(lenient.allows(algorithm), identifier);
    }
}

// Core 3.2.2.2.
BOOST_AUTO_TEST_CASE(status_codes_are_the_standards) {
    const std::string prefix = "urn:oasis:names:tc:SAML:2.0:status:";
    BOOST_TEST(uri(TopLevelStatus::success) == prefix + "Success");
    BOOST_TEST(uri(TopLevelStatus::requester) == prefix + "Requester");
    BOOST_TEST(uri(TopLevelStatus::responder) == prefix + "Responder");
    BOOST_TEST(uri(TopLevelStatus::version_mismatch) == prefix + "VersionMismatch");
    BOOST_TEST(uri(SecondLevelStatus::request_denied) == prefix + "RequestDenied");
    BOOST_TEST(uri(SecondLevelStatus::request_unsupported) == prefix + "RequestUnsupported");
    BOOST_TEST(uri(SecondLevelStatus::unknown_principal) == prefix + "UnknownPrincipal");
    BOOST_TEST(uri(SecondLevelStatus::partial_logout) == prefix + "PartialLogout");
    BOOST_TEST(uri(SecondLevelStatus::request_version_too_high) == prefix + "RequestVersionTooHigh");
    BOOST_TEST(uri(SecondLevelStatus::request_version_too_low) == prefix + "RequestVersionTooLow");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
