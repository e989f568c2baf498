#include "reply_mapping.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {

namespace {

using enum saml::TopLevelStatus;
using enum saml::SecondLevelStatus;
using SamlErrc = saml::Errc;

constexpr StatusAnswer plain_requester{requester};

template <class Code>
void expect(Code code, TableAnswer answer) {
    BOOST_TEST_CONTEXT(name(code)) BOOST_TEST((answer_to(code) == answer));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reply_mapping)

// The rows are those of the responder's decision table; its texts are beside each code in reply_mapping.cpp.

BOOST_AUTO_TEST_CASE(finds_no_status_where_there_is_no_saml_request) {
    for (const SamlErrc code :
         {SamlErrc::xml_encoding, SamlErrc::xml_malformed, SamlErrc::xml_doctype, SamlErrc::xml_processing_instruction,
          SamlErrc::xml_comment, SamlErrc::xml_limits, SamlErrc::soap_structure, SamlErrc::soap_body_count,
          SamlErrc::not_a_saml_request, SamlErrc::form_malformed, SamlErrc::form_fields, SamlErrc::query_malformed,
          SamlErrc::query_encoding, SamlErrc::query_deflate, SamlErrc::query_response}) {
        expect(code, Refusal::no_request);
    }
    expect(SamlErrc::soap_version, Refusal::envelope_version);
    expect(SamlErrc::soap_must_understand, Refusal::envelope_header);
}

BOOST_AUTO_TEST_CASE(refuses_the_exchange_itself) {
    expect(SamlErrc::message_too_large, Refusal::too_large);
    expect(LogoutErrc::issuer_unknown, Refusal::unknown_sender);
    expect(LogoutErrc::metadata_expired, Refusal::unknown_sender);
    expect(LogoutErrc::metadata_unusable, Refusal::unknown_sender);
    expect(LogoutErrc::content_type_not_accepted, Refusal::wire_not_accepted);
    expect(LogoutErrc::wire_not_accepted, Refusal::wire_not_accepted);
}

BOOST_AUTO_TEST_CASE(names_a_version_that_does_not_fit) {
    expect(SamlErrc::version_too_low, StatusAnswer{version_mismatch, request_version_too_low});
    expect(SamlErrc::version_too_high, StatusAnswer{version_mismatch, request_version_too_high});
    expect(SamlErrc::version_malformed, plain_requester);
}

BOOST_AUTO_TEST_CASE(blames_the_requester_for_faults_of_its_request) {
    for (const SamlErrc code :
         {SamlErrc::xml_duplicate_id, SamlErrc::schema_violation, SamlErrc::id_malformed, SamlErrc::issuer_malformed,
          SamlErrc::name_id_malformed, SamlErrc::session_index_malformed, SamlErrc::uri_malformed,
          SamlErrc::time_malformed, SamlErrc::base64_malformed, SamlErrc::issuer_mismatch,
          SamlErrc::destination_missing, SamlErrc::destination_mismatch, SamlErrc::issue_instant_out_of_window,
          SamlErrc::request_expired}) {
        expect(code, plain_requester);
    }
    expect(SamlErrc::signature_missing, StatusAnswer{requester, request_denied});
    expect(SamlErrc::unsupported_request, StatusAnswer{requester, request_unsupported});
    expect(SamlErrc::base_id_unsupported, StatusAnswer{requester, request_unsupported});
    expect(SamlErrc::decryption_failed, StatusAnswer{requester, unknown_principal});
    expect(LogoutErrc::session_index_missing, plain_requester);
}

BOOST_AUTO_TEST_CASE(denies_repeated_and_too_frequent_requests) {
    expect(LogoutErrc::too_many_requests, StatusAnswer{requester, request_denied});
    expect(LogoutErrc::request_repeated, StatusAnswer{requester, request_denied});
    BOOST_TEST((answer_to(fail(StoreErrc::request_id_reused)) == TableAnswer{StatusAnswer{requester, request_denied}}));
}

BOOST_AUTO_TEST_CASE(summarises_each_status_and_says_success_for_success_alone) {
    BOOST_TEST((gist_of(StatusAnswer{success}) == Gist::success));
    BOOST_TEST((gist_of(StatusAnswer{requester}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{requester, unknown_principal}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{requester, request_denied}) == Gist::denied));
    BOOST_TEST((gist_of(StatusAnswer{version_mismatch, request_version_too_low}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{responder}) == Gist::failed));
    BOOST_TEST((gist_of(fail(LogoutErrc::too_many_requests)) == Gist::too_many_requests));
    BOOST_TEST((gist_of(fail(StoreErrc::store_failed)) == Gist::failed));
}

BOOST_AUTO_TEST_CASE(never_calls_a_broken_rule_a_success) {
    for (int value = 1; value <= static_cast<int>(SamlErrc::decryption_failed); ++value) {
        BOOST_TEST((gist_of(saml::fail(static_cast<SamlErrc>(value))) != Gist::success));
    }
    for (int value = 1; value <= static_cast<int>(LogoutErrc::too_many_requests); ++value) {
        BOOST_TEST((gist_of(fail(static_cast<LogoutErrc>(value))) != Gist::success));
    }
    for (int value = 1; value <= static_cast<int>(StoreErrc::store_unusable); ++value) {
        BOOST_TEST((gist_of(fail(static_cast<StoreErrc>(value))) != Gist::success));
    }
}

BOOST_AUTO_TEST_CASE(answers_every_broken_signature_alike) {
    int seen = 0;
    for (int value = 1; value <= static_cast<int>(SamlErrc::decryption_failed); ++value) {
        const auto code = static_cast<SamlErrc>(value);
        if (stage(code) != "sig" || code == SamlErrc::signature_missing) continue;
        expect(code, plain_requester);
        ++seen;
    }
    BOOST_TEST(seen == 14);
}

BOOST_AUTO_TEST_CASE(blames_the_responder_for_our_own_side) {
    for (const SamlErrc code : {SamlErrc::status_malformed, SamlErrc::in_response_to_mismatch}) {
        expect(code, StatusAnswer{responder});
    }
    constexpr TableAnswer ours = StatusAnswer{responder};
    for (int value = 1; value <= static_cast<int>(saml::KeyErrc::crypto_failure); ++value) {
        BOOST_TEST((answer_to(saml::fail(static_cast<saml::KeyErrc>(value))) == ours));
    }
    for (int value = 1; value <= static_cast<int>(StoreErrc::store_unusable); ++value) {
        const auto code = static_cast<StoreErrc>(value);
        if (code != StoreErrc::request_id_reused) BOOST_TEST((answer_to(fail(code)) == ours));
    }
    for (int value = 1; value <= static_cast<int>(AdmissionErrc::authn_instant_in_future); ++value) {
        BOOST_TEST((answer_to(fail(static_cast<AdmissionErrc>(value))) == ours));
    }
    for (int value = 1; value <= static_cast<int>(StartErrc::outcome_unknown); ++value) {
        BOOST_TEST((answer_to(fail(static_cast<StartErrc>(value))) == ours));
    }
}

BOOST_AUTO_TEST_CASE(finds_the_table_for_a_failure) {
    BOOST_TEST((answer_to(saml::fail(SamlErrc::signature_invalid)) == TableAnswer{plain_requester}));
    BOOST_TEST((answer_to(fail(LogoutErrc::issuer_unknown)) == TableAnswer{Refusal::unknown_sender}));
    const Failure foreign{std::make_error_code(std::errc::io_error), {}};
    BOOST_TEST((answer_to(foreign) == TableAnswer{StatusAnswer{responder}}));
    BOOST_TEST(rule_of(saml::fail(SamlErrc::signature_invalid)) == "sig.invalid");
    BOOST_TEST(rule_of(fail(StoreErrc::store_full)) == "store.full");
    BOOST_TEST(rule_of(fail(StoreErrc::principal_full)) == "store.principal_full");
    BOOST_TEST(rule_of(foreign) == "other");
}

BOOST_AUTO_TEST_CASE(sends_second_level_codes_only_where_the_policy_says_so) {
    Policy policy;
    const StatusAnswer denied{requester, request_denied};
    BOOST_TEST(describe(make_status(denied, policy)) == "Requester/RequestDenied");
    policy.second_level_codes = SecondLevelCodes::omitted;
    BOOST_TEST(describe(make_status(denied, policy)) == "Requester");
    BOOST_TEST(!make_status(denied, policy).message);
}

template <class Code>
std::vector<std::string> names_of_rules() {
    std::vector<std::string> names;
    for (int value = 1; name(static_cast<Code>(value)) != "unknown.unknown"; ++value) {
        names.push_back(make_error_code(static_cast<Code>(value)).message());
    }
    return names;
}

BOOST_AUTO_TEST_CASE(knows_a_name_for_each_of_its_rules) {
    using Names = std::vector<std::string>;
    constexpr auto each = boost::test_tools::per_element();
    BOOST_TEST((names_of_rules<StoreErrc>()) ==
                   (Names{"store.session_id", "store.session_id_taken", "store.session", "check.request_id",
                          "store.full", "store.principal_full", "store.failed", "store.unusable", "store.flow_handle",
                          "store.flow_handle_taken", "store.flow"}),
               each);
    BOOST_TEST((names_of_rules<LogoutErrc>()) ==
                   (Names{"check.issuer_unknown", "http.content_type", "check.metadata_expired",
                          "check.metadata_unusable", "http.wire", "check.session_index", "check.repeat", "check.rate"}),
               each);
    BOOST_TEST((names_of_rules<AdmissionErrc>()) == (Names{"session.idp_unknown", "session.sp_unknown",
                                                           "session.session_index", "session.authn_instant"}),
               each);
    BOOST_TEST((names_of_rules<StartErrc>()) ==
                   (Names{"store.no_session", "request.no_session_index", "request.no_link", "store.outcome_unknown"}),
               each);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
