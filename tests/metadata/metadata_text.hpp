// IdP metadata written by hand, part by part, so that a test can break exactly one of them.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <system_error>

#include "slo/metadata/metadata_document.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace slo::test {

/// Stands in every malformed value: no report may repeat it.
inline constexpr std::string_view canary = "canary";

/// A ds:X509Data with a certificate below tests/fixtures.
[[nodiscard]] std::string x509_data(std::string_view certificate_file);
/// A KeyDescriptor; `attributes` and `key_info` are markup.
[[nodiscard]] std::string key_descriptor(std::string_view attributes, std::string_view key_info);
[[nodiscard]] std::string signing_key(std::string_view certificate_file = "keys/idp1-first.crt.pem");

/// IdpMetadataText is the metadata of IdP1: one signing key, one SOAP endpoint. All members are markup.
struct IdpMetadataText {
    std::string entity_attributes = R"(entityID="https://idp1.example.org/metadata")";
    std::string before_role;
    std::string role_attributes = R"(protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol")";
    std::string keys = signing_key();
    std::string services = R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" )"
                           R"(Location="https://idp1.example.org/slo/soap"/>)";
    std::string after_role;

    [[nodiscard]] std::string role() const;
    [[nodiscard]] std::string xml() const;
};

/// An md:EntitiesDescriptor around `content`.
[[nodiscard]] std::string entities(std::string_view content, std::string_view attributes = {});

/// 2030-01-15T10:00:00Z, when every document here is read; and three minutes of clock skew.
[[nodiscard]] Instant reading_time();
inline constexpr std::chrono::seconds skew{180};

[[nodiscard]] Result<metadata::EntityDescriptor> read(std::string_view document);
/// The IdP role of a document that must be accepted. Throws std::runtime_error with the failure's code and detail.
[[nodiscard]] metadata::IdpRole role_of(std::string_view document);

/// Another IdP than IdP1: https://idp`number`.example.org/metadata.
[[nodiscard]] IdpMetadataText idp_text(int number);

/// Rules for a place that vouches; and for a federation that signs with keys/idp2.
[[nodiscard]] metadata::MetadataRules local_rules();
[[nodiscard]] metadata::MetadataRules federation_rules();
/// `document` with the federation's signature; its root needs an ID.
[[nodiscard]] std::string signed_by_federation(std::string_view document);
[[nodiscard]] Result<metadata::MetadataDocument> read_document(std::string_view document,
                                                               const metadata::MetadataRules& rules = local_rules());
/// Checks that the whole document is refused for exactly `expected`, and that the report doesn't hold the canary.
void check_document_refused(std::string_view document, std::error_code expected,
                            const metadata::MetadataRules& rules = local_rules());

/// Checks that `document` breaks exactly the rule `expected`, that the report holds `words` and not the canary.
void check_refused(std::string_view document, std::error_code expected, std::string_view words = {});

}  // namespace slo::test
