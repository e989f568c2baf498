#include "xml_reading.hpp"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace slo::test {
namespace {

std::string text_of(const xmlChar* text) {
    return text ? reinterpret_cast<const char*>(text) : "";
}

std::string value_of(xmlAttr* attribute) {
    const std::unique_ptr<xmlChar, void (*)(void*)> value(xmlNodeListGetString(attribute->doc, attribute->children, 1),
                                                          xmlFree);
    return text_of(value.get());
}

XmlNode convert(xmlNode* node, std::map<std::string, std::string> prefixes) {
    for (const xmlNs* ns = node->nsDef; ns; ns = ns->next) prefixes[text_of(ns->prefix)] = text_of(ns->href);
    XmlNode result;
    result.ns = node->ns ? text_of(node->ns->href) : "";
    result.name = text_of(node->name);
    result.prefixes = prefixes;
    for (xmlAttr* attribute = node->properties; attribute; attribute = attribute->next) {
        const auto name = text_of(attribute->name);
        result.attributes[attribute->ns ? "{" + text_of(attribute->ns->href) + "}" + name : name] = value_of(attribute);
    }
    for (xmlNode* child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) result.children.push_back(convert(child, prefixes));
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            result.text += text_of(child->content);
        }
    }
    return result;
}

using OwnedDoc = std::unique_ptr<xmlDoc, void (*)(xmlDoc*)>;

OwnedDoc parsed(std::string_view octets) {
    OwnedDoc doc(xmlReadMemory(octets.data(), static_cast<int>(octets.size()), nullptr, nullptr,
                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
                 xmlFreeDoc);
    if (!doc) throw std::runtime_error("not well-formed: " + std::string(octets.substr(0, 200)));
    return doc;
}

}  // namespace

const XmlNode& XmlNode::only(std::string_view its_ns, std::string_view its_name) const {
    if (count(its_ns, its_name) != 1) {
        throw std::runtime_error(name + " doesn't have exactly one " + std::string(its_name));
    }
    return *std::find_if(children.begin(), children.end(), [&](const auto& c) { return c.is(its_ns, its_name); });
}

const XmlNode* XmlNode::find(std::string_view its_ns, std::string_view its_name) const {
    if (is(its_ns, its_name)) return this;
    for (const auto& child : children) {
        if (const auto* found = child.find(its_ns, its_name)) return found;
    }
    return nullptr;
}

std::size_t XmlNode::count(std::string_view its_ns, std::string_view its_name) const {
    return static_cast<std::size_t>(
        std::count_if(children.begin(), children.end(), [&](const auto& c) { return c.is(its_ns, its_name); }));
}

XmlNode read_xml(std::string_view octets) {
    return convert(xmlDocGetRootElement(parsed(octets).get()), {});
}

std::string exclusive_canonical(std::string_view octets) {
    const auto doc = parsed(octets);
    xmlChar* memory = nullptr;
    const int length = xmlC14NDocDumpMemory(doc.get(), nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, &memory);
    const std::unique_ptr<xmlChar, void (*)(void*)> owned(memory, xmlFree);
    if (length < 0) throw std::runtime_error("libxml2 can't write it in canonical form");
    return {reinterpret_cast<const char*>(memory), static_cast<std::size_t>(length)};
}

}  // namespace slo::test
