#include "slo/sp/configuration.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include <string>

#include "compressed.hpp"
#include "configuration_workspace.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/configuration_file.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// `document` with a validUntil long ago.
std::string ended(std::string document) {
    const auto at = document.find(" entityID=");
    BOOST_REQUIRE(at != std::string::npos);
    return document.insert(at, " validUntil=\"2018-05-20T09:35:58Z\"");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(load_configuration, Workspace)

BOOST_AUTO_TEST_CASE(reads_the_smallest_useful_file) {
    const auto configuration = accept(good);
    BOOST_TEST(configuration.entity_id.str() == "https://sp.example.org/saml");
    BOOST_TEST(configuration.destinations.size() == 1U);
    BOOST_TEST(configuration.idps.size() == 1U);
    BOOST_TEST(configuration.idps.at(0).entity_id.str() == "https://idp-lasso.example.org/metadata");
    BOOST_TEST(configuration.server.address == "127.0.0.1");
    BOOST_TEST(configuration.server.port == 8080U);
    BOOST_TEST(configuration.notes.empty());
}

BOOST_AUTO_TEST_CASE(publishes_metadata_with_our_certificate) {
    const auto configuration = accept(with("[[idp]]", "metadata_valid_for = \"30d\"\n[[idp]]"));
    const std::string document = metadata::make_document(configuration.publication, some_day).value().octets;
    BOOST_TEST((document.find(configuration.signing_key.certificate().base64()) != std::string::npos));
    BOOST_TEST((document.find("https://sp.example.org/saml/slo") != std::string::npos));
    BOOST_TEST((configuration.publication.valid_for == 30 * 24h));
    BOOST_TEST((document.find("<ds:Signature") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(takes_the_soap_path_from_the_first_url) {
    BOOST_TEST(accept(good).endpoint.soap_path == "/saml/slo");
    BOOST_TEST(accept(with("org/saml/slo", "org")).endpoint.soap_path == "/");
    BOOST_TEST(accept(with("org/saml/slo", "org:8443/a?b=c")).endpoint.soap_path == "/a?b=c");
    BOOST_TEST(accept(with("org/saml/slo", "org?b=c")).endpoint.soap_path == "/?b=c");
    BOOST_TEST(accept(good + "soap_path = \"/inside\"\n").endpoint.soap_path == "/inside");
}

BOOST_AUTO_TEST_CASE(the_documented_example_is_accepted) {
    copy_key("keys/sp-old", "sp-signing");
    const auto configuration = accept(documented_example());
    BOOST_TEST(configuration.server.port == 8080U);
}

BOOST_AUTO_TEST_CASE(the_documented_defaults_are_the_defaults) {
    copy_key("keys/sp-old", "sp-signing");
    copy_key("keys/sp-old", "sp-signing-2");
    copy_key("keys/sp-old", "sp-encryption");
    copy_key("keys/sp-old", "server");
    write("clients-ca.pem", read(fixtures + "/keys/idp1-first.crt.pem"));
    const auto written = accept(with_defaults_written_out(without_redis(documented_example())));

    const sp::Policy policy;
    BOOST_TEST((written.policy.unknown_principal == policy.unknown_principal));
    BOOST_TEST((written.policy.second_level_codes == policy.second_level_codes));
    BOOST_TEST((written.policy.clock_skew == policy.clock_skew));
    BOOST_TEST(written.policy.requests_per_second_per_idp == policy.requests_per_second_per_idp);
    BOOST_TEST((written.policy.application_deadline == policy.application_deadline));
    BOOST_TEST(written.policy.unproven_answers_per_second == policy.unproven_answers_per_second);
    BOOST_TEST((written.policy.logout_record_horizon == policy.logout_record_horizon));
    BOOST_TEST((written.policy.logout_record_cap == policy.logout_record_cap));
    const auto& store = std::get<sp::SqliteSessionStoreOptions>(written.store);
    const sp::SqliteSessionStoreOptions sqlite;
    BOOST_TEST((store.relogin == sqlite.relogin));
    BOOST_TEST(store.folder == folder / "sessions");
    BOOST_TEST(store.max_sessions == sqlite.max_sessions);
    BOOST_TEST(store.max_logout_records == sqlite.max_logout_records);
    BOOST_TEST(store.max_logout_records_per_idp == sqlite.max_logout_records_per_idp);
    BOOST_TEST(store.max_sessions_per_principal == sqlite.max_sessions_per_principal);

    const idp_adapter::InteropProfile profile;
    BOOST_TEST((written.idps[0].profile.algorithms.sha1 == profile.algorithms.sha1));
    BOOST_TEST((written.idps[0].profile.algorithms.cbc == profile.algorithms.cbc));
    BOOST_TEST((written.idps[0].profile.destination == profile.destination));
    BOOST_TEST((written.idps[0].profile.name_id_matching == profile.name_id_matching));
    BOOST_TEST((written.idps[0].profile.max_age == profile.max_age));

    const sp::HttpServerOptions server;
    BOOST_TEST(written.server.threads == server.threads);
    BOOST_TEST(written.server.handler_threads == accept(good).server.handler_threads);
    BOOST_TEST(written.server.max_connections == server.max_connections);
    BOOST_TEST(written.server.max_connections_per_address == server.max_connections_per_address);
    BOOST_TEST(written.server.max_requests_per_connection == server.max_requests_per_connection);
    BOOST_TEST(written.server.max_header_octets == server.max_header_octets);
    BOOST_TEST(written.server.max_header_fields == server.max_header_fields);
    BOOST_TEST(written.server.max_body_octets == server.max_body_octets);
    BOOST_TEST((written.server.handshake_timeout == server.handshake_timeout));
    BOOST_TEST((written.server.header_timeout == server.header_timeout));
    BOOST_TEST((written.server.body_timeout == server.body_timeout));
    BOOST_TEST((written.server.write_timeout == server.write_timeout));
    BOOST_TEST((written.server.idle_timeout == server.idle_timeout));
    BOOST_TEST((written.server.drain_timeout == server.drain_timeout));
    BOOST_TEST(written.endpoint.max_body == sp::HttpEndpointOptions().max_body);
    BOOST_TEST(written.endpoint.metadata_path == sp::HttpEndpointOptions().metadata_path);
    BOOST_REQUIRE(written.server.tls.has_value());
    BOOST_TEST((written.server.tls->client_certificates == sp::ClientCertificates::none));
    BOOST_TEST(written.decryption_keys.size() == 1U);
    BOOST_TEST(written.publication.content.signing.size() == 2U);
    BOOST_TEST((written.publication.content.cache_duration == accept(good).publication.content.cache_duration));
    BOOST_TEST(written.publication.signer.has_value() == accept(good).publication.signer.has_value());
    BOOST_TEST(written.publication.content.organization.has_value());
    BOOST_TEST(written.publication.content.contacts.size() == 1U);
}

BOOST_AUTO_TEST_CASE(reads_every_switch) {
    const auto configuration = accept(with("metadata = \"idp.xml\"", R"(metadata = "idp.xml"
dangerously_accept_sha1 = true
accept_cbc = true
destination = "optional"
name_id_matching = "exact"
max_age = "2m"
extra_content_types = ["Application/SOAP+xml"]
[policy]
unknown_principal = "unknown_principal"
second_level_codes = "omitted"
clock_skew = "0s"
unproven_answers_per_second = 7
requests_per_second_per_idp = 11
application_deadline = "1500ms"
relogin = "strict"
logout_record_horizon = "2h"
logout_record_cap = "2d")"));
    const auto& profile = configuration.idps.at(0).profile;
    BOOST_TEST((profile.algorithms.sha1 == saml::AlgorithmPolicy::Sha1::dangerously_accepted));
    BOOST_TEST((profile.algorithms.cbc == saml::AlgorithmPolicy::Cbc::accepted_once_authenticated));
    BOOST_TEST((profile.destination == saml::DestinationRule::optional));
    BOOST_TEST((profile.name_id_matching == saml::NameIDMatching::exact));
    BOOST_TEST((profile.max_age == 120s));
    BOOST_TEST(profile.extra_content_types.at(0) == "application/soap+xml");
    BOOST_TEST((configuration.policy.unknown_principal == sp::UnknownPrincipal::unknown_principal));
    BOOST_TEST((configuration.policy.second_level_codes == sp::SecondLevelCodes::omitted));
    BOOST_TEST((configuration.policy.clock_skew == 0s));
    BOOST_TEST(configuration.policy.unproven_answers_per_second == 7U);
    BOOST_TEST(configuration.policy.requests_per_second_per_idp == 11U);
    BOOST_TEST((configuration.policy.application_deadline == 1500ms));
    BOOST_TEST((configuration.policy.logout_record_horizon == 2h));
    BOOST_TEST((configuration.policy.logout_record_cap == 48h));
    BOOST_TEST((std::get<sp::SqliteSessionStoreOptions>(configuration.store).relogin == sp::ReloginRule::strict));
    BOOST_TEST(has_note(configuration,
                        "slo.toml:9: note: the IdP \"https://idp-lasso.example.org/metadata\" may sign with SHA-1"));
}

BOOST_AUTO_TEST_CASE(reads_sections_of_the_programs_own) {
    write("slo.toml", good + "[shop]\nname = \"books\"\nshelves = 12\nopen = \"never\"\n");
    constexpr std::string_view keys[] = {"name", "shelves", "open", "owner"};
    const sp::OwnSection own[] = {{"shop", keys}, {"till", keys}};
    const auto file = sp::ConfigurationFile::read(folder / "slo.toml", own).value();
    const auto shop = file.section("shop");
    BOOST_TEST(shop.text("name").value().value() == "books");
    BOOST_TEST(!shop.text("owner").value().has_value());
    BOOST_TEST(shop.number("shelves", 3, 1, 20).value() == 12U);
    BOOST_TEST(file.section("till").number("shelves", 3, 1, 20).value() == 3U);
    constexpr std::string_view words[] = {"always", "never"};
    BOOST_TEST(shop.word("open", words).value() == "never");
    BOOST_TEST(shop.word("owner", words).value() == "always");
    BOOST_TEST(file.server().port == 8080U);
    BOOST_TEST(file.load(some_day, {}).value().entity_id.str() == "https://sp.example.org/saml");
}

BOOST_AUTO_TEST_CASE(refuses_sections_and_values_that_a_program_does_not_take) {
    const std::string text = good + "[shop]\nname = 1\nshelves = 21\n";
    write("slo.toml", text);
    constexpr std::string_view keys[] = {"name", "shelves"};
    const sp::OwnSection own[] = {{"shop", keys}};
    const auto file = sp::ConfigurationFile::read(folder / "slo.toml", own).value();
    expect_refusal(text, file.section("shop").text("name"), 12, "name isn't a text", "in quotes");
    expect_refusal(text, file.section("shop").number("shelves", 1, 1, 20), 13, "shelves is out of range", "1 to 20");
    const Result<int> refused = file.section("shop").refusal("shelves", "too many shelves", "sell some");
    expect_refusal(text, refused, 13, "too many shelves", "sell some");

    const sp::OwnSection fewer[] = {{"shop", std::span(keys, 1)}};
    expect_refusal(text, sp::ConfigurationFile::read(folder / "slo.toml", fewer), 13,
                   "unknown key \"shelves\" in [shop]", "known here: name");
    const sp::OwnSection other[] = {{"shops", keys}};
    expect_refusal(text, sp::ConfigurationFile::read(folder / "slo.toml", other), 11,
                   "unknown key \"shop\" in the file", "did you mean \"shops\"?");
    refuse(good + "[local]\nport = 8081\n", 11, "unknown key \"local\" in the file", "known here: sp, idp");
    refuse(good + "[process]\n", 11, "unknown key \"process\" in the file", "known here: sp, idp");
}

BOOST_AUTO_TEST_CASE(refuses_exceptions_that_together_end_sessions_for_another_sp) {
    const std::string metadata = "metadata = \"idp.xml\"";
    const auto only_value = accept(with(metadata, metadata + "\nname_id_matching = \"value_only\""));
    BOOST_TEST((only_value.idps.at(0).profile.name_id_matching == saml::NameIDMatching::value_only));
    refuse(with(metadata, metadata + "\nname_id_matching = \"value_only\"\ndestination = \"optional\""), 9,
           "beside destination = \"optional\"", "keep one of them strict");
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_is_not_toml) {
    refuse(good + "hosts = [\n", 11, "not TOML", "toml.io");
    refuse(good + "listen = \"x\"\n", 11, "not TOML", "toml.io");
}

BOOST_AUTO_TEST_CASE(refuses_an_unknown_key_and_names_the_nearest) {
    refuse(with("entity_id", "entityid"), 2, "unknown key \"entityid\" in [sp]", "did you mean \"entity_id\"?");
    refuse(good + "port = 8080\n", 11, "unknown key \"port\" in [server]", "known here: listen, soap_path");
    refuse(with("metadata = ", "accept_sha1 = true\nmetadata = "), 8, "unknown key \"accept_sha1\" in [[idp]]",
           "did you mean \"dangerously_accept_sha1\"?");
    refuse(good + "[server.timeouts]\nidel = \"1s\"\n", 12, "unknown key \"idel\" in [server.timeouts]", "\"idle\"");
    refuse(good + "[polcy]\n", 11, "unknown key \"polcy\" in the file", "did you mean \"policy\"?");
}

BOOST_AUTO_TEST_CASE(refuses_a_missing_key_with_an_example) {
    refuse(with("entity_id = \"https://sp.example.org/saml\"\n", ""), 1, "[sp] lacks entity_id",
           "entity_id = \"https://");
    refuse(with("slo_url = \"https://sp.example.org/saml/slo\"\n", ""), 1, "[sp] lacks slo_url", "slo_url = ");
    refuse(with("metadata = \"idp.xml\"\n", ""), 7, "[[idp]] lacks metadata", "metadata = ");
    refuse(with("metadata = ", "destination = \"optional\"\nname_id_matching = \"value_only\"\nmetadata = "), 9,
           "beside destination", "keep one of them strict");
    refuse(with("listen = \"127.0.0.1:8080\"\n", ""), 9, "[server] lacks listen", "listen = ");
    refuse("", 0, "[sp] lacks entity_id", "entity_id = ");
}

BOOST_AUTO_TEST_CASE(refuses_values_of_the_wrong_kind) {
    refuse(with("\"https://sp.example.org/saml\"", "5"), 2, "entity_id isn't a text", "entity_id = \"...\"");
    refuse(with("\"https://sp.example.org/saml\"", "\"\""), 2, "entity_id is empty", "give it a value");
    refuse(with("\"https://sp.example.org/saml\"", "\"sp\""), 2, "entity_id can't be \"sp\"", "absolute URI");
    refuse(with("\"https://sp.example.org/saml/slo\"", "[1]"), 3, "slo_url holds something", "list of texts");
    refuse(with("\"https://sp.example.org/saml/acs\"", "\"/acs\""), 4, "acs_url can't be", "full URL");
    refuse(good + "threads = \"4\"\n", 11, "threads is out of range", "from 1 to 256");
    refuse(good + "threads = -1\n", 11, "threads is out of range", "from 1 to 256");
    refuse(good + "threads = 1.5\n", 11, "threads is out of range", "from 1 to 256");
    refuse(good + "tls = true\n", 11, "tls isn't a table", "[server.tls]");
    refuse(with("[[idp]]", "[idp]"), 7, "idp isn't a list of tables", "[[idp]]");
    refuse(with("[[idp]]", "allow_http = \"yes\"\n[[idp]]"), 7, "", "allow_http = true or = false");
    refuse(with("[[idp]]", "name_id_formats = [\"persistent\"]\n[[idp]]"), 7, "is no URI", "nameid-format:persistent");
    refuse(good + "[policy]\nrelogin = \"never\"\n", 12, "relogin can't be \"never\"",
           "\"by_authn_instant\", \"strict\"");
}

BOOST_AUTO_TEST_CASE(refuses_times_without_a_unit_or_out_of_range) {
    const std::string policy = good + "[policy]\n";
    refuse(policy + "clock_skew = 180\n", 12, "clock_skew isn't a time with its unit", "clock_skew = \"60s\"");
    refuse(policy + "clock_skew = \"180\"\n", 12, "clock_skew isn't a time with its unit", "ms, s, m, h or d");
    refuse(policy + "clock_skew = \"-1s\"\n", 12, "clock_skew isn't a time", "ms, s, m, h or d");
    refuse(policy + "clock_skew = \"601s\"\n", 12, "clock_skew is out of range", "0s to 600s");
    refuse(policy + "clock_skew = \"4294967295d\"\n", 12, "clock_skew is out of range", "0s to 600s");
    refuse(policy + "clock_skew = \"99999999999999999999s\"\n", 12, "clock_skew isn't a time", "0s to 600s");
    refuse(policy + "logout_record_cap = \"30m\"\n", 12, "shorter than logout_record_horizon", "at least as long");
}

BOOST_AUTO_TEST_CASE(refuses_plain_http_beyond_this_machine_unless_told) {
    refuse(with("https://sp.example.org/saml/slo", "http://sp.example.org/slo"), 3, "is plain http",
           "allow_http = true");
    refuse(with("https://sp.example.org/saml/slo", "http://127.0.0.1.example.org/slo"), 3, "is plain http", "https://");
    refuse(with("\"https://sp.example.org/saml/slo\"", "[\"https://a.example/\", \"http://b.example/\"]"), 3,
           "b.example", "https://");
    BOOST_TEST(accept(with("https://sp.example.org/saml/slo", "http://127.0.0.1:8080/slo")).destinations.size() == 1U);
    BOOST_TEST(accept(with("https://sp.example.org/saml/slo", "http://[::1]:8080/slo")).endpoint.soap_path == "/slo");
    BOOST_TEST(accept(with("slo_url = \"https", "allow_http = true\nslo_url = \"http")).destinations.size() == 1U);
}

BOOST_AUTO_TEST_CASE(refuses_a_listener_that_cannot_be) {
    for (const char* listen :
         {"8080", "127.0.0.1", "localhost:8080", "127.0.0.1:65536", "127.0.0.1:80x", "::1:", "127.0.0.1:"}) {
        refuse(with("127.0.0.1:8080", listen), 10, "listen can't be", "\"127.0.0.1:8080\"");
    }
    BOOST_TEST(accept(with("127.0.0.1:8080", "[::1]:8080")).server.address == "::1");
    refuse(good + "metadata_path = \"/saml/slo\"\n", 11, "are the same", "another path");
    refuse(good + "soap_path = \"saml\"\n", 11, "soap_path can't be", "path of the URL");
}

BOOST_AUTO_TEST_CASE(notes_a_listener_without_tls_beyond_this_machine) {
    BOOST_TEST(
        has_note(accept(with("127.0.0.1:8080", "0.0.0.0:8080")), "slo.toml:10: note: listens beyond this machine"));
}

BOOST_AUTO_TEST_CASE(refuses_tls_that_cannot_work) {
    copy_key("keys/sp-old", "server");
    const std::string tls = good + "[server.tls]\ncertificate = \"server.crt.pem\"\n";
    refuse(tls, 11, "[server.tls] lacks key", "key = ");
    refuse(tls + "key = \"nowhere.pem\"\n", 13, "can't read", "check the path");
    refuse(tls + "key = \"server.key.pem\"\nclient_certificates = \"required\"\n", 14, "without client_ca",
           "client_ca = ");
    BOOST_TEST(accept(tls + "key = \"server.key.pem\"\n").server.tls->private_key_file ==
               (folder / "server.key.pem").string());
}

BOOST_AUTO_TEST_CASE(refuses_a_configuration_without_partners_or_with_one_twice) {
    refuse(with("[[idp]]\nmetadata = \"idp.xml\"\n", ""), 0, "no [[idp]]", "add [[idp]]");
    const std::string twice = "[[idp]]\nmetadata = \"idp.xml\"\n[server]";
    refuse(with("[server]", twice), 9, "is configured twice", "keep one");
    refuse(with("metadata = \"idp.xml\"", "metadata = \"idp.xml\"\nentity_id = \"no uri\""), 9, "entity_id", "");
    // Also where its time is over: nothing decides which of them is meant.
    write("old.xml", ended(read(folder / "idp.xml")));
    refuse(with("[server]", "[[idp]]\nmetadata = \"old.xml\"\n[server]"), 9, "is configured twice", "keep one");
}

BOOST_AUTO_TEST_CASE(other_idps_are_served_if_one_has_no_usable_metadata) {
    const auto check = [&](const std::string& file, std::error_code rule, std::string_view what, std::string_view mend,
                           const std::string& more = "") {
        BOOST_TEST_CONTEXT(file) {
            const auto loaded = accept(with("[[idp]]", "[[idp]]\nmetadata = \"" + file + "\"\n" + more + "[[idp]]"));
            BOOST_TEST(loaded.idps.size() == 1U);
            BOOST_TEST(loaded.metadata.sources.size() == 2U);
            BOOST_TEST(!loaded.metadata.sources.front().source.first.has_value());
            BOOST_TEST(loaded.metadata.sources.back().source.name == "idp-2");
            BOOST_REQUIRE(loaded.absent.size() == 1U);
            const auto& out = loaded.absent.front();
            BOOST_TEST(out.source == "idp-1");
            BOOST_TEST(out.why.code == rule, out.why.detail);
            BOOST_TEST((out.why.detail.find(what) != std::string::npos), out.why.detail);
            BOOST_TEST((out.why.detail.rfind(mend) != std::string::npos), out.why.detail);
            BOOST_TEST(has_note(loaded, "slo.toml:8: note: idp-1"));
            BOOST_TEST(has_note(loaded, "is OUT: its logouts are refused"));
            BOOST_TEST(has_note(loaded, out.why.code.message() + ": " + out.why.detail));
        }
    };
    using idp_adapter::SourceErrc;
    check("nowhere.xml", make_error_code(SourceErrc::file_unreadable), "nowhere.xml\" (No such file", "check the path");
    check(".", make_error_code(SourceErrc::file_unreadable), "not a regular file", "name a file");
    check("slo.toml", make_error_code(saml::Errc::xml_malformed), "isn't usable as an IdP's metadata",
          "EntityDescriptor");
    write("large.xml", std::string(1024 * 1024 + 1, ' '));
    check("large.xml", make_error_code(SourceErrc::file_too_large), "larger than 1048576 octets", "the right file");
    write("sp.xml", read(fixtures + "/pysaml2/sp/metadata.xml"));
    check("sp.xml", make_error_code(metadata::Errc::no_idp_role), "isn't usable as an IdP's metadata",
          "EntityDescriptor");
    // libxml2 itself would inflate the file: a few octets could become any number.
    write("idp.xml.gz", test::gzipped(read(folder / "idp.xml")));
    check("idp.xml.gz", make_error_code(saml::Errc::xml_encoding), "isn't usable as an IdP's metadata",
          "convert it to UTF-8");
    write("expired.xml", read(fixtures + "/reports/expired.xml"));
    check("expired.xml", make_error_code(metadata::Errc::expired), "validUntil was 2018-05-20", "fetch a new copy");
    write("another.xml", read(folder / "idp.xml"));
    check("another.xml", make_error_code(metadata::Errc::another_entity), "another entity", "EntityDescriptor",
          "entity_id = \"urn:named\"\n");
}

BOOST_AUTO_TEST_CASE(absent_partners_are_known_by_the_document_or_the_configuration) {
    write("expired.xml", read(fixtures + "/reports/expired.xml"));
    const auto names_of = [&](const std::string& idp) {
        const auto loaded = accept(with("metadata = \"idp.xml\"\n", idp));
        BOOST_TEST(loaded.idps.empty());
        std::string names;
        for (const auto& name : loaded.absent.at(0).names) names += name.str() + " ";
        const auto& wanted = loaded.metadata.sources.at(0).source.rules.wanted;
        BOOST_TEST((wanted.empty() || names.starts_with(wanted.front().str())));
        return names;
    };
    BOOST_TEST(names_of("metadata = \"expired.xml\"\n") == "https://other.example.org ");
    BOOST_TEST(names_of("metadata = \"none.xml\"\n") == "");
    BOOST_TEST(names_of("metadata = \"none.xml\"\nentity_id = \"urn:a\"\nissuer_aliases = [\"urn:b\"]\n") ==
               "urn:a urn:b ");
    // What doesn't prove itself doesn't say whose it is either.
    BOOST_TEST(names_of("metadata = \"expired.xml\"\nsha256 = \"" + std::string(64, '0') + "\"\n") == "");
}

BOOST_AUTO_TEST_CASE(makes_missing_keys_once) {
    remove_keys();
    const auto first = accept(good);
    BOOST_TEST(has_note(first, "slo.toml:5: note: made a new signing key (RSA-2048, mode 0600)"));
    struct stat status {};
    BOOST_REQUIRE(::stat((folder / "sp.key.pem").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);
    BOOST_TEST((first.signing_key.algorithm() == saml::SignatureAlgorithm::rsa_sha256));

    const auto second = accept(good);
    BOOST_TEST(second.notes.empty());
    BOOST_TEST(second.signing_key.certificate().fingerprint() == first.signing_key.certificate().fingerprint());
}

BOOST_AUTO_TEST_CASE(makes_no_key_for_a_configuration_that_is_wrong_elsewhere) {
    remove_keys();
    refuse(with("[server]", "[[idp]]\nmetadata = \"idp.xml\"\n[server]"), 9, "is configured twice", "keep one");
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
}

BOOST_AUTO_TEST_CASE(makes_no_folder_for_a_key) {
    refuse(
        with("\"sp.key.pem\"\nsigning_certificate = \"sp.crt.pem\"", "\"x/a.pem\"\nsigning_certificate = \"x/b.pem\""),
        5, "can't create", "create its folder");
}

BOOST_AUTO_TEST_CASE(leaves_no_half_of_a_pair_behind) {
    refuse(with("\"sp.key.pem\"\nsigning_certificate = \"sp.crt.pem\"", "\"a.pem\"\nsigning_certificate = \"x/b.pem\""),
           6, "can't create", "create its folder");
    BOOST_TEST(!fs::exists(folder / "a.pem"));
}

BOOST_AUTO_TEST_CASE(refuses_half_a_key_pair) {
    fs::remove(folder / "sp.crt.pem");
    refuse(good, 6, "sp.crt.pem\" doesn't exist", "put it back");
    fs::rename(folder / "sp.key.pem", folder / "sp.crt.pem");
    refuse(good, 5, "sp.key.pem\" doesn't exist", "put it back");
}

BOOST_AUTO_TEST_CASE(refuses_keys_that_do_not_fit) {
    write("sp.crt.pem", read(fixtures + "/keys/stranger.crt.pem"));
    refuse(good, 6, "isn't the certificate of the key", "belong together");
    write("sp.crt.pem", "nothing");
    refuse(good, 6, "holds no certificate", "one certificate in PEM");
    copy_key("keys/sp-old", "sp");
    write("sp.key.pem", "nothing");
    refuse(good, 5, "holds no private key", "unencrypted private key in PEM");
}

BOOST_AUTO_TEST_CASE(pairs_encryption_keys_with_their_certificates) {
    copy_key("keys/sp-old", "e1");
    copy_key("keys/idp1-encryption", "e2");
    copy_key("keys/sp-p256", "ec");
    const auto encryption = [](const std::string& keys, const std::string& certificates) {
        return with("[[idp]]", "encryption_key = " + keys + "\nencryption_certificate = " + certificates + "\n[[idp]]");
    };
    const auto two = accept(encryption(R"(["e1.key.pem", "e2.key.pem"])", R"(["e1.crt.pem", "e2.crt.pem"])"));
    BOOST_TEST(two.decryption_keys.size() == 2U);
    BOOST_TEST(two.publication.content.encryption.size() == 2U);
    refuse(encryption(R"(["e1.key.pem", "e2.key.pem"])", R"("e1.crt.pem")"), 7, "don't pair up",
           "as many certificates as keys");
    refuse(encryption(R"("e1.key.pem")", R"("e2.crt.pem")"), 8, "isn't the certificate of the key", "belong together");
    refuse(encryption(R"("ec.key.pem")", R"("ec.crt.pem")"), 7, "can't decrypt", "RSA key");
}

BOOST_AUTO_TEST_CASE(notes_a_key_that_others_may_read) {
    fs::permissions(folder / "sp.key.pem", fs::perms::group_read, fs::perm_options::add);
    BOOST_TEST(has_note(accept(good), "slo.toml:5: note: others may read the private key"));
}

BOOST_AUTO_TEST_CASE(notes_the_age_of_certificates) {
    const Instant end = accept(good).signing_key.certificate().not_after();
    BOOST_TEST(has_note(accept(good, end), "slo.toml:6: note: our signing certificate has expired at "));
    BOOST_TEST(has_note(accept(good, end - 29 * 24h), "our signing certificate will expire at "));
    BOOST_TEST(!has_note(accept(good, end - 31 * 24h), "our signing certificate"));
    const Instant start = accept(good).signing_key.certificate().not_before();
    BOOST_TEST(has_note(accept(good, start - 1s), "our signing certificate isn't valid before "));
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_cannot_be_read) {
    const auto configuration = sp::load_configuration(folder / "nowhere.toml", some_day);
    BOOST_REQUIRE(!configuration);
    BOOST_TEST(configuration.error().code == sp::ConfigurationErrc::configuration_invalid);
    BOOST_TEST((configuration.error().detail.find("nowhere.toml\" (No such file or directory); check the path") !=
                std::string::npos),
               configuration.error().detail);
}

BOOST_AUTO_TEST_SUITE_END()
