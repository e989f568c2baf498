#include "slo/metadata/published_metadata.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "fixtures.hpp"
#include "other_readers.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "xml_reading.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;

constexpr std::string_view sp_entity_id = "https://sp.example.com/saml/metadata";
constexpr auto two_weeks = std::chrono::seconds(14 * 24h);

/// Other software looks at the real clock: nothing here has ended for it for a long while.
const Instant some_day = saml::parse_instant("2040-03-01T12:00:00.500Z").value();

saml::SigningKey signing_key(const std::string& name) {
    return saml::SigningKey::parse(test::fixture(name + ".key.pem"), test::fixture(name + ".crt.pem")).value();
}

metadata::Publication publication() {
    const auto key = signing_key("sp/sp");
    return {
        .content = {.entity_id = saml::EntityID::parse(sp_entity_id).value(),
                    .single_logout_soap = saml::EndpointUrl::parse("https://sp.example.com/saml/slo").value(),
                    .assertion_consumers = {{saml::EndpointUrl::parse("https://sp.example.com/saml/acs").value(), 0},
                                            {saml::EndpointUrl::parse("https://old.example.com/acs").value(), 7}},
                    .signing = {key.certificate(), signing_key("keys/sp-p256").certificate()},
                    .encryption = {key.certificate()},
                    .name_id_formats = {"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"},
                    .valid_until = {},
                    .cache_duration = 6h,
                    .id = {},
                    .display_names = {{"en", "Example"}},
                    .organization = metadata::Organization{.names = {{"en", "Example Ltd"}},
                                                           .display_names = {{"en", "Example"}},
                                                           .urls = {{"en", "https://www.example.com/"}}},
                    .contacts = {{.type = metadata::ContactType::technical,
                                  .company = "Example Ltd",
                                  .given_name = "Ann",
                                  .sur_name = "Admin",
                                  .email_addresses = {"saml@example.com"}}},
                    .authn_requests = metadata::AuthnRequests::signed_always,
                    .wanted_assertions = metadata::WantedAssertions::signed_themselves,
                    .attribute_needs =
                        metadata::AttributeConsumingService{
                            .names = {{"en", "Example"}},
                            .attributes = {{.name = "urn:oid:0.9.2342.19200300.100.1.3",
                                            .name_format = std::string(metadata::uri_name_format),
                                            .friendly_name = "mail",
                                            .need = metadata::RequestedAttribute::Need::required}}},
                    .discovery_responses = {{saml::EndpointUrl::parse("https://sp.example.com/saml/chosen").value(),
                                             0}},
                    .subject_id = metadata::SubjectIdNeed::pairwise_id},
        .valid_for = two_weeks,
        .signer = key};
}

metadata::PublishedDocument document(Instant now = some_day) {
    return metadata::make_document(publication(), now).value();
}

Instant valid_until(const std::string& octets) {
    return saml::parse_instant(test::read_xml(octets).attributes.at("validUntil")).value();
}

BOOST_AUTO_TEST_SUITE(published_metadata)

BOOST_AUTO_TEST_CASE(is_signed_and_schema_valid_and_believed_by_every_other_reader) {
    const std::string octets = document().octets;
    const std::string certificate = test::fixture("sp/sp.crt.pem");
    const auto schema = test::validate_metadata(octets);
    BOOST_TEST(schema.valid, schema.complaint);
    const auto samlsign = test::verify_with_samlsign(octets, certificate);
    BOOST_TEST(samlsign.valid, samlsign.complaint);
    for (const auto& verdict : {test::read_with_lasso(octets), test::read_with_pysaml2(octets, certificate),
                                test::read_with_simplesamlphp(octets, certificate)}) {
        BOOST_TEST(verdict.accepted, verdict.said);
        BOOST_TEST(verdict.entity_id == sp_entity_id);
        BOOST_TEST(verdict.single_logout_soap == "https://sp.example.com/saml/slo");
    }
    const auto shibboleth = test::read_with_shibboleth(octets, certificate, sp_entity_id);
    BOOST_TEST(shibboleth.accepted, shibboleth.said);
}

BOOST_AUTO_TEST_CASE(is_refused_by_the_others_with_another_key_or_one_octet_changed) {
    const std::string octets = document().octets;
    const std::string certificate = test::fixture("sp/sp.crt.pem");
    const std::string stranger = test::fixture("keys/stranger.crt.pem");
    std::string changed = octets;
    changed.replace(changed.find("/saml/slo"), 9, "/saml/own");
    BOOST_TEST(!test::verify_with_samlsign(octets, stranger).valid);
    BOOST_TEST(!test::verify_with_samlsign(changed, certificate).valid);
    BOOST_TEST(!test::read_with_pysaml2(octets, stranger).accepted);
    BOOST_TEST(!test::read_with_pysaml2(changed, certificate).accepted);
    BOOST_TEST(!test::read_with_simplesamlphp(octets, stranger).accepted);
    BOOST_TEST(!test::read_with_simplesamlphp(changed, certificate).accepted);
    BOOST_TEST(!test::read_with_shibboleth(octets, stranger, sp_entity_id).accepted);
    BOOST_TEST(!test::read_with_shibboleth(changed, certificate, sp_entity_id).accepted);
}

BOOST_AUTO_TEST_CASE(never_has_less_than_half_of_its_validity_left) {
    for (const auto passed : {0h, 1h, 83h, 84h, 167h, 168h, 169h, 1000h, 100'000h}) {
        const Instant now = some_day + passed;
        const auto left = valid_until(document(now).octets) - now;
        BOOST_TEST((left > two_weeks / 2 - 1s), passed.count());
        BOOST_TEST((left <= two_weeks), passed.count());
    }
}

BOOST_AUTO_TEST_CASE(is_a_function_of_time_and_content_alone) {
    const auto first = document();
    const auto again = document(some_day + 1min);
    BOOST_TEST(first.octets == again.octets);
    BOOST_TEST(first.entity_tag == again.entity_tag);
    const auto later = document(some_day + two_weeks);
    BOOST_TEST(first.octets != later.octets);
    BOOST_TEST(first.entity_tag != later.entity_tag);
    auto other = publication();
    other.content.signing.pop_back();
    const auto changed = metadata::make_document(other, some_day).value();
    BOOST_TEST(first.entity_tag != changed.entity_tag);
    BOOST_TEST(test::read_xml(first.octets).attributes.at("ID") != test::read_xml(changed.octets).attributes.at("ID"));
}

BOOST_AUTO_TEST_CASE(is_kept_by_caches_no_longer_than_a_roll_over_waits_for_them) {
    BOOST_TEST((document().max_age == metadata::longest_http_caching));
    auto hasty = publication();
    hasty.content.cache_duration = 1min;
    BOOST_TEST((metadata::make_document(hasty, some_day).value().max_age == 1min));
    hasty.valid_for = 20s;
    BOOST_TEST((metadata::make_document(hasty, some_day).value().max_age == 10s));
}

BOOST_AUTO_TEST_CASE(is_made_once_in_each_half_of_its_validity) {
    const auto published = metadata::PublishedMetadata::make(publication(), some_day).value();
    const auto first = published->at(some_day).value();
    BOOST_TEST((published->at(some_day + 1s).value() == first));
    const auto second = published->at(some_day + two_weeks / 2).value();
    BOOST_TEST((second != first));
    BOOST_TEST((valid_until(second->octets) == valid_until(first->octets) + two_weeks / 2));
    BOOST_TEST((second->last_modified > first->last_modified));
}

BOOST_AUTO_TEST_CASE(was_modified_when_it_came_into_force) {
    const auto published = metadata::PublishedMetadata::make(publication(), some_day).value();
    BOOST_TEST((published->at(some_day).value()->last_modified == std::chrono::floor<std::chrono::seconds>(some_day)));
    auto other = publication();
    other.content.signing.pop_back();
    BOOST_TEST(published->replace(other, some_day + 1h).has_value());
    const auto replaced = published->at(some_day + 1h).value();
    BOOST_TEST((replaced->last_modified == std::chrono::floor<std::chrono::seconds>(some_day + 1h)));
    BOOST_TEST(replaced->entity_tag == metadata::make_document(other, some_day).value().entity_tag);
}

BOOST_AUTO_TEST_CASE(stays_as_it_is_if_its_replacement_is_bad) {
    const auto published = metadata::PublishedMetadata::make(publication(), some_day).value();
    const auto before = published->at(some_day).value();
    auto bad = publication();
    bad.content.signing.clear();
    const auto replaced = published->replace(bad, some_day);
    BOOST_TEST_REQUIRE(!replaced.has_value());
    BOOST_TEST(replaced.error().code == metadata::Errc::bad_sp_metadata);
    BOOST_TEST((published->at(some_day).value() == before));
    bad = publication();
    bad.valid_for = 1s;
    const auto made = metadata::make_document(bad, some_day);
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().code == metadata::Errc::bad_sp_metadata);
}

BOOST_AUTO_TEST_CASE(can_be_for_ever_and_unsigned) {
    auto plain = publication();
    plain.valid_for.reset();
    plain.signer.reset();
    const auto published = metadata::PublishedMetadata::make(plain, some_day).value();
    const auto first = published->at(some_day).value();
    BOOST_TEST((published->at(some_day + 100'000h).value() == first));
    const auto entity = test::read_xml(first->octets);
    BOOST_TEST(entity.attributes.count("validUntil") == 0U);
    BOOST_TEST((entity.find(test::ds_ns, "Signature") == nullptr));
}

BOOST_AUTO_TEST_CASE(is_asked_for_by_many_threads_while_it_is_replaced) {
    const auto published = metadata::PublishedMetadata::make(publication(), some_day).value();
    std::vector<std::jthread> readers;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            for (int hour = 0; hour < 20; ++hour) good += published->at(some_day + 100h * hour).has_value() ? 1 : 0;
        });
    }
    for (int i = 0; i < 10; ++i) BOOST_TEST(published->replace(publication(), some_day).has_value());
    readers.clear();
    BOOST_TEST(good == 80);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
