#include "form.hpp"

#include <algorithm>
#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::daemon {
namespace {

bool has(const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string listed(const FieldNames& names) {
    std::string text;
    for (const auto* some : {&names.once, &names.any_number}) {
        for (const std::string_view name : *some) text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text;
}

}  // namespace

Result<Form> Form::parse(std::string_view body, const FieldNames& names) {
    auto fields = saml::form::parse_fields(body);
    if (!fields) return malformed("the form is malformed: " + fields.error().detail);
    Form form;
    form.fields_ = *std::move(fields);
    for (std::size_t i = 0; i < form.fields_.size(); ++i) {
        const std::string& name = form.fields_[i].name;
        if (has(names.any_number, name)) continue;
        if (!has(names.once, name)) {
            return malformed("field number " + std::to_string(i + 1) + " has a name that is none of: " + listed(names));
        }
        if (form.all(name).size() > 1) return malformed(name + " stands there more than once");
    }
    return form;
}

Failure Form::malformed(std::string why) {
    return sp::fail(sp::StoreErrc::session_malformed, std::move(why));
}

std::vector<std::string> Form::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& field : fields_) {
        if (field.name == name) values.push_back(field.value);
    }
    return values;
}

std::optional<std::string> Form::one(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &saml::form::Field::name);
    if (found == fields_.end()) return std::nullopt;
    return found->value;
}

Result<std::string> Form::required(std::string_view name) const {
    auto value = one(name);
    if (!value) return malformed(std::string(name) + " is missing");
    return *std::move(value);
}

Result<saml::NameID> name_id_in(const Form& form, std::string value) {
    saml::NameID name_id;
    name_id.value = std::move(value);
    if (!is_well_formed(name_id))
        return Form::malformed("name_id is blank, too long, or has characters that no NameID has");
    std::optional<std::string> saml::NameID::*const attributes[] = {
        &saml::NameID::format, &saml::NameID::name_qualifier, &saml::NameID::sp_name_qualifier,
        &saml::NameID::sp_provided_id};
    for (std::size_t i = 0; i < std::size(attributes); ++i) {
        const std::string_view name = name_id_fields[i + 1];
        name_id.*attributes[i] = form.one(name);
        if (is_well_formed(name_id)) continue;
        if (name != "format")
            return Form::malformed(std::string(name) + " is blank, too long, or has characters that no NameID has");
        saml::NameID short_one;
        short_one.value = "x";
        short_one.format = name_id.format;
        if (is_well_formed(short_one)) return Form::malformed("name_id is too long for its format: 256 characters");
        return Form::malformed("format isn't an absolute URI");
    }
    return name_id;
}

}  // namespace slo::daemon
