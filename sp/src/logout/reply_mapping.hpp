// The one table from a broken rule to what the peer is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "slo/saml/error.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/error.hpp"
#include "slo/sp/policy.hpp"

namespace slo::sp {

/// The SOAP layer couldn't hand a SAML request over: a Fault with HTTP 500 (Bindings 3.2.3.3 l.372-377).
struct FaultAnswer {
    saml::soap::FaultCode code;
    friend bool operator==(const FaultAnswer&, const FaultAnswer&) = default;
};
/// The exchange itself is refused: an HTTP status without a body (Bindings 3.2.3.3 l.370).
struct HttpAnswer {
    int status;
    friend bool operator==(const HttpAnswer&, const HttpAnswer&) = default;
};
/// A signed SAML response with HTTP 200 (erratum E19).
struct StatusAnswer {
    saml::TopLevelStatus code;
    std::optional<saml::SecondLevelStatus> second = std::nullopt;
    friend bool operator==(const StatusAnswer&, const StatusAnswer&) = default;
};
using WireAnswer = std::variant<FaultAnswer, HttpAnswer, StatusAnswer>;

/// answer_to is the table, one overload per room that can break a rule; a Failure from anywhere else is Responder.
[[nodiscard]] WireAnswer answer_to(saml::Errc code) noexcept;
[[nodiscard]] WireAnswer answer_to(Errc code) noexcept;
[[nodiscard]] WireAnswer answer_to(const Failure& failure) noexcept;

/// What an HTTP status alone can say of the same, to whoever reads nothing else: 200 is Success and nothing but
/// Success.
[[nodiscard]] int bare_status(const StatusAnswer& answer) noexcept;
[[nodiscard]] int bare_status(saml::soap::FaultCode code) noexcept;
[[nodiscard]] int bare_status(const Failure& failure) noexcept;

/// The Status as `policy` lets us say it. No StatusMessage: whoever may know more reads our audit log.
[[nodiscard]] saml::Status make_status(const StatusAnswer& answer, const Policy& policy);

/// The whole SOAP Fault for `code`; one fixed text each, so that it tells nothing about the request.
[[nodiscard]] std::string make_fault(saml::soap::FaultCode code);

/// For audit lines: the broken rule's name ("sig.invalid"), "other" for a Failure from outside.
[[nodiscard]] std::string_view rule_of(const Failure& failure) noexcept;
/// "Success", "Requester/RequestDenied", ...
[[nodiscard]] std::string describe(const saml::Status& status);
/// "Fault/Client", ...
[[nodiscard]] std::string describe(saml::soap::FaultCode code);

}  // namespace slo::sp
