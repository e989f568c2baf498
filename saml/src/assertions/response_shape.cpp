#include "response_shape.hpp"

#include <string>
#include <utility>
#include <vector>

#include "signature_profile.hpp"
#include "slo/saml/assertion_error.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

const xml::Name assertion_name{vocabulary::saml, "Assertion"};
const xml::Name encrypted_name{vocabulary::saml, "EncryptedAssertion"};
const xml::Name response_name{vocabulary::samlp, "Response"};

Failure misplaced(const xml::Element& where, const std::string& what) {
    return fail(AssertionErrc::response_structure, "line " + std::to_string(where.line()) + ": " + what);
}

/// Whether `element` or one inside it is an assertion or a Response. Depth is bounded by the parser's limits.
std::optional<xml::Element> carrier_in(const xml::Element& element) {
    if (element.is(assertion_name) || element.is(encrypted_name) || element.is(response_name)) return element;
    for (auto child = element.first_child(); child; child = child->next_sibling()) {
        if (const auto found = carrier_in(*child)) return found;
    }
    return std::nullopt;
}

/// Nothing below `element` may be an assertion or a Response.
Result<void> carries_none(const xml::Element& element) {
    for (auto child = element.first_child(); child; child = child->next_sibling()) {
        if (const auto found = carrier_in(*child))
            return misplaced(*found, "an assertion or Response inside another element");
    }
    return Done{};
}

/// The one assertion among the root's children.
Result<void> find_assertion(const xml::Element& root, ResponseShape& shape) {
    for (auto child = root.first_child(); child; child = child->next_sibling()) {
        const bool is_plain = child->is(assertion_name);
        if (!is_plain && !child->is(encrypted_name)) {
            if (const auto found = carrier_in(*child)) {
                return misplaced(*found, "an assertion or Response inside another element");
            }
            continue;
        }
        if (shape.assertion || shape.encrypted_assertion) return misplaced(*child, "a second assertion");
        (is_plain ? shape.assertion : shape.encrypted_assertion) = *child;
        if (auto ok = carries_none(*child); !ok) return ok;
    }
    return Done{};
}

bool is_child_of(const xml::Element& child, const xml::Element& parent) {
    for (auto each = parent.first_child(); each; each = each->next_sibling()) {
        if (each->node() == child.node()) return true;
    }
    return false;
}

/// Each ds:Signature is the Response's or the Assertion's own, right behind its Issuer.
Result<void> place_signatures(const xml::Document& document, ResponseShape& shape) {
    const xml::Element root = document.root();
    for (const xml::Element& signature : signatures_in(document)) {
        const bool is_roots = is_child_of(signature, root);
        const bool is_assertions = !is_roots && shape.assertion && is_child_of(signature, *shape.assertion);
        if (!is_roots && !is_assertions) {
            return fail(Errc::signature_position, "line " + std::to_string(signature.line()) +
                                                      ": neither the Response's own nor its Assertion's");
        }
        auto& place = is_roots ? shape.response_signature : shape.assertion_signature;
        if (place) return fail(Errc::signature_count, "an element has two signatures");
        if (!stands_where_it_must(signature, is_roots ? root : *shape.assertion)) {
            return fail(Errc::signature_position,
                        "line " + std::to_string(signature.line()) + ": ds:Signature isn't the child behind Issuer");
        }
        place = signature;
    }
    return Done{};
}

}  // namespace

Result<ResponseShape> shape_of_response(const xml::Document& document) {
    if (!document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    ResponseShape shape;
    if (auto ok = find_assertion(document.root(), shape); !ok) return ok.error();
    if (auto ok = place_signatures(document, shape); !ok) return ok.error();
    return shape;
}

Result<ResponseShape> shape_of_assertion(const xml::Document& document) {
    if (!document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    const xml::Element root = document.root();
    if (!root.is(assertion_name)) return misplaced(root, "not an Assertion");
    if (auto ok = carries_none(root); !ok) return ok.error();
    ResponseShape shape;
    if (auto ok = place_signatures(document, shape); !ok) return ok.error();
    // The root is the assertion here.
    std::swap(shape.assertion_signature, shape.response_signature);
    shape.assertion = root;
    return shape;
}

}  // namespace slo::saml
