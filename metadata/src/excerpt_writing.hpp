// How an excerpt of a metadata document is written.
#pragma once

#include <string>
#include <string_view>

#include "validity.hpp"

namespace slo::metadata {

/// ExcerptWriter puts entities of one document into another. It gets elements of the document that can be a document of
/// their own.
class ExcerptWriter {
public:
    /// set_validity takes the root's own.
    void set_validity(const Validity& validity) { validity_ = validity; }
    /// set_publication takes the root's mdrpi:PublicationInfo.
    void set_publication(std::string_view octets) { publication_ = octets; }
    /// add takes an entity, and the validity that the groups around it, the root among them, grant altogether.
    void add(std::string_view octets, const Validity& around);
    /// finish returns the document; empty if nothing was added.
    [[nodiscard]] std::string finish() &&;

private:
    Validity validity_;
    std::string publication_;
    std::string entities_;
};

}  // namespace slo::metadata
