// How one IdP deviates, as [[idp]] and [[metadata]] say it.
#include <boost/test/unit_test.hpp>

#include "configuration_workspace.hpp"
#include "logout_request_text.hpp"
#include "slo/metadata/error.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using idp_adapter::InteropProfile;
using idp_adapter::Wire;

std::string idp_with(const std::string& more) {
    return with("metadata = \"idp.xml\"\n", "metadata = \"idp.xml\"\n" + more);
}

struct Fixture : Workspace {
    [[nodiscard]] InteropProfile profile(const std::string& more) const {
        return accept(idp_with(more)).idps.front().profile;
    }
    /// The first of the new lines is line 9.
    void refuse_line(const std::string& more, unsigned line, std::string_view what, std::string_view mend) const {
        refuse(idp_with(more), line, what, mend);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_profile, Fixture)

BOOST_AUTO_TEST_CASE(is_strict_by_default) {
    const auto strict = profile("");
    BOOST_TEST((strict.wires == std::set{Wire::soap}));
    BOOST_TEST((strict.repeats == idp_adapter::RepeatRule::answer_again));
    BOOST_TEST((strict.session_index == idp_adapter::SessionIndexRule::optional));
    BOOST_TEST((strict.asynchronous == idp_adapter::AsynchronousRule::answer));
    BOOST_TEST((strict.prefixes == saml::NamespacePrefixes::usual));
    BOOST_TEST((strict.outgoing.success == idp_adapter::SuccessProves::logout));
}

BOOST_AUTO_TEST_CASE(may_be_a_preset) {
    const auto keycloak = profile("profile = \"keycloak\"\n");
    BOOST_TEST((keycloak.wires == std::set{Wire::soap, Wire::form}));
    BOOST_TEST((keycloak.outgoing.success == idp_adapter::SuccessProves::nothing));
    const auto pysaml2 = profile("profile = \"pysaml2\"\n");
    BOOST_TEST((pysaml2.extra_content_types == std::vector<std::string>{"application/soap+xml"}));
    BOOST_TEST((pysaml2.prefixes == saml::NamespacePrefixes::numbered));
    refuse_line("profile = \"Keycloak\"\n", 9, "profile can't be \"Keycloak\"", "\"keycloak\", \"shibboleth\"");
}

BOOST_AUTO_TEST_CASE(has_keys_that_override_the_preset) {
    const auto changed = profile(
        "profile = \"pysaml2\"\nprefixes = \"usual\"\nextra_content_types = []\nwires = [\"form\"]\n"
        "[idp.logout]\nextra_reply_types = [\"application/xml\"]\n");
    BOOST_TEST((changed.prefixes == saml::NamespacePrefixes::usual));
    BOOST_TEST(changed.extra_content_types.empty());
    BOOST_TEST((changed.wires == std::set{Wire::form}));
    BOOST_TEST((changed.outgoing.extra_reply_types == std::vector<std::string>{"application/xml"}));
    const auto believed = profile("profile = \"keycloak\"\n[idp.logout]\nsuccess_is_proof = true\n");
    BOOST_TEST((believed.outgoing.success == idp_adapter::SuccessProves::logout));
}

BOOST_AUTO_TEST_CASE(says_how_logouts_arrive_and_are_answered) {
    const auto all = profile(
        "wires = [\"soap\", \"form\", \"form_with_envelope\", \"form_in_query\", \"form_logout_request\", "
        "\"redirect\", \"post\"]\n"
        "issuer_aliases = [\"https://old.example.org/idp\"]\nsession_index = \"required\"\nrepeats = \"refuse\"\n"
        "asynchronous = \"stay_silent\"\nform_answer = \"logout_response\"\nprefixes = \"numbered\"\n");
    BOOST_TEST(all.wires.size() == 7U);
    BOOST_TEST_REQUIRE(all.issuer_aliases.size() == 1U);
    BOOST_TEST(all.issuer_aliases.front().str() == "https://old.example.org/idp");
    BOOST_TEST((all.session_index == idp_adapter::SessionIndexRule::required));
    BOOST_TEST((all.repeats == idp_adapter::RepeatRule::refuse));
    BOOST_TEST((all.asynchronous == idp_adapter::AsynchronousRule::stay_silent));
    BOOST_TEST((all.form_answer == idp_adapter::FormAnswer::logout_response));
    BOOST_TEST((all.prefixes == saml::NamespacePrefixes::numbered));
}

BOOST_AUTO_TEST_CASE(refuses_unknown_keys_and_values) {
    refuse_line("wires = [\"soap\", \"artifact\"]\n", 9, "wires: \"artifact\" is none", "form_with_envelope");
    refuse_line("wires = []\n", 9, "wires is empty", "[\"soap\"]");
    refuse_line("session_index = \"maybe\"\n", 9, "session_index", "required");
    refuse_line("issuer_aliases = [\"old\"]\n", 9, "can't be \"old\"", "absolute URI");
    refuse_line("extra_content_types = [\"application/x-www-form-urlencoded\"]\n", 9, "no media type of SOAP",
                "without parameters");
    refuse_line("[idp.logout]\nredirects = 3\n", 10, "redirects", "");
}

BOOST_AUTO_TEST_CASE(a_table_of_an_idp_is_named_as_it_is_written) {
    refuse_line("[idp.logout]\nx = 3\n", 10, "unknown key \"x\" in [idp.logout]", "known here");
    refuse_line("[[idp.logout]]\nx = 3\n", 9, "logout isn't a table", "write its keys below a line [idp.logout]");
}

BOOST_AUTO_TEST_CASE(says_how_the_idp_is_asked) {
    write("password", "secret\n");
    write("ca.pem", read(fixtures + "/keys/idp1-first.crt.pem"));
    const auto asked = profile(
                           "[idp.logout]\ncontent_type = \"application/soap+xml; charset=utf-8\"\n"
                           "session_indexes = \"of_one_session\"\nvalidity = \"10m\"\nasynchronous = "
                           "\"where_supported\"\n"
                           "ca = \"ca.pem\"\nclient_certificate = \"sp.crt.pem\"\nclient_key = \"sp.key.pem\"\n"
                           "basic_user = \"slo\"\nbasic_password_file = \"password\"\nproxy = \"[::1]:3128\"\n"
                           "proxy_user = \"p\"\nproxy_password_file = \"password\"\ntimeout = \"4s\"\n"
                           "allow_http = true\n")
                           .outgoing;
    BOOST_TEST(asked.content_type == "application/soap+xml; charset=utf-8");
    BOOST_TEST((asked.session_indexes == idp_adapter::IndexesSent::of_one_session));
    BOOST_TEST((asked.validity == std::chrono::minutes(10)));
    BOOST_TEST((asked.asynchronous == idp_adapter::AsynchronousRequests::where_supported));
    BOOST_TEST(std::get<idp_adapter::CertificatesOf>(asked.http.peer).ca_file == folder / "ca.pem");
    BOOST_TEST(asked.http.client_key == folder / "sp.key.pem");
    BOOST_TEST_REQUIRE(asked.http.credentials.has_value());
    BOOST_TEST(asked.http.credentials->user + ":" + asked.http.credentials->password == "slo:secret");
    BOOST_TEST_REQUIRE(asked.http.proxy.has_value());
    BOOST_TEST(asked.http.proxy->host == "::1");
    BOOST_TEST(asked.http.proxy->port == 3128);
    BOOST_TEST_REQUIRE(asked.http.proxy->credentials.has_value());
    BOOST_TEST(asked.http.proxy->credentials->user == "p");
    BOOST_TEST((asked.http.deadline == std::chrono::seconds(4)));
    BOOST_TEST((asked.http.http == idp_adapter::HttpClientOptions::Http::accepted));
    BOOST_TEST(asked.http.max_redirects == 0U);
}

BOOST_AUTO_TEST_CASE(says_how_users_sign_on) {
    using namespace idp_adapter;
    const auto strict = profile("").sign_on;
    BOOST_TEST((strict.signature_on == saml::SignatureOn::either));
    BOOST_TEST((strict.unsolicited == Unsolicited::converted));
    BOOST_TEST((strict.name_id_policy == NameIDPolicyRule{}));
    const std::string everything =
        "signature_on = \"both\"\nunsolicited = \"refused\"\nrequest_binding = \"post\"\n"
        "name_id_policy = \"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"\nname_id = \"optional\"\n"
        "authn_contexts = [\"urn:a:b\", \"urn:c:d\"]\nforce_authn_trusted = false\n"
        "destination = \"scheme_host_normalised\"\nmax_window = \"1h\"\ncbc = \"never\"\n";
    const auto all = profile("[idp.sign_on]\n" + everything).sign_on;
    BOOST_TEST((all.signature_on == saml::SignatureOn::both));
    BOOST_TEST((all.unsolicited == Unsolicited::refused));
    BOOST_TEST((all.request_binding == RequestBinding::post));
    BOOST_TEST((all.name_id_policy.policy == NameIDPolicyRule::Policy::this_format));
    BOOST_TEST(all.name_id_policy.format == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    BOOST_TEST((all.name_id == NameIDNeed::optional));
    BOOST_TEST((all.authn_contexts == std::vector<std::string>{"urn:a:b", "urn:c:d"}));
    BOOST_TEST((all.force_authn == ForcedAuthn::untrusted));
    BOOST_TEST((all.destination == saml::UrlMatching::scheme_host_normalised));
    BOOST_TEST((all.max_window == std::chrono::hours(1)));
    BOOST_TEST((all.cbc == saml::AlgorithmPolicy::Cbc::refused));
    const auto some = profile("sign_on = {signature_on = \"assertion\", name_id_policy = \"any\"}\n").sign_on;
    BOOST_TEST((some.signature_on == saml::SignatureOn::assertion));
    BOOST_TEST((some.name_id_policy.policy == NameIDPolicyRule::Policy::any));
    const std::string over_google = "profile = \"google\"\n[idp.sign_on]\n";
    BOOST_TEST((profile(over_google).sign_on.force_authn == ForcedAuthn::untrusted));
    BOOST_TEST((profile(over_google + "force_authn_trusted = true\n").sign_on.force_authn == ForcedAuthn::trusted));
    const auto federation =
        accept(with("[[idp]]\nmetadata = \"idp.xml\"\n",
                    "[[metadata]]\nname = \"federation\"\nurl = \"https://md.example.org/all.xml\"\n"
                    "signing_certificates = [\"sp.crt.pem\"]\n[metadata.sign_on]\n" +
                        everything));
    BOOST_TEST((federation.metadata.sources.front().profile.sign_on.signature_on == saml::SignatureOn::both));
}

BOOST_AUTO_TEST_CASE(refuses_wrong_values_of_sign_on_with_the_key) {
    const auto refuse_value = [&](const std::string& line, std::string_view what, std::string_view mend) {
        refuse_line("[idp.sign_on]\n" + line + "\n", 10, what, mend);
    };
    refuse_value("signature_on = \"none\"", "signature_on can't be \"none\"", "\"response\", \"assertion\"");
    refuse_value("unsolicited = \"yes\"", "unsolicited can't be \"yes\"", "\"converted\"");
    refuse_value("request_binding = \"soap\"", "request_binding can't be \"soap\"", "\"by_length\"");
    refuse_value("name_id_policy = \"persistent\"", "name_id_policy can't be \"persistent\"", "\"omit\", \"any\"");
    refuse_value("name_id = \"maybe\"", "name_id can't be \"maybe\"", "\"required\"");
    refuse_value("authn_contexts = [\"password\"]", "authn_contexts: \"password\" is no URI", "classes:Password");
    refuse_value("force_authn_trusted = \"no\"", "force_authn_trusted", "true");
    refuse_value("destination = \"optional\"", "destination can't be \"optional\"", "\"exact\"");
    refuse_value("max_window = \"2d\"", "max_window is out of range", "30s to 1d");
    refuse_value("max_window = \"1s\"", "max_window is out of range", "30s");
    refuse_value("cbc = \"always\"", "cbc can't be \"always\"", "\"never\"");
    for (const auto* key : {"audience", "recipient", "in_response_to", "subject"}) {
        refuse_value(std::string(key) + " = \"optional\"", "unknown key \"" + std::string(key) + "\"", "known here");
    }
}

BOOST_AUTO_TEST_CASE(refuses_half_a_way_to_the_idp) {
    write("password", "secret\n");
    write("empty", "\n");
    const std::string begin = "[idp.logout]\n";
    refuse_line(begin + "basic_user = \"slo\"\n", 10, "don't pair up", "name both");
    refuse_line(begin + "basic_user = \"s:lo\"\nbasic_password_file = \"password\"\n", 10, "basic_user can't be",
                "without a colon");
    refuse_line(begin + "basic_user = \"slo\"\nbasic_password_file = \"empty\"\n", 11, "is no password",
                "password there");
    refuse_line(begin + "proxy_user = \"slo\"\nproxy_password_file = \"password\"\n", 10, "proxy_user without proxy",
                "proxy = ");
    for (const auto* proxy : {"proxy.example.org", "proxy.example.org:0", "http://proxy.example.org:3128", ":3128",
                              "proxy:99999", "::1:3128", "proxy:80x"}) {
        refuse_line(begin + "proxy = \"" + proxy + "\"\n", 10, "proxy can't be", "host:port");
    }
    refuse_line(begin + "client_key = \"sp.key.pem\"\n", 10, "don't pair up", "name both");
    refuse_line(begin + "ca = \"missing.pem\"\n", 10, "ca", "");
    refuse_line(begin + "content_type = \"text/xml; charset=latin1\"\n", 10, "content_type can't be", "UTF-8");
}

BOOST_AUTO_TEST_CASE(is_the_same_for_a_federation_but_an_alias_is_one_idps) {
    const std::string federation =
        "[[metadata]]\nname = \"federation\"\nurl = \"https://md.example.org/all.xml\"\n"
        "signing_certificates = [\"sp.crt.pem\"]\n";
    const auto beside_nobody = [&](const std::string& more) {
        return with("[[idp]]\nmetadata = \"idp.xml\"\n", federation + more);
    };
    const auto configuration =
        accept(beside_nobody("profile = \"lemonldap\"\n[metadata.logout]\nvalidity = \"10m\"\n"));
    const auto& outgoing = configuration.metadata.sources.front().profile.outgoing;
    BOOST_TEST((outgoing.session_indexes == idp_adapter::IndexesSent::of_one_session));
    BOOST_TEST((outgoing.validity == std::chrono::minutes(10)));
    const std::string alias = "issuer_aliases = [\"https://old.example.org/idp\"]\n";
    refuse(beside_nobody(alias), 11, "issuer_aliases for more than one IdP", "entities = ");
    const auto alone = accept(beside_nobody(alias + "entities = [\"https://idp.example.org/saml\"]\n"));
    BOOST_TEST(alone.metadata.sources.front().profile.issuer_aliases.size() == 1U);
    write("sender.password", "0123456789abcdef\n");
    const std::string password =
        "accepted_authentication = [\"xml_signature\", \"http_basic\"]\nsender_user = \"idp\"\n"
        "sender_password_file = \"sender.password\"\n";
    refuse(beside_nobody(password), 12, "one password for more than one IdP", "entities = ");
    const auto known = accept(beside_nobody(password + "entities = [\"https://idp.example.org/saml\"]\n"));
    BOOST_TEST(known.metadata.sources.front().profile.accepted_authentication.basic.user == "idp");
}

BOOST_AUTO_TEST_CASE(asks_no_longer_than_the_logout_is_remembered) {
    const std::string policy = "[policy]\nlogout_record_cap = \"2h\"\n";
    const auto asking_for = [&](const std::string& validity) {
        return idp_with("[idp.logout]\nvalidity = \"" + validity + "\"\n") + policy;
    };
    BOOST_TEST((accept(asking_for("2h")).idps.front().profile.outgoing.validity == std::chrono::hours(2)));
    refuse(asking_for("7201s"), 10, "validity is 7201s, but logout_record_cap in [policy] is 7200s",
           "shorten validity");
    refuse(asking_for("3h"), 10, "forgotten while its IdP is still asked", "logout_record_cap at least as long");
    const std::string federation =
        "[[metadata]]\nname = \"federation\"\nfile = \"all.xml\"\n[metadata.logout]\ntimeout = \"5s\"\n";
    refuse(with("[server]", federation + "validity = \"3h\"\n[server]") + policy, 14, "validity is 10800s",
           "shorten validity");
    BOOST_TEST(accept(with("[server]", federation + "validity = \"2h\"\n[server]") + policy).idps.size() == 1U);
}

BOOST_AUTO_TEST_CASE(gives_no_name_to_two_idps) {
    write("other.xml", read(fixtures + "/pysaml2/metadata.xml"));
    const std::string first = accept(good).idps.front().entity_id.str();
    const auto two = [&](const std::string& of_first, const std::string& of_other) {
        return idp_with(of_first + "[[idp]]\nmetadata = \"other.xml\"\n" + of_other);
    };
    const std::string other = accept(two("", "")).idps.back().entity_id.str();
    const auto alias = [](const std::string& name) { return "issuer_aliases = [\"" + name + "\"]\n"; };
    const auto both = "two IdPs, \"" + first + "\" and \"" + other + "\"";
    const std::string mend = "take it out of issuer_aliases";
    refuse(two("", alias(first)), 11, "\"" + first + "\" would be a name of " + both, mend);
    refuse(two(alias(other), ""), 10, "\"" + other + "\" would be a name of " + both, mend);
    const std::string old = "https://old.example.org/idp";
    refuse(two(alias(old), alias(old)), 12, "\"" + old + "\" would be a name of " + both, mend);
    BOOST_TEST(accept(two(alias(first), alias(old))).idps.size() == 2U);
    const std::string named = "[[metadata]]\nname = \"more\"\nfile = \"more.xml\"\nentities = [\"" + other + "\"]\n";
    refuse(idp_with(alias(old) + named + alias(old)), 14, "\"" + old + "\" would be a name of " + both, mend);
    refuse(idp_with(named + alias(first)), 13, "\"" + first + "\" would be a name of " + both, mend);
}

// Or an alias whose owner's file is missing would keep the other IdP out.
BOOST_AUTO_TEST_CASE(gives_no_name_of_an_idp_to_one_whose_file_is_missing) {
    const std::string there = accept(good).idps.front().entity_id.str();
    const std::string alias = "issuer_aliases = [\"" + there + "\"]\n";
    const std::string missing = "[[idp]]\nmetadata = \"missing.xml\"\n";
    const std::string mend = "take it out of issuer_aliases";
    const std::string both = "\"" + there + "\" would be a name of two IdPs, ";
    refuse(idp_with(missing + alias), 11, both + "\"" + there + "\" and that of idp-2", mend);
    refuse(
        with("metadata = \"idp.xml\"\n", "metadata = \"missing.xml\"\n" + alias + "[[idp]]\nmetadata = \"idp.xml\"\n"),
        10, both + "that of idp-1 and \"" + there + "\"", mend);
    refuse(idp_with(alias + missing + alias), 12, both + "\"" + there + "\" and that of idp-2", mend);
    BOOST_TEST(accept(idp_with(missing + "issuer_aliases = [\"urn:old\"]\n")).absent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(forms_arrive_at_a_url_of_their_own) {
    const std::string url = "slo_url = \"https://sp.example.org/saml/slo\"\n";
    const auto configuration = accept(with(url, url + "form_url = \"https://sp.example.org/saml/form\"\n"));
    BOOST_TEST(configuration.endpoint.form_path == "/saml/form");
    BOOST_TEST_REQUIRE(configuration.destinations.size() == 2U);
    BOOST_TEST(configuration.destinations.back().str() == "https://sp.example.org/saml/form");
    BOOST_TEST_REQUIRE(configuration.endpoint.soap_urls.size() == 1U);
    BOOST_TEST(configuration.endpoint.soap_urls.front().str() == "https://sp.example.org/saml/slo");
    BOOST_TEST_REQUIRE(configuration.endpoint.form_urls.size() == 1U);
    BOOST_TEST(configuration.endpoint.form_urls.front().str() == "https://sp.example.org/saml/form");
    BOOST_TEST(accept(good).endpoint.form_path == "");
    refuse(with(url, url + "form_url = \"http://sp.example.org/saml/form\"\n"), 4, "form_url", "https://");
    refuse(with(url, url + "form_url = \"https://sp.example.org/saml/slo\"\n"), 10, "form_path is soap_path",
           "another path");
    refuse(good + "form_path = \"/form\"\n", 11, "form_path without form_url", "form_url = ");
    const auto rewritten =
        accept(with(url, url + "form_url = \"https://sp.example.org/saml/form\"\n") + "form_path = \"/inner\"\n");
    BOOST_TEST(rewritten.endpoint.form_path == "/inner");
}

BOOST_AUTO_TEST_CASE(accepts_requests_without_signature_only_if_told_so) {
    using enum idp_adapter::AcceptedAuthentication::TlsClientKey;
    for (const auto& strict : {profile(""), profile("accepted_authentication = [\"xml_signature\"]\n"),
                               profile("profile = \"shibboleth\"\n"), profile("profile = \"pingfederate\"\n")}) {
        BOOST_TEST((strict.accepted_authentication.tls_client_key == refused));
        BOOST_TEST(strict.accepted_authentication.basic.password.empty());
    }
}

BOOST_AUTO_TEST_CASE(accepts_a_tls_client_s_key_where_certificates_are_asked_for) {
    write("server.pem", read(fixtures + "/tls/server.pem"));
    write("server.key", read(fixtures + "/tls/server.key"));
    const std::string accepting = idp_with("accepted_authentication = [\"xml_signature\", \"tls_client_key\"]\n");
    const std::string tls = "[server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n";
    const auto accepted = accept(accepting + tls + "client_certificates = \"any\"\n");
    BOOST_TEST((accepted.idps.front().profile.accepted_authentication.tls_client_key ==
                idp_adapter::AcceptedAuthentication::TlsClientKey::accepted));
    BOOST_TEST((accepted.server.tls->client_certificates == sp::ClientCertificates::any));
    refuse(accepting + tls + "client_certificates = \"any\"\nclient_ca = \"server.pem\"\n", 16,
           "client_ca beside client_certificates = \"any\"", "remove it");
    for (const auto& blind : {accepting, accepting + tls}) {
        refuse(blind, 9, "\"tls_client_key\", but no client certificate is asked for", "client_certificates = \"any\"");
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_uri_is_an_exception_for_the_idp_that_has_it) {
    write("wso2.xml", replaced(read(folder / "idp.xml"), "entityID=\"https://idp-lasso.example.org/metadata\"",
                               "entityID=\"localhost\""));
    const auto with_wso2 = [](const std::string& more) {
        return with("metadata = \"idp.xml\"\n", "metadata = \"wso2.xml\"\n" + more);
    };
    const auto strict = accept(with_wso2(""));
    BOOST_TEST(strict.idps.empty());
    BOOST_TEST((strict.absent.at(0).why.code == make_error_code(metadata::Errc::entity_id_malformed)));
    const auto loaded =
        accept(with_wso2("entity_id = \"localhost\"\nopaque_entity_id = true\nissuer_aliases = [\"old\"]\n"));
    BOOST_TEST_REQUIRE(loaded.idps.size() == 1U);
    BOOST_TEST(loaded.idps.front().entity_id.str() == "localhost");
    BOOST_TEST(loaded.idps.front().profile.issuer_aliases.at(0).str() == "old");
    BOOST_TEST((loaded.idps.front().profile.forms.entity_id == saml::EntityIDForm::opaque));
    BOOST_TEST((profile("").forms.entity_id == saml::EntityIDForm::absolute_uri));
    refuse_line("issuer_aliases = [\"a  b\"]\nopaque_entity_id = true\n", 9, "can't be \"a  b\"", "single blanks");
}

BOOST_AUTO_TEST_CASE(our_own_name_is_a_uri_unless_the_operator_says_otherwise) {
    const std::string uri = "\"https://sp.example.org/saml\"";
    refuse(with(uri, "\"my-sp\""), 2, "entity_id can't be \"my-sp\"", "opaque_entity_id = true");
    const auto loaded = accept(with(uri, "\"my-sp\"\nopaque_entity_id = true\nformer_entity_ids = [\"old-sp\"]"));
    BOOST_TEST(loaded.entity_id.str() == "my-sp");
}

BOOST_AUTO_TEST_CASE(reads_whether_an_idp_has_rsa_pss) {
    using RsaPss = saml::AlgorithmPolicy::RsaPss;
    BOOST_TEST((profile("").algorithms.rsa_pss == RsaPss::refused));
    BOOST_TEST((profile("rsa_pss = \"accepted\"\n").algorithms.rsa_pss == RsaPss::accepted));
    BOOST_TEST((profile("rsa_pss = \"accepted_and_used\"\n").algorithms.rsa_pss == RsaPss::accepted_and_used));
    refuse_line("rsa_pss = \"used\"\n", 9, "rsa_pss can't be \"used\"", "\"accepted_and_used\"");
}

BOOST_AUTO_TEST_CASE(reads_how_an_idp_writes_its_messages) {
    using saml::MessageForms;
    const auto strict = profile("").forms;
    BOOST_TEST((strict.times == MessageForms::Times::utc_with_z));
    BOOST_TEST((strict.empty_qualifiers == MessageForms::EmptyQualifiers::refused));
    BOOST_TEST((strict.issuer_attributes == MessageForms::IssuerAttributes::refused));
    const auto lenient =
        profile("times = \"utc\"\nempty_qualifiers = \"absent\"\nissuer_attributes = \"ignored\"\n").forms;
    BOOST_TEST((lenient.times == MessageForms::Times::utc_however_written));
    BOOST_TEST((lenient.empty_qualifiers == MessageForms::EmptyQualifiers::absent));
    BOOST_TEST((lenient.issuer_attributes == MessageForms::IssuerAttributes::ignored));
    refuse_line("times = \"local\"\n", 9, "times can't be \"local\"", "\"utc\"");
}

BOOST_AUTO_TEST_CASE(accepts_only_a_long_password_over_tls) {
    write("sender.password", "0123456789abcdef\n");
    write("short.password", "0123456789abcde\n");
    const std::string ways = "accepted_authentication = [\"http_basic\", \"xml_signature\"]\n";
    const std::string account = "sender_user = \"idp\"\nsender_password_file = \"sender.password\"\n";
    const auto basic = profile(ways + account).accepted_authentication.basic;
    BOOST_TEST(basic.user == "idp");
    BOOST_TEST(basic.password == "0123456789abcdef");
    refuse_line(ways, 9, "\"http_basic\" without sender_user", "name the account");
    refuse_line(ways + "sender_user = \"idp\"\nsender_password_file = \"short.password\"\n", 11, "fewer than 16 octets",
                "openssl rand");
    refuse_line(account, 9, "a password that nothing is accepted for", "http_basic");
    std::string open = idp_with(ways + account);
    open.replace(open.find("127.0.0.1"), 9, "192.0.2.1");
    refuse(open, 9, "\"http_basic\" without TLS", "[server.tls]");
    std::string plain = idp_with(ways + account);
    const std::string url = "slo_url = \"https://sp.example.org/saml/slo\"\n";
    plain.replace(plain.find(url), url.size(), "slo_url = \"http://sp.example.org/saml/slo\"\nallow_http = true\n");
    refuse(plain, 10, "\"http_basic\" beside a URL of ours that is plain http", "https://");
    const std::string other_idp = "[[metadata]]\nname = \"other\"\nfile = \"other.xml\"\nentities = [\"urn:other\"]\n";
    refuse(idp_with(ways + account + other_idp + ways + account), 17, "the user and password of an IdP before it",
           "another password");
}

BOOST_AUTO_TEST_CASE(refuses_other_ways_and_the_lack_of_signatures) {
    refuse_line("accepted_authentication = [\"xml_signature\", \"ip\"]\n", 9, "\"ip\" is none", "tls_client_key");
    refuse_line("accepted_authentication = [\"tls_client_key\"]\n", 9, "without \"xml_signature\"", "add it");
    refuse_line("accepted_authentication = []\n", 9, "without \"xml_signature\"", "add it");
}

BOOST_AUTO_TEST_SUITE_END()
