#include "slo/saml/form.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>

#include "signed_messages.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;
using form::Plus;

namespace {

/// As every sender but a lazy one escapes it.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char octet[4];
        std::snprintf(octet, sizeof octet, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += octet;
    }
    return out;
}

std::string message() {
    static const std::string xml = MessageSigner(ec_key().signing).sign(logout_request()).value().xml();
    return xml;
}
std::string in_envelope() {
    static const std::string xml = soap::encode(MessageSigner(ec_key().signing).sign(logout_request()).value());
    return xml;
}
std::string saml_request(std::string_view octets) {
    return "SAMLRequest=" + escaped(encode_base64(octets));
}

struct Body {
    const char* what;
    std::string octets;
    Errc rule;
};
std::ostream& operator<<(std::ostream& out, const Body& body) {
    return out << body.what;
}

const std::string good = "SAMLRequest=" + encode_base64("<x/>");

const std::vector<Body> refused{
    {"nothing", "", Errc::form_fields},
    {"other fields alone", "RelayState=x&samlrequest=eA==", Errc::form_fields},
    {"SAMLRequest twice", good + "&" + good, Errc::form_fields},
    {"SAMLRequest twice, once with its name escaped", good + "&S%41MLRequest=eA==", Errc::form_fields},
    {"logoutRequest twice", "logoutRequest=x&logoutRequest=x", Errc::form_fields},
    {"both names", good + "&logoutRequest=x", Errc::form_fields},
    {"a response beside", good + "&SAMLResponse=eA==", Errc::form_fields},
    {"a response alone", "SAMLResponse=eA==", Errc::form_fields},
    {"a field without =", "SAMLRequest", Errc::form_malformed},
    {"an empty field", good + "&&RelayState=x", Errc::form_malformed},
    {"half an escape", "SAMLRequest=eA%3", Errc::form_malformed},
    {"an escape that isn't hex", "SAMLRequest=%zz", Errc::form_malformed},
    {"a signed escape", "SAMLRequest=%+1", Errc::form_malformed},
    {"an escape in another field's name", good + "&a%=x", Errc::form_malformed},
    {"a raw line feed", "SAMLRequest=eA==\n", Errc::form_malformed},
    {"raw UTF-8", good + "&RelayState=\xC3\xA4", Errc::form_malformed},
    {"too many fields",
     [] {
         std::string body = good;
         for (int i = 0; i < 256; ++i) body += "&a=";
         return body;
     }(),
     Errc::form_malformed},
    {"an empty SAMLRequest", "SAMLRequest=", Errc::xml_malformed},
    {"no base64", "SAMLRequest=%21", Errc::base64_malformed},
    {"base64 without its padding", "SAMLRequest=eA", Errc::base64_malformed},
    {"the URL's alphabet", "SAMLRequest=-_-_", Errc::base64_malformed},
    {"deflated, as in HTTP-Redirect", saml_request("\xB3\xC9(\xC9\xCD\xB1\xE3"), Errc::xml_encoding},
    {"no XML", saml_request("x"), Errc::xml_malformed},
    {"a DOCTYPE", saml_request("<!DOCTYPE x><x/>"), Errc::xml_doctype},
    {"another element", saml_request("<LogoutRequest/>"), Errc::not_a_saml_request},
    {"a response in SAMLRequest", saml_request("<p:LogoutResponse xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'/>"),
     Errc::not_a_saml_request},
    {"an envelope of SOAP 1.2",
     saml_request("<S:Envelope xmlns:S='http://www.w3.org/2003/05/soap-envelope'><S:Body/></S:Envelope>"),
     Errc::soap_version},
    {"an envelope without a message",
     saml_request("<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body/></S:Envelope>"),
     Errc::soap_body_count},
    {"base64 of base64", saml_request(encode_base64("<x/>")), Errc::xml_malformed},
    {"an empty logoutRequest", "logoutRequest=", Errc::xml_malformed},
    {"CAS's own unsigned message", "logoutRequest=" + escaped(logout_request().id.str()), Errc::xml_malformed},
    {"a bare message in logoutRequest", "logoutRequest=" + escaped(message()), Errc::soap_structure},
    {"a bare message as the body", message(), Errc::soap_structure},
    {"base64 in logoutRequest", "logoutRequest=" + escaped(encode_base64(in_envelope())), Errc::xml_malformed},
    {"a bare message as text in SAMLRequest", "SAMLRequest=" + escaped(message()), Errc::soap_structure},
    {"a blank before an envelope in SAMLRequest", "SAMLRequest=+" + escaped(in_envelope()), Errc::base64_malformed},
    {"a body over 64 KiB", good + "&RelayState=" + std::string(64 * 1024, 'x'), Errc::message_too_large},
    {"an envelope over 64 KiB", "<" + std::string(64 * 1024, 'x'), Errc::message_too_large},
};

struct InQuery {
    const char* what;
    std::string query;
    std::string body;
    Errc rule;
};
std::ostream& operator<<(std::ostream& out, const InQuery& posted) {
    return out << posted.what;
}

const std::vector<InQuery> refused_in_a_query{
    {"a body beside it", good, "x", Errc::form_fields},
    {"the same in the body", good, good, Errc::form_fields},
    {"a message in the body alone", "", good, Errc::form_fields},
    {"nothing", "", "", Errc::form_fields},
    {"SAMLRequest twice", good + "&" + good, "", Errc::form_fields},
    {"SAMLRequest twice, once with its name escaped", good + "&S%41MLRequest=eA==", "", Errc::form_fields},
    {"a RelayState beside it", good + "&RelayState=x", "", Errc::form_fields},
    {"a RelayState before it", "RelayState=x&" + good, "", Errc::form_fields},
    {"a signature of HTTP-Redirect beside it", good + "&SigAlg=x&Signature=x", "", Errc::form_fields},
    {"logoutRequest", "logoutRequest=" + escaped(in_envelope()), "", Errc::form_fields},
    {"another letter case", "samlrequest=eA==", "", Errc::form_fields},
    {"a response", "SAMLResponse=eA==", "", Errc::form_fields},
    {"a field without =", "SAMLRequest", "", Errc::form_malformed},
    {"another question mark", "?" + good, "", Errc::form_fields},
    {"a fragment", good + "#x", "", Errc::base64_malformed},
    {"no base64", "SAMLRequest=%21", "", Errc::base64_malformed},
    {"deflated, as in HTTP-Redirect", saml_request("\xB3\xC9(\xC9\xCD\xB1\xE3"), "", Errc::xml_encoding},
    {"an envelope", saml_request(in_envelope()), "", Errc::not_a_saml_request},
    {"an envelope as text", "SAMLRequest=" + escaped(in_envelope()), "", Errc::base64_malformed},
    {"a query over 64 KiB", "SAMLRequest=" + std::string(64 * 1024, 'A'), "", Errc::message_too_large},
};

struct Accepted {
    const char* what;
    std::string octets;
    Binding binding;
};
std::ostream& operator<<(std::ostream& out, const Accepted& body) {
    return out << body.what;
}

const std::vector<Accepted> accepted{
    {"SAMLRequest", saml_request(message()), Binding::form},
    {"with Keycloak's mark and others' fields",
     "RelayState=%26SAMLRequest%3D&" + saml_request(message()) + "&BACK_CHANNEL_LOGOUT=BACK_CHANNEL_LOGOUT&a+b=+&",
     Binding::form},
    {"base64 in lines", "SAMLRequest=%0D%0A" + escaped(encode_base64(message())) + "%0A", Binding::form},
    {"an envelope in SAMLRequest", saml_request(in_envelope()), Binding::form_with_envelope},
    {"an envelope as text", "logoutRequest=" + escaped(in_envelope()), Binding::form_logout_request},
    {"an envelope as text in SAMLRequest", "SAMLRequest=" + escaped(in_envelope()), Binding::form_logout_request},
    {"an envelope as the body", in_envelope(), Binding::form_logout_request},
    {"the same with a declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + in_envelope(),
     Binding::form_logout_request},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_form)

BOOST_DATA_TEST_CASE(a_form_with_a_message_leads_to_the_same_verifier, data::make(accepted), body) {
    auto received = form::decode(body.octets);
    BOOST_REQUIRE(received.has_value());
    BOOST_TEST((received->binding() == body.binding));
    const auto unverified = UnverifiedLogoutRequest::parse(*received);
    BOOST_REQUIRE(unverified.has_value());
    const auto verified = MessageVerifier::verify(*unverified, std::vector{ec_key().verification}, expectations());
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST((*verified)->id.str() == "_m1");
}

BOOST_DATA_TEST_CASE(is_refused_by_the_rule_that_it_breaks, data::make(refused), body) {
    const auto received = form::decode(body.octets);
    BOOST_REQUIRE(!received.has_value());
    BOOST_TEST(is(received.error(), body.rule), received.error().code.message());
}

BOOST_AUTO_TEST_CASE(a_query_with_one_message_alone_leads_to_the_same_verifier) {
    auto received = form::decode_in_query(saml_request(message()), "");
    BOOST_REQUIRE(received.has_value());
    BOOST_TEST((received->binding() == Binding::form_in_query));
    const auto unverified = UnverifiedLogoutRequest::parse(*received);
    BOOST_REQUIRE(unverified.has_value());
    const auto verified = MessageVerifier::verify(*unverified, std::vector{ec_key().verification}, expectations());
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST((*verified)->id.str() == "_m1");
}

BOOST_DATA_TEST_CASE(a_query_is_refused_by_the_rule_that_it_breaks, data::make(refused_in_a_query), posted) {
    const auto received = form::decode_in_query(posted.query, posted.body);
    BOOST_REQUIRE(!received.has_value());
    BOOST_TEST(is(received.error(), posted.rule), received.error().code.message());
}

BOOST_AUTO_TEST_CASE(a_form_may_hold_another_request_than_a_logout) {
    auto received =
        form::decode(saml_request("<p:AuthnRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_a'/>"));
    BOOST_REQUIRE(received.has_value());
    BOOST_TEST((received->other_request() == RefusedRequest::authn_request));
}

BOOST_AUTO_TEST_CASE(keeps_its_limit_for_the_body_as_it_came) {
    xml::Limits limits;
    const std::string body = saml_request(message());
    limits.octets = body.size();
    BOOST_TEST(form::decode(body, limits).has_value());
    --limits.octets;
    BOOST_TEST(is(form::decode(body, limits).error(), Errc::message_too_large));
}

BOOST_AUTO_TEST_CASE(has_fields_in_their_order) {
    const auto fields = form::parse_fields("a=1&b=%3D%26+&a=&c=x=y").value();
    BOOST_REQUIRE(fields.size() == 4U);
    BOOST_TEST(fields[0].name + fields[1].name + fields[2].name + fields[3].name == "abac");
    BOOST_TEST(fields[1].value == "=& ");
    BOOST_TEST(fields[3].value == "x=y");
}

BOOST_AUTO_TEST_CASE(gives_a_plus_its_meaning_by_its_place) {
    BOOST_TEST(form::unescape("a+b%2b", Plus::blank).value() == "a b+");
    BOOST_TEST(form::unescape("a+b%2B", Plus::itself).value() == "a+b+");
    BOOST_TEST(form::unescape("%00%fF", Plus::blank).value() == std::string("\0\xFF", 2));
    for (const std::string_view broken : {"%", "%1", "%1g", "%g1", "%-1", "% 1", "a b", "\x7f", "\x80"}) {
        BOOST_TEST(!form::unescape(broken, Plus::blank).has_value(), broken);
    }
}

BOOST_AUTO_TEST_CASE(is_answered_with_base64) {
    const auto signed_message = MessageSigner(ec_key().signing).sign(logout_response()).value();
    BOOST_TEST(decode_base64(form::encode(signed_message), 64 * 1024).value() == signed_message.xml());
}

BOOST_AUTO_TEST_SUITE_END()
