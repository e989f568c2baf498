// Matrix A: signature wrapping. The nine permutations of SAML Raider, moved from a Response to a LogoutRequest over
// SOAP, and two messages in every place that an envelope has.
#include <array>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "attack.hpp"
#include "material.hpp"
#include "xmlsec1.hpp"

namespace slo::test {
namespace {

std::string same_id_evil() {
    return replaced(material().evil, "ID=\"_e1\"", "ID=\"_r1\"");
}

std::string with_signature(const std::string& message) {
    return behind_issuer(message, material().signature);
}

std::string signature_holding(const std::string& markup) {
    return replaced(material().signature, "</ds:Signature>", markup + "</ds:Signature>");
}

/// A ds:Signature without any signer.
std::string signature_of_nobody(const std::string& content = {}) {
    return R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)" + content + "</ds:Signature>";
}

std::string object(const std::string& markup) {
    return "<ds:Object>" + markup + "</ds:Object>";
}

Attacks saml_raiders_permutations() {
    return {
        refused("XSW-01", "the_original_inside_the_Signature",
                with_message([](auto& m) { return behind_issuer(m.evil, signature_holding(m.bare)); }),
                "sig.structure"),
        refused("XSW-02", "the_original_in_front_of_the_Signature",
                with_message([](auto& m) { return behind_issuer(m.evil, m.bare + m.signature); }), "sig.position"),
        refused("XSW-03", "a_forgery_in_front_of_the_original",
                with_message([](auto& m) { return m.evil + m.message; }), "soap.body_count"),
        refused("XSW-04", "the_original_as_a_child_of_a_forgery",
                with_message([](auto& m) { return last_in(m.evil, m.message); }), "sig.position"),
        refused("XSW-05", "the_Signature_in_a_forgery_and_the_original_behind_it",
                with_message([](auto& m) { return with_signature(m.evil) + m.bare; }), "soap.body_count"),
        refused("XSW-05", "the_Signature_in_a_forgery_with_the_same_ID_and_the_original_behind_it",
                with_message([](auto& m) { return with_signature(same_id_evil()) + m.bare; }), "soap.body_count"),
        refused("XSW-06", "the_Signature_around_the_original_in_an_Assertion", with_message([](auto& m) {
                    return behind_issuer(
                        m.evil, "<saml:Assertion ID=\"_a1\">" + signature_holding(m.bare) + "</saml:Assertion>");
                }),
                "sig.position"),
        refused("XSW-07", "a_forgery_with_the_same_ID_in_Extensions_before_the_Signature",
                with_message([](auto& m) { return behind_issuer(m.message, extensions(same_id_evil())); }),
                "xml.duplicate_id"),
        refused("XSW-07", "a_forgery_with_the_same_ID_in_Extensions",
                with_message([](auto& m) { return behind_issuer(m.bare, m.signature + extensions(same_id_evil())); }),
                "xml.duplicate_id"),
        refused("XSW-07", "the_original_in_the_Extensions_of_a_forgery",
                with_message([](auto& m) { return behind_issuer(m.evil, m.signature + extensions(m.bare)); }),
                "sig.reference"),
        refused("XSW-08", "the_original_in_an_Object",
                with_message([](auto& m) { return behind_issuer(m.evil, signature_holding(object(m.bare))); }),
                "sig.object"),
        refused("XSW-08", "the_original_in_an_Object_under_a_forgery_with_the_same_ID",
                with_message([](auto& m) { return behind_issuer(same_id_evil(), signature_holding(object(m.bare))); }),
                "xml.duplicate_id"),
        refused("XSW-08", "the_original_in_an_Object_of_a_second_Signature", with_message([](auto& m) {
                    return behind_issuer(m.evil, m.signature +
                                                     R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/)"
                                                     R"(xmldsig#">)" +
                                                     object(m.bare) + "</ds:Signature>");
                }),
                "sig.count"),
        refused("XSW-09", "two_SignedInfos", with_message([](auto& m) {
                    const auto info = cut_out(m.message, "<ds:SignedInfo", "</ds:SignedInfo>");
                    return replaced(m.message, info, info + info);
                }),
                "sig.structure"),
        refused("XSW-09", "two_SignedInfos_and_two_SignatureValues", with_message([](auto& m) {
                    const auto info = cut_out(m.message, "<ds:SignedInfo", "</ds:SignedInfo>");
                    const auto value = cut_out(m.message, "<ds:SignatureValue", "</ds:SignatureValue>");
                    return replaced(m.message, value, value + info + value);
                }),
                "sig.structure"),
        refused("XSW-09", "two_SignatureValues", with_message([](auto& m) {
                    const auto value = cut_out(m.message, "<ds:SignatureValue", "</ds:SignatureValue>");
                    return replaced(m.message, value, value + value);
                }),
                "sig.structure"),
    };
}

std::string in_envelope(const std::string& before_body, const std::string& body, const std::string& behind_body) {
    return R"(<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">)" + before_body + "<soap:Body>" +
           body + "</soap:Body>" + behind_body + "</soap:Envelope>";
}

std::string header(const std::string& content) {
    return "<soap:Header>" + content + "</soap:Header>";
}

/// `message` with `markup` before the end of its first element `tag`, which must have one.
std::string inside(const std::string& message, std::string_view end_tag, const std::string& markup) {
    const auto at = message.find(end_tag);
    if (at == std::string::npos) throw std::logic_error("the message has no " + std::string(end_tag));
    return std::string(message).insert(at, markup);
}

/// Two messages in one envelope: one is in the message's place, the other is hidden somewhere.
struct Pair {
    const char* name;
    std::string (*message)();
    std::string (*hidden)();
};

const std::array<Pair, 5> pairs{{
    {"an_unsigned_forgery_with_the_original", [] { return material().evil; }, [] { return material().message; }},
    {"a_forgery_under_the_Signature_with_the_original", [] { return with_signature(material().evil); },
     [] { return material().bare; }},
    {"a_forgery_under_the_Signature_and_ID_with_the_original", [] { return with_signature(same_id_evil()); },
     [] { return material().bare; }},
    {"the_original_with_a_forgery", [] { return material().message; }, [] { return material().evil; }},
    {"the_original_with_a_forgery_of_the_same_ID", [] { return material().message; }, [] { return same_id_evil(); }},
}};

/// Where the hidden one can be, and the rule that refuses each of `pairs` there. "logout": what is hidden there is not
/// signed, not needed and not read, and the original holds.
struct Place {
    const char* row;
    const char* name;
    std::string (*put)(const std::string& message, const std::string& hidden);
    std::array<const char*, pairs.size()> rules;
};

constexpr std::array<const char*, pairs.size()> in_all(const char* rule) {
    return {rule, rule, rule, rule, rule};
}

std::vector<Place> places() {
    return {
        {"XSW-10",
         "in_Header",
         [](const auto& m, const auto& h) { return in_envelope(header(h), m, ""); },
         {"sig.position", "sig.reference", "xml.duplicate_id", "logout", "xml.duplicate_id"}},
        {"XSW-10",
         "in_a_header_block",
         [](const auto& m, const auto& h) {
             return in_envelope(header("<x:w xmlns:x=\"urn:x\">" + h + "</x:w>"), m, "");
         },
         {"sig.position", "sig.reference", "xml.duplicate_id", "logout", "xml.duplicate_id"}},
        {"XSW-11",
         "in_a_wsse_Security_header",
         [](const auto& m, const auto& h) {
             return in_envelope(header("<wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/"
                                       "oasis-200401-wss-wssecurity-secext-1.0.xsd\">" +
                                       h + "</wsse:Security>"),
                                m, "");
         },
         {"sig.position", "sig.reference", "xml.duplicate_id", "logout", "xml.duplicate_id"}},
        {"XSW-12", "in_a_first_Body",
         [](const auto& m, const auto& h) { return in_envelope("<soap:Body>" + h + "</soap:Body>", m, ""); },
         in_all("soap.structure")},
        {"XSW-12", "in_a_second_Body",
         [](const auto& m, const auto& h) { return in_envelope("", m, "<soap:Body>" + h + "</soap:Body>"); },
         in_all("soap.structure")},
        {"XSW-10", "before_Body", [](const auto& m, const auto& h) { return in_envelope(h, m, ""); },
         in_all("soap.structure")},
        {"XSW-10", "behind_Body", [](const auto& m, const auto& h) { return in_envelope("", m, h); },
         in_all("soap.structure")},
        {"XSW-03", "before_the_message", [](const auto& m, const auto& h) { return in_envelope("", h + m, ""); },
         in_all("soap.body_count")},
        {"XSW-03", "behind_the_message", [](const auto& m, const auto& h) { return in_envelope("", m + h, ""); },
         in_all("soap.body_count")},
        {"XSW-14", "in_an_Envelope_before_the_message",
         [](const auto& m, const auto& h) { return in_envelope("", in_envelope("", h, "") + m, ""); },
         in_all("soap.body_count")},
        {"XSW-04", "as_the_first_child",
         [](const auto& m, const auto& h) { return in_envelope("", first_in(m, h), ""); }, in_all("saml.issuer")},
        {"XSW-02",
         "behind_Issuer",
         [](const auto& m, const auto& h) { return in_envelope("", behind_issuer(m, h), ""); },
         {"sig.position", "sig.position", "xml.duplicate_id", "sig.position", "xml.duplicate_id"}},
        {"XSW-07",
         "in_Extensions",
         [](const auto& m, const auto& h) { return in_envelope("", inside(m, "<saml:NameID", extensions(h)), ""); },
         {"sig.position", "sig.reference", "xml.duplicate_id", "sig.invalid", "xml.duplicate_id"}},
        {"XSW-04", "inside_Issuer",
         [](const auto& m, const auto& h) { return in_envelope("", inside(m, "</saml:Issuer>", h), ""); },
         in_all("saml.issuer")},
        {"XSW-04",
         "inside_NameID",
         [](const auto& m, const auto& h) { return in_envelope("", inside(m, "</saml:NameID>", h), ""); },
         {"sig.position", "sig.reference", "xml.duplicate_id", "sig.invalid", "xml.duplicate_id"}},
        {"XSW-04",
         "inside_SessionIndex",
         [](const auto& m, const auto& h) { return in_envelope("", inside(m, "</samlp:SessionIndex>", h), ""); },
         {"sig.position", "sig.reference", "xml.duplicate_id", "sig.invalid", "xml.duplicate_id"}},
        {"XSW-04",
         "as_the_last_child",
         [](const auto& m, const auto& h) { return in_envelope("", last_in(m, h), ""); },
         {"sig.position", "sig.reference", "xml.duplicate_id", "sig.invalid", "xml.duplicate_id"}},
        {"XSW-08",
         "in_an_Object_of_a_second_Signature",
         [](const auto& m, const auto& h) {
             return in_envelope("", last_in(m, signature_of_nobody("<ds:Object>" + h + "</ds:Object>")), "");
         },
         {"sig.count", "sig.count", "xml.duplicate_id", "sig.count", "xml.duplicate_id"}},
    };
}

Attacks two_messages_in_every_place() {
    Attacks all;
    for (const auto& place : places()) {
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& pair = pairs[i];
            const std::string rule = place.rules[i];
            auto name = std::string(pair.name) + "_" + place.name;
            Text body = [&pair, put = place.put] { return put(pair.message(), pair.hidden()); };
            all.push_back(rule == "logout" ? accepted(place.row, std::move(name), std::move(body), "S1")
                                           : refused(place.row, std::move(name), std::move(body), rule));
        }
    }
    return all;
}

/// The Signature of the original at another place of it.
Attack misplaced(const char* name, std::function<std::string(const Material&)> put, const char* rule = "sig.position") {
    return refused("XSW-21", name, with_message(std::move(put)), rule);
}

Attacks signatures_elsewhere() {
    const auto two = [](std::string name, std::function<std::string(const Material&)> change) {
        return refused("XSW-24", std::move(name), with_message(std::move(change)), "sig.count");
    };
    return {
        misplaced("the_Signature_at_the_end", [](auto& m) { return last_in(m.bare, m.signature); }),
        misplaced(
            "the_Signature_in_front_of_Issuer", [](auto& m) { return first_in(m.bare, m.signature); }, "saml.issuer"),
        misplaced(
            "the_Signature_in_Issuer",
            [](auto& m) { return replaced(m.bare, "</saml:Issuer>", m.signature + "</saml:Issuer>"); }, "saml.issuer"),
        misplaced("the_Signature_in_NameID",
                  [](auto& m) { return replaced(m.bare, "</saml:NameID>", m.signature + "</saml:NameID>"); }),
        misplaced("the_Signature_behind_NameID",
                  [](auto& m) { return replaced(m.bare, "</saml:NameID>", "</saml:NameID>" + m.signature); }),
        misplaced("the_Signature_in_Extensions",
                  [](auto& m) { return behind_issuer(m.bare, extensions(m.signature)); }),
        misplaced("the_Signature_behind_Extensions",
                  [](auto& m) { return behind_issuer(m.bare, extensions("") + m.signature); }),
        refused("XSW-21", "the_Signature_behind_the_message",
                with_message([](auto& m) { return m.bare + m.signature; }), "soap.body_count"),
        refused(
            "XSW-21", "the_Signature_in_Header",
            [] { return envelope(material().bare, "<soap:Header>" + material().signature + "</soap:Header>"); },
            "sig.position"),
        two("two_Signatures", [](auto& m) { return behind_issuer(m.message, m.signature); }),
        two("three_Signatures", [](auto& m) { return behind_issuer(m.message, m.signature + m.signature); }),
        two("an_empty_Signature_in_front_of_the_right_one",
            [](auto& m) { return behind_issuer(m.message, signature_of_nobody()); }),
        two("an_empty_Signature_behind_the_right_one",
            [](auto& m) { return replaced(m.message, m.signature, m.signature + signature_of_nobody()); }),
        two("a_Signature_over_another_element_behind_a_broken_one",
            [](auto& m) {
                return replaced(m.message, m.signature,
                                replaced(m.signature, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA") + m.signature);
            }),
    };
}

/// Something else that the very same key signed, as a part of the login or of metadata.
std::string signed_by_the_idp(const std::string& element, const std::string& ns, const std::string& content) {
    const auto prefix = element.substr(0, element.find(':'));
    return sign_xml("<" + element + " xmlns:" + prefix + "=\"" + ns + "\"" +
                        (prefix == "saml" ? "" : R"( xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")") +
                        R"( ID="_r1" Version="2.0" Consent="urn:do-not-repeat" IssueInstant=")" +
                        std::string(baseline_now) + "\" Destination=\"" + std::string(our_soap_url) + "\">" +
                        issuer_of(idp1_entity_id) + SignatureText{}.xml("_r1") + content + "</" + element + ">",
                    "keys/idp1-first.key.pem");
}

Attacks other_signed_objects() {
    constexpr const char* samlp = "urn:oasis:names:tc:SAML:2.0:protocol";
    constexpr const char* saml = "urn:oasis:names:tc:SAML:2.0:assertion";
    const auto subject = "<saml:Subject>" + transient_name_id(bob) + "</saml:Subject>";
    const std::string success =
        R"(<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>)";
    const std::string failure =
        R"(<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status>)";
    struct Object {
        const char* element;
        const char* ns;
        std::string content;
        const char* rule;
        const char* answer = nullptr;
    };
    const std::vector<Object> objects{
        {"samlp:Response", samlp, success + "<saml:Assertion>" + subject + "</saml:Assertion>", "saml.not_a_request"},
        {"samlp:Response", samlp, failure, "saml.not_a_request"},
        {"samlp:LogoutResponse", samlp, success, "saml.not_a_request"},
        {"samlp:ArtifactResponse", samlp, success, "saml.not_a_request"},
        {"saml:Assertion", saml, subject, "saml.not_a_request"},
        {"samlp:AuthnRequest", samlp, subject, "saml.unsupported_request"},
        {"samlp:ManageNameIDRequest", samlp, transient_name_id(bob), "saml.unsupported_request",
         "200 ManageNameIDResponse Requester/RequestUnsupported"},
        {"samlp:AttributeQuery", samlp, subject, "saml.unsupported_request"},
        {"samlp:ArtifactResolve", samlp, "<samlp:Artifact>do-not-repeat</samlp:Artifact>", "saml.unsupported_request",
         "200 ArtifactResponse Requester/RequestUnsupported"},
    };
    Attacks all;
    int number = 0;
    for (const auto& object : objects) {
        const auto name = std::string(object.element).substr(std::string(object.element).find(':') + 1) + "_" +
                          std::to_string(++number);
        const auto xml = [object] { return signed_by_the_idp(object.element, object.ns, object.content); };
        auto alone = refused(
            "XSW-22", "a_signed_" + name, [xml] { return envelope(xml()); }, object.rule);
        if (object.answer != nullptr) alone.answer = object.answer;
        all.push_back(std::move(alone));
        all.push_back(refused(
            "XSW-22", "a_signed_" + name + "_in_the_Extensions_of_a_forgery",
            [xml] { return envelope(behind_issuer(material().evil, extensions(xml()))); }, "sig.position"));
        all.push_back(refused(
            "XSW-22", "a_signed_" + name + "_in_Header_over_a_forgery",
            [xml] { return envelope(material().evil, "<soap:Header>" + xml() + "</soap:Header>"); }, "sig.position"));
    }
    return all;
}

Attacks identifiers_and_prefixes() {
    const std::string dtd_id = "<!DOCTYPE soap:Envelope [<!ATTLIST x:y foo ID #IMPLIED>]>";
    return {
        refused("XSW-16", "an_xml_id_on_the_Envelope", changed("<soap:Envelope ", "<soap:Envelope xml:id=\"_r1\" "),
                "xml.duplicate_id"),
        refused("XSW-16", "an_xml_id_on_the_message",
                changed("<samlp:LogoutRequest ", "<samlp:LogoutRequest xml:id=\"_x1\" "), "xml.duplicate_id"),
        refused("XSW-16", "an_xml_id_in_NameID", changed("<saml:NameID ", "<saml:NameID xml:id=\"_x1\" "),
                "xml.duplicate_id"),
        refused(
            "XSW-17", "an_attribute_declared_an_ID", [=] { return dtd_id + good_body(); }, "xml.doctype"),
        refused(
            "XSW-17", "an_ID_by_default",
            [] { return "<!DOCTYPE soap:Envelope [<!ATTLIST soap:Body ID CDATA \"_r1\">]>" + good_body(); },
            "xml.doctype"),
        refused("XSW-15", "the_same_ID_on_the_Body", changed("<soap:Body>", "<soap:Body ID=\"_r1\">"),
                "xml.duplicate_id"),
        refused("XSW-15", "the_same_ID_with_a_blank_in_front", changed("<soap:Body>", "<soap:Body ID=\" _r1\">"),
                "xml.duplicate_id"),
        refused("XSW-15", "the_same_ID_with_a_line_feed_behind", changed("<soap:Body>", "<soap:Body ID=\"_r1&#10;\">"),
                "xml.duplicate_id"),
        refused("XSW-15", "the_same_ID_in_lower_case", changed("<soap:Body>", "<soap:Body id=\"_r1\">"),
                "xml.duplicate_id"),
        refused("XSW-15", "the_same_ID_as_AssertionID", changed("<soap:Body>", "<soap:Body AssertionID=\"_r1\">"),
                "xml.duplicate_id"),
        refused("XSW-19", "an_ID_in_another_namespace_in_front",
                changed("<samlp:LogoutRequest ", "<samlp:LogoutRequest xmlns:x=\"urn:x\" x:ID=\"_e1\" "),
                "sig.attribute"),
        refused("XSW-19", "an_ID_in_another_namespace_behind",
                changed(" Version=", " xmlns:x=\"urn:x\" x:ID=\"_e1\" Version="), "sig.attribute"),
        refused("XSW-19", "an_id_in_lower_case", changed(" Version=", " id=\"_e1\" Version="), "sig.attribute"),
        refused("XSW-19", "two_IDs", changed(" Version=", " ID=\"_e1\" Version="), "xml.malformed"),
        refused(
            "XSW-26", "two_documents", [] { return good_body() + good_body(); }, "xml.malformed"),
        refused(
            "XSW-26", "a_forgery_in_front_of_the_document", [] { return envelope(material().evil) + good_body(); },
            "xml.malformed"),
        refused(
            "XSW-26", "a_forgery_behind_the_document", [] { return good_body() + envelope(material().evil); },
            "xml.malformed"),
        refused(
            "XSW-26", "text_behind_the_document", [] { return good_body() + "do-not-repeat"; }, "xml.malformed"),
        refused("XSW-29", "another_namespace_for_ds",
                changed("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
                        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig\""),
                "sig.missing"),
        refused("XSW-29", "another_namespace_for_ds_from_SignedInfo_on",
                changed("<ds:SignedInfo>", "<ds:SignedInfo xmlns:ds=\"urn:x\">"), "sig.structure"),
        refused("XSW-29", "another_namespace_for_ds_on_Reference",
                changed("<ds:Reference ", "<ds:Reference xmlns:ds=\"urn:x\" "), "sig.reference_count"),
        refused("XSW-29", "another_namespace_for_samlp",
                changed("xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", "xmlns:samlp=\"urn:x\""),
                "saml.not_a_request"),
        refused("XSW-29", "another_namespace_for_saml_in_NameID",
                changed("<saml:NameID ", "<saml:NameID xmlns:saml=\"urn:x\" "), "sig.invalid"),
        refused("XSW-29", "a_default_namespace_inside_the_Signature",
                changed("<ds:SignedInfo>", "<SignedInfo/><ds:SignedInfo>"), "sig.structure"),
        accepted("XSW-30", "a_prefix_that_only_content_uses_bound_on_the_Envelope",
                 changed("<soap:Envelope ", "<soap:Envelope xmlns:xs=\"urn:do-not-repeat\" "), "S1"),
        accepted("XSW-30", "a_prefix_that_nothing_inside_uses_bound_anew",
                 changed("<saml:NameID ", "<saml:NameID xmlns:samlp=\"urn:x\" "), "S1"),
    };
}

Attacks content_beside_the_message() {
    Attacks all;
    for (const auto& [name, tag, rule] : {std::tuple{"Envelope", "<soap:Body>", "soap.structure"},
                                          std::tuple{"Body", "<samlp:LogoutRequest ", "soap.structure"},
                                          std::tuple{"LogoutRequest", "<saml:NameID ", "sig.invalid"},
                                          std::tuple{"Signature", "<ds:SignedInfo>", "sig.structure"},
                                          std::tuple{"SignedInfo", "<ds:Reference ", "sig.structure"},
                                          std::tuple{"Reference", "<ds:Transforms>", "sig.structure"},
                                          std::tuple{"Transforms", "<ds:Transform ", "sig.transform"}}) {
        all.push_back(
            refused("XSW-32", std::string("text_in_") + name, changed(tag, std::string("do-not-repeat") + tag), rule));
    }
    const auto without_envelope = [](const char* name, Text body, const char* rule) {
        return refused("XSW-33", name, std::move(body), rule);
    };
    for (auto& attack : Attacks{
             without_envelope(
                 "no_envelope", [] { return material().message; }, "soap.structure"),
             without_envelope(
                 "an_envelope_of_SOAP_1_2",
                 changed("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
                 "soap.version"),
             without_envelope("an_unknown_envelope", changed("http://schemas.xmlsoap.org/soap/envelope/", "urn:x"),
                              "soap.version"),
             without_envelope("an_envelope_without_a_namespace",
                              changed("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                                      "<soap:Body>",
                                      "<Envelope><soap:Body xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"),
                              "xml.malformed"),
             refused(
                 "XSW-11", "a_header_that_must_be_understood",
                 [] {
                     return envelope(material().message,
                                     "<soap:Header><x:h xmlns:x=\"urn:do-not-repeat\" soap:mustUnderstand=\"1\"/>"
                                     "</soap:Header>");
                 },
                 "soap.must_understand"),
             accepted(
                 "XSW-10", "an_empty_Header", [] { return envelope(material().message, "<soap:Header/>"); }, "S1"),
             refused(
                 "XSW-34", "an_EncryptedID_that_holds_a_request",
                 [] {
                     EncryptedText hidden;
                     hidden.plaintext = material().evil;
                     return soap(marked({.identifier = hidden.xml()}));
                 },
                 "id.decryption"),
             refused(
                 "XSW-34", "an_EncryptedID_that_holds_two_NameIDs",
                 [] {
                     EncryptedText hidden;
                     hidden.plaintext = R"(<saml:EncryptedID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">)" +
                                        transient_name_id(alice) + transient_name_id(bob) + "</saml:EncryptedID>";
                     return soap(marked({.identifier = hidden.xml()}));
                 },
                 "id.decryption"),
             refused(
                 "XSW-34", "an_EncryptedAssertion_beside_the_NameID",
                 [] {
                     EncryptedText hidden;
                     hidden.plaintext = material().evil;
                     return envelope(last_in(material().message, "<saml:EncryptedAssertion>" + hidden.encrypted_data() +
                                                                     "</saml:EncryptedAssertion>"));
                 },
                 "sig.invalid"),
         }) {
        all.push_back(std::move(attack));
    }
    // Content outside the signed element has no effect: neither the query nor a header field.
    all.push_back({"XSW-31", "another_request_in_the_query",
                   [] {
                       return with_length("POST /saml/slo/soap?SAMLRequest=do-not-repeat HTTP/1.1\r\nHost: sp\r\n" +
                                              std::string(text_xml),
                                          good_body());
                   },
                   "404", "http_refused"});
    all.push_back({"XSW-31", "another_SOAPAction",
                   [] {
                       return with_length(std::string(request_line) + text_xml +
                                              "SOAPAction: \"urn:do-not-repeat\"\r\nX-NameID: bob.do-not-repeat\r\n",
                                          good_body());
                   },
                   "200 LogoutResponse Success", "logout", Connection::goes_on, History::none, "S1"});
    return all;
}

}  // namespace

Attacks wrapping_attacks() {
    return joined({saml_raiders_permutations, two_messages_in_every_place, signatures_elsewhere, other_signed_objects,
                   identifiers_and_prefixes, content_beside_the_message});
}

}  // namespace slo::test
