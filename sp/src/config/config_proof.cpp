#include "config_proof.hpp"

#include <utility>
#include <variant>

#include "config_client.hpp"
#include "config_sections.hpp"
#include "key_files.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/saml/keys.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using idp_adapter::MetadataSourceOptions;

}  // namespace

ProofReader::Proof ProofReader::read_trust(metadata::MetadataRules& rules) const {
    const auto certificates = table_.texts("signing_certificates");
    const auto hash = table_.text("sha256");
    if (hash && !certificates.empty()) {
        refuse(table_.place_of("sha256"), "sha256 beside signing_certificates", "keep one of them");
    }
    if (certificates.empty() && table_.has("dangerously_accept_sha1_signature")) {
        refuse(table_.place_of("dangerously_accept_sha1_signature"),
               "dangerously_accept_sha1_signature means nothing without signing_certificates", "remove it");
    }
    if (hash) {
        rules.trust = metadata::PinnedHash{hash_of(*hash, "sha256")};
        return Proof::hash;
    }
    if (certificates.empty()) return Proof::none;
    metadata::SignedBy signers;
    if (table_.is_on("dangerously_accept_sha1_signature")) {
        signers.algorithms.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted;
    }
    for (const auto& text : certificates) {
        const Placed<fs::path> file{folder_ / text.value, text.place};
        auto key = saml::VerificationKey::from(load_certificate(file, "signing_certificates", now_, notes_));
        if (!key) {
            refuse(file.place, "the key in " + shown(file.value.string()) + " is too weak or of a kind that isn't used",
                   "use RSA of 2048 to 8192 bits, P-256, P-384 or P-521");
        }
        signers.keys.push_back(*std::move(key));
    }
    rules.trust = std::move(signers);
    return Proof::signature;
}

void ProofReader::read(MetadataSourceOptions& source) const {
    const Proof proof = read_trust(source.rules);
    read_certified_server(source, proof);
    require_proof(source, proof);
    read_age(source);
}

/// Metadata makes keys out of octets, so octets from the network need a proof of their source (MET-01).
void ProofReader::require_proof(const MetadataSourceOptions& source, Proof proof) const {
    const bool says_so = table_.is_on("accept_unsigned_from_pinned_server");
    if (says_so && proof != Proof::none) {
        refuse(table_.place_of("accept_unsigned_from_pinned_server"),
               "accept_unsigned_from_pinned_server beside signing_certificates or sha256",
               "remove it: the document proves itself");
    }
    const bool is_certified = source.unsigned_from == idp_adapter::UnsignedFrom::certified_server;
    if (proof != Proof::none || std::holds_alternative<idp_adapter::MetadataFile>(source.place) || is_certified) return;
    if (!says_so) {
        refuse(
            table_.place(), "[[metadata]] " + shown(source.name) + " has nothing to prove itself with",
            "name the certificate of its signature, signing_certificates = [\"federation.crt.pem\"], or, for the URL "
            "of "
            "one IdP that doesn't sign its document, pin the server's key, pinned_tls_keys beside "
            "accept_unsigned_from_pinned_server = true, or believe each server that the system's CAs certify for this "
            "host, accept_unsigned_from_certified_server = true");
    }
    if (!table_.has("pinned_tls_keys") || table_.is_on("allow_http")) {
        refuse(table_.place_of("accept_unsigned_from_pinned_server"),
               "accept_unsigned_from_pinned_server without pinned_tls_keys, or with allow_http",
               "pin the server's key, over https: pinned_tls_keys = [\"SHA-256 of its SubjectPublicKeyInfo\"]");
    }
}

/// Explicit, and noted at each start: any CA can then give another server the power over this IdP's logouts.
void ProofReader::read_certified_server(MetadataSourceOptions& source, Proof proof) const {
    constexpr std::string_view key = "accept_unsigned_from_certified_server";
    if (!table_.is_on(key)) return;
    if (proof != Proof::none) {
        refuse(table_.place_of(key), std::string(key) + " beside signing_certificates or sha256",
               "remove it: the document proves itself");
    }
    const auto* url = std::get_if<idp_adapter::MetadataUrl>(&source.place);
    if (url == nullptr) {
        refuse(table_.place_of(key), std::string(key) + " without url",
               "remove it: it's for the URL of one IdP, and other sources need a signature");
    }
    if (table_.has("pinned_tls_keys") || table_.is_on("allow_http")) {
        refuse(table_.place_of(key), std::string(key) + " beside pinned_tls_keys or allow_http",
               "keep pinned_tls_keys with accept_unsigned_from_pinned_server = true, which is better, or remove them");
    }
    // Without it the server's first answer could be of another partner's IdP.
    if (!table_.has("entities")) {
        refuse(table_.place_of(key), std::string(key) + " without entities",
               "name the IdP's entityID: entities = [\"...\"]");
    }
    // The certificate is for the URL's host, and proves nothing about another one.
    if (table_.has("max_redirects")) {
        refuse(table_.place_of("max_redirects"), "max_redirects beside " + std::string(key),
               "remove it: no redirect is followed there");
    }
    std::get<idp_adapter::MetadataUrl>(source.place).http.max_redirects = 0;
    source.unsigned_from = idp_adapter::UnsignedFrom::certified_server;
    source.holds = idp_adapter::Holds::one_idp;
    const bool own_ca = table_.has("ca");
    const Place place = table_.place_of(key);
    notes_.push_back(place.file + ":" + std::to_string(place.line) + ": note: the metadata of " + shown(source.name) +
                     " is believed because of its server's certificate alone: " +
                     (own_ca ? "the CA in ca" : "each CA of the system") +
                     " can give another server the power over whose logouts "
                     "count; if the IdP signs its metadata, name its certificate (signing_certificates), "
                     "or else pin the server's "
                     "key (pinned_tls_keys)");
}

/// One IdP's own document, as Keycloak, Entra ID, AD FS and Okta publish it, has no validUntil.
void ProofReader::read_age(MetadataSourceOptions& source) const {
    constexpr std::string_view key = "max_age_without_valid_until";
    const auto* url = std::get_if<idp_adapter::MetadataUrl>(&source.place);
    const bool is_https = url != nullptr && idp_adapter::parts_of(url->url).scheme == "https";
    if (!is_https && table_.has(key)) {
        refuse(table_.place_of(key), std::string(key) + " without an https url",
               "remove it: other documents need a validUntil, or, in a file, never end");
    }
    const auto longest = table_.seconds(key, 24h * 7, {0s, 24h * 30});
    if (is_https && longest > 0s) source.rules.max_age_without_valid_until = longest;
}

}  // namespace slo::sp
