// Matrix J: text that is syntax somewhere else: in a database, a log, a shell, a page, a number.
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

/// A request under this ID that its partner signed as if it were a good one. The ID is markup.
Text with_id(const std::string& id) {
    return [=] { return replaced(replaced(good_body(), "ID=\"_r1\"", "ID=\"" + id + "\""), "#_r1", "#" + id); };
}

/// Two answers can only say "unknown" and "nothing ended": a partner's odd names are names.
Attacks as_names(const std::string& row, const std::string& what, const std::string& markup) {
    return {accepted(row, "a_NameID_with_" + what,
                     signed_text({.identifier = transient_name_id(std::string(alice) + markup)}), ""),
            accepted(row, "a_SessionIndex_with_" + what, signed_text({.session_indexes = {"i1" + markup}}), "")};
}

void add(Attacks& all, Attacks more) {
    for (auto& attack : more) all.push_back(std::move(attack));
}

Attacks into_a_store() {
    Attacks all;
    const std::vector<NamedText> ids{
        {"a_quote_that_waits", "_a' OR sleep(5)--"},
        {"a_quote_that_drops", "_a'); DROP TABLE sessions;--"},
        {"a_quote_in_markup", "_a&apos;OR&apos;1&apos;=&apos;1"},
        {"a_comment_sign", "_a--do-not-repeat/*"},
        {"a_backslash", "_a\\'"},
        {"a_percent_sign", "_%"},
        {"a_glob", "_*"},
        {"a_colon", "_a:b"},
        {"a_line_break", "_a&#13;&#10;DEL x"},
        {"braces", "{_a}"},
    };
    for (const auto& [what, id] : ids) {
        all.push_back(refused("INJ-01", std::string("an_ID_with_") + what, with_id(id), "saml.id"));
    }
    const std::vector<NamedText> sql{
        {"a_quote", "' OR '1'='1"},
        {"a_double_quote", "&quot; OR 1=1 --"},
        {"a_statement", "'; DELETE FROM sessions; --"},
        {"a_union", "' UNION SELECT * FROM sessions --"},
        {"a_wildcard", "%"},
        {"a_backslash", "\\'"},
    };
    for (const auto& [what, markup] : sql) add(all, as_names("INJ-02", what, markup));
    all.push_back(refused("INJ-02", "an_Issuer_with_a_quote",
                          signed_text({.issuer = issuer_of(std::string(idp1_entity_id) + "'OR'1'='1")}),
                          "check.issuer_unknown"));
    all.push_back(refused("INJ-02", "an_Issuer_with_a_statement",
                          signed_text({.issuer = issuer_of(std::string(idp1_entity_id) + "'; DELETE FROM idps; --")}),
                          "saml.issuer"));
    const std::vector<NamedText> keys{
        {"a_glob", "*"},        {"a_question_mark", "?"}, {"a_class", "[1-9]"}, {"a_hash_tag", "{do-not-repeat}"},
        {"a_separator", ":i1"}, {"a_path", "/../i1"},     {"a_length", "$1"},
    };
    for (const auto& [what, markup] : keys) add(all, as_names("INJ-03", what, markup));
    add(all, as_names("INJ-03", "a_command_behind_a_line_break", "&#13;&#10;FLUSHALL"));
    add(all, as_names("INJ-03", "a_line_break_between_two_indexes", "&#10;i2"));
    // Joined without lengths it is alice and i1.
    all.push_back(accepted(
        "INJ-03", "a_name_that_ends_where_its_index_should_begin",
        signed_text({.identifier = transient_name_id(std::string(alice) + "i"), .session_indexes = {"1"}}), ""));
    return all;
}

Attacks into_an_expression() {
    const std::string quote = "x' or '1'='1";
    return {
        refused("INJ-04", "an_ID_that_ends_its_literal", with_id(quote), "saml.id"),
        refused("INJ-04", "an_ID_that_ends_its_function", with_id("x')]|//*['"), "saml.id"),
        refused("INJ-04", "a_Reference_that_ends_its_literal", changed("#_r1", "#" + quote), "sig.reference"),
        refused("INJ-04", "a_Reference_that_is_an_XPointer", changed("#_r1", "#xpointer(id('_r1'))"), "sig.reference"),
        refused("INJ-04", "a_Reference_that_counts_everything",
                changed("#_r1", "#x')|id(count(//*[count(//*)>1]))|id('_r1"), "sig.reference"),
        refused("INJ-04", "an_Issuer_that_ends_its_literal",
                signed_text({.issuer = issuer_of("https://do-not-repeat.example.net/'or'1'='1")}),
                "check.issuer_unknown"),
        accepted("INJ-04", "a_NameID_that_ends_its_literal",
                 signed_text({.identifier = transient_name_id(std::string(alice) + "'] | //*['")}), ""),
    };
}

/// G2 says whether a program was started.
Attacks into_a_shell() {
    const auto key_info = [](const char* what, const std::string& content) {
        return accepted("INJ-05", what,
                        changed("</ds:SignatureValue>", "</ds:SignatureValue><ds:KeyInfo>" + content + "</ds:KeyInfo>"),
                        "S1");
    };
    Attacks all{
        key_info("a_certificate_that_is_a_command",
                 "<ds:X509Data><ds:X509Certificate>$(touch /do-not-repeat)`id`|id</ds:X509Certificate></ds:X509Data>"),
        key_info("a_key_from_a_command", R"(<ds:RetrievalMethod URI="|/bin/sh -c id"/>)"),
        key_info("a_key_from_a_file", R"(<ds:RetrievalMethod URI="file:///do-not-repeat;id"/>)"),
        key_info("a_key_name_that_is_a_command", "<ds:KeyName>;id;`id`$(id)</ds:KeyName>"),
        refused("INJ-05", "a_Destination_that_is_a_command",
                signed_text({.destination = std::string(our_soap_url) + ";$(id)"}), "check.destination"),
        refused("INJ-05", "an_Issuer_that_is_a_command",
                signed_text({.issuer = issuer_of("ext:sh%20-c%20$(do-not-repeat)")}), "check.issuer_unknown"),
    };
    add(all, as_names("INJ-05", "a_command", "; id `id` $(id) | id"));
    return all;
}

Attacks into_a_log() {
    const auto in_issuer = [](const char* what, const std::string& markup, const char* rule) {
        return refused("INJ-06", what,
                       signed_text({.issuer = issuer_of("https://do-not-repeat.example.net/" + markup)}), rule);
    };
    Attacks all{
        refused("INJ-06", "an_ID_with_a_line_of_its_own", with_id("_a1&#10;{&quot;event&quot;:&quot;logout&quot;}"),
                "saml.id"),
        refused("INJ-06", "a_Reason_with_a_line_of_its_own_and_no_name",
                signed_text({.reason = "x&#10;2026 INFO do-not-repeat", .identifier = ""}), "saml.schema"),
        in_issuer("an_Issuer_with_a_line_of_its_own", "&#10;2026", "saml.issuer"),
        in_issuer("an_Issuer_with_a_line_separator",
                  "\xE2\x80\xA8"
                  "2026",
                  "check.issuer_unknown"),
        in_issuer("an_Issuer_with_a_paragraph_separator",
                  "\xE2\x80\xA9"
                  "2026",
                  "check.issuer_unknown"),
        in_issuer("an_Issuer_that_turns_the_direction",
                  "\xE2\x80\xAE"
                  "ko",
                  "check.issuer_unknown"),
        in_issuer("an_Issuer_with_a_format_string", "%n%n%s%s%x%1000000d", "check.issuer_unknown"),
        in_issuer("an_Issuer_that_looks_up", "$%7Bjndi:ldap:127.0.0.1%7D", "check.issuer_unknown"),
        in_issuer("an_Issuer_of_40_KB", std::string(40'000, 'x'), "saml.issuer"),
        refused("INJ-06", "a_line_of_its_own_in_broken_XML",
                with_header("<h:h>\n2026 INFO do-not-repeat %n%n \xE2\x80\xA8 </x>"), "xml.malformed"),
        refused("INJ-06", "a_line_of_its_own_in_an_algorithm",
                changed("http://www.w3.org/2001/04/xmlenc#sha256", "urn:do-not-repeat&#10;2026 INFO ok %n%n"),
                "sig.digest_algorithm"),
        refused("INJ-06", "a_line_of_its_own_in_a_Reference", changed("#_r1", "file:///do-not-repeat&#10;2026%n"),
                "sig.reference"),
        accepted("INJ-06", "a_Reason_with_a_line_of_its_own",
                 signed_text({.reason = "x&#13;&#10;2026 INFO do-not-repeat %n"}), "S1"),
    };
    add(all, as_names("INJ-06", "a_line_of_its_own", "\n2026 INFO ok"));
    add(all, as_names("INJ-06", "a_carriage_return", "&#13;2026 INFO ok"));
    add(all, as_names("INJ-06", "a_terminals_control",
                      "\xC2\x9B"
                      "2J"));
    add(all, as_names("INJ-06", "a_line_separator",
                      "\xE2\x80\xA8"
                      "2026 INFO ok"));
    add(all, as_names("INJ-06", "a_turn_of_direction",
                      "\xE2\x80\xAE"
                      "ko"));
    add(all, as_names("INJ-06", "a_format_string", "%n%n%s%s%x"));
    add(all, as_names("INJ-06", "the_end_of_a_JSON_string", "\",\"event\":\"logout"));
    return all;
}

Attacks into_the_answer() {
    const std::string script = "&lt;script&gt;alert('do-not-repeat')&lt;/script&gt;";
    Attacks all{
        accepted("INJ-07", "a_logout_that_tells_no_log_whom", signed_text({}), "S1"),
        accepted("INJ-07", "a_logout_of_an_unknown_name_that_reaches_no_log",
                 signed_text({.identifier = transient_name_id("do-not-repeat@example.com")}), ""),
        refused("INJ-07", "a_refusal_that_tells_no_log_whom",
                signed_text({.destination = "https://do-not-repeat.example.com/"}), "check.destination"),
        refused("INJ-14", "an_ID_that_is_a_script", with_id(script), "saml.id"),
        refused("INJ-14", "an_Issuer_that_is_a_script", signed_text({.issuer = issuer_of(script)}), "saml.issuer"),
        refused(
            "INJ-14", "a_page_instead_of_an_envelope",
            [] { return std::string("<html><script>alert('do-not-repeat')</script></html>"); }, "soap.structure"),
    };
    add(all, as_names("INJ-14", "a_script", script));
    return all;
}

/// G5 compares each answer with that to a changed SignatureValue.
Attacks error_oracle() {
    return {
        refused(
            "INJ-10", "another_key", [] { return soap(marked(), "keys/stranger.key.pem"); }, "sig.invalid"),
        refused("INJ-10", "another_name", changed(std::string(alice), std::string(bob)), "sig.invalid"),
        refused(
            "INJ-10", "another_digest",
            [] {
                const auto digest = cut_out(good_body(), "<ds:DigestValue>", "</ds:DigestValue>");
                auto other = digest;
                other[20] = other[20] == 'A' ? 'B' : 'A';
                return replaced(good_body(), digest, other);
            },
            "sig.invalid"),
        refused(
            "INJ-10", "a_signature_of_one_octet",
            [] {
                const auto value = cut_out(good_body(), "<ds:SignatureValue>", "</ds:SignatureValue>");
                return replaced(good_body(), value, "<ds:SignatureValue>AA==</ds:SignatureValue>");
            },
            "sig.invalid"),
        refused(
            "INJ-10", "an_algorithm_that_no_key_fits",
            [] { return replaced(good_body(), "xmldsig-more#rsa-sha256", "xmldsig-more#ecdsa-sha256"); }, "sig.no_key"),
        refused("INJ-10", "another_canonicalization",
                changed(std::string(exclusive_c14n), "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), "sig.c14n"),
        refused(
            "INJ-10", "a_Signature_without_SignatureValue",
            [] {
                return replaced(good_body(), cut_out(good_body(), "<ds:SignatureValue>", "</ds:SignatureValue>"), "");
            },
            "sig.structure"),
    };
}

Attacks lengths() {
    Attacks all;
    for (const auto* length : {"2147483647", "2147483648", "2147483649", "4294967295", "4294967296", "4294970000",
                               "9223372036854775808", "18446744073709551615", "18446744073709551617"}) {
        all.push_back(refused_by_http(
            "INJ-12", "a_length_of_" + std::string(length),
            [=] {
                return std::string(request_line) + text_xml + "Content-Length: " + length + "\r\n\r\n" + good_body();
            },
            413));
    }
    // Room for seven digits: a size that could wrap around is no size.
    for (const auto& [size, status] : std::vector<std::pair<const char*, int>>{{"10001", 413},
                                                                               {"fffffff", 413},
                                                                               {"10000000", 400},
                                                                               {"80000001", 400},
                                                                               {"100000c00", 400},
                                                                               {"7fffffffffffffff", 400},
                                                                               {"ffffffffffffffff", 400}}) {
        all.push_back(refused_by_http(
            "INJ-12", "a_chunk_of_" + std::string(size),
            [size = size] {
                return std::string(request_line) + text_xml + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" +
                       good_body();
            },
            status));
    }
    return all;
}

}  // namespace

Attacks injection_attacks() {
    return joined({into_a_store, into_an_expression, into_a_shell, into_a_log, into_the_answer, error_oracle, lengths});
}

}  // namespace slo::test
