// From an IdP's answer, and the results of our applications, to the proven result.
#include "slo/sp/global_logout.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

#include "values.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using idp_adapter::LogoutVerdict;
using idp_adapter::ReplyErrc;
using idp_adapter::SuccessProves;
using Kind = LogoutVerdict::Kind;

namespace {

constexpr LogoutOutcome all_gone{.ended = 2, .already_gone = 0, .failed = 0};
constexpr LogoutOutcome one_failed{.ended = 1, .already_gone = 0, .failed = 1};

LogoutVerdict verdict(Kind kind, ReplyErrc why = ReplyErrc::timed_out) {
    return {.kind = kind, .status = {}, .why = {make_error_code(why), {}}, .request_id = {}};
}

Conclusion concluded(const LogoutVerdict& said, const LogoutOutcome& local = all_gone) {
    return conclude(said, SuccessProves::logout, local);
}

IdpLogoutResult part(Extent extent) {
    return {.idp = idp_id, .logouts = 1, .extent = extent, .why = {}, .local = {}, .verdict = {}, .retried = {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(global_logout)

BOOST_AUTO_TEST_CASE(only_a_proven_success_is_everywhere) {
    BOOST_TEST((concluded(verdict(Kind::success)).extent == Extent::everywhere));
    BOOST_TEST(concluded(verdict(Kind::success)).why.empty());
    constexpr std::array others{Kind::partial, Kind::refused, Kind::silent,    Kind::unproven,
                                Kind::unsent,  Kind::lost,    Kind::impossible};
    for (const Kind kind : others) {
        BOOST_TEST((concluded(verdict(kind)).extent != Extent::everywhere));
        BOOST_TEST(!concluded(verdict(kind)).why.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_success_that_proves_nothing_leaves_it_unknown) {
    for (const Kind kind : {Kind::success, Kind::partial}) {
        const auto conclusion = conclude(verdict(kind), SuccessProves::nothing, all_gone);
        BOOST_TEST((conclusion.extent == Extent::unknown));
        BOOST_TEST(conclusion.why == "reply.proves_nothing");
    }
}

BOOST_AUTO_TEST_CASE(an_application_that_failed_makes_nothing_better) {
    BOOST_TEST((concluded(verdict(Kind::success), one_failed).extent == Extent::partial));
    BOOST_TEST(concluded(verdict(Kind::success), one_failed).why == "application.failed");
    for (const Kind kind : {Kind::refused, Kind::unsent, Kind::impossible}) {
        BOOST_TEST((concluded(verdict(kind)).extent == Extent::local_only));
        BOOST_TEST((concluded(verdict(kind), one_failed).extent == Extent::unknown));
    }
}

BOOST_AUTO_TEST_CASE(partial_logout_is_partial) {
    BOOST_TEST((concluded(verdict(Kind::partial)).extent == Extent::partial));
    BOOST_TEST(concluded(verdict(Kind::partial)).why == "reply.partial");
}

BOOST_AUTO_TEST_CASE(a_reply_that_proves_nothing_is_unknown_and_names_the_rule) {
    BOOST_TEST((concluded(verdict(Kind::unproven, ReplyErrc::is_unsigned)).extent == Extent::unknown));
    BOOST_TEST(concluded(verdict(Kind::unproven, ReplyErrc::is_unsigned)).why == "reply.unsigned");
    BOOST_TEST((concluded(verdict(Kind::lost)).extent == Extent::unknown));
    BOOST_TEST(concluded(verdict(Kind::lost)).why == "reply.timed_out");
    BOOST_TEST((concluded(verdict(Kind::silent)).extent == Extent::unknown));
}

BOOST_AUTO_TEST_CASE(asks_again_only_an_idp_without_any_answer) {
    const auto again = [](Kind kind, ReplyErrc why) { return concluded(verdict(kind, why)).retried == Retried::yes; };
    BOOST_TEST(again(Kind::unsent, ReplyErrc::unreachable));
    BOOST_TEST(again(Kind::lost, ReplyErrc::timed_out));
    BOOST_TEST(again(Kind::unproven, ReplyErrc::http_status));
    BOOST_TEST(!again(Kind::unproven, ReplyErrc::fault));
    BOOST_TEST(!again(Kind::unproven, ReplyErrc::html_instead_of_soap));
    BOOST_TEST(!again(Kind::unproven, ReplyErrc::status_malformed));
    BOOST_TEST(!again(Kind::unproven, ReplyErrc::status_contradicted));
    // Whatever sent it: it isn't known to be the IdP's answer.
    for (const auto code : {ReplyErrc::is_unsigned, ReplyErrc::signature_invalid, ReplyErrc::wrong_issuer,
                            ReplyErrc::wrong_in_response_to, ReplyErrc::wrong_destination, ReplyErrc::stale}) {
        BOOST_TEST(again(Kind::unproven, code));
    }
    for (const Kind kind : {Kind::success, Kind::partial, Kind::refused, Kind::silent, Kind::impossible}) {
        for (const auto code : {ReplyErrc::no_endpoint, ReplyErrc::stale}) BOOST_TEST(!again(kind, code));
    }
}

BOOST_AUTO_TEST_CASE(the_whole_is_no_better_than_its_parts) {
    using enum Extent;
    BOOST_TEST((combined({part(everywhere), part(everywhere)}) == everywhere));
    BOOST_TEST((combined({part(local_only), part(local_only)}) == local_only));
    BOOST_TEST((combined({part(everywhere), part(local_only)}) == partial));
    BOOST_TEST((combined({part(partial), part(local_only)}) == partial));
    BOOST_TEST((combined({part(everywhere), part(unknown)}) == unknown));
    BOOST_TEST((combined({}) == unknown));
}

BOOST_AUTO_TEST_CASE(the_reasons_are_those_that_a_participant_may_give) {
    BOOST_TEST(uri(LogoutReason::user) == "urn:oasis:names:tc:SAML:2.0:logout:user");
    BOOST_TEST(uri(LogoutReason::admin) == "urn:oasis:names:tc:SAML:2.0:logout:admin");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
