// Where the parts of a Response stand. One walk over the whole document, before any cryptography.
#pragma once

#include <optional>

#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// ResponseShape has the only places at which a Response may have these. Elements are borrowed from its document.
struct ResponseShape {
    std::optional<xml::Element> response_signature;
    std::optional<xml::Element> assertion;
    std::optional<xml::Element> encrypted_assertion;
    std::optional<xml::Element> assertion_signature;  ///< of `assertion`
};

/// shape_of_response refuses a document in which an Assertion, an EncryptedAssertion, a Response or a ds:Signature
/// stands anywhere else than at its place: a reader that searches could find it. Errors: Errc::xml_duplicate_id,
/// signature_count, signature_position; AssertionErrc::response_structure.
[[nodiscard]] Result<ResponseShape> shape_of_response(const xml::Document& document);

/// shape_of_assertion is the same for a document that is one Assertion: the plaintext of an EncryptedAssertion.
[[nodiscard]] Result<ResponseShape> shape_of_assertion(const xml::Document& document);

}  // namespace slo::saml
