#include "slo/saml/redirect.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "compressed.hpp"
#include "ecdsa_form.hpp"
#include "failure_check.hpp"
#include "owned.hpp"
#include "queries.hpp"
#include "slo/saml/form.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
namespace data = boost::unit_test::data;
using redirect::RelayState;

namespace {

RelayState state(std::string_view octets) {
    return RelayState::from(octets).value();
}

std::string query_of(const redirect::SignedRedirect& sent) {
    return sent.url().substr(sent.url().find('?') + 1);
}

/// The value of a parameter as OpenSSL or a person reads it.
std::string part(const std::string& query, const std::string& name) {
    const auto at = ("&" + query).find("&" + name + "=");
    BOOST_REQUIRE(at != std::string::npos);
    const auto begin = at + name.size() + 1;
    return query.substr(begin, query.find('&', begin) - begin);
}

/// OpenSSL's own verdict on all in front of "&Signature=".
bool openssl_verifies(const std::string& query, const TestKey& key) {
    const std::string value =
        decode_base64(form::unescape(part(query, "Signature"), form::Plus::itself).value(), 1024).value();
    const bool is_rsa = key.verification.fits(SignatureAlgorithm::rsa_sha256);
    const std::string form = is_rsa ? value : der_from_p1363(value).value();
    const std::string signed_part = query.substr(0, query.find("&Signature="));
    const std::string& der = key.signing.certificate().der();
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const OwnedX509 certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    const OwnedMdCtx context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, X509_get0_pubkey(certificate.get())) ==
               1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(form.data()), form.size(),
                            reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size()) == 1;
}

std::string stored(const std::string& octets) {
    const auto size = static_cast<unsigned>(octets.size());
    std::string block("\1", 1);
    for (const unsigned n : {size, ~size}) {
        block += static_cast<char>(n & 0xFFU);
        block += static_cast<char>(n >> 8U & 0xFFU);
    }
    return block + octets;
}

/// A query with these octets in the place of the deflated message, and a good signature over it.
std::string with_message(const std::string& octets) {
    Query query;
    query.message = "SAMLRequest=" + in_base64(octets);
    return query.signed_by(ec_key()).str();
}

const std::string request = "SAMLRequest=eA%3D%3D";

// RDR-08, 09, 10, 17, 26; BIND-RED-06, 20
const Row malformed_queries[] = {
    {"nothing", "", Errc::query_malformed},
    {"a RelayState alone", "RelayState=x", Errc::query_malformed},
    {"another spelling of the name alone", "samlrequest=eA&SAMLRequest[]=eA", Errc::query_malformed},
    {"the message twice", good() + "&" + request, Errc::query_malformed},
    {"the message twice, the other one first", request + "&" + good(), Errc::query_malformed},
    {"an encoded name beside", good() + "&SAML%52equest=eA", Errc::query_malformed},
    {"an encoded name of another parameter", good() + "&%52elayState=x", Errc::query_malformed},
    {"an encoded name without a value", good() + "&Sig%41lg", Errc::query_malformed},
    {"a response beside", good() + "&SAMLResponse=eA", Errc::query_malformed},
    {"RelayState twice", good() + "&RelayState=x", Errc::query_malformed},
    {"SigAlg twice", good() + "&SigAlg=x", Errc::query_malformed},
    {"Signature twice", good() + "&Signature=x", Errc::query_malformed},
    {"SAMLEncoding twice", good() + "&SAMLEncoding=x&SAMLEncoding=x", Errc::query_malformed},
    {"an empty one twice", request + "&RelayState=&RelayState=", Errc::query_malformed},
    {"a name without =", request + "&RelayState", Errc::query_malformed},
    {"half an escape", "SAMLRequest=eA%3", Errc::query_malformed},
    {"an escape in RelayState that isn't hex", request + "&RelayState=%zz", Errc::query_malformed},
    {"an escape in SigAlg that isn't hex", request + "&SigAlg=%", Errc::query_malformed},
    {"an escape in Signature that isn't hex", request + "&Signature=%0", Errc::query_malformed},
    {"an escape in SAMLEncoding that isn't hex", request + "&SAMLEncoding=%", Errc::query_malformed},
    {"a raw NUL", request + "&RelayState=" + std::string(1, '\0'), Errc::query_malformed},
    {"a raw line feed", request + "&RelayState=\n", Errc::query_malformed},
    {"a raw DEL", request + "&RelayState=\x7f", Errc::query_malformed},
    {"raw UTF-8 in the message", "SAMLRequest=\xC3\xA4", Errc::query_malformed},
    {"; as the separator", "SAMLRequest=eA%3D%3D;RelayState=x", Errc::base64_malformed},
    {"more than is read", good() + "&x=" + std::string(redirect::max_query_octets, 'x'), Errc::message_too_large},
    {"another encoding", good() + "&SAMLEncoding=urn:x:none", Errc::query_encoding},
    {"an encoding without a name", good() + "&SAMLEncoding=", Errc::query_encoding},
};

// RDR-06, 23
const Row bad_base64[] = {
    {"base64 for URLs", "SAMLRequest=-_8%3D", Errc::base64_malformed},
    {"a line feed", "SAMLRequest=eA%0A%3D%3D", Errc::base64_malformed},
    {"no padding", "SAMLRequest=eA", Errc::base64_malformed},
    {"too much padding", "SAMLRequest=eA%3D%3D%3D", Errc::base64_malformed},
    {"bits behind the last octet", "SAMLRequest=eB%3D%3D", Errc::base64_malformed},
    {"a blank", "SAMLRequest=eA%20%3D%3D", Errc::base64_malformed},
};

// BIND-RED-28; RDR-01, 21, 22
const Row bad_streams[] = {
    {"no octets", with_message(""), Errc::query_deflate},
    {"XML as it is", with_message(message_xml()), Errc::query_deflate},
    {"zlib's header", with_message("\x78\x9c" + deflated(message_xml()) + "abcd"), Errc::query_deflate},
    {"gzip's container", with_message(slo::test::gzipped(message_xml())), Errc::query_deflate},
    {"a preset dictionary", with_message("\x78\xBB\1\2\3\4" + deflated(message_xml())), Errc::query_deflate},
    {"an octet behind", with_message(deflated(message_xml()) + "x"), Errc::query_deflate},
    {"two streams", with_message(deflated(message_xml()) + deflated(message_xml())), Errc::query_deflate},
    {"its last octet missing", with_message(deflated(message_xml()).substr(0, deflated(message_xml()).size() - 1)),
     Errc::query_deflate},
    {"no last block", with_message(std::string("\0", 1) + stored(message_xml()).substr(1)), Errc::query_deflate},
    {"empty blocks without end", with_message([] {
         std::string blocks;
         for (int i = 0; i < 1000; ++i) blocks += std::string("\0\0\0\xFF\xFF", 5);
         return blocks;
     }()),
     Errc::query_deflate},
    {"a bomb", with_message(deflated(std::string(4'000'000, ' '))), Errc::message_too_large},
    {"an octet more than a message may have", with_message(deflated(std::string(64 * 1024 + 1, ' '))),
     Errc::message_too_large},
    {"as many octets as it may have", with_message(deflated(std::string(64 * 1024, ' '))), Errc::xml_malformed},
};

const std::string response_xml = unsigned_xml(logout_response());

// CORE-AQ-06; RDR-10
const Row other_messages[] = {
    {"a request as a response", as("SAMLResponse", message_xml()), Errc::query_response},
    {"a Response", as("SAMLResponse", "<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'/>"),
     Errc::query_response},
    {"a LogoutResponse of no namespace", as("SAMLResponse", "<LogoutResponse/>"), Errc::query_response},
    {"a response as a request", as("SAMLRequest", response_xml), Errc::not_a_saml_request},
    {"a SOAP envelope", as("SAMLRequest", signed_envelope(logout_request(), ec_key())), Errc::not_a_saml_request},
    {"a comment", as("SAMLRequest", message_xml() + "<!---->"), Errc::xml_comment},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_redirect)

BOOST_AUTO_TEST_CASE(carries_a_request_and_brings_it_back_unchanged) {
    const auto sent = redirect::encode(logout_request(), state("a b&=+\xC3\xA4"), ec_key().signing).value();
    auto read = redirect::decode(query_of(sent)).value();
    BOOST_TEST((read.kind == redirect::Kind::request));
    BOOST_TEST((read.message.binding() == Binding::redirect));
    BOOST_TEST(read.relay_state->octets() == "a b&=+\xC3\xA4");
    const auto verified = verify_query(query_of(sent));
    BOOST_TEST_REQUIRE(verified.has_value());
    BOOST_TEST((verified->evidence() == Evidence::signature));
    BOOST_TEST((*verified)->id.str() == logout_request().id.str());
    BOOST_TEST((*verified)->destination.value() == slo_url().str());
    BOOST_TEST((std::get<NameID>((*verified)->identifier) == std::get<NameID>(logout_request().identifier)));
    BOOST_TEST(((*verified)->session_indexes == logout_request().session_indexes));
    BOOST_TEST(((*verified)->not_on_or_after == logout_request().not_on_or_after));
}

BOOST_AUTO_TEST_CASE(carries_a_response_whose_destination_is_demanded_and_compared) {
    LogoutResponse response = logout_response();
    const auto judged = [&](const std::string& query, const std::string& request_id) {
        auto read = redirect::decode(query).value();
        BOOST_TEST((read.kind == redirect::Kind::response));
        const auto unverified = UnverifiedLogoutResponse::parse(read.message).value();
        return rule_of(MessageVerifier::verify(unverified, read.signature, std::vector{ec_key().verification},
                                               MessageID::parse(request_id).value(), expectations()));
    };
    response.destination = slo_url().str();
    const std::string query = query_of(redirect::encode(response, {}, ec_key().signing).value());
    BOOST_TEST(query.starts_with("SAMLResponse="));
    BOOST_TEST(judged(query, "_q1") == "accepted");
    BOOST_TEST(judged(query, "_q2") == "check.in_response_to");
    response.destination = "https://other.example.com/";
    BOOST_TEST(judged(query_of(redirect::encode(response, {}, ec_key().signing).value()), "_q1") ==
               "check.destination");
    BOOST_TEST(judged(as("SAMLResponse", response_xml), "_q1") == "check.destination_missing");
    Query unsigned_query;
    unsigned_query.message = "SAMLResponse=" + in_base64(deflated(response_xml));
    BOOST_TEST(judged(unsigned_query.message, "_q1") == "sig.missing");
}

BOOST_AUTO_TEST_CASE(carries_a_request_for_a_login_that_openssl_verifies) {
    const AuthnRequest login{.id = MessageID::parse("_q1").value(),
                             .issue_instant = noon(),
                             .destination = EndpointUrl::parse("https://idp.example.com/sso?tenant=a").value(),
                             .issuer = EntityID::parse("https://sp.example.com/saml/metadata").value(),
                             .assertion_consumer_service = EndpointUrl::parse("https://sp.example.com/acs").value()};
    for (const TestKey* key : {&rsa_key(), &ec_key()}) {
        const std::string url = redirect::encode(login, state("a b"), key->signing).value().url();
        const std::string start = "https://idp.example.com/sso?tenant=a&";
        BOOST_TEST_REQUIRE(url.starts_with(start + "SAMLRequest="));
        const std::string query = url.substr(start.size());
        BOOST_TEST(part(query, "RelayState") == "a%20b");
        BOOST_TEST(form::unescape(part(query, "SigAlg"), form::Plus::blank).value() == uri(key->signing.algorithm()));
        BOOST_TEST(openssl_verifies(query, *key));
        const auto read = redirect::decode(query).value();
        BOOST_TEST((read.message.other_request() == RefusedRequest::authn_request));
        BOOST_TEST(read.signature.signed_octets() == query.substr(0, query.find("&Signature=")));
    }
    BOOST_TEST(redirect::encode(login, {}, rsa_key().signing).value().url().size() < 1600U);  // CORE-AQ-18
}

// BIND-RED-30, 15
BOOST_AUTO_TEST_CASE(goes_to_the_destination_of_its_message_whose_own_query_is_kept) {
    LogoutRequest request = logout_request();
    const auto url = [&](const char* destination) {
        request.destination = destination;
        const std::string text = redirect::encode(request, {}, ec_key().signing).value().url();
        return text.substr(0, text.find("SAMLRequest=") + 12);
    };
    BOOST_TEST(url("https://idp.example.com") == "https://idp.example.com?SAMLRequest=");
    BOOST_TEST(url("https://idp.example.com/slo") == "https://idp.example.com/slo?SAMLRequest=");
    BOOST_TEST(url("https://idp.example.com/slo?") == "https://idp.example.com/slo?SAMLRequest=");
    BOOST_TEST(url("https://idp.example.com/slo?a=b") == "https://idp.example.com/slo?a=b&SAMLRequest=");
    BOOST_TEST(url("https://idp.example.com/slo?a=b&") == "https://idp.example.com/slo?a=b&SAMLRequest=");
    request.destination = std::nullopt;
    BOOST_TEST(rule_of(redirect::encode(request, {}, ec_key().signing)) == "check.destination_missing");
    request.destination = "urn:x:slo";
    BOOST_TEST(rule_of(redirect::encode(request, {}, ec_key().signing)) == "saml.uri");
    BOOST_TEST(rule_of(redirect::encode(logout_response(), {}, ec_key().signing)) == "check.destination_missing");
}

// BIND-RED-01, 33, 35
BOOST_AUTO_TEST_CASE(returns_a_relay_state_in_the_very_octets_in_which_it_came) {
    const auto echoed = [](const std::string& raw) -> std::string {
        const auto read = redirect::decode(Query{}.message + "&RelayState=" + raw).value();
        const auto sent = redirect::encode(logout_request(), read.relay_state, ec_key().signing);
        if (!sent) return sent.error().code.message();
        BOOST_TEST(verify_query(query_of(*sent)).has_value());
        const auto at = sent->url().find("&RelayState=");
        return at == std::string::npos ? "(absent)" : part(query_of(*sent), "RelayState");
    };
    std::string all;
    for (int octet = 0; octet < 256; ++octet) all += escaped(std::string(1, static_cast<char>(octet)));
    for (const std::string& raw :
         {all, std::string("a+b%20%e4%E4%0A'~="), std::string("https://sp/x?y;z:,@!$()*/-._")}) {
        BOOST_TEST(echoed(raw) == raw);
    }
    BOOST_TEST(echoed("\"<>\xE4#[") == "%22%3C%3E%E4%23%5B");
    BOOST_TEST(echoed("") == "(absent)");
    BOOST_TEST(echoed(std::string(1024, 'x')) == std::string(1024, 'x'));
    BOOST_TEST(echoed(std::string(1025, 'x')) == "query.relay_state");
    BOOST_TEST(RelayState::from(std::string(80, ' ')).value().octets() == std::string(80, ' '));
    BOOST_TEST(rule_of(RelayState::from(std::string(81, 'x'))) == "query.relay_state");
}

// BIND-RED-08, 09, 22; RDR-07, 11
BOOST_AUTO_TEST_CASE(is_believed_in_any_order_and_spelling_in_which_it_was_signed) {
    const Query query = Query{}.signed_by(ec_key());
    std::vector<std::string> parts{query.message, query.relay_state, query.sig_alg, query.signature,
                                   "x=y",         "SAMLRequest[]=x"};
    std::sort(parts.begin(), parts.end());
    do {
        std::string shuffled;
        for (const std::string& part : parts) shuffled += part + "&";
        BOOST_TEST_REQUIRE(rule_of(verify_query(shuffled)) == "accepted");
    } while (std::next_permutation(parts.begin(), parts.begin() + 4));
    Query lazy;
    lazy.message = "SAMLRequest=" + encode_base64(deflated(message_xml()));
    lazy.relay_state = "RelayState=a+b/c:d==";
    lazy.sig_alg = "SigAlg=http:%2f/www.w3.org/2001/04/xmldsig-more%23ecdsa-sha256";
    lazy = lazy.signed_by(ec_key());
    lazy.sig_alg += "&SAMLEncoding=urn%3aoasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
    BOOST_TEST(rule_of(verify_query(lazy.str())) == "accepted");
}

BOOST_DATA_TEST_CASE(is_refused_where_its_parameters_are_ambiguous, data::make(malformed_queries), row) {
    BOOST_TEST(rule_of(redirect::decode(row.query)) == name(row.rule));
}

BOOST_DATA_TEST_CASE(is_refused_where_its_base64_has_two_spellings, data::make(bad_base64), row) {
    BOOST_TEST(rule_of(redirect::decode(row.query)) == name(row.rule));
}

BOOST_DATA_TEST_CASE(is_refused_where_it_is_not_one_stream_of_bounded_length, data::make(bad_streams), row) {
    BOOST_TEST(row.query.size() <= redirect::max_query_octets);
    BOOST_TEST(rule_of(redirect::decode(row.query)) == name(row.rule));
}

BOOST_DATA_TEST_CASE(is_refused_where_it_holds_another_message_than_its_parameter_says, data::make(other_messages),
                     row) {
    BOOST_TEST(rule_of(redirect::decode(row.query)) == name(row.rule));
}

BOOST_AUTO_TEST_SUITE_END()
