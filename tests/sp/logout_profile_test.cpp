// The effects of an IdP's InteropProfile on a LogoutRequest that is its own.
#include <boost/test/unit_test.hpp>

#include "service_under_test.hpp"
#include "slo/sp/logout_service.hpp"
#include "xmlsec1.hpp"

namespace slo::sp {

namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using idp_adapter::AsynchronousRule;
using idp_adapter::InteropProfile;
using idp_adapter::RepeatRule;
using idp_adapter::SessionIndexRule;

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

struct Fixture : ServiceUnderTest {
    Fixture() { store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})}); }
    void give(InteropProfile profile) { parts.idps = directory_of({idp_with_first_key(std::move(profile))}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(logout_profile, Fixture)

BOOST_AUTO_TEST_CASE(a_request_without_session_index_is_refused_where_one_is_required) {
    auto request = baseline_request();
    request.session_indexes.clear();
    give({.session_index = SessionIndexRule::required});
    const SoapReply reply = handle(signed_body(request));
    BOOST_TEST(contains(reply.body, "status:Requester\""));
    BOOST_TEST(audit.last().rule == "check.session_index");
    BOOST_TEST(store.calls == "");
    end_service();
    give({});
    BOOST_TEST(contains(handle(signed_body(request)).body, "status:Success\""));
}

BOOST_AUTO_TEST_CASE(with_session_index_it_passes_the_same_rule) {
    give({.session_index = SessionIndexRule::required});
    BOOST_TEST(contains(handle(signed_body(baseline_request())).body, "status:Success\""));
}

BOOST_AUTO_TEST_CASE(a_repeat_is_denied_where_repeats_are_refused) {
    give({.repeats = RepeatRule::refuse});
    for (const auto& recorded :
         {std::optional<LogoutOutcome>(LogoutOutcome{.ended = 1}), std::optional<LogoutOutcome>()}) {
        store.begun = BegunLogout(RepeatedLogout{.recorded = recorded, .ending = sessions_named({"S1"})});
        const SoapReply reply = handle(signed_body(baseline_request()));
        BOOST_TEST(reply.http_status == 200);
        BOOST_TEST(contains(reply.body, "status:Requester\""));
        BOOST_TEST(contains(reply.body, "status:RequestDenied\""));
        BOOST_TEST(audit.last().rule == "check.repeat");
        BOOST_TEST(audit.last().event == "repeat");
        BOOST_TEST(application.told() == "");
    }
    BOOST_TEST(store.calls == "begin begin ");
}

BOOST_AUTO_TEST_CASE(the_first_request_passes_the_same_rule) {
    give({.repeats = RepeatRule::refuse});
    BOOST_TEST(contains(handle(signed_body(baseline_request())).body, "status:Success\""));
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(an_asynchronous_request_gets_204_where_silence_is_asked_for_after_the_same_work) {
    auto request = baseline_request();
    request.asynchronous = true;
    give({.asynchronous = AsynchronousRule::stay_silent});
    const SoapReply reply = handle(signed_body(request));
    BOOST_TEST(reply.http_status == 204);
    BOOST_TEST(reply.body == "");
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(store.calls == "begin complete ");
    BOOST_TEST(audit.last().status == "Success");
}

BOOST_AUTO_TEST_CASE(silence_is_no_204_where_something_lives) {
    auto request = baseline_request();
    request.asynchronous = true;
    give({.asynchronous = AsynchronousRule::stay_silent});
    application.answer_all(Ended::failed);
    const SoapReply reply = handle(signed_body(request));
    BOOST_TEST(reply.http_status == 500);
    BOOST_TEST(reply.body == "");
    BOOST_TEST(audit.last().status == "Responder");
}

BOOST_AUTO_TEST_CASE(a_synchronous_or_unproven_request_gets_an_answer) {
    give({.asynchronous = AsynchronousRule::stay_silent});
    BOOST_TEST(contains(handle(signed_body(baseline_request())).body, "status:Success\""));
    auto request = baseline_request();
    request.asynchronous = true;
    const SoapReply reply = handle(signed_body(request, "keys/stranger"));
    BOOST_TEST(contains(reply.body, "status:Requester\""));
    BOOST_TEST(audit.last().rule == "sig.invalid");
}

BOOST_AUTO_TEST_CASE(an_asynchronous_request_is_answered_by_default) {
    auto request = baseline_request();
    request.asynchronous = true;
    BOOST_TEST(contains(handle(signed_body(request)).body, "status:Success\""));
}

BOOST_AUTO_TEST_CASE(an_alias_may_issue_and_the_logout_is_that_of_the_idp) {
    auto request = baseline_request();
    request.issuer = parsed<saml::EntityID>("https://old.example.org/idp");
    give({.issuer_aliases = {request.issuer}});
    BOOST_TEST(contains(handle(signed_body(request)).body, "status:Success\""));
    BOOST_TEST_REQUIRE(store.order.has_value());
    BOOST_TEST((store.order->key.idp == idp_id));
    BOOST_TEST(audit.last().idp == idp_id.str());
    end_service();
    give({});
    BOOST_TEST(handle(signed_body(request)).http_status == 403);
    BOOST_TEST(audit.last().rule == "check.issuer_unknown");
}

BOOST_AUTO_TEST_CASE(the_entity_id_keeps_issuing_beside_its_alias) {
    give({.issuer_aliases = {parsed<saml::EntityID>("https://old.example.org/idp")}});
    BOOST_TEST(contains(handle(signed_body(baseline_request())).body, "status:Success\""));
}

BOOST_AUTO_TEST_CASE(soap_is_refused_from_an_idp_that_posts_forms_only) {
    give({.wires = {idp_adapter::Wire::form}});
    BOOST_TEST(handle(signed_body(baseline_request())).http_status == 415);
    BOOST_TEST(audit.last().rule == "http.wire");
    BOOST_TEST(store.calls == "");
}

BOOST_AUTO_TEST_CASE(answers_have_the_prefixes_that_the_idp_keeps) {
    give({.prefixes = saml::NamespacePrefixes::numbered});
    const SoapReply reply = handle(signed_body(baseline_request()));
    BOOST_TEST(contains(reply.body, "<ns0:LogoutResponse xmlns:ns0="));
    BOOST_TEST(contains(reply.body, "<ns1:Issuer xmlns:ns1="));
    BOOST_TEST(contains(reply.body, "<ns2:Signature xmlns:ns2="));
    BOOST_TEST(!contains(reply.body, "samlp:"));
    BOOST_TEST(verify_xml(reply.body, fixture("sp/sp.crt.pem")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
