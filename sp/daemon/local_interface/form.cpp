#include "form.hpp"

#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::daemon {

Result<Form> Form::parse(std::string_view body) {
    auto fields = saml::form::parse_fields(body);
    if (!fields) return malformed(std::move(fields).error().detail);
    Form form;
    form.fields_ = *std::move(fields);
    return form;
}

Failure Form::malformed(std::string why) {
    return sp::fail(sp::StoreErrc::session_malformed, std::move(why));
}

std::vector<std::string> Form::all(std::string_view name) {
    auto values = find(name);
    taken_ += values.size();
    return values;
}

std::optional<std::string> Form::one(std::string_view name) {
    auto values = find(name);
    if (values.size() != 1) return std::nullopt;
    ++taken_;
    return std::move(values.front());
}

std::vector<std::string> Form::find(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& field : fields_) {
        if (field.name == name) values.push_back(field.value);
    }
    return values;
}

saml::NameID name_id_in(Form& form, std::string value) {
    return {.value = std::move(value),
            .format = form.one("format"),
            .name_qualifier = form.one("name_qualifier"),
            .sp_name_qualifier = form.one("sp_name_qualifier"),
            .sp_provided_id = form.one("sp_provided_id")};
}

}  // namespace slo::daemon
