// A changed message never verifies unless its canonical octets are those that were signed; what is then read from it is
// what was signed. The input is a whole envelope. Originals are our own message, signed with a committed test key, and
// the signed requests of other software among the fixtures.
#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "canonical_message.hpp"
#include "fixtures.hpp"
#include "fuzz.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

/// Each IdP with the key that counts for it: our own, and those of the fixtures.
struct Partner {
    EntityID issuer;
    VerificationKey key;
};

Partner partner(std::string_view issuer, std::string_view certificate) {
    const auto parsed = Certificate::parse(test::fixture(certificate)).value();
    return {EntityID::parse(issuer).value(), VerificationKey::from(parsed).value()};
}

const std::vector<Partner>& partners() {
    static const std::vector<Partner> all{
        partner("https://idp1.example.org/metadata", "keys/idp1-first.crt.pem"),
        partner("https://idp-lasso.example.org/metadata", "lasso/idp.crt.pem"),
        partner("https://idp-pysaml2.example.org/metadata", "pysaml2/idp.crt.pem"),
        partner("https://idp-samlify.example.org/metadata", "samlify/idp.crt.pem"),
    };
    return all;
}

/// Time is no subject here: the fixtures are of different days, and all of them count.
Expectations expectations(const EntityID& issuer) {
    constexpr std::chrono::days always{365 * 50};
    return {.issuer = issuer,
            .destinations = {EndpointUrl::parse("https://sp.example.com/saml/slo/soap").value()},
            .destination_rule = DestinationRule::optional,
            .now = parse_instant("2030-01-15T10:00:00Z").value(),
            .clock_skew = always,
            .max_age = always,
            .algorithms = {}};
}

const MessageID& asked() {
    static const auto id = MessageID::parse("_q1").value();
    return id;
}

std::string describe(const NameID& name_id) {
    std::string text = name_id.value;
    for (const auto& part :
         {name_id.format, name_id.name_qualifier, name_id.sp_name_qualifier, name_id.sp_provided_id}) {
        text += "|" + part.value_or("(none)");
    }
    return text;
}
std::string describe(const EncryptedID& id) {
    std::string text = id.algorithm + "|" + id.ciphertext;
    for (const auto& key : id.keys) text += "|" + key.algorithm + "|" + key.ciphertext + "|" + key.oaep_params;
    return text;
}
std::string describe(const BaseID&) {
    return "BaseID";
}

/// Every field, so that two messages are the same if their texts are.
std::string describe(const LogoutRequest& request) {
    std::string text = request.id.str() + "|" + format_instant(request.issue_instant) + "|" +
                       request.destination.value_or("(none)") + "|" + request.issuer.str() + "|" +
                       request.consent.value_or("(none)") + "|" + request.reason.value_or("(none)") + "|" +
                       (request.not_on_or_after ? format_instant(*request.not_on_or_after) : "(none)") + "|" +
                       (request.asynchronous ? "asynchronous" : "") + "|";
    text += std::visit([](const auto& identifier) { return describe(identifier); }, request.identifier);
    for (const auto& index : request.session_indexes) text += "|" + index.str();
    return text;
}
std::string describe(const LogoutResponse& response) {
    std::string text = response.id.str() + "|" + format_instant(response.issue_instant) + "|" +
                       response.destination.value_or("(none)") + "|" + response.issuer.str() + "|" +
                       (response.in_response_to ? response.in_response_to->str() : "(none)") + "|" +
                       std::string(uri(response.status.code)) + "|" + response.status.message.value_or("(none)");
    for (const auto& code : response.status.nested) text += "|" + code;
    return text;
}

template <class Unverified, class Verify>
std::optional<std::string> verified_as(const Unverified& message, Verify verify) {
    const auto& all = partners();
    const auto found = std::ranges::find(all, message.claimed_issuer(), &Partner::issuer);
    if (found == all.end()) return std::nullopt;
    const auto verified = verify(std::span(&found->key, 1), expectations(found->issuer));
    if (!verified) return std::nullopt;
    return describe(**verified);
}

/// A verified message's content, or nothing if it doesn't verify.
std::optional<std::string> verified_fields(std::string_view octets) {
    if (auto message = soap::decode(octets)) {
        const auto request = UnverifiedLogoutRequest::parse(*message);
        if (!request) return std::nullopt;
        return verified_as(*request, [&](auto keys, const auto& expected) {
            return MessageVerifier::verify(*request, keys, expected);
        });
    }
    auto message = soap::decode_response(octets);
    if (!message) return std::nullopt;
    const auto response = UnverifiedLogoutResponse::parse(*message);
    if (!response) return std::nullopt;
    return verified_as(*response, [&](auto keys, const auto& expected) {
        return MessageVerifier::verify(*response, keys, asked(), expected);
    });
}

/// The signed content: canonical octets, and the fields in them.
using Originals = std::map<std::string, std::string>;

void add(Originals& originals, std::string_view octets) {
    if (auto fields = verified_fields(octets)) originals[fuzz::canonical_message(octets)] = *std::move(fields);
}

/// The seeds whose name says so are originals: they are read here and, changed, come back as input.
Originals make_originals() {
    namespace fs = std::filesystem;
    Originals originals;
    for (const char* folder : {"lasso", "pysaml2", "samlify"}) {
        for (const auto& entry : fs::directory_iterator(test::fixture_path(folder))) {
            if (entry.path().extension() == ".xml") add(originals, test::read_file(entry.path().string()));
        }
    }
    const std::size_t theirs = originals.size();
    std::size_t ours = 0;
    for (const auto& entry : fs::directory_iterator(test::fixture_path("../fuzz/seeds/verify"))) {
        if (!entry.path().filename().string().starts_with("original-")) continue;
        add(originals, test::read_file(entry.path().string()));
        ++ours;
    }
    // Each of ours must verify, or the property would be empty.
    fuzz::require(theirs >= 15 && ours >= 6 && originals.size() == theirs + ours);
    return originals;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Originals originals = make_originals();
    const auto input = fuzz::view(data, size);
    const auto fields = verified_fields(input);
    if (!fields) return 0;
    const auto original = originals.find(fuzz::canonical_message(input));
    fuzz::require(original != originals.end() && original->second == *fields);
    return 0;
}
