// The only table from a broken rule to the answer. How a wire expresses it is in that wire's folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "slo/saml/error.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/sp/logout_answer.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/policy.hpp"

namespace slo::sp {

/// StatusAnswer is a SAML status, to be signed (erratum E19).
struct StatusAnswer {
    saml::TopLevelStatus code;
    std::optional<saml::SecondLevelStatus> second = std::nullopt;
    friend bool operator==(const StatusAnswer&, const StatusAnswer&) = default;
};
using TableAnswer = std::variant<Refusal, StatusAnswer>;

/// answer_to is the table, one overload per room that can break a rule; a Failure from anywhere else is Responder.
[[nodiscard]] TableAnswer answer_to(saml::Errc code) noexcept;
[[nodiscard]] TableAnswer answer_to(LogoutErrc code) noexcept;
[[nodiscard]] TableAnswer answer_to(const Failure& failure) noexcept;

/// gist_of summarises it in a word: success is Success and nothing but Success.
[[nodiscard]] Gist gist_of(const StatusAnswer& answer) noexcept;
/// This overload is for a Failure with a StatusAnswer.
[[nodiscard]] Gist gist_of(const Failure& failure) noexcept;

/// make_status returns the Status that `policy` allows. No StatusMessage: the details are in our audit log.
[[nodiscard]] saml::Status make_status(const StatusAnswer& answer, const Policy& policy);

/// rule_of is for audit lines: the broken rule's name ("sig.invalid"), "other" for a Failure from outside.
[[nodiscard]] std::string_view rule_of(const Failure& failure) noexcept;
/// describe returns "Success", "Requester/RequestDenied", ...
[[nodiscard]] std::string describe(const saml::Status& status);

}  // namespace slo::sp
