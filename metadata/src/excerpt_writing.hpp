// How an excerpt of a metadata document is written.
#pragma once

#include <string>
#include <string_view>

#include "validity.hpp"

namespace slo::metadata {

/// ExcerptWriter puts entities of one document into another. What it is given of the document are elements that can
/// stand alone.
class ExcerptWriter {
public:
    /// The root's own.
    void set_validity(const Validity& validity) { validity_ = validity; }
    /// The root's mdrpi:PublicationInfo.
    void set_publication(std::string_view octets) { publication_ = octets; }
    /// An entity, and what the groups around it, the root among them, grant altogether.
    void add(std::string_view octets, const Validity& around);
    /// The document; empty if nothing was added.
    [[nodiscard]] std::string finish() &&;

private:
    Validity validity_;
    std::string publication_;
    std::string entities_;
};

}  // namespace slo::metadata
