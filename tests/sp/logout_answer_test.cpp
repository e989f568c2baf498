#include "slo/sp/logout_answer.hpp"

#include <boost/test/unit_test.hpp>
#include <new>
#include <utility>

#include "service_under_test.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/logout_error.hpp"

namespace slo::sp {

namespace {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

enum class Messages { unread, in_vain };

/// A wire whose senders read no message, or that can't write one down.
class WireDouble final : public LogoutWire {
public:
    explicit WireDouble(Messages messages = Messages::unread) noexcept : messages_(messages) {}
    [[nodiscard]] bool carries_message(const idp_adapter::Idp*) const noexcept override {
        return messages_ == Messages::in_vain;
    }
    [[nodiscard]] std::string_view name(Refusal) const noexcept override { return "refused here"; }
    [[nodiscard]] Result<std::string> carried(const saml::LogoutResponse&, const saml::MessageSigner&,
                                              std::optional<saml::RefusedRequest>) const override {
        throw std::bad_alloc();
    }

private:
    Messages messages_;
};

struct Fixture : ServiceUnderTest {
    Fixture() { store.begun = BegunLogout(FreshLogout{sessions_named({"S1"})}); }

    static saml::ReceivedMessage message() { return taken(saml::soap::decode(signed_body(baseline_request()))); }

    const WireDouble wire;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(logout_answer, Fixture)

BOOST_AUTO_TEST_CASE(returns_an_answer_that_is_independent_of_the_wire) {
    const LogoutAnswer answer = service().handle(message(), {.wire = wire});
    BOOST_TEST_REQUIRE(std::holds_alternative<UnsignedAnswer>(answer));
    BOOST_TEST((std::get<UnsignedAnswer>(answer) == UnsignedAnswer{Gist::success}));
    BOOST_TEST(audit.entries().size() == 1U);
    BOOST_TEST(audit.last().status == "Success");
}

BOOST_AUTO_TEST_CASE(asks_the_wire_about_its_sender_and_for_the_name_in_the_audit) {
    const auto is_strange = [](const auto&) -> Result<void> { return fail(LogoutErrc::content_type_not_accepted); };
    const LogoutAnswer answer = service().handle(message(), {.wire = wire, .check_sender = is_strange});
    BOOST_TEST((std::get<Refusal>(answer) == Refusal::wire_not_accepted));
    BOOST_TEST(audit.last().rule == "http.content_type");
    BOOST_TEST(audit.last().status == "refused here");
    BOOST_TEST(store.calls == "");
}

BOOST_AUTO_TEST_CASE(no_audit_line_reports_an_answer_that_could_not_be_written) {
    const WireDouble narrow(Messages::in_vain);
    const LogoutAnswer answer = service().handle(message(), {.wire = narrow});
    BOOST_TEST((std::get<Refusal>(answer) == Refusal::failed));
    BOOST_TEST(audit.entries().size() == 1U);
    BOOST_TEST(audit.last().event == "logout");
    BOOST_TEST(audit.last().status == "refused here");
    BOOST_TEST(audit.last().rule == "internal.exception");
}

BOOST_AUTO_TEST_CASE(an_exception_leaves_the_sender_in_the_audit) {
    const auto throws = [](const auto&) -> Result<void> { throw std::bad_alloc(); };
    const LogoutAnswer answer = service().handle(message(), {.wire = wire, .check_sender = throws});
    BOOST_TEST((std::get<Refusal>(answer) == Refusal::failed));
    BOOST_TEST(audit.last().rule == "internal.exception");
    BOOST_TEST(audit.last().idp == idp_id.str());
    BOOST_TEST(audit.last().request_id == "");
    BOOST_TEST((audit.last().lane == AuditLane::sampled));
}

BOOST_AUTO_TEST_CASE(writes_a_line_for_input_that_a_wire_could_not_decode) {
    const LogoutAnswer refused = service().refuse(saml::fail(saml::Errc::soap_version), wire);
    BOOST_TEST((std::get<Refusal>(refused) == Refusal::envelope_version));
    BOOST_TEST(audit.last().rule == "soap.version");
    BOOST_TEST(audit.last().status == "refused here");
    const LogoutAnswer failed = service().refuse_after_exception(wire);
    BOOST_TEST((std::get<Refusal>(failed) == Refusal::failed));
    BOOST_TEST(audit.last().rule == "internal.exception");
    BOOST_TEST(audit.entries().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
