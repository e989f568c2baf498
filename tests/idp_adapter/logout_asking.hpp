// Asking a server of a test's own, as IdP1, to end a session.
#pragma once

#include <boost/test/unit_test.hpp>

#include <string>

#include "fixtures.hpp"
#include "logout_response_text.hpp"
#include "loopback_server.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"

namespace slo::test {

using idp_adapter::HttpClientOptions;
using idp_adapter::Idp;
using idp_adapter::LogoutAsk;
using idp_adapter::LogoutVerdict;
using idp_adapter::ReplyErrc;
using idp_adapter::SingleLogoutClient;
using Kind = LogoutVerdict::Kind;

inline const std::string xml_type = "Content-Type: text/xml\r\n";

inline Instant now() {
    return saml::parse_instant(baseline_now).value();
}

inline const saml::MessageSigner& our_signer() {
    static const saml::MessageSigner signer(
        saml::SigningKey::parse(fixture("sp/sp.key.pem"), fixture("sp/sp.crt.pem")).value());
    return signer;
}

inline LogoutAsk logout_ask() {
    return {.issuer = saml::EntityID::parse(our_entity_id).value(),
            .name_id = {.value = "alice & bob",
                        .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                        .name_qualifier = "https://q.example.org/",
                        .sp_name_qualifier = "https://sq.example.org/",
                        .sp_provided_id = "p1"},
            .session_indexes = {saml::SessionIndex::parse("i1").value(), saml::SessionIndex::parse("i<2>").value()},
            .reason = "urn:oasis:names:tc:SAML:2.0:logout:user",
            .not_on_or_after = now() + std::chrono::minutes(5)};
}

inline SingleLogoutClient::Options client_options() {
    return {.destinations = {saml::EndpointUrl::parse(our_soap_url).value()},
            .clock_skew = std::chrono::seconds(180),
            .keep_idle = std::chrono::seconds(3600),
            .max_idle_connections = 16};
}

inline Idp idp1_of(const LoopbackServer& server) {
    Idp idp = idp1_at(server.url("/slo"));
    idp.profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    return idp;
}

inline LogoutVerdict ask(const Idp& idp, const std::stop_token& stop = {}) {
    SingleLogoutClient client(client_options());
    return client.ask(idp, logout_ask(), our_signer(), now(), stop);
}

inline std::string id_in(const std::string& request) {
    const auto at = request.find(" ID=\"") + 5;
    return request.substr(at, request.find('"', at) - at);
}

/// The honest IdP1's answer to `request`.
inline std::string answer_to(const std::string& request, LogoutResponseText response = {}) {
    response.in_response_to = id_in(request);
    return reply_with(response.signed_soap(), xml_type);
}

/// The result of asking an IdP whose server answers `reply`.
inline LogoutVerdict ask_for_reply(const std::string& reply) {
    const LoopbackServer server([&](const std::string&) { return reply; });
    return ask(idp1_of(server));
}
inline LogoutVerdict ask_for_answer(const LogoutResponseText& response) {
    const LoopbackServer server([&](const std::string& request) { return answer_to(request, response); });
    return ask(idp1_of(server));
}

inline void check_failed(const LogoutVerdict& verdict, Kind kind, ReplyErrc code) {
    BOOST_TEST((verdict.kind == kind), static_cast<int>(verdict.kind));
    BOOST_TEST(verdict.why.code == make_error_code(code), verdict.why.code.message() << ": " << verdict.why.detail);
    BOOST_TEST(!verdict.status.has_value());
    BOOST_TEST((verdict.why.detail.find("canary") == std::string::npos), verdict.why.detail);
}

inline void check_success(const LogoutVerdict& verdict) {
    BOOST_TEST((verdict.kind == Kind::success), verdict.why.code.message() << ": " << verdict.why.detail);
}

}  // namespace slo::test
