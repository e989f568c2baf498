// Documents and metadata with too little memory (MEM-15).
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "every_allocation.hpp"
#include "service_provider.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/xml.hpp"

namespace {

using namespace slo::test;
using namespace std::chrono_literals;
namespace xml = slo::saml::xml;

constexpr Failing both_ways[] = {Failing::the_nth, Failing::from_the_nth};

void describe(const xml::Element& element, std::string& out) {
    out += '<' + std::string(element.name().namespace_uri) + ' ' + std::string(element.name().local);
    for (const auto& [name, value] : element.attributes()) {
        out += ' ' + std::string(name.namespace_uri) + ':' + std::string(name.local) + '=' + value;
    }
    out += '>';
    for (const auto& child : element.children()) describe(child, out);
    if (const auto text = element.text()) out += *text;
    out += "</>";
}

std::string outcome(const std::string& octets) {
    const auto document = xml::Document::parse(octets);
    if (!document) return document.error().code.message();
    std::string out = "accepted ";
    describe(document->root(), out);
    return out;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

void expect_whole_or_nothing(const std::string& octets) {
    const std::string all_of_it = outcome(octets);
    BOOST_TEST_REQUIRE(all_of_it.starts_with("accepted"));
    for (const Failing failing : both_ways) {
        with_every_allocation_failing(
            failing, all_of_it, [&] { return outcome(octets); },
            [&](const std::string& said) {
                if (said.starts_with("accepted")) BOOST_TEST(said == all_of_it);
            });
    }
}

BOOST_AUTO_TEST_CASE(a_document_is_read_whole_or_not_at_all) {
    expect_whole_or_nothing(
        R"(<a:r xmlns:a="urn:a" xmlns="urn:b" ID="_1" a:x="1 &amp; 2" y="   3 &#9; 4" empty=""><b z='"'>t &lt; u</b>)"
        R"(<c xmlns="" v="w"><![CDATA[<d>]]> e</c><a:f xmlns:a="urn:c" a:g="h"/> </a:r>)");
}

// libxml2 wants some 250 octets of room behind what it reads: at the end of each size that its buffers have.
BOOST_AUTO_TEST_CASE(a_document_that_fills_its_buffer_is_read_whole_or_not_at_all) {
    for (const std::size_t buffer : {4096U, 8192U, 16'384U, 32'768U}) {
        for (std::size_t left = 0; left < 320; left += 32) {
            for (const auto& [start, end] : {std::pair("<r><a/>", "<b x='y'/></r>"), {"<r x='", "'></r>"}}) {
                const std::size_t rest = buffer - left - std::string_view(start).size() - std::string_view(end).size();
                expect_whole_or_nothing(start + std::string(rest, 't') + end);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_document_beyond_a_limit_is_refused) {
    const xml::Limits limits;
    const std::string deep = repeated("<a>", limits.depth + 1) + repeated("</a>", limits.depth + 1);
    std::string wide = "<a";
    for (int i = 0; i <= limits.attributes_per_element; ++i) wide += " a" + std::to_string(i) + "=''";
    wide += "/>";
    for (const std::string& octets : {deep, wide}) {
        for (const Failing failing : both_ways) {
            with_every_allocation_failing(
                failing, "xml.limits", [&] { return outcome(octets); },
                [](const std::string& said) { BOOST_TEST(!said.starts_with("accepted"), said); });
        }
    }
}

/// The IdP's name, and its verification keys: one word each.
std::string metadata_outcome(const std::string& octets) {
    const auto entity = slo::metadata::parse_entity_descriptor(octets, at(baseline_now), 180s);
    if (!entity) return entity.error().code.message();
    std::string out = "accepted " + entity->entity_id.str();
    if (entity->valid_until) out += " until-" + slo::saml::format_instant(*entity->valid_until);
    if (!entity->idp) return out + " no-idp";
    for (const auto& key : entity->idp->keys) {
        out += " use-" + std::to_string(static_cast<int>(key.use)) + '-' + key.certificate->fingerprint();
    }
    for (std::size_t i = 0; i < entity->idp->skipped_keys.size(); ++i) out += " skipped";
    return out;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

// A key for which there was no memory is skipped, and the metadata say so: what it signs is refused until they are read
// again. None gets another use, and nothing else may be missing.
BOOST_AUTO_TEST_CASE(metadata_give_their_content_or_say_that_a_key_was_skipped) {
    const std::string octets = replaced(
        idp_metadata(idp2_entity_id, {{"signing", "keys/idp2-p256.crt.pem"}, {"encryption", "keys/idp2.crt.pem"}}),
        "entityID=", R"(validUntil="2031-01-01T00:00:00Z" entityID=)");
    const std::string all_of_it = metadata_outcome(octets);
    const auto expected = words_of(all_of_it);
    BOOST_TEST_REQUIRE(expected.size() == 5U);
    const auto judge = [&](const std::string& said) {
        if (!said.starts_with("accepted")) return;
        const auto words = words_of(said);
        BOOST_TEST(words.size() == expected.size(), said);
        for (const auto& word : words) {
            BOOST_TEST((word == "skipped" || std::ranges::find(expected, word) != expected.end()), said);
        }
    };
    for (const Failing failing : both_ways) {
        with_every_allocation_failing(
            failing, all_of_it, [&] { return metadata_outcome(octets); }, judge);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
