// Matrix D: misuse of an XML parser. Octets and encodings are in xml_encoding_attacks.cpp, sizes in
// xml_limit_attacks.cpp. The text around the message leaves its signature whole: there nothing but the rule at stake
// refuses it.
#include <cstdlib>
#include <vector>

#include "attack.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

constexpr const char* header_block = R"(<h:h xmlns:h="urn:h">do-not-repeat</h:h>)";

/// good_body() behind `prolog`, with `block` in a SOAP Header.
Text behind(std::string prolog, std::string block = header_block) {
    return [prolog = std::move(prolog), body = with_header(std::move(block))] { return prolog + body(); };
}

std::string doctype(const std::string& internal_subset) {
    return "<!DOCTYPE e [" + internal_subset + "]>";
}

std::string using_entity(const std::string& name) {
    return R"(<h:h xmlns:h="urn:h">&)" + name + ";</h:h>";
}

/// Declares <prefix>0 to <prefix><levels>, each `width` times the one before. `kind` is "% " for parameter entities.
std::string entity_levels(const std::string& prefix, int levels, int width, const std::string& kind = "") {
    const std::string mark = kind.empty() ? "&" : "&#37;";
    std::string text = "<!ENTITY " + kind + prefix + "0 \"do-not-repeat\">";
    for (int i = 1; i <= levels; ++i) {
        text += "<!ENTITY " + kind + prefix + std::to_string(i) + " \"" +
                repeated(mark + prefix + std::to_string(i - 1) + ";", width) + "\">";
    }
    return text;
}

Attacks external_entities() {
    const auto entity = [](const std::string& identifier) { return doctype("<!ENTITY x " + identifier + ">"); };
    return {
        refused("XML-01", "an_entity_that_is_a_file",
                behind(entity(R"(SYSTEM "file:///etc/passwd")"), using_entity("x")), "xml.doctype"),
        refused("XML-01", "an_entity_that_is_a_web_page",
                behind(entity(R"(SYSTEM "http://127.0.0.1:1/do-not-repeat")"), using_entity("x")), "xml.doctype"),
        refused("XML-01", "an_entity_with_a_public_name",
                behind(entity(R"(PUBLIC "do-not-repeat" "ftp://127.0.0.1:1/")"), using_entity("x")), "xml.doctype"),
        refused("XML-01", "an_unparsed_entity",
                behind(doctype(R"(<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "file:///etc/passwd" NDATA n>)")),
                "xml.doctype"),
        refused(
            "XML-01", "an_external_entity_as_the_NameID",
            [=] { return entity(R"(SYSTEM "file:///etc/passwd")") + replaced(good_body(), alice, "&x;"); },
            "xml.doctype"),
        refused("XML-01", "an_entity_that_was_never_declared", with_header(using_entity("x")), "xml.malformed"),
        refused("XML-01", "a_doctype_in_lower_case", behind(R"(<!doctype e SYSTEM "file:///etc/passwd">)"),
                "xml.malformed"),
        refused("XML-02", "a_parameter_entity_that_is_a_file",
                behind(doctype(R"(<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;)")), "xml.doctype"),
        refused("XML-02", "a_parameter_entity_that_is_a_web_page",
                behind(doctype(R"(<!ENTITY % p SYSTEM "http://127.0.0.1:1/do-not-repeat.dtd"> %p;)")), "xml.doctype"),
        refused("XML-02", "a_parameter_entity_that_carries_a_file_away",
                behind(doctype(R"(<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % o "<!ENTITY &#37; s SYSTEM )"
                               R"('http://127.0.0.1:1/?%f;'>">%o;%s;)")),
                "xml.doctype"),
        refused("XML-02", "an_external_subset", behind(R"(<!DOCTYPE e SYSTEM "http://127.0.0.1:1/do-not-repeat.dtd">)"),
                "xml.doctype"),
        refused("XML-02", "an_external_subset_with_a_public_name",
                behind(R"(<!DOCTYPE e PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "file:///etc/passwd">)"),
                "xml.doctype"),
    };
}

Attacks entity_bombs() {
    const std::string long_name(1000, 'l');
    std::vector<std::pair<const char*, Text>> bombs{
        {"a_billion_laughs", behind(doctype(entity_levels("l", 9, 10)), using_entity("l9"))},
        {"a_billion_laughs_in_an_attribute",
         behind(doctype(entity_levels("l", 9, 10)), R"(<h:h xmlns:h="urn:h" a="&l9;"/>)")},
        {"a_billion_laughs_in_the_default_of_an_attribute",
         behind(doctype(entity_levels("l", 9, 10) + R"(<!ATTLIST soap:Body a CDATA "&l9;">)"))},
        {"a_billion_laughs_by_parameter_entities", behind(doctype(entity_levels("p", 9, 10, "% ") + "%p9;"))},
        {"parameter_entities_that_declare_a_billion_laughs",
         behind(doctype(R"(<!ENTITY % d "<!ENTITY l '&#38;#38;k;&#38;#38;k;'>"><!ENTITY k "do-not-repeat">%d;)"),
                using_entity("l"))},
        {"a_billion_laughs_with_long_names",
         behind(doctype(entity_levels(long_name, 5, 8)), using_entity(long_name + "5"))},
        {"an_entity_that_holds_itself", behind(doctype(R"(<!ENTITY l "&l;">)"), using_entity("l"))},
        {"two_entities_that_hold_each_other",
         behind(doctype(R"(<!ENTITY l "&m;"><!ENTITY m "&l;">)"), using_entity("l"))},
        {"an_entity_that_holds_itself_in_an_attribute",
         behind(doctype(R"(<!ENTITY l "<h:h xmlns:h='urn:h' a='&l;'/>">)"), using_entity("l"))},
        {"a_chain_of_1000_entities", behind(doctype(entity_levels("l", 1000, 1)), using_entity("l1000"))},
        {"a_parameter_entity_that_holds_itself", behind(doctype(R"(<!ENTITY % p "&#37;p;">%p;)"))},
    };
    Attacks all;
    for (auto& [name, body] : bombs) all.push_back(refused("XML-03", name, std::move(body), "xml.doctype"));
    all.push_back(refused("XML-04", "30_KB_taken_10000_times",
                          behind(doctype("<!ENTITY a \"" + std::string(30'000, 'a') + "\">"),
                                 R"(<h:h xmlns:h="urn:h">)" + repeated("&a;", 10'000) + "</h:h>"),
                          "xml.doctype"));
    return all;
}

/// Faults inside libxml2 once it reads the declarations: it must never come to that.
Attacks declarations() {
    return {
        refused("XML-05", "a_declaration_that_begins_in_a_parameter_entity",
                behind(doctype(R"(<!ENTITY % a "<!ELEMENT b "> %a; ANY>)")), "xml.doctype"),
        refused("XML-05", "a_subset_that_ends_in_a_parameter_entity", behind(R"(<!DOCTYPE e [<!ENTITY % a "]"> %a;>)"),
                "xml.doctype"),
        refused("XML-05", "a_parameter_entity_without_its_end", behind(R"(<!DOCTYPE e [<!ENTITY % a "x"> %a)"),
                "xml.doctype"),
        refused("XML-05", "a_conditional_section_across_entities",
                behind(doctype(R"(<!ENTITY % a "INCLUDE["> <![%a; <!ELEMENT b ANY> ]]>)")), "xml.doctype"),
        refused("XML-06", "a_harmless_doctype", behind("<!DOCTYPE e>"), "xml.doctype"),
        refused("XML-06", "a_harmless_doctype_behind_a_declaration",
                behind("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE e []>"), "xml.doctype"),
        refused(
            "XML-06", "a_harmless_doctype_behind_the_message", [] { return good_body() + "<!DOCTYPE e>"; },
            "xml.doctype"),
    };
}

constexpr const char* include_file =
    R"(<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///do-not-repeat"/>)";

Attacks inclusions_and_catalogs() {
    auto with_catalogs = refused("XML-23", "a_public_name_for_which_the_environment_has_a_catalog",
                                 behind(R"(<!DOCTYPE e PUBLIC "do-not-repeat" "do-not-repeat.dtd">)"), "xml.doctype");
    with_catalogs.provider = [] {
        // libxml2 reads them when it first looks something up. Left as it is: no other code in this process does.
        ::setenv("XML_CATALOG_FILES", "file:///do-not-repeat/catalog.xml", 1);
        ::setenv("SGML_CATALOG_FILES", "/do-not-repeat/catalog", 1);
        return ServiceProviderOptions{};
    };
    return {
        accepted(
            "XML-08", "an_XInclude_in_signed_Extensions",
            [] { return soap(marked({.id = "_a1", .extensions = extensions(include_file)})); }, "S1"),
        accepted("XML-08", "an_XInclude_in_Header", with_header(include_file), "S1"),
        refused(
            "XML-08", "an_XInclude_in_a_signed_NameID",
            [] { return soap(marked({.identifier = transient_name_id(std::string(alice) + include_file)})); },
            "saml.schema"),
        refused("XML-08", "an_XInclude_in_a_NameID_after_signing", changed(std::string(alice), include_file),
                "sig.invalid"),
        refused(
            "XML-08", "an_XInclude_in_place_of_the_message", [] { return envelope(include_file); },
            "saml.not_a_request"),
        std::move(with_catalogs),
        refused("XML-23", "a_catalog_named_by_a_processing_instruction",
                behind(R"(<?oasis-xml-catalog catalog="file:///do-not-repeat/catalog.xml"?>)"), "xml.pi"),
    };
}

/// `text` with `markup` behind its first `place`.
Text with_pi_behind(std::string place, std::string markup = "<?do not-repeat?>") {
    return changed(place, place + markup);
}

Attacks processing_instructions() {
    Attacks all{
        refused("XML-09", "a_stylesheet",
                behind(R"(<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:1/do-not-repeat"?>)"), "xml.pi"),
        refused("XML-09", "one_before_the_Envelope", behind("<?php do-not-repeat?>"), "xml.pi"),
        refused(
            "XML-09", "one_behind_the_Envelope", [] { return good_body() + "<?do not-repeat?>"; }, "xml.pi"),
        refused("XML-09", "one_in_Header", with_header("<?do not-repeat?>"), "xml.pi"),
        refused("XML-09", "one_in_Body", with_pi_behind("<soap:Body>"), "xml.pi"),
        refused("XML-09", "one_in_Issuer", with_pi_behind("<saml:Issuer>"), "xml.pi"),
        refused("XML-09", "one_in_SignedInfo", with_pi_behind("<ds:SignedInfo>"), "xml.pi"),
        refused("XML-09", "one_in_DigestValue", with_pi_behind("<ds:DigestValue>"), "xml.pi"),
        refused("XML-09", "one_in_SignatureValue", with_pi_behind("<ds:SignatureValue>"), "xml.pi"),
        refused("XML-09", "one_in_SessionIndex", with_pi_behind("<samlp:SessionIndex>"), "xml.pi"),
        refused("XML-09", "an_empty_one", behind("<?x?>"), "xml.pi"),
        refused("XML-09", "one_without_end", behind("<?do not-repeat"), "xml.malformed"),
    };
    for (std::size_t at = 0; at <= alice.size(); at += 4) {
        all.push_back(refused("XML-09", "one_in_the_NameID_behind_octet_" + std::to_string(at),
                              with_pi_behind(">" + std::string(alice.substr(0, at))), "xml.pi"));
    }
    return all;
}

/// Faults that libxml2 repairs if it is asked to recover, or doesn't count as fatal.
Attacks what_a_lenient_parser_repairs() {
    const std::vector<std::pair<const char*, std::string>> blocks{
        {"an_undeclared_prefix", "<h:h>do-not-repeat</h:h>"},
        {"an_undeclared_prefix_of_an_attribute", R"(<h:h xmlns:h="urn:h" i:a=""/>)"},
        {"an_attribute_twice", R"(<h:h xmlns:h="urn:h" a="1" a="2"/>)"},
        {"an_attribute_twice_under_two_prefixes", R"(<h:h xmlns:h="urn:h" xmlns:i="urn:h" h:a="1" i:a="2"/>)"},
        {"a_prefix_declared_twice", R"(<h:h xmlns:h="urn:h" xmlns:h="urn:i"/>)"},
        {"a_prefix_that_is_undeclared_again", R"(<h:h xmlns:h="urn:h"><h:i xmlns:h=""/></h:h>)"},
        {"the_prefix_xml_for_another_namespace", R"(<h:h xmlns:h="urn:h" xmlns:xml="urn:h"/>)"},
        {"the_prefix_xmlns", R"(<h:h xmlns:h="urn:h" xmlns:xmlns="urn:h"/>)"},
        {"another_prefix_for_the_namespace_of_xml",
         R"(<h:h xmlns:h="urn:h" xmlns:x="http://www.w3.org/XML/1998/namespace"/>)"},
        {"a_name_with_two_colons", R"(<h:h:h xmlns:h="urn:h"/>)"},
        {"an_end_tag_too_many", R"(<h:h xmlns:h="urn:h"/></h:h>)"},
        {"end_tags_in_the_wrong_order", R"(<h:h xmlns:h="urn:h"><h:i></h:h></h:i>)"},
        {"an_attribute_without_quotes", R"(<h:h xmlns:h="urn:h" a=1/>)"},
        {"an_attribute_without_value", R"(<h:h xmlns:h="urn:h" a/>)"},
        {"attributes_without_a_blank_between_them", R"(<h:h xmlns:h="urn:h"a=""/>)"},
        {"a_tag_in_an_attribute", R"(<h:h xmlns:h="urn:h" a="<"/>)"},
        {"a_bare_ampersand", R"(<h:h xmlns:h="urn:h">a & b</h:h>)"},
        {"a_reference_without_its_end", R"(<h:h xmlns:h="urn:h">&lt</h:h>)"},
        {"the_end_of_a_CDATA_section_alone", R"(<h:h xmlns:h="urn:h">]]></h:h>)"},
        {"a_CDATA_section_without_end", R"(<h:h xmlns:h="urn:h"><![CDATA[)"},
        {"a_CDATA_section_in_lower_case", R"(<h:h xmlns:h="urn:h"><![cdata[x]]></h:h>)"},
    };
    Attacks all;
    for (const auto& [name, block] : blocks) {
        all.push_back(refused("XML-21", name, with_header(block), "xml.malformed"));
    }
    all.push_back(refused(
        "XML-21", "an_end_that_is_missing",
        [] { return good_body().substr(0, good_body().size() - std::string("</soap:Envelope>").size()); },
        "xml.malformed"));
    all.push_back(refused(
        "XML-21", "text_behind_the_end", [] { return good_body() + "x"; }, "xml.malformed"));
    // Elements, namespaces and an attribute are open when it breaks off; the next message comes on the same thread.
    all.push_back(
        refused("XML-28", "one_that_breaks_off_in_the_middle_before_a_good_one",
                with_header(R"(<h:h xmlns:h="urn:h" xmlns:i="urn:i" h:a="do-not-repeat"><i:i xmlns:i="urn:j" )"),
                "xml.malformed"));
    // libxml2 keeps its error handler per thread, and each attack is served by a thread that has seen no error yet.
    all.push_back(
        refused("MEM-08", "an_error_on_a_fresh_thread", with_header("<h:h>do-not-repeat\n</x>"), "xml.malformed"));
    return all;
}

constexpr std::string_view schema_instance = R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")";

/// A signed request with `attributes` on its root.
Text with_attributes(const std::string& attributes) {
    return [=] { return soap(marked({.id = "_a1", .more_attributes = std::string(schema_instance) + attributes})); };
}

Text with_name_id_attributes(const std::string& attributes) {
    return [=] {
        const auto name_id =
            replaced(transient_name_id(alice), " Format", std::string(schema_instance) + attributes + " Format");
        return soap(marked({.id = "_a1", .identifier = name_id}));
    };
}

Text with_issuer_attributes(const std::string& attributes) {
    return [=] {
        const auto issuer = replaced(issuer_of(idp1_entity_id), "<saml:Issuer",
                                     "<saml:Issuer" + std::string(schema_instance) + attributes);
        return soap(marked({.id = "_a1", .issuer = issuer}));
    };
}

/// The end of alice's first session, with `attributes` on the SessionIndex.
Text with_index_attributes(const std::string& attributes) {
    return [=] {
        return soap(marked(
            {.id = "_a1",
             .session_indexes = {},
             .tail = "<samlp:SessionIndex" + std::string(schema_instance) + attributes + ">i1</samlp:SessionIndex>"}));
    };
}

/// Signed with `attributes` on ds:Signature, which no signature covers.
Text signature_with(std::string_view declared, const std::string& attributes) {
    return changed("<ds:Signature", "<ds:Signature" + std::string(declared) + attributes);
}

Attacks attributes_of_schemas() {
    return {
        accepted("XML-24", "the_xsi_type_that_the_message_has_anyway",
                 with_attributes(R"( xsi:type="samlp:LogoutRequestType")"), "S1"),
        refused("XML-24", "another_xsi_type", with_attributes(R"( xsi:type="samlp:AuthnRequestType")"), "saml.schema"),
        refused("XML-24", "the_right_xsi_type_of_the_wrong_namespace",
                with_attributes(R"( xsi:type="saml:LogoutRequestType")"), "saml.schema"),
        refused(
            "XSW-30", "an_xsi_type_whose_prefix_only_the_Envelope_binds",
            [] {
                const auto body = with_attributes(R"( xsi:type="p:LogoutRequestType")")();
                return replaced(body, "<soap:Envelope",
                                R"(<soap:Envelope xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol")");
            },
            "saml.schema"),
        refused("XML-24", "xsi_nil", with_attributes(R"( xsi:nil="true")"), "saml.schema"),
        accepted("XML-24", "xsi_schemaLocation",
                 with_attributes(R"( xsi:schemaLocation="urn:x http://127.0.0.1:1/do-not-repeat.xsd")"), "S1"),
        accepted("XML-24", "xsi_noNamespaceSchemaLocation",
                 with_attributes(R"( xsi:noNamespaceSchemaLocation="http://127.0.0.1:1/x.xsd")"), "S1"),
        accepted("XML-24", "xsi_schemaLocation_of_a_NameID",
                 with_name_id_attributes(R"( xsi:schemaLocation="urn:x file:///etc/hostname")"), "S1"),
        accepted("XML-24", "xsi_schemaLocation_of_the_Issuer",
                 with_issuer_attributes(R"( xsi:schemaLocation="urn:x file:///etc/hostname")"), "S1"),
        accepted("XML-24", "xsi_schemaLocation_of_the_Signature",
                 signature_with(schema_instance, R"( xsi:schemaLocation="urn:x file:///etc/hostname")"), "S1"),
        refused("XML-24", "an_xsi_type_of_the_Signature",
                signature_with(schema_instance, R"( xsi:type="ds:SignatureType")"), "sig.attribute"),
        refused("XML-24", "a_schemaLocation_of_nobody", with_attributes(R"( schemaLocation="urn:x urn:y")"),
                "saml.schema"),
        refused("XML-24", "a_schemaLocation_in_another_namespace",
                with_attributes(R"( xmlns:x="urn:x" x:schemaLocation="urn:x urn:y")"), "saml.schema"),
        accepted("XML-24", "the_xsi_type_that_an_Issuer_has_anyway",
                 with_issuer_attributes(R"( xsi:type="saml:NameIDType")"), "S1"),
        accepted("XML-24", "the_xsi_type_that_a_SessionIndex_has_anyway",
                 with_index_attributes(R"( xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string")"), "S1"),
        accepted("XML-24", "the_xsi_type_of_a_SessionIndex_in_white_space",
                 with_index_attributes(R"( xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type=" xs:string&#10;")"),
                 "S1"),
        refused("XML-24", "another_xsi_type_of_a_SessionIndex",
                with_index_attributes(R"( xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:anyType")"),
                "saml.schema"),
        refused("XML-24", "the_xsi_type_of_a_SessionIndex_in_another_namespace",
                with_index_attributes(R"( xsi:type="samlp:string")"), "saml.schema"),
        refused("XML-24", "the_xsi_type_of_a_SessionIndex_in_no_namespace",
                with_index_attributes(R"( xsi:type="string")"), "saml.schema"),
        refused("XML-24", "xml_base", with_attributes(R"( xml:base="http://127.0.0.1:1/")"), "saml.schema"),
        refused("XML-24", "xml_lang", with_attributes(R"( xml:lang="tr")"), "saml.schema"),
        refused("XML-24", "xml_space", with_attributes(R"( xml:space="preserve")"), "saml.schema"),
        accepted("XML-24", "the_xsi_type_that_a_NameID_has_anyway",
                 with_name_id_attributes(R"( xsi:type="saml:NameIDType")"), "S1"),
        refused("XML-24", "another_xsi_type_of_a_NameID",
                with_name_id_attributes(R"( xsi:type="saml:BaseIDAbstractType")"), "saml.schema"),
        refused("XML-24", "a_NameID_that_is_nil", with_name_id_attributes(R"( xsi:nil="1")"), "saml.schema"),
        refused("XML-24", "an_Issuer_of_another_type",
                changed("<saml:Issuer>",
                        "<saml:Issuer" + std::string(schema_instance) + R"( xsi:type="saml:BaseIDAbstractType">)"),
                "saml.issuer"),
        accepted("XML-24", "xsi_schemaLocation_on_the_Envelope",
                 changed("<soap:Envelope", "<soap:Envelope" + std::string(schema_instance) +
                                               R"( xsi:schemaLocation="urn:x http://127.0.0.1:1/do-not-repeat.xsd")"),
                 "S1"),
    };
}

Attacks white_space_after_signing() {
    // The first one makes xmlsec report an error: its callback must be ours.
    Attacks all{refused("MEM-12", "an_error_that_xmlsec_would_print", changed(std::string(alice), std::string(bob)),
                        "sig.invalid")};
    const auto add = [&all](const char* name, std::string from, std::string to) {
        all.push_back(refused("XML-25", name, changed(std::move(from), std::move(to)), "sig.invalid"));
    };
    add("a_line_feed_behind_Issuer", "</saml:Issuer>", "</saml:Issuer>\n");
    add("a_blank_before_NameID", "<saml:NameID", " <saml:NameID");
    add("pretty_printed_SessionIndexes", "</samlp:SessionIndex>", "</samlp:SessionIndex>\n    ");
    add("a_blank_at_the_end", "</samlp:LogoutRequest>", " </samlp:LogoutRequest>");
    add("a_blank_before_the_name", ">" + std::string(alice), "> " + std::string(alice));
    add("a_tab_behind_the_name", std::string(alice) + "<", std::string(alice) + "\t<");
    add("a_blank_in_a_SessionIndex", "<samlp:SessionIndex>", "<samlp:SessionIndex> ");
    add("a_blank_in_an_attribute", "Consent=\"", "Consent=\" ");
    add("a_blank_in_SignedInfo", "<ds:SignedInfo>", "<ds:SignedInfo> ");
    const auto same = [&all](const char* name, std::string from, std::string to) {
        all.push_back(accepted("XML-25", name, changed(std::move(from), std::move(to)), "S1"));
    };
    // The canonical form is the same: no other message.
    same("line_feeds_inside_a_tag", " Version=", "\r\n\tVersion=");
    same("white_space_around_the_message", "<soap:Body>", "<soap:Body>\n\t ");
    same("white_space_around_a_SignatureValue", "<ds:SignatureValue>", "<ds:SignatureValue>\n ");
    same("the_name_as_CDATA", std::string(alice), "<![CDATA[" + std::string(alice) + "]]>");
    same("the_name_as_character_references", "alice", "&#97;&#x6C;i&#99;e");
    return all;
}

}  // namespace

Attacks xml_attacks() {
    return joined({external_entities, entity_bombs, declarations, inclusions_and_catalogs, processing_instructions,
                   what_a_lenient_parser_repairs, attributes_of_schemas, white_space_after_signing});
}

}  // namespace slo::test
