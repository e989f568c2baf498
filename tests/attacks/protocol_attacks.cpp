// Matrix E: a LogoutRequest's parts, its sender and its repetition. Its values are in protocol_value_attacks.cpp.
#include <vector>

#include "attack.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

using NamedText = std::pair<const char*, std::string>;

/// Signed by IdP1. Its ID isn't good_request()'s.
Text signed_text(LogoutRequestText text) {
    text.id = "_a1";
    return [text = std::move(text)] { return soap(marked(text)); };
}

/// The same without marked()'s SessionIndex: exactly these.
Text with_indexes(std::vector<std::string> indexes) {
    return [indexes = std::move(indexes)] {
        return soap({.id = "_a1",
                     .consent = "urn:do-not-repeat",
                     .identifier = transient_name_id(alice),
                     .session_indexes = indexes});
    };
}

/// good_request() once more, in other octets: S5, which is newer, must live.
Attack repeat(const char* row, const char* name, Text body) {
    return {.row = row,
            .name = name,
            .octets = [body = std::move(body)] { return posted(body()); },
            .answer = "200 LogoutResponse Success",
            .audit = "repeat",
            .history = History::good_request};
}

Attack after_good_request(Attack attack) {
    attack.history = History::good_request;
    return attack;
}

Attacks replays() {
    return {
        repeat("SAM-01", "the_same_octets", good_body),
        repeat("SAM-01", "another_envelope_around_the_message",
               [] { return with_header(R"(<h:h xmlns:h="urn:h">do-not-repeat</h:h>)")(); }),
        repeat("SAM-01", "the_same_request_signed_with_another_key_of_the_IdP",
               [] { return soap(marked(), "keys/idp1-second.key.pem"); }),
        after_good_request(refused(
            "SAM-01", "another_order_under_the_same_ID", [] { return soap(marked({.session_indexes = {"i2"}})); },
            "check.request_id")),
        after_good_request(
            refused("SAM-01", "a_replay_with_another_ID", changed("ID=\"_r1\"", "ID=\"_r2\""), "sig.reference")),
        repeat("SAM-06", "the_signature_in_shorter_lines",
               changed("<ds:SignatureValue>", "<ds:SignatureValue>\r\n\t\r\n")),
        repeat("SAM-06", "the_signature_in_one_line",
               [] {
                   auto signature = cut_out(good_body(), "<ds:SignatureValue>", "</ds:SignatureValue>");
                   auto body = replaced(good_body(), signature, "@");
                   std::erase(signature, '\n');
                   return replaced(std::move(body), "@", signature);
               }),
        repeat("SAM-06", "the_same_request_under_another_algorithm",
               [] {
                   return soap(
                       marked({.signature = {.algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"}}));
               }),
        repeat("SAM-06", "with_an_unsigned_KeyInfo",
               changed("</ds:SignatureValue>",
                       "</ds:SignatureValue><ds:KeyInfo><ds:KeyName>do-not-repeat</ds:KeyName>"
                       "</ds:KeyInfo>")),
        repeat("SAM-06", "its_attributes_in_another_order",
               [] {
                   const std::string consent = R"( Consent="urn:do-not-repeat")";
                   return replaced(replaced(good_body(), consent, ""), " ID=", consent + " ID=");
               }),
        after_good_request(refused("SAM-06", "the_signature_padded_with_zeros",
                                   changed("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), "sig.invalid")),
    };
}

Attacks identifiers() {
    static const std::string encrypted = [] {
        EncryptedText text;
        text.plaintext = replaced(text.plaintext, "N1", alice);
        return text.xml();
    }();
    const std::string name = transient_name_id(alice);
    const std::string base = R"(<saml:BaseID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
                             R"( xmlns:x="urn:do-not-repeat" xsi:type="x:do-not-repeat"/>)";
    const auto one = [](const char* what, const std::string& markup, const char* rule = "saml.schema") {
        return refused("SAM-18", what, signed_text({.identifier = markup}), rule);
    };
    return {
        one("none", ""),
        one("two_NameIDs", name + transient_name_id(bob)),
        one("NameID_and_EncryptedID", name + encrypted),
        one("EncryptedID_and_NameID", encrypted + name),
        one("two_EncryptedIDs", encrypted + encrypted),
        one("NameID_and_BaseID", name + base),
        one("BaseID_and_NameID", base + name),
        one("all_three", base + name + encrypted),
        one("BaseID", base, "id.base_id"),
        one("an_Assertion", "<saml:Assertion>" + name + "</saml:Assertion>"),
        one("a_Subject_around_it", "<saml:Subject>" + name + "</saml:Subject>"),
        one("a_NewID", "<samlp:NewID>" + std::string(alice) + "</samlp:NewID>"),
    };
}

Attacks session_indexes() {
    return {
        accepted("SAM-20", "none_for_all", with_indexes({}), "S1 S2"),
        refused("SAM-20", "an_empty_one", with_indexes({"i1", ""}), "saml.session_index"),
        refused("SAM-20", "a_blank_one", with_indexes({"  "}), "saml.session_index"),
        accepted("SAM-20", "one_with_a_line_feed_between_two_that_live", with_indexes({"i1\ni2"}), ""),
        refused("SAM-20", "one_with_a_carriage_return_behind", with_indexes({"i1&#13;"}), "saml.session_index"),
        accepted("SAM-20", "one_with_a_tab_inside", with_indexes({"i\t1"}), ""),
        accepted("SAM-20", "one_with_a_C1_control", with_indexes({"i1\xC2\x85"}), ""),
        refused("SAM-20", "one_of_white_space", with_indexes({"&#13;\n\t"}), "saml.session_index"),
        refused(
            "SAM-20", "one_with_a_character_that_XML_lacks",
            [] { return replaced(with_indexes({"i1Q"})(), "i1Q", "i1\xEF\xBF\xBF"); }, "xml.malformed"),
        refused("SAM-20", "one_of_1025_octets", with_indexes({std::string(1025, 'i')}), "saml.session_index"),
        refused("SAM-20", "an_element_in_one", with_indexes({"<samlp:SessionIndex>i1</samlp:SessionIndex>"}),
                "saml.schema"),
        accepted("SAM-20", "the_same_one_1000_times", with_indexes(std::vector<std::string>(1000, "i1")), "S1"),
        refused(
            "SAM-20", "2100",
            [] { return unsigned_soap(marked({.tail = repeated("<SessionIndex xmlns='u:a'/>", 2100)})); },
            "xml.limits"),
        refused_by_http(
            "SAM-20", "100000",
            [] {
                return posted(
                    unsigned_soap(marked({.tail = repeated("<samlp:SessionIndex>i</samlp:SessionIndex>", 100'000)})));
            },
            413),
        accepted("SAM-21", "a_known_one_and_an_unknown_one", with_indexes({"i1", "s99"}), "S1"),
        accepted("SAM-21", "an_unknown_one_and_two_known_ones", with_indexes({"s99", "i2", "i1"}), "S1 S2"),
        accepted("SAM-21", "unknown_ones_only", with_indexes({"s99", "s98"}), ""),
        accepted("SAM-24", "an_unknown_name", signed_text({.identifier = transient_name_id("do-not-repeat")}), ""),
        accepted("SAM-24", "a_name_that_only_another_index_has",
                 signed_text({.identifier = transient_name_id(bob), .session_indexes = {"i2"}}), ""),
    };
}

std::string extension(const char* element = "x") {
    return extensions("<x:" + std::string(element) + R"( xmlns:x="urn:do-not-repeat"/>)");
}

Attacks misplaced_extensions() {
    const std::string index = "<samlp:SessionIndex>i1</samlp:SessionIndex>";
    const auto aslo =
        extensions(R"(<aslo:Asynchronous xmlns:aslo="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"/>)");
    return {
        refused("SAM-25", "before_Issuer", signed_text({.issuer = extension() + issuer_of(idp1_entity_id)}),
                "saml.issuer"),
        refused("SAM-25", "before_the_Signature", signed_text({.issuer = issuer_of(idp1_entity_id) + extension()}),
                "sig.position"),
        refused("SAM-25", "behind_the_NameID", signed_text({.identifier = transient_name_id(alice) + extension()}),
                "saml.schema"),
        refused("SAM-25", "between_SessionIndexes", signed_text({.tail = extension() + index}), "saml.schema"),
        refused("SAM-25", "at_the_end", signed_text({.tail = extension()}), "saml.schema"),
        refused("SAM-25", "twice", signed_text({.extensions = extension() + extension()}), "saml.schema"),
        refused("SAM-25", "in_themselves", signed_text({.extensions = extensions(extension())}), "saml.schema"),
        refused("SAM-25", "in_the_NameID",
                signed_text({.identifier = transient_name_id(std::string(alice) + extension())}), "saml.schema"),
        refused(
            "SAM-25", "in_place_of_the_message",
            [] {
                return envelope(replaced(extension(), ">", R"( xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">)"));
            },
            "saml.not_a_request"),
        accepted("SAM-25", "where_they_belong", signed_text({.extensions = extension()}), "S1"),
        accepted("SAM-37", "a_signed_Asynchronous_that_still_gets_its_answer", signed_text({.extensions = aslo}), "S1"),
        accepted("SAM-37", "an_unknown_one_of_its_namespace",
                 signed_text({.extensions = replaced(aslo, "aslo:A", "aslo:NotA")}), "S1"),
        refused(
            "SAM-37", "an_unsigned_one", [=] { return unsigned_soap(marked({.extensions = aslo})); }, "sig.missing"),
        refused("SAM-37", "one_that_is_put_in_after_signing", changed("<saml:NameID", aslo + "<saml:NameID"),
                "sig.invalid"),
    };
}

/// A signed message whose content breaks the schema.
Attacks schema_violations() {
    const std::string name = transient_name_id(alice);
    const std::string index = "<samlp:SessionIndex>i1</samlp:SessionIndex>";
    const auto one = [](const char* what, LogoutRequestText text) {
        return refused("SAM-26", what, signed_text(std::move(text)), "saml.schema");
    };
    return {
        one("an_unknown_element_before_the_NameID", {.extensions = R"(<x:x xmlns:x="urn:x"/>)"}),
        one("an_unknown_element_at_the_end", {.tail = R"(<x:x xmlns:x="urn:x"/>)"}),
        one("an_unknown_element_in_the_NameID", {.identifier = transient_name_id("a<b/>b")}),
        one("an_unknown_element_in_a_SessionIndex", {.session_indexes = {"i<b/>1"}}),
        one("an_unknown_attribute", {.more_attributes = R"( Any="do-not-repeat")"}),
        one("an_attribute_of_another_namespace", {.more_attributes = R"( xmlns:x="urn:x" x:Reason="x")"}),
        one("an_attribute_of_our_own_namespace", {.more_attributes = R"( samlp:Reason="x")"}),
        one("an_attribute_in_lower_case", {.destination = std::nullopt, .more_attributes = R"( destination="urn:x")"}),
        one("an_unknown_attribute_of_the_NameID", {.identifier = replaced(name, " Format", R"( Any="x" Format)")}),
        one("an_attribute_of_a_SessionIndex", {.tail = replaced(index, ">", R"( Any="x">)")}),
        one("an_attribute_of_Extensions", {.extensions = replaced(extension(), ">", R"( Any="x">)")}),
        one("a_SessionIndex_before_the_NameID", {.extensions = index}),
        one("a_NameID_behind_the_SessionIndexes", {.identifier = index, .tail = name}),
        one("a_NameID_in_lower_case", {.identifier = "<saml:nameid>x</saml:nameid>"}),
        one("a_SessionIndex_in_lower_case", {.tail = "<samlp:sessionindex>i1</samlp:sessionindex>"}),
        one("a_NameID_of_the_wrong_namespace", {.identifier = "<samlp:NameID>x</samlp:NameID>"}),
        one("a_SessionIndex_of_the_wrong_namespace", {.tail = "<saml:SessionIndex>i1</saml:SessionIndex>"}),
        one("a_NameID_without_namespace", {.identifier = "<NameID>x</NameID>"}),
        one("a_NameIdentifier_of_SAML_1_1",
            {.identifier =
                 R"(<a:NameIdentifier xmlns:a="urn:oasis:names:tc:SAML:1.0:assertion">x</a:NameIdentifier>)"}),
        one("text_between_the_elements", {.extensions = "x"}),
        one("CDATA_between_the_elements", {.tail = "<![CDATA[x]]>"}),
        one("text_in_Extensions", {.extensions = replaced(extension(), "><", ">x<")}),
        one("empty_Extensions", {.extensions = "<samlp:Extensions/>"}),
        one("an_extension_of_our_own_namespace", {.extensions = extensions(index)}),
        one("an_extension_without_namespace", {.extensions = extensions("<x/>")}),
        one("a_second_Issuer", {.extensions = issuer_of(idp2_entity_id)}),
        one("a_Status", {.tail = "<samlp:Status/>"}),
        one("a_RelayState", {.tail = "<RelayState>do-not-repeat</RelayState>"}),
        one("a_request_in_it", {.tail = "<samlp:LogoutRequest/>"}),
    };
}

/// Names that programs use for their internal records.
Attacks attributes_with_inner_names() {
    Attacks all;
    for (const auto* name : {"any_attributes", "private_data", "__proto__", "constructor", "_private", "issuer",
                             "claimed_id", "verified"}) {
        all.push_back(refused("MEM-05", "the_attribute_" + std::string(name),
                              signed_text({.more_attributes = " " + std::string(name) + "=\"do-not-repeat\""}),
                              "saml.schema"));
    }
    return all;
}

Attacks issuers() {
    const std::string known(idp1_entity_id);
    const auto with = [](const std::string& attributes, const std::string& text) {
        return signed_text({.issuer = "<saml:Issuer" + attributes + ">" + text + "</saml:Issuer>"});
    };
    Attacks all;
    const std::vector<NamedText> attributes{
        {"another_Format", R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")"},
        {"an_empty_Format", R"( Format="")"},
        {"a_NameQualifier", R"( NameQualifier="urn:do-not-repeat")"},
        {"an_SPNameQualifier", R"( SPNameQualifier="urn:do-not-repeat")"},
        {"an_SPProvidedID", R"( SPProvidedID="do-not-repeat")"},
        {"an_unknown_attribute", R"( Any="do-not-repeat")"},
    };
    for (const auto& [what, markup] : attributes) {
        all.push_back(refused("SAM-29", what, with(markup, known), "saml.issuer"));
    }
    all.push_back(accepted("SAM-29", "the_right_Format",
                           with(R"( Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity")", known), "S1"));
    const std::vector<NamedText> none{
        {"empty", ""},
        {"10_KB", "https://do-not-repeat.example.net/" + std::string(10'240, 'x')},
        {"1025_octets", "https://do-not-repeat.example.net/" + std::string(991, 'x')},
        {"relative", "/do-not-repeat"},
        {"a_name", "do-not-repeat"},
        {"a_blank_in_front", " " + known},
        {"a_line_feed_behind", known + "\n"},
        {"two_of_them", known + " " + std::string(idp2_entity_id)},
        {"an_element_inside", known + "<x/>"},
    };
    for (const auto& [what, text] : none) all.push_back(refused("SAM-30", what, with("", text), "saml.issuer"));
    const std::vector<NamedText> unknown{
        {"unknown", "https://do-not-repeat.example.net/metadata"},
        {"a_web_page_on_this_machine", "http://127.0.0.1:1/do-not-repeat"},
        {"a_file", "file:///etc/passwd"},
        {"a_slash_at_the_end", known + "/"},
        {"upper_case", replaced(known, "idp1", "IDP1")},
        {"the_default_port", replaced(known, ".org/", ".org:443/")},
        {"a_homoglyph", replaced(known, "idp1",
                                 "\xD1\x96"
                                 "dp1")},
        {"ourselves", std::string(our_entity_id)},
        {"1024_octets", "https://do-not-repeat.example.net/" + std::string(990, 'x')},
    };
    for (const auto& [what, text] : unknown) {
        all.push_back(refused("SAM-30", what, with("", text), "check.issuer_unknown"));
    }
    return all;
}

/// A message of another kind: no signature is needed to see that. `answer` is the element that answers it.
Attack other_request(const std::string& element, const std::string& answer = "Response") {
    auto attack = refused(
        "SAM-31", element.substr(element.find(':') + 1), [=] { return unsigned_soap(marked({.element = element})); },
        "saml.unsupported_request");
    attack.answer = "200 " + answer + " Requester/RequestUnsupported";
    return attack;
}

Attacks other_messages() {
    Attacks all{
        other_request("samlp:AuthnRequest"),
        other_request("samlp:ArtifactResolve", "ArtifactResponse"),
        other_request("samlp:ManageNameIDRequest", "ManageNameIDResponse"),
        other_request("samlp:AttributeQuery"),
        other_request("samlp:AuthnQuery"),
        other_request("samlp:AuthzDecisionQuery"),
        other_request("samlp:AssertionIDRequest"),
    };
    for (const auto* element :
         {"samlp:LogoutResponse", "samlp:Response", "samlp:ArtifactResponse", "samlp:ManageNameIDResponse",
          "samlp:NameIDMappingRequest", "samlp:logoutrequest", "samlp:LogoutRequestType", "saml:LogoutRequest",
          "saml:Assertion", "saml:EncryptedAssertion", "Logout"}) {
        all.push_back(refused(
            "SAM-31", "no_request_" + std::to_string(all.size()),
            [=] { return unsigned_soap(marked({.element = element})); }, "saml.not_a_request"));
    }
    return all;
}

/// IdP1's metadata with two more roles, each with a key of its own.
ServiceProviderOptions with_more_roles() {
    auto metadata = idp_metadata(idp1_entity_id, {{"signing", "keys/idp1-first.crt.pem"}});
    const auto role = [](std::string_view begin, const std::string& certificate, std::string_view end) {
        return std::string(begin) + R"( protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">)" +
               R"(<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>)" +
               "<ds:X509Certificate>" + certificate + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>" +
               "</KeyDescriptor>" + std::string(end);
    };
    const auto sp = idp_metadata("urn:x", {{"signing", "keys/stranger.crt.pem"}});
    const auto authority = idp_metadata("urn:x", {{"signing", "keys/idp1-second.crt.pem"}});
    const auto certificate = [](const std::string& xml) {
        const auto whole = cut_out(xml, "<ds:X509Certificate>", "</ds:X509Certificate>");
        return replaced(replaced(whole, "<ds:X509Certificate>", ""), "</ds:X509Certificate>", "");
    };
    const auto roles =
        role("<SPSSODescriptor", certificate(sp),
             R"(<AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")"
             R"( Location="https://idp1.example.org/acs"/></SPSSODescriptor>)") +
        role("<AttributeAuthorityDescriptor", certificate(authority),
             R"(<AttributeService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP")"
             R"( Location="https://idp1.example.org/query"/></AttributeAuthorityDescriptor>)");
    metadata = replaced(metadata, "</IDPSSODescriptor>", "</IDPSSODescriptor>" + roles);
    return {.idps = {idp_from(metadata), idp2()}};
}

Attacks other_roles() {
    Attacks all{
        refused(
            "SAM-32", "the_key_of_the_partners_SP_role", [] { return soap(marked(), "keys/stranger.key.pem"); },
            "sig.invalid"),
        refused(
            "SAM-32", "the_key_of_the_partners_attribute_authority",
            [] { return soap(marked(), "keys/idp1-second.key.pem"); }, "sig.invalid"),
        accepted("SAM-32", "the_key_of_the_partners_IdP_role", signed_text({}), "S1"),
    };
    for (auto& attack : all) attack.provider = with_more_roles;
    return all;
}

Attacks reflections() {
    Attacks all;
    const std::vector<NamedText> ids{
        {"the_end_of_an_attribute", "&quot;&gt;&lt;do-not-repeat"},
        {"an_attribute", "x&quot; Destination=&quot;urn:do-not-repeat"},
        {"line_breaks", "x&#13;&#10;Set-Cookie: do-not-repeat"},
        {"a_colon", "do-not-repeat:x"},
        {"a_digit_in_front", "1do-not-repeat"},
        {"a_letter_beyond_ASCII",
         "_\xC3\xA9"
         "do-not-repeat"},
        {"1025_octets", "_do-not-repeat" + std::string(1011, 'x')},
        {"white_space_inside", "do-not- repeat"},
        {"nothing", ""},
    };
    for (const auto& [what, id] : ids) {
        all.push_back(refused(
            "SAM-34", std::string("unsigned_with_an_ID_of_") + what,
            [id = id] { return unsigned_soap(marked({.id = id})); }, "saml.id"));
    }
    // Its partner's signature is on it, so the ID is told back.
    all.push_back(accepted(
        "SAM-34", "an_ID_of_1024_octets", [] { return soap(marked({.id = "_" + std::string(1023, 'x')})); }, "S1"));
    return all;
}

/// The fields of a browser's request.
Attacks front_channel() {
    const auto get = [](const char* name, const std::string& method, const std::string& query, int status) {
        return refused_by_http(
            "SAM-36", name,
            [=] {
                return method + " /saml/slo/soap" + query + " HTTP/1.1\r\nHost: sp\r\n" +
                       "Cookie: session=do-not-repeat\r\n\r\n";
            },
            status, Connection::goes_on);
    };
    auto with_cookie = accepted("SAM-36", "a_POST_with_another_users_cookie", good_body, "S1");
    with_cookie.octets = [] {
        return with_length(std::string(request_line) + text_xml + "Cookie: session=S3; local=S2\r\n", good_body());
    };
    return {
        get("GET", "GET", "", 405),
        get("GET_with_a_request_in_the_query", "GET", "?SAMLRequest=fZDBasMw", 404),
        get("GET_with_a_local_logout_in_the_query", "GET", "?logout=1", 404),
        get("DELETE", "DELETE", "", 405),
        get("OPTIONS", "OPTIONS", "", 405),
        refused_by_http(
            "SAM-36", "a_form",
            [] {
                return with_length(std::string(request_line) +
                                       "Content-Type: application/x-www-form-urlencoded\r\n"
                                       "Cookie: session=do-not-repeat\r\n",
                                   "SAMLRequest=fZDBasMw");
            },
            415, Connection::goes_on),
        std::move(with_cookie),
    };
}

/// Input that made other software follow a null pointer.
Attacks missing_parts() {
    const auto without_issuer = [](const char* what, const std::string& markup) {
        return refused(
            "SAM-41", what, [=] { return unsigned_soap(marked({.issuer = markup})); }, "saml.issuer");
    };
    const auto body = [](const std::string& markup) { return [=] { return envelope(markup); }; };
    return {
        refused("SAM-41", "a_message_without_namespace", body("<LogoutRequest ID='do-not-repeat'/>"),
                "saml.not_a_request"),
        refused("SAM-41", "a_message_with_an_undeclared_prefix", body("<samlp:LogoutRequest ID='do-not-repeat'/>"),
                "xml.malformed"),
        refused("SAM-41", "a_message_with_nothing_in_it",
                body("<LogoutRequest xmlns='urn:oasis:names:tc:SAML:2.0:protocol' ID='_a1' Version='2.0' "
                     "Reason='do-not-repeat'/>"),
                "saml.issuer"),
        refused("SAM-41", "a_message_without_attributes",
                body("<LogoutRequest xmlns='urn:oasis:names:tc:SAML:2.0:protocol'>do-not-repeat</LogoutRequest>"),
                "saml.version"),
        refused("SAM-41", "text_for_a_message", body("do-not-repeat"), "soap.structure"),
        without_issuer("no_Issuer", ""),
        without_issuer("an_empty_Issuer", "<saml:Issuer/>"),
        without_issuer("an_Issuer_with_an_element_alone", "<saml:Issuer><x/></saml:Issuer>"),
        without_issuer("an_Issuer_without_namespace", "<Issuer>https://idp1.example.org/metadata</Issuer>"),
        without_issuer("an_Issuer_of_the_wrong_namespace",
                       "<samlp:Issuer>https://idp1.example.org/metadata</samlp:Issuer>"),
        refused(
            "SAM-41", "no_ID", [] { return unsigned_soap(marked({.id = std::nullopt})); }, "saml.id"),
        refused("SAM-41", "an_empty_NameID", signed_text({.identifier = "<saml:NameID/>"}), "saml.name_id"),
        refused("SAM-41", "a_NameID_with_an_element_alone", signed_text({.identifier = transient_name_id("<x/>")}),
                "saml.schema"),
        refused("SAM-41", "an_entity_as_a_child", changed("<saml:NameID", "&do-not-repeat;<saml:NameID"),
                "xml.malformed"),
        refused("SAM-41", "a_processing_instruction_as_a_child",
                changed("<saml:NameID", "<?do-not-repeat?><saml:NameID"), "xml.pi"),
        refused("SAM-41", "a_comment_as_a_child", changed("<saml:NameID", "<!--do-not-repeat--><saml:NameID"),
                "xml.comment"),
        refused("SAM-41", "CDATA_as_a_child", changed("<saml:NameID", "<![CDATA[do-not-repeat]]><saml:NameID"),
                "sig.invalid"),
    };
}

}  // namespace

Attacks protocol_attacks() {
    return joined({replays, identifiers, session_indexes, misplaced_extensions, schema_violations,
                   attributes_with_inner_names, issuers, other_messages, other_roles, reflections, front_channel,
                   missing_parts});
}

}  // namespace slo::test
