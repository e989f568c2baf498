// Exclusive XML Canonicalization 1.0, without comments, of a document that is read in one pass.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slo::saml {

struct NamespaceBinding {
    std::string_view prefix;  ///< empty: the default namespace
    std::string_view uri;     ///< empty: none
};

struct TagAttribute {
    std::string_view prefix;
    std::string_view local;
    std::string_view uri;
    std::string_view value;  ///< as the application sees it: references replaced, white space normalised
};

/// StartTag is a start tag from a parser: names resolved, values unescaped. Views are valid as long as the parser says.
struct StartTag {
    std::string_view prefix;
    std::string_view local;
    std::string_view uri;
    std::span<const NamespaceBinding> declared;
    std::span<const TagAttribute> attributes;
};

/// CanonicalWriter writes an element and its content, in document order, each part appended to the text that the
/// caller gives. The first element is the apex: its surroundings are unknown, except for inclusive prefixes, whose
/// bindings around the apex it would have to be told, and so only a root may have them.
/// Spec: https://www.w3.org/TR/xml-exc-c14n/, section 3. Compared with libxml2's canonicaliser by tests and a fuzz
/// target.
class CanonicalWriter {
public:
    /// `inclusive_prefixes` is InclusiveNamespaces/@PrefixList, with "" for #default.
    explicit CanonicalWriter(std::vector<std::string> inclusive_prefixes = {});

    void start(const StartTag& tag, std::string& out);
    void end(std::string& out);
    static void text(std::string_view text, std::string& out);

    /// The same start tag with every namespace declared that start() has rendered around it or in it, so that the
    /// element can stand alone. Call it right after start().
    void standalone_start(const StartTag& tag, std::string& out) const;

private:
    struct Rendered {
        std::string prefix;
        std::string uri;
    };
    struct OpenElement {
        std::size_t rendered;  ///< how many there were before it
        std::size_t declared;  ///< likewise
        std::size_t name;      ///< where its name starts in names_
    };

    void use(std::string_view prefix, std::string_view uri);
    void use_inclusive(const StartTag& tag);
    [[nodiscard]] const Rendered* rendered(std::string_view prefix, std::size_t before) const noexcept;

    std::vector<std::string> inclusive_prefixes_;
    std::vector<Rendered> rendered_;  ///< by the open elements, outermost first
    std::vector<Rendered> declared_;  ///< of inclusive prefixes only
    std::vector<OpenElement> open_;
    std::string names_;  ///< of the open elements, end to end
};

}  // namespace slo::saml
