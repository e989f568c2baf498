#include "slo/metadata/metadata_parser.hpp"

#include <string>
#include <utility>
#include <vector>

#include "entity_reading.hpp"
#include "reading.hpp"
#include "trusted_reading.hpp"

namespace slo::metadata {
namespace {

using saml::xml::Element;

/// From the document's root down to the EntityDescriptor.
using Path = std::vector<Element>;

void collect_entities(const Element& element, Path path, std::vector<Path>& found) {
    path.push_back(element);
    if (element.is(md("EntityDescriptor"))) {
        found.push_back(std::move(path));
        return;
    }
    if (!element.is(md("EntitiesDescriptor"))) return;
    for (const Element& child : element.children()) collect_entities(child, path, found);
}

Result<Path> find_the_entity(const Element& root) {
    std::vector<Path> found;
    collect_entities(root, {}, found);
    if (found.size() == 1) return std::move(found.front());
    if (!root.is(md("EntitiesDescriptor"))) {
        return Failure{make_error_code(Errc::not_metadata),
                       "the root is neither EntityDescriptor nor EntitiesDescriptor of SAML 2.0 metadata"};
    }
    return broken(Errc::not_metadata, root, "it holds " + std::to_string(found.size()) + " entities, and one is read");
}

}  // namespace

Result<EntityDescriptor> parse_entity_descriptor(std::string_view octets, Instant now,
                                                 std::chrono::seconds clock_skew) {
    const auto document = saml::xml::Document::parse(octets, saml::xml::metadata_limits);
    if (!document) return told_by_the_front(document.error(), octets.substr(0, front_octets));
    const auto path = find_the_entity(document->root());
    if (!path) return path.error();

    Validity around;
    for (std::size_t i = 0; i + 1 < path->size(); ++i) {
        const auto group = read_validity((*path)[i]);
        if (!group) return group.error();
        around = narrowed(around, *group);
    }
    CertificateKeys known;
    return read_entity(path->back(), around, {now, clock_skew}, known, saml::EntityIDForm::absolute_uri);
}

}  // namespace slo::metadata
