#include "slo/idp_adapter/idp_directory.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace {

using namespace slo;
using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

saml::EntityID entity(std::string_view id) {
    return saml::EntityID::parse(id).value();
}

Idp idp(std::string_view id, std::vector<std::string> extra_content_types = {}) {
    const auto certificate = saml::Certificate::parse(test::fixture("keys/idp1-first.crt.pem")).value();
    Idp made{entity(id), {saml::VerificationKey::from(certificate).value()}, {}, {}, {}};
    made.profile.extra_content_types = std::move(extra_content_types);
    return made;
}

BOOST_AUTO_TEST_SUITE(an_idp_directory)

BOOST_AUTO_TEST_CASE(finds_each_idp_by_its_entity_id) {
    const auto directory = IdpDirectory::of({idp("https://a.example/"), idp("https://b.example/")});
    BOOST_TEST_REQUIRE(directory.has_value());
    BOOST_TEST(directory->size() == 2U);
    BOOST_TEST_REQUIRE(directory->find(entity("https://b.example/")));
    BOOST_TEST(directory->find(entity("https://b.example/"))->entity_id.str() == "https://b.example/");
}

BOOST_AUTO_TEST_CASE(takes_no_look_alike_for_an_idp, *boost::unit_test::description("SAML Core 1.3.1 l.280")) {
    const auto directory = IdpDirectory::of({idp("https://a.example/metadata")});
    for (const std::string_view other :
         {"https://a.example/metadata/", "https://a.example/Metadata", "https://A.example/metadata",
          "https://a.example:443/metadata", "https://a.example/%6Detadata", "http://a.example/metadata"}) {
        BOOST_TEST(!directory->find(entity(other)));
    }
}

BOOST_AUTO_TEST_CASE(may_be_empty) {
    const auto directory = IdpDirectory::of({});
    BOOST_TEST(directory->size() == 0U);
    BOOST_TEST(!directory->find(entity("https://a.example/")));
}

BOOST_AUTO_TEST_CASE(refuses_two_idps_with_one_entity_id) {
    const auto directory =
        IdpDirectory::of({idp("https://a.example/"), idp("https://b.example/"), idp("https://a.example/")});
    BOOST_TEST_REQUIRE(!directory.has_value());
    BOOST_TEST(directory.error().code == metadata::Errc::schema_violation);
    BOOST_TEST(directory.error().detail == "IdP number 3 has the same entityID as one before it");
}

BOOST_AUTO_TEST_CASE(finds_an_idp_by_its_aliases_too) {
    Idp moved = idp("https://a.example/");
    moved.profile.issuer_aliases = {entity("http://old.example/"), entity("https://a.example/")};
    const auto directory = IdpDirectory::of({idp("https://b.example/"), std::move(moved)});
    BOOST_TEST_REQUIRE(directory.has_value());
    BOOST_TEST(directory->size() == 2U);
    BOOST_TEST_REQUIRE(directory->find(entity("http://old.example/")));
    BOOST_TEST(directory->find(entity("http://old.example/"))->entity_id.str() == "https://a.example/");
    BOOST_TEST(directory->find(entity("https://a.example/"))->entity_id.str() == "https://a.example/");
    BOOST_TEST(!directory->find(entity("http://old.example")));
}

BOOST_AUTO_TEST_CASE(refuses_an_alias_that_is_another_ones_name_whichever_comes_first) {
    Idp greedy = idp("https://a.example/");
    greedy.profile.issuer_aliases = {entity("https://b.example/")};
    for (const auto& idps : {std::vector{greedy, idp("https://b.example/")}, {idp("https://b.example/"), greedy}}) {
        const auto directory = IdpDirectory::of(idps);
        BOOST_TEST_REQUIRE(!directory.has_value());
        BOOST_TEST(directory.error().code == metadata::Errc::schema_violation);
        BOOST_TEST(directory.error().detail.ends_with("has another one's name as an alias"));
    }
    Idp other = idp("https://c.example/");
    other.profile.issuer_aliases = {entity("https://b.example/")};
    const auto directory = IdpDirectory::of({greedy, other});
    BOOST_TEST_REQUIRE(!directory.has_value());
    BOOST_TEST(directory.error().detail == "IdP number 2 has another one's name as an alias");
}

BOOST_AUTO_TEST_CASE(knows_the_wires_of_all_profiles) {
    Idp cas = idp("https://a.example/");
    cas.profile.wires = {idp_adapter::Wire::form_logout_request};
    const auto directory = IdpDirectory::of({idp("https://b.example/"), std::move(cas)});
    BOOST_TEST_REQUIRE(directory.has_value());
    BOOST_TEST(directory->accepts_wire(idp_adapter::Wire::soap));
    BOOST_TEST(directory->accepts_wire(idp_adapter::Wire::form_logout_request));
    BOOST_TEST(!directory->accepts_wire(idp_adapter::Wire::form));
}

BOOST_AUTO_TEST_CASE(keeps_an_idp_alive_for_each_holder) {
    std::shared_ptr<const Idp> held;
    {
        const auto directory = IdpDirectory::of({idp("https://a.example/")});
        held = directory->find(entity("https://a.example/"));
    }
    BOOST_TEST(held->entity_id.str() == "https://a.example/");
}

BOOST_AUTO_TEST_CASE(accepts_the_media_types_of_any_profile) {
    const auto directory =
        IdpDirectory::of({idp("https://a.example/"), idp("https://b.example/", {"application/soap+xml"})});
    BOOST_TEST(directory->accepts_content_type("text/xml"));
    BOOST_TEST(directory->accepts_content_type("application/soap+xml"));
    BOOST_TEST(!directory->accepts_content_type("application/xml"));
    BOOST_TEST(!directory->accepts_content_type(""));
    BOOST_TEST(!IdpDirectory::of({idp("https://a.example/")})->accepts_content_type("application/soap+xml"));
}

BOOST_AUTO_TEST_CASE(lists_the_media_types_of_all_profiles_once) {
    const auto directory = IdpDirectory::of({idp("https://a.example/", {"application/xml", "application/soap+xml"}),
                                             idp("https://b.example/", {"application/soap+xml"})});
    const auto types = directory->content_types();
    BOOST_TEST((std::vector(types.begin(), types.end()) ==
                std::vector<std::string>{"application/soap+xml", "application/xml"}));
}

BOOST_AUTO_TEST_CASE(knows_the_first_partner_without_a_name) {
    const auto directory = IdpDirectory::of(
        {idp("https://a.example/")},
        {{.source = "idp-2", .names = {entity("https://b.example/")}}, {.source = "idp-3"}, {.source = "idp-4"}});
    BOOST_TEST_REQUIRE(directory->nameless() != nullptr);
    BOOST_TEST(directory->nameless()->source == "idp-3");
    BOOST_TEST(IdpDirectory::of({idp("https://a.example/")})->nameless() == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
