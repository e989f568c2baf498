// No input verifies unless what it says is, field by field, what was signed.
#include <span>
#include <string>

#include "fuzz.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

// One key and one signed message for a whole run: P-256, because it is quick.
struct Original {
    Instant now = parse_instant("2026-03-01T12:00:00Z").value();
    GeneratedKey pem = generate_key(KeyKind::ec_p256, "fuzz", now, std::chrono::days(1)).value();
    SigningKey key = SigningKey::parse(pem.private_key_pem, pem.certificate_pem).value();
    VerificationKey verification = VerificationKey::from(key.certificate()).value();
    EndpointUrl url = EndpointUrl::parse("https://sp.example.com/slo").value();
    LogoutRequest request{.id = MessageID::parse("_m1").value(),
                          .version = {},
                          .issue_instant = now,
                          .destination = url.str(),
                          .consent = std::nullopt,
                          .issuer = EntityID::parse("https://idp.example.com").value(),
                          .identifier = NameID{"alice", {}, {}, {}, {}},
                          .session_indexes = {SessionIndex::parse("s1").value()},
                          .not_on_or_after = std::nullopt,
                          .reason = std::nullopt};
    std::string octets = soap::encode(MessageSigner(key).sign(request).value());
};

/// Each four octets of the input change one place of the original: where (2), how (1), to what (1).
std::string mutated(std::string octets, std::string_view input) {
    for (std::size_t i = 0; i + 4 <= input.size() && i < 64 && !octets.empty(); i += 4) {
        const auto octet = [&](std::size_t n) { return static_cast<unsigned char>(input[i + n]); };
        const std::size_t at = (octet(0) * 256U + octet(1)) % octets.size();
        switch (octet(2) % 4) {
            case 0:
                octets[at] = input[i + 3];
                break;
            case 1:
                octets.insert(at, 1, input[i + 3]);
                break;
            case 2:
                octets.erase(at, octet(3));
                break;
            default:
                octets.insert(at, octets.substr(octet(3) * octets.size() / 256U, 64));
                break;
        }
    }
    return octets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Original original;
    auto message = soap::decode(mutated(original.octets, fuzz::view(data, size)));
    if (!message) return 0;
    const auto request = UnverifiedLogoutRequest::parse(*message);
    if (!request) return 0;
    const Expectations expected{
        .issuer = original.request.issuer, .destinations = {original.url}, .now = original.now, .algorithms = {}};
    const auto verified = MessageVerifier::verify(*request, std::span(&original.verification, 1), expected);
    if (!verified) return 0;
    const LogoutRequest& read = **verified;
    fuzz::require(read.id == original.request.id && read.issue_instant == original.request.issue_instant &&
                  read.destination == original.request.destination && read.issuer == original.request.issuer &&
                  std::get<NameID>(read.identifier) == std::get<NameID>(original.request.identifier) &&
                  read.session_indexes == original.request.session_indexes && !read.not_on_or_after);
    return 0;
}
