// The proof in an IdP's reply: every way in which it proves nothing, each with its own code.
#include "reply_proof.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

#include "fixtures.hpp"
#include "logout_response_text.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using Kind = LogoutVerdict::Kind;
using test::LogoutResponseText;
using test::status_of;

const std::string idp1_url = "https://idp1.example.org/slo/soap";
const std::string soap_type = "text/xml";

Instant instant(std::string_view text) {
    return saml::parse_instant(text).value();
}

AskedLogout asked_of(const Idp& idp, Answer answer = Answer::owed) {
    return {.idp = idp,
            .request_id = saml::MessageID::parse("_q1").value(),
            .answer = answer,
            .destinations = {saml::EndpointUrl::parse(test::our_soap_url).value()},
            .issue_instant = instant(test::baseline_now),
            .tolerance = std::chrono::seconds(180)};
}

IdpReply reply(int status, const std::string& body, const std::optional<std::string>& type = soap_type,
               const std::vector<std::pair<std::string, std::string>>& more = {}) {
    IdpReply made{.head = {.status = status, .headers = more}, .body = body};
    if (type) made.head.headers.emplace_back("Content-Type", *type);
    return made;
}

LogoutVerdict judged(const IdpReply& given, Answer answer = Answer::owed) {
    const Idp idp = test::idp1_at(idp1_url);
    return prove_reply(given, asked_of(idp, answer));
}
LogoutVerdict judged(const LogoutResponseText& response) {
    return judged(reply(200, response.signed_soap()));
}

void check_unproven(const LogoutVerdict& verdict, ReplyErrc code, std::string_view detail = {}) {
    BOOST_TEST((verdict.kind == Kind::unproven));
    BOOST_TEST(verdict.why.code == make_error_code(code), verdict.why.code.message() << ": " << verdict.why.detail);
    BOOST_TEST(!verdict.status.has_value());
    BOOST_TEST((verdict.why.detail.find("canary") == std::string::npos), verdict.why.detail);
    if (!detail.empty()) BOOST_TEST(verdict.why.detail == detail);
}

/// The IdP has signed that, and its status is there for programs to read.
void check_contradicted(const LogoutVerdict& verdict, std::string_view detail) {
    BOOST_TEST((verdict.kind == Kind::unproven));
    BOOST_TEST(verdict.why.code == make_error_code(ReplyErrc::status_contradicted), verdict.why.code.message());
    BOOST_TEST(verdict.why.detail == detail);
    BOOST_TEST_REQUIRE(verdict.status.has_value());
    BOOST_TEST((verdict.status->code == saml::TopLevelStatus::success));
}

void check_proven(const LogoutVerdict& verdict, Kind kind, const std::vector<std::string>& nested = {}) {
    BOOST_TEST((verdict.kind == kind), verdict.why.code.message() << ": " << verdict.why.detail);
    BOOST_TEST(!verdict.why.code);
    BOOST_TEST_REQUIRE(verdict.status.has_value());
    BOOST_TEST(verdict.status->nested == nested, boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(verdict.request_id.has_value());
    BOOST_TEST(verdict.request_id->str() == "_q1");
}

std::string fault(const std::string& faultcode) {
    return test::envelope("<soap:Fault><faultcode>" + faultcode +
                          "</faultcode><faultstring>canary</faultstring><detail>canary</detail></soap:Fault>");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reply_proof)

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
    std::set<std::string> names;
    for (int code = 1; code <= static_cast<int>(ReplyErrc::status_contradicted); ++code) {
        const auto text = make_error_code(static_cast<ReplyErrc>(code)).message();
        BOOST_TEST(text.starts_with("reply."));
        BOOST_TEST(text != "reply.unknown");
        BOOST_TEST(names.insert(text).second, text);
    }
}

BOOST_AUTO_TEST_CASE(a_signed_success_is_one) {
    check_proven(judged(LogoutResponseText{}), Kind::success);
    check_proven(judged({.destination = std::string(test::our_soap_url)}), Kind::success);
    check_proven(judged({.destination = ""}), Kind::success);  // pysaml2 writes it so
}

BOOST_AUTO_TEST_CASE(a_partial_logout_below_success_is_partial_wherever_it_stands) {
    const auto partial = test::status_prefix + "PartialLogout";
    check_proven(judged({.status = status_of({"Success", "PartialLogout"})}), Kind::partial, {partial});
    check_proven(judged({.status = status_of({"Success", "urn:x:other", "PartialLogout"})}), Kind::partial,
                 {"urn:x:other", partial});
}

BOOST_AUTO_TEST_CASE(a_code_that_explains_a_partial_logout_changes_nothing) {
    const auto partial = test::status_prefix + "PartialLogout";
    const auto denied = test::status_prefix + "RequestDenied";
    check_proven(judged({.status = status_of({"Success", "PartialLogout", "RequestDenied"})}), Kind::partial,
                 {partial, denied});
}

BOOST_AUTO_TEST_CASE(an_unsupported_binding_below_success_is_partial) {
    check_proven(judged({.status = status_of({"Success", "UnsupportedBinding"})}), Kind::partial,
                 {test::status_prefix + "UnsupportedBinding"});
}

BOOST_AUTO_TEST_CASE(success_below_success_says_it_twice) {
    check_proven(judged({.status = status_of({"Success", "Success"})}), Kind::success,
                 {test::status_prefix + "Success"});
}

BOOST_DATA_TEST_CASE(a_success_with_another_code_of_saml_below_it_proves_nothing,
                     boost::unit_test::data::make({"Requester",
                                                   "Responder",
                                                   "VersionMismatch",
                                                   "AuthnFailed",
                                                   "InvalidAttrNameOrValue",
                                                   "InvalidNameIDPolicy",
                                                   "NoAuthnContext",
                                                   "NoAvailableIDP",
                                                   "NoPassive",
                                                   "NoSupportedIDP",
                                                   "ProxyCountExceeded",
                                                   "RequestDenied",
                                                   "RequestUnsupported",
                                                   "RequestVersionDeprecated",
                                                   "RequestVersionTooHigh",
                                                   "RequestVersionTooLow",
                                                   "ResourceNotRecognized",
                                                   "TooManyResponses",
                                                   "UnknownAttrProfile",
                                                   "UnknownPrincipal"}),
                     code) {
    const auto detail = std::string(code) + " below Success";
    check_contradicted(judged({.status = status_of({"Success", code})}), detail);
    check_contradicted(judged({.status = status_of({"Success", "Success", code})}), detail);
    check_contradicted(judged({.status = status_of({"Success", "urn:x:canary", code})}), detail);
    check_contradicted(judged({.status = status_of({"Success", code, "PartialLogout"})}), detail);
}

BOOST_AUTO_TEST_CASE(a_success_with_a_code_below_it_that_saml_does_not_define_proves_nothing) {
    for (const std::string code : {"urn:x:canary", "lib:UnknownPrincipal", "urn:oasis:names:tc:SAML:2.0:status:Canary",
                                   "URN:oasis:names:tc:SAML:2.0:status:PartialLogout"}) {
        check_contradicted(judged({.status = status_of({"Success", code})}),
                           "a code that SAML doesn't define below Success");
    }
}

BOOST_AUTO_TEST_CASE(any_other_status_is_a_refusal) {
    for (const std::string top : {"Requester", "Responder", "VersionMismatch"}) {
        check_proven(judged({.status = status_of({top})}), Kind::refused);
    }
    const auto names = [](const std::vector<std::string>& codes) {
        return status_names(*judged({.status = status_of(codes)}).status);
    };
    BOOST_TEST(names({"Requester"}) == "Requester");
    BOOST_TEST(names({"Requester", "RequestDenied"}) == "Requester/RequestDenied");
    BOOST_TEST(names({"Responder", "DoNotRepeat", "UnknownPrincipal"}) == "Responder/other/UnknownPrincipal");
    check_proven(judged({.status = status_of({"Responder", "PartialLogout"})}), Kind::refused,
                 {test::status_prefix + "PartialLogout"});
    check_proven(judged({.status = status_of({"Responder", "Success"})}), Kind::refused,
                 {test::status_prefix + "Success"});
}

BOOST_AUTO_TEST_CASE(a_top_level_code_that_does_not_exist_is_no_answer) {
    check_unproven(judged({.status = status_of({"PartialLogout"})}), ReplyErrc::status_malformed);
    check_unproven(judged({.status = status_of({"PartialLogout", "Success"})}), ReplyErrc::status_malformed);
    check_unproven(judged({.status = status_of({"urn:x:canary"})}), ReplyErrc::status_malformed);
    check_unproven(judged({.status = "<samlp:Status/>"}), ReplyErrc::status_malformed);
    check_unproven(judged({.status = ""}), ReplyErrc::status_malformed);
}

BOOST_AUTO_TEST_CASE(a_second_status_proves_nothing) {
    check_unproven(judged({.status = status_of({"Success"}) + status_of({"Responder"})}),
                   ReplyErrc::not_a_logout_response);
}

BOOST_AUTO_TEST_CASE(an_unsigned_answer_proves_nothing) {
    check_unproven(judged(reply(200, LogoutResponseText{}.unsigned_soap())), ReplyErrc::is_unsigned);
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_signer_proves_nothing) {
    for (const std::string key : {"stranger", "idp2", "idp1-encryption"}) {
        check_unproven(judged(reply(200, LogoutResponseText{}.signed_soap("keys/" + key + ".key.pem"))),
                       ReplyErrc::signature_invalid, "sig.invalid");
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_changed_proves_nothing) {
    const LogoutResponseText refused{.status = status_of({"Responder"})};
    const std::string forged = test::replaced(refused.signed_soap(), "status:Responder", "status:Success");
    check_unproven(judged(reply(200, forged)), ReplyErrc::signature_invalid, "sig.invalid");
}

BOOST_AUTO_TEST_CASE(a_signed_answer_that_is_wrapped_into_a_forged_one_proves_nothing) {
    const LogoutResponseText refused{.status = status_of({"Responder"})};
    const std::string real = test::sign_xml(refused.with(test::SignatureText{}.xml("_a1")), "keys/idp1-first.key.pem");
    const LogoutResponseText forged{.id = "_a2"};
    check_unproven(judged(reply(200, test::envelope(forged.with("<samlp:Extensions>" + real + "</samlp:Extensions>")))),
                   ReplyErrc::signature_invalid, "sig.position");
}

BOOST_AUTO_TEST_CASE(sha_1_is_refused_unless_the_profile_allows_it) {
    LogoutResponseText response;
    response.signature.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    response.signature.digest = "http://www.w3.org/2000/09/xmldsig#sha1";
    const auto given = reply(200, response.signed_soap());
    check_unproven(judged(given), ReplyErrc::signature_invalid, "sig.algorithm");
    Idp idp = test::idp1_at(idp1_url);
    idp.profile.algorithms.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted;
    check_proven(prove_reply(given, asked_of(idp)), Kind::success);
}

BOOST_AUTO_TEST_CASE(an_answer_to_another_request_proves_nothing) {
    check_unproven(judged({.in_response_to = "_q2"}), ReplyErrc::wrong_in_response_to);
    check_unproven(judged({.in_response_to = "1 canary"}), ReplyErrc::wrong_in_response_to);
}

BOOST_AUTO_TEST_CASE(an_answer_to_no_request_proves_nothing) {
    check_unproven(judged({.in_response_to = std::nullopt}), ReplyErrc::wrong_in_response_to);
}

BOOST_AUTO_TEST_CASE(another_idp_s_answer_proves_nothing) {
    check_unproven(judged({.issuer = test::issuer_of(test::idp2_entity_id)}), ReplyErrc::wrong_issuer);
    check_unproven(judged({.issuer = ""}), ReplyErrc::wrong_issuer);
    const LogoutResponseText theirs{.issuer = test::issuer_of(test::idp2_entity_id)};
    check_unproven(judged(reply(200, theirs.signed_soap("keys/idp2.key.pem"))), ReplyErrc::signature_invalid);
}

BOOST_AUTO_TEST_CASE(an_alias_of_the_profile_is_its_name_too) {
    Idp idp = test::idp1_at(idp1_url);
    idp.profile.issuer_aliases = {saml::EntityID::parse("https://old.example.org/idp").value()};
    const LogoutResponseText moved{.issuer = test::issuer_of("https://old.example.org/idp")};
    const auto given = reply(200, moved.signed_soap());
    check_proven(prove_reply(given, asked_of(idp)), Kind::success);
    check_unproven(judged(given), ReplyErrc::wrong_issuer);
}

BOOST_AUTO_TEST_CASE(an_answer_for_another_recipient_proves_nothing) {
    check_unproven(judged({.destination = "https://canary.example.org/slo"}), ReplyErrc::wrong_destination);
}

BOOST_AUTO_TEST_CASE(an_answer_from_another_time_proves_nothing) {
    check_unproven(judged({.issue_instant = "2030-01-15T09:56:59Z"}), ReplyErrc::stale);
    check_unproven(judged({.issue_instant = "2030-01-15T10:03:01Z"}), ReplyErrc::stale);
    check_proven(judged({.issue_instant = "2030-01-15T09:57:00Z"}), Kind::success);
    check_proven(judged({.issue_instant = "2030-01-15T10:03:00Z"}), Kind::success);
    check_unproven(judged({.issue_instant = "canary"}), ReplyErrc::not_a_logout_response);
}

BOOST_AUTO_TEST_CASE(another_message_is_no_answer) {
    check_unproven(judged({.element = "samlp:Response"}), ReplyErrc::not_a_logout_response);
    check_unproven(judged({.element = "samlp:ManageNameIDResponse"}), ReplyErrc::not_a_logout_response);
    check_unproven(judged({.version = "1.1"}), ReplyErrc::not_a_logout_response);
    check_unproven(judged(reply(200, test::soap({}))), ReplyErrc::not_a_logout_response);
}

BOOST_AUTO_TEST_CASE(something_else_than_soap_is_no_answer) {
    const std::string message =
        test::sign_xml(LogoutResponseText{}.with(test::SignatureText{}.xml("_a1")), "keys/idp1-first.key.pem");
    check_unproven(judged(reply(200, message)), ReplyErrc::not_soap, "soap.structure");
    check_unproven(judged(reply(200, "canary")), ReplyErrc::not_soap, "xml.malformed");
    check_unproven(judged(reply(200, "<!DOCTYPE canary><canary/>")), ReplyErrc::not_soap, "xml.doctype");
    check_unproven(
        judged(reply(200, test::replaced(LogoutResponseText{}.signed_soap(), "schemas.xmlsoap.org/soap/envelope/",
                                         "www.w3.org/2003/05/soap-envelope"))),
        ReplyErrc::not_soap);
    check_unproven(judged(reply(200, test::envelope("<x/>"))), ReplyErrc::not_soap, "soap.structure");
    check_unproven(judged(reply(200, test::envelope(message + message))), ReplyErrc::not_soap, "soap.body_count");
    check_unproven(judged(reply(200, std::string(70'000, ' ') + LogoutResponseText{}.signed_soap())),
                   ReplyErrc::too_large, "xml.size");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reply_proof_http)

BOOST_AUTO_TEST_CASE(a_fault_is_named_by_its_class_alone) {
    for (const int status : {200, 500}) {
        BOOST_TEST_CONTEXT(status) {
            const auto check = [&](const std::string& code, std::string_view expected) {
                check_unproven(judged(reply(status, fault(code))), ReplyErrc::fault, expected);
            };
            check("soap:Client", "Client");
            check("soap:Client.Canary", "Client");
            check("soap:Server.Busy", "Server");
            check("\n soap:MustUnderstand ", "MustUnderstand");
            check("soap:VersionMismatch", "VersionMismatch");
            check("x:canary", "Server");
            check("", "Server");
            check("<canary/>", "Server");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_signed_answer_counts_with_500_too) {
    check_proven(judged(reply(500, LogoutResponseText{}.signed_soap())), Kind::success);
    check_unproven(judged(reply(500, LogoutResponseText{}.unsigned_soap())), ReplyErrc::is_unsigned);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_no_answer) {
    for (const int status : {300, 301, 302, 303, 304, 307, 308}) {
        check_unproven(judged(reply(status, LogoutResponseText{}.signed_soap())), ReplyErrc::redirected,
                       "HTTP " + std::to_string(status));
    }
}

BOOST_AUTO_TEST_CASE(another_status_is_no_answer_whatever_comes_with_it) {
    for (const int status : {201, 202, 206, 400, 401, 403, 404, 501, 503}) {
        check_unproven(judged(reply(status, LogoutResponseText{}.signed_soap())), ReplyErrc::http_status,
                       "HTTP " + std::to_string(status));
        if (status != 202) check_unproven(judged(reply(status, "")), ReplyErrc::http_status);
    }
    check_unproven(judged(reply(500, "")), ReplyErrc::http_status, "HTTP 500");
    check_unproven(judged(reply(500, "<html>canary</html>")), ReplyErrc::http_status, "HTTP 500");
    check_unproven(judged(reply(500, "<canary/>")), ReplyErrc::http_status, "HTTP 500");
    check_unproven(judged(reply(500, R"({"error":"canary"})", "application/json")), ReplyErrc::http_status, "HTTP 500");
}

BOOST_AUTO_TEST_CASE(an_empty_reply_is_no_answer) {
    for (const int status : {200, 202, 204}) {
        check_unproven(judged(reply(status, "")), ReplyErrc::empty);
        check_unproven(judged(reply(status, "", std::nullopt)), ReplyErrc::empty);
        check_unproven(judged(reply(status, " \r\n")), ReplyErrc::empty);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_reply_to_an_asynchronous_request_is_all_that_is_owed) {
    for (const int status : {200, 202, 204}) {
        const auto verdict = judged(reply(status, "", std::nullopt), Answer::not_owed);
        BOOST_TEST((verdict.kind == Kind::silent));
        BOOST_TEST(!verdict.why.code);
        BOOST_TEST(!verdict.status.has_value());
    }
    check_unproven(judged(reply(500, ""), Answer::not_owed), ReplyErrc::http_status);
    check_unproven(judged(reply(302, ""), Answer::not_owed), ReplyErrc::redirected);
}

BOOST_AUTO_TEST_CASE(an_answer_to_an_asynchronous_request_is_judged_as_any_other) {
    check_proven(judged(reply(200, LogoutResponseText{}.signed_soap()), Answer::not_owed), Kind::success);
    check_unproven(judged(reply(200, LogoutResponseText{}.unsigned_soap()), Answer::not_owed), ReplyErrc::is_unsigned);
    check_unproven(judged(reply(200, "<html/>", "text/html"), Answer::not_owed), ReplyErrc::html_instead_of_soap);
}

BOOST_AUTO_TEST_CASE(a_page_for_a_browser_is_no_answer) {
    const std::string page = "\r\n<!DOCTYPE HTML>\n<html><body>canary</body></html>";
    check_unproven(judged(reply(200, page, "text/html; charset=utf-8")), ReplyErrc::html_instead_of_soap);
    check_unproven(judged(reply(200, page)), ReplyErrc::html_instead_of_soap);
    check_unproven(judged(reply(200, page, std::nullopt)), ReplyErrc::html_instead_of_soap);
    check_unproven(judged(reply(200, "<HTML lang='x'>")), ReplyErrc::html_instead_of_soap);
    check_unproven(judged(reply(200, LogoutResponseText{}.signed_soap(), "text/html")),
                   ReplyErrc::html_instead_of_soap);
}

BOOST_AUTO_TEST_CASE(another_content_type_is_no_answer_unless_the_profile_adds_it) {
    const std::string body = LogoutResponseText{}.signed_soap();
    for (const std::string type : {"application/json", "application/soap+xml; charset=utf-8", "text/plain", "", ";"}) {
        check_unproven(judged(reply(200, body, type)), ReplyErrc::content_type);
    }
    check_unproven(judged(reply(200, R"({"error":"canary"})", "application/json")), ReplyErrc::content_type);
    check_unproven(judged(reply(200, body, soap_type, {{"content-type", "text/xml"}})), ReplyErrc::content_type);
    Idp idp = test::idp1_at(idp1_url);
    idp.profile.outgoing.extra_reply_types = {"application/soap+xml"};
    check_proven(prove_reply(reply(200, body, "Application/SOAP+xml; charset=utf-8"), asked_of(idp)), Kind::success);
}

BOOST_AUTO_TEST_CASE(a_type_that_is_missing_or_has_parameters_is_fine) {
    const std::string body = LogoutResponseText{}.signed_soap();
    check_proven(judged(reply(200, body, std::nullopt)), Kind::success);
    check_proven(judged(reply(200, body, "TEXT/XML ;charset=\"utf-8\"")), Kind::success);
}

BOOST_AUTO_TEST_CASE(a_compressed_reply_is_no_answer) {
    const std::string body = LogoutResponseText{}.signed_soap();
    for (const std::string coding : {"gzip", "deflate", "identity, gzip", "br"}) {
        check_unproven(judged(reply(200, body, soap_type, {{"Content-Encoding", coding}})), ReplyErrc::compressed);
    }
    check_proven(judged(reply(200, body, soap_type, {{"Content-Encoding", "UTF-8"}})), Kind::success);
    check_proven(judged(reply(200, body, soap_type, {{"Content-Encoding", "identity"}})), Kind::success);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reply_proof_captured)

namespace {

/// An answer that other software made: the file, its IdP's metadata, the request's ID, its time.
struct Captured {
    std::string file;
    std::string metadata;
    std::string request_id = "_none";
    std::string at = "2026-11-22T15:17:22Z";
};

/// A whole HTTP reply in a file, or a bare envelope.
IdpReply read_captured(const std::string& file) {
    const std::string text = test::fixture(file);
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/")) return reply(200, text);
    IdpReply read{.head = {.status = std::stoi(text.substr(9, 3)), .headers = {}}, .body = text.substr(end + 4)};
    for (auto at = text.find("\r\n") + 2; at < end;) {
        const auto line_end = text.find("\r\n", at);
        const auto colon = text.find(": ", at);
        read.head.headers.emplace_back(text.substr(at, colon - at), text.substr(colon + 2, line_end - colon - 2));
        at = line_end + 2;
    }
    return read;
}

LogoutVerdict judged(const Captured& captured) {
    auto entity = metadata::parse_entity_descriptor(test::fixture(captured.metadata), instant(captured.at),
                                                    std::chrono::seconds(180))
                      .value();
    entity.valid_until = std::nullopt;
    const Idp idp = make_idp(entity, {}).value();
    AskedLogout asked = asked_of(idp);
    asked.request_id = saml::MessageID::parse(captured.request_id).value();
    asked.issue_instant = instant(captured.at);
    return prove_reply(read_captured(captured.file), asked);
}

}  // namespace

BOOST_AUTO_TEST_CASE(lasso_answers_are_proven) {
    Captured captured{.file = "lasso/idp-response-success.soap.xml",
                      .metadata = "lasso/metadata.xml",
                      .request_id = "_043FC2786328F613C9549427C7CD8D6B",
                      .at = "2026-11-22T16:01:28Z"};
    BOOST_TEST((judged(captured).kind == Kind::success));
    captured.file = "lasso/idp-response-request-denied.soap.xml";
    const auto denied = judged(captured);
    BOOST_TEST((denied.kind == Kind::refused));
    BOOST_TEST_REQUIRE(denied.status.has_value());
    BOOST_TEST((denied.status->code == saml::TopLevelStatus::responder));
    BOOST_TEST(denied.status->nested.at(0) == test::status_prefix + "RequestDenied");
}

BOOST_AUTO_TEST_CASE(a_real_answer_proves_nothing_about_a_later_request) {
    const Captured captured{.file = "lasso/idp-response-success.soap.xml",
                            .metadata = "lasso/metadata.xml",
                            .request_id = "_a-later-request",
                            .at = "2026-11-22T16:01:28Z"};
    check_unproven(judged(captured), ReplyErrc::wrong_in_response_to);
}

BOOST_AUTO_TEST_CASE(lemonldap_answers_are_proven) {
    const std::string metadata = "lemonldap/idp-metadata.xml";
    const auto valid = judged(Captured{.file = "lemonldap/idp-answer-to-valid.http",
                                       .metadata = metadata,
                                       .request_id = "_fd26f237c335ffe9eb0eeaab09fd176e"});
    BOOST_TEST((valid.kind == Kind::success), valid.why.detail);
}

BOOST_AUTO_TEST_CASE(a_lemonldap_fault_is_a_status) {
    const std::string metadata = "lemonldap/idp-metadata.xml";
    for (const std::string file : {"badsig", "malformed"}) {
        check_unproven(judged(Captured{.file = "lemonldap/idp-answer-to-" + file + ".http", .metadata = metadata}),
                       ReplyErrc::http_status, "HTTP 400");
    }
}

BOOST_AUTO_TEST_CASE(lemonldap_s_portal_page_is_no_answer) {
    check_unproven(judged(Captured{.file = "lemonldap/idp-answer-to-unknown-index.http",
                                   .metadata = "lemonldap/idp-metadata.xml"}),
                   ReplyErrc::html_instead_of_soap);
}

BOOST_AUTO_TEST_CASE(lemonldap_refuses_a_wrong_destination_with_its_signature) {
    const auto text = test::fixture("lemonldap/idp-answer-to-wrong-destination.http");
    const auto at = text.find("InResponseTo=\"") + 14;
    const auto issued = text.find("IssueInstant=\"") + 14;
    const auto verdict = judged(Captured{.file = "lemonldap/idp-answer-to-wrong-destination.http",
                                         .metadata = "lemonldap/idp-metadata.xml",
                                         .request_id = text.substr(at, text.find('"', at) - at),
                                         .at = text.substr(issued, 20)});
    BOOST_TEST((verdict.kind == Kind::refused), verdict.why.detail);
}

BOOST_AUTO_TEST_SUITE_END()
