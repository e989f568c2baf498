// The common parts of all enumerations of rules: their category, and the way from a Failure back to a rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "slo/saml/result.hpp"

namespace slo {

/// RuleCategory is the category of one room's rules. message() is the rule's dotted name ("sig.missing"). Each room has
/// one object of it, with static storage, behind its make_error_code(). Immutable, so any thread may use it.
class RuleCategory final : public std::error_category {
public:
    using Namer = std::string_view (*)(int value) noexcept;

    /// `room` is the name of the category ("slo.saml"); `name_of` takes any number and returns static storage.
    RuleCategory(const char* room, Namer name_of) noexcept : room_(room), name_of_(name_of) {}

    [[nodiscard]] const char* name() const noexcept override { return room_; }
    [[nodiscard]] std::string message(int value) const override { return std::string(name_of_(value)); }
    [[nodiscard]] std::string_view rule(int value) const noexcept { return name_of_(value); }

private:
    const char* room_;
    Namer name_of_;
};

/// rule_code is the body of a room's make_error_code(): `room` is the name of the category of all rules of the
/// enumeration `Code`, whose name() takes any value.
template <class Code>
[[nodiscard]] std::error_code rule_code(Code code, const char* room) noexcept {
    static const RuleCategory category(room, [](int value) noexcept { return name(static_cast<Code>(value)); });
    return {static_cast<int>(code), category};
}

/// rule_name is the dotted name of the rule in `code`, in static storage; std::nullopt for a code of another library.
[[nodiscard]] inline std::optional<std::string_view> rule_name(const std::error_code& code) noexcept {
    const auto* category = dynamic_cast<const RuleCategory*>(&code.category());
    if (category == nullptr) return std::nullopt;
    return category->rule(code.value());
}

/// rule_as is the rule of the room with the enumeration `Code` that `failure` names, if it names one of that room.
template <class Code>
[[nodiscard]] std::optional<Code> rule_as(const Failure& failure) noexcept {
    if (failure.code.category() != make_error_code(Code{}).category()) return std::nullopt;
    return static_cast<Code>(failure.code.value());
}

/// fail makes the Failure of a broken rule. `detail` as in Failure.
template <class Code>
requires std::is_error_code_enum_v<Code>
[[nodiscard]] Failure fail(Code code, std::string detail = {}) {
    return Failure{make_error_code(code), std::move(detail)};
}

/// is says whether `failure` names the rule `code`.
template <class Code>
requires std::is_error_code_enum_v<Code>
[[nodiscard]] bool is(const Failure& failure, Code code) noexcept {
    return failure.code == make_error_code(code);
}

}  // namespace slo
