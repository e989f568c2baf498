// A binding decoder's result: the document, and the message's place in it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

struct ReceivedMessage::Impl {
    xml::Document document;
    xml::Element message;  ///< borrowed from `document`
    Binding binding;
    std::optional<RefusedRequest> other_request;
};

}  // namespace slo::saml
