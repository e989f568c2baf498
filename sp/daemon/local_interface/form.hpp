// application/x-www-form-urlencoded, as the local interface takes it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/form.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"

namespace slo::daemon {

/// FieldNames is what a call may say.
struct FieldNames {
    std::vector<std::string_view> once;
    std::vector<std::string_view> any_number = {};
};

/// The names of a NameID and of its attributes.
inline constexpr std::string_view name_id_fields[] = {"name_id", "format", "name_qualifier", "sp_name_qualifier",
                                                      "sp_provided_id"};

/// Form is the fields of a body. None of them is misspelled, or repeated where one is enough: an order with half its
/// facts would mean another one. Each error names the field, or its number, and says what is wrong; it repeats nothing
/// that the caller wrote.
class Form {
public:
    /// Errors: sp::StoreErrc::session_malformed.
    [[nodiscard]] static Result<Form> parse(std::string_view body, const FieldNames& names);
    [[nodiscard]] static Failure malformed(std::string why);

    /// all returns each value of a field.
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    /// one returns the value of a field that may occur once.
    [[nodiscard]] std::optional<std::string> one(std::string_view name) const;
    /// required is the same for a field that must occur. Errors: sp::StoreErrc::session_malformed.
    [[nodiscard]] Result<std::string> required(std::string_view name) const;

private:
    std::vector<saml::form::Field> fields_;
};

/// A NameID of this text, with the attributes that `form` has. Errors: sp::StoreErrc::session_malformed where no
/// LogoutRequest could carry it.
[[nodiscard]] Result<saml::NameID> name_id_in(const Form& form, std::string value);

}  // namespace slo::daemon
