// Checks of whole answers, for Boost.Test programs.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "reply.hpp"
#include "service_provider.hpp"

namespace slo::test {

inline constexpr std::string_view all_alive = "S1 S2 S3 S4";

/// The rules that hold for every answer.
inline void expect_sound(const Reply& reply) {
    BOOST_TEST_CONTEXT(reply.body) {
        for (const auto& violation : reply.violations) BOOST_ERROR("broken: " << violation);
    }
}

/// HTTP 200 with a signed LogoutResponse. `nested` lists the second-level codes that are right; "" means none.
inline void expect_status(const Reply& reply, std::string_view top, const std::vector<std::string>& nested = {""},
                          std::optional<std::string> in_response_to = "_r1",
                          std::source_location from = std::source_location::current()) {
    BOOST_TEST_CONTEXT("from " << from.file_name() << ":" << from.line() << ", answer: " << reply.summary()) {
        expect_sound(reply);
        BOOST_TEST(reply.http_status == 200);
        BOOST_TEST_REQUIRE(reply.saml.has_value());
        BOOST_TEST(reply.saml->element == "LogoutResponse");
        BOOST_TEST(reply.saml->status.at(0) == top);
        const auto second = reply.saml->status.size() > 1 ? reply.saml->status[1] : std::string();
        BOOST_TEST(std::count(nested.begin(), nested.end(), second) == 1);
        BOOST_TEST(reply.saml->in_response_to.value_or("(none)") == in_response_to.value_or("(none)"));
    }
}

inline void expect_ok(const Reply& reply, std::optional<std::string> in_response_to = "_r1",
                      std::source_location from = std::source_location::current()) {
    expect_status(reply, "Success", {""}, std::move(in_response_to), from);
}

/// Requester with no second-level code or RequestDenied, which is always allowed (Core 3.2.2.2 l.1630, l.1672).
inline void expect_requester(const Reply& reply, std::optional<std::string> in_response_to = "_r1",
                             std::source_location from = std::source_location::current()) {
    expect_status(reply, "Requester", {"", "RequestDenied"}, std::move(in_response_to), from);
}

enum class Detail { present, absent, either };

/// HTTP 500 with a SOAP 1.1 Fault.
inline void expect_fault(const Reply& reply, std::string_view code, Detail detail = Detail::present,
                         std::source_location from = std::source_location::current()) {
    BOOST_TEST_CONTEXT("from " << from.file_name() << ":" << from.line() << ", answer: " << reply.summary()) {
        expect_sound(reply);
        BOOST_TEST(reply.http_status == 500);
        BOOST_TEST_REQUIRE(reply.fault.has_value());
        BOOST_TEST(reply.fault->code == code);
        const auto has_detail = reply.fault->children.size() == 3 ? Detail::present : Detail::absent;
        BOOST_TEST((detail == Detail::either || detail == has_detail), "detail is there, or isn't, against the rule");
    }
}

/// An HTTP status with headers that are as on every answer.
inline void expect_http(const Reply& reply, int status, std::source_location from = std::source_location::current()) {
    BOOST_TEST_CONTEXT("from " << from.file_name() << ":" << from.line() << ", answer: " << reply.summary()) {
        expect_sound(reply);
        BOOST_TEST(reply.http_status == status);
    }
}

/// Exactly these watched sessions live, and exactly these were given to the application.
inline void expect_sessions(ServiceProvider& provider, std::string_view alive, std::string_view told,
                            std::source_location from = std::source_location::current()) {
    BOOST_TEST_CONTEXT("from " << from.file_name() << ":" << from.line()) {
        BOOST_TEST(provider.alive() == alive);
        BOOST_TEST(provider.told() == told);
    }
}

inline void expect_unchanged(ServiceProvider& provider, std::source_location from = std::source_location::current()) {
    expect_sessions(provider, all_alive, "", from);
}

/// The rule that the last audit entry names.
inline void expect_rule(const ServiceProvider& provider, std::string_view rule,
                        std::source_location from = std::source_location::current()) {
    BOOST_TEST_CONTEXT("from " << from.file_name() << ":" << from.line()) {
        BOOST_TEST(provider.audit.last().rule == rule);
    }
}

/// A service provider with the four baseline sessions.
struct Baseline : ServiceProvider {
    explicit Baseline(ServiceProviderOptions options = {}) : ServiceProvider(std::move(options)) { admit_baseline(); }
};

}  // namespace slo::test
