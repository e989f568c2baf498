// What the parser accepts stays within its limits, has one canonical form, and says the same when that is read again.
#include <algorithm>
#include <utility>
#include <vector>

#include "fuzz.hpp"
#include "slo/saml/soap.hpp"
#include "slo/saml/xml.hpp"
#include "xml_reading.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

constexpr std::string_view xml_namespace = "http://www.w3.org/XML/1998/namespace";

/// What our own reader shows of a document, written as XML with a prefix for each namespace; and its measures.
struct Reading {
    std::string text;
    int elements = 0;
    int depth = 0;
    int attributes = 0;  ///< the most that one element has
    std::vector<std::string> ids;
    bool xml_id = false;
};

bool is_id_like(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return lower == "id" || lower == "assertionid" || lower == "requestid" || lower == "responseid";
}

void read_attributes(const xml::Element& element, Reading& reading) {
    auto attributes = element.attributes();
    std::ranges::sort(attributes, {}, [](const auto& a) { return std::pair(a.name.namespace_uri, a.name.local); });
    reading.attributes = std::max(reading.attributes, static_cast<int>(attributes.size()));
    fuzz::require(attributes.size() == element.attribute_names().size());
    int prefixes = 0;
    for (const auto& [name, value] : attributes) {
        if (is_id_like(name.local)) reading.ids.push_back(value);
        if (name == xml::Name{xml_namespace, "id"}) reading.xml_id = true;
        std::string prefix;
        if (name.namespace_uri == xml_namespace) {
            prefix = "xml:";
        } else if (!name.namespace_uri.empty()) {
            const std::string own = "a" + std::to_string(prefixes++);
            reading.text += " xmlns:" + own + "=\"";
            xml::escape_attribute(reading.text, name.namespace_uri);
            reading.text += '"';
            prefix = own + ":";
        } else {
            fuzz::require(element.attribute(name.local) == value);
        }
        reading.text += " " + prefix + std::string(name.local) + "=\"";
        xml::escape_attribute(reading.text, value);
        reading.text += '"';
    }
}

void read(const xml::Element& element, int depth, Reading& reading) {
    ++reading.elements;
    reading.depth = std::max(reading.depth, depth);
    const bool of_xml = element.name().namespace_uri == xml_namespace;
    const std::string name = (of_xml ? "xml:" : "") + std::string(element.name().local);
    reading.text += "<" + name;
    if (!of_xml) {
        reading.text += " xmlns=\"";
        xml::escape_attribute(reading.text, element.name().namespace_uri);
        reading.text += '"';
    }
    read_attributes(element, reading);
    reading.text += ">";
    const auto text = element.text();
    fuzz::require(text.has_value() == !element.first_child().has_value());
    if (text) xml::escape_text(reading.text, *text);
    for (const auto& child : element.children()) read(child, depth + 1, reading);
    for (const auto& [prefix, uri] : element.namespaces_in_scope()) {
        fuzz::require(element.namespace_of_prefix(prefix).value_or("") == uri);
    }
    reading.text += "</" + name + ">";
}

Reading read(const xml::Document& document) {
    Reading reading;
    read(document.root(), 1, reading);
    std::ranges::sort(reading.ids);
    const bool unique = !reading.xml_id && std::ranges::adjacent_find(reading.ids) == reading.ids.end();
    fuzz::require(document.has_unique_ids() == unique);
    return reading;
}

/// Escapes make a text longer, and each element may declare its namespaces again: these limits have room for it.
Reading read_again(const std::string& octets, const xml::Limits& limits) {
    xml::Limits wider = limits;
    wider.octets = std::max(octets.size(), limits.octets);
    wider.attributes_per_element *= 2;
    wider.namespaces_per_element *= 2;
    const auto document = xml::Document::parse(octets, wider);
    fuzz::require(document.has_value());
    return read(*document);
}

/// The envelope's reader and we see the same ID.
void check_in_envelope(const xml::Document& document, const std::string& canonical) {
    auto message = soap::decode(R"(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>)" +
                                canonical + "</S:Body></S:Envelope>");
    if (!message || !message->claimed_id()) return;
    fuzz::require(document.root().attribute("ID") == message->claimed_id()->str());
}

/// What was read, or nothing where `input` is refused.
std::string check(std::string_view input, const xml::Limits& limits) {
    const auto document = xml::Document::parse(input, limits);
    if (!document) return {};
    fuzz::require(input.size() <= limits.octets);
    Reading reading = read(*document);
    fuzz::require(reading.elements <= limits.elements && reading.depth <= limits.depth &&
                  reading.attributes <= limits.attributes_per_element);
    fuzz::require(read_again(reading.text, limits).text == reading.text);

    const std::string canonical = test::exclusive_canonical(input);
    fuzz::require(read_again(canonical, limits).text == reading.text);
    fuzz::require(test::exclusive_canonical(canonical) == canonical);
    check_in_envelope(*document, canonical);
    return std::move(reading.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    const std::string text = check(input, {});
    if (text.empty()) {
        check(input, xml::metadata_limits);
    } else {
        const auto wider = xml::Document::parse(input, xml::metadata_limits);
        fuzz::require(wider.has_value() && read(*wider).text == text);
    }
    return 0;
}
