#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_error.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <thread>

#include "back_channel_wires.hpp"
#include "logout_answer.hpp"
#include "service_under_test.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/metadata/error.hpp"

namespace slo::sp {

namespace {

using namespace std::chrono_literals;
using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

struct Fixture : ServiceUnderTest {
    Fixture() { store.begun = BegunLogout(FreshLogout{sessions_named({"S1", "S2"})}); }

    /// HTTP 200, a response to `id` whose status is `status`, and exactly one audit line that says so.
    void expect_status(const SoapReply& reply, std::string_view status, std::string_view rule = "",
                       std::string_view id = "_r1") {
        BOOST_TEST(reply.http_status == 200);
        BOOST_TEST(contains(reply.body, "<samlp:LogoutResponse "));
        BOOST_TEST(contains(reply.body, "InResponseTo=\"" + std::string(id) + "\""));
        const std::string top = "status:" + std::string(status.substr(0, status.find('/'))) + "\"";
        BOOST_TEST(contains(reply.body, top));
        expect_audit(status, rule);
    }
    void expect_fault(const SoapReply& reply, std::string_view status, std::string_view rule) {
        BOOST_TEST(reply.http_status == 500);
        BOOST_TEST(contains(reply.body, "Fault"));
        expect_audit(status, rule);
    }
    void expect_audit(std::string_view status, std::string_view rule) {
        BOOST_TEST(audit.entries().size() == 1U);
        BOOST_TEST(audit.last().status == status);
        BOOST_TEST(audit.last().rule == rule);
        BOOST_TEST(audit.last().stage == rule.substr(0, rule.find('.')));
    }
    void expect_nothing_touched() {
        BOOST_TEST(store.calls == "");
        BOOST_TEST(application.told() == "");
        BOOST_TEST(audit.last().event == "refused");
    }
    PendingSoapReply begin_pending() {
        const std::string body = signed_body(baseline_request());
        BackChannelStep step = BackChannel(service()).begin({body, "text/xml"});
        BOOST_TEST_REQUIRE(std::holds_alternative<PendingSoapReply>(step));
        return std::get<PendingSoapReply>(step);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(logout_service, Fixture)

BOOST_AUTO_TEST_CASE(ends_the_sessions_that_the_store_named_and_signs_success) {
    expect_status(handle(signed_body(baseline_request())), "Success");
    BOOST_TEST(store.calls == "begin complete ");
    BOOST_TEST(application.told() == "S1 S2");
    BOOST_TEST((store.outcome == LogoutOutcome{.ended = 2}));
    BOOST_TEST(store.gone == "S1 S2 ");
}

BOOST_AUTO_TEST_CASE(gives_the_store_the_order_in_the_request) {
    static_cast<void>(handle(signed_body(baseline_request())));
    BOOST_TEST_REQUIRE(store.order.has_value());
    const LogoutOrder& order = *store.order;
    BOOST_TEST((order.key == LogoutKey{idp_id, parsed<saml::MessageID>("_r1")}));
    BOOST_TEST((order.sp == our_id));
    BOOST_TEST((order.name_id == session_named("S1").name_id));
    BOOST_TEST((order.session_indexes == session_named("S1").session_indexes));
    BOOST_TEST((order.matching == saml::NameIDMatching::default_qualifiers));
    BOOST_TEST((order.as_of == at(baseline_now)));
    BOOST_TEST((order.keep_until == at(baseline_now) + 3600s));
}

BOOST_AUTO_TEST_CASE(writes_one_audit_line_without_a_name_id) {
    static_cast<void>(handle(signed_body(baseline_request())));
    const AuditLine entry = audit.last();
    BOOST_TEST((entry.time == at(baseline_now)));
    BOOST_TEST(entry.event == "logout");
    BOOST_TEST(entry.idp == idp_id.str());
    BOOST_TEST(entry.request_id == "_r1");
    BOOST_TEST(entry.name_id == digest.hex({"name_id", idp_id.str(), "N1"}));
    BOOST_TEST((entry.session_indexes == std::vector{digest.hex({"session_index", idp_id.str(), "i1"})}));
    BOOST_TEST(entry.ended == 2U);
    BOOST_TEST(entry.failed_applications.empty());
    BOOST_TEST(entry.duration.count() > 0);
}

BOOST_AUTO_TEST_CASE(touches_nothing_without_a_signature) {
    expect_status(handle(unsigned_soap({})), "Requester/RequestDenied", "sig.missing");
    expect_nothing_touched();
    BOOST_TEST(audit.last().request_id == "");
    BOOST_TEST(audit.last().idp == idp_id.str());
}

BOOST_AUTO_TEST_CASE(touches_nothing_where_the_signature_is_wrong) {
    expect_status(handle(replaced(signed_body(baseline_request()), ">N1<", ">N2<")), "Requester", "sig.invalid");
    expect_nothing_touched();
    BOOST_TEST(audit.last().request_id == "");
    BOOST_TEST(audit.last().name_id == "");
}

BOOST_AUTO_TEST_CASE(touches_nothing_for_another_destination) {
    saml::LogoutRequest request = baseline_request();
    request.destination = "https://other.example.com/slo";
    expect_status(handle(signed_body(request)), "Requester", "check.destination");
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(touches_nothing_for_a_request_that_could_outlive_its_record) {
    idp_adapter::InteropProfile patient;
    patient.max_age = 96h;
    parts.idps = directory_of({idp_with_first_key(patient)});
    saml::LogoutRequest request = baseline_request();
    request.issue_instant = at(baseline_now) - 48h;
    request.not_on_or_after = at(baseline_now) + 48h;
    expect_status(handle(signed_body(request)), "Requester", "check.not_on_or_after");
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(answers_403_with_an_empty_body_to_an_unknown_issuer) {
    saml::LogoutRequest request = baseline_request();
    request.issuer = parsed<saml::EntityID>("https://stranger.example.org/");
    const SoapReply reply = handle(signed_body(request));
    BOOST_TEST(reply.http_status == 403);
    BOOST_TEST(reply.body == "");
    expect_audit("403", "check.issuer_unknown");
    expect_nothing_touched();
    BOOST_TEST(audit.last().idp == "unknown");
}

BOOST_AUTO_TEST_CASE(refuses_every_sender_if_there_are_no_partners) {
    parts.idps = nullptr;
    BOOST_TEST(handle(signed_body(baseline_request())).http_status == 403);
}

BOOST_AUTO_TEST_CASE(refuses_an_idp_whose_metadata_is_out_of_date) {
    idp_adapter::Idp idp = idp_with_first_key();
    idp.valid_until = at(baseline_now) - parts.policy.clock_skew;
    parts.idps = directory_of({idp});
    const SoapReply reply = handle(signed_body(baseline_request()));
    BOOST_TEST(reply.http_status == 403);
    BOOST_TEST(reply.body == "");
    expect_audit("403", "check.metadata_expired");
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(an_absent_partner_is_distinguished_from_an_unknown_sender) {
    const auto line_of = [](std::error_code why, std::vector<saml::EntityID> names, std::string_view rule) {
        Fixture one;
        auto idps =
            idp_adapter::IdpDirectory::of({}, {{.source = "idp-2", .names = std::move(names), .why = {why, "how"}}});
        one.parts.idps = std::make_shared<idp_adapter::IdpDirectory>(taken(std::move(idps)));
        const SoapReply reply = one.handle(signed_body(baseline_request()));
        BOOST_TEST(reply.http_status == 403);
        BOOST_TEST(reply.body == "");
        one.expect_audit("403", rule);
        one.expect_nothing_touched();
        return one.audit.last().idp + "|" + one.audit.last().detail;
    };
    const auto expired = make_error_code(metadata::Errc::expired);
    const auto no_file = make_error_code(idp_adapter::SourceErrc::file_unreadable);
    BOOST_TEST(line_of(expired, {idp_id}, "check.metadata_expired") == idp_id.str() + "|idp-2: meta.expired: how");
    BOOST_TEST(line_of(no_file, {idp_id}, "check.metadata_unusable") == idp_id.str() + "|idp-2: source.file: how");
    // Which name is in a file that isn't there isn't known.
    BOOST_TEST(line_of(no_file, {}, "check.issuer_unknown") ==
               "unknown|it may be a partner of the configuration that is out: idp-2: source.file: how");
    const std::string unknown = line_of(no_file, {parsed<saml::EntityID>("urn:other")}, "check.issuer_unknown");
    BOOST_TEST(unknown.starts_with("unknown|its Issuer is neither"), unknown);
}

BOOST_AUTO_TEST_CASE(believes_metadata_within_the_skew) {
    idp_adapter::Idp idp = idp_with_first_key();
    idp.valid_until = at(baseline_now) - parts.policy.clock_skew + 1ms;
    parts.idps = directory_of({idp});
    expect_status(handle(signed_body(baseline_request())), "Success");
}

BOOST_AUTO_TEST_CASE(accepts_the_content_types_of_the_idps_profile_only) {
    const SoapReply reply = handle(signed_body(baseline_request()), "application/soap+xml");
    BOOST_TEST(reply.http_status == 415);
    BOOST_TEST(reply.body == "");
    expect_audit("415", "http.content_type");
    expect_nothing_touched();

    service().replace_idps(directory_of({idp_with_first_key(profile_with_soap_12_type())}));
    BOOST_TEST(handle(signed_body(baseline_request()), "application/soap+xml").http_status == 200);
    BOOST_TEST(handle(signed_body(baseline_request()), "").http_status == 200);
    BOOST_TEST(handle(signed_body(baseline_request()), "application/xml").http_status == 415);
}

BOOST_AUTO_TEST_CASE(a_content_type_is_taken_as_it_came_with_its_parameters) {
    for (const std::string_view type : {"text/xml; charset=utf-8", "Text/XML;charset=\"UTF-8\"", "text/xml;action=x"}) {
        BOOST_TEST_CONTEXT(type) {
            const auto reply = handle(signed_body(baseline_request()), type);
            BOOST_TEST(reply.http_status == 200);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_content_type_of_another_charset_or_of_no_shape_is_refused) {
    for (const std::string_view type : {"text/xml; charset=iso-8859-1", "text", "text/xml; charset"}) {
        BOOST_TEST_CONTEXT(type) {
            BOOST_TEST(handle(signed_body(baseline_request()), type).http_status == 415);
            BOOST_TEST(audit.entries().back().rule == "http.content_type");
        }
    }
}

BOOST_AUTO_TEST_CASE(answers_a_version_that_it_does_not_speak) {
    LogoutRequestText text;
    text.version = "1.1";
    const SoapReply reply = handle(unsigned_soap(text));
    expect_status(reply, "VersionMismatch/RequestVersionTooLow", "saml.version_too_low");
    BOOST_TEST(contains(reply.body, " Version=\"1.1\""));
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(answers_another_request_in_its_own_response) {
    LogoutRequestText text;
    text.element = "samlp:AuthnRequest";
    const SoapReply reply = handle(unsigned_soap(text));
    BOOST_TEST(reply.http_status == 200);
    BOOST_TEST(contains(reply.body, "<samlp:Response "));
    expect_audit("Requester/RequestUnsupported", "saml.unsupported_request");
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(names_no_request_whose_id_is_malformed) {
    LogoutRequestText text;
    text.id = "1 &quot;&gt;";
    const SoapReply reply = handle(unsigned_soap(text));
    BOOST_TEST(reply.http_status == 200);
    BOOST_TEST(!contains(reply.body, "InResponseTo"));
    expect_audit("Requester", "saml.id");
}

BOOST_AUTO_TEST_CASE(faults_where_there_is_no_request) {
    expect_fault(handle("nonsense"), "Fault/Client", "xml.malformed");
    expect_nothing_touched();
}

BOOST_AUTO_TEST_CASE(faults_where_the_answer_can_not_be_signed) {
    AnswerDraft draft({{}, clock.now()}, std::make_shared<const ServiceKeys>(ServiceKeys{parts.signer, {}}),
                      soap_wire());
    saml::Status unsignable;
    unsignable.nested = {"no URI"};
    expect_fault(soap_wire().encode(answer(parts, draft, unsignable, Gist::success)), "Fault/Server", "saml.status");
}

BOOST_AUTO_TEST_CASE(leaves_second_level_codes_out_where_told_to) {
    parts.policy.second_level_codes = SecondLevelCodes::omitted;
    expect_status(handle(unsigned_soap({})), "Requester", "sig.missing");
}

BOOST_AUTO_TEST_CASE(ends_no_session_if_the_store_can_not_begin) {
    for (const StoreErrc code : {StoreErrc::store_failed, StoreErrc::store_full}) {
        ServiceUnderTest fresh;
        fresh.store.begun = fail(code, "some words");
        const SoapReply reply = fresh.handle(signed_body(baseline_request()));
        BOOST_TEST(reply.http_status == 200);
        BOOST_TEST(contains(reply.body, "status:Responder\""));
        BOOST_TEST(fresh.store.calls == "begin ");
        BOOST_TEST(fresh.application.told() == "");
        BOOST_TEST(fresh.audit.last().rule == name(code));
        BOOST_TEST(fresh.audit.last().detail == "some words");
        BOOST_TEST(fresh.audit.last().event == "refused");
    }
}

BOOST_AUTO_TEST_CASE(says_no_success_that_the_store_did_not_record) {
    store.recorded = fail(StoreErrc::store_failed, "the disk is full");
    expect_status(handle(signed_body(baseline_request())), "Responder", "store.failed");
    BOOST_TEST(audit.last().event == "logout");
    BOOST_TEST(audit.last().detail == "the disk is full");
}

BOOST_AUTO_TEST_CASE(takes_a_stores_own_error_code_for_a_failure) {
    store.recorded = Failure{std::make_error_code(std::errc::io_error), {}};
    expect_status(handle(signed_body(baseline_request())), "Responder", "store.failed");
}

BOOST_AUTO_TEST_CASE(survives_a_store_that_throws) {
    store.on_begin = [] { throw std::runtime_error("no"); };
    expect_status(handle(signed_body(baseline_request())), "Responder", "internal.exception");
    store.on_begin = nullptr;
    BOOST_TEST(handle(signed_body(baseline_request())).http_status == 200);
}

BOOST_AUTO_TEST_CASE(survives_a_store_that_throws_at_the_end) {
    store.on_complete = [] { throw std::runtime_error("no"); };
    expect_status(handle(signed_body(baseline_request())), "Responder", "internal.exception");
}

BOOST_AUTO_TEST_CASE(signs_a_limited_number_of_refusals_for_unproven_senders) {
    const std::string unsigned_body =
        "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>"
        "<p:LogoutRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_u' "
        "Version='3.0'/></S:Body></S:Envelope>";
    const unsigned at_once = 2 * Policy{}.unproven_answers_per_second;
    parts.audit_sampling = {.lines_per_rule = 1000, .lines_in_all = 1000};
    for (unsigned i = 0; i < at_once; ++i) BOOST_TEST_REQUIRE(handle(unsigned_body).http_status == 200);
    const SoapReply reply = handle(unsigned_body);
    BOOST_TEST(reply.http_status == 503);
    BOOST_TEST(reply.body == "");
    BOOST_TEST(audit.last().status == "503");
    BOOST_TEST(audit.last().rule == "saml.version_too_high");
    // A sender with a proof doesn't pay for the others.
    BOOST_TEST(handle(signed_body(baseline_request())).http_status == 200);
    BOOST_TEST(audit.last().status == "Success");
}

BOOST_AUTO_TEST_CASE(denies_an_idp_that_asks_too_much_and_records_nothing) {
    parts.policy.requests_per_second_per_idp = 2;
    parts.policy.unproven_answers_per_second = 1;
    int number = 0;
    const auto ask = [&] {
        auto request = baseline_request();
        request.id = parsed<saml::MessageID>("_r" + std::to_string(number++));
        const int http_status = handle(signed_body(request)).http_status;
        return std::to_string(http_status) + " " + audit.last().status + " " + audit.last().rule;
    };
    for (int i = 0; i < 4; ++i) BOOST_TEST_REQUIRE(ask() == "200 Success ");
    store.calls.clear();
    BOOST_TEST(ask() == "200 Requester/RequestDenied check.rate");
    BOOST_TEST(ask() == "200 Requester/RequestDenied check.rate");
    BOOST_TEST(ask() == "503 503 check.rate");
    BOOST_TEST(store.calls == "");
    clock.advance(500ms);
    BOOST_TEST(ask() == "200 Success ");
}

BOOST_AUTO_TEST_CASE(a_replay_uses_none_of_its_senders_allowance_for_new_requests) {
    parts.policy.requests_per_second_per_idp = 2;
    const auto ask = [&](const std::string& id) {
        auto request = baseline_request();
        request.id = parsed<saml::MessageID>(id);
        const bool is_denied = handle(signed_body(request)).body.find("status:RequestDenied") != std::string::npos;
        return std::string(is_denied ? "Requester/RequestDenied" : "Success");
    };
    BOOST_TEST(ask("_old") == "Success");
    for (int i = 0; i < 4; ++i) BOOST_TEST(ask("_old") == "Success");
    for (int i = 0; i < 10; ++i) BOOST_TEST(ask("_old") == "Requester/RequestDenied");
    for (const char* id : {"_new1", "_new2", "_new3"}) BOOST_TEST(ask(id) == "Success");
    BOOST_TEST(ask("_new4") == "Requester/RequestDenied");
    clock.advance(1s);
    for (const char* id : {"_old", "_old", "_new4", "_new5"}) BOOST_TEST(ask(id) == "Success");
    BOOST_TEST(ask("_new6") == "Requester/RequestDenied");
}

BOOST_AUTO_TEST_CASE(a_preview_uses_none_of_an_idps_allowance) {
    parts.policy.requests_per_second_per_idp = 2;
    const std::string body = signed_body(baseline_request());
    for (int i = 0; i < 50; ++i) {
        BOOST_TEST_REQUIRE(BackChannel(service()).preview({.body = body, .content_type = "text/xml"}).has_value());
    }
    BOOST_TEST(handle(body).http_status == 200);
    BOOST_TEST(audit.last().status == "Success");
}

/// Asks for the end of so many sessions.
struct ManySessions : ServiceUnderTest {
    ManySessions() { parts.policy.requests_per_second_per_idp = 2; }
    std::string ask(const std::string& id, std::size_t indexes) {
        auto request = baseline_request();
        request.id = parsed<saml::MessageID>(id);
        request.session_indexes.clear();
        for (std::size_t i = 0; i < indexes; ++i) {
            request.session_indexes.push_back(parsed<saml::SessionIndex>("i" + std::to_string(i)));
        }
        handle(signed_body(request));
        return audit.last().status;
    }
    /// The requests before count for seven.
    void expect_seven_spent() {
        clock.advance(1500ms);
        BOOST_TEST(ask("_r1", 1) == "Requester/RequestDenied");
        clock.advance(500ms);
        BOOST_TEST(ask("_r1", 1) == "Success");
    }
};

BOOST_FIXTURE_TEST_CASE(a_request_that_names_very_many_sessions_counts_for_several, ManySessions) {
    BOOST_TEST(ask("_large", 6 * 64) == "Success");
    BOOST_TEST(audit.last().session_indexes.size() == most_indexes_told);
    BOOST_TEST(audit.last().session_index_count == 6 * 64u);
    expect_seven_spent();
}

// Each of them takes a logout of its own.
BOOST_FIXTURE_TEST_CASE(where_an_index_stands_for_the_principal_each_counts_for_one, ManySessions) {
    idp_adapter::InteropProfile profile;
    profile.name_id_matching = saml::NameIDMatching::session_index;
    parts.idps = directory_of({idp_with_first_key(profile)});
    BOOST_TEST(ask("_large", 6) == "Success");
    expect_seven_spent();
}

BOOST_AUTO_TEST_CASE(gives_the_recorded_answer_to_a_repeated_request) {
    store.begun = BegunLogout(RepeatedLogout{LogoutOutcome{.ended = 1, .failed = 1}, {}});
    expect_status(handle(signed_body(baseline_request())), "Responder", "application.failed");
    BOOST_TEST(store.calls == "begin ");
    BOOST_TEST(application.told() == "");
    BOOST_TEST(audit.last().event == "repeat");
}

BOOST_AUTO_TEST_CASE(helps_to_finish_the_logout_that_the_first_copy_began) {
    store.begun = BegunLogout(RepeatedLogout{std::nullopt, sessions_named({"S1"})});
    expect_status(handle(signed_body(baseline_request())), "Success");
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(store.calls == "begin complete ");
    BOOST_TEST(audit.last().event == "repeat");
}

BOOST_AUTO_TEST_CASE(gives_the_outcome_that_was_recorded_first) {
    store.recorded = LogoutOutcome{.failed = 1};
    expect_status(handle(signed_body(baseline_request())), "Responder", "application.failed");
    BOOST_TEST((store.outcome == LogoutOutcome{.ended = 2}));
}

BOOST_AUTO_TEST_CASE(records_a_logout_that_names_no_known_principal) {
    store.begun = BegunLogout(FreshLogout{});
    expect_status(handle(signed_body(baseline_request())), "Success");
    BOOST_TEST(store.calls == "begin complete ");
    BOOST_TEST((store.outcome == LogoutOutcome{}));
    BOOST_TEST(application.told() == "");
}

BOOST_AUTO_TEST_CASE(says_unknown_principal_where_told_to) {
    parts.policy.unknown_principal = UnknownPrincipal::unknown_principal;
    store.begun = BegunLogout(FreshLogout{});
    const SoapReply reply = handle(signed_body(baseline_request()));
    expect_status(reply, "Requester/UnknownPrincipal");
    BOOST_TEST(contains(reply.body, "status:UnknownPrincipal\""));
    BOOST_TEST(store.calls == "begin complete ");
}

BOOST_AUTO_TEST_CASE(says_responder_where_an_application_failed) {
    application.answer("S2", Ended::failed);
    expect_status(handle(signed_body(baseline_request())), "Responder", "application.failed");
    BOOST_TEST((store.outcome == LogoutOutcome{.ended = 1, .failed = 1}));
    BOOST_TEST(store.gone == "S1 ");
    BOOST_TEST((audit.last().failed_applications == std::vector<std::string>{"shop"}));
}

BOOST_AUTO_TEST_CASE(says_responder_where_an_application_throws) {
    application.throw_from_now_on();
    expect_status(handle(signed_body(baseline_request())), "Responder", "application.failed");
    BOOST_TEST(store.gone == "");
}

BOOST_AUTO_TEST_CASE(says_success_where_the_application_had_none_any_more) {
    application.answer_all(Ended::already_gone);
    expect_status(handle(signed_body(baseline_request())), "Success");
    BOOST_TEST((store.outcome == LogoutOutcome{.already_gone = 2}));
}

BOOST_AUTO_TEST_CASE(ends_sessions_by_the_store_alone_without_applications) {
    parts.applications.clear();
    expect_status(handle(signed_body(baseline_request())), "Success");
    BOOST_TEST((store.outcome == LogoutOutcome{.ended = 2}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pending_logout, Fixture)

BOOST_AUTO_TEST_CASE(is_complete_when_the_application_reports) {
    application.hold_back();
    PendingSoapReply pending = begin_pending();
    BOOST_TEST(application.told() == "");
    int completed = 0;
    pending.start([&completed] { ++completed; });
    BOOST_TEST(application.told() == "S1 S2");
    BOOST_TEST(completed == 0);
    application.release();
    BOOST_TEST(completed == 1);
    expect_status(pending.finish(), "Success");
}

BOOST_AUTO_TEST_CASE(takes_silence_for_failure_and_ignores_a_late_report) {
    application.hold_back();
    PendingSoapReply pending = begin_pending();
    int completed = 0;
    pending.start([&completed] { ++completed; });
    expect_status(pending.finish(), "Responder", "application.failed");
    application.release();
    BOOST_TEST(completed == 0);
    BOOST_TEST((store.outcome == LogoutOutcome{.failed = 2}));
    BOOST_TEST(store.calls == "begin complete ");
}

BOOST_AUTO_TEST_CASE(hears_a_report_after_the_service_has_ended) {
    application.hold_back();
    {
        PendingSoapReply pending = begin_pending();
        pending.start([] {});
        static_cast<void>(pending.finish());
    }
    end_service();
    application.release();
    BOOST_TEST(store.calls == "begin complete ");
}

BOOST_AUTO_TEST_CASE(counts_its_budget_from_the_beginning) {
    parts.policy.application_deadline = 1h;
    const PendingSoapReply pending = begin_pending();
    BOOST_TEST((pending.budget() < 1h));  // the time since begin() is counted already
    BOOST_TEST((pending.budget() > 0ms));
    parts.policy.application_deadline = 0ms;
    end_service();
    BOOST_TEST((begin_pending().budget() == 0ms));
}

BOOST_AUTO_TEST_CASE(waits_for_an_application_in_another_thread) {
    std::vector<std::jthread> threads;
    SynchronousApplication threaded(
        "threaded", [](const Session&) { return Ended::ended; },
        [&](std::function<void()> work) { threads.emplace_back(std::move(work)); });
    parts.applications = {&threaded};
    parts.policy.application_deadline = 1h;
    expect_status(handle(signed_body(baseline_request())), "Success");
}

BOOST_AUTO_TEST_CASE(does_not_wait_beyond_the_deadline) {
    application.hold_back();
    parts.policy.application_deadline = 1ms;
    expect_status(handle(signed_body(baseline_request())), "Responder", "application.failed");
    application.release();
}

BOOST_AUTO_TEST_CASE(goes_on_with_the_partners_that_it_found) {
    application.hold_back();
    PendingSoapReply pending = begin_pending();
    pending.start([] {});
    service().replace_idps(directory_of({}));
    application.release();
    BOOST_TEST(contains(pending.finish().body, "status:Success\""));
    BOOST_TEST(handle(signed_body(baseline_request())).http_status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
