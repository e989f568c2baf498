// The sign-on side of an IdP's role, read (SAML Metadata 2.4.3, mdui, shibmd). Nothing in it refuses the role.
#pragma once

#include <string>
#include <vector>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

/// read_sign_on reads the IDPSSODescriptor `role`; scopes may stand in the extensions `of_the_entity`, too.
[[nodiscard]] SignOnRole read_sign_on(const saml::xml::Element& role,
                                      const std::vector<saml::xml::Element>& of_the_entity);

/// why_not_usable says why a SingleSignOnService of a binding that we use can't be used; empty if it can, and for other
/// bindings.
[[nodiscard]] std::string why_not_usable(const saml::xml::Element& service, const EndpointRule& rule);

/// keep_allowed moves the endpoints that `rule` refuses to the skipped ones.
void keep_allowed(SignOnRole& role, const EndpointRule& rule);

}  // namespace slo::metadata
