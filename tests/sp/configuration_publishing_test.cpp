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

/// `lines` stand in [sp], the first of them in line 7.
std::string sp_with(std::string_view lines) {
    return with("[[idp]]", std::string(lines) + "\n[[idp]]");
}

/// [sp] with a key folder instead of key files; it stands in line 5.
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
    const fs::path keys = folder / "keys";
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

BOOST_AUTO_TEST_CASE(reads_who_we_are_and_whom_to_ask) {
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

BOOST_AUTO_TEST_CASE(refuses_what_could_not_be_published) {
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
    BOOST_TEST(broken.error().code == sp::Errc::configuration_invalid);
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

BOOST_AUTO_TEST_CASE(takes_keys_from_a_folder_or_by_name_and_not_both) {
    refuse(with_folder("signing_key = \"sp.key.pem\"\n"), 6, "signing_key beside keys", "keep one");
    refuse(with_folder("next_signing_certificate = \"sp.crt.pem\"\n"), 6, "next_signing_certificate beside",
           "keep one");
    refuse(with("signing_key = \"sp.key.pem\"\n", ""), 1, "signing_key", "signing.key.pem");
}

BOOST_AUTO_TEST_SUITE_END()
