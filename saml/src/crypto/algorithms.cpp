#include "slo/saml/algorithms.hpp"

#include <algorithm>
#include <array>

namespace slo::saml {
namespace {

template <class Algorithm>
struct Identifier {
    Algorithm algorithm;
    std::string_view uri;
};

// RFC 6931 and XML Signature 1.1, section 6.
constexpr auto signature_identifiers = std::to_array<Identifier<SignatureAlgorithm>>({
    {SignatureAlgorithm::rsa_sha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"},
    {SignatureAlgorithm::rsa_sha384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"},
    {SignatureAlgorithm::rsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"},
    {SignatureAlgorithm::ecdsa_sha256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
    {SignatureAlgorithm::ecdsa_sha384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"},
    {SignatureAlgorithm::ecdsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"},
    {SignatureAlgorithm::rsa_sha1, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
    {SignatureAlgorithm::rsa_pss_sha256, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"},
    {SignatureAlgorithm::rsa_pss_sha384, "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1"},
    {SignatureAlgorithm::rsa_pss_sha512, "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1"},
});
constexpr auto digest_identifiers = std::to_array<Identifier<DigestAlgorithm>>({
    {DigestAlgorithm::sha256, "http://www.w3.org/2001/04/xmlenc#sha256"},
    {DigestAlgorithm::sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"},
    {DigestAlgorithm::sha512, "http://www.w3.org/2001/04/xmlenc#sha512"},
    {DigestAlgorithm::sha1, "http://www.w3.org/2000/09/xmldsig#sha1"},
});

template <class Table, class Algorithm>
std::string_view uri_in(const Table& table, Algorithm algorithm) noexcept {
    const auto found = std::ranges::find(table, algorithm, [](const auto& row) { return row.algorithm; });
    return found == table.end() ? std::string_view{} : found->uri;
}

template <class Algorithm, class Table>
std::optional<Algorithm> algorithm_in(const Table& table, std::string_view uri) noexcept {
    const auto found = std::ranges::find(table, uri, [](const auto& row) { return row.uri; });
    return found == table.end() ? std::nullopt : std::optional(found->algorithm);
}

}  // namespace

std::string_view uri(SignatureAlgorithm algorithm) noexcept {
    return uri_in(signature_identifiers, algorithm);
}
std::string_view uri(DigestAlgorithm algorithm) noexcept {
    return uri_in(digest_identifiers, algorithm);
}

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view uri) noexcept {
    return algorithm_in<SignatureAlgorithm>(signature_identifiers, uri);
}
std::optional<DigestAlgorithm> digest_algorithm(std::string_view uri) noexcept {
    return algorithm_in<DigestAlgorithm>(digest_identifiers, uri);
}

DigestAlgorithm digest_of(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case SignatureAlgorithm::rsa_sha256:
        case SignatureAlgorithm::rsa_pss_sha256:
        case SignatureAlgorithm::ecdsa_sha256:
            return DigestAlgorithm::sha256;
        case SignatureAlgorithm::rsa_sha384:
        case SignatureAlgorithm::rsa_pss_sha384:
        case SignatureAlgorithm::ecdsa_sha384:
            return DigestAlgorithm::sha384;
        case SignatureAlgorithm::rsa_sha512:
        case SignatureAlgorithm::rsa_pss_sha512:
        case SignatureAlgorithm::ecdsa_sha512:
            return DigestAlgorithm::sha512;
        case SignatureAlgorithm::rsa_sha1:
            return DigestAlgorithm::sha1;
    }
    return DigestAlgorithm::sha256;
}

bool is_rsa_pss(SignatureAlgorithm algorithm) noexcept {
    return algorithm == SignatureAlgorithm::rsa_pss_sha256 || algorithm == SignatureAlgorithm::rsa_pss_sha384 ||
           algorithm == SignatureAlgorithm::rsa_pss_sha512;
}

bool AlgorithmPolicy::allows(SignatureAlgorithm algorithm) const noexcept {
    if (is_rsa_pss(algorithm)) return rsa_pss != RsaPss::refused;
    return algorithm != SignatureAlgorithm::rsa_sha1 || sha1 == Sha1::dangerously_accepted;
}
bool AlgorithmPolicy::allows(DigestAlgorithm algorithm) const noexcept {
    return algorithm != DigestAlgorithm::sha1 || sha1 == Sha1::dangerously_accepted;
}

}  // namespace slo::saml
