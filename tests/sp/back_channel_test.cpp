#include "slo/sp/back_channel.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "back_channel_wires.hpp"
#include "service_under_test.hpp"
#include "slo/saml/form.hpp"

namespace slo::sp {

namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using saml::soap::FaultCode;

constexpr Refusal refusals[] = {
    Refusal::no_request,     Refusal::envelope_version,  Refusal::envelope_header, Refusal::too_large,
    Refusal::unknown_sender, Refusal::wire_not_accepted, Refusal::out_of_measure,  Refusal::failed};
constexpr Gist gists[] = {Gist::success, Gist::bad_request, Gist::denied, Gist::too_many_requests, Gist::failed};

/// "500 Fault/Client", "403 403", ...: what its sender gets, and what the audit calls it.
std::string said(const BackChannelWire& wire, Refusal refusal) {
    const SoapReply reply = wire.encode(refusal);
    return std::to_string(reply.http_status) + " " + std::string(wire.name(refusal)) + (reply.body.empty() ? "" : " +");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(back_channel, ServiceUnderTest)

BOOST_AUTO_TEST_CASE(faults_over_soap_where_there_is_no_saml_request_to_answer) {
    BOOST_TEST(said(soap_wire(), Refusal::no_request) == "500 Fault/Client +");
    BOOST_TEST(said(soap_wire(), Refusal::envelope_version) == "500 Fault/VersionMismatch +");
    BOOST_TEST(said(soap_wire(), Refusal::envelope_header) == "500 Fault/MustUnderstand +");
    BOOST_TEST(said(soap_wire(), Refusal::failed) == "500 Fault/Server +");
    for (const Refusal refusal : refusals) {
        const auto fault = fault_for(refusal);
        const std::string body = soap_wire().encode(refusal).body;
        BOOST_TEST(fault.has_value() == !body.empty());
        if (fault) BOOST_TEST((saml::soap::decode_fault(body).value() == *fault));
    }
}

BOOST_AUTO_TEST_CASE(refuses_the_exchange_with_an_http_status_alone) {
    for (const BackChannelWire* wire : {&soap_wire(), &form_wire()}) {
        BOOST_TEST(said(*wire, Refusal::too_large) == "413 413");
        BOOST_TEST(said(*wire, Refusal::unknown_sender) == "403 403");
        BOOST_TEST(said(*wire, Refusal::wire_not_accepted) == "415 415");
        BOOST_TEST(said(*wire, Refusal::out_of_measure) == "503 503");
    }
    BOOST_TEST(said(form_wire(), Refusal::no_request) == "400 400");
    BOOST_TEST(said(form_wire(), Refusal::envelope_version) == "400 400");
    BOOST_TEST(said(form_wire(), Refusal::envelope_header) == "400 400");
    BOOST_TEST(said(form_wire(), Refusal::failed) == "500 500");
}

BOOST_AUTO_TEST_CASE(says_200_or_204_alone_for_success_alone) {
    BOOST_TEST(http_status(Gist::success) == 200);
    BOOST_TEST(http_status(Gist::bad_request) == 400);
    BOOST_TEST(http_status(Gist::denied) == 403);
    BOOST_TEST(http_status(Gist::too_many_requests) == 429);
    BOOST_TEST(http_status(Gist::failed) == 500);
    for (const BackChannelWire* wire : {&soap_wire(), &form_wire()}) {
        for (const Gist gist : gists) {
            const bool is_success = gist == Gist::success;
            BOOST_TEST(wire->encode(UnsignedAnswer{gist}).http_status == http_status(gist));
            BOOST_TEST(wire->encode(UnsignedAnswer{gist}).body == "");
            BOOST_TEST(wire->encode(Silence{gist}).http_status == (is_success ? 204 : http_status(gist)));
            BOOST_TEST(wire->encode(Silence{gist}).body == "");
        }
        for (const Refusal refusal : refusals) BOOST_TEST(wire->encode(refusal).http_status >= 400);
    }
}

BOOST_AUTO_TEST_CASE(refusals_by_size_or_media_type_are_audited) {
    const std::string body = signed_body(baseline_request());
    const BackChannel channel(service(), {.max_body = 10});
    const auto told = [&](std::string_view type) {
        const int status =
            channel.handle({.body = body, .content_type = type, .peer = "192.0.2.7", .path = "/here"}).http_status;
        const AuditLine line = audit.last();
        BOOST_TEST(line.event == "http_refused");
        BOOST_TEST((line.lane == AuditLane::sampled));
        BOOST_TEST(line.status == std::to_string(status));
        return line.peer + " " + line.path + " " + line.rule + ": " + line.detail;
    };
    BOOST_TEST(told("text/xml") == "192.0.2.7 /here http.size: a message's most octets are 10");
    BOOST_TEST(told("text") == "192.0.2.7 /here http.content_type: Content-Type is one field with one media type");
    BOOST_TEST(told("text/xml; charset=latin1") == "192.0.2.7 /here http.content_type: the only charset is utf-8");
    BOOST_TEST(audit.entries().size() == 3U);
    BOOST_TEST(store.calls == "");
}

BOOST_AUTO_TEST_CASE(the_reply_names_the_media_types_that_a_path_takes) {
    const auto told = [&](Posted takes, std::string_view type) {
        static_cast<void>(BackChannel(service(), {.takes = takes}).handle({.body = "x", .content_type = type}));
        return audit.last().detail;
    };
    const std::string isnt_among = " isn't among this endpoint's content types: ";
    BOOST_TEST(told(Posted::soap, "Application/SOAP+XML; charset=utf-8") ==
               "application/soap+xml" + isnt_among + "text/xml");
    BOOST_TEST(told(Posted::forms, "text/xml") == "text/xml" + isnt_among + std::string(saml::form::media_type));
    service().replace_idps(directory_of({idp_with_first_key(profile_with_soap_12_type())}));
    BOOST_TEST(told(Posted::soap, "do-not/repeat") ==
               "another media type" + isnt_among + "application/soap+xml, text/xml");
}

BOOST_AUTO_TEST_CASE(reads_no_more_than_a_message_may_have_whatever_it_is_told) {
    const BackChannel channel(service(), {.max_body = 1024 * 1024});
    const std::string body(saml::xml::Limits{}.octets + 1, ' ');
    BOOST_TEST(channel.handle({body, "text/xml"}).http_status == 413);
    BOOST_TEST(audit.last().rule == "http.size");
    BOOST_TEST(audit.last().detail == "a message's most octets are 65536");
    BOOST_TEST(channel.handle({body, saml::form::media_type}).http_status == 413);
    BOOST_TEST(audit.entries().size() == 2U);
}

BOOST_AUTO_TEST_CASE(takes_at_a_path_only_the_wires_of_that_path) {
    const auto status = [&](Posted takes, std::string_view type) {
        return BackChannel(service(), {.takes = takes}).handle({"x", type}).http_status;
    };
    for (const Posted takes : {Posted::soap_and_forms, Posted::soap}) BOOST_TEST(status(takes, "text/xml") == 500);
    for (const Posted takes : {Posted::soap_and_forms, Posted::forms}) {
        BOOST_TEST(status(takes, saml::form::media_type) == 400);
    }
    BOOST_TEST(status(Posted::forms, "text/xml") == 415);
    BOOST_TEST(status(Posted::forms, "") == 415);
    BOOST_TEST(status(Posted::soap, saml::form::media_type) == 415, "no IdP posts envelopes as forms");
    BOOST_TEST(status(Posted::soap, "application/soap+xml") == 415, "no profile has it");
    service().replace_idps(directory_of({idp_with_first_key(profile_with_soap_12_type())}));
    BOOST_TEST(status(Posted::soap, "application/soap+xml") == 500);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
