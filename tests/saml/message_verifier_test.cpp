#include "slo/saml/message_verifier.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>

#include "signed_messages.hpp"
#include "slo/saml/error.hpp"

using namespace slo::saml;
using namespace slo::saml::test;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

void expect_refused(const LogoutRequest& request, const Expectations& expected, Errc rule) {
    const auto result = verify(signed_envelope(request, ec_key()), {ec_key().verification}, expected);
    BOOST_REQUIRE(!result);
    BOOST_TEST(name(static_cast<Errc>(result.error().code.value())) == name(rule));
}

void expect_accepted(const LogoutRequest& request, const Expectations& expected) {
    const auto result = verify(signed_envelope(request, ec_key()), {ec_key().verification}, expected);
    BOOST_TEST(result.has_value(), (result ? "" : result.error().code.message()));
}

Expectations at(slo::Instant now) {
    Expectations expected = expectations();
    expected.now = now;
    return expected;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_unsigned_logout_request)

namespace {

std::string unsigned_envelope(const LogoutRequest& request) {
    std::string octets = signed_envelope(request, ec_key());
    const auto begin = octets.find("<ds:Signature");
    const std::string_view end = "</ds:Signature>";
    return octets.erase(begin, octets.find(end) + end.size() - begin);
}

AuthenticatedSender by_key(const EntityID& entity) {
    return AuthenticatedSender::by_tls_client_key(entity, rsa_key().verification.fingerprint(),
                                                  std::vector{ec_key().verification, rsa_key().verification})
        .value();
}

slo::Result<Verified<LogoutRequest>> verify_sent(const std::string& octets, const AuthenticatedSender& sender) {
    auto received = soap::decode(octets).value();
    return MessageVerifier::verify(UnverifiedLogoutRequest::parse(received).value(), sender, expectations());
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_it_as_it_was_sent) {
    const auto verified = verify_sent(unsigned_envelope(logout_request()), by_key(idp()));
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST((*verified)->id.str() == "_m1");
    BOOST_TEST((*verified)->session_indexes.size() == logout_request().session_indexes.size());
}

BOOST_AUTO_TEST_CASE(passes_over_no_signature) {
    const auto verified = verify_sent(signed_envelope(logout_request(), ec_key()), by_key(idp()));
    BOOST_REQUIRE(!verified);
    BOOST_TEST(is(verified.error(), Errc::signature_invalid));
}

BOOST_AUTO_TEST_CASE(rejects_a_sender_that_is_not_the_issuer) {
    const auto verified =
        verify_sent(unsigned_envelope(logout_request()), by_key(EntityID::parse("https://other.example.com").value()));
    BOOST_REQUIRE(!verified);
    BOOST_TEST(is(verified.error(), Errc::issuer_mismatch));
}

BOOST_AUTO_TEST_CASE(a_sender_is_proven_by_one_of_its_keys_alone) {
    const std::vector keys{ec_key().verification};
    BOOST_TEST(!AuthenticatedSender::by_tls_client_key(idp(), rsa_key().verification.fingerprint(), keys).has_value());
    BOOST_TEST(!AuthenticatedSender::by_tls_client_key(idp(), "", keys).has_value());
    BOOST_TEST(!AuthenticatedSender::by_tls_client_key(idp(), ec_key().verification.fingerprint(), {}).has_value());
    BOOST_TEST((by_key(idp()).proof() == AuthenticatedSender::Proof::tls_client_key));
}

BOOST_AUTO_TEST_CASE(a_verified_request_names_its_evidence) {
    const std::string octets = unsigned_envelope(logout_request());
    const auto secret = AuthenticatedSender::by_shared_secret(idp(), "secret", "secret");
    BOOST_TEST((verify_sent(octets, by_key(idp()))->evidence() == Evidence::tls_client_key));
    BOOST_TEST((verify_sent(octets, secret.value())->evidence() == Evidence::shared_secret));
}

BOOST_AUTO_TEST_CASE(a_sender_is_proven_by_the_whole_secret_alone) {
    const auto proven = AuthenticatedSender::by_shared_secret(idp(), "secret", "secret");
    BOOST_REQUIRE(proven.has_value());
    BOOST_TEST((proven->proof() == AuthenticatedSender::Proof::shared_secret));
    BOOST_TEST((proven->entity() == idp()));
    for (const std::string_view other : {"", "secre", "secret ", "Secret"}) {
        BOOST_TEST(!AuthenticatedSender::by_shared_secret(idp(), other, "secret").has_value());
    }
    BOOST_TEST(!AuthenticatedSender::by_shared_secret(idp(), "", "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verify_logout_request)

BOOST_AUTO_TEST_CASE(a_signed_request_is_believed_for_its_signature) {
    const auto verified = verify(signed_envelope(logout_request(), ec_key()), {ec_key().verification}, expectations());
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST((verified->evidence() == Evidence::signature));
}

BOOST_AUTO_TEST_CASE(returns_every_field_as_it_was_signed) {
    LogoutRequest request = logout_request();
    NameID name_id;
    name_id.value = "O'Neil & <S\xC3\xB6hne> \"x\"";
    name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    name_id.name_qualifier = "https://idp.example.com/?a=1&b=2";
    name_id.sp_name_qualifier = "https://sp.example.com";
    name_id.sp_provided_id = "42";
    request.identifier = name_id;
    request.session_indexes.push_back(SessionIndex::parse("a.b/c{d}").value());
    request.reason = "urn:oasis:names:tc:SAML:2.0:logout:user";
    request.consent = "urn:oasis:names:tc:SAML:2.0:consent:obtained";
    request.asynchronous = true;
    const auto verified = verify(signed_envelope(request, rsa_key()), {rsa_key().verification}, expectations());
    BOOST_REQUIRE(verified.has_value());
    const LogoutRequest& read = **verified;
    BOOST_TEST(read.id.str() == "_m1");
    BOOST_TEST((read.issue_instant == noon()));
    BOOST_TEST(read.destination.value() == slo_url().str());
    BOOST_TEST(read.consent.value() == *request.consent);
    BOOST_TEST(read.issuer.str() == idp().str());
    BOOST_TEST(read.asynchronous);
    BOOST_TEST((std::get<NameID>(read.identifier) == name_id));
    BOOST_TEST((read.session_indexes == request.session_indexes));
    BOOST_TEST((read.not_on_or_after == request.not_on_or_after));
    BOOST_TEST(read.reason.value() == *request.reason);
}

BOOST_AUTO_TEST_CASE(refuses_another_issuer_than_the_one_whose_keys_were_used) {
    Expectations expected = expectations();
    expected.issuer = EntityID::parse("https://other.example.com").value();
    expect_refused(logout_request(), expected, Errc::issuer_mismatch);
}

BOOST_AUTO_TEST_CASE(refuses_a_destination_that_is_not_ours_to_the_last_character) {
    for (const char* destination : {"https://sp.example.com/saml/slo/soap/", "https://sp.example.com:443/saml/slo/soap",
                                    "https://SP.example.com/saml/slo/soap", "http://sp.example.com/saml/slo/soap",
                                    "https://sp.example.com/saml/slo/redirect", "https://other.example.com/slo",
                                    "https://x@sp.example.com/saml/slo/soap", "https://sp.example.com/saml/slo/soap?",
                                    "https://sp.example.com/saml/slo/%73oap", "urn:x"}) {
        LogoutRequest request = logout_request();
        request.destination = destination;
        expect_refused(request, expectations(), Errc::destination_mismatch);
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_missing_destination_unless_it_is_optional) {
    LogoutRequest request = logout_request();
    request.destination = std::nullopt;
    expect_refused(request, expectations(), Errc::destination_missing);
    Expectations lenient = expectations();
    lenient.destination_rule = DestinationRule::optional;
    expect_accepted(request, lenient);
    request.destination = "https://other.example.com/slo";
    expect_refused(request, lenient, Errc::destination_mismatch);
}

BOOST_AUTO_TEST_CASE(lets_issue_instant_lie_within_the_skew_ahead) {
    expect_accepted(logout_request(), at(noon() - 180s));
    expect_refused(logout_request(), at(noon() - 180s - 1ms), Errc::issue_instant_out_of_window);
}

BOOST_AUTO_TEST_CASE(lets_issue_instant_be_as_old_as_max_age_and_the_skew) {
    LogoutRequest request = logout_request();
    request.not_on_or_after = std::nullopt;
    expect_accepted(request, at(noon() + 480s));
    expect_refused(request, at(noon() + 480s + 1ms), Errc::issue_instant_out_of_window);
}

BOOST_AUTO_TEST_CASE(ends_at_not_on_or_after_and_the_skew) {
    LogoutRequest request = logout_request();
    request.not_on_or_after = noon() + 60s;
    expect_accepted(request, at(noon() + 240s - 1ms));
    expect_refused(request, at(noon() + 240s), Errc::request_expired);
}

BOOST_AUTO_TEST_CASE(refuses_a_not_on_or_after_that_is_not_after_issue_instant) {
    LogoutRequest request = logout_request();
    request.not_on_or_after = noon();
    expect_refused(request, expectations(), Errc::request_expired);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

std::string signed_response(const LogoutResponse& response, const TestKey& key) {
    return soap::encode(MessageSigner(key.signing).sign(response).value());
}

slo::Result<Verified<LogoutResponse>> verify_octets(const std::string& octets, const Expectations& expected) {
    auto message = soap::decode_response(octets).value();
    const auto unverified = UnverifiedLogoutResponse::parse(message);
    if (!unverified) return unverified.error();
    const std::vector keys{ec_key().verification};
    return MessageVerifier::verify(*unverified, keys, MessageID::parse("_q1").value(), expected);
}

slo::Result<Verified<LogoutResponse>> verify_response(const LogoutResponse& response, const Expectations& expected) {
    return verify_octets(signed_response(response, ec_key()), expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_logout_response)

BOOST_AUTO_TEST_CASE(returns_status_with_nested_codes_and_message) {
    LogoutResponse response = logout_response();
    response.status = {.code = TopLevelStatus::responder,
                       .nested = {std::string(uri(SecondLevelStatus::partial_logout)), "urn:x:deeper"},
                       .message = "two of <three>"};
    const auto verified = verify_response(response, expectations());
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST(((*verified)->status == response.status));
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_to_another_request) {
    LogoutResponse response = logout_response();
    response.in_response_to = MessageID::parse("_q2").value();
    const auto other = verify_response(response, expectations());
    BOOST_REQUIRE(!other);
    BOOST_TEST(is(other.error(), Errc::in_response_to_mismatch));
    response.in_response_to = std::nullopt;
    const auto none = verify_response(response, expectations());
    BOOST_REQUIRE(!none);
    BOOST_TEST(is(none.error(), Errc::in_response_to_mismatch));
}

BOOST_AUTO_TEST_CASE(refuses_an_unsigned_answer) {
    auto octets = signed_response(logout_response(), ec_key());
    const auto begin = octets.find("<ds:Signature ");
    const std::string end = "</ds:Signature>";
    octets.erase(begin, octets.find(end) + end.size() - begin);
    const auto result = verify_octets(octets, expectations());
    BOOST_REQUIRE(!result);
    BOOST_TEST(is(result.error(), Errc::signature_missing));
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_of_another_idp) {
    const auto forged = verify_octets(signed_response(logout_response(), make_key(KeyKind::ec_p256)), expectations());
    BOOST_REQUIRE(!forged);
    BOOST_TEST(is(forged.error(), Errc::signature_invalid));
    LogoutResponse response = logout_response();
    response.issuer = EntityID::parse("https://other.example.com").value();
    const auto renamed = verify_response(response, expectations());
    BOOST_REQUIRE(!renamed);
    BOOST_TEST(is(renamed.error(), Errc::issuer_mismatch));
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_from_another_time_or_to_another_place) {
    LogoutResponse response = logout_response();
    response.destination = "https://other.example.com/slo";
    const auto elsewhere = verify_response(response, expectations());
    BOOST_REQUIRE(!elsewhere);
    BOOST_TEST(is(elsewhere.error(), Errc::destination_mismatch));
    const auto late = verify_response(logout_response(), at(noon() + 1h));
    BOOST_REQUIRE(!late);
    BOOST_TEST(is(late.error(), Errc::issue_instant_out_of_window));
}

BOOST_AUTO_TEST_SUITE_END()
