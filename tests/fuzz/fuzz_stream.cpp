// The reader without a tree accepts what the reader with one accepts, writes the canonical form that libxml2 writes,
// and believes what we have signed, but not once an octet of it has changed.
#include <string>

#include "canonical_writer.hpp"
#include "fixtures.hpp"
#include "fuzz.hpp"
#include "slo/saml/signed_stream.hpp"
#include "slo/saml/xml.hpp"
#include "xml_reading.hpp"
#include "xml_stream.hpp"

namespace {

using namespace slo;
using namespace slo::saml;

class Canonical final : public XmlEvents {
public:
    Result<void> start(const StartTag& tag, std::uint64_t) override {
        writer_.start(tag, octets);
        return Done{};
    }
    Result<void> text(std::string_view part) override {
        CanonicalWriter::text(part, octets);
        return Done{};
    }
    Result<void> end() override {
        writer_.end(octets);
        return Done{};
    }
    std::string octets;

private:
    CanonicalWriter writer_;
};

class Everything final : public StreamVisitor {
public:
    Result<Take> start(const StreamElement&) override { return Take::keep; }
    Result<void> end() override { return Done{}; }
    Result<void> kept(std::string_view octets, std::span<const std::uint32_t>) override {
        text = octets;
        return Done{};
    }
    std::string text;
};

const SigningKey& our_key() {
    static const auto key =
        SigningKey::parse(test::fixture("keys/sp-p256.key.pem"), test::fixture("keys/sp-p256.crt.pem")).value();
    return key;
}

const std::vector<VerificationKey>& its_public_half() {
    static const std::vector<VerificationKey> keys{VerificationKey::from(our_key().certificate()).value()};
    return keys;
}

/// The same bounds for both readers.
constexpr xml::Limits tree_limits = xml::metadata_limits;
StreamLimits stream_limits() {
    StreamLimits limits;
    limits.octets = tree_limits.octets;
    limits.elements = static_cast<std::uint64_t>(tree_limits.elements);
    limits.depth = tree_limits.depth;
    limits.attributes_per_element = tree_limits.attributes_per_element;
    limits.namespaces_per_element = tree_limits.namespaces_per_element;
    limits.tag_octets = tree_limits.octets;
    limits.kept_octets = 2 * tree_limits.octets;
    return limits;
}

void check_signing(std::string_view document, const std::string& canonical) {
    constexpr std::size_t shortest_signed = 64;  // octets; what is shorter is refused, as an empty canonical form is
    const auto sealed = sign_document(our_key(), document);
    if (!sealed || canonical.size() < shortest_signed) return;  // or it has no ID, or is signed already
    Everything read;
    const auto verdict = read_signed_stream(source_of(*sealed), its_public_half(), {}, stream_limits(), read);
    fuzz::require(verdict.has_value() && read.text == canonical);
    // White space behind the root is the only thing that may come without being noticed, and none is added here.
    std::string changed = *sealed;
    const std::size_t at = changed.find("</ds:Signature>") + document.size() % (canonical.size() / 2 + 1);
    if (at >= changed.size()) return;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    fuzz::require(!read_signed_stream(source_of(changed), its_public_half(), {}, stream_limits(), read).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view(data, size);
    const auto tree = xml::Document::parse(input, tree_limits);
    Canonical canonical;
    const auto stream = read_xml_stream(source_of(input), stream_limits(), canonical);
    // A tree wants a value of its own kind for xml:id, which no other reader checks; and it takes a DOCTYPE in a
    // comment for a real one.
    const auto has = [&](std::string_view text) { return input.find(text) != std::string_view::npos; };
    const bool tree_may_be_stricter = has("xml:id") || has("<!DOCTYPE") || has("<!ENTITY");
    fuzz::require(tree.has_value() == stream.has_value() || (stream && tree_may_be_stricter));
    if (!stream || !tree) return 0;
    fuzz::require(canonical.octets == test::exclusive_canonical(input));
    check_signing(input, canonical.octets);
    return 0;
}
