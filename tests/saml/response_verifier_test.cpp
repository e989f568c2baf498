// Responses of our own making, in canonical form: an IdP changes one thing, signs, and one rule is named.
#include "slo/saml/response_verifier.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "enveloped_seal.hpp"
#include "failure_check.hpp"
#include "sign_on_messages.hpp"

using namespace slo;
using namespace slo::saml;
using namespace slo::saml::test;

namespace {

const std::string plain_response =
    R"(<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="https://sp.example.com/acs" ID="_r1" InResponseTo="_q1" IssueInstant="2026-03-01T12:00:00Z" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example.com/metadata</saml:Issuer>{R}<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>)";
const std::string plain_assertion =
    R"(<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" IssueInstant="2026-03-01T12:00:00Z" Version="2.0"><saml:Issuer>https://idp.example.com/metadata</saml:Issuer>{A}<saml:Subject><saml:NameID>alice</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_q1" NotOnOrAfter="2026-03-01T12:05:00Z" Recipient="https://sp.example.com/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-03-01T11:59:30Z" NotOnOrAfter="2026-03-01T12:06:00Z"><saml:AudienceRestriction><saml:Audience>https://sp.example.com/saml/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-03-01T11:59:00Z" SessionIndex="i1" SessionNotOnOrAfter="2026-03-01T20:00:00Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:c</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement></saml:Assertion>)";

std::string sealed(const std::string& text, const std::string& mark, const std::string& id, bool is_signed) {
    const auto at = text.find(mark);
    const std::string before = text.substr(0, at);
    const std::string after = text.substr(at + mark.size());
    if (!is_signed) return before + after;
    std::string whole = seal(ec_key().signing, "", MessageID::parse(id).value(), before, after).value();
    // The canonical form of what is around has the declaration once.
    const std::string again = R"(<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)";
    if (const auto found = whole.find(again); found != std::string::npos) {
        whole.replace(found, again.size(), "<ds:SignedInfo>");
    }
    return whole;
}

struct Signed {
    bool response = false;
    bool assertion = true;
};

std::string response_with(std::string assertion, const std::string& from, const std::string& to, Signed is) {
    if (const auto at = assertion.find(from); !from.empty()) {
        BOOST_TEST_REQUIRE((at != std::string::npos), from);
        assertion.replace(at, from.size(), to);
    }
    return sealed(plain_response + sealed(assertion, "{A}", "_a1", is.assertion) + "</samlp:Response>", "{R}", "_r1",
                  is.response);
}

SignOnExpectations expected_here() {
    const auto us = EntityID::parse("https://sp.example.com/saml/metadata").value();
    const auto acs = EndpointUrl::parse("https://sp.example.com/acs").value();
    const auto request = MessageID::parse("_q1").value();
    return {.keys = {ec_key().verification},
            .decryption_keys = {},
            .response = {.issuer = idp(),
                         .our_entity_id = us,
                         .assertion_consumer_service = acs,
                         .request_id = request,
                         .algorithms = {}},
            .assertion = {.our_entity_id = us,
                          .assertion_consumer_service = acs,
                          .request_id = request,
                          .now = noon(),
                          .authenticated_since = noon(),
                          .authn_contexts = {"urn:c"},
                          .name_id_format = std::nullopt,
                          .algorithms = {}}};
}

struct Mistake {
    std::string from, to, rule;
};
const std::string data_end = R"(NotOnOrAfter="2026-03-01T12:05:00Z")";
const std::string end = R"(NotOnOrAfter="2026-03-01T12:06:00Z")";
const std::string begin = R"(NotBefore="2026-03-01T11:59:30Z")";
const std::string issued = R"(IssueInstant="2026-03-01T12:00:00Z")";
const std::string authenticated = R"(AuthnInstant="2026-03-01T11:59:00Z")";
const std::string session_end = R"(SessionNotOnOrAfter="2026-03-01T20:00:00Z")";

const std::vector<Mistake> rows{
    {"", "", "accepted"},
    {"<saml:NameID>alice</saml:NameID>", "", "assertion.subject"},
    {"cm:bearer", "cm:sender-vouches", "confirmation.method"},
    {R"( Recipient="https://sp.example.com/acs")", "", "confirmation.recipient"},
    {R"(Recipient="https://sp.example.com/acs")", R"(Recipient="https://sp.example.com/acs/")",
     "confirmation.recipient"},
    {R"(InResponseTo="_q1" )", "", "confirmation.in_response_to"},
    {R"(InResponseTo="_q1")", R"(InResponseTo="_q2")", "confirmation.in_response_to"},
    {data_end + " ", "", "confirmation.time"},
    {data_end, R"(NotBefore="2026-03-01T11:00:00Z" )" + data_end, "confirmation.time"},
    {data_end, R"(NotOnOrAfter="2026-03-01T11:57:01Z")", "accepted"},
    {data_end, R"(NotOnOrAfter="2026-03-01T11:57:00Z")", "confirmation.time"},
    {begin, R"(NotBefore="2026-03-01T12:03:00Z")", "accepted"},
    {begin, R"(NotBefore="2026-03-01T12:03:01Z")", "condition.time"},
    {begin + " " + end, R"(NotOnOrAfter="2026-03-01T11:57:01Z")", "accepted"},
    {begin + " " + end, R"(NotOnOrAfter="2026-03-01T11:57:00Z")", "condition.time"},
    {end, R"(NotOnOrAfter="2026-03-01T11:59:30Z")", "condition.time"},
    {"saml/metadata</saml:Audience>", "saml/metadata2</saml:Audience>", "condition.audience"},
    {"</saml:Conditions>", "<saml:OneTimeUse></saml:OneTimeUse><saml:OneTimeUse></saml:OneTimeUse></saml:Conditions>",
     "condition.not_understood"},
    {"</saml:Conditions>", "<saml:Condition></saml:Condition></saml:Conditions>", "condition.not_understood"},
    {issued, R"(IssueInstant="2026-03-01T12:03:00Z")", "accepted"},
    {issued, R"(IssueInstant="2026-03-01T12:03:01Z")", "assertion.age"},
    {issued, R"(IssueInstant="2026-03-01T11:52:00Z")", "accepted"},
    {issued, R"(IssueInstant="2026-03-01T11:51:59Z")", "assertion.age"},
    {authenticated, R"(AuthnInstant="2026-03-01T12:03:01Z")", "authn.instant"},
    {authenticated, R"(AuthnInstant="2026-03-01T11:57:00Z")", "accepted"},
    {authenticated, R"(AuthnInstant="2026-03-01T11:56:59Z")", "authn.stale"},
    {session_end, R"(SessionNotOnOrAfter="2026-03-01T12:00:01Z")", "accepted"},
    {session_end, R"(SessionNotOnOrAfter="2026-03-01T12:00:00Z")", "authn.session_ended"},
    {"urn:c<", "urn:d<", "authn.context"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(response_verifier)

BOOST_AUTO_TEST_CASE(a_signed_assertion_with_one_mistake_breaks_its_rule) {
    for (const Mistake& row : rows) {
        const auto judgement = judged(response_with(plain_assertion, row.from, row.to, {}), expected_here());
        BOOST_TEST(rule_of(judgement) == row.rule, row.from << " -> " << row.to << ": " << rule_of(judgement));
    }
}

BOOST_AUTO_TEST_CASE(the_profile_says_which_signatures_suffice) {
    const std::string no = "response.signature";
    const auto try_all = [](Signed is, const std::vector<std::string>& rules) {
        const std::vector wanted{SignatureOn::either, SignatureOn::response, SignatureOn::assertion, SignatureOn::both};
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto expected = expected_here();
            expected.response.signature_on = wanted[i];
            BOOST_TEST(rule_of(judged(response_with(plain_assertion, "", "", is), expected)) == rules[i]);
        }
    };
    try_all({.response = true, .assertion = false}, {"accepted", "accepted", no, no});
    try_all({.response = false, .assertion = true}, {"accepted", no, "accepted", no});
    try_all({.response = true, .assertion = true}, {"accepted", "accepted", "accepted", "accepted"});
    try_all({.response = false, .assertion = false}, {"sig.missing", no, no, no});
}

BOOST_AUTO_TEST_CASE(a_response_to_our_request_names_it_itself_too) {
    std::string xml = response_with(plain_assertion, "", "", {});
    const std::string named = R"( InResponseTo="_q1")";
    xml.erase(xml.find(named), named.size());
    BOOST_TEST(rule_of(judged(xml, expected_here())) == "check.in_response_to");
}

BOOST_AUTO_TEST_SUITE_END()
