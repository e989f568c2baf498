// read_assertion METADATA: reads a SAMLResponse as a browser posts it (base64, on stdin), verifies it with the keys of
// the IdP's metadata, and prints whose session it makes, as JSON. What isn't signed is never printed.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/time.hpp"
#include "slo/saml/xml.hpp"
#include "slo/saml/xml_signature.hpp"

namespace {

using slo::Failure;
using slo::Result;
using slo::saml::SignedOctets;
using slo::saml::VerificationKeys;
namespace xml = slo::saml::xml;

constexpr std::string_view assertion_ns = "urn:oasis:names:tc:SAML:2.0:assertion";
constexpr std::string_view signature_ns = "http://www.w3.org/2000/09/xmldsig#";
constexpr xml::Limits limits{.octets = 256 * 1024,
                             .elements = 2048,
                             .depth = 32,
                             .attributes_per_element = 32,
                             .namespaces_per_element = 32,
                             .comments = xml::Comments::refused};

Failure refused(std::string detail) {
    return Failure{.code = std::make_error_code(std::errc::bad_message), .detail = std::move(detail)};
}

/// KeepAssertion takes the first Assertion below the root out of a Response, with the namespaces that it inherits.
class KeepAssertion final : public slo::saml::StreamVisitor {
public:
    [[nodiscard]] Result<Take> start(const slo::saml::StreamElement& element) override {
        if (element.depth == 0) return Take::enter;
        return element.name == xml::Name{assertion_ns, "Assertion"} ? Take::keep : Take::skip;
    }
    [[nodiscard]] Result<void> end() override { return slo::Done{}; }
    [[nodiscard]] Result<void> kept(std::string_view octets, std::span<const std::uint32_t>) override {
        if (assertion_) return refused("more than one Assertion");
        assertion_ = std::string(octets);
        return slo::Done{};
    }
    [[nodiscard]] const std::optional<std::string>& assertion() const noexcept { return assertion_; }

private:
    std::optional<std::string> assertion_;
};

std::optional<xml::Element> child(const xml::Element& parent, std::string_view local,
                                  std::string_view namespace_uri = assertion_ns) {
    for (const xml::Element& one : parent.children()) {
        if (one.is({namespace_uri, local})) return one;
    }
    return std::nullopt;
}

/// The canonical octets of `octets` if its root is signed by one of `keys`; nothing if it has no signature of its own.
Result<std::optional<SignedOctets>> verified(const std::string& octets, const VerificationKeys& keys) {
    const auto document = xml::Document::parse(octets, limits);
    if (!document) return document.error();
    const xml::Element root = document->root();
    if (!child(root, "Signature", signature_ns)) return std::optional<SignedOctets>();
    auto covered = slo::saml::verify_enveloped(*document, root, root.attribute("ID").value_or(""), keys, {});
    if (!covered) return covered.error();
    return std::optional<SignedOctets>(*std::move(covered));
}

/// The signed Assertion: signed itself, or part of a signed Response.
Result<std::string> signed_assertion(const std::string& response, const VerificationKeys& keys) {
    KeepAssertion visitor;
    const auto read = slo::saml::read_stream(slo::saml::source_of(response), {}, visitor);
    if (!read) return read.error();
    if (!visitor.assertion()) return refused("no Assertion in clear");
    auto assertion = verified(*visitor.assertion(), keys);
    if (!assertion) return assertion.error();
    if (*assertion) return (*assertion)->str();
    auto whole = verified(response, keys);
    if (!whole) return whole.error();
    if (!*whole) return refused("neither the Response nor its Assertion is signed");
    KeepAssertion covered;
    const auto again = slo::saml::read_stream(slo::saml::source_of((*whole)->str()), {}, covered);
    if (!again) return again.error();
    if (!covered.assertion()) return refused("no Assertion in what is signed");
    return *covered.assertion();
}

/// One JSON object, member by member.
class JsonObject {
public:
    void add(std::string_view name, const std::optional<std::string>& value) {
        if (!value) return;
        text_ += text_.empty() ? "" : ",";
        text_ += quoted(name) + ':' + quoted(*value);
    }
    [[nodiscard]] std::string str() const { return '{' + text_ + '}'; }

private:
    static std::string quoted(std::string_view value) {
        constexpr std::string_view hex = "0123456789abcdef";
        std::string out = "\"";
        for (const char octet : value) {
            const auto code = static_cast<unsigned char>(octet);
            if (octet == '"' || octet == '\\') out += '\\';
            if (code < 0x20) {
                out += "\\u00";
                out += hex[code >> 4];
                out += hex[code & 15];
            } else {
                out += octet;
            }
        }
        return out + '"';
    }
    std::string text_;
};

Result<std::string> told_by(const std::string& assertion, const slo::saml::EntityID& idp) {
    const auto document = xml::Document::parse(assertion, limits);
    if (!document) return document.error();
    const auto issuer = child(document->root(), "Issuer");
    if (!issuer) return refused("no Issuer");
    const auto issuer_text = issuer->text();
    if (!issuer_text || *issuer_text != idp.str()) return refused("another Issuer than the metadata's entity");
    const auto subject = child(document->root(), "Subject");
    const auto statement = child(document->root(), "AuthnStatement");
    if (!subject || !statement) return refused("no Subject, or no AuthnStatement");
    const auto name_id = child(*subject, "NameID");
    if (!name_id) return refused("no NameID in clear");
    const auto value = name_id->text();
    if (!value) return value.error();
    JsonObject told;
    told.add("idp", idp.str());
    told.add("name_id", *value);
    told.add("format", name_id->attribute("Format"));
    told.add("name_qualifier", name_id->attribute("NameQualifier"));
    told.add("sp_name_qualifier", name_id->attribute("SPNameQualifier"));
    told.add("sp_provided_id", name_id->attribute("SPProvidedID"));
    told.add("session_index", statement->attribute("SessionIndex"));
    told.add("authn_instant", statement->attribute("AuthnInstant"));
    told.add("session_not_on_or_after", statement->attribute("SessionNotOnOrAfter"));
    return told.str();
}

std::string everything(std::istream& stream) {
    return {std::istreambuf_iterator<char>(stream), {}};
}

Result<std::string> run(const char* metadata_file) {
    std::ifstream file(metadata_file, std::ios::binary);
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto entity = slo::metadata::parse_entity_descriptor(everything(file), now, std::chrono::minutes(3));
    if (!entity) return entity.error();
    if (!entity->idp) return refused("the metadata is no IdP's");
    const auto response = slo::saml::decode_base64(everything(std::cin), limits.octets);
    if (!response) return response.error();
    const auto assertion = signed_assertion(*response, entity->idp->verification_keys());
    if (!assertion) return assertion.error();
    return told_by(*assertion, entity->entity_id);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: read_assertion METADATA < SAMLResponse\n";
        return 2;
    }
    const auto told = run(argv[1]);
    if (!told) {
        std::cerr << "refused: " << told.error().code.message() << ' ' << told.error().detail << '\n';
        return 1;
    }
    std::cout << *told << '\n';
    return 0;
}
