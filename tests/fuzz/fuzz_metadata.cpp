// Whatever is accepted as metadata keeps the promises of its type, and says the same when it is read again or in
// canonical form.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "fuzz.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/metadata/review.hpp"
#include "slo/saml/xml.hpp"
#include "xml_reading.hpp"

namespace {

using namespace slo;
using namespace slo::metadata;

const Instant& now() {
    static const Instant instant = saml::parse_instant("2030-01-15T10:00:00Z").value();
    return instant;
}
constexpr std::chrono::seconds skew{180};

bool fits_something(const saml::VerificationKey& key) {
    using enum saml::SignatureAlgorithm;
    return std::ranges::any_of(std::array{rsa_sha256, rsa_sha384, rsa_sha512, ecdsa_sha256, ecdsa_sha384, ecdsa_sha512},
                               [&](auto algorithm) { return key.fits(algorithm); });
}

/// The key policy, asked of OpenSSL itself.
bool is_allowed(const saml::Certificate& certificate) {
    const std::string& der = certificate.der();
    const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509, void (*)(X509*)> x509(d2i_X509(nullptr, &octets, static_cast<long>(der.size())),
                                                      X509_free);
    if (!x509) return false;
    EVP_PKEY* key = X509_get0_pubkey(x509.get());
    const int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1) return bits >= 2048 && bits <= 8192;
    return EVP_PKEY_is_a(key, "EC") == 1 && (bits == 256 || bits == 384 || bits == 521);
}

void check_url(const saml::EndpointUrl& url) {
    const std::string& text = url.str();
    const std::size_t host = text.starts_with("https://") ? 8 : 7;
    fuzz::require(text.size() <= 1024 && (host == 8 || text.starts_with("http://")));
    fuzz::require(text.size() > host && text.find_first_of("# \t\r\n<>\"") == std::string::npos);
    fuzz::require(text.substr(host, text.find('/', host) - host).find('@') == std::string::npos);
}

void check_idp(const IdpRole& role) {
    fuzz::require(role.keys.size() + role.skipped_keys.size() <= 16);
    const auto verification = role.verification_keys();
    fuzz::require(!verification.empty() && verification.size() <= saml::max_verification_keys);
    for (const auto& key : role.keys) {
        fuzz::require(fits_something(key.key));
        if (key.certificate) fuzz::require(is_allowed(*key.certificate));
    }
    const auto verifying =
        std::ranges::count_if(role.keys, [](const auto& key) { return key.use != KeyUse::encryption; });
    fuzz::require(static_cast<std::size_t>(verifying) == verification.size());
    for (const auto& service : role.single_logout_services) {
        fuzz::require(service.binding.find(':') != std::string::npos);
        check_url(service.location);
        if (service.response_location) check_url(*service.response_location);
    }
    fuzz::require(role.sign_on.endpoints.size() <= 16 && role.sign_on.skipped_services.size() <= 16);
    for (const auto& endpoint : role.sign_on.endpoints) check_url(endpoint.location);
    if (role.sign_on.error_url) check_url(*role.sign_on.error_url);
    for (const auto& name : role.sign_on.display_names) fuzz::require(saml::is_clean_value(name.text, 256));
    for (const auto& why : role.sign_on.skipped_services) {
        fuzz::require(std::ranges::all_of(why, [](char c) { return c >= 0x20 && c < 0x7F; }));
    }
}

/// Everything but the lines in the reports on skipped keys.
std::string describe(const EntityDescriptor& entity) {
    std::string text = entity.entity_id.str();
    if (entity.valid_until) text += "|" + saml::format_instant(*entity.valid_until);
    if (!entity.idp) return text;
    text += "|skipped " + std::to_string(entity.idp->skipped_keys.size());
    for (const auto& key : entity.idp->keys) {
        text += "|" + std::to_string(static_cast<int>(key.use)) +
                (key.certificate ? key.certificate->fingerprint() : "bare key");
    }
    for (const auto& service : entity.idp->single_logout_services) {
        text += "|" + service.binding + "|" + service.location.str() + "|" +
                (service.response_location ? service.response_location->str() : "") +
                (service.supports_asynchronous ? "|asynchronous" : "");
    }
    for (const auto& endpoint : entity.idp->sign_on.endpoints) {
        text += "|" + std::string(name(endpoint.binding)) + "|" + endpoint.location.str();
    }
    return text;
}

/// What a source takes keeps the same promises, and a review has an error for whatever it refuses.
void check_document(std::string_view input) {
    const MetadataRules rules{.trust = TrustedPlace{}};
    const auto document = read_metadata(saml::source_of(input), rules, now());
    bool refused = !document;
    if (document) {
        refused = document->refused_count > 0;
        for (const auto& entity : document->idps) {
            fuzz::require(entity.idp.has_value());
            fuzz::require(!entity.valid_until || *entity.valid_until >= now() - skew);
            check_idp(*entity.idp);
        }
    }
    bool has_error = false;
    for (const auto& finding : review(input, rules, now())) {
        has_error = has_error || finding.severity == Severity::error;
        fuzz::require(std::ranges::all_of(finding.text, [](char c) { return c >= 0x20 && c < 0x7F; }));
    }
    fuzz::require(has_error || !refused);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    check_document(input);
    const auto entity = parse_entity_descriptor(input, now(), skew);
    if (!entity) return 0;
    const std::string& id = entity->entity_id.str();
    fuzz::require(!id.empty() && id.size() <= 1024 && id.find(':') != std::string::npos);
    fuzz::require(!entity->valid_until || *entity->valid_until >= now() - skew);
    if (entity->idp) check_idp(*entity->idp);

    const std::string canonical = test::exclusive_canonical(input);
    const auto again = parse_entity_descriptor(canonical, now(), skew);
    if (!again && canonical.size() > saml::xml::metadata_limits.octets) return 0;
    fuzz::require(again.has_value() && describe(*again) == describe(*entity));
    return 0;
}
