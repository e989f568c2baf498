// [sp]: what is published, and keys that come from a folder.
#include <boost/test/unit_test.hpp>

#include <string>

#include "configuration_workspace.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/sp/key_folder.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;
using sp::KeyPurpose;
using sp::KeyStep;

/// `lines` are in [sp], the first of them in line 7.
std::string sp_with(std::string_view lines) {
    return with("[[idp]]", std::string(lines) + "\n[[idp]]");
}

/// [sp] with a key folder instead of key files; it is in line 5.
std::string with_folder(std::string_view more = {}) {
    return with("signing_key = \"sp.key.pem\"\nsigning_certificate = \"sp.crt.pem\"\n",
                "keys = \"keys\"\n" + std::string(more));
}

class KeyWorkspace : public Workspace {
public:
    /// One step, with a fixture as the new key.
    void take(KeyPurpose purpose, KeyStep step, const std::string& fixture = "keys/idp2") const {
        const auto ring = sp::read_key_ring(keys).value();
        const std::string fresh = sp::unused_name(keys, purpose);
        if (step == KeyStep::prepare) copy_key(fixture, "keys/" + fresh);
        BOOST_REQUIRE(sp::write_key_ring(keys, sp::after(ring, purpose, step, fresh, some_day).value()).has_value());
    }
    /// As an endpoint does it that serves this.
    void publish(const sp::Configuration& configuration, Instant now = some_day) const {
        auto opened = sp::PublicationRecord::open(configuration.publication_record);
        BOOST_REQUIRE(opened.has_value());
        BOOST_REQUIRE(opened->keep(configuration.keys_in_force, 1h, now).has_value());
    }
    const fs::path keys = folder / "keys";
    const fs::path record = folder / "sessions/published.log";
};

std::string fingerprint(const std::string& fixture) {
    return saml::Certificate::parse(read(fixtures + "/" + fixture + ".crt.pem")).value().fingerprint();
}

std::vector<std::string> fingerprints(const std::vector<saml::Certificate>& certificates) {
    std::vector<std::string> texts;
    for (const auto& certificate : certificates) texts.push_back(certificate.fingerprint());
    return texts;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_publishing, KeyWorkspace)

BOOST_AUTO_TEST_CASE(reads_our_organization_and_contacts) {
    const auto content =
        accept(sp_with("language = \"de-CH\"\ndisplay_name = \"Beispiel\"\n"
                       "metadata_cache_for = \"2h\"\n"
                       "[sp.organization]\nname = \"Beispiel AG\"\nurl = \"https://example.org/\"\n"
                       "[[sp.contact]]\ntype = \"support\"\ngiven_name = \"Ann\"\nsurname = \"Admin\"\n"
                       "company = \"Beispiel\"\nmail = [\"a@example.org\", \"b@example.org\"]\n"
                       "[[sp.contact]]\ntype = \"technical\"\n"))
            .publication.content;
    BOOST_TEST(content.display_names.at(0).language == "de-CH");
    BOOST_TEST(content.display_names.at(0).text == "Beispiel");
    BOOST_TEST((content.cache_duration == 2h));
    BOOST_REQUIRE(content.organization.has_value());
    BOOST_TEST(content.organization->names.at(0).text == "Beispiel AG");
    BOOST_TEST(content.organization->display_names.at(0).text == "Beispiel AG");
    BOOST_REQUIRE(content.contacts.size() == 2U);
    BOOST_TEST((content.contacts[0].type == metadata::ContactType::support));
    BOOST_TEST(content.contacts[0].sur_name == "Admin");
    BOOST_TEST(content.contacts[0].email_addresses.at(1) == "b@example.org");
}

BOOST_AUTO_TEST_CASE(signs_what_it_publishes_unless_told_otherwise) {
    BOOST_TEST(accept(good).publication.signer.has_value());
    BOOST_TEST(accept(sp_with("sign_metadata = true")).publication.signer.has_value());
    BOOST_TEST(!accept(sp_with("sign_metadata = false")).publication.signer.has_value());
}

BOOST_AUTO_TEST_CASE(refuses_metadata_that_could_not_be_published) {
    refuse(sp_with("language = \"english language\""), 7, "language can't be", "de-CH");
    refuse(sp_with("display_name = \"\\u0007\""), 7, "display_name can't be", "1024 bytes");
    refuse(sp_with("[sp.organization]\nname = \"x\"\nurl = \"example\""), 9, "url can't be", "full URL");
    refuse(sp_with("[sp.organization]\nurl = \"https://example.org\""), 7, "name", "Example Ltd");
    refuse(sp_with("[[sp.contact]]\ntype = \"boss\""), 8, "type", "\"technical\"");
    refuse(sp_with("[[sp.contact]]\ngiven_name = \"x\""), 7, "type", "technical");
    refuse(sp_with("[[sp.contact]]\ntype = \"other\"\nmail = \"mailto:a@b\""), 9, "mail can't be", "without mailto:");
    refuse(sp_with("[[sp.contact]]\ntype = \"other\"\nphone = \"1\""), 9, "unknown key \"phone\"", "known here");
    refuse(sp_with("metadata_valid_for = \"1d\"\nmetadata_cache_for = \"13h\""), 8, "more than half", "shorten it");
    refuse(sp_with("metadata_cache_for = \"10s\""), 7, "metadata_cache_for is out of range", "60s");
}

BOOST_AUTO_TEST_CASE(takes_logouts_by_the_browser_where_it_is_told_to) {
    BOOST_TEST(!accept(good).front_channel.has_value());
    BOOST_TEST(!accept(good).publication.content.single_logout_browser.has_value());
    const std::string url = "browser_slo_url = \"https://sp.example.org/saml/browser\"";
    const auto taken = accept(sp_with(url));
    BOOST_TEST(taken.front_channel->urls.front().str() == "https://sp.example.org/saml/browser");
    BOOST_TEST(taken.publication.content.single_logout_browser->str() == "https://sp.example.org/saml/browser");
    BOOST_TEST(taken.destinations.size() == 1U);  // those of servers
    BOOST_TEST(taken.server.max_header_octets == 24U * 1024);
    const auto limited = accept(sp_with(url) + "[server.limits]\nheader_octets = 10000\n");
    BOOST_TEST(limited.server.max_header_octets == 10'000U);
    const auto quiet = accept(sp_with(url + "\npublish_browser_slo = false"));
    BOOST_TEST(quiet.front_channel.has_value());
    BOOST_TEST(!quiet.publication.content.single_logout_browser.has_value());
    refuse(sp_with("publish_browser_slo = true"), 7, "publish_browser_slo without browser_slo_url", "write the URL");
    refuse(sp_with("browser_slo_url = \"http://sp.example.org/b\""), 7, "plain http", "https://");
    refuse(sp_with("browser_slo_url = \"https://sp.example.org/saml/slo\""), 10, "another endpoint", "of its own");
    refuse(sp_with("browser_slo_url = \"https://sp.example.org/b?x\""), 10, "browser_slo_url", "without a query");
}

BOOST_AUTO_TEST_CASE(reads_what_metadata_says_of_sign_on) {
    const auto plain = accept(good).publication.content;
    BOOST_TEST(plain.assertion_consumers.size() == 1U);
    BOOST_TEST((plain.authn_requests == metadata::AuthnRequests::unsaid));
    BOOST_TEST((plain.wanted_assertions == metadata::WantedAssertions::signed_themselves));
    BOOST_TEST((plain.subject_id == metadata::SubjectIdNeed::unsaid));
    BOOST_TEST(plain.discovery_responses.empty());
    BOOST_TEST(!plain.attribute_needs.has_value());
    BOOST_TEST(plain.encryption.empty());  // published only where we can decrypt
    const auto content =
        accept(with("acs_url = \"https://sp.example.org/saml/acs\"",
                    "acs_url = [\"https://sp.example.org/saml/acs\", \"https://old.example.org/acs\"]\n"
                    "authn_requests_signed = true\nwant_assertions_signed = false\nsubject_id = \"pairwise-id\"\n"
                    "discovery_url = \"https://sp.example.org/chosen\"\ndisplay_name = \"Example\"\n"
                    "attribute = [{name = \"urn:oid:1.2\", friendly_name = \"mail\", required = true}, "
                    "{name = \"groups\"}, {name = \"groups\", name_format = \"urn:x\"}]"))
            .publication.content;
    BOOST_TEST_REQUIRE(content.assertion_consumers.size() == 2U);
    BOOST_TEST(content.assertion_consumers[0].location.str() == "https://sp.example.org/saml/acs");
    BOOST_TEST(content.assertion_consumers[1].index == 1U);
    BOOST_TEST((content.authn_requests == metadata::AuthnRequests::signed_always));
    BOOST_TEST((content.wanted_assertions == metadata::WantedAssertions::as_the_idp_signs));
    BOOST_TEST((content.subject_id == metadata::SubjectIdNeed::pairwise_id));
    BOOST_TEST(content.discovery_responses.at(0).location.str() == "https://sp.example.org/chosen");
    const auto& attributes = content.attribute_needs.value().attributes;
    BOOST_TEST_REQUIRE(attributes.size() == 3U);
    BOOST_TEST(attributes[0].name_format == metadata::uri_name_format);
    BOOST_TEST(attributes[0].friendly_name == "mail");
    BOOST_TEST((attributes[0].need == metadata::RequestedAttribute::Need::required));
    BOOST_TEST(attributes[1].name_format == metadata::basic_name_format);
    BOOST_TEST((attributes[1].need == metadata::RequestedAttribute::Need::wished));
    BOOST_TEST(attributes[2].name_format == "urn:x");
    BOOST_TEST(content.attribute_needs->names.at(0).text == "Example");
}

BOOST_AUTO_TEST_CASE(refuses_sign_on_metadata_that_could_not_be_published) {
    const auto acs = [](const std::string& value) {
        return with("acs_url = \"https://sp.example.org/saml/acs\"", "acs_url = " + value);
    };
    refuse(acs("[\"https://sp.example.org/acs\", \"/acs\"]"), 4, "acs_url can't be", "full URL");
    refuse(acs("[\"https://sp.example.org/acs\", \"https://sp.example.org/acs\"]"), 4, "stands there twice",
           "remove one");
    refuse(acs("[]"), 4, "acs_url", "");
    refuse(sp_with("discovery_url = \"chosen\""), 7, "discovery_url can't be", "full URL");
    refuse(sp_with("authn_requests_signed = \"yes\""), 7, "authn_requests_signed", "true");
    refuse(sp_with("want_assertions_signed = 1"), 7, "want_assertions_signed", "true");
    refuse(sp_with("subject_id = \"mail\""), 7, "subject_id can't be", "\"pairwise-id\"");
    refuse(sp_with("[[sp.attribute]]\nname = \"mail\""), 7, "no display_name", "write display_name");
    refuse(sp_with("[[sp.attribute]]\nfriendly_name = \"mail\""), 7, "name", "urn:oid");
    refuse(sp_with("[[sp.attribute]]\nname = \"mail\"\nname_format = \"basic\""), 9, "name_format can't be",
           "attrname-format:basic");
    refuse(sp_with("[[sp.attribute]]\nname = \"mail\"\n[[sp.attribute]]\nname = \"mail\""), 10, "requested twice",
           "remove one");
    refuse(sp_with("[[sp.attribute]]\nname = \"mail\"\nvalue = \"x\""), 9, "unknown key \"value\"", "known here");
}

BOOST_AUTO_TEST_CASE(makes_the_first_key_of_a_folder_that_is_not_there) {
    const auto configuration = accept(with_folder());
    BOOST_TEST(has_note(configuration, "made the first signing key"));
    BOOST_TEST(configuration.key_folder == keys);
    BOOST_TEST(sp::read_key_ring(keys).value().keys.size() == 1U);
    const auto again = accept(with_folder());
    BOOST_TEST(!has_note(again, "made the first"));
    BOOST_TEST(again.signing_key.certificate().fingerprint() == configuration.signing_key.certificate().fingerprint());
}

BOOST_AUTO_TEST_CASE(publishes_signing_keys_of_every_stage_and_signs_with_the_active_one) {
    const std::string first = accept(with_folder()).signing_key.certificate().fingerprint();
    const std::string second = fingerprint("keys/idp2");
    take(KeyPurpose::signing, KeyStep::prepare);
    auto configuration = accept(with_folder());
    BOOST_TEST(configuration.signing_key.certificate().fingerprint() == first);
    BOOST_TEST((fingerprints(configuration.publication.content.signing) == std::vector{first, second}));
    take(KeyPurpose::signing, KeyStep::activate);
    configuration = accept(with_folder());
    BOOST_TEST(configuration.signing_key.certificate().fingerprint() == second);
    BOOST_TEST(configuration.publication.signer.value().certificate().fingerprint() == second);
    BOOST_TEST((fingerprints(configuration.publication.content.signing) == std::vector{second, first}));
    take(KeyPurpose::signing, KeyStep::retire);
    configuration = accept(with_folder());
    BOOST_TEST((fingerprints(configuration.publication.content.signing) == std::vector{second}));
}

BOOST_AUTO_TEST_CASE(opens_with_every_encryption_key_and_publishes_the_active_one_alone) {
    static_cast<void>(accept(with_folder()));
    take(KeyPurpose::encryption, KeyStep::prepare, "keys/idp1-encryption");
    take(KeyPurpose::encryption, KeyStep::prepare, "keys/idp2");
    auto configuration = accept(with_folder());
    BOOST_TEST(configuration.decryption_keys.size() == 2U);
    BOOST_TEST((fingerprints(configuration.publication.content.encryption) ==
                std::vector{fingerprint("keys/idp1-encryption")}));
    take(KeyPurpose::encryption, KeyStep::activate);
    configuration = accept(with_folder());
    BOOST_TEST(configuration.decryption_keys.size() == 2U);
    BOOST_TEST((fingerprints(configuration.publication.content.encryption) == std::vector{fingerprint("keys/idp2")}));
}

BOOST_AUTO_TEST_CASE(reads_the_folder_again_without_the_rest) {
    const auto configuration = accept(with_folder());
    take(KeyPurpose::signing, KeyStep::prepare);
    take(KeyPurpose::signing, KeyStep::activate);
    BOOST_TEST(sp::reload_keys(configuration, some_day).value().notes.empty());
    fs::permissions(keys / "signing-2.key.pem", fs::perms::group_read, fs::perm_options::add);
    const auto keys_now = sp::reload_keys(configuration, some_day).value();
    BOOST_TEST(keys_now.stages == "signing-2 active, signing-1 retiring");
    BOOST_TEST_REQUIRE(keys_now.notes.size() == 1U);
    BOOST_TEST((keys_now.notes.front().find("others may read the private key in") != std::string::npos));
    BOOST_TEST(keys_now.signing.certificate().fingerprint() == fingerprint("keys/idp2"));
    BOOST_TEST(keys_now.publication.content.signing.size() == 2U);
    BOOST_TEST(keys_now.publication.signer.value().certificate().fingerprint() == fingerprint("keys/idp2"));
    BOOST_TEST((keys_now.publication.content.cache_duration == configuration.publication.content.cache_duration));
    fs::remove(keys / "signing-2.key.pem");
    const auto broken = sp::reload_keys(configuration, some_day);
    BOOST_REQUIRE(!broken.has_value());
    BOOST_TEST(broken.error().code == sp::ConfigurationErrc::configuration_invalid);
}

BOOST_AUTO_TEST_CASE(never_makes_a_key_in_the_place_of_one_that_was_lost) {
    static_cast<void>(accept(with_folder()));
    fs::remove(keys / "signing-1.key.pem");
    fs::remove(keys / "signing-1.crt.pem");
    const auto configuration = load(with_folder());
    BOOST_REQUIRE(!configuration.has_value());
    BOOST_TEST((configuration.error().detail.find("isn't there; restore") != std::string::npos),
               configuration.error().detail);
    BOOST_TEST(!fs::exists(keys / "signing-1.key.pem"));
    fs::remove(keys / "keys.toml");
    copy_key("keys/idp2", "keys/other");
    BOOST_TEST(!load(with_folder()).has_value());
    BOOST_TEST(!fs::exists(keys / "keys.toml"));
}

BOOST_AUTO_TEST_CASE(knows_the_place_of_its_publication_record) {
    const std::string memory = "[store]\nengine = \"memory\"\n";
    BOOST_TEST(accept(good).publication_record == folder / "sessions/published.log");
    BOOST_TEST(accept(good + memory).publication_record == folder / "slo.published.log");
    BOOST_TEST(accept(sp_with("publication_record = \"state/log\"")).publication_record == folder / "state/log");
    const auto configuration = accept(with_folder());
    BOOST_TEST(configuration.keys_in_force.signs == configuration.signing_key.certificate().fingerprint());
    BOOST_TEST((configuration.keys_in_force.signing == std::vector{configuration.keys_in_force.signs}));
    BOOST_TEST((sp::promise_of(accept(sp_with("metadata_cache_for = \"2h\"")).publication) == 2h + 5min));
}

BOOST_AUTO_TEST_CASE(a_service_that_had_keys_gets_no_others_by_an_empty_folder) {
    publish(accept(with_folder()));
    for (const bool folder_is_there : {true, false}) {
        fs::remove_all(keys);
        if (folder_is_there) fs::create_directory(keys);
        refuse(with_folder(), 5, "but this service published one (SHA-256", "saml-slo keys new --folder");
        BOOST_TEST(fs::exists(keys) == folder_is_there);
    }
    // The same for keys that are named one by one.
    publish(accept(good));
    remove_keys();
    refuse(good, 5, "but this service published one (SHA-256", "saml-slo keys new " + (folder / "sp").string());
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
    // Where it can't be known whether there were keys, none are made.
    fs::remove(record);
    fs::create_directory(record);
    const auto configuration = load(with_folder());
    BOOST_REQUIRE(!configuration.has_value());
    BOOST_TEST((configuration.error().detail.find("is no file") != std::string::npos), configuration.error().detail);
}

BOOST_AUTO_TEST_CASE(an_encryption_key_that_was_lost_is_not_made_anew_and_one_to_come_is) {
    const auto with_keys = [](const std::string& names) {
        const auto list = [&](const std::string& kind) {
            std::string text;
            for (const char name : names) text += (text.empty() ? "\"" : ", \"") + std::string(1, name) + kind + "\"";
            return "[" + text + "]\n";
        };
        return sp_with("encryption_key = " + list(".key.pem") + "encryption_certificate = " + list(".crt.pem"));
    };
    publish(accept(good));
    publish(accept(with_keys("a")));
    publish(accept(with_keys("ba")));
    fs::remove(folder / "a.key.pem");
    fs::remove(folder / "a.crt.pem");
    BOOST_TEST(has_note(accept(with_keys("ba")), "made a new encryption key"));
    for (const char* file : {"a.key.pem", "a.crt.pem", "b.key.pem", "b.crt.pem"}) fs::remove(folder / file);
    refuse(with_keys("ba"), 7, "there is no encryption key in", "saml-slo keys new");
}

BOOST_AUTO_TEST_CASE(an_older_folder_is_refused_and_keys_that_were_made_since_are_meant) {
    publish(accept(with_folder()), some_day);
    fs::remove_all(keys);
    fs::create_directory(keys);
    copy_key("keys/idp2", "keys/signing-1");
    const auto begin = [&](Instant since) {
        const sp::KeyRing ring{.keys = {{"signing-1", KeyPurpose::signing, sp::KeyStage::active, since}}};
        BOOST_REQUIRE(sp::write_key_ring(keys, ring).has_value());
    };
    begin(some_day - 1h);
    refuse(with_folder(), 5, "has no key that this service published last", "move the record away");
    begin(some_day + 1h);
    BOOST_TEST(has_note(accept(with_folder()), "has no key that this service published last"));
}

BOOST_AUTO_TEST_CASE(a_tool_that_only_looks_makes_no_key) {
    write("slo.toml", with_folder());
    const auto look = [&] { return sp::load_configuration(folder / "slo.toml", some_day, sp::MissingKeys::refused); };
    const auto expect = [&](std::string_view what) {
        const auto configuration = look();
        BOOST_REQUIRE(!configuration.has_value());
        BOOST_TEST(configuration.error().code == sp::ConfigurationErrc::configuration_invalid);
        BOOST_TEST((configuration.error().detail.find(what) != std::string::npos), configuration.error().detail);
    };
    expect("start the endpoint once, or make one with saml-slo keys new --folder");
    BOOST_TEST(!fs::exists(keys));
    write("slo.toml", sp_with("encryption_key = \"e.key.pem\"\nencryption_certificate = \"e.crt.pem\""));
    expect("there is no encryption key yet");
    BOOST_TEST(!fs::exists(folder / "e.key.pem"));
    write("slo.toml", good + "[store]\nengine = \"redis\"\n");
    expect("no keys of the shared store yet");
    BOOST_TEST(!fs::exists(folder / "store-index.key"));
    remove_keys();
    write("slo.toml", good);
    expect("there is no signing key yet");
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
    static_cast<void>(accept(with_folder()));
    BOOST_TEST(look().has_value());
}

BOOST_AUTO_TEST_CASE(takes_keys_from_a_folder_or_by_name_and_not_both) {
    refuse(with_folder("signing_key = \"sp.key.pem\"\n"), 6, "signing_key beside keys", "keep one");
    refuse(with_folder("next_signing_certificate = \"sp.crt.pem\"\n"), 6, "next_signing_certificate beside",
           "keep one");
    refuse(with("signing_key = \"sp.key.pem\"\n", ""), 1, "signing_key", "signing.key.pem");
}

BOOST_AUTO_TEST_SUITE_END()
