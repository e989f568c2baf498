// The places of elements and attributes in a text that looks like XML, well-formed or not.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace slo::fuzz {

/// A part of a text: [begin, end).
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;

    [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
    [[nodiscard]] std::string_view of(std::string_view text) const noexcept { return text.substr(begin, size()); }
};

struct AttributeSpan {
    Span whole;  ///< name="value"
    Span name;
    Span value;  ///< between the quotes
};

struct ElementSpan {
    Span whole;  ///< from '<' of its start tag to '>' of its end tag; without one, the start tag alone
    Span start_tag;
    Span content;  ///< empty where there is none
    Span name;
    Span end_name;  ///< empty where there is no end tag
    std::vector<AttributeSpan> attributes;
};

struct Outline {
    std::vector<ElementSpan> elements;  ///< in the order of their start tags
    std::vector<Span> texts;            ///< what isn't markup and isn't empty
};

/// outline reads `text` in one pass. An end tag belongs to the nearest open element of its name, or to none.
[[nodiscard]] Outline outline(std::string_view text);

}  // namespace slo::fuzz
