// The settings by which a document is judged, for tools beside the endpoint.
#include "slo/sp/configured_source.hpp"

#include <boost/test/unit_test.hpp>

#include "configuration_workspace.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using Addresses = metadata::EndpointRule::PrivateAddresses;
using Holds = sp::ConfiguredSource::Holds;

const std::string a_federation = R"([[metadata]]
name = "federation"
file = "federation.xml"
allow_private_addresses = true
[[metadata]]
name = "remote"
url = "https://md.example.org/all.xml"
signing_certificates = ["federation.crt.pem"]
entities = ["https://idp.example.org/saml"]
)";

/// The content of the folder, by name.
std::vector<std::string> listing(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) names.push_back(entry.path().string());
    std::ranges::sort(names);
    return names;
}

/// The fixture's IdP with endpoints at a private address.
std::string at_home() {
    std::string text = read(fixtures + "/lasso/metadata.xml");
    for (auto at = text.find("idp-lasso.example.org/"); at != std::string::npos;
         at = text.find("idp-lasso.example.org/", at)) {
        if (text.compare(at + 22, 8, "metadata") == 0) {
            ++at;
        } else {
            text.replace(at, 21, "10.0.0.7");
        }
    }
    return text;
}

struct SourceWorkspace : Workspace {
    SourceWorkspace() {
        remove_keys();
        copy_key("keys/idp2", "federation");
        fs::remove(folder / "federation.key.pem");
        write("slo.toml", good + a_federation);
    }
    [[nodiscard]] sp::ConfiguredSource source(std::size_t number) const {
        return sp::load_sources(folder / "slo.toml", some_day).value().at(number);
    }
};

std::string verdict(const sp::ConfiguredSource& source, const std::string& document) {
    const auto judged = sp::judge(source, saml::source_of(document), some_day);
    if (!judged) return judged.error().code.message() + ": " + judged.error().detail;
    return std::to_string(judged->idps.size()) + " of " + std::to_string(judged->entities);
}

std::string group(const std::string& content) {
    const std::string entity = content.substr(content.find("<", content.find("?>") + 2));
    return R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">)" + entity +
           R"(<md:EntityDescriptor entityID="urn:sp"><md:SPSSODescriptor protocolSupportEnumeration=")"
           R"(urn:oasis:names:tc:SAML:2.0:protocol"/></md:EntityDescriptor></md:EntitiesDescriptor>)";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configured_source, SourceWorkspace)

BOOST_AUTO_TEST_CASE(has_the_settings_of_every_table_and_reads_no_document) {
    fs::remove(folder / "idp.xml");
    const auto sources = sp::load_sources(folder / "slo.toml", some_day);
    BOOST_REQUIRE(sources.has_value());
    BOOST_REQUIRE(sources->size() == 3U);
    const auto& idp = sources->at(0);
    BOOST_TEST(idp.name == "idp-1");
    BOOST_TEST(idp.file == folder / "idp.xml");
    BOOST_TEST((idp.holds == Holds::one_idp));
    BOOST_TEST((idp.rules.endpoints.private_addresses == Addresses::accepted));
    const auto& local = sources->at(1);
    BOOST_TEST(local.name == "federation");
    BOOST_TEST(local.file == folder / "federation.xml");
    BOOST_TEST((local.holds == Holds::any_idps));
    BOOST_TEST((local.rules.endpoints.private_addresses == Addresses::accepted));
    BOOST_TEST((local.rules.endpoints.http == metadata::EndpointRule::Http::refused));
    const auto& remote = sources->at(2);
    BOOST_TEST(remote.name == "remote");
    BOOST_TEST(remote.file == "");
    BOOST_TEST((remote.rules.endpoints.private_addresses == Addresses::refused));
    BOOST_TEST(std::get<metadata::SignedBy>(remote.rules.trust).keys.size() == 1U);
    BOOST_TEST(remote.rules.wanted.size() == 1U);
}

BOOST_AUTO_TEST_CASE(costs_no_key) {
    const auto before = listing(folder);
    BOOST_TEST(sp::load_sources(folder / "slo.toml", some_day).has_value());
    BOOST_TEST(sp::load_metadata(folder / "slo.toml", some_day).value().sources.size() == 3U);
    BOOST_TEST((listing(folder) == before));
    BOOST_TEST(load(good + a_federation).has_value());
    BOOST_TEST((listing(folder) != before));  // the endpoint makes its keys
}

BOOST_AUTO_TEST_CASE(is_refused_with_the_rest_of_the_file) {
    write("slo.toml", with("slo_url", "slo_ur1"));
    BOOST_TEST(sp::load_sources(folder / "slo.toml", some_day).error().code ==
               sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST(sp::load_metadata(folder / "slo.toml", some_day).error().code ==
               sp::ConfigurationErrc::configuration_invalid);
}

BOOST_AUTO_TEST_CASE(judges_a_file_of_one_idp_as_its_endpoint_does) {
    const auto idp = source(0);
    BOOST_TEST(verdict(idp, read(fixtures + "/lasso/metadata.xml")) == "1 of 1");
    BOOST_TEST(verdict(idp, at_home()) == "1 of 1");
    BOOST_TEST(verdict(idp, group(at_home())) ==
               "meta.not_metadata: it holds 2 entities; name an aggregate in [[metadata]]");
    BOOST_TEST(verdict(idp, "<x/>").starts_with("meta.not_metadata: the root"));
    const std::string longer = read(fixtures + "/lasso/metadata.xml") + std::string(2 * 1024 * 1024, ' ');
    BOOST_TEST(verdict(idp, longer).starts_with("xml.size"), verdict(idp, longer));
}

BOOST_AUTO_TEST_CASE(judges_an_aggregate_by_the_settings_of_its_table) {
    auto federation = source(1);
    BOOST_TEST(verdict(federation, group(at_home())) == "1 of 2");
    federation.rules.endpoints.private_addresses = Addresses::refused;
    BOOST_TEST(verdict(federation, group(at_home())) == "0 of 2");
    BOOST_TEST(verdict(source(2), group(at_home())).starts_with("sig."));
}

BOOST_AUTO_TEST_SUITE_END()
