// Judges of our metadata that aren't ours: the official schema in xmllint's hands, and other people's SAML software.
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

/// What another's software, acting as an IdP, takes from an SP's metadata. `accepted` is false where it refuses to load
/// it, or to believe its signature.
struct ReaderVerdict {
    bool accepted = false;
    std::string entity_id;
    std::string single_logout_soap;
    std::string said;
};
/// Lasso looks at no signature.
[[nodiscard]] ReaderVerdict read_with_lasso(std::string_view document);
[[nodiscard]] ReaderVerdict read_with_pysaml2(std::string_view document, std::string_view certificate_pem);
[[nodiscard]] ReaderVerdict read_with_simplesamlphp(std::string_view document, std::string_view certificate_pem);
/// Shibboleth's mdquery: the schema, the signature, then the entity. It doesn't name endpoints.
[[nodiscard]] ReaderVerdict read_with_shibboleth(std::string_view document, std::string_view certificate_pem,
                                                 std::string_view entity_id);

/// Whether OpenSAML's samlsign finds the root's signature good.
[[nodiscard]] SchemaVerdict verify_with_samlsign(std::string_view document, std::string_view certificate_pem);

}  // namespace slo::test
