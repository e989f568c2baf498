// Matrix D: octets that are no UTF-8, documents that lie about their encoding, and broken XML declarations.
#include <iconv.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "attack.hpp"
#include "compressed.hpp"
#include "material.hpp"

namespace slo::test {
namespace {

constexpr const char* byte_order_mark = "\xEF\xBB\xBF";

struct CloseConverter {
    void operator()(iconv_t converter) const noexcept { ::iconv_close(converter); }
};

std::string transcoded(std::string utf8, const char* encoding) {
    const iconv_t opened = ::iconv_open(encoding, "UTF-8");
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how POSIX says no
    if (opened == reinterpret_cast<iconv_t>(-1)) throw std::runtime_error(std::string("no converter to ") + encoding);
    const std::unique_ptr<void, CloseConverter> converter(opened);
    std::string result(8 * utf8.size(), '\0');
    char* in = utf8.data();
    char* out = result.data();
    std::size_t in_left = utf8.size();
    std::size_t out_left = result.size();
    if (::iconv(converter.get(), &in, &in_left, &out, &out_left) != 0) throw std::runtime_error(encoding);
    ::iconv(converter.get(), nullptr, nullptr, &out, &out_left);  // back to the initial shift state
    result.resize(result.size() - out_left);
    return result;
}

std::string declared(const std::string& encoding) {
    return R"(<?xml version="1.0" encoding=")" + encoding + R"("?>)";
}

/// good_body() with `text` in a header block, outside the signature.
std::string with_text(const std::string& text) {
    return with_header(R"(<h:h xmlns:h="urn:h">)" + text + "</h:h>")();
}

/// In another encoding the body doesn't hold the marker's octets: a header field does.
Attack refused_octets(std::string name, const Text& body, std::string rule) {
    auto attack = refused("XML-10", std::move(name), body, std::move(rule));
    attack.octets = [body] {
        return with_length(std::string(request_line) + text_xml + "X-Name: do-not-repeat\r\n", body());
    };
    return attack;
}

Attack in_encoding(const char* encoding, const std::string& text, const std::string& before = {}) {
    auto name = std::string(before.empty() ? "" : "marked_") + encoding;
    for (auto& c : name) c = c == '-' ? '_' : c;
    return refused_octets(
        std::move(name), [=] { return before + transcoded(declared(encoding) + with_text(text), encoding); },
        "xml.encoding");
}

Attacks other_encodings() {
    return {
        in_encoding("UTF-16LE", "x"),
        in_encoding("UTF-16LE", "x", "\xFF\xFE"),
        in_encoding("UTF-16BE", "x"),
        in_encoding("UTF-16BE", "x", "\xFE\xFF"),
        in_encoding("UTF-32LE", "x"),
        in_encoding("UTF-32LE", "x", std::string("\xFF\xFE\0\0", 4)),
        in_encoding("UTF-32BE", "x"),
        in_encoding("UTF-32BE", "x", std::string("\0\0\xFE\xFF", 4)),
        in_encoding("IBM037", "x"),
        in_encoding("ISO-2022-JP", "\xE6\x97\xA5"),
        in_encoding("GB18030", "\xE6\x97\xA5"),
        in_encoding("SHIFT_JIS", "\xE6\x97\xA5"),
        in_encoding("EUC-JP", "\xE6\x97\xA5"),
        in_encoding("BIG5", "\xE6\x97\xA5"),
        in_encoding("ISO-8859-1", "\xC3\xA9"),
        in_encoding("WINDOWS-1252", "\xE2\x82\xAC"),
        refused_octets(
            "UTF_7_behind_a_declaration_in_ASCII",
            [] { return declared("UTF-7") + transcoded(with_text("x"), "UTF-7"); }, "xml.encoding"),
        refused_octets(
            "UTF_7", [] { return transcoded(declared("UTF-7") + with_text("x"), "UTF-7"); }, "xml.malformed"),
        refused_octets(
            "marked_UTF_7", [] { return "+/v8-" + transcoded(with_text("x"), "UTF-7"); }, "xml.malformed"),
        refused_octets(
            "ISO_8859_1_under_a_declaration_of_UTF_8", [] { return declared("UTF-8") + with_text("\xE9"); },
            "xml.encoding"),
        refused_octets(
            "ISO_8859_1_without_a_declaration", [] { return with_text("\xE9"); }, "xml.encoding"),
        refused_octets(
            "ISO_2022_JP_without_a_declaration", [] { return transcoded(with_text("\xE6\x97\xA5"), "ISO-2022-JP"); },
            "xml.malformed"),
    };
}

/// UTF-8 that says that it is something else, in one of the three places that can say so.
Attacks contradictions() {
    Attacks all;
    const std::vector<std::pair<const char*, const char*>> encodings{
        {"UTF_16", "UTF-16"},
        {"UTF_7", "UTF-7"},
        {"ISO_8859_1", "ISO-8859-1"},
        {"EBCDIC", "IBM037"},
        {"no_dash", "utf8"},
        {"a_blank_at_the_end", "UTF-8 "},
        {"nothing", ""},
        {"an_unknown_one", "do-not-repeat"},
    };
    for (const auto& [name, encoding] : encodings) {
        all.push_back(refused(
            "XML-10", "UTF_8_that_declares_" + std::string(name),
            [encoding = encoding] { return declared(encoding) + good_body(); }, "xml.encoding"));
    }
    const std::vector<std::pair<const char*, const char*>> charsets{
        {"utf_16", "utf-16"},
        {"UTF_16LE", "UTF-16LE"},
        {"iso_8859_1_in_quotes", "\"iso-8859-1\""},
        {"utf_7", "utf-7"},
        {"us_ascii", "us-ascii"},
        {"utf_8_and_then_utf_16", "utf-8; charset=utf-16"},
        {"utf_16_and_then_utf_8", "utf-16; charset=utf-8"},
        {"utf_8_and_utf_16_as_one", "\"utf-8, utf-16\""},
    };
    for (const auto& [name, charset] : charsets) {
        all.push_back(refused_by_http(
            "XML-11", "the_charset_" + std::string(name),
            [charset = std::string(charset)] {
                return with_length(std::string(request_line) + "Content-Type: text/xml; charset=" + charset + "\r\n",
                                   good_body());
            },
            415, Connection::goes_on));
    }
    all.push_back(refused(
        "XML-11", "a_byte_order_mark_of_UTF_8_before_a_declaration_of_UTF_16",
        [] { return byte_order_mark + declared("UTF-16") + good_body(); }, "xml.encoding"));
    all.push_back(refused(
        "XML-11", "two_encodings_in_a_declaration",
        [] { return R"(<?xml version="1.0" encoding="utf-8" encoding="utf-16"?>)" + good_body(); }, "xml.malformed"));
    all.push_back(refused(
        "XML-11", "an_encoding_inside_the_version",
        [] { return R"(<?xml version='encoding="utf-8"' encoding='utf-7'?>)" + good_body(); }, "xml.malformed"));
    all.push_back(accepted(
        "XML-11", "three_places_that_agree", [] { return byte_order_mark + declared("uTf-8") + good_body(); }, "S1"));
    return all;
}

Attacks byte_order_marks() {
    const std::string mark = byte_order_mark;
    const auto behind = [mark](const std::string& place) { return changed(place, place + mark); };
    return {
        refused(
            "XML-12", "two_in_front", [=] { return mark + mark + good_body(); }, "xml.encoding"),
        refused(
            "XML-12", "one_behind_the_declaration", [=] { return declared("utf-8") + mark + good_body(); },
            "xml.malformed"),
        refused(
            "XML-12", "one_behind_white_space", [=] { return "\n" + mark + good_body(); }, "xml.malformed"),
        refused(
            "XML-12", "one_at_the_end", [=] { return good_body() + mark; }, "xml.malformed"),
        refused("XML-12", "one_in_Body", behind("<soap:Body>"), "soap.structure"),
        refused("XML-12", "one_in_Issuer", behind("<saml:Issuer>"), "saml.issuer"),
        refused("XML-12", "one_in_the_NameID", changed(">" + std::string(alice), ">" + mark + std::string(alice)),
                "sig.invalid"),
        refused("XML-12", "one_in_a_tag", behind("<soap:Body"), "xml.malformed"),
        accepted(
            "XML-12", "one_in_front", [=] { return mark + good_body(); }, "S1"),
        accepted(
            "XML-12", "one_in_a_signed_NameID",
            [=] { return soap(marked({.id = "_a1", .identifier = transient_name_id(mark + std::string(alice))})); },
            ""),
    };
}

struct BadCharacter {
    const char* name;
    std::string octets;
    const char* rule;
};

Attacks bad_characters() {
    const std::vector<BadCharacter> characters{
        {"NUL", std::string(1, '\0'), "xml.encoding"},
        {"a_reference_to_NUL", "&#0;", "xml.malformed"},
        {"a_hexadecimal_reference_to_NUL", "&#x000;", "xml.malformed"},
        {"an_overlong_NUL", "\xC0\x80", "xml.encoding"},
        {"an_overlong_less_than", "\xC0\xBC", "xml.encoding"},
        {"an_overlong_less_than_of_three_octets", "\xE0\x80\xBC", "xml.encoding"},
        {"an_overlong_less_than_of_four_octets", "\xF0\x80\x80\xBC", "xml.encoding"},
        {"an_overlong_quote", "\xC0\xA2", "xml.encoding"},
        {"a_sequence_of_five_octets", "\xF8\x88\x80\x80\x80", "xml.encoding"},
        {"a_sequence_of_six_octets", "\xFC\x84\x80\x80\x80\x80", "xml.encoding"},
        {"a_high_surrogate", "\xED\xA0\x80", "xml.encoding"},
        {"a_low_surrogate", "\xED\xBF\xBF", "xml.encoding"},
        {"a_pair_of_surrogates", "\xED\xA0\xBD\xED\xB8\x80", "xml.encoding"},
        {"a_reference_to_a_surrogate", "&#xD800;", "xml.malformed"},
        {"a_reference_to_a_pair_of_surrogates", "&#xD83D;&#xDE00;", "xml.malformed"},
        {"U_FFFE", "\xEF\xBF\xBE", "xml.malformed"},
        {"U_FFFF", "\xEF\xBF\xBF", "xml.malformed"},
        {"a_reference_to_U_FFFE", "&#xFFFE;", "xml.malformed"},
        {"a_reference_to_U_FFFF", "&#65535;", "xml.malformed"},
        {"above_U_10FFFF", "\xF4\x90\x80\x80", "xml.encoding"},
        {"a_reference_above_U_10FFFF", "&#x110000;", "xml.malformed"},
        {"a_reference_that_wraps_around_32_bits", "&#4294967361;", "xml.malformed"},
        {"a_reference_that_wraps_around_64_bits", "&#18446744073709551681;", "xml.malformed"},
        {"a_negative_reference", "&#-65;", "xml.malformed"},
        {"a_continuation_alone", "\x80", "xml.encoding"},
        {"a_sequence_that_breaks_off", "\xE2\x82", "xml.encoding"},
        {"the_octet_FE", "\xFE", "xml.encoding"},
        {"the_octet_FF", "\xFF", "xml.encoding"},
    };
    Attacks all;
    for (const auto& character : characters) {
        all.push_back(refused(
            "XML-13", character.name, [=] { return with_text(character.octets); }, character.rule));
    }
    for (const int control : {1, 7, 8, 0x0B, 0x0C, 0x0E, 0x1B, 0x1F}) {
        const auto number = std::to_string(control);
        all.push_back(refused(
            "XML-13", "control_" + number, [=] { return with_text(std::string(1, static_cast<char>(control))); },
            "xml.malformed"));
        all.push_back(refused(
            "XML-13", "a_reference_to_control_" + number, [=] { return with_text("&#" + number + ";"); },
            "xml.malformed"));
    }
    const std::string nul(1, '\0');
    all.push_back(refused(
        "XML-13", "NUL_behind_the_document", [=] { return good_body() + nul + "x"; }, "xml.encoding"));
    all.push_back(refused("XML-13", "NUL_that_ends_a_name_early",
                          changed(std::string(alice), std::string(alice) + nul + ".evil"), "xml.encoding"));
    all.push_back(refused("XML-13", "NUL_in_an_attribute", changed("Consent=\"", "Consent=\"" + nul), "xml.encoding"));
    return all;
}

Attacks xml_declarations() {
    constexpr std::size_t much = 10'000;
    const auto with = [](const char* name, std::string declaration, const char* rule) {
        return refused(
            "XML-15", name, [=] { return declaration + good_body(); }, rule);
    };
    return {
        with("breaks_off_at_its_encoding", R"(<?xml version="1.0" encoding=)", "xml.encoding"),
        with("breaks_off_inside_its_encoding", R"(<?xml version="1.0" encoding="utf-8)", "xml.encoding"),
        with("breaks_off_at_its_version", R"(<?xml version=)", "xml.malformed"),
        with("has_no_end", R"(<?xml version="1.0")", "xml.malformed"),
        with("is_empty", "<?xml?>", "xml.malformed"),
        with("is_blank", "<?xml ?>", "xml.malformed"),
        with("has_no_version", R"(<?xml encoding="utf-8"?>)", "xml.malformed"),
        with("says_1_1", R"(<?xml version="1.1"?>)", "xml.malformed"),
        with("says_2_0", R"(<?xml version="2.0"?>)", "xml.malformed"),
        with("says_a_version_of_10_KB", "<?xml version=\"" + std::string(much, '1') + "\"?>", "xml.malformed"),
        with("says_an_encoding_of_10_KB", declared(std::string(much, 'a')), "xml.encoding"),
        with("holds_10_KB_of_something_else", R"(<?xml version="1.0" )" + std::string(much, 'a') + "?>",
             "xml.malformed"),
        with("says_that_it_may_stand_alone", R"(<?xml version="1.0" standalone="maybe"?>)", "xml.malformed"),
        with("comes_twice", R"(<?xml version="1.0"?><?xml version="1.0"?>)", "xml.malformed"),
        with("comes_behind_a_blank", R"( <?xml version="1.0"?>)", "xml.malformed"),
        with("has_quotes_that_do_not_match", R"(<?xml version="1.0'?>)", "xml.malformed"),
        with("has_a_percent_sign_in_its_encoding", declared("%n%n%s%s"), "xml.encoding"),
        accepted(
            "XML-15", "has_10_KB_of_blanks",
            [] { return R"(<?xml version="1.0")" + std::string(much, ' ') + "?>" + good_body(); }, "S1"),
    };
}

Attacks compressed_ones() {
    return {
        refused(
            "XML-20", "gzip_that_no_field_announces", [] { return gzipped(good_body()); }, "xml.encoding"),
        refused(
            "XML-20", "xz_that_no_field_announces", [] { return "\xFD" + ("7zXZ" + good_body()); }, "xml.encoding"),
        refused(
            "XML-20", "a_zlib_stream", [] { return "\x78\x9C" + deflated(good_body()); }, "xml.encoding"),
        refused_by_http(
            "XML-20", "gzip_that_is_announced",
            [] {
                return with_length(std::string(request_line) + text_xml + "Content-Encoding: gzip\r\n",
                                   gzipped(good_body()));
            },
            415, Connection::goes_on),
    };
}

}  // namespace

Attacks xml_encoding_attacks() {
    return joined(
        {other_encodings, contradictions, byte_order_marks, bad_characters, xml_declarations, compressed_ones});
}

}  // namespace slo::test
