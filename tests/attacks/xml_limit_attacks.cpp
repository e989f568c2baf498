// Matrix D: documents that are too deep, too wide or too long, and others just inside the limits.
#include <algorithm>

#include "attack.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

/// ` aaa="" aab="" ...`: `count` attributes, each of them with another name of three letters.
std::string attributes(int count, const std::string& before = " ", const std::string& behind = R"(="")") {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += before;
        for (const int digit : {i / 676, i / 26 % 26, i % 26}) text += static_cast<char>('a' + digit);
        text += behind;
    }
    return text;
}

std::string namespaces(int count) {
    return attributes(count, " xmlns:", "='u:x'");
}

/// good_body() with `more` in the start tag of its Envelope, which is outside the signature.
Text on_the_envelope(const std::string& more) {
    return changed("<soap:Envelope", "<soap:Envelope" + more);
}

/// A document of exactly this many elements or levels: a Header block has the missing ones.
Text with_elements(int count) {
    return [=] {
        const auto& body = good_body();
        const auto tags = std::count(body.begin(), body.end(), '<');
        int ends = 0;
        for (std::size_t i = 1; i < body.size(); ++i) {
            if (body.compare(i - 1, 2, "</") == 0) ++ends;
        }
        const int here = static_cast<int>(tags) - ends;
        return with_header(repeated(R"(<a xmlns="u:a"/>)", count - here - 1))();
    };
}

std::string levels(int count) {
    return R"(<d xmlns="u:d">)" + repeated("<d>", count - 1) + repeated("</d>", count);
}

Text with_depth(int depth) {
    constexpr int envelope_and_header = 2;
    return with_header(levels(depth - envelope_and_header));
}

Attack too_long(const std::string& row, const std::string& name, Text body) {
    return refused_by_http(
        row, name, [body = std::move(body)] { return posted(body()); }, 413);
}

Attacks wide_ones() {
    return {
        refused("XML-16", "8000_attributes_on_the_Envelope", on_the_envelope(attributes(8000)), "xml.limits"),
        refused("XML-16", "5000_attributes_of_one_namespace",
                on_the_envelope(R"( xmlns:p="u:p")" + attributes(5000, " p:")), "xml.limits"),
        refused("XML-16", "33_attributes", on_the_envelope(attributes(33)), "xml.limits"),
        accepted("XML-16", "32_attributes", on_the_envelope(attributes(32)), "S1"),
        refused("XML-16", "33_attributes_of_a_header_block", with_header("<a xmlns='u:a'" + attributes(33) + "/>"),
                "xml.limits"),
        too_long("XML-17", "6000_namespaces", on_the_envelope(namespaces(6000))),
        refused("XML-17", "3800_namespaces", on_the_envelope(namespaces(3800)), "xml.limits"),
        refused("XML-17", "33_namespaces", on_the_envelope(namespaces(32)), "xml.limits"),
        accepted("XML-17", "32_namespaces", on_the_envelope(namespaces(31)), "S1"),
        accepted("XML-17", "100_children_with_32_namespaces_each",
                 with_header(repeated("<a:a xmlns:a='u:a'" + namespaces(31) + "/>", 100)), "S1"),
        refused("XML-17", "2049_elements", with_elements(2049), "xml.limits"),
        accepted("XML-17", "2048_elements", with_elements(2048), "S1"),
        refused(
            "XML-17", "3000_elements_under_3000_namespaces",
            [] {
                const auto body = with_header(repeated("<a xmlns='u:a'/>", 2100))();
                return replaced(body, "<soap:Envelope", "<soap:Envelope" + namespaces(31));
            },
            "xml.limits"),
    };
}

Attacks deep_ones() {
    return {
        refused("XML-18", "33_levels", with_depth(33), "xml.limits"),
        accepted("XML-18", "32_levels", with_depth(32), "S1"),
        refused("XML-18", "256_levels", with_depth(256), "xml.limits"),
        refused("XML-18", "257_levels", with_depth(257), "xml.limits"),
        refused(
            "XML-18", "256_levels_in_Extensions",
            [] { return unsigned_soap(marked({.extensions = extensions(levels(253))})); }, "xml.limits"),
        refused(
            "XML-18", "256_levels_in_a_NameID",
            [] { return unsigned_soap(marked({.identifier = transient_name_id(levels(252))})); }, "xml.limits"),
        refused(
            "XML-18", "20000_levels_without_an_end",
            [] { return replaced(good_body(), "<soap:Body>", "<soap:Body>" + repeated("<d>", 20'000)); }, "xml.limits"),
        too_long("XML-18", "100000_levels", with_depth(100'000)),
        // Code that walks a tree, here and in the C libraries, is recursive.
        refused("MEM-16", "8000_levels", with_depth(8000), "xml.limits"),
    };
}

Attacks long_ones() {
    constexpr std::size_t much = 60'000;
    return {
        accepted("XML-19", "a_header_block_of_60_KB", with_header("<a xmlns='u:a'>" + std::string(much, 'a') + "</a>"),
                 "S1"),
        accepted("XML-19", "an_attribute_of_60_KB", with_header("<a xmlns='u:a' a='" + std::string(much, 'a') + "'/>"),
                 "S1"),
        refused("XML-19", "a_name_of_60_KB", with_header("<" + std::string(much, 'a') + " xmlns='u:a'/>"),
                "xml.malformed"),
        refused("XML-19", "a_name_of_an_attribute_of_60_KB",
                with_header("<a xmlns='u:a' " + std::string(much, 'a') + "=''/>"), "xml.malformed"),
        refused("XML-19", "a_namespace_name_of_60_KB_that_is_none",
                with_header("<a xmlns='" + std::string(much, 'a') + "'/>"), "xml.malformed"),
        refused(
            "XML-19", "a_signed_NameID_of_10_KB",
            [] { return soap(marked({.identifier = transient_name_id(std::string(10'000, 'a'))})); }, "saml.name_id"),
        too_long("XML-19", "a_header_block_of_64_KB",
                 with_header("<a xmlns='u:a'>" + std::string(64 * 1024, 'a') + "</a>")),
        refused_by_http(
            "XML-19", "10_MB_announced",
            [] {
                return std::string(request_line) + text_xml +
                       "X-Name: do-not-repeat\r\nContent-Length: 10485761\r\n\r\n<soap:Envelope";
            },
            413),
    };
}

}  // namespace

Attacks xml_limit_attacks() {
    return joined({wide_ones, deep_ones, long_ones});
}

}  // namespace slo::test
