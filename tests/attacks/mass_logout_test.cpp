// SAM-33: an IdP, or a thief of its key, that logs out as fast as it can.
#include "expectations.hpp"
#include "service_provider.hpp"

using namespace slo::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(mass_logout)

BOOST_AUTO_TEST_CASE(mass_logout_of_one_idp_is_denied_beyond_its_rate_and_delays_no_other) {
    ServiceProviderOptions options;
    options.policy.requests_per_second_per_idp = 5;
    Baseline provider(std::move(options));
    const auto ask = [&provider](std::string_view id) {
        return provider.post(soap({.id = std::string(id), .session_indexes = {"unknown"}}));
    };
    const auto numbered = [](int number) { return "_n" + std::to_string(number); };
    for (int i = 0; i < 10; ++i) expect_ok(ask(numbered(i)), numbered(i));
    expect_status(ask("_r2"), "Requester", {"RequestDenied"}, "_r2");
    expect_rule(provider, "check.rate");
    expect_unchanged(provider);

    expect_ok(provider.post(soap({.issuer = issuer_of(idp2_entity_id)}, "keys/idp2.key.pem")));
    expect_sessions(provider, "S1 S2 S3", "S4");

    // A second later it may go on, and its denied request was forgotten.
    provider.clock.advance(1s);
    expect_ok(ask("_r2"), "_r2");
}

BOOST_AUTO_TEST_CASE(mass_logout_by_an_impostor_uses_none_of_the_idps_rate) {
    ServiceProviderOptions options;
    options.policy.requests_per_second_per_idp = 1;
    Baseline provider(std::move(options));
    for (int i = 0; i < 5; ++i) expect_requester(provider.post(soap({}, "keys/stranger.key.pem")));
    expect_ok(provider.post(soap({})));
}

BOOST_AUTO_TEST_SUITE_END()
