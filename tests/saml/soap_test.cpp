#include "slo/saml/soap.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "slo/saml/error.hpp"

using namespace slo::saml;
namespace data = boost::unit_test::data;

namespace {

constexpr const char* request =
    R"(<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0"/>)";

std::string envelope(const std::string& inside, const std::string& ns = "http://schemas.xmlsoap.org/soap/envelope/") {
    return "<S:Envelope xmlns:S=\"" + ns + "\">" + inside + "</S:Envelope>";
}
std::string body(const std::string& inside) {
    return "<S:Body>" + inside + "</S:Body>";
}
std::string header(const std::string& inside) {
    return "<S:Header>" + inside + "</S:Header>";
}

struct Shape {
    const char* what;
    std::string octets;
    Errc rule;
};
std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    return out << shape.what;
}

const std::vector<Shape> refused_shapes{
    {"SOAP 1.2", envelope(body(request), "http://www.w3.org/2003/05/soap-envelope"), Errc::soap_version},
    {"an Envelope in a misspelt namespace", envelope(body(request), "http://schemas.xmlsoap.org/soap/envelop/"),
     Errc::soap_version},
    {"a bare message", request, Errc::soap_structure},
    {"no Body", envelope(header("")), Errc::soap_structure},
    {"an empty Envelope", envelope(""), Errc::soap_structure},
    {"Header behind Body", envelope(body(request) + header("")), Errc::soap_structure},
    {"two Bodies", envelope(body(request) + body("")), Errc::soap_structure},
    {"two Headers", envelope(header("") + header("") + body(request)), Errc::soap_structure},
    {"an element behind Body", envelope(body(request) + "<x xmlns='urn:x'/>"), Errc::soap_structure},
    {"text in Envelope", envelope("x" + body(request)), Errc::soap_structure},
    {"text in Body", envelope(body(std::string("x") + request)), Errc::soap_structure},
    {"text in Header", envelope(header("x") + body(request)), Errc::soap_structure},
    {"a header block in no namespace", envelope(header("<x/>") + body(request)), Errc::soap_structure},
    {"mustUnderstand=true", envelope(header("<x xmlns='urn:x' S:mustUnderstand='true'/>") + body(request)),
     Errc::soap_structure},
    {"a block that we must understand", envelope(header("<x xmlns='urn:x' S:mustUnderstand='1'/>") + body(request)),
     Errc::soap_must_understand},
    {"one for the next actor",
     envelope(header("<x xmlns='urn:x' S:mustUnderstand='1' S:actor='http://schemas.xmlsoap.org/soap/actor/next'/>") +
              body(request)),
     Errc::soap_must_understand},
    {"an empty Body", envelope(body("")), Errc::soap_body_count},
    {"two messages",
     envelope(body(std::string(request) + "<q:LogoutRequest xmlns:q='urn:oasis:names:tc:SAML:2.0:protocol'/>")),
     Errc::soap_body_count},
    {"a message in Header alone", envelope(header(request) + body("")), Errc::soap_body_count},
    {"something that isn't SAML", envelope(body("<x xmlns='urn:x'/>")), Errc::not_a_saml_request},
    {"SAML 1.1", envelope(body("<x:Request xmlns:x='urn:oasis:names:tc:SAML:1.0:protocol'/>")),
     Errc::not_a_saml_request},
    {"a LogoutRequest in no namespace", envelope(body("<LogoutRequest/>")), Errc::not_a_saml_request},
    {"a LogoutResponse", envelope(body("<p:LogoutResponse xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'/>")),
     Errc::not_a_saml_request},
    {"an Envelope in the Body", envelope(body(envelope(body(request)))), Errc::not_a_saml_request},
};

const std::vector<std::string> accepted_shapes{
    envelope(body(request)),
    envelope("\n " + header("") + "\n" + body("\n" + std::string(request) + "\n")),
    envelope(header("<x xmlns='urn:x'/><y xmlns='urn:y' S:mustUnderstand='0'/>") + body(request)),
    envelope(header("<x xmlns='urn:x' S:mustUnderstand='1' S:actor='urn:other'/>") + body(request)),
    envelope(header("<x xmlns='urn:x'><y S:mustUnderstand='1'/></x>") + body(request)),
    "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" + std::string(request) + "</Body></Envelope>",
    "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/' S:encodingStyle='urn:x' "
    "xmlns:xsi='http://www.w3.org/1999/XMLSchema-instance'>" +
        body(request) + "</S:Envelope>",
};

Errc rule_of(const slo::Result<ReceivedMessage>& result) {
    BOOST_REQUIRE(!result);
    return static_cast<Errc>(result.error().code.value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(soap_decode)

BOOST_DATA_TEST_CASE(refuses, data::make(refused_shapes), shape) {
    BOOST_TEST(name(rule_of(soap::decode(shape.octets))) == name(shape.rule));
}

BOOST_DATA_TEST_CASE(accepts, data::make(accepted_shapes), octets) {
    const auto message = soap::decode(octets);
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->claimed_id().value().str() == "_r1");
    BOOST_TEST(!message->other_request().has_value());
}

BOOST_AUTO_TEST_CASE(names_no_id_that_is_not_an_ncname) {
    const auto message = soap::decode(envelope(
        body(R"(<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="1&quot;>" Version="2.0"/>)")));
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(!message->claimed_id().has_value());
}

BOOST_AUTO_TEST_CASE(knows_the_other_requests) {
    for (const char* name : {"AuthnRequest", "ManageNameIDRequest", "ArtifactResolve", "AttributeQuery", "AuthnQuery",
                             "AuthzDecisionQuery", "AssertionIDRequest"}) {
        auto message = soap::decode(
            envelope(body("<p:" + std::string(name) + " xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_a'/>")));
        BOOST_REQUIRE(message.has_value());
        BOOST_TEST(message->other_request().has_value());
        const auto request = UnverifiedLogoutRequest::parse(*message);
        BOOST_REQUIRE(!request);
        BOOST_TEST(is(request.error(), Errc::unsupported_request));
        BOOST_TEST(message->claimed_id().value().str() == "_a");  // still there for the answer
    }
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// A LogoutRequest as far as UnverifiedLogoutRequest looks.
std::string claim(const std::string& attributes, const std::string& issuer) {
    return envelope(
        body("<p:LogoutRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' "
             "xmlns:a='urn:oasis:names:tc:SAML:2.0:assertion' " +
             attributes + ">" + issuer + "</p:LogoutRequest>"));
}

const std::vector<Shape> refused_claims{
    {"Version 1.1", claim("ID='_r' Version='1.1'", ""), Errc::version_too_low},
    {"Version 3.0", claim("ID='_r' Version='3.0'", ""), Errc::version_too_high},
    {"Version 2", claim("ID='_r' Version='2'", ""), Errc::version_malformed},
    {"Version 2.00", claim("ID='_r' Version='2.00'", ""), Errc::version_malformed},
    {"Version with a blank", claim("ID='_r' Version=' 2.0'", ""), Errc::version_malformed},
    {"Version -2.0", claim("ID='_r' Version='-2.0'", ""), Errc::version_malformed},
    {"no Version", claim("ID='_r'", ""), Errc::version_malformed},
    {"no ID", claim("Version='2.0'", ""), Errc::id_malformed},
    {"an ID that begins with a digit", claim("ID='1abc' Version='2.0'", ""), Errc::id_malformed},
    {"an ID in a namespace", claim("a:ID='_r' Version='2.0'", ""), Errc::id_malformed},
    {"no Issuer", claim("ID='_r' Version='2.0'", ""), Errc::issuer_malformed},
    {"an empty Issuer", claim("ID='_r' Version='2.0'", "<a:Issuer/>"), Errc::issuer_malformed},
    {"a blank Issuer", claim("ID='_r' Version='2.0'", "<a:Issuer>  </a:Issuer>"), Errc::issuer_malformed},
    {"an Issuer with two blanks in it", claim("ID='_r' Version='2.0'", "<a:Issuer>i  dp</a:Issuer>"),
     Errc::issuer_malformed},
    {"an Issuer with another qualifier",
     claim("ID='_r' Version='2.0'", "<a:Issuer SPNameQualifier='x'>urn:i</a:Issuer>"), Errc::issuer_malformed},
    {"an Issuer with an element in it", claim("ID='_r' Version='2.0'", "<a:Issuer>urn:<a:x/>i</a:Issuer>"),
     Errc::issuer_malformed},
    {"an Issuer of 1025 bytes",
     claim("ID='_r' Version='2.0'", "<a:Issuer>urn:" + std::string(1021, 'i') + "</a:Issuer>"), Errc::issuer_malformed},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unverified_logout_request)

BOOST_DATA_TEST_CASE(refuses, data::make(refused_claims), shape) {
    auto message = soap::decode(shape.octets);
    BOOST_REQUIRE(message.has_value());
    const auto request = UnverifiedLogoutRequest::parse(*message);
    BOOST_REQUIRE(!request);
    BOOST_TEST(name(static_cast<Errc>(request.error().code.value())) == name(shape.rule));
}

BOOST_AUTO_TEST_CASE(says_whose_it_claims_to_be_and_under_which_id) {
    auto message =
        soap::decode(claim("ID='_r' Version='2.1'",
                           "<a:Issuer Format='urn:oasis:names:tc:SAML:2.0:nameid-format:entity'>urn:i</a:Issuer>"));
    const auto request = UnverifiedLogoutRequest::parse(*message);
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST(request->claimed_issuer().str() == "urn:i");
    BOOST_TEST(request->claimed_id().str() == "_r");
}

BOOST_AUTO_TEST_CASE(leaves_the_issuer_s_attributes_to_the_rules_for_that_sender) {
    auto message =
        soap::decode(claim("ID='_r' Version='2.0'", "<a:Issuer NameQualifier='x' Format='y'>urn:i</a:Issuer>"));
    const auto request = UnverifiedLogoutRequest::parse(*message);
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST(request->claimed_issuer().str() == "urn:i");
}

BOOST_AUTO_TEST_CASE(is_answered_in_a_version_that_is_never_higher_than_its_own) {
    for (const auto& [version, answer] : {std::pair("1.1", Version{1, 1}),
                                          {"2.0", Version{2, 0}},
                                          {"2.7", Version{2, 0}},
                                          {"3.0", Version{2, 0}},
                                          {"two", Version{2, 0}}}) {
        const auto message = soap::decode(claim("ID='_r' Version='" + std::string(version) + "'", ""));
        BOOST_REQUIRE(message.has_value());
        BOOST_TEST((message->answer_version() == answer));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(soap_fault)

BOOST_AUTO_TEST_CASE(has_unqualified_children_and_a_detail_where_the_body_was_at_fault) {
    BOOST_TEST(soap::fault(soap::FaultCode::client, "bad <input>") ==
               R"(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault>)"
               R"(<faultcode>S:Client</faultcode><faultstring>bad &lt;input&gt;</faultstring><detail/>)"
               R"(</S:Fault></S:Body></S:Envelope>)");
}

BOOST_AUTO_TEST_CASE(has_no_detail_for_a_header_that_was_not_understood) {
    BOOST_TEST(soap::fault(soap::FaultCode::must_understand, "x").find("detail") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(our_own_fault_is_read_again) {
    for (const auto code : {soap::FaultCode::client, soap::FaultCode::server, soap::FaultCode::must_understand,
                            soap::FaultCode::version_mismatch}) {
        const auto read = soap::decode_fault(soap::fault(code, "x"));
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST((*read == code));
    }
}

BOOST_AUTO_TEST_CASE(is_known_by_the_part_of_its_code_before_the_first_dot) {
    for (const auto& [text, code] : {std::pair("S:Client.Authentication.Late", soap::FaultCode::client),
                                     {"\n S:Client\t", soap::FaultCode::client},
                                     {"S:Server.Busy", soap::FaultCode::server},
                                     {"S:Clients", soap::FaultCode::server},
                                     {"Client", soap::FaultCode::server},
                                     {"x:Client", soap::FaultCode::server},
                                     {"", soap::FaultCode::server},
                                     {":", soap::FaultCode::server},
                                     {"<x/>", soap::FaultCode::server}}) {
        const auto read = soap::decode_fault(envelope(body("<S:Fault><faultstring>Client</faultstring><faultcode>" +
                                                           std::string(text) + "</faultcode></S:Fault>")));
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST((*read == code), text);
    }
    BOOST_TEST((*soap::decode_fault(envelope(body("<S:Fault/>"))) == soap::FaultCode::server));
}

BOOST_AUTO_TEST_CASE(is_nothing_else) {
    BOOST_TEST(soap::decode_fault(envelope(body("<Fault/>"))).error().code == Errc::soap_structure);
    BOOST_TEST(soap::decode_fault(envelope(body(""))).error().code == Errc::soap_body_count);
    BOOST_TEST(soap::decode_fault("<x").error().code == Errc::xml_malformed);
}

BOOST_AUTO_TEST_SUITE_END()
