// Matrix H: HTTP. Wherever it fits, the body or what is smuggled behind it is a genuine signed logout, so that a wrong
// reading of the framing ends a session. Attacks that take more than one request or TLS are in tests/server.
#include "attack.hpp"

#include <utility>

#include "head_shapes.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"

namespace slo::test {
namespace {

std::string in_hexadecimal(std::size_t number) {
    std::string text;
    for (; number > 0; number /= 16) text.insert(text.begin(), "0123456789abcdef"[number % 16]);
    return text;
}

std::string chunk(std::string_view octets, std::string_view extension = {}) {
    return in_hexadecimal(octets.size()) + std::string(extension) + "\r\n" + std::string(octets) + "\r\n";
}
std::string chunked_head() {
    return head_with("Transfer-Encoding: chunked\r\n");
}
/// The genuine logout in two chunks, `before` in front of its second one, and `last` instead of the last chunk.
std::string chunked_logout(const std::string& before = {}, const std::string& last = "0\r\n\r\n") {
    const auto& body = good_body();
    return chunked_head() + chunk(body.substr(0, 100)) + before + chunk(body.substr(100)) + last;
}

/// The genuine logout under other request lines and fields.
std::string logout_to(const std::string& target) {
    return with_length("POST " + target + " HTTP/1.1\r\nHost: sp\r\n" + text_xml, good_body());
}
std::string logout_with(const std::string& fields) {
    return with_length(std::string(request_line) + fields, good_body());
}

/// Looks odd, but RFC 9112 leaves no doubt: a logout of S1.
Attack taken(std::string row, std::string name, Text octets) {
    auto attack = accepted(std::move(row), std::move(name), {}, "S1");
    attack.octets = std::move(octets);
    return attack;
}

Attack not_found(std::string name, std::string target) {
    return refused_by_http(
        "HTP-22", std::move(name), [target = std::move(target)] { return logout_to(target); }, 404,
        Connection::goes_on);
}

Attack unsupported(std::string row, std::string name, std::string fields) {
    return refused_by_http(
        std::move(row), std::move(name), [fields = std::move(fields)] { return logout_with(fields); }, 415,
        Connection::goes_on);
}

/// Sends no more than `octets` and gives up: nothing may come of it.
Attack cut_short(std::string row, std::string name, Text octets) {
    auto attack =
        refused_by_http(std::move(row), std::move(name), std::move(octets), 0, Connection::given_up_by_client);
    return attack;
}

/// Every refused head, with a logout behind it: as the next request, and as its body where the framing is in doubt.
Attacks behind_refused_heads() {
    Attacks all;
    const auto add = [&](const HeadShape& shape, const char* how, Text rest) {
        all.push_back(refused_by_http(
            shape.row, shape.what + how, [head = shape.head, rest = std::move(rest)] { return head + rest(); },
            shape.status));
    };
    for (auto* list : {ambiguous_framing, doubtful_lengths, malformed_fields, doubtful_hosts, doubtful_request_lines,
                       unknown_expectations, oversized_heads}) {
        for (const auto& shape : list()) add(shape, "_before_a_logout", good_request);
    }
    for (const auto& shape : ambiguous_framing()) {
        add(shape, "_around_a_logout", [] { return chunk(good_body()) + "0\r\n\r\n"; });
    }
    return all;
}

/// RFC 9112, 7.1, without the optional parts.
Attacks in_chunks() {
    const auto malformed = [](std::string row, std::string name, Text octets) {
        return refused_by_http(std::move(row), std::move(name), std::move(octets), 400);
    };
    const auto extended = [](std::string extension) {
        return [=] { return chunked_head() + chunk(good_body(), extension) + "0\r\n\r\n"; };
    };
    const auto between = [](std::string octets) { return [=] { return chunked_logout(octets); }; };
    const auto ended = [](std::string last) { return [=] { return chunked_logout("", last); }; };
    return {
        taken("HTP-09", "plain_chunks_are_a_body", [] { return chunked_logout(); }),
        malformed("HTP-09", "a_chunk_extension", extended(";name=value")),
        malformed("HTP-09", "an_empty_chunk_extension", extended(";")),
        malformed("HTP-09", "a_long_chunk_extension", extended(";" + std::string(60'000, 'a'))),
        malformed("HTP-09", "a_chunk_extension_with_a_quoted_line_break", extended(";a=\"\r\n0\r\n\r\n\"")),
        malformed("HTP-09", "a_chunk_extension_with_a_bare_line_feed", extended(";a\nb")),
        malformed("HTP-09", "white_space_behind_a_chunk_size", extended(" ")),
        malformed("HTP-09", "an_extension_of_the_last_chunk", ended("0;a=b\r\n\r\n")),
        malformed(
            "HTP-09", "a_bare_line_feed_behind_a_chunk_size",
            [] { return chunked_head() + in_hexadecimal(good_body().size()) + "\n" + good_body() + "\r\n0\r\n\r\n"; }),
        malformed("HTP-09", "a_hexadecimal_prefix",
                  [] { return chunked_head() + "0x" + chunk(good_body()) + "0\r\n\r\n"; }),
        malformed("HTP-09", "a_chunk_size_with_a_sign",
                  [] { return chunked_head() + "+" + chunk(good_body()) + "0\r\n\r\n"; }),
        malformed("HTP-09", "a_chunk_size_that_wraps_around",
                  [] { return chunked_head() + "10000000000000000" + chunk(good_body()) + "0\r\n\r\n"; }),
        malformed("HTP-11", "a_trailer_bomb", ended("0\r\nX-Bomb: " + std::string(70'000, 'a') + "\r\n\r\n")),
        malformed("HTP-11", "a_thousand_trailers", ended([] {
                      std::string last = "0\r\n";
                      for (int i = 0; i < 1000; ++i) last += "X: y\r\n";
                      return last + "\r\n";
                  }())),
        malformed("HTP-12", "a_host_in_a_trailer", ended("0\r\nHost: evil\r\n\r\n")),
        malformed("HTP-12", "a_content_length_in_a_trailer", ended("0\r\nContent-Length: 0\r\n\r\n")),
        malformed("HTP-12", "a_client_certificate_in_a_trailer", ended("0\r\nX-SSL-Client-Verify: SUCCESS\r\n\r\n")),
        malformed("HTP-18", "a_logout_behind_a_bad_chunk",
                  [] { return chunked_head() + "1\r\nxy\r\n" + good_request() + good_request(); }),
        malformed("HTP-18", "a_logout_instead_of_a_chunk", [] { return chunked_head() + good_request(); }),
        malformed("HTP-18", "an_empty_line_too_many_before_a_logout", [] { return "\r\n\r\n" + good_request(); }),
        malformed("HTP-18", "an_empty_line_between_chunks", between("\r\n")),
        cut_short("HTP-34", "chunks_without_their_end", ended("")),
        cut_short("HTP-34", "a_last_chunk_without_its_empty_line", ended("0\r\n")),
        cut_short("HTP-34", "a_last_chunk_without_its_line_feed", ended("0\r\n\r")),
    };
}

Attacks too_large() {
    const auto over = [](std::string name, Text octets) {
        return refused_by_http("HTP-14", std::move(name), std::move(octets), 413);
    };
    return {
        over("a_logout_and_white_space_over_the_limit",
             [] {
                 return with_length(std::string(request_line) + text_xml, good_body() + std::string(64 * 1024, ' '));
             }),
        over("chunks_over_the_limit",
             [] { return chunked_logout(chunk(std::string(60'000, ' ')) + chunk(std::string(6'000, ' '))); }),
        over("a_chunk_that_is_announced_over_the_limit",
             [] { return chunked_head() + chunk(good_body()) + "fffffff\r\n"; }),
        over("chunks_of_one_octet",
             [] {
                 auto octets = head_with("Transfer-Encoding: chunked\r\nX-Name: do-not-repeat\r\n");
                 for (const char octet : good_body()) octets += chunk(std::string_view(&octet, 1));
                 for (int i = 0; i < 2000; ++i) octets += chunk(" ");
                 return octets;
             }),
    };
}

Attacks for_other_targets() {
    return {
        taken("HTP-08", "an_absolute_target", [] { return logout_to("http://sp/saml/slo/soap"); }),
        taken("HTP-08", "an_absolute_target_in_capitals", [] { return logout_to("HTTPS://SP/saml/slo/soap"); }),
        not_found("another_path_in_an_absolute_target", "http://sp//saml/slo/soap"),
        not_found("a_nul_in_the_target", "/saml/slo/soap%00"),
        not_found("two_slashes", "//saml/slo/soap"),
        not_found("two_slashes_within", "/saml//slo/soap"),
        not_found("a_dot_segment", "/saml/./slo/soap"),
        not_found("two_dots", "/saml/x/../slo/soap"),
        not_found("encoded_dots", "/saml/x/%2e%2e/slo/soap"),
        not_found("an_encoded_letter", "/saml/slo/%73oap"),
        not_found("a_path_parameter", "/saml/slo/soap;x=1"),
        not_found("a_query", "/saml/slo/soap?x=1"),
        not_found("an_empty_query", "/saml/slo/soap?"),
        not_found("a_slash_at_the_end", "/saml/slo/soap/"),
        not_found("capitals", "/SAML/SLO/SOAP"),
        not_found("a_backslash", "/saml\\slo\\soap"),
        refused_by_http(
            "HTP-26", "another_target_in_a_field",
            [] {
                return with_length(std::string("POST /elsewhere HTTP/1.1\r\nHost: sp\r\nX-Original-URL: "
                                               "/saml/slo/soap\r\nX-Rewrite-URL: /saml/slo/soap\r\n") +
                                       text_xml,
                                   good_body());
            },
            404, Connection::goes_on),
        refused_by_http(
            "HTP-26", "another_method_in_a_field",
            [] {
                return with_length(std::string("PUT /saml/slo/soap HTTP/1.1\r\nHost: sp\r\n") +
                                       "X-HTTP-Method-Override: POST\r\n" + text_xml,
                                   good_body());
            },
            405, Connection::goes_on),
        refused_by_http(
            "HTP-27", "line_breaks_in_the_target", [] { return logout_to("/%0d%0aSet-Cookie:%20do-not-repeat"); }, 404,
            Connection::goes_on),
        refused_by_http(
            "HTP-22", "a_lower_case_method",
            [] {
                return with_length(std::string("post /saml/slo/soap HTTP/1.1\r\nHost: sp\r\n") + text_xml, good_body());
            },
            405, Connection::goes_on),
    };
}

Attacks under_other_media_types() {
    const std::string xml = text_xml;
    return {
        unsupported("HTP-24", "soap_with_attachments",
                    "Content-Type: multipart/related; type=\"text/xml\"; start=\"<a>\"; boundary=b\r\n"),
        unsupported("HTP-24", "an_xop_package",
                    "Content-Type: multipart/related; type=\"application/xop+xml\"; start-info=\"text/xml\"; "
                    "boundary=b\r\n"),
        unsupported("HTP-24", "xop", "Content-Type: application/xop+xml; type=\"text/xml\"\r\n"),
        unsupported("HTP-24", "soap_1_2", "Content-Type: application/soap+xml; charset=utf-8\r\n"),
        unsupported("HTP-24", "a_form", "Content-Type: application/x-www-form-urlencoded\r\n"),
        unsupported("HTP-24", "plain_text", "Content-Type: text/plain\r\n"),
        unsupported("HTP-24", "utf_16", "Content-Type: text/xml; charset=utf-16\r\n"),
        unsupported("HTP-24", "utf_7", "Content-Type: text/xml; charset=utf-7\r\n"),
        unsupported("HTP-24", "two_charsets", "Content-Type: text/xml; charset=utf-8; charset=utf-7\r\n"),
        unsupported("HTP-24", "two_media_types_in_a_list", "Content-Type: text/xml, application/json\r\n"),
        unsupported("HTP-24", "two_content_types", "Content-Type: text/xml\r\nContent-Type: text/xml\r\n"),
        unsupported("HTP-24", "an_empty_content_type", "Content-Type:\r\n"),
        unsupported("HTP-24", "an_unfinished_quote", "Content-Type: text/xml; charset=\"utf-8\r\n"),
        // Bindings 3.2.3 requires no header.
        taken("HTP-24", "no_content_type", [] { return logout_with(""); }),
        unsupported("HTP-25", "deflate", xml + "Content-Encoding: deflate\r\n"),
        unsupported("HTP-25", "brotli", xml + "Content-Encoding: br\r\n"),
        unsupported("HTP-25", "gzip_in_capitals", xml + "Content-Encoding: GZIP\r\n"),
        unsupported("HTP-25", "gzip_and_identity", xml + "Content-Encoding: gzip, identity\r\n"),
        unsupported("HTP-25", "two_content_encodings",
                    xml + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"),
        refused_by_http(
            "HTP-25", "a_gzip_bomb",
            [] {
                using namespace std::string_literals;
                return with_length(
                    std::string(request_line) + text_xml + "Content-Encoding: gzip\r\nX-Name: do-not-repeat\r\n",
                    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xec\xc1\x01\x0d"s + std::string(60'000, '\0'));
            },
            415, Connection::goes_on),
    };
}

/// Fields that a proxy in front of us might have added, and that any client can send.
Attacks with_misleading_fields() {
    const std::string claims =
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: "
        "for=127.0.0.1;host=evil\r\nX-SSL-Client-Verify: SUCCESS\r\nX-Client-Cert: do-not-repeat\r\n"
        "SSL_CLIENT_VERIFY: SUCCESS\r\nRemote-User: do-not-repeat\r\nAuthorization: Basic do-not-repeat\r\n";
    auto unsigned_but_vouched_for = refused(
        "HTP-26", "a_client_certificate_in_fields_instead_of_a_signature", [] { return unsigned_soap(marked()); },
        "sig.missing");
    unsigned_but_vouched_for.octets = [=] {
        return with_length(std::string(request_line) + text_xml + claims, unsigned_soap(marked()));
    };
    const auto in_addition = [](std::string row, std::string name, const std::string& fields) {
        return taken(std::move(row), std::move(name), [=] { return logout_with(text_xml + fields); });
    };
    return {
        std::move(unsigned_but_vouched_for),
        in_addition("HTP-26", "claims_of_a_proxy_beside_a_signature", claims),
        in_addition("HTP-19", "a_body_that_did_not_wait_for_100_continue", "Expect: 100-continue\r\n"),
        in_addition("HTP-20", "an_upgrade_to_http_2",
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
        in_addition("HTP-20", "an_upgrade_to_a_websocket",
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                    "dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        in_addition("HTP-23", "high_octets_in_a_value", "X-Name: do-not-repeat\xff\xc3\xa9\r\n"),
        refused_by_http(
            "HTP-35", "nonsense", [] { return std::string("do-not-repeat\r\n\r\n"); }, 400),
        refused_by_http(
            "HTP-35", "a_target_that_is_not_there", [] { return logout_to("/do-not-repeat"); }, 404,
            Connection::goes_on),
    };
}

constexpr const char* form_path = "/saml/slo/form";
constexpr const char* form_url = "https://sp.example.com/saml/slo/form";

/// Both endpoints, and an IdP1 that may also put its request into the query of a POST.
ServiceProviderOptions with_queries() {
    idp_adapter::InteropProfile profile;
    profile.wires = {idp_adapter::Wire::soap, idp_adapter::Wire::form, idp_adapter::Wire::form_in_query};
    return {.destinations = {std::string(our_soap_url), form_url},
            .idps = {idp1(profile), idp2()},
            .endpoint = {.form_path = form_path, .metadata = {}}};
}

std::string field_for(std::string_view destination) {
    LogoutRequestText request;
    request.destination = std::string(destination);
    return "SAMLRequest=" + saml::form::escape(saml::encode_base64(marked(request).signed_xml()));
}

/// A POST of a form without a body unless `body` says otherwise.
std::string form_to(const std::string& target, const std::string& body = {}) {
    return with_length("POST " + target +
                           " HTTP/1.1\r\nHost: sp\r\nX-Name: do-not-repeat\r\n"
                           "Content-Type: application/x-www-form-urlencoded\r\n",
                       body);
}

/// Requests in the URL, which one IdP sends: the only query that is read, and what stands next to it.
Attacks in_queries() {
    const auto target = [](const std::string& query) { return form_path + ("?" + query); };
    const auto refused_form = [](std::string row, std::string name, Text octets, const std::string& rule) {
        return Attack{std::move(row), std::move(name), std::move(octets), "400", "refused " + rule};
    };
    const auto no_such_path = [](std::string name, const std::string& path) {
        return refused_by_http(
            "HTP-22", std::move(name), [path] { return form_to(path + "?" + field_for(form_url)); }, 404,
            Connection::goes_on);
    };
    Attacks all{
        no_such_path("a_request_in_the_query_of_the_soap_path", "/saml/slo/soap"),
        no_such_path("a_request_in_the_query_behind_a_slash", "/saml/slo/form/"),
        no_such_path("a_request_in_the_query_of_the_metadata_path", "/saml/metadata"),
        refused_form(
            "XSW-31", "another_request_in_the_query_of_a_form",
            [=] { return form_to(target("SAMLRequest=do-not-repeat"), field_for(form_url)); }, "form.fields"),
        refused_form(
            "XSW-31", "another_request_in_the_body_behind_a_query",
            [=] { return form_to(target(field_for(form_url)), "SAMLRequest=do-not-repeat"); }, "form.fields"),
        refused_form(
            "HTP-26", "two_requests_in_a_query",
            [=] { return form_to(target("SAMLRequest=do-not-repeat&" + field_for(form_url))); }, "form.fields"),
        refused_form(
            "HTP-26", "a_field_beside_the_request_in_a_query",
            [=] { return form_to(target(field_for(form_url) + "&RelayState=do-not-repeat")); }, "form.fields"),
        refused_form(
            "HTP-26", "a_query_without_a_request", [=] { return form_to(target("x=do-not-repeat")); }, "form.fields"),
        refused_form(
            "SAM-10", "the_soap_url_as_the_destination_of_a_query",
            [=] { return form_to(target(field_for(our_soap_url))); }, "check.destination"),
        refused_by_http(
            "SAM-36", "a_request_in_the_query_of_a_get",
            [=] {
                return "GET " + target(field_for(form_url)) + " HTTP/1.1\r\nHost: sp\r\nX-Name: do-not-repeat\r\n\r\n";
            },
            405, Connection::goes_on),
    };
    for (auto& attack : all) attack.provider = with_queries;
    return all;
}

/// Octets that arrive before the peer leaves, cut at each state that a parser may be in.
Attacks cut_off() {
    const auto until = [](std::string name, std::function<std::size_t(const std::string&)> size) {
        return cut_short("HTP-37", std::move(name), [=] {
            const auto whole =
                with_length(std::string(request_line) + "X-Name: do-not-repeat\r\n" + text_xml, good_body());
            return whole.substr(0, size(whole));
        });
    };
    const auto body = [](const std::string& whole) { return whole.find("\r\n\r\n") + 4; };
    return {
        until("an_end_within_the_head", [=](const std::string& whole) { return body(whole) - 10; }),
        until("an_end_before_the_empty_line", [=](const std::string& whole) { return body(whole) - 1; }),
        until("an_end_before_the_body", body),
        until("an_end_within_the_body", [=](const std::string& whole) { return body(whole) + 1000; }),
        until("an_end_before_the_last_octet", [](const std::string& whole) { return whole.size() - 1; }),
    };
}

}  // namespace

Attacks http_attacks() {
    return joined({behind_refused_heads, in_chunks, too_large, for_other_targets, under_other_media_types,
                   with_misleading_fields, in_queries, cut_off});
}

}  // namespace slo::test
