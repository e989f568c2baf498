#include "reply_mapping.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

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

// The rows are those of the responder's decision table; its texts stand beside each code in reply_mapping.cpp.

BOOST_AUTO_TEST_CASE(finds_no_status_where_there_is_no_saml_request) {
    for (const SamlErrc code :
         {SamlErrc::xml_encoding, SamlErrc::xml_malformed, SamlErrc::xml_doctype, SamlErrc::xml_processing_instruction,
          SamlErrc::xml_comment, SamlErrc::xml_limits, SamlErrc::soap_structure, SamlErrc::soap_body_count,
          SamlErrc::not_a_saml_request, SamlErrc::form_malformed, SamlErrc::form_fields}) {
        expect(code, Refusal::no_request);
    }
    expect(SamlErrc::soap_version, Refusal::envelope_version);
    expect(SamlErrc::soap_must_understand, Refusal::envelope_header);
}

BOOST_AUTO_TEST_CASE(refuses_the_exchange_itself) {
    expect(SamlErrc::message_too_large, Refusal::too_large);
    expect(Errc::issuer_unknown, Refusal::unknown_sender);
    expect(Errc::metadata_expired, Refusal::unknown_sender);
    expect(Errc::content_type_not_accepted, Refusal::wire_not_accepted);
    expect(Errc::wire_not_accepted, Refusal::wire_not_accepted);
}

BOOST_AUTO_TEST_CASE(names_a_version_that_does_not_fit) {
    expect(SamlErrc::version_too_low, StatusAnswer{version_mismatch, request_version_too_low});
    expect(SamlErrc::version_too_high, StatusAnswer{version_mismatch, request_version_too_high});
    expect(SamlErrc::version_malformed, plain_requester);
}

BOOST_AUTO_TEST_CASE(blames_the_requester_for_what_it_wrote) {
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
    expect(Errc::session_index_missing, plain_requester);
}

BOOST_AUTO_TEST_CASE(denies_what_comes_again_or_too_often) {
    for (const Errc code : {Errc::too_many_requests, Errc::request_id_reused, Errc::request_repeated}) {
        expect(code, StatusAnswer{requester, request_denied});
    }
}

BOOST_AUTO_TEST_CASE(says_the_same_in_a_word_and_success_for_success_alone) {
    BOOST_TEST((gist_of(StatusAnswer{success}) == Gist::success));
    BOOST_TEST((gist_of(StatusAnswer{requester}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{requester, unknown_principal}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{requester, request_denied}) == Gist::denied));
    BOOST_TEST((gist_of(StatusAnswer{version_mismatch, request_version_too_low}) == Gist::bad_request));
    BOOST_TEST((gist_of(StatusAnswer{responder}) == Gist::failed));
    BOOST_TEST((gist_of(fail(Errc::too_many_requests)) == Gist::too_many_requests));
    BOOST_TEST((gist_of(fail(Errc::store_failed)) == Gist::failed));
}

BOOST_AUTO_TEST_CASE(never_calls_a_broken_rule_a_success) {
    for (int value = 1; value <= static_cast<int>(SamlErrc::crypto_failure); ++value) {
        BOOST_TEST((gist_of(saml::fail(static_cast<SamlErrc>(value))) != Gist::success));
    }
    for (int value = 1; value <= static_cast<int>(Errc::tls_setup_failed); ++value) {
        BOOST_TEST((gist_of(fail(static_cast<Errc>(value))) != Gist::success));
    }
}

BOOST_AUTO_TEST_CASE(answers_every_broken_signature_alike) {
    int seen = 0;
    for (int value = 1; value <= static_cast<int>(SamlErrc::crypto_failure); ++value) {
        const auto code = static_cast<SamlErrc>(value);
        if (stage(code) != "sig" || code == SamlErrc::signature_missing) continue;
        expect(code, plain_requester);
        ++seen;
    }
    BOOST_TEST(seen == 14);
}

BOOST_AUTO_TEST_CASE(blames_the_responder_for_our_own_side) {
    for (const SamlErrc code : {SamlErrc::status_malformed, SamlErrc::in_response_to_mismatch, SamlErrc::key_unreadable,
                                SamlErrc::key_not_allowed, SamlErrc::certificate_unreadable, SamlErrc::key_mismatch,
                                SamlErrc::file_unreadable, SamlErrc::crypto_failure}) {
        expect(code, StatusAnswer{responder});
    }
    for (const Errc code :
         {Errc::store_full, Errc::principal_full, Errc::store_failed, Errc::store_unusable, Errc::session_malformed,
          Errc::session_id_taken, Errc::local_session_id_malformed, Errc::no_session, Errc::no_session_index,
          Errc::no_link, Errc::configuration_invalid, Errc::address_in_use, Errc::tls_setup_failed}) {
        expect(code, StatusAnswer{responder});
    }
}

BOOST_AUTO_TEST_CASE(finds_the_table_for_a_failure) {
    BOOST_TEST((answer_to(saml::fail(SamlErrc::signature_invalid)) == TableAnswer{plain_requester}));
    BOOST_TEST((answer_to(fail(Errc::issuer_unknown)) == TableAnswer{Refusal::unknown_sender}));
    const Failure foreign{std::make_error_code(std::errc::io_error), {}};
    BOOST_TEST((answer_to(foreign) == TableAnswer{StatusAnswer{responder}}));
    BOOST_TEST(rule_of(saml::fail(SamlErrc::signature_invalid)) == "sig.invalid");
    BOOST_TEST(rule_of(fail(Errc::store_full)) == "store.full");
    BOOST_TEST(rule_of(fail(Errc::principal_full)) == "store.principal_full");
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

BOOST_AUTO_TEST_CASE(knows_a_name_for_each_of_its_rules) {
    constexpr std::array names{"check.issuer_unknown",   "http.content_type",
                               "check.metadata_expired", "http.wire",
                               "check.session_index",    "check.repeat",
                               "store.session_id",       "store.session_id_taken",
                               "store.session",          "session.idp_unknown",
                               "session.sp_unknown",     "session.session_index",
                               "session.authn_instant",  "check.rate",
                               "check.request_id",       "store.full",
                               "store.principal_full",   "store.failed",
                               "store.outcome_unknown",  "store.unusable",
                               "store.no_session",       "request.no_session_index",
                               "request.no_link",        "config",
                               "server.address",         "server.tls"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        BOOST_TEST(name(static_cast<Errc>(i + 1)) == names.at(i));
        BOOST_TEST(make_error_code(static_cast<Errc>(i + 1)).message() == names.at(i));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
