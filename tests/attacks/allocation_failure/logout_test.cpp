// A whole service provider with too little memory (KEY-03, MEM-15): HTTP request in, signed answer out.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "every_allocation.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/http_endpoint.hpp"

namespace {

using namespace slo::test;
namespace saml = slo::saml;
namespace sp = slo::sp;

constexpr Failing both_ways[] = {Failing::the_nth, Failing::from_the_nth};

saml::SigningKey signing_key(const std::string& name) {
    return saml::SigningKey::parse(fixture(name + ".key.pem"), fixture(name + ".crt.pem")).value();
}

/// P-256 on both sides, for speed.
ServiceProviderOptions options() {
    ServiceProviderOptions options;
    options.private_key = "keys/sp-p256.key.pem";
    options.certificate = "keys/sp-p256.crt.pem";
    options.policy.unproven_answers_per_second = 1'000'000;  // the clock stands still
    options.audit_sampling = {};  // thousands of refusals in the recorder would be the largest allocation of all
    return options;
}

/// One user of IdP2 after the other, each with one session and one logout.
class Users {
public:
    Users() : endpoint_(provider.service(), {}) {}

    struct User {
        std::string session;
        std::string request_id;
        sp::HttpRequest request;
    };
    /// The next one, logged in, with the request that ends the session.
    User next() {
        const std::string number = std::to_string(++count_);
        const auto name_id = transient("N" + number);
        BOOST_TEST_REQUIRE((provider.admit(session("S" + number, idp2_entity_id, name_id, {"i" + number})) ==
                            sp::Admission::admitted));
        return {"S" + number, "_r" + number, http(signed_body("_r" + number, name_id, "i" + number))};
    }
    sp::HttpRequest http(std::string body) const {
        return {.method = "POST",
                .target = "/saml/slo/soap",
                .headers = {{"Host", "sp.example.com"}, {"Content-Type", "text/xml; charset=utf-8"}},
                .body = std::move(body)};
    }
    std::string signed_body(const std::string& id, const saml::NameID& name_id, const std::string& index,
                            const saml::MessageSigner& signer) const {
        const saml::LogoutRequest request{.id = saml::MessageID::parse(id).value(),
                                          .version = {},
                                          .issue_instant = at(baseline_now),
                                          .destination = std::string(our_soap_url),
                                          .consent = {},
                                          .issuer = entity_id(idp2_entity_id),
                                          .identifier = name_id,
                                          .session_indexes = {saml::SessionIndex::parse(index).value()},
                                          .not_on_or_after = at("2030-01-15T10:05:00Z"),
                                          .reason = {}};
        return saml::soap::encode(signer.sign(request).value());
    }
    std::string signed_body(const std::string& id, const saml::NameID& name_id, const std::string& index) const {
        return signed_body(id, name_id, index, signer_);
    }

    sp::HttpReply send(const sp::HttpRequest& request) { return sp::wait_for(endpoint_.handle(request)); }

    bool is_alive(const User& user) { return provider.memory.find(local_id(user.session)).value().has_value(); }
    bool was_told(const User& user) const {
        return (' ' + provider.told() + ' ').find(' ' + user.session + ' ') != std::string::npos;
    }

    ServiceProvider provider{options()};

private:
    sp::HttpEndpoint endpoint_;
    saml::MessageSigner signer_{signing_key("keys/idp2-p256")};
    int count_ = 0;
};

/// Whether `reply` is a signed LogoutResponse with Success to the request `id`.
bool is_success(const std::optional<sp::HttpReply>& reply, const std::string& id) {
    static const std::vector<saml::VerificationKey> ours{
        saml::VerificationKey::from(saml::Certificate::parse(fixture("keys/sp-p256.crt.pem")).value()).value()};
    if (!reply || reply->status != 200) return false;
    auto message = saml::soap::decode_response(reply->body).value();
    const auto received = saml::UnverifiedLogoutResponse::parse(message).value();
    const saml::Expectations expected{
        .issuer = entity_id(our_entity_id), .destinations = {}, .now = at(baseline_now), .algorithms = {}};
    const auto response =
        saml::MessageVerifier::verify(received, ours, saml::MessageID::parse(id).value(), expected).value();
    return response->status.code == saml::TopLevelStatus::success;
}

struct ShortReply {
    std::optional<sp::HttpReply> reply;  ///< nothing where the waiting itself found no memory
    bool was_short = false;
};

/// The reply to `request` with the nth allocation failing.
ShortReply send_with_shortage(Users& users, const sp::HttpRequest& request, Failing failing, std::size_t n) {
    std::optional<sp::HttpReply> reply;
    const ShortRun run = with_shortage(failing, n, [&] {
        reply = users.send(request);
        return std::string();
    });
    BOOST_TEST(run.left_clean);
    BOOST_TEST(run.largest <= largest_allocation);
    return {std::move(reply), run.was_short};
}

/// The same in a thread that has done nothing yet: what the libraries keep for each thread isn't there either.
ShortReply send_from_a_new_thread(Users& users, const sp::HttpRequest& request, Failing failing, std::size_t n) {
    ShortReply reply;
    std::thread([&] { reply = send_with_shortage(users, request, failing, n); }).join();
    return reply;
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

// "A signed Success means gone", also when memory runs out at any moment; and whatever else was answered, asking again
// ends the session.
template <class Send>
void expect_success_to_mean_gone(Failing failing, Send send) {
    Users users;
    bool was_short = true;
    for (std::size_t n = 1; was_short; ++n) {
        const auto user = users.next();
        BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
            const ShortReply first = send(users, user.request, failing, n);
            was_short = first.was_short;
            bool ended = is_success(first.reply, user.request_id);
            BOOST_TEST((ended || was_short));
            if (!ended) ended = is_success(users.send(user.request), user.request_id);
            // An application's failure is on record by now. It isn't the last word.
            if (!ended) {
                users.provider.clock.advance(std::chrono::seconds(20));  // recovery leaves younger logouts alone
                BOOST_TEST(users.provider.service().recover().value() == 0U);
                users.provider.clock.set(at(baseline_now));
            }
            BOOST_TEST(!users.is_alive(user));
            BOOST_TEST(users.was_told(user));
        }
    }
}

BOOST_AUTO_TEST_CASE(success_is_said_only_of_a_session_that_is_gone) {
    for (const Failing failing : both_ways) expect_success_to_mean_gone(failing, send_with_shortage);
}

BOOST_AUTO_TEST_CASE(the_first_request_of_a_thread_is_no_exception) {
    for (const Failing failing : both_ways) expect_success_to_mean_gone(failing, send_from_a_new_thread);
}

struct BadRequest {
    const char* name;
    std::function<std::string(const Users&)> body;
    int status;
};

std::string good_body(const Users& users) {
    return users.signed_body("_bad", transient("N1"), "i1");
}

const std::vector<BadRequest> bad_requests = {
    {"tampered",
     [](const Users& users) { return replaced(good_body(users), "<samlp:SessionIndex>i1", "<samlp:SessionIndex>i2"); },
     200},
    {"signed by an unknown key",
     [](const Users& users) {
         return users.signed_body("_bad", transient("N1"), "i1", saml::MessageSigner(signing_key("keys/sp-p256")));
     },
     200},
    {"with a second element of its ID",
     [](const Users& users) {
         return replaced(good_body(users), "<S:Body>",
                         R"(<S:Header><x:h xmlns:x="urn:x" ID="_bad"></x:h></S:Header><S:Body>)");
     },
     200},
    {"no XML", [](const Users&) { return std::string("<"); }, 500},
};

BOOST_AUTO_TEST_CASE(a_bad_request_ends_nothing) {
    for (const auto& bad : bad_requests) {
        for (const Failing failing : both_ways) {
            Users users;
            const auto victim = users.next();
            const auto request = users.http(bad.body(users));
            BOOST_TEST(users.send(request).status == bad.status);
            bool was_short = true;
            for (std::size_t n = 1; was_short; ++n) {
                BOOST_TEST_CONTEXT(bad.name << ", allocation " << n << ", failing: " << failing) {
                    const ShortReply first = send_with_shortage(users, request, failing, n);
                    was_short = first.was_short;
                    BOOST_TEST(!is_success(first.reply, "_bad"));
                    BOOST_TEST(users.is_alive(victim));
                    BOOST_TEST(users.send(request).status == bad.status);
                }
            }
            BOOST_TEST(users.provider.told() == "");
            BOOST_TEST(is_success(users.send(victim.request), victim.request_id));
            BOOST_TEST(!users.is_alive(victim));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
