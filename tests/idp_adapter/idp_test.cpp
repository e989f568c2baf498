#include "slo/idp_adapter/idp.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace {

using namespace slo;

metadata::EntityDescriptor descriptor_of(std::string_view file) {
    const auto now = saml::parse_instant("2030-01-15T10:00:00Z").value();
    return metadata::parse_entity_descriptor(test::fixture(file), now, std::chrono::seconds{180}).value();
}

constexpr std::string_view idp_files[] = {"lasso/metadata.xml", "lemonldap/idp-metadata.xml", "pysaml2/metadata.xml",
                                          "samlify/metadata.xml", "wire-keys/lasso-idp-9101.xml"};
constexpr std::string_view sp_files[] = {"lemonldap/sp-lasso-metadata.xml", "lemonldap/sp-shib-metadata.xml",
                                         "pysaml2/sp/metadata.xml", "shibboleth/sp-metadata.xml", "sp/metadata.xml"};

BOOST_AUTO_TEST_SUITE(make_idp)

BOOST_DATA_TEST_CASE(takes_what_the_metadata_of_an_idp_says, boost::unit_test::data::make(idp_files), file) {
    auto descriptor = descriptor_of(file);
    descriptor.valid_until = saml::parse_instant("2031-01-01T00:00:00Z").value();
    const auto idp = idp_adapter::make_idp(descriptor, {});
    BOOST_TEST_REQUIRE(idp.has_value());
    BOOST_TEST((idp->entity_id == descriptor.entity_id));
    BOOST_TEST(idp->keys.size() == 1U);
    BOOST_TEST(idp->single_logout_services.size() == descriptor.idp->single_logout_services.size());
    BOOST_TEST((idp->valid_until == descriptor.valid_until));
}

BOOST_AUTO_TEST_CASE(keeps_the_interop_profile) {
    idp_adapter::InteropProfile profile;
    profile.destination = saml::DestinationRule::optional;
    profile.max_age = std::chrono::seconds{77};
    profile.extra_content_types = {"application/soap+xml"};
    const auto idp = idp_adapter::make_idp(descriptor_of("pysaml2/metadata.xml"), profile);
    BOOST_TEST_REQUIRE(idp.has_value());
    BOOST_TEST((idp->profile.destination == saml::DestinationRule::optional));
    BOOST_TEST(idp->profile.max_age.count() == 77);
    BOOST_TEST(idp->profile.extra_content_types.size() == 1U);
}

BOOST_DATA_TEST_CASE(refuses_the_metadata_of_an_sp, boost::unit_test::data::make(sp_files), file) {
    const auto idp = idp_adapter::make_idp(descriptor_of(file), {});
    BOOST_TEST_REQUIRE(!idp.has_value());
    BOOST_TEST(idp.error().code == metadata::Errc::not_metadata);
}

BOOST_AUTO_TEST_CASE(refuses_an_idp_whose_keys_may_not_verify) {
    auto descriptor = descriptor_of("lasso/metadata.xml");
    for (auto& key : descriptor.idp->keys) key.use = metadata::KeyUse::encryption;
    const auto idp = idp_adapter::make_idp(descriptor, {});
    BOOST_TEST_REQUIRE(!idp.has_value());
    BOOST_TEST(idp.error().code == metadata::Errc::no_usable_key);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
