// Signed documents that are too large for a tree: verified while they are read, octet by octet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/octet_stream.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// StreamElement is an element's start, as a visitor sees it. Its views are valid until the call returns.
struct StreamElement {
    xml::Name name;
    std::span<const xml::Attribute> attributes;  ///< document order
    int depth = 0;                               ///< 0 is the root
    std::uint64_t line = 0;                      ///< where its start tag begins, in the document as read, from 1

    /// attribute returns the attribute in no namespace with this name; null if there is none.
    [[nodiscard]] const std::string* attribute(std::string_view local) const noexcept;
};

/// StreamVisitor chooses what is read. The content that it gets isn't proven before the whole document has been read
/// and read_signed_stream() has returned a value: until then it may sort and count, and nothing else.
class StreamVisitor {
public:
    enum class Take {
        enter,  ///< visit its children
        keep,   ///< pass the whole element to kept()
        skip,
    };
    virtual ~StreamVisitor() = default;
    /// start gets the root, and each child of an entered element. A failure ends the reading, and is its result.
    [[nodiscard]] virtual Result<Take> start(const StreamElement& element) = 0;
    /// end is called at the end of an entered element.
    [[nodiscard]] virtual Result<void> end() = 0;
    /// kept gets a kept element: a document of its own, in the very octets that were hashed but for the namespace
    /// declarations that it inherits, which stand in its start tag; and the lines of the element and of those in it, in
    /// document order, where their start tags begin in the document as read. Both are valid until the call returns.
    [[nodiscard]] virtual Result<void> kept(std::string_view octets, std::span<const std::uint32_t> lines) = 0;
};

/// StreamVerdict is the result of reading, and the key that signed it.
struct StreamVerdict {
    std::string sha256;        ///< of the document as read, lower-case hex
    std::uint64_t octets = 0;  ///< its length
    std::size_t key = 0;       ///< number of the key in `keys`; 0 if no signature was verified
};

/// read_signed_stream reads a document whose root is signed by one of `keys`: its first child is the one ds:Signature
/// that counts (SAML Metadata 3.1), of the shape that messages have (Core 5.4). Signatures further inside are content.
/// Memory: a few buffers and the kept elements, whatever the document's size. Comments are dropped, as canonicalisation
/// does; everything that xml::Document refuses is refused, except for values of xml:id.
///
/// The signature itself is verified before the visitor gets anything; the document's digest is known at its end.
/// Errors: those of xml::Document::parse and verify_enveloped; Errc::signature_missing if the root's first child is
/// no ds:Signature; Errc::signature_invalid if the document doesn't have the signed digest; those of `source` and
/// `visitor`. Blocks as long as `source` does.
[[nodiscard]] Result<StreamVerdict> read_signed_stream(const OctetSource& source, std::span<const VerificationKey> keys,
                                                       const AlgorithmPolicy& policy, const StreamLimits& limits,
                                                       StreamVisitor& visitor);

/// read_stream does the same without a signature: for documents that are believed for another reason. A ds:Signature in
/// it is content like any other.
[[nodiscard]] Result<StreamVerdict> read_stream(const OctetSource& source, const StreamLimits& limits,
                                                StreamVisitor& visitor);

/// sign_document signs `document` with an enveloped signature that becomes its root's first child; the root must have
/// an attribute ID that is an NCName. The result is the canonical form, with an XML declaration in front. Errors:
/// those of read_stream; Errc::signature_attribute without ID; KeyErrc::crypto_failure.
[[nodiscard]] Result<std::string> sign_document(const SigningKey& key, std::string_view document);

}  // namespace slo::saml
