// Our entity as the requester of a logout: a service over a real store, the client, and IdPs that are servers of the
// test.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logout_asking.hpp"
#include "ports.hpp"
#include "service_provider.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "xml_reading.hpp"

namespace slo::test {

using sp::Extent;

/// What IdP1 says to the request, and what IdP2 says. Both may be asked at the same time, but signing isn't
/// thread-safe.
inline std::mutex signing_one_at_a_time;
inline std::string honest_answer(const std::string& request, LogoutResponseText response = {}) {
    const std::lock_guard lock(signing_one_at_a_time);
    return answer_to(request, std::move(response));
}
inline std::string honest_answer_of_idp2(const std::string& request) {
    const std::lock_guard lock(signing_one_at_a_time);
    const LogoutResponseText response{.in_response_to = id_in(request), .issuer = issuer_of(idp2_entity_id)};
    return reply_with(response.signed_soap("keys/idp2.key.pem"), xml_type);
}

/// IdP1's server. It answers honestly, but for what `response` says.
inline LoopbackServer server_of_idp1(LogoutResponseText response = {}) {
    return LoopbackServer([response](const std::string& request) { return honest_answer(request, response); });
}

/// IdP1 behind a server in TLS whose certificate is trusted.
inline Idp idp1_in_tls(const LoopbackServer& server) {
    Idp idp = idp1_at(server.url("/slo"));
    idp.profile.outgoing.http.peer = idp_adapter::CertificatesOf{fixture_path("tls/server.pem")};
    return idp;
}

inline Idp idp2_of(const LoopbackServer& server) {
    Idp idp = idp1_of(server);
    idp.entity_id = entity_id(idp2_entity_id);
    idp.keys = {key_of("keys/idp2.crt.pem")};
    return idp;
}

class Requester {
public:
    explicit Requester(std::vector<Idp> idps) {
        auto directory = idp_adapter::IdpDirectory::of(std::move(idps));
        BOOST_REQUIRE(directory.has_value());
        idps_ = std::make_shared<const idp_adapter::IdpDirectory>(*std::move(directory));
        service_ = make_service(&client_);
    }
    /// One session S1 of N1 with index i1 at IdP1.
    [[nodiscard]] static sp::Session s1() { return session("S1", idp1_entity_id, transient("N1"), {"i1"}); }

    void admit(const sp::Session& wanted) {
        const auto admitted = store.admit(wanted);
        BOOST_REQUIRE(admitted.has_value());
        BOOST_REQUIRE((*admitted == sp::Admission::admitted));
    }
    [[nodiscard]] bool lives(std::string_view id) { return store.find(local_id(id)).value().has_value(); }

    sp::GlobalLogoutResult log_out(const std::vector<std::string>& ids,
                                   sp::LogoutReason reason = sp::LogoutReason::user) {
        return log_out_at(*service_, ids, reason);
    }
    /// By a service without a way to IdPs, over the same sessions.
    sp::GlobalLogoutResult log_out_here_only(const std::vector<std::string>& ids) {
        return log_out_at(*make_service(nullptr), ids, sp::LogoutReason::user);
    }
    /// How many requests wait to be sent again.
    [[nodiscard]] std::size_t kept() {
        const auto far = clock.now() + std::chrono::hours(1000);
        return store.take_due_requests(far, far, 1000).value().size();
    }
    [[nodiscard]] sp::LogoutService& service() { return *service_; }

    FixedClock clock{at(baseline_now)};
    Recorder audit;
    saml::KeyedDigest digest = saml::KeyedDigest::with_key("0123456789abcdef").value();
    sp::MemorySessionStore store{clock, digest, {}};
    RecordingApplication application{"shop"};

private:
    std::unique_ptr<sp::LogoutService> make_service(idp_adapter::IdpLink* link) {
        sp::LogoutServiceParts parts{.entity_id = entity_id(our_entity_id),
                                     .destinations = {saml::EndpointUrl::parse(our_soap_url).value()},
                                     .idps = idps_,
                                     .signer = our_signer(),
                                     .decryption_keys = {},
                                     .audit_digest = digest,
                                     .policy = {},
                                     .store = store,
                                     .applications = {&application},
                                     .audit = audit,
                                     .clock = clock,
                                     .idp_link = link};
        return std::make_unique<sp::LogoutService>(std::move(parts), sp::Housekeeping::by_host);
    }
    static sp::GlobalLogoutResult log_out_at(sp::LogoutService& service, const std::vector<std::string>& ids,
                                             sp::LogoutReason reason) {
        sp::SessionsByID selection;
        for (const auto& id : ids) selection.ids.push_back(local_id(id));
        auto result = service.start_logout(selection, reason);
        BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().code.message()));
        return *std::move(result);
    }

    std::shared_ptr<const idp_adapter::IdpDirectory> idps_;
    SingleLogoutClient client_{client_options()};
    std::unique_ptr<sp::LogoutService> service_;
};

/// S1 ends here and is asked for at `idp`; the one part of the result.
inline sp::IdpLogoutResult log_out_s1(const Idp& idp) {
    Requester requester({idp});
    requester.admit(Requester::s1());
    const auto result = requester.log_out({"S1"});
    BOOST_TEST(!requester.lives("S1"));
    BOOST_TEST(requester.application.told() == "S1");
    BOOST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST((result.extent == result.idps.front().extent));
    return result.idps.front();
}
/// The same where IdP1 says `reply`, made from the request.
inline sp::IdpLogoutResult log_out_s1_with(const LoopbackServer::Answer& reply) {
    const LoopbackServer server(reply);
    return log_out_s1(idp1_of(server));
}
inline sp::IdpLogoutResult log_out_s1_with(const LogoutResponseText& response) {
    const LoopbackServer server = server_of_idp1(response);
    return log_out_s1(idp1_of(server));
}

inline void expect_everywhere(const sp::IdpLogoutResult& result) {
    BOOST_TEST((result.extent == Extent::everywhere), name(result.extent) << " " << result.why);
}
/// Nothing is proven, and the result says by which rule.
inline void expect_unproven(const sp::IdpLogoutResult& result, ReplyErrc rule) {
    BOOST_TEST((result.extent == Extent::unknown), name(result.extent));
    BOOST_TEST(result.why == name(rule));
    check_failed(result.verdict, Kind::unproven, rule);
}

/// A LogoutRequest of ours as it went over the wire, read by libxml2.
struct Captured {
    std::string head;
    std::string body;
    XmlNode envelope;

    explicit Captured(const std::string& http)
        : head(http.substr(0, http.find("\r\n\r\n") + 2)),
          body(http.substr(http.find("\r\n\r\n") + 4)),
          envelope(read_xml(body)) {}
    [[nodiscard]] const XmlNode& request() const {
        return envelope.only(soap_ns, "Body").only(samlp_ns, "LogoutRequest");
    }
    [[nodiscard]] std::vector<std::string> session_indexes() const {
        std::vector<std::string> all;
        for (const auto& child : request().children) {
            if (child.is(samlp_ns, "SessionIndex")) all.push_back(child.text);
        }
        return all;
    }
    /// The lines of the head that begin with `header`, whatever its case, and a colon.
    [[nodiscard]] std::vector<std::string> lines(std::string header) const {
        const auto lower = [](std::string text) {
            std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
            return text;
        };
        header = lower(header) + ": ";
        std::vector<std::string> found;
        for (std::size_t from = 0; from < head.size(); from = head.find("\r\n", from) + 2) {
            const auto line = head.substr(from, head.find("\r\n", from) - from);
            if (lower(line).starts_with(header)) found.push_back(line.substr(header.size()));
        }
        return found;
    }
};

/// The one request that a server got.
inline Captured only_request(const LoopbackServer& server) {
    const auto requests = server.requests();
    BOOST_REQUIRE(requests.size() == 1U);
    return Captured(requests.front());
}

}  // namespace slo::test
