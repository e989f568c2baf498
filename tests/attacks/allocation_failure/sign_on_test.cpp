// A sign-on with too little memory, its start and its end: it is refused or complete, and leaves no session behind that
// the host wasn't told of.
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <variant>

#include "every_allocation.hpp"
#include "sign_on_under_test.hpp"

namespace {

using namespace slo::test;
using slo::Instant;
namespace examples = slo::examples;
namespace saml = slo::saml;
namespace sp = slo::sp;

/// Thousands of lines in a recorder would be the largest allocation of all.
class Silence final : public sp::AuditSink {
public:
    void record(const sp::AuditEntry&) noexcept override {}
};

/// Users of one IdP, each with a session of their own. P-256 on both sides, for speed.
class Users {
public:
    struct Started {
        std::string form;
        std::string browser;
    };

    /// The IdP's answer to a start.
    [[nodiscard]] Started answered(const sp::StartedSignOn& started) {
        const std::string& url = std::get<std::string>(started.request);
        examples::WantedSignOn wanted{.assertion_consumer_service = acs_url, .audience = our_id, .name_id = {}};
        wanted.in_response_to =
            taken(saml::redirect::decode(url.substr(url.find('?') + 1))).message.claimed_id().value();
        wanted.name_id.value = "user-" + std::to_string(++count_);
        return {examples::posted(taken(examples::response_of(idp_id, idp_key_, wanted, clock_.now())),
                                 started.relay_state.str()),
                started.browser};
    }
    [[nodiscard]] slo::Result<sp::StartedSignOn> start() {
        return sign_on_.start({.idp = idp_id, .target = SignOnUnderTest::landing()});
    }
    /// "admitted", "already", or the broken rule.
    [[nodiscard]] std::string finish(const Started& started, const sp::LocalSessionID& session) {
        auto posted = saml::form::decode_response(started.form, saml::response_limits);
        if (!posted) return posted.error().code.message();
        auto outcome = sign_on_.accept({.posted = *std::move(posted), .browser = started.browser});
        if (std::holds_alternative<sp::SignedOnAlready>(outcome)) return "already";
        if (const auto* refused = std::get_if<sp::RefusedSignOn>(&outcome)) return refused->why.code.message();
        const auto admitted = std::get<sp::SignedOn>(std::move(outcome)).admit(session);
        return admitted ? "admitted" : admitted.error().code.message();
    }
    /// With all the memory that it wants.
    [[nodiscard]] std::string sign_on() { return finish(answered(taken(start())), next_session()); }

    [[nodiscard]] sp::LocalSessionID next_session() {
        return parsed<sp::LocalSessionID>("session-" + std::to_string(++sessions_made_));
    }
    [[nodiscard]] bool is_alive(const sp::LocalSessionID& session) {
        return taken(sessions_.find(session)).has_value();
    }

private:
    FixedClock clock_{sign_on_time};
    Silence audit_;
    saml::SigningKey idp_key_ = signing_key("keys/idp2-p256");
    sp::MemorySessionStore sessions_{clock_, taken(saml::KeyedDigest::with_random_key())};
    sp::MemoryFlowStore flows_{clock_, taken(saml::KeyedDigest::with_random_key())};
    sp::LogoutService service_{{.entity_id = our_id,
                                .destinations = {},
                                .idps = directory_of({signing_idp(idp_id, "keys/idp2-p256")}),
                                .signer = saml::MessageSigner(signing_key("keys/sp-p256")),
                                .decryption_keys = {},
                                .audit_digest = taken(saml::KeyedDigest::with_random_key()),
                                .policy = {},
                                .store = sessions_,
                                .applications = {},
                                .audit = audit_,
                                .clock = clock_},
                               sp::Housekeeping::by_host};
    sp::SignOn sign_on_{service_,
                        flows_,
                        taken(saml::RecordCipher::with_keys({std::string(32, 'i'), {std::string(32, 's')}})),
                        {.assertion_consumer_service = acs_url,
                         .targets = SignOnUnderTest::targets(),
                         .landing = SignOnUnderTest::landing()}};
    int count_ = 0;
    int sessions_made_ = 0;
};

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_AUTO_TEST_CASE(a_start_of_a_sign_on_is_refused_or_complete) {
    for (const Failing failing : {Failing::the_nth, Failing::from_the_nth}) {
        Users users;
        BOOST_TEST_REQUIRE(users.sign_on() == "admitted");
        bool was_short = true;
        for (std::size_t n = 1; was_short; ++n) {
            BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
                std::optional<sp::StartedSignOn> started;
                const ShortRun run = with_shortage(failing, n, [&]() -> std::string {
                    auto result = users.start();
                    if (!result) return "refused";
                    started = *std::move(result);
                    return "started";
                });
                was_short = run.was_short;
                if (!was_short) BOOST_TEST_MESSAGE(n - 1 << " allocations, failing: " << failing);
                BOOST_TEST((was_short || started));
                BOOST_TEST(run.left_clean);
                BOOST_TEST(run.largest <= largest_allocation);
                if (started) BOOST_TEST(users.finish(users.answered(*started), users.next_session()) == "admitted");
                BOOST_TEST_REQUIRE(users.sign_on() == "admitted");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_session_is_alive_only_if_its_sign_on_was_admitted) {
    for (const Failing failing : {Failing::the_nth, Failing::from_the_nth}) {
        Users users;
        BOOST_TEST_REQUIRE(users.sign_on() == "admitted");
        bool was_short = true;
        for (std::size_t n = 1; was_short; ++n) {
            BOOST_TEST_CONTEXT("allocation " << n << ", failing: " << failing) {
                const auto started = users.answered(taken(users.start()));
                const auto session = users.next_session();
                const ShortRun run = with_shortage(failing, n, [&] { return users.finish(started, session); });
                was_short = run.was_short;
                if (!was_short) BOOST_TEST_MESSAGE(n - 1 << " allocations, failing: " << failing);
                BOOST_TEST((was_short || run.said == "admitted"), run.said);
                BOOST_TEST(users.is_alive(session) == (run.said == "admitted"), run.said);
                BOOST_TEST(run.left_clean);
                BOOST_TEST(run.largest <= largest_allocation);
                // The browser's own answer again: it opens a session if it has opened none, and may be used up.
                const auto other = users.next_session();
                const std::string again = users.finish(started, other);
                BOOST_TEST((run.said != "admitted" || again != "admitted"));
                BOOST_TEST(users.is_alive(other) == (again == "admitted"), again);
                BOOST_TEST_REQUIRE(users.sign_on() == "admitted");
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
