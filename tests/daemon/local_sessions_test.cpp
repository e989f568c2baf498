#include "local_sessions.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "local_interface.hpp"
#include "rounds.hpp"
#include "slo/sp/store_error.hpp"

namespace {

using namespace slo;
using slo::test::LocalInterface;

/// A store whose disk or server is gone.
class BrokenStore final : public sp::SessionStore {
public:
    Result<sp::Admission> admit(const sp::Session&) override { return failure(); }
    Result<sp::Admission> would_admit(const sp::Session&) override { return failure(); }
    Result<sp::BegunLogout> begin_logout(const sp::LogoutOrder&, const sp::RoundClaim&) override { return failure(); }
    Result<sp::RepeatedLogout> resume_logout(const sp::LogoutKey&, const sp::RoundClaim&) override { return failure(); }
    Result<sp::LogoutOutcome> complete_logout(const sp::LogoutKey&, const sp::RoundReport&) override {
        return failure();
    }
    Result<std::vector<sp::NearMiss>> near_misses(const sp::LogoutOrder&) override { return failure(); }
    Result<std::optional<sp::Session>> find(const sp::LocalSessionID&) override { return failure(); }
    Result<std::vector<sp::UnfinishedLogout>> unfinished_logouts() override { return failure(); }
    Result<std::vector<sp::Session>> named_by(const sp::SessionNaming&) override { return failure(); }
    Result<sp::SessionPage> sessions_of(const saml::EntityID&, const std::string&, std::size_t) override {
        return failure();
    }
    Result<std::vector<saml::EntityID>> idps_of_sessions() override { return failure(); }
    Result<void> keep_request(const sp::KeptRequest&) override { return failure(); }
    Result<std::vector<sp::KeptRequest>> take_due_requests(Instant, Instant, std::size_t) override { return failure(); }
    Result<void> drop_request(const sp::LogoutKey&) override { return failure(); }

private:
    static Failure failure() { return sp::fail(sp::StoreErrc::store_failed, "about alice"); }
};

const std::string session =
    "local_id=c1&idp=https%3A%2F%2Fidp.example.org&name_id=alice+b&session_index=_s1&session_index=_s2"
    "&authn_instant=2030-01-15T09:59:00Z&expires=2030-01-15T20:00:00Z";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(local_sessions, LocalInterface)

BOOST_AUTO_TEST_CASE(says_which_idps_it_can_serve) {
    BOOST_TEST(send("GET", "/ready").status == 200);
    BOOST_TEST(send("GET", "/ready").body == "{\"ready\":true,\"idps\":2,\"out\":0,\"not_ready\":[]}\n");
    BOOST_TEST(send("POST", "/ready").status == 404);
    auto idp = test::idp_that_can_be_asked();
    idp.valid_until = test::at(test::baseline_now) - std::chrono::hours(1);
    local.service.replace_idps(test::directory_of({idp}));
    const auto ended = send("GET", "/ready");
    BOOST_TEST(ended.status == 503);
    BOOST_TEST(ended.body.starts_with(R"({"ready":false,"idps":0,"out":1,"not_ready":[{"source":"","idp":")" +
                                      idp.entity_id.str() + R"(","rule":"meta.expired")"),
               ended.body);
    const auto snapshot = local.service.idps();
    std::vector<idp_adapter::AbsentPartner> many(70, {.source = "md", .names = {}, .why = {}});
    local.service.replace_idps(
        std::make_shared<idp_adapter::IdpDirectory>(idp_adapter::IdpDirectory::of({}, std::move(many)).value()));
    const auto none = send("GET", "/ready");
    BOOST_TEST(none.status == 503);
    BOOST_TEST(none.body.starts_with(R"({"ready":false,"idps":0,"out":70,)"), none.body);
    BOOST_TEST((none.body.find(R"("source":"md","idp":"","rule":"","detail":"")") != std::string::npos), none.body);
    BOOST_TEST(none.body.size() < 64 * 80U);
    BOOST_TEST(local.service.not_ready(*snapshot).size() == 1U);  // whatever is in force by now
}

BOOST_AUTO_TEST_CASE(registers_a_session_as_the_form_says) {
    BOOST_TEST(post(session + "&format=urn%3aa&name_qualifier=q&sp_name_qualifier=s&sp_provided_id=p") == 201);
    const auto found = *store.find(*sp::LocalSessionID::parse("c1"));
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->idp.str() == "https://idp.example.org");
    BOOST_TEST((found->sp == test::our_id));
    BOOST_TEST(found->name_id.value == "alice b");
    BOOST_TEST(found->name_id.format.value_or("") == "urn:a");
    BOOST_TEST(found->name_id.name_qualifier.value_or("") == "q");
    BOOST_TEST(found->name_id.sp_name_qualifier.value_or("") == "s");
    BOOST_TEST(found->name_id.sp_provided_id.value_or("") == "p");
    BOOST_TEST(found->session_indexes.size() == 2U);
    BOOST_TEST((found->authn_instant == *saml::parse_instant("2030-01-15T09:59:00Z")));
    BOOST_TEST((found->expires == *saml::parse_instant("2030-01-15T20:00:00Z")));
}

BOOST_AUTO_TEST_CASE(tells_whether_a_session_lives) {
    BOOST_TEST(send("GET", "/sessions/c1").status == 404);
    BOOST_TEST(post(session) == 201);
    BOOST_TEST(send("GET", "/sessions/c1").status == 200);
    BOOST_TEST(send("GET", "/sessions/%63%31").status == 200);
    BOOST_TEST(send("GET", "/sessions/c2").status == 404);
}

BOOST_AUTO_TEST_CASE(refuses_a_login_that_a_logout_preceded) {
    const auto alice = *sp::LocalSessionID::parse("c1");
    saml::NameID name;
    name.value = "alice b";
    const auto idp = *saml::EntityID::parse("https://idp.example.org");
    BOOST_REQUIRE(test::begin_logout(store, {.key = {idp, *saml::MessageID::parse("_r1")},
                                             .sp = test::our_id,
                                             .name_id = name,
                                             .session_indexes = {},
                                             .as_of = clock.now(),
                                             .keep_until = clock.now() + std::chrono::hours(1)})
                      .has_value());
    BOOST_TEST(post(session) == 409);
    BOOST_TEST(!store.find(alice)->has_value());
}

BOOST_AUTO_TEST_CASE(says_neither_alive_nor_gone_when_the_store_fails) {
    BOOST_TEST(post(session) == 201);
    BrokenStore broken;
    test::LocalService cut_off_service(clock, broken);
    daemon::LocalSessions cut_off(broken, cut_off_service.service, test::our_id);
    const auto ask = [&](const std::string& method, const std::string& target, const std::string& body) {
        return sp::wait_for(
            cut_off.handle({method, target, {{"Content-Type", "application/x-www-form-urlencoded"}}, body}));
    };
    for (const auto& reply : {ask("GET", "/sessions/c1", ""), ask("POST", "/sessions", session)}) {
        BOOST_TEST(reply.status == 503);
        BOOST_TEST((reply.body.find("alive") == std::string::npos), reply.body);
        BOOST_TEST((reply.body.find("alice") == std::string::npos), reply.body);
    }
}

BOOST_AUTO_TEST_CASE(refuses_an_id_that_is_taken) {
    BOOST_TEST(post(session) == 201);
    BOOST_TEST(post(session) == 201);
    BOOST_TEST(post(session + "&format=urn%3Ab") == 409);
}

BOOST_AUTO_TEST_CASE(refuses_a_users_one_session_too_many_by_its_rule_and_no_other_users) {
    const auto with_id = [](const std::string& id, std::string form = session) {
        return form.replace(form.find("=c1"), 3, "=" + id);
    };
    for (int i = 0; i < 20; ++i) BOOST_TEST(post(with_id("d" + std::to_string(i))) == 201);
    const auto refused = send("POST", "/sessions", with_id("e"));
    BOOST_TEST(refused.status == 409);
    for (const char* part : {R"({"error":"store.principal_full: )", "one user has 20 live sessions",
                             "raise max_sessions_per_principal", "without ever logging out"}) {
        BOOST_TEST((refused.body.find(part) != std::string::npos), refused.body);
    }
    BOOST_TEST((refused.body.find("alice") == std::string::npos), refused.body);
    BOOST_TEST(send("GET", "/sessions/e").status == 404);
    BOOST_TEST(post(with_id("d0")) == 201);  // it is there already
    std::string of_another = with_id("e");
    BOOST_TEST(post(of_another.replace(of_another.find("alice"), 5, "carol")) == 201);
}

BOOST_AUTO_TEST_CASE(refuses_half_a_session) {
    for (const std::string field : {"local_id", "idp", "name_id", "authn_instant", "expires"}) {
        std::string body = session;
        body.replace(body.find(field), field.size(), "nobody_knows");
        BOOST_TEST(post(body) == 400, field);
        BOOST_TEST(post(session + "&" + field + "=c1") == 400, field << " twice");
    }
    BOOST_TEST(post(session + "&sessionindex=_s3") == 400);
    BOOST_TEST(post(session + "&format=a&format=b") == 400);
    BOOST_TEST(post(session + "&format") == 400);
    BOOST_TEST(post(session + "&format=%4") == 400);
    BOOST_TEST(post(session + "&format=%zz") == 400);
    BOOST_TEST(post("") == 400);
}

BOOST_AUTO_TEST_CASE(names_the_field_that_is_wrong_and_says_why) {
    const auto with = [](const std::string& name, const std::string& value) {
        std::string body = session;
        const auto at = ("&" + body).find("&" + name + "=");
        if (at == std::string::npos) return body + "&" + name + "=" + value;
        const auto begin = at + name.size() + 1;
        return body.replace(begin, std::min(body.find('&', begin), body.size()) - begin, value);
    };
    const auto without = [](const std::string& name) {
        std::string body = session + "&";
        const auto at = body.find(name + "=");
        body.erase(at, body.find('&', at) + 1 - at);
        body.pop_back();
        return body;
    };
    const std::string instant = " isn't a UTC xs:dateTime, such as 2030-01-01T12:00:00Z";
    const std::string unfit = " is blank, too long, or has characters that no NameID has";
    const std::string persistent = "urn%3Aoasis%3Anames%3Atc%3ASAML%3A2.0%3Anameid-format%3Apersistent";
    const std::string names =
        "local_id, idp, name_id, format, name_qualifier, sp_name_qualifier, sp_provided_id, authn_instant, expires, "
        "session_index";
    std::string many = session;
    for (int i = 0; i < 63; ++i) many += "&session_index=_t" + std::to_string(i);
    const std::pair<std::string, std::string> rows[] = {
        {with("local_id", "a%00"), "local_id isn't 1 to 256 octets without controls"},
        {without("local_id"), "local_id is missing"},
        {session + "&local_id=c1", "local_id stands there more than once"},
        {with("idp", "%3Cidp%3E"),
         "idp isn't an entityID: a URI, or the name that the IdP has instead, of at most 1024 octets"},
        {without("idp"), "idp is missing"},
        {session + "&idp=c1", "idp stands there more than once"},
        {with("name_id", ""), "name_id" + unfit},
        {with("name_id", std::string(2000, 'a')), "name_id" + unfit},
        {with("name_id", std::string(300, 'a')) + "&format=" + persistent,
         "name_id is too long for its format: 256 characters"},
        {without("name_id"), "name_id is missing"},
        {session + "&name_id=c1", "name_id stands there more than once"},
        {with("format", "no"), "format isn't an absolute URI"},
        {session + "&format=urn%3Aa&format=urn%3Ab", "format stands there more than once"},
        {with("name_qualifier", ""), "name_qualifier" + unfit},
        {with("sp_name_qualifier", "%01"), "sp_name_qualifier" + unfit},
        {with("sp_provided_id", std::string(2000, 'a')), "sp_provided_id" + unfit},
        {with("session_index", ""),
         "session_index blank, longer than 1024 bytes, not of XML's characters, or with a line end or tab around it"},
        {many, "session_index stands there more than 64 times"},
        {with("authn_instant", "yesterday"), "authn_instant" + instant},
        {with("authn_instant", "2030-01-15T09:59:00"), "authn_instant" + instant},
        {without("authn_instant"), "authn_instant is missing"},
        {session + "&authn_instant=c1", "authn_instant stands there more than once"},
        {with("expires", "2030-01-15T20:00:00%2B01:00"), "expires" + instant},
        {with("expires", "2030-01-15T09:00:00Z"), "expires has passed"},
        {without("expires"), "expires is missing"},
        {session + "&expires=c1", "expires stands there more than once"},
        {session + "&do-not-repeat=_s3", "field number 8 has a name that is none of: " + names},
        {session + "&format", "the form is malformed: field number 8 has no ="},
        {session + "&format=%zz", "the form is malformed: field number 8 isn't percent-encoded"},
        {"", "local_id is missing"},
    };
    for (const auto& [body, error] : rows) {
        const auto reply = send("POST", "/sessions", body);
        BOOST_TEST(reply.status == 400);
        BOOST_TEST(reply.body == "{\"error\":\"" + error + "\"}\n");
    }
    BOOST_TEST(send("GET", "/sessions/c1").status == 404);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_such_call) {
    BOOST_TEST(send("GET", "/sessions").status == 405);
    BOOST_TEST(send("DELETE", "/sessions/c1").status == 405);
    BOOST_TEST(send("GET", "/").status == 404);
    BOOST_TEST(send("GET", "/sessions/").status == 400);
    BOOST_TEST(send("POST", "/sessions", session, {{"Content-Type", "text/plain"}}).status == 415);
    BOOST_TEST(send("POST", "/sessions", session).status == 201);
}

BOOST_AUTO_TEST_CASE(takes_a_form_however_its_media_type_is_written) {
    for (const std::string type :
         {"Application/X-WWW-Form-URLencoded; Charset=UTF-8", "application/x-www-form-urlencoded;charset=\"utf-8\""}) {
        BOOST_TEST(send("POST", "/sessions", session, {{"Content-Type", type}}).status == 201, type);
    }
    const sp::HttpHeaders latin1{{"Content-Type", "application/x-www-form-urlencoded; charset=ISO-8859-1"}};
    BOOST_TEST(send("POST", "/sessions", session, latin1).status == 201);
    for (const std::string octets : {"%e9", "%C3%A9", "\xe9"}) {
        const auto reply = send("POST", "/sessions", session + "&name_qualifier=" + octets, latin1);
        BOOST_TEST(reply.status == 415);
        BOOST_TEST(reply.body ==
                   "{\"error\":\"send Content-Type: application/x-www-form-urlencoded, in UTF-8 or in ASCII "
                   "alone\"}\n");
    }
    const sp::HttpHeaders utf_16{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-16"}};
    BOOST_TEST(send("POST", "/sessions", session, utf_16).status == 415);
}

BOOST_AUTO_TEST_CASE(refuses_web_pages) {
    const auto reply =
        send("POST", "/sessions", session,
             {{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", "https://evil.example"}});
    BOOST_TEST(reply.status == 403);
    BOOST_TEST(send("GET", "/sessions/c1").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
