#include "excerpt_writing.hpp"

#include "reading.hpp"

namespace slo::metadata {
namespace {

std::string attributes_of(const Validity& validity) {
    std::string attributes;
    if (validity.valid_until) attributes += " validUntil=\"" + saml::format_instant(*validity.valid_until) + "\"";
    if (validity.cache_duration) {
        attributes += " cacheDuration=\"PT" + std::to_string(validity.cache_duration->count()) + "S\"";
    }
    return attributes;
}

}  // namespace

void ExcerptWriter::add(std::string_view octets, const Validity& around) {
    if (around.valid_until == validity_.valid_until && around.cache_duration == validity_.cache_duration) {
        entities_.append(octets).append("\n");
        return;
    }
    entities_.append("<md:EntitiesDescriptor")
        .append(attributes_of(around))
        .append(">\n")
        .append(octets)
        .append("\n</md:EntitiesDescriptor>\n");
}

std::string ExcerptWriter::finish() && {
    if (entities_.empty()) return {};
    std::string document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntitiesDescriptor xmlns:md=\"";
    document.append(md_namespace).append("\"").append(attributes_of(validity_)).append(">\n");
    if (!publication_.empty()) {
        document.append("<md:Extensions>").append(publication_).append("</md:Extensions>\n");
    }
    return document.append(entities_).append("</md:EntitiesDescriptor>\n");
}

}  // namespace slo::metadata
