// Input of broken peers and lost clients, without malice: section 1 of the requirements, row by row.
#include "attack.hpp"

#include <utility>

namespace slo::test {
namespace {

constexpr std::string_view idp2_key = "keys/idp2.key.pem";
constexpr std::string_view stranger_key = "keys/stranger.key.pem";
constexpr std::size_t body_limit = 64 * 1024;
constexpr const char* requester = "200 LogoutResponse Requester";

/// The request that would end alice's first session, but under another media type, coding or method.
std::string good_body_under(const std::string& fields) {
    return with_length(std::string(request_line) + fields, good_body());
}

std::string posted_signed(const LogoutRequestText& text, std::string_view key = "keys/idp1-first.key.pem") {
    return posted(soap(marked(text), key));
}

std::string in_extensions(const std::string& content) {
    return posted(unsigned_soap(marked({.extensions = "<samlp:Extensions>" + content + "</samlp:Extensions>"})));
}

/// ` aaa="" aab="" ...`: no two names are equal.
std::string attributes(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += ' ';
        for (const int digit : {i / 676, i / 26 % 26, i % 26}) text += static_cast<char>('a' + digit);
        text += "=\"\"";
    }
    return text;
}

std::string nested(int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<d>";
    for (int i = 0; i < depth; ++i) text += "</d>";
    return text;
}

std::string changed_after_signing() {
    return replaced(soap(marked({.identifier = transient_name_id("mallory")})), "mallory", alice);
}

std::string with_another_signature_value() {
    auto body = good_body();
    char& octet = body[body.find("<ds:SignatureValue>") + 30];
    octet = octet == 'A' ? 'B' : 'A';
    return body;
}

std::string encrypted_for_somebody_else() {
    EncryptedText encrypted{.certificate = "keys/stranger.crt.pem"};
    encrypted.plaintext = replaced(encrypted.plaintext, "N1", alice);
    return posted_signed({.identifier = encrypted.xml()});
}

/// Rows 1 to 3, and input that the server itself refuses.
Attacks refused_by_http() {
    return {
        {"BAD", "answers_413_to_a_body_over_the_limit_and_closes",
         [] {
             auto body = good_body();
             body.append(body_limit + 1 - body.size(), ' ');
             return posted(body);
         },
         "413", "http_refused", Connection::closed_by_server},
        {"BAD", "answers_413_to_an_announced_length_over_the_limit_and_closes",
         [] {
             return std::string(request_line) + text_xml +
                    "X-Name: do-not-repeat\r\nContent-Length: 999999999999\r\n\r\n";
         },
         "413", "http_refused", Connection::closed_by_server},
        {"BAD", "answers_413_to_chunks_over_the_limit_and_closes",
         [] {
             return std::string(request_line) + text_xml + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + good_body();
         },
         "413", "http_refused", Connection::closed_by_server},
        {"BAD", "does_not_act_on_a_body_that_ends_early",
         [] {
             const auto whole = posted(good_body());
             return whole.substr(0, whole.size() - 1);
         },
         "0", "http_refused", Connection::given_up_by_client},
        {"BAD", "answers_405_to_get",
         [] { return std::string("GET /saml/slo/soap HTTP/1.1\r\nHost: sp\r\nX-Name: do-not-repeat\r\n\r\n"); }, "405",
         "http_refused"},
        {"BAD", "answers_405_to_put",
         [] { return with_length(std::string("PUT /saml/slo/soap HTTP/1.1\r\nHost: sp\r\n") + text_xml, good_body()); },
         "405", "http_refused"},
        {"BAD", "answers_415_to_json",
         [] { return good_body_under("Content-Type: application/json; x=do-not-repeat\r\n"); }, "415", "http_refused"},
        {"BAD", "answers_415_to_the_media_type_of_soap_1_2",
         [] { return good_body_under("Content-Type: application/soap+xml\r\n"); }, "415", "http_refused"},
        {"BAD", "answers_415_to_gzip",
         [] { return good_body_under(std::string(text_xml) + "Content-Encoding: gzip\r\n"); }, "415", "http_refused"},
    };
}

/// Rows 4 to 10: no LogoutRequest in SOAP 1.1.
Attacks refused_as_xml_or_soap() {
    return {
        {"BAD", "answers_a_fault_to_what_is_not_well_formed",
         [] { return posted(replaced(good_body(), "</soap:Body>", "")); }, "500 Fault Client", "refused xml.malformed"},
        {"BAD", "answers_a_fault_to_a_truncated_message", [] { return posted(good_body().substr(0, 1500)); },
         "500 Fault Client", "refused xml.malformed"},
        {"BAD", "answers_a_fault_to_a_doctype",
         [] { return posted("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/do-not-repeat\">" + good_body()); },
         "500 Fault Client", "refused xml.doctype"},
        {"BAD", "answers_a_fault_to_an_entity_bomb",
         [] {
             return posted(R"(<!DOCTYPE x [<!ENTITY a "do-not-repeat"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">)"
                           R"(<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>)" +
                           replaced(good_body(), alice, "&d;"));
         },
         "500 Fault Client", "refused xml.doctype"},
        {"BAD", "answers_a_fault_to_deep_nesting", [] { return in_extensions(nested(5000)); }, "500 Fault Client",
         "refused xml.limits"},
        {"BAD", "answers_a_fault_to_8000_attributes",
         [] { return in_extensions(R"(<x:a xmlns:x="urn:do-not-repeat")" + attributes(8000) + "/>"); },
         "500 Fault Client", "refused xml.limits"},
        {"BAD", "answers_a_fault_to_terminal_escapes_in_a_name_id",
         [] { return posted(unsigned_soap(marked({.identifier = transient_name_id("\x1B[31mdo-not-repeat")}))); },
         "500 Fault Client", "refused xml.malformed"},
        {"BAD", "answers_a_fault_to_an_envelope_of_soap_1_2",
         [] {
             return posted(replaced(good_body(), "http://schemas.xmlsoap.org/soap/envelope/",
                                    "http://www.w3.org/2003/05/soap-envelope"));
         },
         "500 Fault VersionMismatch", "refused soap.version"},
        {"BAD", "answers_a_fault_to_a_logout_response",
         [] {
             return posted_signed({.element = "samlp:LogoutResponse",
                                   .identifier =
                                       "<samlp:Status><samlp:StatusCode "
                                       R"(Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>)"});
         },
         "500 Fault Client", "refused saml.not_a_request"},
        {"BAD", "answers_request_unsupported_to_an_authn_request",
         [] {
             return posted_signed({.element = "samlp:AuthnRequest", .not_on_or_after = std::nullopt, .identifier = ""});
         },
         "200 Response Requester/RequestUnsupported", "refused saml.unsupported_request"},
    };
}

/// Rows 14 to 16: not proven to come from a partner.
Attacks refused_for_who_signed() {
    return {
        {"BAD", "answers_403_to_an_unknown_issuer",
         [] { return posted_signed({.issuer = issuer_of("https://do-not-repeat.example.net/")}, stranger_key); }, "403",
         "refused check.issuer_unknown"},
        {"BAD", "answers_request_denied_to_an_unsigned_request", [] { return posted(unsigned_soap(marked())); },
         "200 LogoutResponse Requester/RequestDenied", "refused sig.missing"},
        {"BAD", "answers_requester_to_a_forgery", [] { return posted_signed({}, stranger_key); }, requester,
         "refused sig.invalid"},
        {"BAD", "answers_requester_to_a_forgery_that_brings_its_key",
         [] {
             return posted_signed({.signature = {.key_info = "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>"}}, stranger_key);
         },
         requester, "refused sig.invalid"},
        {"BAD", "answers_requester_to_a_message_that_was_changed", [] { return posted(changed_after_signing()); },
         requester, "refused sig.invalid"},
        {"BAD", "answers_requester_to_a_signature_that_was_changed",
         [] { return posted(with_another_signature_value()); }, requester, "refused sig.invalid"},
        {"BAD", "answers_requester_to_one_idp_in_the_name_of_another", [] { return posted_signed({}, idp2_key); },
         requester, "refused sig.invalid"},
        {"BAD", "answers_requester_to_our_own_key", [] { return posted_signed({}, "sp/sp.key.pem"); }, requester,
         "refused sig.invalid"},
        {"BAD", "answers_requester_to_a_key_for_encryption_only",
         [] { return posted_signed({}, "keys/idp1-encryption.key.pem"); }, requester, "refused sig.invalid"},
        {"BAD", "answers_requester_to_an_unknown_algorithm",
         [] {
             return posted(replaced(good_body(), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                                    "http://example.org/do-not-repeat"));
         },
         requester, "refused sig.algorithm"},
        {"BAD", "answers_requester_to_sha_1",
         [] {
             return posted_signed({.signature = {.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                                                 .digest = "http://www.w3.org/2000/09/xmldsig#sha1"}});
         },
         requester, "refused sig.algorithm"},
        {"BAD", "answers_requester_to_a_sha_1_digest_under_a_sound_signature",
         [] { return posted_signed({.signature = {.digest = "http://www.w3.org/2000/09/xmldsig#sha1"}}); }, requester,
         "refused sig.digest_algorithm"},
    };
}

/// Row 12 and rows 17 to 22: genuine, but not a request that we can follow now.
Attacks refused_for_what_it_says() {
    return {
        {"BAD", "answers_requester_to_an_expired_request",
         [] {
             return posted_signed({.issue_instant = "2030-01-15T09:00:00Z", .not_on_or_after = "2030-01-15T09:05:00Z"});
         },
         requester, "refused check.not_on_or_after"},
        {"BAD", "answers_requester_to_a_request_for_another_recipient",
         [] { return posted_signed({.destination = "https://do-not-repeat.example.com/slo"}); }, requester,
         "refused check.destination"},
        {"BAD", "answers_unknown_principal_to_an_encrypted_id_for_another_recipient", encrypted_for_somebody_else,
         "200 LogoutResponse Requester/UnknownPrincipal", "refused id.decryption"},
        {"BAD", "answers_request_unsupported_to_a_base_id",
         [] {
             return posted_signed({.identifier = R"(<saml:BaseID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
                                                 R"( xmlns:x="urn:do-not-repeat" xsi:type="x:do-not-repeat"/>)"});
         },
         "200 LogoutResponse Requester/RequestUnsupported", "refused id.base_id"},
        {"BAD", "answers_requester_to_line_breaks_in_attributes",
         [] { return posted_signed({.consent = "urn:x&#13;&#10;Set-Cookie:do-not-repeat"}); }, requester,
         "refused saml.uri"},
        {"BAD", "answers_requester_to_line_breaks_in_the_destination",
         [] { return posted_signed({.destination = std::string(our_soap_url) + "&#13;&#10;do-not-repeat:"}); },
         requester, "refused saml.uri"},
        {"BAD", "repeats_its_answer_to_a_replayed_request", good_request, "200 LogoutResponse Success", "repeat",
         Connection::goes_on, History::good_request},
        {"BAD", "answers_request_denied_to_another_request_under_a_used_id",
         [] { return posted_signed({.session_indexes = {"i2"}}); }, "200 LogoutResponse Requester/RequestDenied",
         "refused check.request_id", Connection::goes_on, History::good_request},
    };
}

}  // namespace

Attacks bad_inputs() {
    return joined({refused_by_http, refused_as_xml_or_soap, refused_for_who_signed, refused_for_what_it_says});
}

}  // namespace slo::test
