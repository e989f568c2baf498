// Verification and decryption with too little memory (KEY-03): what is refused with memory is refused without, and what
// is accepted is accepted as it was signed, or not at all.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "every_allocation.hpp"
#include "fixtures.hpp"
#include "logout_request_text.hpp"
#include "ports.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo::test;
namespace saml = slo::saml;
namespace data = boost::unit_test::data;

constexpr Failing both_ways[] = {Failing::the_nth, Failing::from_the_nth};
const std::string p256_key = "keys/idp2-p256";  // the fastest there is: hundreds of verifications in one test

saml::SigningKey signing_key(const std::string& name) {
    return saml::SigningKey::parse(fixture(name + ".key.pem"), fixture(name + ".crt.pem")).value();
}
saml::VerificationKey verification_key(const std::string& name) {
    return saml::VerificationKey::from(saml::Certificate::parse(fixture(name + ".crt.pem")).value()).value();
}

/// A request with everything in it that could get lost on the way.
saml::LogoutRequest full_request() {
    return {.id = saml::MessageID::parse("_r1").value(),
            .version = {},
            .issue_instant = at(baseline_now),
            .destination = std::string(our_soap_url),
            .consent = "urn:oasis:names:tc:SAML:2.0:consent:obtained",
            .issuer = saml::EntityID::parse(idp2_entity_id).value(),
            .identifier = saml::NameID{.value = "al & ice",
                                       .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                                       .name_qualifier = "https://idp2.example.org/?a=1&b=2",
                                       .sp_name_qualifier = std::string(our_entity_id),
                                       .sp_provided_id = "42"},
            .session_indexes = {saml::SessionIndex::parse("i1").value(), saml::SessionIndex::parse("i2").value()},
            .not_on_or_after = at("2030-01-15T10:05:00Z"),
            .reason = "urn:oasis:names:tc:SAML:2.0:logout:user"};
}

std::string signed_envelope(const saml::LogoutRequest& request, const std::string& key = p256_key) {
    return saml::soap::encode(saml::MessageSigner(signing_key(key)).sign(request).value());
}

saml::Expectations expectations() {
    return {.issuer = saml::EntityID::parse(idp2_entity_id).value(),
            .destinations = {saml::EndpointUrl::parse(our_soap_url).value()},
            // So that only this library would miss a Destination that gets lost.
            .destination_rule = saml::DestinationRule::optional,
            .now = at(baseline_now),
            .algorithms = {}};
}

/// Everything that a request says, in one line.
std::string described(const saml::LogoutRequest& request, const saml::NameID& name_id) {
    std::string text = "accepted " + request.id.str() + '|' + saml::format_instant(request.issue_instant) + '|' +
                       request.destination.value_or("-") + '|' + request.consent.value_or("-") + '|' +
                       request.issuer.str() + '|' + name_id.value + '|' + name_id.format.value_or("-") + '|' +
                       name_id.name_qualifier.value_or("-") + '|' + name_id.sp_name_qualifier.value_or("-") + '|' +
                       name_id.sp_provided_id.value_or("-") + '|' + request.reason.value_or("-");
    for (const auto& index : request.session_indexes) text += '|' + index.str();
    if (request.not_on_or_after) text += '|' + saml::format_instant(*request.not_on_or_after);
    return text;
}

/// The work's input: made before memory runs short.
struct Material {
    std::vector<saml::VerificationKey> keys{verification_key(p256_key)};
    std::vector<saml::DecryptionKey> decryption_keys{saml::DecryptionKey::parse(fixture("sp/sp.key.pem")).value()};
    saml::Expectations expected = expectations();
    saml::EntityID us = saml::EntityID::parse(our_entity_id).value();
};

/// Octets to a NameID.
std::string outcome(const std::string& octets, const Material& with) {
    auto message = saml::soap::decode(octets);
    if (!message) return message.error().code.message();
    const auto received = saml::UnverifiedLogoutRequest::parse(*message);
    if (!received) return received.error().code.message();
    const auto request = saml::MessageVerifier::verify(*received, with.keys, with.expected);
    if (!request) return request.error().code.message();
    const auto name_id = saml::open_name_id(*request, with.decryption_keys, with.us, with.expected.algorithms);
    if (!name_id) return name_id.error().code.message();
    return described(**request, *name_id);
}

struct Message {
    const char* name;
    std::function<std::string()> octets;
    std::string rule;
    Recovery recovery = Recovery::at_once;
};
std::ostream& operator<<(std::ostream& out, const Message& message) {
    return out << message.name;
}

std::string encrypted_envelope(const std::string& certificate_file = "sp/sp.crt.pem") {
    saml::LogoutRequest request = full_request();
    const auto name_id = std::get<saml::NameID>(request.identifier);
    const auto certificate = saml::Certificate::parse(fixture(certificate_file)).value();
    request.identifier = saml::close_name_id(name_id, certificate, saml::EntityID::parse(our_entity_id).value(),
                                             saml::ContentEncryption::aes256_gcm)
                             .value();
    return signed_envelope(request);
}

std::string with_header(const std::string& block) {
    return replaced(signed_envelope(full_request()), "<S:Body>", "<S:Header>" + block + "</S:Header><S:Body>");
}
std::string without_signature(const std::string& octets) {
    const auto begin = octets.find("<ds:Signature ");
    const std::string_view end = "</ds:Signature>";
    return octets.substr(0, begin) + octets.substr(octets.find(end) + end.size());
}

const std::vector<Message> good_messages = {
    {"with a NameID", [] { return signed_envelope(full_request()); }, ""},
    {"with an EncryptedID", [] { return encrypted_envelope(); }, "", Recovery::within_32_runs},
};

const std::vector<Message> bad_messages = {
    {"another NameID", [] { return replaced(signed_envelope(full_request()), "al &amp; ice", "mallory"); },
     "sig.invalid"},
    {"a SessionIndex taken out",
     [] { return replaced(signed_envelope(full_request()), "<samlp:SessionIndex>i2</samlp:SessionIndex>", ""); },
     "sig.invalid"},
    {"a changed SignatureValue",
     [] {
         const std::string octets = signed_envelope(full_request());
         const auto at = octets.find("<ds:SignatureValue>") + std::string_view("<ds:SignatureValue>").size();
         std::string changed = octets;
         changed[at] = changed[at] == 'A' ? 'B' : 'A';
         return changed;
     },
     "sig.invalid"},
    {"signed by an unknown key", [] { return signed_envelope(full_request(), "keys/sp-p256"); }, "sig.invalid"},
    {"signed by an unknown RSA key", [] { return signed_envelope(full_request(), "keys/stranger"); }, "sig.no_key"},
    {"unsigned", [] { return without_signature(signed_envelope(full_request())); }, "sig.missing"},
    {"a second element with its ID", [] { return with_header(R"(<x:h xmlns:x="urn:x" ID="_r1"></x:h>)"); },
     "xml.duplicate_id"},
    {"xml:id", [] { return with_header(R"(<x:h xmlns:x="urn:x" xml:id="_h"></x:h>)"); }, "xml.duplicate_id"},
    {"a header that must be understood",
     [] { return with_header(R"(<x:h xmlns:x="urn:x" S:mustUnderstand="1"></x:h>)"); }, "soap.must_understand"},
    {"a comment in NameID",
     [] { return replaced(signed_envelope(full_request()), "al &amp; ice", "al &amp;<!-- --> ice"); }, "xml.comment"},
    {"a processing instruction", [] { return with_header("<?x?>"); }, "xml.pi"},
    {"for another Destination",
     [] {
         auto request = full_request();
         request.destination = "https://other.example.com/slo";
         return signed_envelope(request);
     },
     "check.destination"},
    {"expired",
     [] {
         auto request = full_request();
         request.not_on_or_after = request.issue_instant;
         return signed_envelope(request);
     },
     "check.not_on_or_after"},
    {"of another Issuer",
     [] {
         auto request = full_request();
         request.issuer = saml::EntityID::parse(idp1_entity_id).value();
         return signed_envelope(request);
     },
     "check.issuer"},
    {"encrypted for another recipient", [] { return encrypted_envelope("keys/stranger.crt.pem"); }, "id.decryption"},
};

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_DATA_TEST_CASE(a_good_request_is_read_as_signed_or_refused, data::make(good_messages), message) {
    const Material with;
    const std::string octets = message.octets();
    const auto work = [&] { return outcome(octets, with); };
    const auto name_id = std::get<saml::NameID>(full_request().identifier);
    const std::string all_of_it = described(full_request(), name_id);
    for (const Failing failing : both_ways) {
        with_every_allocation_failing(
            failing, all_of_it, work,
            [&](const std::string& said) {
                if (said.starts_with("accepted")) BOOST_TEST(said == all_of_it);
            },
            message.recovery);
    }
    BOOST_TEST(work() == all_of_it);
}

BOOST_DATA_TEST_CASE(a_bad_request_is_never_accepted, data::make(bad_messages), message) {
    const Material with;
    const std::string octets = message.octets();
    const auto work = [&] { return outcome(octets, with); };
    for (const Failing failing : both_ways) {
        with_every_allocation_failing(failing, message.rule, work,
                                      [](const std::string& said) { BOOST_TEST(!said.starts_with("accepted"), said); });
    }
}

/// A certificate's octets to its key's name.
std::string key_outcome(const std::string& der) {
    const auto certificate = saml::Certificate::parse(der);
    if (!certificate) return certificate.error().code.message();
    const auto key = saml::VerificationKey::from(*certificate);
    if (!key) return key.error().code.message();
    return "accepted " + std::to_string(key->bits()) + ' ' + key->fingerprint();
}

BOOST_AUTO_TEST_CASE(a_key_is_the_certificates_or_none) {
    for (const auto* name : {"keys/idp2-p256.crt.pem", "keys/idp1-first.crt.pem"}) {
        const std::string der = saml::Certificate::parse(fixture(name)).value().der();
        const std::string all_of_it = key_outcome(der);
        BOOST_TEST_REQUIRE(all_of_it.starts_with("accepted"));
        for (const Failing failing : both_ways) {
            with_every_allocation_failing(
                failing, all_of_it, [&] { return key_outcome(der); },
                [&](const std::string& said) {
                    if (said.starts_with("accepted")) BOOST_TEST(said == all_of_it);
                });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_point_off_its_curve_is_never_a_key) {
    std::string der = saml::Certificate::parse(fixture(p256_key + ".crt.pem")).value().der();
    const std::size_t point = der.find(std::string("\x03\x42\x00\x04", 4));
    BOOST_TEST_REQUIRE(point != std::string::npos);
    der[point + 4 + 63] = static_cast<char>(der[point + 4 + 63] ^ 1);
    for (const Failing failing : both_ways) {
        with_every_allocation_failing(
            failing, "key.unreadable", [&] { return key_outcome(der); },
            [](const std::string& said) { BOOST_TEST(!said.starts_with("accepted"), said); });
    }
}

// Each n 32 times, so that one of them meets the renewal of the RSA key's blinding.
BOOST_AUTO_TEST_CASE(an_rsa_signature_verifies_or_is_not_given) {
    const auto signer = saml::MessageSigner(signing_key("keys/idp2"));
    const Material with;
    const saml::LogoutRequest request = full_request();
    const std::vector<saml::VerificationKey> keys{verification_key("keys/idp2")};
    for (std::size_t n = 1, was_short = 1; was_short > 0; ++n) {
        was_short = 0;
        for (int i = 0; i < 32; ++i) {
            std::string octets;
            const ShortRun run = with_shortage(Failing::the_nth, n, [&] {
                const auto message = signer.sign(request);
                if (message) octets = saml::soap::encode(*message);
                return std::string();
            });
            BOOST_TEST(run.left_clean);
            was_short += run.was_short ? 1 : 0;
            if (octets.empty()) continue;
            auto message = saml::soap::decode(octets).value();
            const auto received = saml::UnverifiedLogoutRequest::parse(message).value();
            BOOST_TEST(saml::MessageVerifier::verify(received, keys, with.expected).has_value(), "allocation " << n);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
