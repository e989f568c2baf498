// We as requester: SAML Core 3.2.2 and 3.7, and the Single Logout profile (sections 3, 4 and 7 of the requirements).
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "requester.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;

namespace {

std::string attribute(const XmlNode& element, const std::string& name) {
    const auto found = element.attributes.find(name);
    return found == element.attributes.end() ? "(none)" : found->second;
}

/// Idp1 with these SingleLogoutService elements in its metadata; plain http is accepted.
Idp idp1_with(const std::string& single_logout_services) {
    idp_adapter::InteropProfile profile;
    profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    return idp_from(replaced(idp_metadata(idp1_entity_id, {{"signing", "keys/idp1-first.crt.pem"}}),
                             "<SingleSignOnService", single_logout_services + "<SingleSignOnService"),
                    std::move(profile));
}

std::string single_logout_service(const std::string& binding, const std::string& location) {
    return R"(<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:)" + binding + R"(" Location=")" +
           location + R"("/>)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_requester)

BOOST_AUTO_TEST_CASE(core_slo_01_asks_the_authority_that_gave_the_assertion, *spec("SAML Core 3.7.1 l.2518-2520")) {
    const LoopbackServer first = server_of_idp1();
    const LoopbackServer second(honest_answer_of_idp2);
    Requester requester({idp1_of(first), idp2_of(second)});
    requester.admit(Requester::s1());
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::everywhere));
    BOOST_TEST(first.requests().size() == 1U);
    BOOST_TEST(second.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(core_slo_02_signs_the_request, *spec("SAML Core 3.7.1 l.2532-2533; Profiles l.1297")) {
    const LoopbackServer server = server_of_idp1();
    expect_everywhere(log_out_s1(idp1_of(server)));
    const auto captured = only_request(server);
    const auto ours = fixture("sp/sp.crt.pem");
    BOOST_TEST(verify_xml(captured.body, ours));
    BOOST_TEST(!verify_xml(captured.body, fixture("keys/stranger.crt.pem")));
    BOOST_TEST(!verify_xml(replaced(captured.body, ">i1<", ">i2<"), ours));
    const auto* reference = captured.request().only(ds_ns, "Signature").find(ds_ns, "Reference");
    BOOST_REQUIRE(reference != nullptr);
    BOOST_TEST(attribute(*reference, "URI") == "#" + attribute(captured.request(), "ID"));
}

BOOST_AUTO_TEST_CASE(core_slo_07_knows_the_reasons_of_a_participant_only, *spec("SAML Core 3.7.3 l.2660-2667")) {
    // A developer who adds a reason finds a switch without it here, and -Werror.
    const auto prescribed = [](sp::LogoutReason reason) -> std::string {
        switch (reason) {
            case sp::LogoutReason::user:
                return "urn:oasis:names:tc:SAML:2.0:logout:user";
            case sp::LogoutReason::admin:
                return "urn:oasis:names:tc:SAML:2.0:logout:admin";
        }
        return {};
    };
    for (const auto reason : {sp::LogoutReason::user, sp::LogoutReason::admin}) {
        const LoopbackServer server = server_of_idp1();
        Requester requester({idp1_of(server)});
        requester.admit(Requester::s1());
        BOOST_TEST((requester.log_out({"S1"}, reason).extent == Extent::everywhere));
        BOOST_TEST(attribute(only_request(server).request(), "Reason") == prescribed(reason));
    }
}

BOOST_AUTO_TEST_CASE(core_res_03_discards_a_response_for_another_recipient, *spec("SAML Core 3.2.2 l.1554-1559")) {
    for (const std::string& elsewhere :
         {std::string("https://other.example.com/slo"), std::string(our_soap_url) + "/", std::string(our_entity_id)}) {
        const auto result = log_out_s1_with(LogoutResponseText{.destination = elsewhere});
        expect_unproven(result, ReplyErrc::wrong_destination);
    }
    expect_everywhere(log_out_s1_with(LogoutResponseText{.destination = std::string(our_soap_url)}));
}

BOOST_AUTO_TEST_CASE(core_res_03_goes_on_as_if_the_discarded_response_had_not_come,
                     *spec("SAML Core 3.2.2 l.1554-1559")) {
    const auto result = log_out_s1_with(LogoutResponseText{.destination = "https://other.example.com/slo"});
    BOOST_TEST((result.retried == sp::Retried::yes));
}

BOOST_AUTO_TEST_CASE(core_res_04_relies_on_no_response_with_an_invalid_signature,
                     *spec("SAML Core 3.2.2 l.1584-1588")) {
    const auto tampered = [](const std::string& request) {
        const auto refusal = honest_answer(request, {.status = status_of({"Requester"})});
        const auto body = refusal.substr(refusal.find("\r\n\r\n") + 4);
        return reply_with(replaced(body, status_prefix + "Requester", status_prefix + "Success"), xml_type);
    };
    expect_unproven(log_out_s1_with(tampered), ReplyErrc::signature_invalid);
    const auto by_a_stranger = [](const std::string& request) {
        LogoutResponseText response{.in_response_to = id_in(request)};
        return reply_with(response.signed_soap("keys/stranger.key.pem"), xml_type);
    };
    expect_unproven(log_out_s1_with(by_a_stranger), ReplyErrc::signature_invalid);
}

BOOST_AUTO_TEST_CASE(core_res_05_takes_the_answer_to_this_request_by_the_one_asked,
                     *spec("SAML Core 3.2.2 l.1545-1547")) {
    const auto answering = [](std::optional<std::string> id, std::string_view issuer, std::string_view key) {
        return [=](const std::string& request) {
            LogoutResponseText response{.in_response_to = id, .issuer = issuer_of(issuer)};
            if (id == "this") response.in_response_to = id_in(request);
            return reply_with(response.signed_soap(key), xml_type);
        };
    };
    const std::string own_key = "keys/idp1-first.key.pem";
    expect_everywhere(log_out_s1_with(answering("this", idp1_entity_id, own_key)));
    expect_unproven(log_out_s1_with(answering("_unknown", idp1_entity_id, own_key)), ReplyErrc::wrong_in_response_to);
    expect_unproven(log_out_s1_with(answering({}, idp1_entity_id, own_key)), ReplyErrc::wrong_in_response_to);
    expect_unproven(log_out_s1_with(answering("this", idp2_entity_id, own_key)), ReplyErrc::wrong_issuer);

    // IdP2 is a partner, too, but it isn't the one that was asked.
    const LoopbackServer server(answering("this", idp2_entity_id, "keys/idp2.key.pem"));
    Requester requester({idp1_of(server), idp2_of(server)});
    requester.admit(Requester::s1());
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::unknown));
}

BOOST_AUTO_TEST_CASE(core_res_05_takes_an_answer_once, *spec("SAML Core 3.2.2 l.1545-1547")) {
    std::string first_answer;
    const LoopbackServer server([&](const std::string& request) {
        if (first_answer.empty()) first_answer = honest_answer(request);
        return first_answer;
    });
    Requester requester({idp1_of(server)});
    requester.admit(Requester::s1());
    requester.admit(session("S2", idp1_entity_id, transient("N2"), {"i2"}));
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::everywhere));
    const auto second = requester.log_out({"S2"});
    BOOST_TEST_REQUIRE(second.idps.size() == 1U);
    expect_unproven(second.idps.front(), ReplyErrc::wrong_in_response_to);
}

BOOST_AUTO_TEST_CASE(core_st_03_takes_no_other_top_level_status, *spec("SAML Core 3.2.2.2 l.1627-1644")) {
    for (const auto& codes : {std::vector<std::string>{"PartialLogout"},
                              {"RequestDenied"},
                              {"urn:private:success"},
                              {"PartialLogout", "Success"}}) {
        expect_unproven(log_out_s1_with(LogoutResponseText{.status = status_of(codes)}), ReplyErrc::status_malformed);
    }
}

BOOST_AUTO_TEST_CASE(core_st_07_tells_of_an_unsupported_binding, *spec("SAML Core 3.2.2.2 l.1695-1697")) {
    for (const auto* top : {"Responder", "Requester"}) {
        const auto result = log_out_s1_with(LogoutResponseText{.status = status_of({top, "UnsupportedBinding"})});
        BOOST_TEST((result.verdict.kind == Kind::refused));
        BOOST_TEST((result.extent == Extent::local_only), name(result.extent));
        BOOST_TEST(!result.why.empty());
        BOOST_TEST_REQUIRE(result.verdict.status.has_value());
        BOOST_TEST(result.verdict.status->nested == std::vector{status_prefix + "UnsupportedBinding"},
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(core_st_07_takes_success_over_an_unsupported_binding_for_partial,
                     *spec("SAML Core 3.2.2.2 l.1695-1697")) {
    const auto result = log_out_s1_with(LogoutResponseText{.status = status_of({"Success", "UnsupportedBinding"})});
    BOOST_TEST((result.extent == Extent::partial), name(result.extent));
    BOOST_TEST(!result.why.empty());
}

BOOST_AUTO_TEST_CASE(core_st_02_believes_no_success_with_a_failure_below_it, *spec("SAML Core 3.2.2.2 l.1630-1633")) {
    for (const auto* below : {"AuthnFailed", "RequestDenied", "Responder", "UnknownPrincipal", "urn:private:code"}) {
        const LoopbackServer server = server_of_idp1({.status = status_of({"Success", below})});
        const auto result = log_out_s1(idp1_of(server));
        BOOST_TEST((result.extent == Extent::unknown), name(result.extent));
        BOOST_TEST(result.why == "reply.status_contradicted");
        BOOST_TEST((result.retried == sp::Retried::no), "the IdP has answered");
    }
}

BOOST_AUTO_TEST_CASE(core_ver_08_issues_version_2_0, *spec("SAML Core 4.1.3.1 l.2795-2799")) {
    const LoopbackServer server = server_of_idp1();
    expect_everywhere(log_out_s1(idp1_of(server)));
    BOOST_TEST(attribute(only_request(server).request(), "Version") == "2.0");
}

BOOST_AUTO_TEST_CASE(core_aut_01_waits_for_no_request_and_tolerates_one, *spec("SAML Core 3.7.3.2 l.2522-2528")) {
    sp::LogoutService* service = nullptr;
    std::vector<std::string> ours;
    const auto idp_asks_back = [&](const std::string& id) {
        ours.push_back(sp::BackChannel(*service).handle({soap({.id = id}), "text/xml"}).body);
    };
    const LoopbackServer server([&](const std::string& request) {
        idp_asks_back("_while");
        return honest_answer(request);
    });
    Requester requester({idp1_of(server)});
    service = &requester.service();
    requester.admit(Requester::s1());
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::everywhere));
    idp_asks_back("_afterwards");
    BOOST_TEST_REQUIRE(ours.size() == 2U);
    for (const auto& body : ours) {
        const auto answer = read_xml(body);
        const auto* status = answer.find(samlp_ns, "StatusCode");
        BOOST_REQUIRE(status != nullptr);
        BOOST_TEST(attribute(*status, "Value") == status_prefix + "Success");
    }
    BOOST_TEST(!requester.lives("S1"));
}

BOOST_AUTO_TEST_CASE(core_aut_03_reads_success_as_the_authority_s_own, *spec("SAML Core 3.7.3.2 l.2631-2636")) {
    const auto result = log_out_s1_with(LogoutResponseText{.status = status_of({"Success", "PartialLogout"})});
    BOOST_TEST((result.verdict.kind == Kind::partial));
    BOOST_TEST((result.extent == Extent::partial));
    BOOST_TEST((result.retried == sp::Retried::no), "its own session has ended");
}

BOOST_AUTO_TEST_CASE(core_aut_05_exposes_a_partial_logout, *spec("SAML Core 3.7.3.2 l.2641-2645")) {
    const LoopbackServer first = server_of_idp1({.status = status_of({"Success", "PartialLogout"})});
    const LoopbackServer second(honest_answer_of_idp2);
    Requester requester({idp1_of(first), idp2_of(second)});
    requester.admit(Requester::s1());
    requester.admit(session("S2", idp2_entity_id, transient("N2"), {"j1"}));
    const auto result = requester.log_out({"S1", "S2"});
    BOOST_TEST((result.extent == Extent::partial));
    BOOST_TEST_REQUIRE(result.idps.size() == 2U);
    for (const auto& part : result.idps) {
        const bool is_first = part.idp.str() == idp1_entity_id;
        BOOST_TEST(name(part.extent) == (is_first ? "partial" : "everywhere"));
    }
    const auto not_even_itself =
        log_out_s1_with(LogoutResponseText{.status = status_of({"Responder", "PartialLogout"})});
    BOOST_TEST((not_even_itself.extent != Extent::everywhere));
    BOOST_TEST((not_even_itself.verdict.kind == Kind::refused));
}

BOOST_AUTO_TEST_CASE(prof_slo_02_lists_the_indexes_of_the_assertions, *spec("SAML Profiles 4.4.3.1 l.1202-1204")) {
    const LoopbackServer server = server_of_idp1();
    Requester requester({idp1_of(server)});
    requester.admit(session("S1", idp1_entity_id, transient("N1"), {"i1", "i<2> &amp; \"3\""}));
    auto other = session("S2", idp1_entity_id, transient("N1"), {"i4"});
    other.authn_instant += std::chrono::minutes(1);
    requester.admit(other);
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::everywhere));
    BOOST_TEST(only_request(server).session_indexes() == (std::vector<std::string>{"i1", "i<2> &amp; \"3\""}),
               boost::test_tools::per_element());
    BOOST_TEST(requester.lives("S2"));
}

BOOST_AUTO_TEST_CASE(prof_slo_03_asks_each_idp_separately, *spec("SAML Profiles 4.4.3.1 l.1204-1205")) {
    const LoopbackServer first = server_of_idp1();
    const LoopbackServer second(honest_answer_of_idp2);
    Requester requester({idp1_of(first), idp2_of(second)});
    requester.admit(session("S1", idp1_entity_id, transient("at-one"), {"i1"}));
    requester.admit(session("S2", idp2_entity_id, transient("at-two"), {"j1"}));
    BOOST_TEST((requester.log_out({"S1", "S2"}).extent == Extent::everywhere));
    const auto to_first = only_request(first);
    const auto to_second = only_request(second);
    BOOST_TEST(to_first.request().only(saml_ns, "NameID").text == "at-one");
    BOOST_TEST(to_second.request().only(saml_ns, "NameID").text == "at-two");
    BOOST_TEST(to_first.request().only(samlp_ns, "SessionIndex").text == "i1");
    BOOST_TEST(to_second.request().only(samlp_ns, "SessionIndex").text == "j1");
    BOOST_TEST(attribute(to_first.request(), "ID") != attribute(to_second.request(), "ID"));
}

BOOST_AUTO_TEST_CASE(prof_slo_04_asks_for_nothing_without_a_session_index,
                     *spec("SAML Profiles 4.4.3.1 l.1206-1208, 4.4.4.1 l.1302-1303; erratum E38")) {
    const LoopbackServer server = server_of_idp1();
    Requester requester({idp1_of(server)});
    requester.admit(session("S1", idp1_entity_id, transient("N1"), {}));
    const auto result = requester.log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(!requester.lives("S1"));
    BOOST_TEST(server.connections() == 0U);
    BOOST_TEST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST(!result.idps.front().why.empty());
    BOOST_TEST(requester.audit.last().rule == result.idps.front().why);
}

BOOST_AUTO_TEST_CASE(prof_slo_05_takes_the_endpoint_from_metadata_by_its_binding,
                     *spec("SAML Profiles 4.4.3.1 l.1208-1209")) {
    const LoopbackServer server = server_of_idp1();
    const std::string browsers = single_logout_service("HTTP-Redirect", server.url("/redirect")) +
                                 single_logout_service("HTTP-POST", server.url("/post"));
    expect_everywhere(log_out_s1(idp1_with(browsers + single_logout_service("SOAP", server.url("/soap")))));
    BOOST_TEST(only_request(server).head.starts_with("POST /soap HTTP/1.1\r\n"));
    BOOST_TEST(attribute(only_request(server).request(), "Destination") == server.url("/soap"));

    for (const auto& without_soap : {browsers, std::string()}) {
        const auto result = log_out_s1(idp1_with(without_soap));
        BOOST_TEST((result.extent == Extent::local_only));
        BOOST_TEST(result.why == name(ReplyErrc::no_endpoint));
    }
    BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(prof_slo_09_signs_in_tls_too, *spec("SAML Profiles 4.4.3.1 l.1235-1236")) {
    const LoopbackServer server([](const std::string& request) { return honest_answer(request); },
                                LoopbackServer::usual_identity());
    expect_everywhere(log_out_s1(idp1_in_tls(server)));
    BOOST_TEST(verify_xml(only_request(server).body, fixture("sp/sp.crt.pem")));
}

BOOST_AUTO_TEST_CASE(prof_slo_16_names_the_issuer_and_wants_the_same, *spec("SAML Profiles l.1294-1296, l.1306-1308")) {
    const LoopbackServer server = server_of_idp1();
    expect_everywhere(log_out_s1(idp1_of(server)));
    const auto captured = only_request(server);
    const auto& issuer = captured.request().only(saml_ns, "Issuer");
    BOOST_TEST(issuer.text == our_entity_id);
    BOOST_TEST(issuer.attributes.empty());

    const auto with_issuer = [](const std::string& issuer_element) {
        return log_out_s1_with(LogoutResponseText{.issuer = issuer_element});
    };
    const std::string entity_format = R"(<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity")";
    expect_everywhere(with_issuer(replaced(issuer_of(idp1_entity_id), "<saml:Issuer", entity_format)));
    for (const auto& issuer_element :
         {std::string(), replaced(issuer_of(idp1_entity_id), "<saml:Issuer",
                                  replaced(entity_format, "format:entity", "format:persistent"))}) {
        const auto result = with_issuer(issuer_element);
        BOOST_TEST((result.extent == Extent::unknown), name(result.extent));
        BOOST_TEST((result.verdict.kind == Kind::unproven));
        BOOST_TEST(
            (result.why == name(ReplyErrc::wrong_issuer) || result.why == name(ReplyErrc::not_a_logout_response)),
            result.why);
    }
}

BOOST_AUTO_TEST_CASE(prof_slo_17_repeats_the_identifier_exactly,
                     *spec("SAML Profiles l.1299-1301; Core 3.3.4 l.1949")) {
    const LoopbackServer server = server_of_idp1();
    Requester requester({idp1_of(server)});
    const auto name_id = logout_ask().name_id;
    requester.admit(session("S1", idp1_entity_id, name_id, {"i1"}));
    requester.admit(session("S2", idp1_entity_id, transient("N1"), {"i2"}));
    BOOST_TEST((requester.log_out({"S1"}).extent == Extent::everywhere));
    BOOST_TEST((requester.log_out({"S2"}).extent == Extent::everywhere));
    BOOST_TEST_REQUIRE(server.requests().size() == 2U);
    const Captured full(server.requests().at(0));
    const auto& sent = full.request().only(saml_ns, "NameID");
    BOOST_TEST(sent.text == name_id.value);
    BOOST_TEST(attribute(sent, "Format") == *name_id.format);
    BOOST_TEST(attribute(sent, "NameQualifier") == *name_id.name_qualifier);
    BOOST_TEST(attribute(sent, "SPNameQualifier") == *name_id.sp_name_qualifier);
    BOOST_TEST(attribute(sent, "SPProvidedID") == *name_id.sp_provided_id);
    const Captured plain(server.requests().at(1));
    BOOST_TEST(plain.request().only(saml_ns, "NameID").attributes.size() == 1U, "nothing is added");
}

BOOST_AUTO_TEST_CASE(prof_slo_21_offers_a_logout_that_stays_here, *spec("SAML Profiles 4.4 l.1141-1143")) {
    const LoopbackServer server = server_of_idp1();
    Requester requester({idp1_of(server)});
    requester.admit(Requester::s1());
    requester.admit(session("S2", idp1_entity_id, transient("N2"), {"i2"}));
    BOOST_TEST((requester.log_out_here_only({"S1"}).extent == Extent::local_only));
    BOOST_TEST(!requester.lives("S1"));
    BOOST_TEST(server.connections() == 0U);
    BOOST_TEST((requester.log_out({"S2"}).extent == Extent::everywhere));
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
