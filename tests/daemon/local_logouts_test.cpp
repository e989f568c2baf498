// Requests of an application, or an administrator, at the local interface, and the replies.
#include <boost/test/unit_test.hpp>

#include <string>

#include "local_interface.hpp"

namespace {

using namespace slo;
using idp_adapter::ReplyErrc;
using Kind = idp_adapter::LogoutVerdict::Kind;

const std::string idp = "https%3A%2F%2Fidp1.example.org%2Fmetadata";

struct LocalLogouts : test::LocalInterface {
    void sign_in(const std::string& id, const std::string& user, const std::string& index) {
        BOOST_REQUIRE_EQUAL(
            post("local_id=" + id + "&idp=" + idp + "&name_id=" + user + "&format=urn%3Ax&session_index=" + index +
                 "&authn_instant=2030-01-15T09:00:00Z&expires=2030-01-15T20:00:00Z"),
            201);
    }
    bool lives(const std::string& id) { return send("GET", "/sessions/" + id).status == 200; }
};

bool says(const sp::HttpReply& reply, const std::string& text) {
    return reply.body.find(text) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(local_logouts, LocalLogouts)

BOOST_AUTO_TEST_CASE(a_user_logs_out_and_is_told_how_far_it_went) {
    sign_in("c1", "ann", "_1");
    const auto reply = send("POST", "/sessions/c1/logout");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body ==
               R"({"result":"everywhere","idps":[{"idp":"https://idp1.example.org/metadata","result":"everywhere",)"
               R"("why":"","idp_status":"","logouts":1,"ended":1,"already_gone":0,"failed":0,"retried":false}]})"
               "\n");
    BOOST_TEST(!lives("c1"));
    BOOST_TEST(local.link.asked.front().ask.reason == "urn:oasis:names:tc:SAML:2.0:logout:user");
}

BOOST_AUTO_TEST_CASE(a_logout_that_the_idp_did_not_confirm_is_not_everywhere) {
    sign_in("c1", "ann", "_1");
    local.link.will(Kind::unsent, ReplyErrc::unreachable);
    const auto reply = send("POST", "/sessions/c1/logout");
    BOOST_TEST(says(reply, R"({"result":"local_only")"));
    BOOST_TEST(says(reply, R"("why":"reply.unreachable")"));
    BOOST_TEST(says(reply, R"("retried":true)"));
    BOOST_TEST(!lives("c1"));
}

BOOST_AUTO_TEST_CASE(the_status_that_the_idp_signed_is_told_here_and_in_the_audit) {
    sign_in("c1", "ann", "_1");
    local.link.answers.push_back({.kind = Kind::refused,
                                  .status = saml::Status{.code = saml::TopLevelStatus::requester,
                                                         .nested = {"urn:oasis:names:tc:SAML:2.0:status:RequestDenied"},
                                                         .message = {}},
                                  .why = {},
                                  .request_id = {}});
    BOOST_TEST(says(send("POST", "/sessions/c1/logout"), R"("idp_status":"Requester/RequestDenied")"));
    BOOST_TEST(local.audit.last().json.find(R"("status":"local_only","idp_status":"Requester/RequestDenied")") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_to_stop_waits_for_no_idp) {
    sign_in("c1", "ann", "_1");
    sign_in("c2", "bob", "_2");
    BOOST_TEST(send("POST", "/sessions/c1/logout").status == 200);
    sessions.stop_waiting();
    BOOST_TEST(send("POST", "/sessions/c2/logout").status == 200);
    BOOST_TEST_REQUIRE(local.link.asked.size() == 2U);
    BOOST_TEST(!local.link.asked.front().is_to_stop);
    BOOST_TEST(local.link.asked.back().is_to_stop);
}

BOOST_AUTO_TEST_CASE(only_logouts_run_in_the_threads_that_delay_no_other_request) {
    using Lane = sp::HttpHandler::Lane;
    const auto lane = [this](const char* method, const char* target) {
        return sessions.lane({method, target, {}, {}});
    };
    for (const char* target : {"/sessions/c1/logout", "/logouts", "/logouts/preview"}) {
        BOOST_TEST((lane("POST", target) == Lane::waiting), target);
    }
    BOOST_TEST((lane("POST", "/sessions") == Lane::usual));
    BOOST_TEST((lane("GET", "/sessions/c1") == Lane::usual));
}

BOOST_AUTO_TEST_CASE(a_session_that_is_gone_is_not_found) {
    BOOST_TEST(send("POST", "/sessions/c1/logout").status == 404);
    BOOST_TEST(send("POST", "/logouts", "local_id=c1").status == 404);
    BOOST_TEST(send("POST", "/logouts", "name_id=ann").status == 404);
    BOOST_TEST(send("POST", "/logouts", "idp=" + idp).status == 404);
    BOOST_TEST(local.link.asked.empty());
}

BOOST_AUTO_TEST_CASE(an_administrator_sees_the_sessions_first) {
    sign_in("c1", "ann", "_1");
    sign_in("c2", "ann", "_2");
    sign_in("c3", "bob", "_3");
    const auto dry = send("POST", "/logouts", "name_id=ann&dry_run=true");
    BOOST_TEST(dry.status == 200);
    BOOST_TEST((says(dry, R"("local_id":"c1")") && says(dry, R"("local_id":"c2")") && !says(dry, "c3")));
    BOOST_TEST((lives("c1") && local.link.asked.empty()));

    BOOST_TEST(says(send("POST", "/logouts", "name_id=ann"), R"({"result":"everywhere")"));
    BOOST_TEST((!lives("c1") && !lives("c2") && lives("c3")));
    BOOST_TEST(local.link.asked.front().ask.reason == "urn:oasis:names:tc:SAML:2.0:logout:admin");
}

BOOST_AUTO_TEST_CASE(an_administrator_who_names_attributes_means_them) {
    sign_in("c1", "ann", "_1");
    BOOST_TEST(send("POST", "/logouts", "name_id=ann&format=urn%3Ay&dry_run=true").body == "{\"would_end\":[]}\n");
    BOOST_TEST(says(send("POST", "/logouts", "name_id=ann&format=urn%3Ax&dry_run=true"), "c1"));
}

BOOST_AUTO_TEST_CASE(an_administrator_ends_sessions_by_id_and_by_idp) {
    for (const std::string id : {"1", "2", "3"}) sign_in("c" + id, "user" + id, "_" + id);
    BOOST_TEST(send("POST", "/logouts", "local_id=c1&local_id=c2&reason=user").status == 200);
    BOOST_TEST((!lives("c1") && !lives("c2") && lives("c3")));
    BOOST_TEST(send("POST", "/logouts", "idp=" + idp).status == 200);
    BOOST_TEST(!lives("c3"));
}

BOOST_AUTO_TEST_CASE(lists_the_sessions_that_a_logout_request_would_end) {
    const auto index = test::parsed<saml::SessionIndex>("i1");
    sp::Session session = test::session_named("c1");
    session.session_indexes = {index};
    session.expires = clock.now() + std::chrono::hours(1);
    BOOST_REQUIRE((test::taken(store.admit(session)) == sp::Admission::admitted));
    const sp::HttpHeaders xml{{"Content-Type", "text/xml"}};
    const auto reply = send("POST", "/logouts/preview", test::signed_body(test::baseline_request()), xml);
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(says(reply, R"({"would_end":[{"local_id":"c1")"));
    BOOST_TEST(lives("c1"));
    const auto forged = send("POST", "/logouts/preview", test::signed_body(test::baseline_request(), "sp/sp"), xml);
    BOOST_TEST(forged.status == 422);
    BOOST_TEST(says(forged, R"("refused":"sig.invalid")"));
}

BOOST_AUTO_TEST_CASE(previews_a_form_and_an_envelope_that_is_called_one) {
    const sp::HttpHeaders form{{"Content-Type", "application/x-www-form-urlencoded"}};
    const std::string envelope = test::signed_body(test::baseline_request());
    BOOST_TEST(send("POST", "/logouts/preview", envelope, form).status == 200);  // curl's default
    const auto without_message = send("POST", "/logouts/preview", "a=b", form);
    BOOST_TEST(without_message.status == 422);
    BOOST_TEST(says(without_message, R"("refused":"form.fields")"));
    const auto no_form = send("POST", "/logouts/preview", "a=b", {{"Content-Type", "text/xml"}});
    BOOST_TEST(says(no_form, R"("refused":"xml.)"));
}

BOOST_AUTO_TEST_CASE(takes_an_order_however_its_media_type_is_written) {
    sign_in("c1", "ann", "_1");
    const sp::HttpHeaders written{{"content-type", "Application/X-WWW-Form-URLencoded; Charset=UTF-8"}};
    BOOST_TEST(send("POST", "/logouts", "local_id=c1", written).status == 200);
    BOOST_TEST(!lives("c1"));
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_an_order) {
    sign_in("c1", "ann", "_1");
    const std::string beside = " stands beside local_id, which is enough";
    const std::string fields =
        "idp, name_id, format, name_qualifier, sp_name_qualifier, sp_provided_id, reason, dry_run, local_id";
    const std::pair<std::string, std::string> rows[] = {
        {"", "local_id, name_id and idp are missing: name one of them"},
        {"reason=user", "local_id, name_id and idp are missing: name one of them"},
        {"name_id=ann&do-not-repeat=1", "field number 2 has a name that is none of: " + fields},
        {"local_id=c1&idp=" + idp, "idp" + beside},
        {"local_id=c1&name_id=ann", "name_id" + beside},
        {"local_id=c1&format=urn%3Ax", "format" + beside},
        {"local_id=", "local_id isn't 1 to 256 octets without controls"},
        {"idp=%3Cno%3E", "idp isn't an entityID: a URI, or the name that the IdP has instead, of at most 1024 octets"},
        {"idp=" + idp + "&format=urn%3Ax", "name_id is missing beside format"},
        {"name_id=", "name_id is blank, too long, or has characters that no NameID has"},
        {"name_id=ann&format=no", "format isn't an absolute URI"},
        {"name_id=ann&name_id=bob", "name_id stands there more than once"},
        {"name_id=%4", "the form is malformed: field number 1 isn't percent-encoded"},
        {"name_id=ann&reason=timeout", "reason is neither user nor admin"},
        {"name_id=ann&reason=user&reason=user", "reason stands there more than once"},
        {"name_id=ann&dry_run=maybe", "dry_run is neither true nor false"},
    };
    for (const auto& [body, error] : rows) {
        const auto reply = send("POST", "/logouts", body);
        BOOST_TEST(reply.status == 400);
        BOOST_TEST(reply.body == "{\"error\":\"" + error + "\"}\n");
    }
    const auto of_one = [this](const std::string& body) { return send("POST", "/sessions/c1/logout", body).body; };
    BOOST_TEST(of_one("reason=timeout") == "{\"error\":\"reason is neither user nor admin\"}\n");
    BOOST_TEST(of_one("dry_run=true") == "{\"error\":\"field number 1 has a name that is none of: reason\"}\n");
    BOOST_TEST(lives("c1"));
}

BOOST_AUTO_TEST_CASE(refuses_half_an_order) {
    sign_in("c1", "ann", "_1");
    for (const std::string& body :
         std::vector<std::string>{"", "reason=user", "name_id=ann&nobody_knows=1", "local_id=c1&idp=" + idp, "idp=%0A",
                                  "name_id=ann&reason=timeout", "name_id=ann&dry_run=maybe", "name_id=ann&name_id=bob",
                                  "local_id=", "name_id=%4"}) {
        BOOST_TEST(send("POST", "/logouts", body).status == 400, body);
    }
    BOOST_TEST(send("POST", "/sessions/c1/logout", "reason=global-timeout").status == 400);
    BOOST_TEST(send("POST", "/sessions//logout").status == 400);
    BOOST_TEST(send("GET", "/sessions/c1/logout").status == 405);
    BOOST_TEST(send("GET", "/logouts").status == 405);
    BOOST_TEST(send("POST", "/logouts/other").status == 404);
    BOOST_TEST(send("POST", "/logouts", "name_id=ann", {{"Content-Type", "text/plain"}}).status == 415);
    BOOST_TEST(send("POST", "/sessions/c1/logout", "", {{"Origin", "https://evil.example"}}).status == 403);
    BOOST_TEST(lives("c1"));
}

BOOST_AUTO_TEST_SUITE_END()
