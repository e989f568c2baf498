// The common parts of this room's readers and its writer: the names in metadata, and the report of a broken part.
#pragma once

#include <string>
#include <string_view>

#include "slo/metadata/error.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::metadata {

inline constexpr std::string_view md_namespace = "urn:oasis:names:tc:SAML:2.0:metadata";
inline constexpr std::string_view ds_namespace = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view dsig11_namespace = "http://www.w3.org/2009/xmldsig11#";
inline constexpr std::string_view saml_namespace = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view aslo_namespace = "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo";
inline constexpr std::string_view alg_namespace = "urn:oasis:names:tc:SAML:metadata:algsupport";
inline constexpr std::string_view mdattr_namespace = "urn:oasis:names:tc:SAML:metadata:attribute";
inline constexpr std::string_view mdrpi_namespace = "urn:oasis:names:tc:SAML:metadata:rpi";
inline constexpr std::string_view mdui_namespace = "urn:oasis:names:tc:SAML:metadata:ui";
inline constexpr std::string_view shibmd_namespace = "urn:mace:shibboleth:metadata:1.0";
inline constexpr std::string_view idpdisc_namespace = "urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol";
inline constexpr std::string_view saml2_protocol = "urn:oasis:names:tc:SAML:2.0:protocol";

[[nodiscard]] constexpr saml::xml::Name md(std::string_view local) noexcept {
    return {md_namespace, local};
}
[[nodiscard]] constexpr saml::xml::Name ds(std::string_view local) noexcept {
    return {ds_namespace, local};
}
[[nodiscard]] constexpr saml::xml::Name alg(std::string_view local) noexcept {
    return {alg_namespace, local};
}
[[nodiscard]] constexpr saml::xml::Name mdrpi(std::string_view local) noexcept {
    return {mdrpi_namespace, local};
}

/// at names `element` and its line. Only for elements whose name was compared with a known one: then no text of the
/// document gets into the report.
[[nodiscard]] inline std::string at(const saml::xml::Element& element) {
    return std::string(element.name().local) + ", line " + std::to_string(element.line());
}

[[nodiscard]] inline Failure broken(Errc code, std::string where, std::string_view what) {
    return Failure{make_error_code(code), std::move(where += ": ").append(what)};
}
[[nodiscard]] inline Failure broken(Errc code, const saml::xml::Element& element, std::string_view what) {
    return broken(code, at(element), what);
}

/// location_of reads the Location of an endpoint (Metadata 2.2.2). Errors: Errc::schema_violation, endpoint_malformed.
[[nodiscard]] inline Result<saml::EndpointUrl> location_of(const saml::xml::Element& service) {
    const auto location = service.collapsed_attribute("Location");
    if (!location) return broken(Errc::schema_violation, service, "no Location");
    auto url = saml::EndpointUrl::parse(*location);
    if (!url) return broken(Errc::endpoint_malformed, service, "Location is not an http(s) URL that we would use");
    return url;
}

}  // namespace slo::metadata
