#include "slo/metadata/sp_metadata.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "reading.hpp"
#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/algorithms.hpp"

namespace slo::metadata {
namespace {

// Deployments keep to 256 characters (Kantara SDP-G04), so a longer entityID wouldn't be stored whole everywhere.
constexpr std::size_t max_entity_id_bytes = 256;
constexpr std::size_t max_text_bytes = 1024;

// The algorithms of open_name_id(), the preferred one first: document order is preference.
constexpr std::string_view encryption_methods[] = {
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    "http://www.w3.org/2009/xmlenc11#rsa-oaep",
};

// In the order of preference; the policy chooses among them.
constexpr auto digests = std::to_array({saml::DigestAlgorithm::sha256, saml::DigestAlgorithm::sha384,
                                        saml::DigestAlgorithm::sha512, saml::DigestAlgorithm::sha1});
constexpr auto signatures = std::to_array({saml::SignatureAlgorithm::rsa_sha256, saml::SignatureAlgorithm::ecdsa_sha256,
                                           saml::SignatureAlgorithm::rsa_sha384, saml::SignatureAlgorithm::ecdsa_sha384,
                                           saml::SignatureAlgorithm::rsa_sha512, saml::SignatureAlgorithm::ecdsa_sha512,
                                           saml::SignatureAlgorithm::rsa_sha1});

Failure bad(std::string_view why) {
    return Failure{make_error_code(Errc::bad_sp_metadata), std::string(why)};
}

/// A signing certificate that no IdP of a sane policy accepts would otherwise be noticed at the first logout only.
Result<void> check_certificates(const SpMetadata& metadata) {
    if (metadata.signing.empty()) return bad("no signing certificate: no IdP could verify our answers");
    for (const saml::Certificate& certificate : metadata.signing) {
        const auto key = saml::VerificationKey::from(certificate);
        if (!key) return bad("a signing certificate's key is refused (" + key.error().code.message() + ")");
    }
    for (const saml::Certificate& certificate : metadata.encryption) {
        const auto key = saml::VerificationKey::from(certificate);
        if (!key || !key->fits(saml::SignatureAlgorithm::rsa_sha256)) {
            return bad("an encryption certificate without an RSA key of 2048 to 8192 bits: it could not wrap a key");
        }
    }
    return Done{};
}

bool are_sound(const std::vector<LocalizedText>& texts) {
    return std::ranges::all_of(texts, [](const LocalizedText& text) {
        return is_language_tag(text.language) && saml::is_clean_value(text.text, max_text_bytes);
    });
}

Result<void> check_people(const SpMetadata& metadata) {
    if (!are_sound(metadata.display_names)) return bad("a display name is empty or too long, or its language is none");
    if (const auto& organization = metadata.organization) {
        for (const auto* texts : {&organization->names, &organization->display_names, &organization->urls}) {
            if (texts->empty()) return bad("an organization needs a name, a display name and a URL");
            if (!are_sound(*texts)) return bad("a text of the organization is empty or too long, or its language none");
        }
        for (const LocalizedText& url : organization->urls) {
            if (!saml::is_absolute_uri(url.text)) return bad("the organization's URL is no absolute URI");
        }
    }
    for (const ContactPerson& person : metadata.contacts) {
        for (const std::string* text : {&person.company, &person.given_name, &person.sur_name}) {
            if (!text->empty() && !saml::is_clean_value(*text, max_text_bytes))
                return bad("a contact's text is no text");
        }
        for (const std::string& mail : person.email_addresses) {
            if (!is_email_address(mail)) return bad("a contact's e-mail address is none");
        }
    }
    return Done{};
}

bool have_own_indexes(const std::vector<IndexedEndpoint>& endpoints) {
    return std::ranges::all_of(endpoints, [&](const IndexedEndpoint& one) {
        return std::ranges::count(endpoints, one.index, &IndexedEndpoint::index) == 1;
    });
}

Result<void> check_attributes(const AttributeConsumingService& needs) {
    if (needs.names.empty() || needs.attributes.empty())
        return bad("requested attributes need a name of the service, and one attribute at least");
    if (!are_sound(needs.names)) return bad("a name of the service is empty or too long, or its language is none");
    for (const RequestedAttribute& attribute : needs.attributes) {
        if (!saml::is_clean_value(attribute.name, max_text_bytes))
            return bad("a requested attribute's Name is no text");
        if (!attribute.friendly_name.empty() && !saml::is_clean_value(attribute.friendly_name, max_text_bytes))
            return bad("a requested attribute's FriendlyName is no text");
        if (!attribute.name_format.empty() && !saml::is_absolute_uri(attribute.name_format))
            return bad("a requested attribute's NameFormat is not an absolute URI");
        const auto repeats = std::ranges::count_if(needs.attributes, [&](const RequestedAttribute& other) {
            return other.name == attribute.name && other.name_format == attribute.name_format;
        });
        if (repeats > 1) return bad("an attribute is requested twice");
    }
    return Done{};
}

Result<void> check_sign_on(const SpMetadata& metadata) {
    if (metadata.assertion_consumers.empty()) return bad("no AssertionConsumerService: the schema demands one");
    if (!have_own_indexes(metadata.assertion_consumers)) return bad("two AssertionConsumerServices have one index");
    if (!have_own_indexes(metadata.discovery_responses)) return bad("two DiscoveryResponses have one index");
    return metadata.attribute_needs ? check_attributes(*metadata.attribute_needs) : Result<void>(Done{});
}

Result<void> check(const SpMetadata& metadata) {
    if (metadata.entity_id.str().size() > max_entity_id_bytes) return bad("the entityID is longer than 256 bytes");
    if (metadata.cache_duration && *metadata.cache_duration < std::chrono::seconds(1))
        return bad("a cacheDuration of less than a second");
    if (auto people = check_people(metadata); !people) return people;
    if (auto sign_on = check_sign_on(metadata); !sign_on) return sign_on;
    for (const std::string& format : metadata.name_id_formats) {
        if (!saml::is_absolute_uri(format)) return bad("a NameIDFormat is not an absolute URI");
    }
    return check_certificates(metadata);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "=\"";
    saml::xml::escape_attribute(out, value);
    out += '"';
}

void append_key_descriptor(std::string& out, std::string_view use, const saml::Certificate& certificate,
                           std::span<const std::string_view> methods) {
    out += "    <md:KeyDescriptor";
    append_attribute(out, "use", use);
    out += ">\n      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>";
    out += certificate.base64();
    out += "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\n";
    for (const std::string_view method : methods) {
        out += "      <md:EncryptionMethod";
        append_attribute(out, "Algorithm", method);
        out += "/>\n";
    }
    out += "    </md:KeyDescriptor>\n";
}

void append_endpoint(std::string& out, std::string_view element, std::string_view binding,
                     const saml::EndpointUrl& location, std::string_view more = {}) {
    out += "    <md:";
    out += element;
    append_attribute(out, "Binding", binding);
    append_attribute(out, "Location", location.str());
    out += more;
    out += "/>\n";
}

/// xs:duration in seconds: every reader understands it, and none needs the length of a month.
std::string duration(std::chrono::seconds time) {
    return "PT" + std::to_string(time.count()) + "S";
}

/// ALG-01: the sizes are those of keys that become a VerificationKey.
void append_algorithms(std::string& out) {
    const saml::AlgorithmPolicy policy;
    for (const saml::DigestAlgorithm digest : digests) {
        if (!policy.allows(digest)) continue;
        out += "    <alg:DigestMethod";
        append_attribute(out, "Algorithm", saml::uri(digest));
        out += "/>\n";
    }
    for (const saml::SignatureAlgorithm signature : signatures) {
        if (!policy.allows(signature)) continue;
        const bool is_rsa = saml::uri(signature).find("#rsa-") != std::string_view::npos;
        out += "    <alg:SigningMethod";
        append_attribute(out, "Algorithm", saml::uri(signature));
        append_attribute(out, "MinKeySize", is_rsa ? "2048" : "256");
        append_attribute(out, "MaxKeySize", is_rsa ? "8192" : "521");
        out += "/>\n";
    }
}

std::string_view value_of(SubjectIdNeed need) {
    switch (need) {
        case SubjectIdNeed::unsaid:
            return {};
        case SubjectIdNeed::subject_id:
            return "subject-id";
        case SubjectIdNeed::pairwise_id:
            return "pairwise-id";
        case SubjectIdNeed::any:
            return "any";
        case SubjectIdNeed::none:
            return "none";
    }
    return {};
}

void append_subject_id(std::string& out, SubjectIdNeed need) {
    if (need == SubjectIdNeed::unsaid) return;
    out += "    <mdattr:EntityAttributes";
    append_attribute(out, "xmlns:mdattr", mdattr_namespace);
    append_attribute(out, "xmlns:saml", saml_namespace);
    out += "><saml:Attribute";
    append_attribute(out, "Name", "urn:oasis:names:tc:SAML:profiles:subject-id:req");
    append_attribute(out, "NameFormat", uri_name_format);
    out += "><saml:AttributeValue>";
    out += value_of(need);
    out += "</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>\n";
}

void append_extensions(std::string& out, const SpMetadata& metadata) {
    out += "  <md:Extensions>\n";
    append_algorithms(out);
    append_subject_id(out, metadata.subject_id);
    out += "  </md:Extensions>\n";
}

void append_element(std::string& out, std::string_view element, std::string_view text) {
    if (text.empty()) return;
    out += "    <";
    out += element;
    out += '>';
    saml::xml::escape_text(out, text);
    out += "</";
    out += element;
    out += ">\n";
}

void append_localized(std::string& out, std::string_view element, const std::vector<LocalizedText>& texts) {
    for (const LocalizedText& localized : texts) {
        out += "    <";
        out += element;
        append_attribute(out, "xml:lang", localized.language);
        out += '>';
        saml::xml::escape_text(out, localized.text);
        out += "</";
        out += element;
        out += ">\n";
    }
}

void append_organization(std::string& out, const Organization& organization) {
    out += "  <md:Organization>\n";
    append_localized(out, "md:OrganizationName", organization.names);
    append_localized(out, "md:OrganizationDisplayName", organization.display_names);
    append_localized(out, "md:OrganizationURL", organization.urls);
    out += "  </md:Organization>\n";
}

void append_contact(std::string& out, const ContactPerson& person) {
    out += "  <md:ContactPerson";
    append_attribute(out, "contactType", name(person.type));
    out += ">\n";
    append_element(out, "md:Company", person.company);
    append_element(out, "md:GivenName", person.given_name);
    append_element(out, "md:SurName", person.sur_name);
    for (const std::string& mail : person.email_addresses) append_element(out, "md:EmailAddress", "mailto:" + mail);
    out += "  </md:ContactPerson>\n";
}

void append_names(std::string& out, const std::vector<LocalizedText>& names) {
    if (names.empty()) return;
    out += "    <mdui:UIInfo";
    append_attribute(out, "xmlns:mdui", mdui_namespace);
    out += ">\n";
    append_localized(out, "mdui:DisplayName", names);
    out += "    </mdui:UIInfo>\n";
}

/// The attributes of an md:IndexedEndpointType, of which the first one is the default.
std::string indexed(const IndexedEndpoint& endpoint, const std::vector<IndexedEndpoint>& all) {
    std::string attributes;
    append_attribute(attributes, "index", std::to_string(endpoint.index));
    if (&endpoint == &all.front()) append_attribute(attributes, "isDefault", "true");
    return attributes;
}

void append_discovery(std::string& out, const std::vector<IndexedEndpoint>& responses) {
    for (const IndexedEndpoint& response : responses) {
        out += "    <idpdisc:DiscoveryResponse";
        append_attribute(out, "xmlns:idpdisc", idpdisc_namespace);
        append_attribute(out, "Binding", idpdisc_namespace);
        append_attribute(out, "Location", response.location.str());
        out += indexed(response, responses);
        out += "/>\n";
    }
}

void append_role_extensions(std::string& out, const SpMetadata& metadata) {
    if (metadata.display_names.empty() && metadata.discovery_responses.empty()) return;
    out += "    <md:Extensions>\n";
    append_names(out, metadata.display_names);
    append_discovery(out, metadata.discovery_responses);
    out += "    </md:Extensions>\n";
}

void append_attribute_needs(std::string& out, const AttributeConsumingService& needs) {
    out += "    <md:AttributeConsumingService index=\"0\" isDefault=\"true\">\n";
    append_localized(out, "md:ServiceName", needs.names);
    for (const RequestedAttribute& attribute : needs.attributes) {
        out += "    <md:RequestedAttribute";
        append_attribute(out, "Name", attribute.name);
        if (!attribute.name_format.empty()) append_attribute(out, "NameFormat", attribute.name_format);
        if (!attribute.friendly_name.empty()) append_attribute(out, "FriendlyName", attribute.friendly_name);
        if (attribute.need == RequestedAttribute::Need::required) append_attribute(out, "isRequired", "true");
        out += "/>\n";
    }
    out += "    </md:AttributeConsumingService>\n";
}

/// In the schema's order: Extensions, KeyDescriptor, SingleLogoutService, NameIDFormat, AssertionConsumerService,
/// AttributeConsumingService.
void append_role(std::string& out, const SpMetadata& metadata) {
    out += "  <md:SPSSODescriptor";
    if (metadata.authn_requests == AuthnRequests::signed_always) append_attribute(out, "AuthnRequestsSigned", "true");
    if (metadata.wanted_assertions == WantedAssertions::signed_themselves)
        append_attribute(out, "WantAssertionsSigned", "true");
    append_attribute(out, "protocolSupportEnumeration", saml2_protocol);
    out += ">\n";
    append_role_extensions(out, metadata);
    for (const auto& certificate : metadata.signing) append_key_descriptor(out, "signing", certificate, {});
    for (const auto& certificate : metadata.encryption) {
        append_key_descriptor(out, "encryption", certificate, encryption_methods);
    }
    append_endpoint(out, "SingleLogoutService", soap_binding, metadata.single_logout_soap);
    if (metadata.single_logout_browser) {
        append_endpoint(out, "SingleLogoutService", redirect_binding, *metadata.single_logout_browser);
        append_endpoint(out, "SingleLogoutService", post_binding, *metadata.single_logout_browser);
    }
    for (const std::string& format : metadata.name_id_formats) {
        out += "    <md:NameIDFormat>";
        saml::xml::escape_text(out, format);
        out += "</md:NameIDFormat>\n";
    }
    for (const IndexedEndpoint& consumer : metadata.assertion_consumers) {
        append_endpoint(out, "AssertionConsumerService", post_binding, consumer.location,
                        indexed(consumer, metadata.assertion_consumers));
    }
    if (metadata.attribute_needs) append_attribute_needs(out, *metadata.attribute_needs);
    out += "  </md:SPSSODescriptor>\n";
}

}  // namespace

std::string_view name(ContactType type) noexcept {
    switch (type) {
        case ContactType::technical:
            return "technical";
        case ContactType::support:
            return "support";
        case ContactType::administrative:
            return "administrative";
        case ContactType::billing:
            return "billing";
        case ContactType::other:
            return "other";
    }
    return {};
}

bool is_language_tag(std::string_view text) noexcept {
    std::size_t part = 0;
    bool first = true;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (c == '-' && part > 0) {
            part = 0;
            first = false;
        } else if ((!letter && (first || !digit)) || ++part > 8) {
            return false;
        }
    }
    return part > 0;
}

bool is_email_address(std::string_view text) {
    const auto at = text.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos && text.find(':') == std::string_view::npos &&
           saml::is_absolute_uri("mailto:" + std::string(text));
}

Result<std::string> write_sp_metadata(const SpMetadata& metadata) {
    auto checked = check(metadata);
    if (!checked) return std::move(checked).error();
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor";
    append_attribute(out, "xmlns:md", md_namespace);
    append_attribute(out, "xmlns:ds", ds_namespace);
    append_attribute(out, "xmlns:alg", alg_namespace);
    if (metadata.id) append_attribute(out, "ID", metadata.id->str());
    append_attribute(out, "entityID", metadata.entity_id.str());
    if (metadata.valid_until) append_attribute(out, "validUntil", saml::format_instant(*metadata.valid_until));
    if (metadata.cache_duration) append_attribute(out, "cacheDuration", duration(*metadata.cache_duration));
    out += ">\n";
    append_extensions(out, metadata);
    append_role(out, metadata);
    if (metadata.organization) append_organization(out, *metadata.organization);
    for (const ContactPerson& person : metadata.contacts) append_contact(out, person);
    out += "</md:EntityDescriptor>\n";
    return out;
}

}  // namespace slo::metadata
