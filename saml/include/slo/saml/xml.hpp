// The hardened XML reader, and the two escapes for a writer. No libxml2 type is visible here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/saml/result.hpp"

struct _xmlDoc;   // NOLINT(bugprone-reserved-identifier): libxml2's own names
struct _xmlNode;  // NOLINT(bugprone-reserved-identifier)

namespace slo::saml::xml {

/// Comments says what happens to a comment. Dropped, it neither splits the text around it nor is seen by any reader; a
/// message has none.
enum class Comments { refused, dropped };

/// Limits bounds one document. The defaults are for a protocol message of any sender.
struct Limits {
    std::size_t octets = 64 * 1024;  ///< libxml2 2.9.14 checks attributes in O(n^2): at 64 KiB that stays under 40 ms
    int elements = 2048;  ///< a LogoutRequest has one for each SessionIndex, of which there may be any number
    int depth = 32;
    int attributes_per_element = 32;
    int namespaces_per_element = 32;
    Comments comments = Comments::refused;
};
/// metadata_limits is for one EntityDescriptor: larger certificates and extensions; real metadata carries comments.
inline constexpr Limits metadata_limits{.octets = 1024 * 1024,
                                        .elements = 16'384,
                                        .depth = 32,
                                        .attributes_per_element = 32,
                                        .namespaces_per_element = 64,
                                        .comments = Comments::dropped};

/// Name is an expanded name: namespace URI (empty: none) and local name.
struct Name {
    std::string_view namespace_uri;
    std::string_view local;
    friend bool operator==(const Name&, const Name&) = default;
};

struct Attribute {
    Name name;
    std::string value;
};

/// collapsed returns `value` as an XML Schema type sees it whose facet whiteSpace is "collapse" (xs:ID, xs:anyURI,
/// xs:dateTime and most others, xs:string not): no white space at its ends, and one blank for each run of it inside.
/// Without a DTD the parser leaves this to us.
[[nodiscard]] std::string collapsed(std::string_view value);

/// Element is a cursor on one element. It borrows from its Document and must not outlive it. Cheap to copy.
class Element {
public:
    [[nodiscard]] Name name() const noexcept;
    [[nodiscard]] bool is(Name name) const noexcept { return this->name() == name; }

    /// attribute returns the attribute in no namespace with this name.
    [[nodiscard]] std::optional<std::string> attribute(std::string_view local) const;
    /// collapsed_attribute returns the same, collapsed(): for each attribute whose type in the schema isn't xs:string.
    [[nodiscard]] std::optional<std::string> collapsed_attribute(std::string_view local) const;
    /// attributes returns every attribute, in document order; namespace declarations are none.
    [[nodiscard]] std::vector<Attribute> attributes() const;
    /// attribute_names returns their names alone. Views into the document.
    [[nodiscard]] std::vector<Name> attribute_names() const;

    /// children returns the child elements in document order, without text: see has_only_element_content().
    [[nodiscard]] std::vector<Element> children() const;
    [[nodiscard]] std::optional<Element> first_child() const noexcept;
    [[nodiscard]] std::optional<Element> next_sibling() const noexcept;
    /// has_only_element_content says that there is no text but white space between the children.
    [[nodiscard]] bool has_only_element_content() const noexcept;

    /// text returns the whole text of an element without child elements, CDATA included (never only its first text
    /// node). Errors: Errc::schema_violation if there is a child element.
    [[nodiscard]] Result<std::string> text() const;
    /// namespace_of_prefix returns the namespace to which `prefix` is bound here; "" asks for the default namespace.
    [[nodiscard]] std::optional<std::string> namespace_of_prefix(std::string_view prefix) const;
    /// namespaces_in_scope returns every (prefix, namespace URI) bound here; "" is the default namespace's prefix.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> namespaces_in_scope() const;
    /// Where its start tag begins, from 1.
    [[nodiscard]] int line() const noexcept;

    /// node is for this folder only.
    [[nodiscard]] _xmlNode* node() const noexcept { return node_; }
    explicit Element(_xmlNode* node) noexcept : node_(node) {}

private:
    _xmlNode* node_;
};

/// Document owns one parsed document. The parser always refuses anything but strict UTF-8,
/// DOCTYPE, entity declarations, processing instructions, comments (unless `limits` drops them), documents over
/// `limits`, broken namespaces. It reads no file and opens no connection. Not thread-safe; movable.
class Document {
public:
    /// parse reads a document. Errors: Errc::message_too_large, xml_encoding, xml_malformed, xml_doctype,
    /// xml_processing_instruction, xml_comment, xml_limits.
    [[nodiscard]] static Result<Document> parse(std::string_view octets, const Limits& limits = {});
    /// Of a part of another document, whose elements in document order began on `lines` there: what they say of their
    /// line.
    [[nodiscard]] static Result<Document> parse(std::string_view octets, const Limits& limits,
                                                std::span<const std::uint32_t> lines);

    [[nodiscard]] Element root() const noexcept;
    /// has_unique_ids: no two ID-like attributes (ID, AssertionID, RequestID, ResponseID; any namespace, any case)
    /// share a collapsed() value, and none is an xml:id, which libxml2 would register first.
    [[nodiscard]] bool has_unique_ids() const;
    [[nodiscard]] _xmlDoc* doc() const noexcept { return doc_.get(); }  ///< for this folder only

private:
    struct Free {
        void operator()(_xmlDoc* doc) const noexcept;
    };
    explicit Document(_xmlDoc* doc) noexcept : doc_(doc) {}
    std::unique_ptr<_xmlDoc, Free> doc_;
};

/// escape_text and escape_attribute append `value` to `out` as canonical XML writes it (Canonical XML 1.0, section
/// 2.3).
void escape_text(std::string& out, std::string_view value);
void escape_attribute(std::string& out, std::string_view value);

}  // namespace slo::saml::xml
