// The hardened XML reader for documents read in one pass: as strict as xml::Document, and no tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "canonical_writer.hpp"
#include "slo/saml/octet_stream.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// XmlEvents are a document's parts, in their order. A failure ends the reading and is returned as it is. Comments are
/// dropped; text may come in pieces.
class XmlEvents {
public:
    virtual ~XmlEvents() = default;
    [[nodiscard]] virtual Result<void> start(const StartTag& tag, std::uint64_t line) = 0;
    [[nodiscard]] virtual Result<void> end() = 0;
    [[nodiscard]] virtual Result<void> text(std::string_view text) = 0;
};

/// The octets that were read.
struct OctetsRead {
    std::string sha256;  ///< lower-case hex
    std::uint64_t octets = 0;
};

/// read_xml_stream refuses all that xml::Document refuses, whatever the caller wants: anything but strict UTF-8,
/// DOCTYPE, entity declarations, processing instructions, broken namespaces, documents over `limits`. Events before a
/// refusal have been given: they prove nothing. Errors: those of xml::Document::parse, `source` and `events`.
[[nodiscard]] Result<OctetsRead> read_xml_stream(const OctetSource& source, const StreamLimits& limits,
                                                 XmlEvents& events);

}  // namespace slo::saml
