// The permitted content of [[idp]] and [[metadata]], and its result.
#include <boost/test/unit_test.hpp>

#include "configuration_workspace.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using idp_adapter::MetadataQuery;
using idp_adapter::MetadataUrl;

const std::string source = R"([[metadata]]
name = "federation"
url = "https://md.example.org/all.xml"
signing_certificates = ["sp.crt.pem"]
)";

/// `good` with `text` in place of its [[idp]]; [[metadata]] begins at line 7.
std::string beside_nobody(const std::string& text) {
    return with("[[idp]]\nmetadata = \"idp.xml\"\n", text);
}
std::string source_with(const std::string& more) {
    return beside_nobody(source + more);
}
std::string source_without(std::string_view part, const std::string& instead) {
    std::string text = source;
    return beside_nobody(text.replace(text.find(part), part.size(), instead));
}

constexpr std::string_view certificates = "signing_certificates = [\"sp.crt.pem\"]\n";
const std::string pin = "pinned_tls_keys = [\"" + std::string(64, 'A') + "\"]\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_metadata, Workspace)

BOOST_AUTO_TEST_CASE(a_federation_has_strict_defaults) {
    const auto configuration = accept(source_with(""));
    BOOST_TEST(configuration.idps.empty());
    BOOST_REQUIRE(configuration.metadata.sources.size() == 1U);
    const auto& options = configuration.metadata.sources.front().source;
    BOOST_TEST(options.name == "federation");
    BOOST_TEST(options.cache == folder / "metadata-cache");
    BOOST_TEST((options.rules.longest_validity == std::chrono::days(14)));
    BOOST_TEST(std::get<metadata::SignedBy>(options.rules.trust).keys.size() == 1U);
    BOOST_TEST((options.rules.endpoints.http == metadata::EndpointRule::Http::refused));
    BOOST_TEST((options.rules.endpoints.private_addresses == metadata::EndpointRule::PrivateAddresses::refused));
    const auto& http = std::get<MetadataUrl>(options.place).http;
    BOOST_TEST((http.http == idp_adapter::HttpClientOptions::Http::refused));
    BOOST_TEST(http.max_redirects == 5U);
    BOOST_TEST(std::holds_alternative<idp_adapter::SystemCertificates>(http.peer));
    BOOST_TEST((configuration.metadata.shared_keys == idp_adapter::SharedKeys::refused));
}

BOOST_AUTO_TEST_CASE(an_idp_s_file_becomes_a_source_that_is_watched) {
    const auto configuration = accept(good);
    BOOST_REQUIRE(configuration.metadata.sources.size() == 1U);
    const auto& options = configuration.metadata.sources.front().source;
    BOOST_TEST(options.name == "idp-1");
    BOOST_TEST(configuration.idps.front().source == "idp-1");
    BOOST_TEST((options.rules.wanted == std::vector{configuration.idps.front().entity_id}));
    BOOST_TEST((options.missing == idp_adapter::Missing::refused));
    BOOST_TEST(options.first.has_value());
}

BOOST_AUTO_TEST_CASE(a_file_behind_a_link_is_watched_where_the_link_leads_also_before_it_is_there) {
    fs::create_directory(folder / "published");
    fs::create_symlink("published/idp.xml", folder / "first");
    fs::create_symlink(folder / "first", folder / "link.xml");
    const auto target = [&] {
        const auto partners = accept(with("\"idp.xml\"", "\"link.xml\"")).metadata;
        return std::get<idp_adapter::MetadataFile>(partners.sources.at(0).source.place).path;
    };
    BOOST_TEST(target() == folder / "published/idp.xml");
    fs::copy_file(folder / "idp.xml", folder / "published/idp.xml");
    BOOST_TEST(target() == fs::canonical(folder / "published/idp.xml"));
    fs::remove(folder / "first");
    fs::create_symlink("link.xml", folder / "first");  // a circle
    BOOST_TEST(target() == folder / "link.xml");
}

BOOST_AUTO_TEST_CASE(an_idp_whose_logouts_go_through_the_browser_alone_is_noted) {
    BOOST_TEST(!has_note(accept(good), "NO LOGOUT"));
    std::string text = read(fixtures + "/lasso/metadata.xml");
    for (auto at = text.find("bindings:SOAP"); at != std::string::npos; at = text.find("bindings:SOAP", at))
        text.replace(at, 13, "bindings:HTTP-Redirect");
    write("idp.xml", text);
    const auto configuration = accept(good);
    BOOST_TEST(
        has_note(configuration,
                 "slo.toml:8: note: the IdP \"https://idp-lasso.example.org/metadata\": NO LOGOUT of it can end a "
                 "session here: its metadata has single logout over \"HTTP-Redirect\""));
    BOOST_TEST(configuration.idps.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_idp_s_file_may_have_to_prove_itself) {
    const auto refused = [&](const std::string& more) {
        const auto loaded = accept(with("metadata = \"idp.xml\"", "metadata = \"idp.xml\"\n" + more));
        return loaded.absent.size() == 1 && loaded.idps.empty() ? loaded.absent.front().why.code.message() : "none";
    };
    BOOST_TEST(refused("sha256 = \"" + std::string(64, '0') + "\"") == "meta.hash");
    refuse(with("metadata = \"idp.xml\"", "metadata = \"idp.xml\"\nsha256 = \"abc\""), 9, "sha256 can't be",
           "64 hex digits");
    BOOST_TEST(refused(std::string(certificates)) == "sig.missing");
}

// MET-01
BOOST_AUTO_TEST_CASE(unsigned_metadata_is_taken_only_from_a_pinned_server_and_said_aloud) {
    const std::string aloud = "accept_unsigned_from_pinned_server = true\n";
    refuse(source_without(certificates, ""), 7, "nothing to prove itself with", "signing_certificates");
    refuse(source_without(certificates, pin), 7, "nothing to prove itself with", "signing_certificates");
    refuse(source_without(certificates, aloud), 10, "without pinned_tls_keys", "pin the server's key");
    refuse(source_without(certificates, aloud + pin + "allow_http = true\n"), 10, "allow_http", "pin the server's key");
    refuse(source_with(aloud + pin), 11, "beside signing_certificates", "remove it");
    const auto configuration = accept(source_without(certificates, aloud + pin));
    const auto& options = configuration.metadata.sources.front().source;
    BOOST_TEST(std::holds_alternative<metadata::TrustedPlace>(options.rules.trust));
    const auto& peer = std::get<MetadataUrl>(options.place).http.peer;
    BOOST_TEST(std::get<idp_adapter::PinnedPublicKeys>(peer).sha256.at(0) == std::string(64, 'a'));
}

BOOST_AUTO_TEST_CASE(one_idp_s_own_url_may_lack_a_valid_until_for_a_week) {
    const auto longest = [](const sp::Configuration& configuration) {
        return configuration.metadata.sources.front().source.rules.max_age_without_valid_until;
    };
    BOOST_TEST((longest(accept(source_with(""))) == std::chrono::days(7)));
    BOOST_TEST((longest(accept(source_with("max_age_without_valid_until = \"2d\"\n"))) == std::chrono::days(2)));
    BOOST_TEST(!longest(accept(source_with("max_age_without_valid_until = \"0s\"\n"))).has_value());
    const std::string url = "url = \"https://md.example.org/all.xml\"";
    const std::string plain = "url = \"http://md.example.org/all.xml\"\nallow_http = true\n";
    BOOST_TEST(!longest(accept(source_without(url, plain))).has_value());
    const std::string query = "mdq = \"https://mdq.example.org\"\nentities = [\"https://idp.example.org\"]\n";
    BOOST_TEST(!longest(accept(source_without(url, query))).has_value());
    const std::string said = "max_age_without_valid_until = \"7d\"\n";
    refuse(source_without(url, plain + said), 11, "without an https url", "remove it");
    refuse(source_without(url, query + said), 11, "without an https url", "remove it");
    refuse(source_without(url, "file = \"all.xml\"\n" + said), 10, "means nothing to a file", "remove it");
    refuse(source_with("max_age_without_valid_until = \"31d\"\n"), 11, "max_age_without_valid_until", "");
}

// MET-01
BOOST_AUTO_TEST_CASE(the_system_s_cas_are_enough_for_one_idp_s_url_if_configured) {
    const std::string alone = "accept_unsigned_from_certified_server = true\n";
    const std::string aloud = alone + "entities = [\"https://idp.example.org\"]\n";
    refuse(source_without(certificates, alone), 10, "without entities", "name the IdP's entityID");
    refuse(source_without(certificates, aloud + "max_redirects = 1\n"), 12, "max_redirects beside", "remove it");
    const auto configuration = accept(source_without(certificates, aloud));
    const auto& options = configuration.metadata.sources.front().source;
    BOOST_TEST((options.unsigned_from == idp_adapter::UnsignedFrom::certified_server));
    BOOST_TEST((options.holds == idp_adapter::Holds::one_idp));
    BOOST_TEST(std::holds_alternative<metadata::TrustedPlace>(options.rules.trust));
    BOOST_TEST(has_note(configuration,
                        "slo.toml:10: note: the metadata of \"federation\" is believed because of its "
                        "server's certificate alone: each CA of the system can"));
    BOOST_TEST(has_note(accept(source_without(certificates, aloud + "ca = \"sp.crt.pem\"\n")), "the CA in ca can"));
    refuse(source_with(aloud), 11, "beside signing_certificates", "remove it");
    refuse(source_without(certificates, aloud + pin), 10, "beside pinned_tls_keys",
           "accept_unsigned_from_pinned_server");
    refuse(source_without(certificates, aloud + "allow_http = true\n"), 10, "allow_http", "remove them");
    refuse(source_without("url = \"https://md.example.org/all.xml\"\n" + std::string(certificates),
                          "mdq = \"https://mdq.example.org\"\nentities = [\"https://idp.example.org\"]\n" + alone),
           11, "without url", "remove it");
    refuse(source_without(certificates, ""), 7, "nothing to prove itself with",
           "accept_unsigned_from_certified_server");
}

// MET-18
BOOST_AUTO_TEST_CASE(a_document_signed_with_sha1_needs_the_operators_permission) {
    const auto sha1 = [](const sp::Configuration& configuration) {
        const auto& trust = configuration.metadata.sources.front().source.rules.trust;
        return std::get<metadata::SignedBy>(trust).algorithms.sha1;
    };
    using Sha1 = saml::AlgorithmPolicy::Sha1;
    BOOST_TEST((sha1(accept(source_with(""))) == Sha1::refused));
    BOOST_TEST((sha1(accept(source_with("dangerously_accept_sha1 = true\n"))) == Sha1::refused));
    const std::string said = "dangerously_accept_sha1_signature = true\n";
    BOOST_TEST((sha1(accept(source_with(said))) == Sha1::dangerously_accepted));
    refuse(source_without(certificates, said + "sha256 = \"" + std::string(64, '0') + "\"\n"), 10,
           "means nothing without signing_certificates", "remove it");
}

BOOST_AUTO_TEST_CASE(plain_http_must_be_allowed) {
    const std::string plain = "url = \"http://md.example.org/all.xml\"";
    refuse(source_without("url = \"https://md.example.org/all.xml\"", plain), 9, "plain http", "allow_http = true");
    const auto allowed =
        accept(source_without("url = \"https://md.example.org/all.xml\"", plain + "\nallow_http = true"));
    BOOST_TEST(allowed.metadata.sources.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_server_may_have_a_ca_of_its_own_and_want_our_certificate) {
    const std::string ours = "ca = \"sp.crt.pem\"\nclient_certificate = \"sp.crt.pem\"\nclient_key = \"sp.key.pem\"\n";
    const auto check = [&](const idp_adapter::HttpClientOptions& http) {
        BOOST_TEST((http.peer == idp_adapter::PeerTrust(idp_adapter::CertificatesOf{folder / "sp.crt.pem"})));
        BOOST_TEST(http.client_certificate == folder / "sp.crt.pem");
        BOOST_TEST(http.client_key == folder / "sp.key.pem");
    };
    const auto at_url = accept(source_with(ours));
    check(std::get<MetadataUrl>(at_url.metadata.sources.front().source.place).http);
    const auto by_query =
        accept(source_without("url = \"https://md.example.org/all.xml\"",
                              "mdq = \"https://mdq.example.org\"\nentities = [\"https://idp.example.org\"]\n" + ours));
    check(std::get<MetadataQuery>(by_query.metadata.sources.front().source.place).http);

    refuse(source_with("client_certificate = \"sp.crt.pem\"\n"), 11, "don't pair up", "name both");
    refuse(source_with("client_certificate = \"none.pem\"\nclient_key = \"sp.key.pem\"\n"), 11, "none.pem", "");
    refuse(
        source_without("url = \"https://md.example.org/all.xml\"", "file = \"all.xml\"\nclient_key = \"sp.key.pem\""),
        10, "client_key means nothing to a file", "remove it");
}

BOOST_AUTO_TEST_CASE(a_metadata_query_names_its_entities) {
    const std::string url = "url = \"https://md.example.org/all.xml\"";
    refuse(source_without(url, "mdq = \"https://mdq.example.org\""), 9, "mdq without entities", "name the IdPs");
    const auto configuration = accept(source_without(
        url, "mdq = \"https://mdq.example.org\"\nmdq_form = \"sha1\"\nentities = [\"https://idp.example.org\"]"));
    const auto& options = configuration.metadata.sources.front().source;
    BOOST_TEST((std::get<MetadataQuery>(options.place).form == MetadataQuery::Form::sha1));
    BOOST_TEST(options.rules.wanted.at(0).str() == "https://idp.example.org");
}

BOOST_AUTO_TEST_CASE(a_setting_without_effect_or_with_two_meanings_is_refused) {
    refuse(source_with("file = \"all.xml\"\n"), 7, "needs one place", "write e.g.");
    refuse(source_without("url = \"https://md.example.org/all.xml\"", "file = \"all.xml\"\ntimeout = \"5s\""), 10,
           "timeout means nothing to a file", "remove it");
    refuse(source_with("mdq_form = \"sha1\"\n"), 11, "mdq_form without mdq", "remove it");
    refuse(source_with("sha256 = \"" + std::string(64, '0') + "\"\n"), 11, "sha256 beside", "keep one");
    refuse(source_with("client_key = \"sp.key.pem\"\n"), 11, "don't pair up", "name both");
    refuse(source_with("ca = \"sp.crt.pem\"\n" + pin), 11, "ca beside pinned_tls_keys", "keep one");
    refuse(source_with("longest_refresh = \"1m\"\n"), 11, "shorter than shortest_refresh", "at least as long");
    refuse(source_with(source), 12, "is taken", "a name of its own");
    refuse(source_without("\"federation\"", "\"The Federation\""), 8, "name can't be", "a-z");
    refuse(source_with("surprise = 1\n"), 11, "surprise", "");
    refuse(beside_nobody(""), 0, "no [[idp]]", "[[metadata]]");
}

// MET-07
BOOST_AUTO_TEST_CASE(two_idps_with_one_key_need_the_operators_permission) {
    std::string other = read(fixtures + "/lasso/metadata.xml");
    const std::string id = "https://idp-lasso.example.org/metadata";
    for (auto at = other.find(id); at != std::string::npos; at = other.find(id, at))
        other.replace(at, id.size(), "https://other.example.org/metadata");
    write("other.xml", other);
    const std::string both = with("[server]", "[[idp]]\nmetadata = \"other.xml\"\n[server]");
    refuse(both, 9, "signs with the same key", "allow_shared_keys");
    BOOST_TEST(accept(both + "[policy]\nallow_shared_keys = true\n").idps.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
