// Judges of our metadata that aren't ours: the official schema in xmllint's hands, and Lasso as an IdP uses it.
#pragma once

#include <string>
#include <string_view>

namespace slo::test {

/// Whether xmllint finds `document` valid; if not, what it complains about.
struct SchemaVerdict {
    bool valid = false;
    std::string complaint;
};
[[nodiscard]] SchemaVerdict validate_metadata(std::string_view document);

/// What Lasso, acting as an IdP, takes from an SP's metadata. `accepted` is false where it refuses to load it.
struct LassoVerdict {
    bool accepted = false;
    std::string entity_id;
    std::string single_logout_soap;
};
[[nodiscard]] LassoVerdict read_with_lasso(std::string_view document);

}  // namespace slo::test
