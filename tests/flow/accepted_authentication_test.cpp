// IdPs that don't sign: which other evidence proves a LogoutRequest (Bindings 3.2.2.1; Profiles 4.4.3.1).
#include <boost/test/unit_test.hpp>

#include <string>

#include "expectations.hpp"
#include "service_provider.hpp"

using namespace slo;
using namespace slo::test;
using idp_adapter::AcceptedAuthentication;
using idp_adapter::InteropProfile;

namespace {

InteropProfile with_tls_key() {
    InteropProfile profile;
    profile.accepted_authentication.tls_client_key = AcceptedAuthentication::TlsClientKey::accepted;
    return profile;
}
InteropProfile with_password() {
    InteropProfile profile;
    profile.accepted_authentication.basic = {"idp1", "a long secret: \xC3\xA9"};
    return profile;
}
constexpr std::string_view right_password = "Basic aWRwMTphIGxvbmcgc2VjcmV0OiDDqQ==";  // printf ... | base64

/// A service provider to which IdP1 doesn't sign, while IdP2 does.
struct Site : ServiceProvider {
    explicit Site(InteropProfile profile) : ServiceProvider({.idps = {idp1(std::move(profile)), idp2()}}) {
        admit_baseline();
    }
    Reply post_as(const std::string& key, const std::string& body) {
        return send({.method = "POST",
                     .target = "/saml/slo/soap",
                     .headers = {{"Content-Type", "text/xml"}},
                     .body = body,
                     .tls_key = key});
    }
    Reply post_with(const std::string& authorization, const std::string& body) {
        return post(body, {{"Content-Type", "text/xml"}, {"Authorization", authorization}});
    }
};

void expect_logged_out(Site& site, const Reply& reply, std::string_view by) {
    expect_ok(reply);
    BOOST_TEST(site.alive() == "S2 S3 S4");
    BOOST_TEST(site.told() == "S1");
    BOOST_TEST(site.audit.last().event == "logout");
    BOOST_TEST(site.audit.last().authenticated_by == by);
}

void expect_denied(Site& site, const Reply& reply) {
    expect_status(reply, "Requester", {"RequestDenied"});
    BOOST_TEST(site.alive() == all_alive);
    BOOST_TEST(site.audit.last().rule == "sig.missing");
    BOOST_TEST(site.audit.last().authenticated_by == "");
}

void expect_refused(Site& site, const Reply& reply, std::string_view rule) {
    expect_requester(reply);
    BOOST_TEST(site.alive() == all_alive);
    BOOST_TEST(site.audit.last().rule == rule);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accepted_authentication)

BOOST_AUTO_TEST_CASE(each_signing_key_of_the_idp_proves_an_unsigned_request_as_a_tls_client) {
    for (const auto* key : {"keys/idp1-first.crt.pem", "keys/idp1-second.crt.pem", "keys/idp1-third.crt.pem"}) {
        Site site(with_tls_key());
        expect_logged_out(site, site.post_as(key_fingerprint(key), unsigned_soap({})), "tls_client_key");
    }
}

BOOST_AUTO_TEST_CASE(another_key_proves_nothing_as_a_tls_client) {
    Site site(with_tls_key());
    for (const auto* key : {"keys/idp2.crt.pem", "keys/idp1-encryption.crt.pem", "keys/stranger.crt.pem"}) {
        expect_denied(site, site.post_as(key_fingerprint(key), unsigned_soap({})));
    }
    expect_denied(site, site.post_as("", unsigned_soap({})));
}

BOOST_AUTO_TEST_CASE(an_idp_speaks_for_itself_alone) {
    Site site(with_tls_key());
    const LogoutRequestText of_idp2{.issuer = issuer_of(idp2_entity_id)};
    expect_denied(site, site.post_as(key_fingerprint("keys/idp1-first.crt.pem"), unsigned_soap(of_idp2)));
    expect_denied(site, site.post_as(key_fingerprint("keys/idp2.crt.pem"), unsigned_soap(of_idp2)));
}

BOOST_AUTO_TEST_CASE(nothing_but_a_signature_counts_unless_the_profile_says_so) {
    Site site({});
    expect_denied(site, site.post_as(key_fingerprint("keys/idp1-first.crt.pem"), unsigned_soap({})));
    expect_denied(site, site.post_with(std::string(right_password), unsigned_soap({})));
    Site other(with_password());
    expect_denied(other, other.post_as(key_fingerprint("keys/idp1-first.crt.pem"), unsigned_soap({})));
    Site third(with_tls_key());
    expect_denied(third, third.post_with(std::string(right_password), unsigned_soap({})));
}

BOOST_AUTO_TEST_CASE(a_signature_counts_whatever_else_is_accepted) {
    for (const auto& profile : {with_tls_key(), with_password()}) {
        Site site(profile);
        expect_logged_out(site, site.post(soap({})), "");
    }
}

BOOST_AUTO_TEST_CASE(nothing_makes_a_broken_signature_good) {
    const std::string key = key_fingerprint("keys/idp1-first.crt.pem");
    Site site(with_tls_key());
    expect_refused(site, site.post_as(key, replaced(soap({}), "i1<", "i2<")), "sig.invalid");
    expect_refused(site, site.post_as(key, soap({}, "keys/stranger.key.pem")), "sig.invalid");
    // Moved away from a signature's place, into an element that isn't read.
    const std::string whole = soap({.extensions = "<samlp:Extensions><x:y xmlns:x=\"urn:x\"/></samlp:Extensions>"});
    const auto begin = whole.find("<ds:Signature");
    const auto end = whole.find("</ds:Signature>") + std::string("</ds:Signature>").size();
    const std::string signature = whole.substr(begin, end - begin);
    const std::string moved = replaced(replaced(whole, signature, ""), "<x:y xmlns:x=\"urn:x\"/>",
                                       "<x:y xmlns:x=\"urn:x\">" + signature + "</x:y>");
    expect_refused(site, site.post_as(key, moved), "sig.position");
    Site other(with_password());
    expect_refused(other, other.post_with(std::string(right_password), replaced(soap({}), "i1<", "i2<")),
                   "sig.invalid");
}

BOOST_AUTO_TEST_CASE(the_content_of_the_request_is_checked_like_that_of_a_signed_one) {
    const std::string key = key_fingerprint("keys/idp1-first.crt.pem");
    Site site(with_tls_key());
    expect_refused(site, site.post_as(key, unsigned_soap({.destination = "https://other.example.com/"})),
                   "check.destination");
    expect_refused(site, site.post_as(key, unsigned_soap({.destination = std::nullopt})), "check.destination_missing");
    expect_refused(site, site.post_as(key, unsigned_soap({.not_on_or_after = "2030-01-15T09:00:00Z"})),
                   "check.not_on_or_after");
    expect_refused(site, site.post_as(key, unsigned_soap({.issue_instant = "2030-01-15T12:00:00Z"})),
                   "check.issue_instant");
    expect_refused(site, site.post_as(key, unsigned_soap({.identifier = ""})), "saml.schema");
    expect_refused(
        site,
        site.post_as(key, unsigned_soap({.extensions = "<samlp:Extensions><x:y xmlns:x=\"urn:x\" ID=\"_r1\"/>"
                                                       "</samlp:Extensions>"})),
        "xml.duplicate_id");
}

BOOST_AUTO_TEST_CASE(the_very_same_request_is_answered_again) {
    const std::string key = key_fingerprint("keys/idp1-first.crt.pem");
    Site site(with_tls_key());
    expect_ok(site.post_as(key, unsigned_soap({})));
    expect_ok(site.post_as(key, unsigned_soap({})));
    BOOST_TEST(site.audit.last().event == "repeat");
    BOOST_TEST(site.told() == "S1");
    expect_requester(site.post_as(key, unsigned_soap({.session_indexes = {"i2"}})));
    BOOST_TEST(site.audit.last().rule == "check.request_id");
    BOOST_TEST(site.alive() == "S2 S3 S4");
}

BOOST_AUTO_TEST_CASE(an_encrypted_name_id_is_opened_for_an_authenticated_sender_only) {
    const LogoutRequestText encrypted{.identifier = EncryptedText{}.xml()};
    Site site(with_tls_key());
    expect_denied(site, site.post_as(key_fingerprint("keys/stranger.crt.pem"), unsigned_soap(encrypted)));
    expect_logged_out(site, site.post_as(key_fingerprint("keys/idp1-first.crt.pem"), unsigned_soap(encrypted)),
                      "tls_client_key");
}

BOOST_AUTO_TEST_CASE(an_alias_is_the_same_idp) {
    InteropProfile profile = with_tls_key();
    profile.issuer_aliases = {entity_id("https://old.example.org/idp")};
    Site site(profile);
    const LogoutRequestText request{.issuer = issuer_of("https://old.example.org/idp")};
    expect_logged_out(site, site.post_as(key_fingerprint("keys/idp1-first.crt.pem"), unsigned_soap(request)),
                      "tls_client_key");
}

BOOST_AUTO_TEST_CASE(the_password_proves_an_unsigned_request) {
    for (const std::string& field : {std::string(right_password), "basic" + std::string(right_password.substr(5)),
                                     "BASIC  " + std::string(right_password.substr(6))}) {
        Site site(with_password());
        expect_logged_out(site, site.post_with(field, unsigned_soap({})), "http_basic");
    }
}

BOOST_AUTO_TEST_CASE(an_empty_password_proves_nothing) {
    Site site({});
    expect_denied(site, site.post_with("Basic Og==", unsigned_soap({})));
}

BOOST_AUTO_TEST_CASE(anything_else_than_the_password_proves_nothing) {
    Site site(with_password());
    for (const std::string& field :
         {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic aWRwMTo="),
          std::string("Basic aWRwMTphIGxvbmcgc2VjcmV0"), "Bearer" + std::string(right_password.substr(5)),
          std::string(right_password.substr(6)), std::string(right_password) + "=",
          std::string(right_password) + " "}) {
        BOOST_TEST_CONTEXT(field) expect_denied(site, site.post_with(field, unsigned_soap({})));
    }
    expect_denied(site, site.post(unsigned_soap({})));
    const std::string right(right_password);
    expect_denied(site, site.post(unsigned_soap({}),
                                  {{"Content-Type", "text/xml"}, {"Authorization", right}, {"Authorization", right}}));
}

BOOST_AUTO_TEST_SUITE_END()
