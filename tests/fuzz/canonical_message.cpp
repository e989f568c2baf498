#include "canonical_message.hpp"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <memory>
#include <stdexcept>

namespace slo::fuzz {
namespace {

bool is_element(const xmlNode* node, const char* local, const char* uri) {
    return node->type == XML_ELEMENT_NODE && xmlStrcmp(node->name, BAD_CAST local) == 0 && node->ns != nullptr &&
           xmlStrcmp(node->ns->href, BAD_CAST uri) == 0;
}

/// The only child element, which must be there.
xmlNode* only_child(xmlNode* parent) {
    xmlNode* child = xmlFirstElementChild(parent);
    if (child == nullptr || xmlNextElementSibling(child) != nullptr) throw std::runtime_error("not one child element");
    return child;
}

/// For xmlC14NExecute: the nodes in the message and not in its Signature. `parent` is given for namespaces too, which
/// have no parent of their own.
int is_signed(void* message, xmlNode* node, xmlNode* parent) {
    const bool has_own_parent = node->type != XML_NAMESPACE_DECL;
    for (xmlNode* at = has_own_parent ? node : parent; at != nullptr; at = at->parent) {
        if (at == message) return 1;
        if (at->parent == message && is_element(at, "Signature", "http://www.w3.org/2000/09/xmldsig#")) return 0;
    }
    return 0;
}

using Doc = std::unique_ptr<xmlDoc, void (*)(xmlDoc*)>;

Doc read(std::string_view text) {
    Doc doc(xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
            xmlFreeDoc);
    if (!doc) throw std::runtime_error("not well-formed");
    return doc;
}

/// `message` in canonical form, without its own Signature.
std::string canonical(xmlDoc* doc, xmlNode* message) {
    const std::unique_ptr<xmlBuffer, void (*)(xmlBuffer*)> buffer(xmlBufferCreate(), xmlBufferFree);
    const std::unique_ptr<xmlOutputBuffer, int (*)(xmlOutputBuffer*)> out(
        xmlOutputBufferCreateBuffer(buffer.get(), nullptr), xmlOutputBufferClose);
    if (xmlC14NExecute(doc, is_signed, message, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, out.get()) < 0) {
        throw std::runtime_error("libxml2 can't write it in canonical form");
    }
    xmlOutputBufferFlush(out.get());
    return {reinterpret_cast<const char*>(xmlBufferContent(buffer.get())),
            static_cast<std::size_t>(xmlBufferLength(buffer.get()))};
}

}  // namespace

std::string canonical_message(std::string_view envelope) {
    const Doc doc = read(envelope);
    xmlNode* body = xmlLastElementChild(xmlDocGetRootElement(doc.get()));
    if (body == nullptr || !is_element(body, "Body", "http://schemas.xmlsoap.org/soap/envelope/")) {
        throw std::runtime_error("no SOAP Body");
    }
    return canonical(doc.get(), only_child(body));
}

std::string canonical_response(std::string_view response) {
    const Doc doc = read(response);
    return canonical(doc.get(), xmlDocGetRootElement(doc.get()));
}

std::string canonical_assertion(std::string_view response) {
    const Doc doc = read(response);
    for (xmlNode* child = xmlFirstElementChild(xmlDocGetRootElement(doc.get())); child != nullptr;
         child = xmlNextElementSibling(child)) {
        if (is_element(child, "Assertion", "urn:oasis:names:tc:SAML:2.0:assertion")) return canonical(doc.get(), child);
    }
    return {};
}

}  // namespace slo::fuzz
