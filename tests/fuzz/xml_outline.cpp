#include "xml_outline.hpp"

#include <algorithm>

namespace slo::fuzz {
namespace {

constexpr std::string_view white_space = " \t\r\n";
// What a changed text may grow to in elements before the rest is taken for text: bounds the work of one mutation.
constexpr std::size_t max_elements = 1024;

bool ends_name(char c) {
    return c == '>' || c == '/' || c == '=' || white_space.find(c) != std::string_view::npos;
}

/// The end of what begins at `at` with `opening` and runs to `closing`; nothing where it isn't that.
std::size_t skip(std::string_view text, std::size_t at, std::string_view opening, std::string_view closing) {
    if (!text.substr(at).starts_with(opening)) return 0;
    const auto end = text.find(closing, at + opening.size());
    return end == std::string_view::npos ? text.size() : end + closing.size();
}

/// The end of a comment, CDATA section, processing instruction or declaration at `at`, or 0.
std::size_t skip_other_markup(std::string_view text, std::size_t at) {
    for (const auto& [opening, closing] : {std::pair<std::string_view, std::string_view>{"<!--", "-->"},
                                           {"<![CDATA[", "]]>"},
                                           {"<?", "?>"},
                                           {"<!", ">"}}) {
        if (const auto end = skip(text, at, opening, closing)) return end;
    }
    return 0;
}

Span read_name(std::string_view text, std::size_t at) {
    Span name{at, at};
    while (name.end < text.size() && !ends_name(text[name.end])) ++name.end;
    return name;
}

/// The end of the tag at `at`: a '>' outside of quotes.
std::size_t tag_end(std::string_view text, std::size_t at) {
    char quote = '\0';
    for (; at < text.size(); ++at) {
        if (quote != '\0') {
            if (text[at] == quote) quote = '\0';
        } else if (text[at] == '"' || text[at] == '\'') {
            quote = text[at];
        } else if (text[at] == '>') {
            return at + 1;
        }
    }
    return text.size();
}

std::vector<AttributeSpan> read_attributes(std::string_view text, Span within) {
    std::vector<AttributeSpan> attributes;
    std::size_t at = within.begin;
    while ((at = text.find_first_not_of(white_space, at)) < within.end) {
        const Span name = read_name(text, at);
        const std::size_t open = name.end + 1;
        if (name.size() == 0 || open >= within.end || text[name.end] != '=' ||
            (text[open] != '"' && text[open] != '\'')) {
            at = std::max(at, name.end) + 1;
            continue;
        }
        const std::size_t close = std::min(text.find(text[open], open + 1), within.end);
        attributes.push_back({{name.begin, std::min(close + 1, within.end)}, name, {open + 1, close}});
        at = close + 1;
    }
    return attributes;
}

void close_element(std::string_view text, Outline& found, std::vector<std::size_t>& open, Span end_tag) {
    const Span name = read_name(text, end_tag.begin + 2);
    const auto opened = std::find_if(open.rbegin(), open.rend(),
                                     [&](std::size_t i) { return found.elements[i].name.of(text) == name.of(text); });
    if (opened == open.rend()) return;
    ElementSpan& element = found.elements[*opened];
    element.content.end = end_tag.begin;
    element.whole.end = end_tag.end;
    element.end_name = name;
    open.erase(opened.base() - 1, open.end());
}

}  // namespace

Outline outline(std::string_view text) {
    Outline found;
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < text.size() && found.elements.size() < max_elements;) {
        if (text[at] != '<') {
            const Span run{at, std::min(text.find('<', at), text.size())};
            found.texts.push_back(run);
            at = run.end;
            continue;
        }
        if (const auto end = skip_other_markup(text, at)) {
            at = end;
            continue;
        }
        const Span tag{at, tag_end(text, at)};
        at = tag.end;
        if (text.substr(tag.begin).starts_with("</")) {
            close_element(text, found, open, tag);
            continue;
        }
        const Span name = read_name(text, tag.begin + 1);
        const bool empty = tag.size() > 2 && text[tag.end - 2] == '/';
        if (!empty) open.push_back(found.elements.size());
        found.elements.push_back({.whole = tag,
                                  .start_tag = tag,
                                  .content = {tag.end, tag.end},
                                  .name = name,
                                  .end_name = {},
                                  .attributes = read_attributes(text, {name.end, tag.end})});
    }
    return found;
}

}  // namespace slo::fuzz
