#include "slo/saml/xml.hpp"

#include <libxml/SAX2.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <climits>
#include <new>
#include <utility>

#include "c_errors.hpp"
#include "owned.hpp"
#include "runtime_init.hpp"
#include "slo/saml/error.hpp"
#include "utf8.hpp"
#include "xml_octets.hpp"

namespace slo::saml::xml {
namespace {

std::string_view view(const xmlChar* chars) noexcept {
    return chars == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(chars));
}

const xmlChar* chars(const std::string& text) noexcept {
    return reinterpret_cast<const xmlChar*>(text.c_str());
}

/// The parser callbacks' state. libxml2 reports a stopped parse as success with a document (2.9.14), so the
/// verdict is ours: `refused`, once set, stays.
struct Watch {
    Limits limits;
    std::span<const std::uint32_t> lines = {};  ///< of the elements, where they are known better
    int elements = 0;
    int depth = 0;
    std::optional<Errc> refused;
    int line = 0;  ///< where the parser stopped
    bool out_of_memory = false;
};

void refuse(void* context, Errc rule) noexcept {
    auto* parser = static_cast<xmlParserCtxtPtr>(context);
    auto* watch = static_cast<Watch*>(parser->_private);
    if (!watch->refused) watch->refused = rule;
    watch->line = xmlSAX2GetLineNumber(context);
    xmlStopParser(parser);
}

// These run before libxml2 reads the declarations themselves: CVE-2026-6653 (use after free in the internal subset)
// and every entity attack end here.
void on_internal_subset(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    refuse(context, Errc::xml_doctype);
}
// NOLINTNEXTLINE(readability-function-size): libxml2's signature
void on_entity(void* context, const xmlChar*, int, const xmlChar*, const xmlChar*, xmlChar*) {
    refuse(context, Errc::xml_doctype);
}
void on_processing_instruction(void* context, const xmlChar*, const xmlChar*) {
    refuse(context, Errc::xml_processing_instruction);
}
void on_comment(void* context, const xmlChar*) {
    refuse(context, Errc::xml_comment);
}
void drop_comment(void*, const xmlChar*) {}

// libxml2 goes on if there was no memory for an attribute or a namespace, and calls the rest of the document
// well-formed: a lost Destination, or a lost ID, would go unnoticed.
void note_shortage(Watch& watch, const xmlError* error) noexcept {
    if (error->code == XML_ERR_NO_MEMORY) watch.out_of_memory = true;
}
void on_parser_error(void* context, xmlErrorPtr error) {
    note_shortage(*static_cast<Watch*>(static_cast<xmlParserCtxtPtr>(context)->_private), error);
}
void on_tree_error(void* watch, xmlErrorPtr error) {
    note_shortage(*static_cast<Watch*>(watch), error);
}

/// libxml2 has room for 16 bits, and notes where the start tag ends: what it leaves to its caller holds ours. Null
/// where there was no memory for the node.
void note_line(const xmlParserCtxt& parser, const Watch& watch) noexcept {
    if (parser.node == nullptr) return;
    const auto number = static_cast<std::size_t>(watch.elements - 1);
    const xmlParserInput& input = *parser.input;
    const std::string_view octets(reinterpret_cast<const char*>(input.base),
                                  static_cast<std::size_t>(input.cur - input.base));
    const std::uintptr_t line =
        number < watch.lines.size() ? watch.lines[number] : line_of_tag(octets, static_cast<std::uint64_t>(input.line));
    parser.node->_private = reinterpret_cast<void*>(line);
}

// NOLINTNEXTLINE(readability-function-size): libxml2's signature
void on_start_element(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar* uri, int namespaces,
                      const xmlChar** namespace_pairs, int attributes, int defaulted, const xmlChar** attribute_parts) {
    auto* watch = static_cast<Watch*>(static_cast<xmlParserCtxtPtr>(context)->_private);
    ++watch->elements;
    ++watch->depth;
    if (watch->elements > watch->limits.elements || watch->depth > watch->limits.depth ||
        namespaces > watch->limits.namespaces_per_element || attributes > watch->limits.attributes_per_element) {
        return refuse(context, Errc::xml_limits);
    }
    for (int i = 0; i < namespaces; ++i) {
        if (!canonicalises(view(namespace_pairs[2 * i + 1]))) return refuse(context, Errc::xml_malformed);
    }
    xmlSAX2StartElementNs(context, local, prefix, uri, namespaces, namespace_pairs, attributes, defaulted,
                          attribute_parts);
    note_line(*static_cast<xmlParserCtxtPtr>(context), *watch);
}

void on_end_element(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar* uri) {
    --static_cast<Watch*>(static_cast<xmlParserCtxtPtr>(context)->_private)->depth;
    xmlSAX2EndElementNs(context, local, prefix, uri);
}

/// Step 1 of the pipeline: the octets, before any parser sees them.
Result<std::string_view> check_octets(std::string_view octets, const Limits& limits) {
    if (octets.size() > limits.octets || octets.size() > INT_MAX) return fail(Errc::message_too_large);
    if (octets.starts_with(byte_order_mark)) octets.remove_prefix(byte_order_mark.size());
    if (octets.starts_with(byte_order_mark)) return fail(Errc::xml_encoding);  // libxml2 would take a second one off
    if (octets.find('\0') != std::string_view::npos || !utf8_length(octets)) return fail(Errc::xml_encoding);
    if (declares_another_encoding(octets)) return fail(Errc::xml_encoding);
    // A quick refusal of the common attack; the parser's callbacks are the real guard.
    if (octets.find("<!DOCTYPE") != std::string_view::npos || octets.find("<!ENTITY") != std::string_view::npos) {
        return fail(Errc::xml_doctype);
    }
    return octets;
}

OwnedXmlDoc parse_with_libxml2(std::string_view octets, Watch& watch, bool& clean) {
    // A fresh context for each document: a used one keeps state of the last (CVE-2022-2309), and its dictionary grows.
    const OwnedXmlParserCtxt parser(xmlCreateMemoryParserCtxt(octets.data(), static_cast<int>(octets.size())));
    if (!parser) {
        watch.out_of_memory = !octets.empty();
        return nullptr;
    }
    // All octets are there. Without a callback libxml2 doesn't make room for more: 2.9.14 has been seen to follow a
    // null pointer where it found none.
    parser->input->buf->readcallback = nullptr;
    parser->_private = &watch;
    // Never NOENT, DTDLOAD, DTDATTR, DTDVALID, XINCLUDE, HUGE or RECOVER. It is UTF-8, whatever the document says.
    constexpr int options =
        XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC;
    if (xmlCtxtUseOptions(parser.get(), options) != 0) return nullptr;
    parser->sax->internalSubset = on_internal_subset;
    parser->sax->externalSubset = on_internal_subset;
    parser->sax->entityDecl = on_entity;
    parser->sax->processingInstruction = on_processing_instruction;
    parser->sax->comment = watch.limits.comments == Comments::dropped ? drop_comment : on_comment;
    parser->sax->startElementNs = on_start_element;
    parser->sax->endElementNs = on_end_element;
    parser->sax->serror = on_parser_error;
    xmlSetStructuredErrorFunc(&watch, on_tree_error);  // until the caller's CErrorScope ends
    const bool parsed = xmlParseDocument(parser.get()) == 0;
    watch.line = watch.refused ? watch.line : parser->lastError.line;
    OwnedXmlDoc doc(std::exchange(parser->myDoc, nullptr));
    // errNo also counts errors that aren't fatal to libxml2: undeclared prefixes, repeated attributes.
    clean = parsed && parser->wellFormed == 1 && parser->nsWellFormed == 1 && parser->errNo == XML_ERR_OK;
    return doc;
}

/// Text alone: without a DTD there is no entity that could be in it.
std::string attribute_value(const xmlAttr* attribute) {
    std::string value;
    for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) value += view(part->content);
    return value;
}

Name name_of(const xmlAttr* attribute) noexcept {
    return {attribute->ns == nullptr ? std::string_view{} : view(attribute->ns->href), view(attribute->name)};
}

bool is_id_like(const xmlAttr* attribute) noexcept {
    for (const std::string_view name : {"id", "assertionid", "requestid", "responseid"}) {
        if (equal_ignoring_case(view(attribute->name), name)) return true;
    }
    return false;
}

bool is_xml_id(const xmlAttr* attribute) noexcept {
    return name_of(attribute) == Name{"http://www.w3.org/XML/1998/namespace", "id"};
}

/// Collects the values of all ID-like attributes below `node`; false if there is an xml:id.
bool collect_ids(const xmlNode* node, std::vector<std::string>& ids) {
    for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
        if (is_xml_id(attribute)) return false;
        if (is_id_like(attribute)) ids.push_back(collapsed(attribute_value(attribute)));
    }
    for (const xmlNode* child = node->children; child != nullptr; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !collect_ids(child, ids)) return false;
    }
    return true;
}

xmlNode* next_element(xmlNode* node) noexcept {
    while (node != nullptr && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
}

}  // namespace

void Document::Free::operator()(_xmlDoc* doc) const noexcept {
    Release<xmlFreeDoc>{}(doc);
}

Result<Document> Document::parse(std::string_view octets, const Limits& limits) {
    return parse(octets, limits, {});
}

Result<Document> Document::parse(std::string_view octets, const Limits& limits, std::span<const std::uint32_t> lines) {
    const auto checked = check_octets(octets, limits);
    if (!checked) return checked.error();
    ensure_runtime();
    const CErrorScope quiet;
    Watch watch{.limits = limits, .lines = lines, .refused = std::nullopt};
    bool clean = false;
    OwnedXmlDoc doc = parse_with_libxml2(*checked, watch, clean);
    const auto where = [&] { return watch.line > 0 ? "line " + std::to_string(watch.line) : std::string(); };
    if (watch.refused) return fail(*watch.refused, where());
    if (watch.out_of_memory) throw std::bad_alloc();
    if (!doc || !clean || doc->intSubset != nullptr || view(doc->version) != "1.0")
        return fail(Errc::xml_malformed, where());
    if (xmlDocGetRootElement(doc.get()) == nullptr) return fail(Errc::xml_malformed);
    return Document(doc.release());  // the Document frees it
}

Element Document::root() const noexcept {
    return Element(xmlDocGetRootElement(doc_.get()));
}

bool Document::has_unique_ids() const {
    std::vector<std::string> ids;
    if (!collect_ids(xmlDocGetRootElement(doc_.get()), ids)) return false;
    std::sort(ids.begin(), ids.end());
    return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

Name Element::name() const noexcept {
    return {node_->ns == nullptr ? std::string_view{} : view(node_->ns->href), view(node_->name)};
}

std::optional<std::string> Element::attribute(std::string_view local) const {
    for (const xmlAttr* attribute = node_->properties; attribute != nullptr; attribute = attribute->next) {
        if (attribute->ns == nullptr && view(attribute->name) == local) return attribute_value(attribute);
    }
    return std::nullopt;
}

std::optional<std::string> Element::collapsed_attribute(std::string_view local) const {
    auto value = attribute(local);
    if (value) value = collapsed(*value);
    return value;
}

std::vector<Attribute> Element::attributes() const {
    std::vector<Attribute> all;
    for (const xmlAttr* attribute = node_->properties; attribute != nullptr; attribute = attribute->next) {
        all.push_back({name_of(attribute), attribute_value(attribute)});
    }
    return all;
}

std::vector<Name> Element::attribute_names() const {
    std::vector<Name> all;
    for (const xmlAttr* attribute = node_->properties; attribute != nullptr; attribute = attribute->next) {
        all.push_back(name_of(attribute));
    }
    return all;
}

std::vector<Element> Element::children() const {
    std::vector<Element> all;
    for (auto child = first_child(); child; child = child->next_sibling()) all.push_back(*child);
    return all;
}

std::optional<Element> Element::first_child() const noexcept {
    xmlNode* child = next_element(node_->children);
    return child == nullptr ? std::nullopt : std::optional(Element(child));
}

std::optional<Element> Element::next_sibling() const noexcept {
    xmlNode* sibling = next_element(node_->next);
    return sibling == nullptr ? std::nullopt : std::optional(Element(sibling));
}

bool Element::has_only_element_content() const noexcept {
    for (const xmlNode* child = node_->children; child != nullptr; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) continue;
        if (child->type != XML_TEXT_NODE) return false;
        if (view(child->content).find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
    }
    return true;
}

Result<std::string> Element::text() const {
    std::string text;
    for (const xmlNode* child = node_->children; child != nullptr; child = child->next) {
        if (child->type != XML_TEXT_NODE && child->type != XML_CDATA_SECTION_NODE) {
            return fail(Errc::schema_violation,
                        "line " + std::to_string(line()) + ": an element where only text may stand");
        }
        text += view(child->content);
    }
    return text;
}

std::optional<std::string> Element::namespace_of_prefix(std::string_view prefix) const {
    const std::string name(prefix);
    const xmlNs* ns = xmlSearchNs(node_->doc, node_, name.empty() ? nullptr : chars(name));
    if (ns == nullptr || ns->href == nullptr) return std::nullopt;
    return std::string(view(ns->href));
}

std::vector<std::pair<std::string, std::string>> Element::namespaces_in_scope() const {
    std::vector<std::pair<std::string, std::string>> bound;
    for (const xmlNode* node = node_; node != nullptr && node->type == XML_ELEMENT_NODE; node = node->parent) {
        for (const xmlNs* ns = node->nsDef; ns != nullptr; ns = ns->next) {
            const std::string_view prefix = view(ns->prefix);
            const bool shadowed =
                std::any_of(bound.begin(), bound.end(), [&](const auto& b) { return b.first == prefix; });
            if (!shadowed) bound.emplace_back(prefix, view(ns->href));
        }
    }
    return bound;
}

int Element::line() const noexcept {
    return static_cast<int>(reinterpret_cast<std::uintptr_t>(node_->_private));
}

namespace {

/// One search each, because a search for one octet runs at the memory's speed, and one for any of several doesn't.
bool contains_any_of(std::string_view value, std::string_view octets) noexcept {
    return std::ranges::any_of(octets, [value](char c) { return value.find(c) != std::string_view::npos; });
}

}  // namespace

void escape_text(std::string& out, std::string_view value) {
    // A federation's metadata is a hundred megabytes of text with hardly anything to escape.
    if (!contains_any_of(value, "&<>\r")) {
        out += value;
        return;
    }
    for (const char c : value) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '\r':
                out += "&#xD;";
                break;
            default:
                out += c;
        }
    }
}

void escape_attribute(std::string& out, std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\t':
                out += "&#x9;";
                break;
            case '\n':
                out += "&#xA;";
                break;
            case '\r':
                out += "&#xD;";
                break;
            default:
                out += c;
        }
    }
}

}  // namespace slo::saml::xml
