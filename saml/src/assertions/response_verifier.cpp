#include "slo/saml/response_verifier.hpp"

#include <utility>

#include "assertion_reading.hpp"
#include "encrypted_content.hpp"
#include "message_fields.hpp"
#include "message_reading.hpp"
#include "part_signature.hpp"
#include "received_message.hpp"
#include "response_shape.hpp"
#include "slo/saml/error.hpp"
#include "url_matching.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

/// As octets of the largest Response that an EncryptedAssertion fills.
constexpr std::size_t max_encrypted_assertion_octets = response_limits.octets;

Result<MessageID> id_of(const xml::Element& element) {
    const auto attribute = element.collapsed_attribute("ID");
    if (!attribute) return fail(Errc::id_malformed, "no ID");
    return MessageID::parse(*attribute);
}

/// The Issuer at the front of `element`, if it has one.
Result<std::optional<EntityID>> issuer_of(const xml::Element& element) {
    const auto first = element.first_child();
    if (!first || !first->is({vocabulary::saml, "Issuer"})) return std::optional<EntityID>{};
    auto issuer = read_issuer(*first, any_issuer);
    if (!issuer) return issuer.error();
    return std::optional<EntityID>(*std::move(issuer));
}

//= SAML Profiles 4.1.4.2 (erratum E17)
//# If the <Response> message is signed or if an enclosed assertion is encrypted, the <Issuer> element MUST be present.
Result<EntityID> claimed_issuer_of(const xml::Element& root, const ResponseShape& shape) {
    auto outer = issuer_of(root);
    if (!outer) return outer.error();
    auto inner = shape.assertion ? issuer_of(*shape.assertion) : Result<std::optional<EntityID>>(std::nullopt);
    if (!inner) return inner.error();
    if (*outer && *inner && **outer != **inner) {
        return fail(Errc::issuer_mismatch, "the Response and its Assertion name different issuers");
    }
    if (*outer) return **std::move(outer);
    if (*inner) return **std::move(inner);
    return fail(Errc::issuer_malformed, "no Issuer");
}

bool has_in_response_to(const xml::Element& element) {
    if (element.attribute("InResponseTo")) return true;
    for (auto child = element.first_child(); child; child = child->next_sibling()) {
        if (has_in_response_to(*child)) return true;
    }
    return false;
}

/// An element that `signature` covers, in a document of its own: the octets that were hashed, parsed anew.
Result<xml::Document> open_signed(const xml::Document& document, const xml::Element& element,
                                  const xml::Element& signature, std::span<const VerificationKey> keys,
                                  const AlgorithmPolicy& algorithms) {
    const auto id = id_of(element);
    if (!id) return id.error();
    const auto octets = verify_enveloped_at(document, element, signature, id->str(), keys, algorithms);
    if (!octets) return octets.error();
    return xml::Document::parse(octets->str(), response_limits);
}

//= SAML Bindings 3.5.5.2
//# If the message is signed, the Destination XML attribute in the root SAML element of the protocol message MUST
//# contain the URL to which the sender has instructed the user agent to deliver the message.
Result<void> check_destination(const std::optional<std::string>& destination, bool is_signed,
                               const ResponseExpectations& expected) {
    const std::string& ours = expected.assertion_consumer_service.str();
    if (!destination) {
        if (is_signed) return fail(Errc::destination_missing, "it must be " + ours);
        return Done{};
    }
    if (is_ours(*destination, expected.assertion_consumer_service, expected.url_matching)) return Done{};
    return fail(Errc::destination_mismatch, "it must be " + ours);
}

/// What the Response itself says. Where no signature covers it, its values can refuse and never admit.
Result<void> check_response(const Response& response, const ResponseExpectations& expected) {
    if (response.issuer && *response.issuer != expected.issuer) return fail(Errc::issuer_mismatch);
    //= SAML Core 3.2.2
    //# If the message is not a response to a request [...] this attribute MUST NOT be present. Otherwise, it MUST be
    //# present
    if (response.in_response_to != expected.request_id) {
        return fail(Errc::in_response_to_mismatch, expected.request_id
                                                       ? "it doesn't answer the request of this browser"
                                                       : "it answers a request, and this browser wasn't sent with one");
    }
    return Done{};
}

/// An Assertion that is a document of its own.
struct OpenedAssertion {
    xml::Document document;
    ResponseShape shape;  ///< borrowed from `document`
};

/// The plaintext of an EncryptedAssertion, which must be one Assertion with its own namespaces (XML Encryption 3.1).
Result<OpenedAssertion> open_assertion(const xml::Element& encrypted_assertion, bool is_covered,
                                       const ResponseExpectations& expected) {
    const auto encrypted = read_encrypted_id(encrypted_assertion, max_encrypted_assertion_octets);
    if (!encrypted) return fail(Errc::decryption_failed, encrypted.error().detail);
    // A padding oracle needs ciphertexts of the attacker's own making.
    if (!is_covered && is_cbc(*encrypted)) {
        return fail(AssertionErrc::cbc_unauthenticated,
                    "the Response isn't signed: have the IdP sign it, or use AES-GCM");
    }
    std::optional<OpenedAssertion> opened;
    const auto found = open_content(*encrypted, expected.decryption_keys, expected.our_entity_id, expected.algorithms,
                                    "Assertion", [&opened](std::string_view plaintext) {
                                        auto document = xml::Document::parse(plaintext, response_limits);
                                        if (!document) return false;
                                        const auto shape = shape_of_assertion(*document);
                                        if (!shape) return false;
                                        opened = OpenedAssertion{*std::move(document), *shape};
                                        return true;
                                    });
    if (!found) return found.error();
    return *std::move(opened);
}

/// Which signatures were verified, and whether the profile wants others.
Result<void> check_sufficient(bool response_covered, bool assertion_signed, SignatureOn wanted) {
    switch (wanted) {
        case SignatureOn::either:
            if (response_covered || assertion_signed) return Done{};
            return fail(Errc::signature_missing, "neither the Response nor its Assertion is signed");
        case SignatureOn::response:
            if (response_covered) return Done{};
            return fail(AssertionErrc::signature_insufficient, "the Response isn't signed, and its profile wants that");
        case SignatureOn::assertion:
            if (assertion_signed) return Done{};
            return fail(AssertionErrc::signature_insufficient,
                        "the Assertion isn't signed, and its profile wants that");
        case SignatureOn::both:
            if (response_covered && assertion_signed) return Done{};
            return fail(AssertionErrc::signature_insufficient, "not both are signed, and its profile wants that");
    }
    return fail(AssertionErrc::signature_insufficient);
}

struct ReadAssertion {
    Assertion assertion;
    bool is_signed;
};

/// The assertion in `document`: from its own signed octets if it has a signature, otherwise as it stands.
Result<ReadAssertion> read_from(const xml::Document& document, const ResponseShape& shape,
                                std::span<const VerificationKey> keys, const ResponseExpectations& expected) {
    if (!shape.assertion_signature) {
        auto assertion = read_assertion(*shape.assertion, expected.forms);
        if (!assertion) return assertion.error();
        return ReadAssertion{*std::move(assertion), false};
    }
    const auto own = open_signed(document, *shape.assertion, *shape.assertion_signature, keys, expected.algorithms);
    if (!own) return own.error();
    auto assertion = read_assertion(own->root(), expected.forms);
    if (!assertion) return assertion.error();
    return ReadAssertion{*std::move(assertion), true};
}

/// The one assertion of a Response, plain or encrypted. `document` is the signed octets if `is_covered`.
Result<ReadAssertion> assertion_in(const xml::Document& document, const ResponseShape& shape, bool is_covered,
                                   std::span<const VerificationKey> keys, const ResponseExpectations& expected) {
    if (shape.assertion) return read_from(document, shape, keys, expected);
    const auto plaintext = open_assertion(*shape.encrypted_assertion, is_covered, expected);
    if (!plaintext) return plaintext.error();
    return read_from(plaintext->document, plaintext->shape, keys, expected);
}

}  // namespace

struct UnverifiedResponse::Impl {
    ReceivedMessage message;
    ResponseShape shape;
    EntityID issuer;
    MessageID id;
};

UnverifiedResponse::UnverifiedResponse(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
UnverifiedResponse::UnverifiedResponse(UnverifiedResponse&&) noexcept = default;
UnverifiedResponse& UnverifiedResponse::operator=(UnverifiedResponse&&) noexcept = default;
UnverifiedResponse::~UnverifiedResponse() = default;

Result<UnverifiedResponse> UnverifiedResponse::parse(ReceivedMessage& message) {
    const xml::Element root = message.impl_->message;
    if (!root.is({vocabulary::samlp, "Response"})) return schema_violation(root, "not Response");
    if (auto version = read_version(root); !version) return version.error();
    auto id = id_of(root);
    if (!id) return id.error();
    const auto shape = shape_of_response(message.impl_->document);
    if (!shape) return shape.error();
    auto issuer = claimed_issuer_of(root, *shape);
    if (!issuer) return issuer.error();
    return UnverifiedResponse(
        std::make_unique<Impl>(Impl{std::move(message), *shape, *std::move(issuer), *std::move(id)}));
}

const EntityID& UnverifiedResponse::claimed_issuer() const noexcept {
    return impl_->issuer;
}

const MessageID& UnverifiedResponse::claimed_id() const noexcept {
    return impl_->id;
}

bool UnverifiedResponse::claims_in_response_to() const {
    return has_in_response_to(impl_->message.impl_->message);
}

Result<Response> UnverifiedResponse::unproven_answer(const MessageForms& forms) const {
    return read_response(impl_->message.impl_->message, forms);
}

bool UnverifiedResponse::is_signed() const noexcept {
    return impl_->shape.response_signature.has_value();
}

Result<VerifiedResponse> ResponseVerifier::verify(const UnverifiedResponse& message,
                                                  std::span<const VerificationKey> keys,
                                                  const ResponseExpectations& expected) {
    const xml::Document& received = message.impl_->message.impl_->document;
    const bool is_covered = message.is_signed();
    std::optional<xml::Document> covered;
    if (is_covered) {
        auto opened =
            open_signed(received, received.root(), *message.impl_->shape.response_signature, keys, expected.algorithms);
        if (!opened) return opened.error();
        covered = *std::move(opened);
    }
    const xml::Document& document = covered ? *covered : received;
    auto response = read_response(document.root(), expected.forms);
    if (!response) return response.error();
    if (response->id != message.impl_->id) return fail(Errc::signed_octets_differ, "ID");
    if (auto ok = check_destination(response->destination, is_covered, expected); !ok) return ok.error();
    if (auto ok = check_response(*response, expected); !ok) return ok.error();

    // In the signed octets its elements are others; what was received has been walked over by parse().
    const auto shape = covered ? shape_of_response(*covered) : Result<ResponseShape>(message.impl_->shape);
    if (!shape) return shape.error();
    const bool has_assertion = shape->assertion || shape->encrypted_assertion;
    const bool is_success = response->status.code == TopLevelStatus::success;
    if (is_success != has_assertion) {
        return fail(AssertionErrc::response_structure,
                    is_success ? "Success without an assertion" : "an assertion in an answer that isn't Success");
    }
    VerifiedResponse verified;
    if (is_success) {
        auto read = assertion_in(document, *shape, is_covered, keys, expected);
        if (!read) return read.error();
        if (auto ok = check_sufficient(is_covered, read->is_signed, expected.signature_on); !ok) return ok.error();
        if (read->assertion.issuer != expected.issuer) return fail(Errc::issuer_mismatch, "of the Assertion");
        verified.assertion = Verified<Assertion>(std::move(read->assertion), Evidence::signature);
    } else if (!is_covered) {
        return fail(AssertionErrc::response_status, "the answer isn't Success, and isn't signed");
    }
    if (is_covered) verified.response = Verified<Response>(*std::move(response), Evidence::signature);
    return verified;
}

}  // namespace slo::saml
