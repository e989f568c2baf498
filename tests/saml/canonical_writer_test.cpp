// libxml2's canonicaliser is the judge.
#include "canonical_writer.hpp"

#include <libxml/c14n.h>
#include <libxml/parser.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "fixtures.hpp"
#include "owned.hpp"
#include "slo/saml/error.hpp"
#include "xml_stream.hpp"

namespace slo::saml::test {
namespace {

class Canonical final : public XmlEvents {
public:
    explicit Canonical(std::vector<std::string> prefixes) : writer_(std::move(prefixes)) {}
    Result<void> start(const StartTag& tag, std::uint64_t) override {
        writer_.start(tag, out);
        return Done{};
    }
    Result<void> text(std::string_view text) override {
        CanonicalWriter::text(text, out);
        return Done{};
    }
    Result<void> end() override {
        writer_.end(out);
        return Done{};
    }
    std::string out;

private:
    CanonicalWriter writer_;
};

Result<std::string> ours(std::string_view document, const std::vector<std::string>& prefixes = {}) {
    Canonical events(prefixes);
    const StreamLimits limits;
    const auto read = read_xml_stream(source_of(document), limits, events);
    if (!read) return read.error();
    return std::move(events.out);
}

/// As libxml2 writes it. Empty prefixes mean #default.
std::string theirs(std::string_view document, const std::vector<std::string>& prefixes = {}) {
    const OwnedXmlDoc doc(xmlReadMemory(document.data(), static_cast<int>(document.size()), nullptr, nullptr,
                                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
    BOOST_REQUIRE(doc);
    std::vector<std::string> names;
    for (const std::string& prefix : prefixes) names.push_back(prefix.empty() ? "#default" : prefix);
    std::vector<xmlChar*> list;
    for (std::string& name : names) list.push_back(reinterpret_cast<xmlChar*>(name.data()));
    list.push_back(nullptr);
    xmlChar* octets = nullptr;
    const int size = xmlC14NDocDumpMemory(doc.get(), nullptr, XML_C14N_EXCLUSIVE_1_0, list.data(), 0, &octets);
    const OwnedXmlChars owner(octets);
    BOOST_REQUIRE(size >= 0);
    return std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
}

void check_same(std::string_view document, const std::vector<std::string>& prefixes = {}) {
    BOOST_TEST_CONTEXT(document) {
        const auto canonical = ours(document, prefixes);
        BOOST_TEST_REQUIRE(canonical.has_value());
        BOOST_TEST(*canonical == theirs(document, prefixes));
    }
}

/// Small documents in which prefixes are declared, hidden, undeclared and used at random.
class RandomDocument {
public:
    explicit RandomDocument(std::uint64_t seed) : random_(seed) {}

    std::string text() { return element(0, {}); }

private:
    using Scope = std::vector<std::pair<std::string, std::string>>;  // innermost last

    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
    static const std::string* bound(const Scope& scope, const std::string& prefix) {
        for (std::size_t i = scope.size(); i > 0; --i) {
            if (scope[i - 1].first == prefix) return &scope[i - 1].second;
        }
        return nullptr;
    }

    std::string declarations(Scope& scope) {
        static const std::vector<std::string> prefixes{"", "a", "b", "ab", "c"};
        static const std::vector<std::string> uris{"urn:x", "urn:y", "urn:z?q=1"};
        std::string text;
        for (const std::string& prefix : prefixes) {
            if (below(4) != 0) continue;
            const std::string uri = prefix.empty() && below(3) == 0 ? std::string() : uris[below(uris.size())];
            text += prefix.empty() ? " xmlns" : " xmlns:" + prefix;
            text += "=\"" + uri + '"';
            scope.emplace_back(prefix, uri);
        }
        return text;
    }

    std::string attributes(const Scope& scope) {
        static const std::vector<std::string> values{
            "", "1", "a&amp;b", "&lt;&#9;&#10;&#13;&quot;'", "  ü &#x1F600; ", "&#38;&#38;38;"};
        std::string text;
        // Local names differ, so that no two attributes can be the same after resolving their prefixes.
        std::size_t number = 0;
        for (const char* const prefix : {"", "b", "a", "ab", "xml"}) {
            ++number;
            if (below(3) != 0) continue;
            const bool usable = *prefix == '\0' || std::string_view(prefix) == "xml" || bound(scope, prefix) != nullptr;
            if (!usable) continue;
            text += ' ';
            if (*prefix != '\0') text += std::string(prefix) + ':';
            text += std::string_view(prefix) == "xml" ? "lang" : "n" + std::to_string(9 - number);
            text += "=\"" + values[below(values.size())] + '"';
        }
        return text;
    }

    std::string element(int depth, Scope scope) {
        const std::string declared = declarations(scope);
        std::vector<std::string> usable{""};
        for (const char* const prefix : {"a", "b", "ab", "c"}) {
            if (bound(scope, prefix) != nullptr) usable.emplace_back(prefix);
        }
        const std::string prefix = usable[below(usable.size())];
        const std::string name = (prefix.empty() ? "" : prefix + ":") + "e" + std::to_string(below(3));
        std::string text = "<" + name + declared + attributes(scope) + ">";
        static const std::vector<std::string> pieces{
            "", "text", "&lt;&gt;&amp;\r\n", "<![CDATA[<&>\r\n\r]]>", "<![CDATA[\n]]>", "<!-- dropped -->", "é&#13;\t"};
        const std::size_t children = depth == 5 ? 0 : below(4);
        for (std::size_t i = 0; i < children; ++i) {
            text += pieces[below(pieces.size())];
            text += element(depth + 1, scope);
        }
        text += pieces[below(pieces.size())];
        return text + "</" + name + " >";
    }

    std::mt19937_64 random_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(canonical_writer)

BOOST_AUTO_TEST_CASE(every_document_among_the_fixtures_is_canonicalised_as_libxml2_does) {
    unsigned documents = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(slo::test::fixture_path(""))) {
        if (entry.path().extension() != ".xml") continue;
        const std::string text = slo::test::read_file(entry.path().string());
        const auto canonical = ours(text);
        if (!canonical) continue;  // deliberately broken ones
        ++documents;
        BOOST_TEST_CONTEXT(entry.path().filename()) {
            BOOST_TEST(*canonical == theirs(text));
        }
    }
    BOOST_TEST(documents > 40U);
}

BOOST_AUTO_TEST_CASE(a_namespace_is_declared_where_it_is_first_used_and_not_again) {
    check_same(R"(<a:r xmlns:a="urn:a" xmlns:b="urn:b"><a:x/><b:y/><b:z b:q="1"/></a:r>)");
    BOOST_TEST(ours(R"(<a:r xmlns:a="urn:a" xmlns:b="urn:b"><b:y/></a:r>)").value() ==
               R"(<a:r xmlns:a="urn:a"><b:y xmlns:b="urn:b"></b:y></a:r>)");
}

BOOST_AUTO_TEST_CASE(a_default_namespace_that_ends_is_undeclared) {
    check_same(R"(<r xmlns="urn:a"><x xmlns=""><y/></x><z/></r>)");
    check_same(R"(<a:r xmlns:a="urn:a"><x xmlns=""/></a:r>)");
}

BOOST_AUTO_TEST_CASE(attributes_are_sorted_by_namespace_and_then_by_name) {
    check_same(R"(<r xmlns:z="urn:a" xmlns:a="urn:z" b="1" a:a="2" z:z="3" a="4" xml:lang="de"/>)");
}

BOOST_AUTO_TEST_CASE(references_and_line_ends_are_written_as_the_standard_says) {
    check_same("<r a=\"&quot;&amp;&lt;&gt;&#9;&#10;&#13; '\">&quot;&amp;&lt;&gt;&#13;\r\n\r</r>");
}

BOOST_AUTO_TEST_CASE(line_ends_in_cdata_sections_are_line_feeds_wherever_the_octets_are_cut) {
    check_same("<r><![CDATA[a\r\nb\rc\n\r\r\n]]><![CDATA[\n]]>\r\n<![CDATA[\r]]>\n</r>");
    std::string lines;
    for (int i = 0; i < 400; ++i) lines += std::string(static_cast<std::size_t>(i % 7), 'x') + "\r\n";
    check_same("<r><![CDATA[" + lines + "]]></r>");
    check_same("<r><![CDATA[\r]]><![CDATA[\n]]></r>");
    check_same("<r\r\na='\r\n&#13;'>\r<!--\r\n--></r\r>");
}

BOOST_AUTO_TEST_CASE(an_inclusive_prefix_is_declared_though_nothing_uses_it) {
    const std::string document =
        R"(<a:r xmlns:a="urn:a" xmlns:xs="urn:xs" xmlns="urn:d"><a:x t="xs:string"><y xmlns:xs="urn:xs2"/></a:x></a:r>)";
    check_same(document, {"xs"});
    check_same(document, {""});
    check_same(document, {"xs", "", "unknown"});
    BOOST_TEST(ours(document, {"xs"}).value() != ours(document).value());
}

BOOST_AUTO_TEST_CASE(thousands_of_random_documents_are_canonicalised_as_libxml2_does) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const std::string document = RandomDocument(seed).text();
            check_same(document);
            check_same(document, {"a", ""});
            check_same(document, {"c", "ab"});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::saml::test
