#include "canonical_writer.hpp"

#include <algorithm>
#include <array>

#include "slo/saml/xml.hpp"

namespace slo::saml {
namespace {

void append_name(std::string& out, std::string_view prefix, std::string_view local) {
    if (!prefix.empty()) {
        out += prefix;
        out += ':';
    }
    out += local;
}

void append_namespace(std::string& out, std::string_view prefix, std::string_view uri) {
    out += prefix.empty() ? " xmlns" : " xmlns:";
    out += prefix;
    out += "=\"";
    xml::escape_attribute(out, uri);
    out += '"';
}

void append_attribute(std::string& out, const TagAttribute& attribute) {
    out += ' ';
    append_name(out, attribute.prefix, attribute.local);
    out += "=\"";
    xml::escape_attribute(out, attribute.value);
    out += '"';
}

/// By namespace URI, then by local name; octet order is code point order in UTF-8 (Canonical XML 1.0, section 2.2).
void append_attributes(std::string& out, std::span<const TagAttribute> attributes) {
    if (attributes.size() == 1) return append_attribute(out, attributes.front());
    std::vector<const TagAttribute*> sorted;
    sorted.reserve(attributes.size());
    for (const TagAttribute& attribute : attributes) sorted.push_back(&attribute);
    std::sort(sorted.begin(), sorted.end(), [](const TagAttribute* a, const TagAttribute* b) {
        return a->uri != b->uri ? a->uri < b->uri : a->local < b->local;
    });
    for (const TagAttribute* attribute : sorted) append_attribute(out, *attribute);
}

bool is_xml_prefix(std::string_view prefix) noexcept {
    return prefix == "xml";  // bound to its namespace everywhere, and never declared
}

}  // namespace

CanonicalWriter::CanonicalWriter(std::vector<std::string> inclusive_prefixes)
    : inclusive_prefixes_(std::move(inclusive_prefixes)) {}

const CanonicalWriter::Rendered* CanonicalWriter::rendered(std::string_view prefix, std::size_t before) const noexcept {
    for (std::size_t i = before; i > 0; --i) {
        if (rendered_[i - 1].prefix == prefix) return &rendered_[i - 1];
    }
    return nullptr;
}

/// Renders the binding unless the nearest rendered one of this prefix is the same. "No default namespace" is valid
/// where nothing was rendered.
void CanonicalWriter::use(std::string_view prefix, std::string_view uri) {
    if (is_xml_prefix(prefix)) return;
    const Rendered* const last = rendered(prefix, rendered_.size());
    const std::string_view in_force = last == nullptr ? std::string_view{} : std::string_view(last->uri);
    if (in_force == uri) return;
    rendered_.push_back({std::string(prefix), std::string(uri)});
}

/// As inclusive canonicalisation treats the prefixes of the list: a binding in scope is rendered, used or not.
void CanonicalWriter::use_inclusive(const StartTag& tag) {
    for (const NamespaceBinding& binding : tag.declared) {
        const bool listed = std::find(inclusive_prefixes_.begin(), inclusive_prefixes_.end(), binding.prefix) !=
                            inclusive_prefixes_.end();
        if (listed) declared_.push_back({std::string(binding.prefix), std::string(binding.uri)});
    }
    for (const std::string& prefix : inclusive_prefixes_) {
        const auto nearest = std::find_if(declared_.rbegin(), declared_.rend(),
                                          [&](const Rendered& binding) { return binding.prefix == prefix; });
        if (nearest != declared_.rend()) use(prefix, nearest->uri);
    }
}

void CanonicalWriter::start(const StartTag& tag, std::string& out) {
    const std::size_t before = rendered_.size();
    open_.push_back({before, declared_.size(), names_.size()});
    append_name(names_, tag.prefix, tag.local);

    use(tag.prefix, tag.uri);
    for (const TagAttribute& attribute : tag.attributes) {
        if (!attribute.prefix.empty()) use(attribute.prefix, attribute.uri);
    }
    if (!inclusive_prefixes_.empty()) use_inclusive(tag);
    const auto first = rendered_.begin() + static_cast<std::ptrdiff_t>(before);
    std::sort(first, rendered_.end(), [](const Rendered& a, const Rendered& b) { return a.prefix < b.prefix; });

    out += '<';
    append_name(out, tag.prefix, tag.local);
    for (std::size_t i = before; i < rendered_.size(); ++i) {
        append_namespace(out, rendered_[i].prefix, rendered_[i].uri);
    }
    if (!tag.attributes.empty()) append_attributes(out, tag.attributes);
    out += '>';
}

void CanonicalWriter::standalone_start(const StartTag& tag, std::string& out) const {
    std::vector<const Rendered*> in_force;
    for (std::size_t i = rendered_.size(); i > 0; --i) {
        const Rendered& binding = rendered_[i - 1];
        const bool shadowed = std::any_of(in_force.begin(), in_force.end(),
                                          [&](const Rendered* inner) { return inner->prefix == binding.prefix; });
        if (!shadowed) in_force.push_back(&binding);
    }
    std::sort(in_force.begin(), in_force.end(),
              [](const Rendered* a, const Rendered* b) { return a->prefix < b->prefix; });
    out += '<';
    append_name(out, tag.prefix, tag.local);
    for (const Rendered* binding : in_force) {
        if (!binding->uri.empty()) append_namespace(out, binding->prefix, binding->uri);
    }
    if (!tag.attributes.empty()) append_attributes(out, tag.attributes);
    out += '>';
}

void CanonicalWriter::end(std::string& out) {
    const OpenElement& element = open_.back();
    out += "</";
    out.append(names_, element.name);
    out += '>';
    names_.resize(element.name);
    rendered_.erase(rendered_.begin() + static_cast<std::ptrdiff_t>(element.rendered), rendered_.end());
    declared_.erase(declared_.begin() + static_cast<std::ptrdiff_t>(element.declared), declared_.end());
    open_.pop_back();
}

void CanonicalWriter::text(std::string_view text, std::string& out) {
    xml::escape_text(out, text);
}

}  // namespace slo::saml
