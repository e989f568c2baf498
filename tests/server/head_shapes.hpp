// Heads that the server must refuse, by the row of the attack matrix that names them. What follows a head is up to the
// test: the verdict mustn't depend on it.
#pragma once

#include <string>
#include <vector>

namespace slo::test {

struct HeadShape {
    std::string row;
    std::string what;  ///< in snake_case
    std::string head;  ///< request line, fields and the empty line, as far as the shape has them
    int status;
};
using HeadShapes = std::vector<HeadShape>;

/// A sound head with `fields` at its end.
inline std::string head_with(const std::string& fields) {
    return "POST /saml/slo/soap HTTP/1.1\r\nHost: sp\r\nContent-Type: text/xml\r\n" + fields + "\r\n";
}
inline std::string head_under(const std::string& first_line) {
    return first_line + "\r\nHost: sp\r\nContent-Type: text/xml\r\n\r\n";
}
inline std::string head_for(const std::string& host_fields) {
    return "POST /saml/slo/soap HTTP/1.1\r\n" + host_fields + "Content-Type: text/xml\r\n\r\n";
}

/// RFC 9112, 6.1 and 6.3: a reader with another end of the body sees another next request.
inline HeadShapes ambiguous_framing() {
    const auto coded = [](const std::string& coding) { return head_with("Transfer-Encoding:" + coding + "\r\n"); };
    return {
        {"HTP-01", "length_before_chunked", head_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"HTP-01", "length_after_chunked", head_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        {"HTP-02", "identity_and_length", head_with("Transfer-Encoding: identity\r\nContent-Length: 0\r\n"), 400},
        {"HTP-02", "identity_alone", coded(" identity"), 400},
        {"HTP-03", "chunked_twice", head_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"HTP-03", "chunked_applied_twice", coded(" chunked, chunked"), 400},
        {"HTP-03", "xchunked", coded(" xchunked"), 400},
        {"HTP-03", "chunked_with_a_quote", coded(" \"chunked\""), 400},
        {"HTP-03", "chunked_is_not_last", coded(" chunked, identity"), 400},
        {"HTP-03", "gzip_alone", coded(" gzip"), 400},
        {"HTP-03", "chunked_with_a_parameter", coded(" chunked;q=1"), 400},
        {"HTP-03", "an_empty_coding", coded(""), 400},
        {"HTP-03", "an_empty_list_member", coded(" ,chunked"), 400},
        {"HTP-03", "a_vertical_tab_before_chunked", coded(" \vchunked"), 400},
        {"HTP-03", "two_codings_in_two_fields", head_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
         400},
        {"HTP-04", "gzip_under_chunked", coded(" gzip, chunked"), 501},
        {"HTP-04", "identity_under_chunked", coded(" identity, chunked"), 501},
        {"HTP-05", "http_1_0_and_chunked",
         "POST /saml/slo/soap HTTP/1.0\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"HTP-06", "folded_transfer_encoding", coded("\r\n chunked"), 400},
        {"HTP-06", "transfer_encoding_folded_with_a_tab", coded("\r\n\tchunked"), 400},
        {"HTP-23", "white_space_between_transfer_encoding_and_colon", head_with("Transfer-Encoding : chunked\r\n"),
         400},
    };
}

inline HeadShapes doubtful_lengths() {
    const auto length = [](const std::string& value) { return head_with("Content-Length:" + value + "\r\n"); };
    return {
        {"HTP-01", "length_twice", head_with("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
        {"HTP-01", "two_different_lengths", head_with("Content-Length: 0\r\nContent-Length: 5\r\n"), 400},
        {"HTP-01", "a_list_of_lengths", length(" 1, 1"), 400},
        {"HTP-01", "a_length_with_a_sign", length(" +1"), 400},
        {"HTP-01", "a_negative_length", length(" -1"), 400},
        {"HTP-01", "a_hexadecimal_length", length(" 0x1"), 400},
        {"HTP-01", "white_space_within_a_length", length(" 1 1"), 400},
        {"HTP-01", "an_empty_length", length(""), 400},
        {"HTP-14", "a_length_of_2_to_the_64", length(" 18446744073709551616"), 413},
        {"HTP-14", "a_length_that_wraps_to_one", length(" 18446744073709551617"), 413},
        {"HTP-14", "a_length_over_the_limit", length(" 65537"), 413},
    };
}

/// RFC 9112, 2.2, 5.1 and 5.2.
inline HeadShapes malformed_fields() {
    using namespace std::string_literals;
    return {
        {"HTP-06", "a_folded_field", head_with("X-A: b\r\n c\r\n"), 400},
        {"HTP-06", "a_field_folded_with_a_tab", head_with("X-A: b\r\n\tc\r\n"), 400},
        {"HTP-06", "white_space_before_the_first_field", "POST /saml/slo/soap HTTP/1.1\r\n Host: sp\r\n\r\n", 400},
        {"HTP-23", "white_space_before_the_colon", head_with("X-A : b\r\n"), 400},
        {"HTP-23", "an_empty_name", head_with(": b\r\n"), 400},
        {"HTP-23", "no_colon", head_with("X-A\r\n"), 400},
        {"HTP-23", "a_bare_line_feed", head_with("X-A: b\nX-B: c\r\n"), 400},
        {"HTP-23", "bare_line_feeds_as_the_end", "POST /saml/slo/soap HTTP/1.1\nHost: sp\n\n", 400},
        {"HTP-23", "a_bare_carriage_return", head_with("X-A: b\rX-B: c\r\n"), 400},
        {"HTP-23", "two_carriage_returns", head_with("X-A: b\r\r\n"), 400},
        {"HTP-23", "nul_in_a_value", head_with("X-A: b\0c\r\n"s), 400},
        {"HTP-23", "nul_in_a_name", head_with("X\0A: b\r\n"s), 400},
        {"HTP-23", "del", head_with("X-A: b\x7f\r\n"), 400},
        {"HTP-23", "a_high_octet_in_a_name", head_with("X-\xc3\xa9: b\r\n"), 400},
        {"HTP-23", "the_hello_of_a_tls_client", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
    };
}

/// RFC 9112, 3.2.
inline HeadShapes doubtful_hosts() {
    return {
        {"HTP-08", "no_host", head_for(""), 400},
        {"HTP-08", "two_hosts", head_for("Host: sp\r\nHost: sp\r\n"), 400},
        {"HTP-08", "two_hosts_in_http_1_0", "POST /saml/slo/soap HTTP/1.0\r\nHost: sp\r\nHost: sp\r\n\r\n", 400},
        {"HTP-08", "an_empty_host", head_for("Host:\r\n"), 400},
        {"HTP-08", "a_list_of_hosts", head_for("Host: sp, evil\r\n"), 400},
        {"HTP-08", "white_space_in_a_host", head_for("Host: sp evil\r\n"), 400},
        {"HTP-08", "user_info_in_a_host", head_for("Host: user@sp\r\n"), 400},
        {"HTP-08", "a_path_in_a_host", head_for("Host: sp/evil\r\n"), 400},
        {"HTP-08", "an_empty_port", head_for("Host: sp:\r\n"), 400},
        {"HTP-08", "a_port_that_is_none", head_for("Host: sp:80a\r\n"), 400},
        {"HTP-08", "an_ipv6_address_without_its_end", head_for("Host: [::1\r\n"), 400},
        {"HTP-08", "a_quoted_host", head_for("Host: \"sp\"\r\n"), 400},
    };
}

/// RFC 9112, 3.
inline HeadShapes doubtful_request_lines() {
    return {
        {"HTP-08", "absolute_form_of_another_host", head_under("POST http://evil/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_of_another_port", head_under("POST http://sp:80/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_without_a_host", head_under("POST http:///saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_with_a_user", head_under("POST http://sp@evil/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_with_our_host_as_user", head_under("POST http://evil@sp/saml/slo/soap HTTP/1.1"),
         400},
        {"HTP-08", "absolute_form_with_a_backslash", head_under("POST http://sp\\@evil/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_with_a_query_behind_its_host", head_under("POST http://sp?/saml/slo/soap HTTP/1.1"),
         400},
        {"HTP-08", "absolute_form_with_one_slash", head_under("POST http:/sp/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_of_another_scheme", head_under("POST ftp://sp/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-08", "absolute_form_beside_no_host",
         "POST http://sp/saml/slo/soap HTTP/1.1\r\nContent-Type: text/xml\r\n\r\n", 400},
        {"HTP-08", "absolute_form_beside_two_hosts",
         "POST http://sp/saml/slo/soap HTTP/1.1\r\nHost: sp\r\nHost: evil\r\n\r\n", 400},
        {"HTP-22", "absolute_form_with_a_fragment", head_under("POST http://sp/saml/slo/soap#here HTTP/1.1"), 400},
        {"HTP-22", "authority_and_path_without_a_scheme", head_under("POST sp/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-22", "asterisk_form", head_under("OPTIONS * HTTP/1.1"), 400},
        {"HTP-22", "authority_form", head_under("CONNECT sp:443 HTTP/1.1"), 400},
        {"HTP-22", "a_fragment", head_under("POST /saml/slo/soap#here HTTP/1.1"), 400},
        {"HTP-22", "a_high_octet_in_the_target", head_under("POST /saml/slo/soap\xc3\xa9 HTTP/1.1"), 400},
        {"HTP-22", "white_space_in_the_target", head_under("POST /saml/slo/soap here HTTP/1.1"), 400},
        {"HTP-22", "two_spaces", head_under("POST  /saml/slo/soap HTTP/1.1"), 400},
        {"HTP-22", "a_tab", head_under("POST\t/saml/slo/soap HTTP/1.1"), 400},
        {"HTP-22", "no_target", head_under("POST HTTP/1.1"), 400},
        {"HTP-22", "no_method", head_under(" /saml/slo/soap HTTP/1.1"), 400},
        {"HTP-22", "a_method_that_is_no_token", head_under("PO:ST /saml/slo/soap HTTP/1.1"), 400},
        {"HTP-20", "http_0_9", "POST /saml/slo/soap\r\n\r\n", 400},
        {"HTP-20", "no_version", head_under("POST /saml/slo/soap "), 400},
        {"HTP-20", "a_lower_case_version", head_under("POST /saml/slo/soap http/1.1"), 400},
        {"HTP-20", "a_longer_version", head_under("POST /saml/slo/soap HTTP/1.10"), 400},
        {"HTP-20", "http_1_2", head_under("POST /saml/slo/soap HTTP/1.2"), 505},
        {"HTP-20", "http_9_9", head_under("POST /saml/slo/soap HTTP/9.9"), 505},
        {"HTP-20", "the_preface_of_http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    };
}

/// RFC 9110, 10.1.1.
inline HeadShapes unknown_expectations() {
    return {
        {"HTP-19", "another_expectation", head_with("Expect: foo\r\n"), 417},
        {"HTP-19", "two_expectations", head_with("Expect: 100-continue, foo\r\n"), 417},
        {"HTP-19", "an_expectation_twice", head_with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417},
    };
}

/// Against limits of 64 fields and 8 KiB.
inline HeadShapes oversized_heads() {
    const auto fields = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += "X: y\r\n";
        return head_with(text);
    };
    return {
        {"HTP-13", "65_fields", fields(63), 431},
        {"HTP-13", "3000_fields", fields(3000), 431},
        {"HTP-13", "a_long_field", head_with("X-A: " + std::string(9000, 'a') + "\r\n"), 431},
        {"HTP-13", "a_long_name", head_with(std::string(9000, 'a') + ": b\r\n"), 431},
        {"HTP-22", "a_long_target", head_under("POST /" + std::string(9000, 'a') + " HTTP/1.1"), 431},
        {"HTP-13", "an_endless_line", std::string(9000, 'a'), 431},
    };
}

}  // namespace slo::test
