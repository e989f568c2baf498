// Whose query it is: the signature over its raw octets.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <utility>

#include "ecdsa_form.hpp"
#include "failure_check.hpp"
#include "queries.hpp"
#include "slo/saml/form.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;

namespace {

Query changed(void (*change)(Query&)) {
    Query query = Query{}.signed_by(ec_key());
    change(query);
    return query;
}
Query signed_after(void (*change)(Query&)) {
    Query query;
    change(query);
    return query.signed_by(ec_key());
}
std::string algorithm(std::string_view name) {
    return "SigAlg=" + escaped("http://www.w3.org/2001/04/xmldsig-more#" + std::string(name));
}

// BIND-RED-23, 26, 27; RDR-02 to 04, 11 to 16, 24
const Row bad_signatures[] = {
    {"none", changed([](Query& q) { q.signature = q.sig_alg = "x="; }).str(), Errc::signature_missing},
    {"no Signature", changed([](Query& q) { q.signature = "x="; }).str(), Errc::signature_missing},
    {"an empty Signature", changed([](Query& q) { q.signature = "Signature="; }).str(), Errc::signature_missing},
    {"no SigAlg", changed([](Query& q) { q.sig_alg = "x="; }).str(), Errc::signature_missing},
    {"an empty SigAlg", signed_after([](Query& q) { q.sig_alg = "SigAlg="; }).str(), Errc::signature_missing},
    {"an unknown SigAlg", signed_after([](Query& q) { q.sig_alg = "SigAlg=none"; }).str(),
     Errc::signature_algorithm_not_allowed},
    {"a blank behind SigAlg", signed_after([](Query& q) { q.sig_alg += "%20"; }).str(),
     Errc::signature_algorithm_not_allowed},
    {"HMAC", signed_after([](Query& q) { q.sig_alg = algorithm("hmac-sha256"); }).str(),
     Errc::signature_algorithm_not_allowed},
    {"RSA-SHA1",
     signed_after([](Query& q) { q.sig_alg = "SigAlg=" + escaped(uri(SignatureAlgorithm::rsa_sha1)); }).str(),
     Errc::signature_algorithm_not_allowed},
    {"RSA with a key of another kind", signed_after([](Query& q) { q.sig_alg = algorithm("rsa-sha256"); }).str(),
     Errc::no_verification_key},
    {"another digest by name", signed_after([](Query& q) { q.sig_alg = algorithm("ecdsa-sha512"); }).str(),
     Errc::signature_invalid},
    {"a Signature that isn't base64", changed([](Query& q) { q.signature = "Signature=%21"; }).str(),
     Errc::signature_structure},
    {"a Signature longer than any",
     changed([](Query& q) { q.signature = "Signature=" + std::string(1400, 'A'); }).str(), Errc::signature_structure},
    {"another RelayState", changed([](Query& q) { q.relay_state += "c"; }).str(), Errc::signature_invalid},
    {"no RelayState", changed([](Query& q) { q.relay_state = ""; }).str(), Errc::signature_invalid},
    {"an empty RelayState", changed([](Query& q) { q.relay_state = "RelayState="; }).str(), Errc::signature_invalid},
    {"a blank written otherwise", changed([](Query& q) { q.relay_state = "RelayState=a+b"; }).str(),
     Errc::signature_invalid},
    {"hex digits in the other case",
     changed([](Query& q) { q.sig_alg = "SigAlg=" + escaped(uri(SignatureAlgorithm::ecdsa_sha256), "%%%02x"); }).str(),
     Errc::signature_invalid},
    {"a letter escaped that wasn't", changed([](Query& q) { q.relay_state = "RelayState=%61%20b"; }).str(),
     Errc::signature_invalid},
    {"a RelayState that is added", signed_after([](Query& q) { q.relay_state = ""; }).str() + "&RelayState=x",
     Errc::signature_invalid},
    {"RelayState in front of the message when it was signed",
     [] {
         Query query;
         std::swap(query.message, query.relay_state);
         return query.signed_by(ec_key()).str();
     }(),
     Errc::signature_invalid},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_query)

BOOST_DATA_TEST_CASE(is_refused_where_its_own_octets_are_not_signed, data::make(bad_signatures), row) {
    BOOST_TEST(rule_of(verify_query(row.query)) == name(row.rule));
}

BOOST_AUTO_TEST_CASE(is_refused_after_any_change_of_an_octet_that_is_signed) {
    const Query query = Query{}.signed_by(ec_key());
    const std::string signed_part = query.to_be_signed();
    for (std::size_t i = 0; i < signed_part.size(); ++i) {
        std::string other = signed_part;
        other[i] = static_cast<char>(other[i] ^ 1);
        BOOST_TEST_REQUIRE(!verify_query(other + "&" + query.signature), "octet " << i);
    }
}

BOOST_AUTO_TEST_CASE(is_believed_by_the_keys_of_its_issuer_alone) {
    const auto judged = [](const std::vector<VerificationKey>& keys) {
        return rule_of(verify_query(good(), keys, expectations()));
    };
    BOOST_TEST(judged({}) == "sig.no_key");
    BOOST_TEST(judged({rsa_key().verification}) == "sig.no_key");
    BOOST_TEST(judged({make_key(KeyKind::ec_p256).verification}) == "sig.invalid");
    BOOST_TEST(judged({rsa_key().verification, ec_key().verification}) == "accepted");
    std::vector<VerificationKey> many(max_verification_keys, make_key(KeyKind::ec_p256).verification);
    many.push_back(ec_key().verification);
    BOOST_TEST(judged(many) == "sig.invalid");
    Expectations other = expectations();
    other.issuer = EntityID::parse("urn:x:other").value();
    BOOST_TEST(rule_of(verify_query(good(), {ec_key().verification}, other)) == "check.issuer");
}

// BIND-RED-15, 36
BOOST_AUTO_TEST_CASE(has_a_destination_of_ours) {
    const auto judged = [](const std::optional<std::string>& destination, DestinationRule rule) {
        LogoutRequest request = logout_request();
        request.destination = destination;
        Expectations expected = expectations();
        expected.destination_rule = rule;
        return rule_of(verify_query(as("SAMLRequest", unsigned_xml(request)), {ec_key().verification}, expected));
    };
    BOOST_TEST(judged(std::nullopt, DestinationRule::required) == "check.destination_missing");
    BOOST_TEST(judged(std::nullopt, DestinationRule::optional) == "accepted");
    BOOST_TEST(judged("https://other.example.com/", DestinationRule::optional) == "check.destination");
}

// BIND-RED-11, 24
BOOST_AUTO_TEST_CASE(may_have_an_empty_relay_state_that_is_signed_or_not) {
    const auto with_empty_state = [](const Query& query) { return query.str() + "&RelayState="; };
    Query unsigned_state;
    unsigned_state.relay_state = "";
    const std::string query = with_empty_state(unsigned_state.signed_by(ec_key()));
    BOOST_TEST(rule_of(verify_query(query)) == "accepted");
    BOOST_TEST(redirect::decode(query).value().relay_state->octets() == "");
    BOOST_TEST(redirect::decode(query).value().signature.signed_octets() == unsigned_state.to_be_signed());
    const Query signed_state = signed_after([](Query& q) { q.relay_state = "RelayState="; });
    BOOST_TEST(rule_of(verify_query(signed_state.str())) == "accepted");
    BOOST_TEST(rule_of(verify_query(unsigned_state.signed_by(ec_key()).str())) == "accepted");
    const Query taken_away = signed_after([](Query& q) { q.relay_state = "RelayState="; });
    BOOST_TEST(rule_of(verify_query(taken_away.message + "&" + taken_away.sig_alg + "&" + taken_away.signature)) ==
               "sig.invalid");
}

// BIND-RED-37; RDR-34
BOOST_AUTO_TEST_CASE(may_have_an_ecdsa_signature_in_either_of_its_two_forms) {
    const std::string octets = Query{}.to_be_signed();
    const auto judged = [&](const std::string& value) {
        return rule_of(verify_query(octets + "&Signature=" + in_base64(value)));
    };
    const std::string both = ec_key().signing.sign(octets).value();
    const std::string der = der_from_p1363(both).value();
    BOOST_TEST(judged(both) == "accepted");
    BOOST_TEST(judged(der) == "accepted");
    BOOST_TEST(judged(der + std::string(1, '\0')) == "sig.invalid");
    BOOST_TEST(judged(both + std::string(1, '\0')) == "sig.invalid");
    BOOST_TEST(judged(both.substr(1)) == "sig.invalid");
    std::string long_form = der;
    long_form.insert(1, "\x81");
    BOOST_TEST(judged(long_form) == "sig.invalid");
    std::string padded = der;  // a zero in front of r that isn't needed, or a second one
    padded.insert(4, 1, '\0');
    padded[3] = static_cast<char>(padded[3] + 1);
    padded[1] = static_cast<char>(padded[1] + 1);
    BOOST_TEST(judged(padded) == "sig.invalid");
    const std::string rsa_octets = [] {
        Query query;
        query.sig_alg = algorithm("rsa-sha256");
        return query.to_be_signed();
    }();
    const auto by_rsa = [&](const std::string& value) {
        return rule_of(
            verify_query(rsa_octets + "&Signature=" + in_base64(value), {rsa_key().verification}, expectations()));
    };
    BOOST_TEST(by_rsa(rsa_key().signing.sign(rsa_octets).value()) == "accepted");
    BOOST_TEST(by_rsa(rsa_key().signing.sign(rsa_octets).value() + "x") == "sig.invalid");
    BOOST_TEST(by_rsa(der) == "sig.invalid");
}

// RDR-24: the value isn't covered by itself
BOOST_AUTO_TEST_CASE(may_have_line_ends_in_the_base64_of_its_signature) {
    Query query = Query{}.signed_by(ec_key());
    query.signature.insert(30, "%0D%0A");
    BOOST_TEST(rule_of(verify_query(query.str())) == "accepted");
}

// BIND-RED-04, 25; RDR-04, 18, 19, 20
BOOST_AUTO_TEST_CASE(is_believed_by_its_own_signature_and_never_by_one_inside_the_message) {
    const std::string enveloped = MessageSigner(ec_key().signing).sign(logout_request()).value().xml();
    std::string broken = enveloped;
    broken.replace(broken.find("<ds:DigestValue>") + 16, 4, "AAAA");
    for (const std::string& message : {enveloped, broken}) {
        const std::string query = as("SAMLRequest", message);
        BOOST_TEST(rule_of(verify_query(query)) == "accepted");
        BOOST_TEST(rule_of(verify_query(query + "A")) == "sig.structure");
        BOOST_TEST(rule_of(verify_query(query.substr(0, query.find("&Signature=")))) == "sig.missing");
        auto read = redirect::decode(query).value();
        const auto unverified = UnverifiedLogoutRequest::parse(read.message).value();
        BOOST_TEST(rule_of(MessageVerifier::verify(unverified, std::vector{ec_key().verification}, expectations())) ==
                   "sig.missing");
    }
    auto form =
        form::decode("SAMLRequest=" + in_base64(message_xml()) + "&" + good().substr(good().find("SigAlg="))).value();
    const auto posted = UnverifiedLogoutRequest::parse(form).value();
    BOOST_TEST(rule_of(MessageVerifier::verify(posted, std::vector{ec_key().verification}, expectations())) ==
               "sig.missing");
}

BOOST_AUTO_TEST_CASE(is_not_believed_by_the_signature_of_another_one) {
    auto proven = redirect::decode(good()).value();
    LogoutRequest forged = logout_request();
    const auto judged = [&](const std::string& message) {
        auto read = redirect::decode(as("SAMLRequest", message)).value();
        const auto unverified = UnverifiedLogoutRequest::parse(read.message).value();
        return MessageVerifier::verify(unverified, proven.signature, std::vector{ec_key().verification},
                                       expectations());
    };
    forged.id = MessageID::parse("_m2").value();
    BOOST_TEST(rule_of(judged(unsigned_xml(forged))) == "sig.octets");
    forged = logout_request();
    forged.session_indexes = {SessionIndex::parse("forged").value()};
    const auto verified = judged(unsigned_xml(forged));
    BOOST_TEST_REQUIRE(verified.has_value());
    BOOST_TEST(((*verified)->session_indexes == logout_request().session_indexes));
}

BOOST_AUTO_TEST_CASE(has_no_two_elements_with_one_id) {
    std::string twice = message_xml();
    twice.insert(twice.find("</saml:Issuer>") + 14,
                 "<samlp:Extensions><x:y xmlns:x='urn:x' ID='_m1'/></samlp:Extensions>");
    BOOST_TEST(rule_of(verify_query(as("SAMLRequest", twice))) == "xml.duplicate_id");
}

BOOST_AUTO_TEST_SUITE_END()
