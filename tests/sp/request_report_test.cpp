// The report on one LogoutRequest: each check refuses with its rule, and nothing is touched.
#include "slo/sp/request_report.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "back_channel_wires.hpp"
#include "logout_request_text.hpp"
#include "service_under_test.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/soap.hpp"

namespace slo::sp {

namespace {

using namespace std::chrono_literals;
using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

struct Fixture : ServiceUnderTest {
    [[nodiscard]] RequestReport report(const std::string& body) const {
        const MessageSource source = [&] {
            return body.starts_with('<') ? saml::soap::decode(body) : saml::form::decode(body);
        };
        return report_on(parts, source, {.wire = soap_wire()}, clock.now());
    }
    /// "sig.invalid at signature", and each further refusal.
    [[nodiscard]] std::string refusals(const std::string& body) const {
        std::string text;
        for (const CheckedRule& row : report(body).checks) {
            if (row.verdict != CheckVerdict::refused) continue;
            text += (text.empty() ? "" : ", ") + row.why.code.message() + " at " + std::string(name(row.check));
        }
        return text;
    }
    [[nodiscard]] std::string refusals(const std::function<void(LogoutRequestText&)>& change) const {
        LogoutRequestText request;
        change(request);
        return refusals(soap(request));
    }
    void profile(const std::function<void(idp_adapter::InteropProfile&)>& change) {
        idp_adapter::InteropProfile changed;
        change(changed);
        parts.idps = directory_of({idp_with_first_key(std::move(changed))});
    }
};

const CheckedRule& row(const RequestReport& report, RequestCheck check) {
    return report.checks.at(static_cast<std::size_t>(check));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(request_report, Fixture)

BOOST_AUTO_TEST_CASE(a_request_that_would_be_taken_passes_every_check_and_touches_nothing) {
    const RequestReport made = report(signed_body(baseline_request()));
    BOOST_TEST((made.refusal() == nullptr));
    BOOST_TEST(made.checks.size() == static_cast<std::size_t>(request_check_count));
    for (int i = 0; i < request_check_count; ++i) {
        BOOST_TEST(static_cast<int>(made.checks[static_cast<std::size_t>(i)].check) == i);
        BOOST_TEST((made.checks[static_cast<std::size_t>(i)].verdict == CheckVerdict::ok));
    }
    BOOST_TEST_REQUIRE(made.order.has_value());
    BOOST_TEST(made.order->key.request_id.str() == "_r1");
    BOOST_TEST(made.order->session_indexes.size() == 1U);
    BOOST_TEST(made.idp->entity_id.str() == idp_id.str());
    BOOST_TEST(!made.acceptable_at.has_value());
    BOOST_TEST(store.calls == "");
    BOOST_TEST(application.told() == "");
    BOOST_TEST(audit.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_passed_check_tells_what_it_found) {
    const RequestReport made = report(signed_body(baseline_request()));
    BOOST_TEST(row(made, RequestCheck::transport).note == "SOAP");
    BOOST_TEST(row(made, RequestCheck::idp).note == idp_id.str());
    BOOST_TEST(row(made, RequestCheck::metadata).note == "it doesn't say until when");
    BOOST_TEST(row(made, RequestCheck::signature).note == "key 1 of 1");
    BOOST_TEST(row(made, RequestCheck::destination).note == our_soap_url);
    BOOST_TEST(row(made, RequestCheck::issue_instant).note == "2030-01-15T10:00:00Z, 0 s ago");
    BOOST_TEST(row(made, RequestCheck::not_on_or_after).note == "2030-01-15T10:05:00Z, 300 s ahead");
    BOOST_TEST(row(made, RequestCheck::session_index).note == "1 named");
    BOOST_TEST(row(made, RequestCheck::name_id).note == "not encrypted");

    profile([](auto& it) { it.destination = saml::DestinationRule::optional; });
    saml::LogoutRequest bare = baseline_request();
    bare.destination.reset();
    bare.not_on_or_after.reset();
    bare.session_indexes.clear();
    const RequestReport less = report(signed_body(bare));
    BOOST_TEST(row(less, RequestCheck::destination).note == "none, and the profile asks for none");
    BOOST_TEST(row(less, RequestCheck::not_on_or_after).note == "none");
    BOOST_TEST(row(less, RequestCheck::session_index).note == "none: every session of the principal");
}

BOOST_AUTO_TEST_CASE(each_check_refuses_with_its_rule) {
    const std::string good = soap({});
    BOOST_TEST(refusals("SAMLRequest=abc") == "saml.base64 at transport");
    BOOST_TEST(refusals("<a>" + std::string(70'000, ' ') + "</a>") == "xml.size at transport");
    BOOST_TEST(refusals("<!DOCTYPE a><a/>") == "xml.doctype at xml");
    BOOST_TEST(refusals("<a/>") == "soap.structure at kind");
    BOOST_TEST(refusals([](auto& it) { it.version = "1.1"; }) == "saml.version_too_low at kind");
    BOOST_TEST(refusals([](auto& it) { it.issuer = issuer_of("https://a.example"); }) == "check.issuer_unknown at idp");
    BOOST_TEST(refusals(soap({}, "keys/stranger.key.pem")) == "sig.invalid at signature");
    BOOST_TEST(refusals(unsigned_soap({})) == "sig.missing at signature");
    BOOST_TEST(refusals([](auto& it) { it.more_attributes = " Odd=\"x\""; }) == "saml.schema at schema");
    BOOST_TEST(refusals([](auto& it) { it.destination = "https://a.example"; }) == "check.destination at destination");
    profile([](auto& it) { it.session_index = idp_adapter::SessionIndexRule::required; });
    BOOST_TEST(refusals([](auto& it) { it.session_indexes = {}; }) == "check.session_index at session_index");
    BOOST_TEST(refusals([](auto& it) { it.identifier = EncryptedText{}.xml(); }) == "id.decryption at name_id");
    profile([](auto& it) { it.wires = {idp_adapter::Wire::form}; });
    BOOST_TEST(refusals(good) == "http.wire at wire");
}

BOOST_AUTO_TEST_CASE(metadata_that_ended_is_refused_after_the_wire) {
    auto idp = idp_with_first_key();
    idp.valid_until = at("2030-01-01T00:00:00Z");
    parts.idps = directory_of({idp});
    const RequestReport made = report(soap({}));
    BOOST_TEST(row(made, RequestCheck::metadata).why.code.message() == "check.metadata_expired");
    BOOST_TEST((row(made, RequestCheck::wire).verdict == CheckVerdict::ok));
    BOOST_TEST((row(made, RequestCheck::signature).verdict == CheckVerdict::not_reached));
}

BOOST_AUTO_TEST_CASE(a_request_refused_for_its_time_alone_is_judged_on_as_of_its_own) {
    clock.advance(1h);
    const RequestReport late = report(soap({}));
    BOOST_TEST(refusals(soap({})) == "check.not_on_or_after at not_on_or_after");
    BOOST_TEST((late.acceptable_at == at(baseline_now)));
    BOOST_TEST(late.order.has_value());
    BOOST_TEST((row(late, RequestCheck::name_id).verdict == CheckVerdict::ok));
    BOOST_TEST(row(late, RequestCheck::issue_instant).note == "2030-01-15T10:00:00Z, 3600 s ago");

    clock.advance(-2h);
    BOOST_TEST(refusals(soap({})) == "check.issue_instant at issue_instant");
    BOOST_TEST((report(soap({})).acceptable_at == at(baseline_now)));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_too_old_and_wrong_otherwise_is_told_both) {
    profile([](auto& it) { it.session_index = idp_adapter::SessionIndexRule::required; });
    clock.advance(1h);
    LogoutRequestText request;
    request.session_indexes = {};
    BOOST_TEST(refusals(soap(request)) ==
               "check.not_on_or_after at not_on_or_after, check.session_index at session_index");
    BOOST_TEST(!report(soap(request)).acceptable_at.has_value());
    BOOST_TEST(!report(soap(request)).order.has_value());
    // What is refused before its content is judged has no time that counts.
    BOOST_TEST(refusals(soap({}, "keys/stranger.key.pem")) == "sig.invalid at signature");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
