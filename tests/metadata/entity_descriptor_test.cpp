#include "slo/metadata/entity_descriptor.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"

namespace {

using namespace slo;

metadata::KeyDescriptor key(metadata::KeyUse use, std::string_view certificate_file) {
    auto certificate = saml::Certificate::parse(test::fixture(certificate_file)).value();
    return {use, saml::VerificationKey::from(certificate).value(), certificate};
}

BOOST_AUTO_TEST_SUITE(verification_keys)

BOOST_AUTO_TEST_CASE(keys_for_signing_and_for_both_verify_in_document_order,
                     *boost::unit_test::description("SAML Metadata 2.4.1.1, erratum E62")) {
    metadata::IdpRole role;
    role.keys = {key(metadata::KeyUse::encryption, "keys/idp1-encryption.crt.pem"),
                 key(metadata::KeyUse::both, "keys/idp2-p256.crt.pem"),
                 key(metadata::KeyUse::signing, "keys/idp1-first.crt.pem")};
    const auto keys = role.verification_keys();
    BOOST_TEST_REQUIRE(keys.size() == 2U);
    BOOST_TEST(keys[0].fits(saml::SignatureAlgorithm::ecdsa_sha256));
    BOOST_TEST(keys[1].fits(saml::SignatureAlgorithm::rsa_sha256));
}

BOOST_AUTO_TEST_CASE(an_encryption_key_never_verifies) {
    metadata::IdpRole role;
    role.keys = {key(metadata::KeyUse::encryption, "keys/idp1-encryption.crt.pem")};
    BOOST_TEST(role.verification_keys().empty());
}

BOOST_AUTO_TEST_CASE(at_most_eight_keys_verify) {
    metadata::IdpRole role;
    role.keys.assign(saml::max_verification_keys + 1, key(metadata::KeyUse::signing, "keys/idp1-first.crt.pem"));
    BOOST_TEST(role.verification_keys().size() == saml::max_verification_keys);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
