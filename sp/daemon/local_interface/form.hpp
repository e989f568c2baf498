// application/x-www-form-urlencoded, as the local interface takes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/form.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"

namespace slo::daemon {

/// Form is the fields of a body, each of which must be asked for.
class Form {
public:
    /// Errors: sp::StoreErrc::session_malformed.
    [[nodiscard]] static Result<Form> parse(std::string_view body);
    [[nodiscard]] static Failure malformed(std::string why);

    /// Each value of a field, which is known from now on.
    [[nodiscard]] std::vector<std::string> all(std::string_view name);
    /// The value of a field that stands there once.
    [[nodiscard]] std::optional<std::string> one(std::string_view name);
    /// Whether a field was misspelled or repeated: an order with half its facts would mean another one.
    [[nodiscard]] bool has_others() const noexcept { return taken_ != fields_.size(); }

private:
    [[nodiscard]] std::vector<std::string> find(std::string_view name) const;

    std::vector<saml::form::Field> fields_;
    std::size_t taken_ = 0;
};

/// A NameID of this text, with the attributes that stand in `form`.
[[nodiscard]] saml::NameID name_id_in(Form& form, std::string value);

}  // namespace slo::daemon
