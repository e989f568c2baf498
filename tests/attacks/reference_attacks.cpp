// Matrix C: SignedInfo, Reference, transforms, canonicalisation. xmlsec1 runs all of them before it looks at the
// signature value, so each must be refused before xmlsec1 sees it: forgeries with dummy values, and genuine signatures
// over something else than the whole message.
#include <tuple>
#include <vector>

#include "attack.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

constexpr const char* exclusive_c14n_with_comments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
constexpr const char* inclusive_c14n_with_comments = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";

std::string transform(std::string_view algorithm, std::string_view content = {}) {
    return "<ds:Transform Algorithm=\"" + std::string(algorithm) + "\">" + std::string(content) + "</ds:Transform>";
}

const std::string& enveloped() {
    static const std::string text = transform(enveloped_signature);
    return text;
}
const std::string& exclusive() {
    static const std::string text = transform(exclusive_c14n);
    return text;
}

/// The genuine request with another Reference: its signature value no longer fits, which must never be found out.
Text with_uri(const std::string& uri) {
    return changed("URI=\"#_r1\"", "URI=\"" + uri + "\"");
}

Text with_transforms(const std::string& chain) {
    return [chain] {
        const auto& body = good_body();
        return replaced(body, cut_out(body, "<ds:Transforms>", "</ds:Transforms>"),
                        "<ds:Transforms>" + chain + "</ds:Transforms>");
    };
}

/// Genuinely signed, but with this chain of transforms.
Text signed_with_transforms(const std::string& chain) {
    return [chain] { return soap(marked({.signature = {.transforms = chain}})); };
}

Text with_references(int count, const std::string& reference) {
    return [=] {
        std::string all;
        for (int i = 0; i < count; ++i) all += reference;
        const auto& body = good_body();
        return replaced(body, cut_out(body, "<ds:Reference ", "</ds:Reference>"), all);
    };
}

std::string the_reference() {
    return cut_out(good_body(), "<ds:Reference ", "</ds:Reference>");
}

Attacks targets() {
    Attacks all;
    const auto refuse = [&all](const char* row, const char* name, const std::string& uri) {
        all.push_back(refused(row, name, with_uri(uri), "sig.reference"));
    };
    refuse("REF-02", "a_Reference_by_http", "http://127.0.0.1:1/do-not-repeat");
    refuse("REF-02", "a_Reference_by_https", "https://127.0.0.1:1/do-not-repeat");
    refuse("REF-02", "a_Reference_by_ftp", "ftp://127.0.0.1:1/do-not-repeat");
    refuse("REF-03", "a_Reference_to_a_file", "file:///etc/hostname");
    refuse("REF-03", "a_Reference_to_a_file_without_slashes", "file:/etc/hostname");
    refuse("REF-03", "a_Reference_to_a_path", "/etc/hostname");
    refuse("REF-03", "a_Reference_to_a_path_from_here", "../../etc/hostname");
    refuse("REF-04", "an_XPointer_to_the_root", "#xpointer(/)");
    refuse("REF-04", "an_XPointer_to_the_ID", "#xpointer(id('_r1'))");
    refuse("REF-04", "an_XPointer_with_a_namespace", "#xmlns(s=urn:x)xpointer(//s:a)");
    refuse("REF-04", "an_XPath_injected_through_the_ID", "#_r1')|//*[count(//*|//*|//*)>0]|id('_r1");
    refuse("REF-06", "an_empty_Reference", "");
    refuse("REF-06", "a_Reference_to_another_ID", "#_e1");
    refuse("REF-06", "a_Reference_with_a_blank_behind", "#_r1 ");
    all.push_back(refused("REF-06", "a_Reference_without_URI", changed(" URI=\"#_r1\"", ""), "sig.reference"));
    all.push_back(refused(
        "REF-06", "a_genuine_signature_over_the_whole_document",
        [] { return soap(marked({.signature = {.reference_uri = ""}})); }, "sig.reference"));
    all.push_back(refused("REF-04", "a_URI_in_another_namespace_in_front",
                          changed("<ds:Reference ", "<ds:Reference xmlns:x=\"urn:x\" x:URI=\"#xpointer(//*)\" "),
                          "sig.attribute"));
    all.push_back(refused("REF-04", "a_URI_in_another_namespace_behind",
                          changed("URI=\"#_r1\"", "URI=\"#_r1\" xmlns:x=\"urn:x\" x:URI=\"#xpointer(//*)\""),
                          "sig.attribute"));
    all.push_back(
        refused("REF-04", "a_Type_on_Reference",
                changed("<ds:Reference ", "<ds:Reference Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" "),
                "sig.attribute"));
    // Genuinely signed, with this Type behind the URI.
    const auto typed = [](const std::string& type) {
        return [=] { return soap(marked({.signature = {.reference_uri = "#_r1\" Type=\"" + type}})); };
    };
    const std::string dsig = "http://www.w3.org/2000/09/xmldsig#";
    all.push_back(accepted("REF-04", "a_Type_that_says_Object", typed(dsig + "Object"), "S1"));
    all.push_back(
        accepted("REF-04", "a_Type_that_says_SignatureProperties", typed(dsig + "SignatureProperties"), "S1"));
    all.push_back(
        refused("REF-04", "a_Type_that_says_Manifest_and_is_signed", typed(dsig + "Manifest"), "sig.attribute"));
    all.push_back(refused("REF-04", "a_Type_of_nobody", typed("urn:do-not-repeat"), "sig.attribute"));
    all.push_back(refused("REF-04", "a_Type_in_another_namespace",
                          changed("<ds:Reference ", "<ds:Reference xmlns:x=\"urn:x\" x:Type=\"" + dsig + "Object\" "),
                          "sig.attribute"));
    all.push_back(refused("REF-07", "no_Reference", with_references(0, ""), "sig.reference_count"));
    all.push_back(refused(
        "REF-08", "two_References", [] { return with_references(2, the_reference())(); }, "sig.reference_count"));
    all.push_back(refused(
        "REF-08", "eighty_References", [] { return with_references(80, the_reference())(); }, "sig.reference_count"));
    all.push_back(refused("REF-08", "a_thousand_References", with_references(1000, "<ds:Reference URI=\"#_r1\"/>"),
                          "sig.reference_count"));
    all.push_back(refused("REF-08", "two_thousand_References", with_references(2000, "<ds:Reference URI=\"#_r1\"/>"),
                          "sig.reference_count"));
    return all;
}

/// The content of a ds:Object is processed before anything is verified.
Attacks objects() {
    const auto in_object = [](const char* row, const char* name, const std::string& content) {
        return refused(row, name, changed("</ds:Signature>", "<ds:Object>" + content + "</ds:Object></ds:Signature>"),
                       "sig.object");
    };
    const auto manifest = [](const std::string& uri) {
        return "<ds:Manifest><ds:Reference URI=\"" + uri +
               "\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
               "<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:Manifest>";
    };
    return {
        in_object("REF-01", "a_Manifest_that_refers_by_http", manifest("http://127.0.0.1:1/do-not-repeat")),
        in_object("REF-01", "a_Manifest_that_refers_to_a_file", manifest("file:///etc/hostname")),
        in_object("REF-01", "a_Manifest_that_refers_to_the_message", manifest("#_r1")),
        in_object("REF-01", "an_empty_Object", ""),
        in_object("REF-26", "another_SignedInfo_in_an_Object", "<ds:SignedInfo/>"),
        in_object("REF-26", "another_DigestValue_in_an_Object", "<ds:DigestValue>AAAA</ds:DigestValue>"),
        refused("REF-25", "a_second_SignedInfo_in_front",
                changed("<ds:SignedInfo>", "<ds:SignedInfo></ds:SignedInfo><ds:SignedInfo>"), "sig.structure"),
        refused("REF-25", "a_second_SignedInfo_behind",
                changed("</ds:SignedInfo>", "</ds:SignedInfo><ds:SignedInfo></ds:SignedInfo>"), "sig.structure"),
        refused("REF-26", "another_SignedInfo_in_KeyInfo",
                changed("</ds:SignatureValue>", "</ds:SignatureValue><ds:KeyInfo/><ds:SignedInfo/>"), "sig.structure"),
    };
}

Attacks transforms() {
    const auto refuse = [](const char* row, const std::string& name, Text body) {
        return refused(row, name, std::move(body), "sig.transform");
    };
    const std::string xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    const std::string sheet = R"(<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">)";
    const std::string xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    const std::string xpath_filter2 = "http://www.w3.org/2002/06/xmldsig-filter2";
    const std::string filter2 =
        R"(<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="intersect">/nothing</f:XPath>)";
    const auto repeated = [](int count) {
        std::string chain = enveloped();
        for (int i = 0; i < count; ++i) chain += transform(exclusive_c14n);
        return chain;
    };
    Attacks all{
        refuse("REF-12", "an_XSLT_that_loops",
               with_transforms(enveloped() + transform(xslt, sheet + R"(<xsl:template match="/" name="t">)"
                                                                     R"(<xsl:call-template name="t"/></xsl:template>)"
                                                                     "</xsl:stylesheet>"))),
        refuse("REF-12", "an_XSLT_that_reads_a_file",
               with_transforms(enveloped() + transform(xslt, sheet + R"(<xsl:template match="/"><xsl:copy-of )"
                                                                     R"x(select="document('/etc/hostname')"/>)x"
                                                                     "</xsl:template></xsl:stylesheet>"))),
        refuse("REF-12", "an_XSLT_that_imports",
               with_transforms(enveloped() + transform(xslt, sheet + R"(<xsl:import href="http://127.0.0.1:1/"/>)"
                                                                     "</xsl:stylesheet>"))),
        refuse("REF-13", "an_XPath_that_counts_everything_for_everything",
               with_transforms(enveloped() + transform(xpath,
                                                       "<ds:XPath>count(//*[count(//*[count(//*)>0])>0])>0"
                                                       "</ds:XPath>"))),
        refuse("REF-14", "a_genuine_signature_over_nothing_by_XPath",
               signed_with_transforms(transform(xpath, "<ds:XPath>false()</ds:XPath>") + exclusive())),
        refuse("REF-14", "a_genuine_signature_over_nothing_by_XPath_Filter_2",
               signed_with_transforms(enveloped() + transform(xpath_filter2, filter2))),
        refuse("REF-15", "base64",
               with_transforms(enveloped() + transform("http://www.w3.org/2000/09/xmldsig#base64"))),
        refuse("REF-15", "an_XPointer",
               with_transforms(transform("http://www.w3.org/2001/04/xmldsig-more/xptr") + exclusive())),
        refuse("REF-15", "a_relationship",
               with_transforms(transform("http://schemas.openxmlformats.org/package/2006/RelationshipTransform") +
                               exclusive())),
        refuse("REF-15", "decryption",
               with_transforms(transform("http://www.w3.org/2002/07/decrypt#XML") + exclusive())),
        refuse("REF-15", "an_unknown_transform", with_transforms(enveloped() + transform("urn:do-not-repeat"))),
        refuse("REF-16", "no_enveloped_signature", with_transforms(exclusive())),
        refuse("REF-16", "enveloped_signature_twice", with_transforms(enveloped() + enveloped())),
        refuse("REF-16", "the_transforms_in_the_wrong_order", with_transforms(exclusive() + enveloped())),
        refuse("REF-16", "no_canonicalisation", with_transforms(enveloped())),
        refuse("REF-16", "a_genuine_signature_with_implied_canonicalisation", signed_with_transforms(enveloped())),
        refuse("REF-16", "an_empty_Transforms", with_transforms("")),
        refuse("REF-16", "no_Transforms",
               [] { return replaced(good_body(), cut_out(good_body(), "<ds:Transforms>", "</ds:Transforms>"), ""); }),
        refuse("REF-17", "three_transforms", with_transforms(repeated(2))),
        refuse("REF-17", "a_hundred_transforms", with_transforms(repeated(100))),
        refuse("REF-17", "four_hundred_transforms", with_transforms(repeated(400))),
        refused("REF-17", "six_hundred_transforms", with_transforms(repeated(600)), "sig.transform"),
        refuse("REF-35", "base64_and_then_canonicalisation",
               with_transforms(transform("http://www.w3.org/2000/09/xmldsig#base64") + exclusive())),
        refuse("REF-20", "a_genuine_signature_over_inclusive_canonicalisation",
               signed_with_transforms(enveloped() + transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"))),
        // A message has no comment, and of what '#' and an ID point at, comments are no part.
        accepted("REF-21", "a_genuine_signature_over_the_comments_too",
                 signed_with_transforms(enveloped() + transform(exclusive_c14n_with_comments)), "S1"),
        refuse("REF-21", "a_genuine_signature_over_inclusive_canonicalisation_with_comments",
               signed_with_transforms(enveloped() + transform(inclusive_c14n_with_comments))),
        refuse("REF-21", "both_exclusive_canonicalisations",
               signed_with_transforms(enveloped() + exclusive() + transform(exclusive_c14n_with_comments))),
        refuse("REF-16", "a_parameter_of_enveloped_signature",
               with_transforms(transform(enveloped_signature, "<ds:XPath>1</ds:XPath>") + exclusive())),
    };
    const auto prefixes = [](const std::string& list) {
        return enveloped() +
               transform(exclusive_c14n, R"(<e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#")"
                                         R"( PrefixList=")" +
                                             list + "\"/>");
    };
    std::string twenty_thousand;
    for (int i = 0; i < 20000; ++i) twenty_thousand += "a ";
    all.push_back(refuse("REF-19", "a_PrefixList_of_20000", with_transforms(prefixes(twenty_thousand))));
    all.push_back(
        refuse("REF-19", "a_PrefixList_of_17", with_transforms(prefixes("a b c d e f g h i j k l m n o p q"))));
    all.push_back(refuse("REF-19", "a_PrefixList_of_257_octets", with_transforms(prefixes(std::string(257, 'a')))));
    all.push_back(refuse("REF-19", "a_PrefixList_with_a_repetition", with_transforms(prefixes("saml samlp saml"))));
    all.push_back(refuse("REF-19", "two_PrefixLists", with_transforms(prefixes("saml") + exclusive())));
    all.push_back(accepted("REF-19", "a_genuine_signature_with_a_PrefixList",
                           signed_with_transforms(prefixes("saml samlp")), "S1"));
    return all;
}

Attacks methods_and_canonicalisation() {
    const std::string signed_info_c14n =
        "<ds:CanonicalizationMethod Algorithm=\"" + std::string(exclusive_c14n) + "\"/>";
    const auto c14n = [&](const char* row, const char* name, const std::string& algorithm) {
        return refused(
            row, name, [=] { return soap(marked({.signature = {.canonicalization = algorithm}})); }, "sig.c14n");
    };
    const auto parameter = [](const char* name, const std::string& element) {
        return refused(
            "REF-34", name,
            [=] {
                const auto& body = good_body();
                const auto start = cut_out(body, "<ds:" + element + " ", "/>");
                return replaced(body, start,
                                start.substr(0, start.size() - 2) + "><ds:XPath>1</ds:XPath></ds:" + element + ">");
            },
            "sig.structure");
    };
    const auto void_c14n = [](const char* name, const std::string& at, const std::string& declaration) {
        return refused("REF-22", name, changed(at, at + declaration), "xml.malformed");
    };
    return {
        c14n("REF-20", "a_genuine_signature_with_inclusive_canonicalisation_of_SignedInfo",
             "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        c14n("REF-20", "a_genuine_signature_with_canonicalisation_1_1_of_SignedInfo",
             "http://www.w3.org/2006/12/xml-c14n11"),
        accepted(
            "REF-21", "a_genuine_signature_with_the_comments_of_SignedInfo",
            [] { return soap(marked({.signature = {.canonicalization = exclusive_c14n_with_comments}})); }, "S1"),
        c14n("REF-21", "a_genuine_signature_with_inclusive_canonicalisation_and_the_comments_of_SignedInfo",
             inclusive_c14n_with_comments),
        refused("REF-20", "an_unknown_canonicalisation",
                changed(signed_info_c14n, "<ds:CanonicalizationMethod Algorithm=\"urn:do-not-repeat\"/>"), "sig.c14n"),
        parameter("a_parameter_of_CanonicalizationMethod", "CanonicalizationMethod"),
        parameter("a_parameter_of_SignatureMethod", "SignatureMethod"),
        parameter("a_parameter_of_DigestMethod", "DigestMethod"),
        void_c14n("a_relative_namespace_on_the_Envelope", "<soap:Envelope ", "xmlns:e=\"1\" "),
        void_c14n("a_relative_namespace_on_the_message", "<samlp:LogoutRequest ", "xmlns:e=\"1\" "),
        void_c14n("a_relative_namespace_on_SignedInfo", "<ds:SignedInfo", " xmlns:e=\"1\""),
        void_c14n("a_relative_namespace_on_Body", "<soap:Body", " xmlns:e=\"../x\""),
        void_c14n("a_namespace_with_a_character_of_no_URI", "<samlp:LogoutRequest ",
                  "xmlns:e=\"http://e.com\xC2\x80\" "),
        void_c14n("a_default_namespace_that_is_relative", "<soap:Body", " xmlns=\"x\""),
        refused(
            "REF-23", "the_digest_of_nothing_by_SHA_256",
            [] {
                return replaced(good_body(), cut_out(good_body(), "<ds:DigestValue>", "</ds:DigestValue>"),
                                "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>");
            },
            "sig.invalid"),
    };
}

Attacks readings_that_differ() {
    const auto pi = [](const char* name, Text body) { return refused("REF-30", name, std::move(body), "xml.pi"); };
    const auto nested = [](int depth) {
        return [depth] {
            std::string open, close;
            for (int i = 0; i < depth; ++i) {
                open += "<d>";
                close += "</d>";
            }
            return envelope(behind_issuer(material().evil, extensions(open + close)));
        };
    };
    Attacks all{
        refused(
            "REF-28", "a_doctype_that_two_parsers_read_differently",
            [] {
                return "<!DOCTYPE response SYSTEM 'x\"><!--'>" +
                       replaced(good_body(), "<soap:Body>", "<soap:Body><![CDATA[-->\"]]>");
            },
            "xml.doctype"),
        refused(
            "REF-29", "an_entity_in_the_ID",
            [] {
                return "<!DOCTYPE soap:Envelope [<!ENTITY i \"_r1\">]>" +
                       replaced(good_body(), "ID=\"_r1\"", "ID=\"&i;\"");
            },
            "xml.doctype"),
        refused("REF-29", "an_undeclared_entity_in_the_ID", changed("ID=\"_r1\"", "ID=\"&i;\""), "xml.malformed"),
        pi("a_processing_instruction_in_NameID", changed(std::string(alice), "alice.<?x y?>do-not-repeat")),
        pi("a_processing_instruction_in_front", [] { return "<?x do-not-repeat?>" + good_body(); }),
        pi("a_processing_instruction_behind", [] { return good_body() + "<?x do-not-repeat?>"; }),
        pi("a_processing_instruction_in_SignedInfo", changed("<ds:Reference ", "<?x y?><ds:Reference ")),
        pi("a_style_sheet", [] { return "<?xml-stylesheet href=\"http://127.0.0.1:1/\"?>" + good_body(); }),
        accepted("REF-31", "a_NameID_in_CDATA", changed(std::string(alice), "<![CDATA[" + std::string(alice) + "]]>"),
                 "S1"),
        accepted("REF-31", "a_NameID_with_CDATA_in_the_middle",
                 changed(std::string(alice), "al<![CDATA[ice]]>.do-not-repeat"), "S1"),
        accepted("REF-31", "a_NameID_with_a_character_reference",
                 changed(std::string(alice), "al&#105;ce.do-not-repeat"), "S1"),
        accepted("REF-31", "a_SessionIndex_in_CDATA", changed(">i1<", "><![CDATA[i1]]><"), "S1"),
        refused("REF-33", "a_depth_of_33", nested(30), "xml.limits"),
        refused("REF-33", "a_depth_of_256", nested(256), "xml.limits"),
        refused("REF-33", "a_depth_of_8000", nested(8000), "xml.limits"),
    };
    for (std::size_t at = 0; at <= alice.size(); ++at) {
        all.push_back(refused("REF-32", "a_comment_after_" + std::to_string(at) + "_characters_of_NameID",
                              changed(std::string(alice), std::string(alice).insert(at, "<!---->")), "xml.comment"));
    }
    all.push_back(refused(
        "REF-32", "a_genuine_signature_over_a_comment_in_NameID",
        [] { return soap(marked({.identifier = transient_name_id("bob<!-- -->.do-not-repeat")})); }, "xml.comment"));
    const auto comment = [](const char* name, const SignatureText& signature) {
        return refused(
            "REF-21", name,
            [=] {
                return soap(
                    marked({.identifier = transient_name_id("bob<!-- -->.do-not-repeat"), .signature = signature}));
            },
            "xml.comment");
    };
    all.push_back(comment("a_comment_that_the_canonicalisation_of_the_message_covers",
                          {.transforms = enveloped() + transform(exclusive_c14n_with_comments)}));
    all.push_back(
        comment("a_comment_under_a_SignedInfo_with_its_comments", {.canonicalization = exclusive_c14n_with_comments}));
    return all;
}

}  // namespace

Attacks reference_attacks() {
    return joined({targets, objects, transforms, methods_and_canonicalisation, readings_that_differ});
}

}  // namespace slo::test
